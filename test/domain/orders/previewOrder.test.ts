import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { makeDirectory } from "../../../src/domain/assets/directory.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { readBook } from "../../../src/domain/orders/book.ts"
import type { Terms } from "../../../src/domain/orders/orders.ts"
import type { PreviewFacts } from "../../../src/domain/orders/preview.ts"
import { previewOrder } from "../../../src/domain/orders/previewOrder.ts"
import { fixed } from "../../../src/exchange/base/fixed.ts"
import { runs } from "../../Property.ts"
import { type Json, makeTestExchange, type TestExchange } from "../../doubles/TestExchange.ts"
import { scripted } from "../../doubles/TestMarket.ts"

/** Levels of a side: ticks of 0.1 to the one before, and volumes in steps of 10^-8. */
const levels = fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300_000_000 })), {
  maxLength: 8
})

type Side = ReadonlyArray<readonly [ticks: number, volume: number]>

/** Makes a market whose book, around 50,000, has these levels. */
const marketOf = (asks: Side, bids: Side) => {
  const market = scripted([[0, "50000"]])
  return {
    ...market,
    level: (pair: Parameters<typeof market.level>[0], time: number, side: "ask" | "bid", place: number) => {
      const rows = side === "ask" ? asks : bids
      const row = rows[place]
      if (row === undefined) return undefined
      const away = rows.slice(0, place + 1).reduce((sum, [ticks]) => sum + BigInt(ticks), 0n)
      const middle = fixed("50000", pair.priceDecimals)
      return { price: side === "ask" ? middle + away : middle - away, volume: BigInt(row[1]), time: time / 1000 }
    }
  } satisfies typeof market
}

/** Reads the facts of a preview from an exchange, on which nothing else trades. */
const factsOf = (v: TestExchange): PreviewFacts => {
  const directory = makeDirectory({
    currency: { assets: v.ok("public/Assets"), pairs: v.ok("public/AssetPairs") }
  })
  const [book]: Array<Json> = Object.values(v.ok("public/Depth", { pair: "XBTUSD", count: 500 }))
  const { fees, fees_maker }: Json = v.ok("TradeVolume", { pair: "XBTUSD" })
  const balances: Json = v.ok("BalanceEx")
  const free = ({ balance, hold_trade }: Json) => D.subtract(D.decimal(balance), D.decimal(hold_trade))
  return {
    pair: directory.findPair("BTC/USD")!,
    decimals: { base: 10, quote: 4 },
    levels: readBook({ asks: book.asks.map(two), bids: book.bids.map(two) })!,
    shownLevels: 500,
    last: D.decimal("50000"),
    rates: { taker: D.decimal(fees.XXBTZUSD.fee), maker: D.decimal(fees_maker.XXBTZUSD.fee) },
    free: { base: free(balances.XXBT), quote: free(balances.ZUSD) },
    own: []
  }
}

const two = ([price, volume]: Json) => [String(price), String(volume)] as const

/** Sums up what the fills of an order show, by plain integers. */
const soldFor = (trades: ReadonlyArray<Json>) => {
  const units = (text: string) => BigInt(text.replace(".", ""))
  return {
    volume: trades.reduce((sum, { vol }) => sum + units(vol), 0n),
    cost: trades.reduce((sum, { cost }) => sum + units(cost), 0n),
    fee: trades.reduce((sum, { fee }) => sum + units(fee), 0n)
  }
}

const orders = fc.record(
  {
    type: fc.constantFrom("buy" as const, "sell" as const),
    volume: fc.integer({ min: 6000, max: 250_000_000 }),
    /** Ticks of the limit above 50,000. Absent for a market order. */
    limit: fc.integer({ min: -9000, max: 9000 }),
    timeinforce: fc.constantFrom("GTC" as const, "IOC" as const, "FOK" as const),
    post: fc.boolean(),
    inQuote: fc.boolean()
  },
  { requiredKeys: ["type", "volume", "post", "inQuote"] }
)

/** Makes the terms of an order that Kraken's rules allow. */
const termsOf = ({
  inQuote,
  limit,
  post,
  timeinforce,
  type,
  volume
}: typeof orders extends fc.Arbitrary<infer A> ? A : never): Terms => {
  const eight = (units: number) => D.format(D.make(BigInt(units), 8))
  if (limit === undefined) {
    const flags = inQuote && type === "buy" ? ["viqc"] : []
    return {
      type,
      ordertype: "market",
      volume: flags.length > 0 ? D.format(D.make(BigInt(volume), 4)) : eight(volume),
      ...(flags.length > 0 && { oflags: flags })
    }
  }
  const isPost = post && timeinforce !== "IOC" && timeinforce !== "FOK"
  return {
    type,
    ordertype: "limit",
    volume: eight(volume),
    price: D.format(D.make(500_000n + BigInt(limit), 1)),
    ...(timeinforce !== undefined && { timeinforce }),
    ...(isPost && { oflags: ["post"] })
  }
}

const ended = { take: "closed", take_part: "canceled", cancel: "canceled", rest: "open", take_and_rest: "open" }

