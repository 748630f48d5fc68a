import { Effect, Layer } from "effect"
import { MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"

/**
 * Makes a source of nonces for this process only, which forgets them at its end. Kraken refuses calls of two processes
 * with one key if their nonces cross.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
export const makeNonceSourceMemory = ({ jump, next, setLag } = makeLocalCounter()) => {
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
    jump,
    setLag
  })
}

/** The reason why an intent that another process took over, or that waited too long, is not sent. */
export const lost = "it waited too long for its turn, or another process has taken it over, so it was not sent"

export const NonceSourceMemory = Layer.sync(NonceSource, makeNonceSourceMemory)
