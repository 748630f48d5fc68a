import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Facts, Rules } from "../../../src/domain/mandates/assess.ts"
import type { Book } from "../../../src/domain/orders/book.ts"
import type { Claim } from "../../../src/domain/mandates/claim.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { runs } from "../../Property.ts"
import { allowed, directory, judged, openBuy, openRow, order, serverLimits, under, withBooks } from "./judging.ts"

/** A decimal of up to `places` decimals, from `least` to `most` units of the last one. */
const decimal = (places: number, least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((units) => D.format(D.make(BigInt(units), places)))

/** A book of up to four levels a side, around a price of 1000 to 2000, with gaps as wide as may be. */
const book: fc.Arbitrary<Book> = fc
  .record({
    middle: fc.integer({ min: 10_000, max: 20_000 }),
    asks: fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), decimal(4, 1, 100_000)), { maxLength: 4 }),
    bids: fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), decimal(4, 1, 100_000)), { maxLength: 4 })
  })
  .map(({ asks, bids, middle }) => {
    const side = (levels: typeof asks, sign: 1 | -1) => {
      let price = middle
      return levels.map(([gap, volume]) => [D.format(D.make(BigInt((price += sign * gap)), 1)), volume] as const)
    }
    return { asks: side(asks, 1), bids: side(bids, -1) }
  })

const price = decimal(1, 5000, 40_000)
const relative = fc
  .tuple(fc.constantFrom("+", "-", "#"), decimal(1, 1, 200), fc.constantFrom("", "%"))
  .map((parts) => parts.join(""))
const anyPrice = fc.oneof({ weight: 4, arbitrary: price }, { weight: 1, arbitrary: relative })

const optional = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })

/** The types of orders, each with the number of its prices. */
const types = fc.constantFrom<readonly [string, number]>(
  ["limit", 1],
  ["iceberg", 1],
  ["market", 0],
  ["stop-loss", 1],
  ["stop-loss-limit", 2],
  ["take-profit-limit", 2],
  ["trailing-stop", 1],
  ["trailing-stop-limit", 2]
)

const closes = fc.oneof(
  fc.record({ ordertype: fc.constant("limit"), price }),
  fc.record({ ordertype: fc.constant("stop-loss-limit"), price, price2: price }),
  fc.record({ ordertype: fc.constant("take-profit"), price })
)

const often = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined, freq: 1 })

const terms = types.chain(([ordertype, prices]) =>
  fc.record({
    type: fc.constantFrom("buy", "sell"),
    ordertype: fc.constant(ordertype),
    volume: decimal(8, 1, 2_000_000_000),
    price: prices > 0 ? anyPrice : fc.constant(undefined),
    price2: prices > 1 ? anyPrice : fc.constant(undefined),
    oflags: often(fc.constantFrom("fcib", "fciq", "post", ...(ordertype === "market" ? ["viqc", "fcib,viqc"] : []))),
    close: often(closes)
  })
)

const rules: fc.Arbitrary<Rules> = fc.oneof(
  fc
    .record({ slippage: optional(decimal(1, 0, 300)), collar: optional(decimal(1, 0, 500)) })
    .map((limits) =>
      under(
        { ...limits, spending: { currency: "EUR", max: { day: "1" } } } as Parameters<typeof under>[0],
        serverLimits
      )
    ),
  fc.constant({ server: serverLimits })
)

interface Sent {
  readonly type: string
  readonly ordertype: string
  readonly volume: string
  readonly price?: string
  readonly price2?: string
  readonly oflags?: string
}

/** The fills of a sent order against a book that comes later, by the rule that Kraken keeps: none is worse than the limit. */
const fill = ({ ordertype, price = "", price2 = "", type, volume }: Sent, later: Book) => {
  const limit = D.decimal(/^(limit|iceberg)$/.test(ordertype) ? price : price2)
  let rest = D.decimal(volume)
  let cost = D.zero
  for (const [at, offered] of type === "buy" ? later.asks : later.bids) {
    const isWorse = type === "buy" ? D.greaterThan(D.decimal(at), limit) : D.lessThan(D.decimal(at), limit)
    if (isWorse) break
    const taken = D.min(rest, D.decimal(offered))
    cost = D.sum(cost, D.multiply(taken, D.decimal(at)))
    rest = D.subtract(rest, taken)
  }
  return { cost, volume: D.subtract(D.decimal(volume), rest) }
}

const withFee = (amount: D.Decimal, fee: string) =>
  D.sum(amount, D.multiply(amount, D.multiply(D.decimal(fee), D.decimal("0.01"))))

