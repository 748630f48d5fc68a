import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Effect, Layer } from "effect"
import type { Permission } from "../../../src/domain/keys/permissions.ts"
import { LedgerCacheMemory } from "../../../src/layers/caching/LedgerCacheMemory.ts"
import { CallContext, type Progress } from "../../../src/services/CallContext.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { KrakenRateLimitError } from "../../../src/services/KrakenErrors.ts"
import { getFeeSchedule } from "../../../src/tools/portfolio/getFeeSchedule.ts"
import { getPnl } from "../../../src/tools/portfolio/getPnl.ts"
import { getPortfolio } from "../../../src/tools/portfolio/getPortfolio.ts"
import { planRebalance } from "../../../src/tools/portfolio/planRebalance.ts"
import { readTaxYear, taxYearOf } from "../../../src/tools/portfolio/taxYear.ts"
import { addOrder } from "../../../src/tools/trading/placeOrders.ts"
import { cancelOrder } from "../../../src/tools/trading/cancelOrders.ts"
import { runs } from "../../Property.ts"
import type { Pair } from "../../../src/exchange/catalogue/pairs.ts"
import type { Market } from "../../../src/exchange/state/market.ts"
import { opening, scripted } from "../../doubles/TestMarket.ts"
import { type Json, makeTestExchange, type TestExchange } from "../../doubles/TestExchange.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { backends, exchangeOf, use } from "../backends.ts"

