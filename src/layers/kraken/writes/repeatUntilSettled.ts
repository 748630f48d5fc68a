import { Duration, Effect } from "effect"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { Settlement } from "./writeProcedure.ts"

/** A step that did not settle the write: the reason, and the state from which the next step goes on. */
export interface Unsettled<S> {
  readonly _tag: "Unsettled"
  readonly reason: string
  readonly state: S
}

/** Time after which a cancel is not repeated again, in milliseconds. */
const maximumWait = Duration.toMillis("30 seconds")

/** Pauses between the repeats, in milliseconds. The last one is used for all later repeats. */
const pauses = [1000, 2000, 4000]

/** Repeats a step until it gives a settlement. After 30 s, `giveUp` makes one of the last step's reason and state. */
export const repeatUntilSettled = Effect.fnUntraced(function* <S, E, R>(
  initial: S,
  step: (state: S) => Effect.Effect<Settlement | Unsettled<S>, E, R>,
  giveUp: (last: Unsettled<S>) => Settlement
) {
  const giveUpAt = (yield* monotonic) + maximumWait
  let state = initial
  for (let n = 0; ; n++) {
    yield* report({ progress: n + 1, message: "Kraken gave no answer; cancelling again" })
    const result = yield* step(state)
    if (result._tag !== "Unsettled") return result
    if ((yield* monotonic) >= giveUpAt) return giveUp(result)
    state = result.state
    yield* Effect.sleep(pauses[Math.min(n, pauses.length - 1)] ?? 0)
  }
})
