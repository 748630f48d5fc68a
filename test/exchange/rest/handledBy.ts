import { Clock, Effect } from "effect"
import { answer, type Front } from "../../../src/exchange/rest/Front.ts"
import type { Reply } from "../../../src/exchange/rest/reply.ts"
import type { Outcome } from "../../FakeKraken.ts"
import type { WireRequest } from "../../fake/Wire.ts"

/**
 * A simulated Kraken in this process, for `inProcess`. Its time is the test's, whatever the time of day is set to, or its
 * own where that is later.
 */
export const handledBy =
  (front: Front) =>
  (request: WireRequest): Effect.Effect<Outcome> =>
    Effect.gen(function* () {
      const here = Number((yield* Clock.currentTimeNanos) / 1_000_000n)
      const clock = Math.max(here, front.exchange.now - front.ahead)
      const query = new URLSearchParams(request.query).toString()
      const { after, reply } = answer(front, { ...request, query }, clock)
      yield* Effect.sleep(after)
      if (reply === "cut") return "drop"
      return { status: reply.status, body: reply.body, headers: headers(reply, clock + front.ahead) }
    })

const headers = ({ contentType }: Reply, now: number) => ({
  "content-type": contentType,
  date: new Date(now).toUTCString()
})
