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
export const makeNonceSourceMemory = ({ following, jump, next, setLag } = makeLocalCounter()) => {
  const lane = makeNonceLane({ giveBack: () => Effect.void, takeAfter: () => following })
  return NonceSource.of({
    turn: (priority, use) => lane.turn(priority, () => next, use),
    turnOf: (intent, priority, use) =>
      lane.turn(
        priority,
        () =>
          intent.mayLeave.pipe(
            Effect.catchAll(({ message }) =>
              priority === "cancel" ? Effect.succeed(true) : new MayNotLeave({ reason: message })
            ),
            Effect.filterOrFail(
              (mayLeave) => mayLeave,
              () => new MayNotLeave({ reason: lost })
            ),
            Effect.zipRight(next)
          ),
        use
      ),
    jump,
    setLag,
    setWindow: (window) => Effect.sync(() => lane.setWindow(window))
  })
}

/**
 * The reason why an intent that another process took over, that waited too long, or whose caller was
 * frozen, is not sent.
 */
export const lost =
  "it waited too long for its turn, trading was frozen meanwhile, or another process has taken it over, so it was not sent"

/** The reason why an intent is not sent that waited when its caller, or everybody, was frozen. */
export const frozenMeanwhile = "it waited for its turn when trading was frozen, so it was not sent"

export const NonceSourceMemory = Layer.sync(NonceSource, makeNonceSourceMemory)
