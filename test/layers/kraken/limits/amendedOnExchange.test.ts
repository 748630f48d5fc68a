import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { dollars, mandate } from "../../access/record/spending.ts"
import { withAgent } from "./agentOnExchange.ts"

const terms = mandate({ spending: dollars({ order: "100", day: "100" }), collar: "5" })

describe("sales of coins of others that are amended to a higher price", () => {
  it("count by that price against the day, also if they are amended at once", () =>
    withAgent(
      {
        terms,
        prices: [
          [0, "50000"],
          [3600, "100100"]
        ]
      },
      ({ place, send, usage }) =>
        Effect.gen(function* () {
          const txids = yield* Effect.forEach([0, 1, 2, 3, 4], (n) =>
            Effect.zipLeft(
              place({ type: "sell", ordertype: "limit", volume: "0.00038", price: "50100", cl_ord_id: `s${n}` }),
              Effect.sleep("7 seconds")
            )
          )
          const ends = yield* Effect.forEach(
            txids,
            (txid) => Effect.either(send("private/AmendOrder", { txid, limit_price: "100000" })),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(
            ends.filter(Either.isLeft).map(({ left }) => left._tag),
            Array.from({ length: 5 }, () => "LimitReached")
          )
          yield* Effect.sleep("2 hours")
          assert.isAtMost(Number((yield* usage).limits.find(({ window }) => window === "day")?.used), 100)
        })
    ))
})
