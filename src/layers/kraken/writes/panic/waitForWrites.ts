import { Clock, Duration, Effect, Either, Option } from "effect"
import { monotonic } from "../../../../services/Clocks.ts"
import { longestFlight } from "../../../access/record/emergency.ts"
import type { PanicParts } from "./panicParts.ts"

/** The longest wait for writes in flight, in milliseconds. */
const longestWait = longestFlight + Duration.toMillis("3 seconds")

/** The pause between two looks at the writes in flight. */
const lookEvery = "250 millis"

/** The pause between two lines about the wait. */
const sayEvery = Duration.toMillis("5 seconds")

/**
 * Waits until no write can reach Kraken any more. While the record cannot be read, that is the longest flight of a write that
 * left before `began`, at which all was stopped already. Returns a problem if it cannot be known.
 */
export const waitForWrites = Effect.fnUntraced(function* (
  { account, record, say }: PanicParts,
  began: number,
  arm: Effect.Effect<void>
) {
  let said = -Infinity
  for (;;) {
    const found = yield* Effect.either(record.inFlight)
    const elapsed = (yield* monotonic) - began
    const now = yield* Clock.currentTimeMillis
    const left = Either.match(found, {
      onLeft: () => longestFlight - elapsed,
      onRight: (untils) => (untils.length === 0 ? 0 : Math.max(...untils.map((until) => until - now)))
    })
    if (left <= 0) return Option.none<string>()
    if (Either.isRight(found) && elapsed >= longestWait)
      return Option.some(`${found.right.length} writes might still reach Kraken: wait a minute, and run this again.`)
    if (elapsed - said >= sayEvery) {
      const what = Either.match(found, {
        onLeft: ({ message }) => `${message} Waiting for writes that might be under way`,
        onRight: ({ length }) => `waiting for ${length} writes in flight`
      })
      yield* say(`${account}: ${what}, at most ${Math.ceil(Math.min(left, longestWait - elapsed) / 1000)} s.`)
      said = elapsed
    }
    yield* arm
    yield* Effect.sleep(lookEvery)
  }
})