describe("the preview of an order", () => {
  it("says what the exchange does with it right after, on any book", () => {
    const seen = new Set<string>()
    const property = fc.property(levels, levels, orders, (asks, bids, order) => {
      const v = makeTestExchange({ market: marketOf(asks, bids) })
      v.ok("control/Deposit", { account: "ann", asset: "USD", amount: "900000" })
      const terms = termsOf(order)
      const facts = factsOf(v)
      const preview = previewOrder(terms, facts)
      const { oflags, ...rest } = terms
      const sent = { ...rest, pair: "XBTUSD", ...(oflags && { oflags: oflags.join(",") }) }
      const answer = v.ask("AddOrder", sent)
      fc.pre(!("errors" in answer))
      const txid: string = (answer as Json).result.txid[0]
      const row = v.see(txid)
      const trades: ReadonlyArray<Json> = (row.trades ?? []).map((id: string) => v.ok("QueryTrades", { txid: id })[id])
      const { cost, fee, volume } = soldFor(trades)
      seen.add(preview.happens)
      assert.strictEqual(D.toFixed(preview.filled, 8).replace(".", ""), String(volume).padStart(9, "0"))
      assert.strictEqual(
        preview.averagePrice === undefined ? "0" : D.format(preview.averagePrice),
        D.format(D.decimal(row.price))
      )
      // An amount of the quote can leave less than one step, which the exchange cancels.
      if (oflags?.includes("viqc") !== true || preview.happens !== "take")
        assert.strictEqual(row.status, ended[preview.happens as keyof typeof ended])
      if (D.isZero(preview.waiting)) {
        const of = (value: D.Decimal | undefined) => D.toFixed(value ?? D.zero, 5).replace(".", "")
        assert.strictEqual(BigInt(of(preview.value)), cost)
        assert.strictEqual(BigInt(of(preview.fee?.expected)), fee)
        assert.deepStrictEqual(preview.fee?.asTaker, preview.fee?.expected)
      }
      const after = factsOf(v).free!
      const unit = D.decimal("0.001")
      for (const asset of ["base", "quote"] as const)
        assert.isTrue(
          D.lessThan(D.abs(D.subtract(after[asset], preview.freeAfter?.[asset] ?? D.decimal("-1"))), unit),
          `${asset}: ${D.format(after[asset])}`
        )
    })
    fc.assert(property, { numRuns: runs(300) })
    assert.sameMembers([...seen], ["take", "take_part", "take_and_rest", "rest", "cancel"])
  })

  const v = makeTestExchange()
  const facts = factsOf(v)
  const buy = { type: "buy", ordertype: "limit", volume: "0.5", price: "50010" } as const

  it("warns of what it can see", () => {
    const own = [{ txid: "O1", type: "sell", price: D.decimal("50010") } as const]
    const poor = { base: D.zero, quote: D.decimal("100") }
    const cases: ReadonlyArray<readonly [Terms, Partial<PreviewFacts>, RegExp]> = [
      [{ ...buy, oflags: ["post"] }, {}, /post-only/],
      [{ ...buy, timeinforce: "FOK", volume: "3" }, {}, /FOK/],
      [{ ...buy, timeinforce: "IOC", price: "50000" }, {}, /Nothing would be filled/],
      [buy, { own }, /O1 at 50010.*this order/],
      [{ ...buy, stptype: "cancel-both" }, { own }, /both/],
      [buy, { free: poor }, /Not enough funds: 100 USD is free, 25005/],
      [{ type: "buy", ordertype: "market", volume: "11" }, {}, /whole book offers only 10 BTC/],
      [{ type: "buy", ordertype: "market", volume: "11" }, { shownLevels: 10 }, /too thin/],
      [{ ...buy, price: "60000" }, {}, /worse than the best price/],
      [{ ...buy, price: "40000" }, {}, /better than the best price/],
      [buy, { rates: undefined }, /Fees/],
      [{ ...buy, leverage: "2" }, {}, /leverage/]
    ]
    for (const [terms, changes, text] of cases) {
      const { warnings } = previewOrder(terms, { ...facts, ...changes })
      assert.isTrue(
        warnings.some((warning) => text.test(warning)),
        `${text}: ${warnings.join(" ")}`
      )
    }
    assert.deepStrictEqual(previewOrder(buy, facts).warnings, [])
  })

  it("shows the trigger of an order that waits for one, and its worst price", () => {
    const stop = { type: "sell", ordertype: "stop-loss-limit", volume: "1", price: "-2%", price2: "-1%" } as const
    const { fee, happens, limit, trigger, value } = previewOrder(stop, facts)
    assert.strictEqual(happens, "trigger")
    assert.deepStrictEqual(
      [trigger, limit, value].map((price) => price && D.format(price)),
      ["49000", "48510", "48510"]
    )
    assert.strictEqual(fee && D.format(fee.expected), "121.275")
    const trailing = { type: "buy", ordertype: "trailing-stop", volume: "1", price: "+2%" } as const
    assert.strictEqual(D.format(previewOrder(trailing, facts).trigger ?? D.zero), "51000")
  })
})
