import { Duration, Effect } from "effect"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { Settlement } from "./writeProcedure.ts"

/** How long cancels are repeated, in milliseconds. */
const patience = Duration.toMillis("30 seconds")

/** Pauses between the repeats, in milliseconds; the last one lasts. */
const pauses = [1000, 2000, 4000]

/** Repeats a step until it gives a verdict, or 30 s have passed: then `late` says what its last reason means. */
export const repeatUntilSettled = Effect.fnUntraced(function* <E, R>(
  step: Effect.Effect<Settlement | string, E, R>,
  late: (reason: string) => Settlement
) {
  const until = (yield* monotonic) + patience
  for (let n = 0; ; n++) {
    yield* report({ progress: n + 1, message: "Kraken gave no answer; cancelling again" })
    const outcome = yield* step
    if (typeof outcome !== "string") return outcome
    if ((yield* monotonic) >= until) return late(outcome)
    yield* Effect.sleep(pauses[Math.min(n, pauses.length - 1)] ?? 0)
  }
})
