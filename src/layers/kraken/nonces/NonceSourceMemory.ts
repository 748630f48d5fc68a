import { Effect, Layer } from "effect"
import { MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"

/** Nonces of this process alone: a second one with the same key gets in its way, and nothing outlives it. */
export const makeNonceSourceMemory = () => {
  const { jump, next } = makeLocalCounter()
  const lane = makeNonceLane(() => Effect.void)
  return NonceSource.of({
    turn: (priority) => lane(priority, () => next),
    turnOf: (intent, priority) =>
      lane(priority, () =>
        intent.mayLeave.pipe(
          Effect.catchAll(({ message }) =>
            priority === "cancel" ? Effect.succeed(true) : new MayNotLeave({ reason: message })
          ),
          Effect.filterOrFail(
            (mayLeave) => mayLeave,
            () => new MayNotLeave({ reason: lost })
          ),
          Effect.zipRight(next)
        )
      ),
    jump
  })
}

/** The reason why an intent that another process took over, or that waited too long, is not sent. */
export const lost = "it waited too long for its turn, or another process has taken it over, so it was not sent"

export const NonceSourceMemory = Layer.sync(NonceSource, makeNonceSourceMemory)