/** Reads a printed number as units of 10^-10. */
const units = (text = "0"): bigint => {
  const [, sign, whole = "", part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  return BigInt(`${sign}${whole}${part.padEnd(10, "0")}`)
}

const one = 10n ** 10n

/** Multiplies and rounds to four decimals, halves away from zero. */
const times = (a: bigint, b: bigint): bigint => {
  const [value, step] = [(a * b) / one, 10n ** 6n]
  return ((value + (value < 0n ? -step : step) / 2n) / step) * step
}

/** Prices that move every hour, on all pairs. */
const prices = Array.from(
  { length: 30 },
  (_, hour) => [hour * 3600, String(40_000 + ((hour * 7919) % 20_000))] as const
)

/** The market with candles of its whole past, each of which opens with the price at its first second. */
const market = (): Market => {
  const moving = scripted(prices)
  const price = (pair: Pair, time: number) => moving.last(pair, Math.max(time, opening))?.price ?? 0n
  return {
    ...moving,
    candles: (pair, minutes, until, count) => {
      const length = minutes * 60_000
      const newest = Math.floor(until / length)
      const first = Math.max(newest - count + 1, Math.floor(opening / length))
      return Array.from({ length: newest - first + 1 }, (_, i) => {
        const time = (first + i) * length
        const [open, close] = [price(pair, time), price(pair, time + length - 1)]
        return { time: time / 1000, open, high: open, low: open, close, vwap: open, volume: 1n, count: 1 }
      })
    }
  }
}

const step = fc.record({
  pair: fc.constantFrom("XBTUSD", "ETHUSD"),
  type: fc.constantFrom("buy", "sell"),
  volume: fc.integer({ min: 1, max: 900 }).map((units) => (units / 1000).toFixed(3)),
  feeInBase: fc.boolean()
})

const histories = fc.array(step, { minLength: 1, maxLength: 28 })

/** Makes an account that trades once an hour. Orders without funds for them are left out. */
const traded = (steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer A> ? A : never>): TestExchange => {
  const v = makeTestExchange({ market: market() })
  for (const { feeInBase, ...order } of steps) {
    v.ask("AddOrder", { ...order, ordertype: "market", oflags: feeInBase ? "fcib" : "fciq" })
    v.wait(3600)
  }
  return v
}

/** Values the balances of the exchange at its last prices. */
const worth = (v: TestExchange): bigint => {
  const balances: Record<string, string> = v.ok("Balance")
  const last = (pair: string) => units(Object.values<Json>(v.ok("public/Ticker", { pair }))[0].c[0])
  return (
    units(balances["ZUSD"]) +
    times(units(balances["XXBT"]), last("XBTUSD")) +
    times(units(balances["XETH"]), last("ETHUSD"))
  )
}

describe("on histories of a simulated exchange", () => {
  it.effect("get_portfolio is what the balances are worth, to the last digit", () =>
    Effect.forEach(fc.sample(histories, runs(6)), (steps) => {
      const v = traded(steps)
      return Effect.gen(function* () {
        const { dust, rows, total } = yield* use(getPortfolio)
        assert.strictEqual(units(total), worth(v))
        const parts = [...rows.map(({ value }: Json) => units(value)), units(dust?.value)]
        assert.strictEqual(
          parts.reduce((sum, part) => sum + part, 0n),
          worth(v)
        )
      }).pipe(Effect.provide(exchangeOf(v)))
    })
  )

  it.effect("get_pnl adds up with the ledger, to the last digit, by each method", () =>
    Effect.forEach(fc.sample(histories, runs(6)), (steps) => {
      const v = traded(steps)
      return Effect.gen(function* () {
        for (const method of ["fifo", "lifo", "average"] as const) {
          const pnl = yield* use(getPnl, { method })
          const [deposits, end] = [units(pnl.deposits), units(pnl.end)]
          assert.isTrue(pnl.complete)
          assert.strictEqual(deposits, 100_000n * one + 10n * units(prices[0]![1]))
          assert.strictEqual(end, worth(v))
          assert.strictEqual(units(pnl.gain), end - deposits)
          assert.strictEqual(deposits + units(pnl.realised) + units(pnl.unrealised), end)
        }
      }).pipe(Effect.provide(exchangeOf(v)))
    })
  )

  it.effect("get_pnl realises what the fills did, one by one, first in first out", () =>
    Effect.forEach(fc.sample(histories, runs(6)), (steps) => {
      const v = traded(steps.map((each) => ({ ...each, feeInBase: false })))
      // The coins of the deposit, and then each purchase with its cost. Fractions are kept as floats: a cent is enough.
      const start = { amount: 10, cost: 10 * Number(prices[0]![1]) }
      const lots: Record<string, Array<{ amount: number; cost: number }>> = { XXBTZUSD: [start], XETHZUSD: [] }
      let realised = 0
      for (const { cost, fee, pair, type, vol } of Object.values<Json>(v.ok("TradesHistory").trades).toReversed()) {
        const queue = lots[pair]!
        if (type === "buy") queue.push({ amount: Number(vol), cost: Number(cost) + Number(fee) })
        else {
          realised += Number(cost) - Number(fee)
          for (let left = Number(vol); left > 1e-12;) {
            const lot = queue[0]!
            const part = Math.min(left, lot.amount)
            const share = (lot.cost * part) / lot.amount
            realised -= share
            lot.amount -= part
            lot.cost -= share
            left -= part
            if (lot.amount < 1e-12) queue.shift()
          }
        }
      }
      return Effect.map(use(getPnl), (pnl) => assert.approximately(Number(pnl.realised ?? 0), realised, 0.01)).pipe(
        Effect.provide(exchangeOf(v))
      )
    })
  )
})

for (const [where, backend] of Object.entries(backends))
  describe(`the portfolio ${where}`, () => {
    it.effect("an order is seen in the portfolio as held, and its id is named", () =>
      backend(() =>
        Effect.gen(function* () {
          const { txid } = yield* use(addOrder, {
            pair: "BTC/USD",
            type: "buy",
            ordertype: "limit",
            volume: "1",
            price: "10000"
          })
          const { rows } = yield* use(getPortfolio)
          const dollars = rows.find(({ asset }: Json) => asset === "USD")
          assert.deepInclude(dollars, { amount: "100000", orders: txid })
          assert.strictEqual(units(dollars.free) + units(dollars.held), 100_000n * one)
          assert.isAtLeast(Number(dollars.held), 10_000)
        })
      )
    )

    it.effect("profit begins with the account: deposits are no gain, and fees and spreads are a loss", () =>
      backend((deposit) =>
        Effect.gen(function* () {
          assert.deepInclude(yield* use(getPnl), { complete: true, start: "0", gain: "0" })
          yield* use(addOrder, { pair: "BTC/USD", type: "sell", ordertype: "market", volume: "1" })
          yield* deposit("USD", "5")
          const { complete, fees, gain, realised } = yield* use(getPnl)
          assert.isTrue(complete)
          assert.isAbove(Number(fees), 0)
          assert.isBelow(Number(gain), 0)
          assert.isBelow(Number(realised), 0)
        })
      )
    )

    it.effect("a plan to rebalance can be sent as it is, and leads to its shares", () =>
      backend(() =>
        Effect.gen(function* () {
          yield* use(addOrder, { pair: "BTC/USD", type: "sell", ordertype: "limit", volume: "4", price: "900000" })
          const plan = yield* use(planRebalance, { targets: { btc: "50%" } })
          assert.lengthOf(plan.cancel, 1)
          for (const txid of plan.cancel) yield* use(cancelOrder, { txid })
          // A small order, so that the book of the test is deep enough.
          const [order] = plan.orders
          assert.deepInclude(order, { pair: "BTC/USD", type: "sell", ordertype: "limit" })
          yield* use(addOrder, { ...order, volume: "0.1" })
          const [share] = plan.shares
          assert.approximately(Number(share.after), 50, 0.5)
          assert.strictEqual(share.target, "50.00")
        })
      )
    )

    it.effect("the fee tier has a next one", () =>
      backend(() =>
        Effect.gen(function* () {
          const { maker, next, pair, taker, tier, volume } = yield* use(getFeeSchedule)
          assert.deepStrictEqual([pair, tier, volume], ["BTC/USD", 1, "0"])
          assert.isBelow(Number(maker), Number(taker))
          assert.isBelow(Number(next.taker), Number(taker))
          assert.strictEqual(next.missing, next.volume)
        })
      )
    )
  })

/** Counts the calls of a client by endpoint. */
const counting = (calls: Array<string>) =>
  Layer.effect(
    KrakenClient,
    Effect.map(KrakenClient, (kraken) => ({
      ...kraken,
      read: (...call) => Effect.suspend(() => (calls.push(call[0]), kraken.read(...call)))
    }))
  )

const pagesOf = (calls: ReadonlyArray<string>) => calls.filter((endpoint) => endpoint === "private/Ledgers").length

/** An account with 180 entries: a deposit of dollars and one of Bitcoin, then 89 purchases. */
const busy = () => {
  const v = makeTestExchange({ market: market() })
  for (let i = 0; i < 89; i++) {
    v.ok("AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.001" })
    v.wait(60)
  }
  return v
}

