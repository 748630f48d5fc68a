import { Clock, Effect, Layer, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { RequestStateKey } from "../../../services/RequestStateKey.ts"

/** Makes a key of this process only: after a restart, a call that waits for an answer of the user starts again. */
export const makeRequestStateKeyMemory = () => {
  const key = Redacted.make<Uint8Array>(randomBytes(32))
  // Not bounded: an entry that is evicted early could be redeemed twice.
  const used = new Map<string, number>()
  return RequestStateKey.of({
    key: Effect.succeed(key),
    redeem: (id, expires) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [old, until] of used) if (until < now) used.delete(old)
        if (used.has(id)) return false
        used.set(id, expires)
        return true
      })
  })
}

export const RequestStateKeyMemory = Layer.sync(RequestStateKey, makeRequestStateKeyMemory)
