import { Duration, Effect, Either } from "effect"
import { monotonic } from "../../../../services/Clocks.ts"
import type { PanicCallFailed } from "./panicCalls.ts"

/** The time for which a step is tried again. */
export const patience = Duration.toMillis("60 seconds")

/** The same for steps after all orders are gone. */
export const shortPatience = Duration.toMillis("15 seconds")

/** The first and the longest pause before a step is tried again, in milliseconds. */
const pauses = { first: 400, longest: 3000 }

/** The longest pause after a rate limit. Kraken's counters fall every second. */
const longestLimitPause = Duration.toMillis("5 seconds")

/** Makes a call again until it is answered, or time is over, or trying again cannot help. `what` names it for the operator. */
export type Patiently = <A>(
  what: string,
  call: Effect.Effect<A, PanicCallFailed>,
  lasting?: number
) => Effect.Effect<A, PanicCallFailed>

/** Makes the function that repeats calls of a panic. Before each repetition, it tells the operator why by `say`. */
export const makePatiently =
  (say: (line: string) => Effect.Effect<void>): Patiently =>
  (what, call, lasting = patience) =>
    Effect.gen(function* () {
      const began = yield* monotonic
      let pause = pauses.first
      let canJump = true
      for (;;) {
        const result = yield* Effect.either(call)
        if (Either.isRight(result)) return result.right
        const { message, remedy } = result.left
        if (remedy._tag === "Nonce" && canJump) {
          canJump = false
          continue
        }
        if (remedy._tag !== "Later") return yield* result.left
        const wait = remedy.seconds === undefined ? pause : Math.min(remedy.seconds * 1000, longestLimitPause)
        if ((yield* monotonic) - began + wait > lasting) return yield* result.left
        yield* say(`${what}: ${message} Trying again.`)
        yield* Effect.sleep(wait)
        pause = Math.min(Math.round(pause * 1.6), pauses.longest)
      }
    })