describe("the ledger", () => {
  it.effect("is read page by page, and entries that are known are not read again", () => {
    const calls: Array<string> = []
    const v = busy()
    return Effect.gen(function* () {
      const { complete, gain } = yield* use(getPnl)
      assert.deepStrictEqual([complete, pagesOf(calls)], [true, 4])
      assert.strictEqual((yield* use(getPnl)).gain, gain)
      assert.strictEqual(pagesOf(calls), 5)
      v.ok("AddOrder", { pair: "XBTUSD", type: "sell", ordertype: "market", volume: "0.1" })
      assert.notStrictEqual((yield* use(getPnl)).realised, undefined)
      assert.strictEqual(pagesOf(calls), 6)
    }).pipe(Effect.provide(Layer.provideMerge(Layer.merge(counting(calls), LedgerCacheMemory), exchangeOf(v))))
  })

  it.effect("that is read in part gives the same gain, names the coins without cost, and the next call goes on", () => {
    const v = makeTestExchange({ market: market() })
    // More entries than a portfolio reads.
    for (let i = 0; i < 120; i++) {
      v.ok("AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.001" })
      v.wait(60)
    }
    return Effect.gen(function* () {
      const first = yield* use(getPortfolio)
      const bitcoin = first.rows.find(({ asset }: Json) => asset === "BTC")
      assert.notProperty(bitcoin, "cost")
      assert.match(first.missing.join(), /cost of BTC/)
      const second = yield* use(getPortfolio)
      assert.notProperty(second, "missing")
      assert.property(
        second.rows.find(({ asset }: Json) => asset === "BTC"),
        "gain"
      )
    }).pipe(Effect.provide(Layer.provideMerge(LedgerCacheMemory, exchangeOf(v))))
  })
})

describe("a reading that Kraken's rate limit ends", () => {
  /** Lets two pages of the ledger pass. */
  const limited = Layer.effect(
    KrakenClient,
    Effect.map(KrakenClient, (kraken) => {
      let pages = 0
      const read: typeof kraken.read = (endpoint, ...call) =>
        endpoint === "private/Ledgers" && ++pages > 2
          ? new KrakenRateLimitError({ endpoint, limiter: "rest", retryAfterSeconds: 9, refusedBy: "mcp-kraken" })
          : kraken.read(endpoint, ...call)
      return { ...kraken, read }
    })
  )

  it.effect("answers from there on, reports progress, and says that it is not complete", () => {
    const reports: Array<Progress> = []
    const v = busy()
    const context = {
      requestId: "",
      report: (progress: Progress) => Effect.sync(() => void reports.push(progress)),
      noteReceipt: () => Effect.void,
      noteSource: () => Effect.void,
      asks: false,
      answers: {}
    }
    return Effect.gen(function* () {
      const pnl = yield* use(getPnl)
      assert.isFalse(pnl.complete)
      assert.isAbove(Date.parse(pnl.since), opening)
      assert.match(pnl.missing.join(), /^entries before .*cost of 10\.\d+ BTC held/)
      assert.strictEqual(units(pnl.end), worth(v))
      // All that happened since is a gain of prices, less fees.
      assert.strictEqual(units(pnl.gain), units(pnl.end) - units(pnl.start))
      assert.deepInclude(reports[0], { progress: 1, total: 4 })
    }).pipe(Effect.provideService(CallContext, context), Effect.provide(Layer.provideMerge(limited, exchangeOf(v))))
  })
})

