import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { type Plan, planOf, type Wish } from "../../../src/domain/portfolio/rebalance.ts"
import { runs } from "../../Property.ts"
import { directory } from "../../fixtures/krakenLists.ts"

const d = D.decimal

/** Best bid and ask by pair, each a price that the pair takes. */
const books: Readonly<Record<string, readonly [bid: string, ask: string]>> = {
  "BTC/USD": ["50000", "50000.1"],
  "ETH/USD": ["3000", "3000.01"],
  "SOL/USD": ["99.9", "100.1"],
  "ETH/BTC": ["0.06", "0.060001"]
}

const wish = (targets: Record<string, string>, held: Record<string, string>, more: Partial<Wish> = {}): Wish => ({
  targets: new Map(Object.entries(targets).map(([asset, share]) => [asset, d(share)])),
  quote: "USD",
  places: 4,
  least: D.zero,
  holdings: new Map(Object.entries(held).map(([asset, amount]) => [asset, { amount: d(amount), earning: D.zero }])),
  quoteOf: ({ display }) => {
    const [bid, ask] = books[display] ?? []
    return bid === undefined || ask === undefined ? undefined : { bid: d(bid), ask: d(ask) }
  },
  feeOf: () => d("0.4"),
  directory,
  ...more
})

/** Carries orders out as an exchange does, with floats, and fails if funds or minima do not allow one. */
const carryOut = ({ orders }: Plan, held: Record<string, string>) => {
  const amounts: Record<string, number> = Object.fromEntries(
    Object.entries(held).map(([asset, amount]) => [asset, Number(amount)])
  )
  let fees = 0
  for (const { pair, price, type, volume } of orders) {
    const rules = directory.findPair(pair)!
    const [base = "", quote = ""] = pair.split("/")
    const cost = Number(price) * Number(volume)
    assert.isAtLeast(Number(volume), Number(rules.ordermin), pair)
    assert.isAtLeast(cost, Number(rules.costmin) * 0.999_999, pair)
    assert.isAtMost((volume.split(".")[1] ?? "").length, rules.lotDecimals)
    const sign = type === "buy" ? 1 : -1
    amounts[base] = (amounts[base] ?? 0) + sign * Number(volume)
    amounts[quote] = (amounts[quote] ?? 0) - sign * cost - cost * 0.004
    fees += cost * 0.004
    assert.isAtLeast(amounts[base], -1e-9, `${pair}: ${base}`)
    assert.isAtLeast(amounts[quote], -1e-4, `${pair}: ${quote}`)
  }
  return { amounts, fees }
}

const price: Readonly<Record<string, number>> = { USD: 1, BTC: 50_000.05, ETH: 3000.005, SOL: 100 }

const coins = fc.record({
  USD: fc.integer({ min: 0, max: 1_000_000 }).map((cents) => String(cents / 100)),
  BTC: fc.integer({ min: 0, max: 200_000 }).map((units) => (units / 1e5).toFixed(5)),
  ETH: fc.integer({ min: 0, max: 300_000 }).map((units) => (units / 1e4).toFixed(4)),
  SOL: fc.integer({ min: 0, max: 300_000 }).map((units) => (units / 1e3).toFixed(3))
})

const shares = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .filter(([btc, eth, sol]) => btc + eth + sol <= 100)
  .map(([btc, eth, sol]) => ({ BTC: String(btc), ETH: String(eth), SOL: String(sol) }))

