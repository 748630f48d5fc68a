import { makeDirectory } from "../../../src/domain/assets/directory.ts"
import type { WriteEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import { type Assessed, assess, type Facts, type Rules } from "../../../src/domain/mandates/assess.ts"
import type { Book, BookSide } from "../../../src/domain/orders/book.ts"
import type { Mandate, ServerLimits } from "../../../src/domain/mandates/mandate.ts"
import type { OpenSpend } from "../../../src/domain/mandates/room.ts"
import { asset, lists, pair } from "../../fixtures/krakenLists.ts"

/** Pairs between currencies, and pairs of another venue, besides those of the lists. */
const more = {
  EURUSD: pair("EURUSD", "EUR/USD", "ZEUR", "ZUSD", { pair_decimals: 5, tick_size: "0.00001" }),
  USDJPY: pair("USDJPY", "USD/JPY", "ZUSD", "ZJPY", { pair_decimals: 3, tick_size: "0.001" }),
  XBTJPY: pair("XBTJPY", "XBT/JPY", "XXBT", "ZJPY", { pair_decimals: 0, tick_size: "1" })
}

const btnl = (altname: string, base: string) =>
  pair(altname, altname.replace("XBT", "XBT/").replace("ETH", "ETH/"), base, "ZUSD", {
    execution_venue: "bitnomial_exchange"
  })

export const directory = makeDirectory({
  ...lists,
  currency: {
    assets: { ...lists.currency.assets, ZJPY: asset("JPY", 2) },
    pairs: { ...lists.currency.pairs, ...more }
  },
  venuePairs: { "ETHUSD:BTNL": btnl("ETHUSD:BTNL", "XETH"), "XBTUSD:BTNL": btnl("XBTUSD:BTNL", "XXBT") }
})

/** Makes a book of two levels of volume 10 on each side: at the given prices, and 1 % further away. */
const around = (bid: number, ask: number): Book => ({
  asks: [
    [String(ask), "10"],
    [String(ask * 1.01), "10"]
  ],
  bids: [
    [String(bid), "10"],
    [String(bid * 0.99), "10"]
  ]
})

const deep: BookSide = [["0.5", "1000000000"]]

/** Books in which BTC costs 50,000 USD, EUR 1.10 USD, USDT 0.50 USD (it lost its peg), and USD 150 JPY. */
export const books: ReadonlyMap<string, Book> = new Map([
  ["BTC/USD", around(50_000, 50_010)],
  ["BTC/EUR", around(45_000, 45_010)],
  ["BTC/USDT", around(100_000, 100_010)],
  ["BTC/JPY", around(7_500_000, 7_500_100)],
  ["ETH/USD", around(2000, 2001)],
  ["ETH/BTC", around(0.04, 0.041)],
  ["SOL/USD", around(100, 101)],
  ["AAPLx/USD", around(200, 201)],
  ["USDT/USD", { asks: deep, bids: [["0.49", "1000000000"]] }],
  ["EUR/USD", { asks: [["1.1", "1000000"]], bids: [["1.09", "1000000"]] }],
  ["USD/JPY", { asks: [["150.1", "10000000"]], bids: [["150", "10000000"]] }]
])

/** Makes a mandate with 100 USD an order and 500 USD a day, a collar of 5 % and a slippage of 1 %. */
export const mandate = (change: Partial<Mandate> = {}): Mandate => ({
  access: "trade",
  spending: { currency: "USD", max: { order: "100", day: "500" } },
  grants: {},
  keep: {},
  notPairs: [],
  collar: "5",
  slippage: "1",
  calls: {},
  maxLeverage: 0,
  cancel: "own",
  ask: { kinds: [] },
  ...change
})

/** Makes the rules of a caller with a mandate. */
export const under = (change: Partial<Mandate> = {}, server?: ServerLimits): Rules => ({
  own: { subject: "token1", revision: 3, terms: mandate(change) },
  ...(server && { server })
})

export const serverLimits: ServerLimits = { spending: { currency: "EUR", max: { day: "1000" } }, ask: { kinds: [] } }

export const facts = (change: Partial<Facts> = {}): Facts => ({
  directory,
  books,
  takerFee: () => "0.4",
  owned: new Map(),
  usedClientIds: new Set(),
  ...change
})

export const own = (amounts: { readonly [asset: string]: string }): Partial<Facts> => ({
  owned: new Map(Object.entries(amounts))
})

/** Replaces books. A book that is undefined could not be read. */
export const withBooks = (change: { readonly [pair: string]: Book | undefined }): Partial<Facts> => ({
  books: new Map(
    Object.entries({ ...Object.fromEntries(books), ...change }).flatMap(([name, book]) =>
      book === undefined ? [] : [[name, book] as const]
    )
  )
})

type Params = { readonly [name: string]: unknown }

/** A limit buy of 0.001 BTC at 50,000 USD. */
export const buy = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.001", price: "50000" }

/** A limit sell of 0.001 BTC at 50,010 USD. */
export const sell = { ...buy, type: "sell", price: "50010" }

export const judged = (endpoint: WriteEndpoint, params: Params, rules: Rules = under(), change: Partial<Facts> = {}) =>
  assess(endpoint, params, rules, facts(change))

/** Judges an order. */
export const order = (params: Params, rules: Rules = under(), change: Partial<Facts> = {}): Assessed =>
  judged("private/AddOrder", params, rules, change)

/** Shortens a judgement to what a table can show: what is refused by which rule, or what is spent and counted. */
export const summary = (result: Assessed): unknown => {
  switch (result._tag) {
    case "NotAllowed":
      return `not allowed: ${result.layer} ${result.rule}`
    case "Uncheckable":
      return `uncheckable: ${result.check}`
    case "TooMuch":
      return `too much: ${result.asked} of ${result.left} ${result.unit}`
    case "Allowed":
      return result.claim.spends
        .map(({ amount, asset, counts }) => [
          `${amount} ${asset}`,
          ...counts.map(({ bucket, rate, scope }) => `${scope} ${bucket} ${rate}`)
        ])
        .map((parts) => parts.join(", "))
    default:
      return result satisfies never
  }
}

/** The refusal of a judgement, or undefined if it is allowed. */
export const rule = (result: Assessed): string | undefined =>
  result._tag === "Allowed"
    ? undefined
    : result._tag === "NotAllowed"
      ? result.rule
      : result._tag === "Uncheckable"
        ? `? ${result.check}`
        : result.limit

/** Returns the judgement if it is allowed. */
export const allowed = (result: Assessed) => {
  if (result._tag !== "Allowed") throw new Error(JSON.stringify(result))
  return result
}

/** An open order of the caller for 0.001 BTC at 50,000 USD, which reserved 50.2 USD. */
export const openBuy: OpenSpend = {
  seq: 7,
  n: 0,
  at: 0,
  kind: "order",
  asset: "USD",
  amount: "50.2",
  gets: "BTC",
  counts: [{ scope: "token1", bucket: "USD", rate: "1" }],
  order: { index: 0, cl_ord_id: "mine", pair: "BTC/USD", type: "buy", volume: "0.001", price: "50000", reduces: false },
  paid: "0",
  got: "0",
  open: 1,
  isUndecided: false
}

export const openRow = {
  descr: { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "50000.0", price2: "0", leverage: "none" },
  vol: "0.00100000",
  vol_exec: "0.00000000",
  oflags: "fciq"
}