describe("a tax year as CSV", () => {
  it("is named by its URI", () => {
    assert.deepStrictEqual(taxYearOf("kraken://pnl/2026.csv"), { year: 2026, currency: "USD", method: "fifo" })
    assert.deepStrictEqual(taxYearOf("kraken://pnl/2025.csv?currency=eur&method=lifo"), {
      year: 2025,
      currency: "eur",
      method: "lifo"
    })
    const wrong = ["kraken://pnl/26.csv", "kraken://pnl/2026.csv?method=best", "kraken://pnl/2026.csv?m=fifo"]
    assert.deepStrictEqual(wrong.map(taxYearOf), [undefined, undefined, undefined])
  })

  it.effect("has a row for each part of a lot, whose gains are what was realised", () => {
    const v = makeTestExchange({ market: market() })
    v.order("buy 0.5 market")
    v.wait(7200)
    v.order("sell 10.2 limit 30000")
    return Effect.gen(function* () {
      const csv = yield* readTaxYear({ year: 2026, currency: "USD", method: "fifo" })
      const [head, note, over, ...rows] = csv.trimEnd().split("\r\n")
      assert.strictEqual(head, "currency,kind,asset,amount,acquired,disposed,proceeds,cost,gain,note")
      assert.match(note!, /^,note,,,,,,,,"2026 in USD by fifo/)
      assert.match(over!, /the year is not over/)
      const gains = rows.map((row) => units(row.split(",")[8]))
      const { realised } = yield* use(getPnl)
      assert.strictEqual(
        gains.reduce((sum, gain) => sum + gain, 0n),
        units(realised)
      )
      assert.isTrue(rows.every((row) => row.startsWith("USD,sale,BTC,")))
    }).pipe(Effect.provide(exchangeOf(v)))
  })

  it.effect("of another year has no rows", () =>
    Effect.gen(function* () {
      const csv = yield* readTaxYear({ year: 2025, currency: "USD", method: "fifo" })
      assert.lengthOf(csv.trimEnd().split("\r\n"), 2)
    }).pipe(Effect.provide(exchangeOf(busy())))
  )
})

const granted: ReadonlyArray<Permission> = ["query-funds"]
const balances = { ZUSD: { balance: "100", hold_trade: "0" }, SOL: { balance: "2", hold_trade: "0" } }
const ticker = { SOLUSD: { a: ["10"], b: ["9"], c: ["9.5"] } }

describe("get_portfolio", () => {
  it.effect("with a key that reads only balances says which facts it lacks", () =>
    Effect.gen(function* () {
      const { missing, total } = yield* getPortfolio.run({ currency: "USD" })
      assert.strictEqual(total, "119")
      assert.lengthOf(missing ?? [], 2)
    }).pipe(
      Effect.provide(
        TestKraken({ directory, granted, answers: { "private/BalanceEx": balances, "public/Ticker": ticker } })
      )
    )
  )

  it.effect("names assets without a price, and does not count them", () =>
    Effect.gen(function* () {
      const { total, unpriced } = yield* getPortfolio.run({ currency: "USD" })
      assert.deepStrictEqual(unpriced, [{ asset: "NEW", amount: "7" }])
      assert.strictEqual(total, "119")
    }).pipe(
      Effect.provide(
        TestKraken({
          directory,
          granted,
          answers: { "private/BalanceEx": { ...balances, NEW: { balance: "7" } }, "public/Ticker": ticker }
        })
      )
    )
  )

  it.effect("knows currencies by any spelling, and refuses what is none", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* getPortfolio.run({ currency: "zusd" })).currency, "USD")
    }).pipe(
      Effect.provide(
        TestKraken({ directory, granted, answers: { "private/BalanceEx": balances, "public/Ticker": ticker } })
      )
    )
  )
})

describe("get_pnl", () => {
  it.effect("needs balances and ledger, and asks nothing without both permissions", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(getPnl.run({ currency: "USD", method: "fifo" }))
      assert.deepInclude(error, { _tag: "KrakenPermissionError", needed: [["query-funds", "query-ledger"]] })
    }).pipe(Effect.provide(TestKraken({ directory, granted, onCall: () => assert.fail("Kraken was asked") })))
  )
})

describe("plan_rebalance", () => {
  const refused = (targets: object) =>
    planRebalance
      .call({ targets })
      .pipe(
        Effect.flip,
        Effect.map(faultsIn),
        Effect.provide(TestKraken({ directory, granted: ["query-funds", "query-open-trades"] }))
      )

  it.effect("refuses shares that are none or more than all, and an asset that is named twice", () =>
    Effect.gen(function* () {
      assertFaults(yield* refused({ BTC: "0.5" }), [["targets.BTC", "50%", "0.5"]])
      assertFaults(yield* refused({ BTC: "60%", ETH: "50%" }), [["targets", "110%"]])
      assertFaults(yield* refused({ BTC: "60%", XBT: "10%" }), [["targets.XBT", "BTC"]])
      assertFaults(yield* refused({ BTC: "60%", USD: "10%" }), [["targets", "70%", "USD"]])
      assertFaults(yield* refused({}), [["targets"]])
    })
  )
})
