import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as D from "../../../../src/domain/numbers/decimal.ts"
import { dollars, mandate } from "../../access/record/spending.ts"
import { type Agent, withAgent } from "./agentOnExchange.ts"

/** A hundred thousand dollars a day. */
const terms = mandate({ spending: dollars({ order: "none", day: "100000" }), maxOpen: 20 })

const day = ({ usage }: Agent) =>
  Effect.map(usage, ({ limits }) => D.decimal(limits.find(({ window }) => window === "day")?.used ?? "missing"))

const buy = (volume: string, price: string) => ({ type: "buy", ordertype: "limit", volume, price })
const sell = (volume: string, price: string) => ({ type: "sell", ordertype: "limit", volume, price })

/** Tells whether an amount lies between two others. */
const isWithin = (amount: D.Decimal, least: string, most: string): boolean =>
  D.greaterThanOrEqualTo(amount, D.decimal(least)) && D.lessThanOrEqualTo(amount, D.decimal(most))

// On each side of the market's price, ten levels of volume 1 lie 10 apart.
describe("reading orders back before a limit refuses a write", () => {
  it("gives back what a partly filled order did not take", () =>
    withAgent({ terms }, (agent) =>
      Effect.gen(function* () {
        yield* agent.place({ ...buy("1.5", "50010"), timeinforce: "IOC" })
        assert.isTrue(isWithin(yield* day(agent), "75015", "75500"))
        yield* agent.place(buy("0.9", "40000"))
        assert.isTrue(isWithin(yield* day(agent), "86210", "86500"))
      })
    ))

  it("counts an order that was filled before its cancel arrived", () =>
    withAgent(
      {
        terms,
        prices: [
          [0, "50000"],
          [3600, "48900"]
        ]
      },
      (agent) =>
        Effect.gen(function* () {
          const txid = yield* agent.place(buy("0.5", "49000"))
          yield* agent.place(buy("0.5", "40000"))
          yield* Effect.sleep("2 hours")
          const error = yield* Effect.flip(agent.send("private/CancelOrder", { txid }))
          assert.strictEqual(error._tag, "KrakenOrderError")
          const refused = yield* Effect.flip(agent.place(buy("1.2", "48000")))
          assert.deepInclude(refused, { _tag: "LimitReached", limit: "max/day" })
          const { openOrders, owned } = yield* agent.usage
          assert.deepInclude(owned["BTC"], { amount: "0.5" })
          assert.strictEqual(openOrders, 1)
          assert.isTrue(isWithin(yield* day(agent), "44500", "44800"))
        })
    ))

  it("lets coins be sold that were bought meanwhile, and counts nothing", () =>
    withAgent({ terms }, (agent) =>
      Effect.gen(function* () {
        yield* agent.place(buy("1", "50010"))
        yield* agent.place(sell("1", "49990"))
        assert.isTrue(isWithin(yield* day(agent), "50010", "50300"))
        assert.deepInclude((yield* agent.usage).owned["BTC"], { amount: "1", reserved: "1" })
      })
    ))

  it("follows the order that a fill made until it has ended", () =>
    withAgent(
      {
        terms,
        prices: [
          [0, "50000"],
          [3600, "52000"]
        ]
      },
      (agent) =>
        Effect.gen(function* () {
          yield* agent.place({ ...buy("1", "50010"), close: { ordertype: "limit", price: "51000" } })
          const refuse = Effect.flip(agent.place(buy("1.5", "40000")))
          assert.strictEqual((yield* refuse)._tag, "LimitReached")
          assert.deepInclude((yield* agent.usage).owned["BTC"], { amount: "1", reserved: "1" })
          yield* Effect.sleep("2 hours")
          assert.strictEqual((yield* refuse)._tag, "LimitReached")
          const { openOrders, owned } = yield* agent.usage
          assert.isUndefined(owned["BTC"])
          assert.strictEqual(openOrders, 0)
          assert.isTrue(isWithin(D.decimal(owned["USD"]?.amount ?? "0"), "50700", "51000"))
        })
    ))
})
