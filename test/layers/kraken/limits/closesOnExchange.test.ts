import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { dollars, mandate } from "../../access/record/spending.ts"
import { withAgent } from "./agentOnExchange.ts"

const terms = mandate({ spending: dollars({ order: "none", day: "100000" }), maxOpen: 20 })

const buy = (volume: string, price: string) => ({ type: "buy", ordertype: "limit", volume, price })
const sell = (volume: string, price: string) => ({ type: "sell", ordertype: "limit", volume, price })

describe("an order that a close made", () => {
  it("can be amended by the caller of its parent, to take no more", () =>
    withAgent({ terms }, ({ open, place, send }) =>
      Effect.gen(function* () {
        yield* place({ ...buy("1", "50010"), close: { ordertype: "limit", price: "53000" } })
        assert.strictEqual((yield* Effect.flip(place(buy("5", "40000"))))._tag, "LimitReached")
        const [txid = ""] = yield* open
        yield* send("private/AmendOrder", { txid, limit_price: "51000" })
        yield* send("private/AmendOrder", { txid, order_qty: "0.9" })
        assert.deepInclude(yield* Effect.flip(send("private/AmendOrder", { txid, order_qty: "1.1" })), {
          _tag: "NotAllowed",
          rule: "amend"
        })
      })
    ))

  it("is not raised with its parent, which can only be amended to take no more", () =>
    withAgent({ terms }, ({ place, send }) =>
      Effect.gen(function* () {
        const close = { ordertype: "limit", price: "53000" }
        const txid = yield* place({ ...buy("0.01", "40000"), close })
        for (const change of [{ order_qty: "0.02" }, { limit_price: "40001" }])
          assert.deepInclude(yield* Effect.flip(send("private/AmendOrder", { txid, ...change })), {
            _tag: "NotAllowed",
            rule: "amend"
          })
      })
    ))

  it("and that buys takes of the capital as any other", () =>
    withAgent(
      {
        terms: mandate({ capital: { amount: "100", asset: "USD" }, spending: { max: { order: "none", day: "none" } } })
      },
      ({ place, usage }) =>
        Effect.gen(function* () {
          yield* place(buy("0.0019", "50010"))
          yield* Effect.sleep("3 seconds")
          const close = { ordertype: "stop-loss-limit", price: "69000", price2: "75000" }
          const refused = yield* Effect.flip(place({ ...sell("0.0019", "49990"), close }))
          assert.deepInclude(refused, { _tag: "LimitReached", limit: "capital", unit: "USD" })
          yield* place(sell("0.0009", "49990"))
          yield* Effect.sleep("3 seconds")
          const little = { ordertype: "stop-loss-limit", price: "30000", price2: "31000" }
          yield* place({ ...sell("0.001", "60000"), close: little })
          assert.deepInclude((yield* usage).owned["USD"], { reserved: "31.124" })
        })
    ))
})

describe("an order of others", () => {
  it("can't be amended, though it bears the cl_ord_id of an own one that has ended", () =>
    withAgent({ terms }, ({ direct, place, placeOther, send }) =>
      Effect.gen(function* () {
        const own = yield* place({ ...buy("0.001", "40000"), cl_ord_id: "mine" })
        yield* direct("private/CancelOrder", { txid: own })
        const txid = yield* placeOther({ ...buy("1", "40000"), cl_ord_id: "mine" })
        for (const name of [{ txid }, { cl_ord_id: "mine" }])
          assert.deepInclude(yield* Effect.flip(send("private/AmendOrder", { ...name, order_qty: "0.5" })), {
            _tag: "NotAllowed",
            rule: "cancel"
          })
      })
    ))
})