const spent = (claim: Claim, n = 0) => D.decimal(claim.spends[n]?.amount ?? "0")

const placedBy = (pair: "ETH/USD", before: Book, fee: string, owned: string): Partial<Facts> => ({
  ...withBooks({
    [pair]: before,
    "ETH/BTC": undefined,
    "EUR/USD": { asks: [["1.1", "100000000"]], bids: [["1.09", "100000000"]] }
  }),
  takerFee: () => fee,
  owned: new Map([["ETH", owned]])
})

describe("whatever the market does afterwards", () => {
  const scene = fc.record({
    terms,
    rules,
    before: book,
    later: book,
    fee: decimal(2, 0, 200),
    owned: decimal(8, 0, 2_000_000_000)
  })
  const placed = ({ before, fee, owned, rules, terms }: typeof scene extends fc.Arbitrary<infer A> ? A : never) =>
    order({ pair: "ETHUSD", ...terms }, rules, placedBy("ETH/USD", before, fee, owned))

  it("an order takes at most what its claim says, and is worth at most what it counts", () => {
    let seen = 0
    fc.assert(
      fc.property(scene, (given) => {
        const result = placed(given)
        if (result._tag !== "Allowed") return
        const sent = result.params as unknown as Sent
        const [spend] = result.claim.spends
        assert.isDefined(spend)
        if (
          spend === undefined ||
          !/^(limit|iceberg|.*-limit)$/.test(sent.ordertype) ||
          sent.ordertype === "trailing-stop-limit"
        ) {
          // An order without an absolute limit is a sale, which takes at most its volume.
          assert.strictEqual(sent.type, "sell")
          return assert.isTrue(D.greaterThanOrEqualTo(spent(result.claim), D.decimal(sent.volume)))
        }
        seen++
        if (/[+#-]/.test(sent.price ?? "") || /[+#-]/.test(sent.price2 ?? ""))
          return assert.isTrue(spend.order?.reduces)
        const filled = fill(sent, given.later)
        const taken = sent.type === "buy" ? withFee(filled.cost, given.fee) : filled.volume
        const inBase = sent.oflags?.includes("fcib") === true && sent.type === "sell"
        assert.isTrue(D.greaterThanOrEqualTo(spent(result.claim), inBase ? withFee(taken, given.fee) : taken))
        for (const { bucket, rate } of spend.counts) {
          assert.strictEqual(bucket, "EUR")
          const value = D.multiply(D.decimal(spend.amount), D.decimal(rate))
          // A dollar is worth 1 / 1.09 EUR at the book.
          if (sent.type === "buy") assert.isTrue(D.greaterThanOrEqualTo(D.multiply(value, D.decimal("1.09")), taken))
        }
        return undefined
      }),
      { numRuns: runs(3000) }
    )
    assert.isAbove(seen, 100)
  })

  it("a market order is never sent without a limit, and never crosses the book beyond the slippage", () => {
    fc.assert(
      fc.property(scene, (given) => {
        const result = placed({
          ...given,
          terms: { ...given.terms, ordertype: "market", price: undefined, price2: undefined }
        })
        if (result._tag !== "Allowed") return
        const { own } = given.rules
        const { oflags, ordertype, price = "", timeinforce, type } = result.params as Record<string, string | undefined>
        assert.deepStrictEqual([ordertype, timeinforce], ["limit", "IOC"])
        assert.notInclude(oflags, "viqc")
        const percent = D.decimal(own?.terms.slippage ?? own?.terms.collar ?? "5")
        const [touch] = (type === "buy" ? given.before.asks : given.before.bids)[0] ?? []
        if (touch === undefined) return assert.strictEqual(type, "sell")
        const moved = D.multiply(D.multiply(D.decimal(touch), percent), D.decimal("0.01"))
        const worst = type === "buy" ? D.sum(D.decimal(touch), moved) : D.subtract(D.decimal(touch), moved)
        const passes = type === "buy" ? D.lessThanOrEqualTo : D.greaterThanOrEqualTo
        return assert.isTrue(passes(D.decimal(price), worst))
      }),
      { numRuns: runs(1000) }
    )
  })

  it("a sale of what is owned is never refused for a list, a value, a balance or an ask", () => {
    const strict = under({
      pairs: [],
      notPairs: ["*"],
      sides: [],
      types: [],
      slippage: undefined!,
      keep: { ETH: "9", USD: "9" },
      spending: { currency: "EUR", max: { order: "0", day: "0" } },
      ask: { above: { amount: "0", asset: "EUR" }, kinds: ["market"] }
    })
    fc.assert(
      fc.property(scene, ({ before, fee, terms: { close: _close, oflags: _flags, ...terms } }) => {
        const result = order(
          { pair: "ETHUSD", ...terms, type: "sell" },
          strict,
          placedBy("ETH/USD", before, fee, terms.volume)
        )
        if (result._tag === "Allowed") {
          assert.deepStrictEqual([result.ask, result.claim.spends[0]?.counts], [[], []])
          return
        }
        const reason =
          result._tag === "NotAllowed" ? result.rule : result._tag === "Uncheckable" ? result.check : result.limit
        assert.include(["collar", "price", "the price of the order", "the price of a market order"], reason)
      }),
      { numRuns: runs(1000) }
    )
  })

  it("an order that was amended any number of times takes at most what it reserved", () => {
    const step = fc.record({
      order_qty: optional(decimal(8, 1, 1_000_000)),
      limit_price: optional(decimal(1, 10_000, 524_000)),
      fill: decimal(8, 0, 300_000)
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let open = openBuy
        let row = openRow
        let paid = D.zero
        let executed = D.zero
        for (const { fill, ...change } of steps) {
          const given = Object.entries(change).filter(([, value]) => value !== undefined)
          const result = judged("private/AmendOrder", { cl_ord_id: "mine", ...Object.fromEntries(given) }, under(), {
            amended: { hasClose: false, open, row }
          })
          const { claim } = allowed(result)
          const [raise] = claim.spends
          if (raise?.order !== undefined)
            open = {
              ...open,
              amount: D.format(D.sum(D.decimal(open.amount), D.decimal(raise.amount))),
              order: raise.order,
              counts: raise.counts
            }
          row = {
            ...row,
            vol: change.order_qty ?? row.vol,
            descr: { ...row.descr, price: change.limit_price ?? row.descr.price }
          }
          const left = D.max(D.zero, D.subtract(D.decimal(row.vol), executed))
          const taken = D.min(left, D.decimal(fill))
          executed = D.sum(executed, taken)
          paid = D.sum(paid, withFee(D.multiply(taken, D.decimal(row.descr.price)), "0.4"))
          row = { ...row, vol_exec: D.format(executed) }
          assert.isTrue(D.lessThanOrEqualTo(paid, D.decimal(open.amount)))
        }
      }),
      { numRuns: runs(500) }
    )
  })

  it("a conversion is never cheaper than the book", () => {
    const amount = decimal(8, 1, 2_000_000_000)
    fc.assert(
      fc.property(book, amount, (given, amount) => {
        const result = judged(
          "private/WalletTransfer",
          { asset: "ETH", from: "Spot Wallet", to: "Futures Wallet", amount },
          under({ access: "full" }),
          withBooks({ "ETH/USD": given })
        )
        const offered = given.asks.reduce((sum, [, volume]) => D.sum(sum, D.decimal(volume)), D.zero)
        const isEnough = given.bids.length > 0 && D.greaterThanOrEqualTo(offered, D.decimal(amount))
        assert.strictEqual(result._tag, isEnough ? "Allowed" : "Uncheckable")
        if (result._tag !== "Allowed") return
        const { cost } = fill({ type: "buy", ordertype: "limit", volume: amount, price: "1000000000" }, given)
        const rate = result.claim.spends[0]?.counts[0]?.rate ?? "0"
        assert.isTrue(D.greaterThanOrEqualTo(D.multiply(D.decimal(amount), D.decimal(rate)), cost))
        assert.isAtMost(rate.length, 40)
      }),
      { numRuns: runs(1000) }
    )
  })
})

describe("hostile input", () => {
  const buy = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.001", price: "50000" }
  const odd = [
    "9".repeat(1_000_000),
    "1".repeat(41),
    "NaN",
    "Infinity",
    "1e400",
    "1e3",
    "0x10",
    "-1",
    "-0.001",
    "1,5",
    "１",
    "",
    " 1",
    "1 ",
    1,
    -1,
    Number.NaN,
    10n,
    true,
    [],
    ["1"],
    [["1"]],
    {},
    { toString: () => "1" },
    Object.create(null),
    () => "1",
    Symbol("1")
  ]
  const isRefused = (params: { readonly [name: string]: unknown }) =>
    [under(), { server: serverLimits }].every((rules) => order(params, rules)._tag !== "Allowed")

  it("is refused as a volume and as a price", () => {
    for (const value of odd) {
      assert.isTrue(isRefused({ ...buy, volume: value }))
      assert.isTrue(isRefused({ ...buy, price: value }))
      assert.isTrue(isRefused({ ...buy, ordertype: "stop-loss-limit", price: "51000", price2: value }))
      // The close of a buy only reduces, so that its price can be relative.
      if (!String(typeof value === "string" ? value : "").startsWith("-"))
        assert.isTrue(isRefused({ ...buy, close: { ordertype: "limit", price: value } }))
    }
  })

  it("is refused as a side, a type, a pair, a flag and a list of orders", () => {
    for (const value of odd)
      for (const name of ["type", "ordertype", "pair", "oflags", "leverage", "timeinforce"] as const)
        if (!(name === "oflags" && Array.isArray(value) && value.length === 0))
          assert.isTrue(isRefused({ ...buy, [name]: value }))
    for (const orders of [...odd, [buy], Array.from({ length: 16 }, () => ({ ...buy, pair: undefined }))])
      assert.notStrictEqual(judged("private/AddOrderBatch", { pair: "XBTUSD", orders })._tag, "Allowed")
  })

  it("is refused under any name that a write does not have", () => {
    const names = [
      "params",
      "oflag",
      "close[price]",
      "close_price",
      "nonce",
      "otp",
      "Volume",
      "viqc",
      "__proto__",
      "constructor",
      "txid",
      "amount",
      "deadline "
    ]
    for (const name of names) {
      assert.isTrue(isRefused(Object.fromEntries([...Object.entries(buy), [name, "1"]])))
      const close = Object.fromEntries([
        ["ordertype", "limit"],
        ["price", "60000"],
        [name === "viqc" ? "volume" : name, "1"]
      ])
      assert.isTrue(isRefused({ ...buy, close }))
      const rows = [buy, Object.fromEntries([...Object.entries(buy), [name, "1"]])].map(
        ({ pair: _pair, ...row }) => row
      )
      assert.notStrictEqual(judged("private/AddOrderBatch", { pair: "XBTUSD", orders: rows })._tag, "Allowed")
      const full = under({ access: "full", withdraw: { cold: { amount: "1", asset: "BTC", per: "day" } } })
      const withdrawal = Object.fromEntries([
        ["asset", "XBT"],
        ["key", "cold"],
        ["amount", "0.001"],
        [name === "amount" ? "x" : name, "1"]
      ])
      assert.notStrictEqual(judged("private/Withdraw", withdrawal, full)._tag, "Allowed")
    }
    for (const validate of ["true", 1, "yes", [], {}]) assert.isTrue(isRefused({ ...buy, validate }))
  })

  it("is refused whatever it is, without an error", () => {
    const anything = fc.dictionary(
      fc.constantFrom(
        ...Object.keys(buy),
        "close",
        "oflags",
        "orders",
        "amount",
        "asset",
        "key",
        "txid",
        "order_qty",
        "limit_price",
        "strategy_id"
      ),
      fc.oneof(fc.anything(), fc.string(), fc.constantFrom(...Object.values(buy)))
    )
    const endpoints = [
      "private/AddOrder",
      "private/AddOrderBatch",
      "private/AmendOrder",
      "private/Withdraw",
      "private/AccountTransfer",
      "private/Earn/Allocate"
    ] as const
    const full = under({ access: "full" })
    fc.assert(
      fc.property(fc.constantFrom(...endpoints), anything, (endpoint, params) => {
        const result = judged(endpoint, params, full, {
          amended: { hasClose: false, open: openBuy, row: openRow },
          strategy: { asset: "ETH" }
        })
        if (result._tag !== "Allowed") return
        for (const { amount } of result.claim.spends) assert.match(amount, /^\d{1,16}(\.\d{1,10})?$/)
      }),
      { numRuns: runs(2000) }
    )
  })

  it("has amounts that are refused before sums of them are too long to be read", () => {
    assert.isTrue(isRefused({ ...buy, pair: "XDGUSD", volume: "9".repeat(39), price: "0.1" }))
    const tiny = {
      pair: "XDGUSD",
      type: "buy",
      ordertype: "limit",
      volume: "0.00000000000000000000000000000000000001",
      price: "0.1"
    }
    const { claim } = allowed(order(tiny, under({ collar: undefined! })))
    assert.strictEqual(claim.spends[0]?.amount, "0.0000000001")
    assert.isDefined(directory.findPair("XDGUSD"))
  })

  it("is read once, so that what was judged is what is sent", () => {
    let reads = 0
    const params = {
      ...buy,
      get volume() {
        return reads++ === 0 ? "0.001" : "1000"
      }
    }
    assert.deepInclude(allowed(order(params)).params, { volume: "0.001" })
  })
})
