import { Clock, Effect } from "effect"
import { answer, arrive, type RestExchange } from "../../src/exchange/rest/restExchange.ts"
import type { Reply } from "../../src/exchange/rest/reply.ts"
import type { Outcome } from "./FakeKraken.ts"
import type { WireRequest } from "./fake/Wire.ts"

/**
 * Makes a simulated Kraken in this process, for `inProcess`. Its time is the test's monotonic time, or its own if that
 * is later. Setting the time of day does not move it.
 */
export const handledBy =
  (rest: RestExchange) =>
  (request: WireRequest): Effect.Effect<Outcome> =>
    Effect.gen(function* () {
      const clock = Effect.map(Clock.currentTimeNanos, (nanos) =>
        Math.max(Number(nanos / 1_000_000n), rest.exchange.now - rest.ahead)
      )
      const now = yield* clock
      const asked = { ...request, query: new URLSearchParams(request.query).toString() }
      const { after, arrivesAfter, dateAhead = 0, reply } = answer(rest, asked, now)
      if (arrivesAfter !== undefined) {
        const late = Effect.map(clock, (then) => arrive(rest, asked, then))
        yield* Effect.forkDaemon(Effect.delay(late, arrivesAfter))
      }
      yield* Effect.sleep(after)
      if (reply === "cut") return "drop"
      return { status: reply.status, body: reply.body, headers: headers(reply, now + rest.ahead + dateAhead) }
    })

const headers = ({ contentType }: Reply, now: number) => ({
  "content-type": contentType,
  date: new Date(now).toUTCString()
})