describe("a plan to rebalance", () => {
  it("can be carried out, costs the fees that it names, and ends with the shares that it names", () => {
    fc.assert(
      fc.property(coins, shares, (held, targets) => {
        const plan = planOf(wish(targets, held))
        const { amounts, fees } = carryOut(plan, held)
        assert.approximately(Number(D.format(plan.fees)), fees, 0.001)
        const value = (asset: string) => (amounts[asset] ?? 0) * (price[asset] ?? 0)
        const total = ["USD", "BTC", "ETH", "SOL"].reduce((sum, asset) => sum + value(asset), 0)
        if (total < 1) return
        for (const { after, asset } of plan.shares)
          assert.approximately(Number(after), (value(asset) / total) * 100, 0.02, asset)
      }),
      { numRuns: runs(300) }
    )
  })

  it("comes within fees and minima of its targets", () => {
    fc.assert(
      fc.property(coins, shares, (held, targets) => {
        const { limited, shares, total } = planOf(wish(targets, held))
        if (D.lessThan(total, d("1000")) || limited.length > 0) return
        for (const { after, asset, target } of shares) assert.approximately(Number(after), Number(target), 1.5, asset)
      }),
      { numRuns: runs(300) }
    )
  })

  it("sells first, at the best bid, and buys at the best ask", () => {
    const { orders } = planOf(wish({ BTC: "50", ETH: "30" }, { USD: "1000", BTC: "0", ETH: "3" }))
    assert.deepStrictEqual(orders, [
      { pair: "ETH/USD", type: "sell", ordertype: "limit", price: "3000", volume: "2.00000016" },
      { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "50000.1", volume: "0.09960154" }
    ])
  })

  it("trades against a quote asset that is the base of the pair", () => {
    const held = { BTC: "1", ETH: "0" }
    const plan = planOf(wish({ ETH: "50" }, held, { quote: "BTC", places: 10 }))
    assert.deepInclude(plan.orders[0], { pair: "ETH/BTC", type: "buy", price: "0.060001" })
    const inverse = planOf(wish({ USD: "50" }, { BTC: "1" }, { quote: "BTC", places: 10 }))
    assert.deepStrictEqual(inverse.orders, [
      { pair: "BTC/USD", type: "sell", ordertype: "limit", price: "50000", volume: "0.5" }
    ])
    carryOut(inverse, { BTC: "1" })
  })

  it("does not sell what earns, and leaves out what is too small, each by name", () => {
    const holdings = new Map([
      ["BTC", { amount: d("1"), earning: d("0.75") }],
      ["SOL", { amount: d("0.05"), earning: D.zero }],
      ["USD", { amount: d("100"), earning: D.zero }]
    ])
    const plan = planOf(wish({ BTC: "0", SOL: "0" }, {}, { holdings }))
    assert.deepStrictEqual(
      plan.orders.map(({ pair, volume }) => [pair, volume]),
      [["BTC/USD", "0.25"]]
    )
    assert.deepStrictEqual(plan.limited, [
      { asset: "BTC", reason: "earning" },
      { asset: "SOL", reason: "below minimum of pair" }
    ])
  })

  it("leaves out trades below the caller's least, and assets without pair or price", () => {
    const held = { USD: "1000", SOL: "5", "1INCH": "10", ADA: "3" }
    const { limited, orders } = planOf(wish({ SOL: "34", "1INCH": "0", ADA: "0" }, held, { least: d("50") }))
    assert.deepStrictEqual(orders, [])
    assert.deepStrictEqual(limited, [
      { asset: "1INCH", reason: "no pair" },
      { asset: "ADA", reason: "no price" },
      { asset: "SOL", reason: "below least trade" }
    ])
  })

  it("buys less if what can be sold does not pay for it", () => {
    const holdings = new Map([
      ["ETH", { amount: d("1"), earning: d("1") }],
      ["USD", { amount: d("100"), earning: D.zero }]
    ])
    const { limited, orders } = planOf(
      wish(
        { BTC: "90" },
        {},
        {
          holdings,
          targets: new Map([
            ["BTC", d("90")],
            ["ETH", d("0")]
          ])
        }
      )
    )
    assert.deepStrictEqual(
      limited.map(({ reason }) => reason),
      ["earning", "not enough funds"]
    )
    assert.isAtMost(Number(orders[0]!.volume) * 50_000.1 * 1.004, 100)
  })
})
