import { Clock, Effect, Layer } from "effect"
import { NonceSource } from "../services/NonceSource.ts"
import { makeTurns } from "./nonces/turns.ts"

/** Nonces of this process alone: a second one with the same key gets in its way, and nothing outlives it. */
export const makeNonceSourceMemory = Effect.sync(() => {
  let last = 0n
  let factor = 1n
  const take = Effect.map(Clock.currentTimeMillis, (millis) => {
    const now = BigInt(millis) * 1000n * factor
    last = now > last ? now : last + 1n
    return last
  })
  return NonceSource.of({
    turn: makeTurns({ take: () => take, giveBack: () => Effect.void }),
    jump: Effect.sync(() => {
      factor = 1000n
    })
  })
})

export const NonceSourceMemory = Layer.effect(NonceSource, makeNonceSourceMemory)
