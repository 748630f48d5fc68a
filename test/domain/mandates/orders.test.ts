import { assert, describe, it } from "@effect/vitest"
import { factsNeeded, type Rules } from "../../../src/domain/mandates/assess.ts"
import {
  allowed,
  buy,
  directory,
  facts,
  judged,
  order,
  own,
  rule,
  sell,
  serverLimits,
  summary,
  under,
  withBooks
} from "./judging.ts"

const serverOnly: Rules = { server: serverLimits }

type Params = { readonly [name: string]: unknown }

describe("an order that spends", () => {
  it.each<readonly [string, Params, unknown]>([
    ["a limit buy: its limit and the taker fee", {}, ["50.2 USD, token1 USD 1"]],
    ["an iceberg: its whole volume", { ordertype: "iceberg", displayvol: "0.0001" }, ["50.2 USD, token1 USD 1"]],
    [
      "a triggered buy: its limit, not its trigger",
      { ordertype: "stop-loss-limit", price: "51000", price2: "52000" },
      ["52.208 USD, token1 USD 1"]
    ],
    ["a buy in EUR: at the ask of EUR/USD", { pair: "XBTEUR", price: "45000" }, ["45.18 EUR, token1 USD 1.1"]],
    [
      "a buy in a stablecoin: at its price, not 1:1",
      { pair: "XBTUSDT", price: "100000" },
      ["100.4 USDT, token1 USD 0.5"]
    ],
    [
      "a buy in an asset that is the quote of the currency's pair",
      { pair: "XBTJPY", price: "7500000" },
      ["7530 JPY, token1 USD 0.00666666666666666667"]
    ],
    [
      "a sell: at the ask, for which it could be bought back",
      sell && { type: "sell", price: "50005" },
      ["0.001 BTC, token1 USD 50010"]
    ],
    ["a sell above the book: at its limit", { type: "sell", price: "60000" }, ["0.001 BTC, token1 USD 60000"]],
    [
      "a sell of what is worth a hop",
      { pair: "ETHXBT", type: "sell", volume: "0.01", price: "0.05" },
      ["0.01 ETH, token1 USD 2500.5"]
    ]
  ])("counts %s", (_, change, expected) => {
    assert.deepStrictEqual(summary(order({ ...buy, ...change })), expected)
  })

  it("counts against the limits of the mandate and of the server, each in its currency", () => {
    assert.deepStrictEqual(summary(order(buy, under({}, serverLimits))), [
      "50.2 USD, token1 USD 1, * EUR 0.917431192660550459"
    ])
    assert.deepStrictEqual(summary(order(buy, serverOnly)), ["50.2 USD, * EUR 0.917431192660550459"])
  })

  it("walks the depth of a book for the whole of a write", () => {
    const thin = withBooks({
      "BTC/USD": {
        asks: [
          ["50000", "0.001"],
          ["60000", "5"]
        ],
        bids: [["49000", "5"]]
      }
    })
    const rows = [
      { ...sell, pair: undefined },
      { ...sell, pair: undefined }
    ]
    assert.deepStrictEqual(summary(judged("private/AddOrderBatch", { pair: "XBTUSD", orders: rows }, under(), thin)), [
      "0.001 BTC, token1 USD 55000",
      "0.001 BTC, token1 USD 55000"
    ])
  })

  it.each<readonly [string, Parameters<typeof withBooks>[0]]>([
    ["missing", { "EUR/USD": undefined }],
    ["one-sided", { "EUR/USD": { asks: [["1.1", "1000000"]], bids: [] } }],
    ["crossed", { "EUR/USD": { asks: [["1.1", "1000000"]], bids: [["1.2", "1"]] } }],
    [
      "out of order",
      {
        "EUR/USD": {
          asks: [
            ["1.1", "1"],
            ["1.05", "1000000"]
          ],
          bids: [["1", "1"]]
        }
      }
    ],
    ["too thin", { "EUR/USD": { asks: [["1.1", "45"]], bids: [["1", "1"]] } }],
    ["no numbers", { "EUR/USD": { asks: [["NaN", "1000000"]], bids: [["1", "1"]] } }],
    ["without digits", { "EUR/USD": { asks: [["", "1000000"]], bids: [["1", "1"]] } }],
    ["of absurd length", { "EUR/USD": { asks: [["1".repeat(1_000_000), "1000000"]], bids: [["1", "1"]] } }]
  ])("is refused if the book for its value is %s", (_, change) => {
    assert.strictEqual(
      rule(order({ ...buy, pair: "XBTEUR", price: "45000" }, under(), withBooks(change))),
      "? the value of EUR in USD"
    )
  })

  it("is refused if its fee is unknown or absurd", () => {
    for (const fee of [undefined, "", "x", "-1", "101", "1".repeat(50)])
      assert.strictEqual(rule(order(buy, under(), { takerFee: () => fee })), "? the cost of the order")
  })

  it("keeps its fee in the quote, and takes a fee in the base into account", () => {
    assert.deepInclude(allowed(order({ ...buy, oflags: "post" })).params, { oflags: "post,fciq" })
    assert.deepStrictEqual(summary(order({ ...sell, oflags: "fcib" })), ["0.001004 BTC, token1 USD 50010"])
    assert.strictEqual(
      rule(order({ ...buy, oflags: "fcib" }, under({ capital: { amount: "500", asset: "USD" } }))),
      "oflags"
    )
  })

  it("has no fee in the base beside a close, which would sell more than it brings", () => {
    const close = { ordertype: "limit", price: "60000" }
    assert.strictEqual(rule(order({ ...buy, oflags: "fcib", close })), "oflags")
    assert.deepInclude(allowed(order({ ...buy, oflags: "fciq", close })).params, { oflags: "fciq" })
  })

  it("is sent with the values that were judged, and a name that only its pair has", () => {
    const { params } = allowed(
      order({ ...buy, pair: "btc-usd", validate: false, reduce_only: false, expiretm: undefined })
    )
    assert.deepStrictEqual(params, { ...buy, oflags: "fciq" })
  })

  it("claims nothing if it is only checked, and the rules bind it", () => {
    assert.deepStrictEqual(allowed(order({ ...buy, validate: true })).claim, {
      subject: "token1",
      revision: 3,
      spends: []
    })
    assert.strictEqual(rule(order({ ...buy, validate: true, price: "90000" })), "collar")
    assert.strictEqual(rule(order({ ...buy, validate: true }, under({ pairs: ["ETH/USD"] }))), "pairs")
  })

  it("has its terms in the claim", () => {
    const { claim } = allowed(order({ ...buy, cl_ord_id: "mine" }))
    assert.deepStrictEqual(claim.spends[0], {
      kind: "order",
      asset: "USD",
      amount: "50.2",
      gets: "BTC",
      counts: [{ scope: "token1", bucket: "USD", rate: "1" }],
      order: {
        index: 0,
        cl_ord_id: "mine",
        pair: "BTC/USD",
        type: "buy",
        volume: "0.001",
        price: "50000",
        reduces: false
      }
    })
  })
})

describe("rules of a mandate", () => {
  it.each<readonly [string, Params, Parameters<typeof under>[0], string]>([
    ["a caller that only reads", {}, { access: "read" }, "access"],
    ["another pair", { pair: "ETHUSD", price: "2000" }, { pairs: ["BTC/USD"] }, "pairs"],
    ["an excluded pair", {}, { notPairs: ["*/USD"] }, "not-pairs"],
    ["the other side", {}, { sides: ["sell"] }, "sides"],
    ["another type", { ordertype: "iceberg" }, { types: ["limit"] }, "types"],
    [
      "a market order, if no slippage is set",
      { ordertype: "market", price: undefined },
      { slippage: undefined! },
      "slippage"
    ],
    ["leverage", { leverage: "2" }, {}, "max-leverage"],
    ["too much leverage", { leverage: "5:1" }, { maxLeverage: 3 }, "max-leverage"],
    [
      "leverage with capital",
      { leverage: "2" },
      { maxLeverage: 5, capital: { amount: "1", asset: "USD" } },
      "max-leverage"
    ],
    ["a userref", { userref: 7 }, {}, "userref"],
    ["a price relative to the last trade", { price: "+1%" }, {}, "price"],
    ["a price whose sign Kraken chooses", { price: "#10" }, {}, "price"],
    ["a relative limit", { ordertype: "stop-loss-limit", price: "51000", price2: "+1" }, {}, "price"],
    ["a relative trigger", { ordertype: "stop-loss-limit", price: "+1%", price2: "51000" }, {}, "price"],
    ["a buy that is triggered to the market", { ordertype: "stop-loss", price: "51000" }, {}, "types"],
    ["a trailing buy", { ordertype: "trailing-stop", price: "+1%" }, {}, "types"],
    ["a trailing buy with a limit", { ordertype: "trailing-stop-limit", price: "+1%", price2: "+1" }, {}, "types"],
    [
      "a sell of others' coins that is triggered to the market",
      { type: "sell", ordertype: "take-profit", price: "51000" },
      {},
      "types"
    ],
    ["a limit beyond the collar", { price: "52510.6" }, {}, "collar"],
    ["a sell beyond the collar", { type: "sell", price: "47499.9" }, {}, "collar"],
    ["a limit beyond its trigger", { ordertype: "stop-loss-limit", price: "60000", price2: "63001" }, {}, "collar"],
    [
      "a limit beyond the book, its trigger being reached",
      { ordertype: "take-profit-limit", price: "60000", price2: "60000" },
      {},
      "collar"
    ]
  ])("refuse %s", (_, change, terms, expected) => {
    const params = Object.fromEntries(Object.entries({ ...buy, ...change }))
    assert.strictEqual(rule(order(params, under(terms))), expected)
  })

  it("let pass what is just within them", () => {
    assert.isUndefined(rule(order({ ...buy, price: "52510.5" })))
    assert.isUndefined(rule(order({ ...sell, price: "47500" })))
    assert.isUndefined(rule(order({ ...buy, ordertype: "stop-loss-limit", price: "60000", price2: "63000" })))
    assert.isUndefined(rule(order({ ...buy, ordertype: "take-profit-limit", price: "40000", price2: "42000" })))
    assert.isUndefined(rule(order({ ...buy, leverage: "3" }, under({ maxLeverage: 3 }))))
    assert.isUndefined(rule(order({ ...buy, price: "90000" }, under({ collar: undefined! }))))
  })

  it("let an order pass where nobody offers anything to cross", () => {
    const empty = withBooks({ "BTC/USD": { asks: [], bids: [["50000", "1"]] } })
    assert.isUndefined(rule(order({ ...buy, price: "90000" }, under(), empty)))
    assert.strictEqual(rule(order(buy, under(), withBooks({ "BTC/USD": undefined }))), "? the collar")
  })

  it("want an id of an order that no order had before", () => {
    const used = { usedClientIds: new Set(["old"]) }
    assert.strictEqual(rule(order({ ...buy, cl_ord_id: "old" }, under(), used)), "cl_ord_id")
    assert.isUndefined(rule(order({ ...buy, cl_ord_id: "new" }, under(), used)))
    const { pair, ...row } = { ...buy, cl_ord_id: "twice" }
    assert.strictEqual(rule(judged("private/AddOrderBatch", { pair, orders: [row, row] })), "cl_ord_id")
  })

  it("do not bind a caller without a mandate, whose amounts count against the server's limits", () => {
    for (const change of [{ userref: 7 }, { leverage: "5" }, { price: "90000" }])
      assert.isUndefined(rule(order({ ...buy, ...change }, serverOnly)))
    assert.strictEqual(rule(order({ ...buy, price: "+1%" }, serverOnly)), "price")
    assert.isUndefined(rule(order({ anything: "at all" }, {})))
  })
})

describe("orders that only reduce", () => {
  const held = own({ BTC: "0.5" })
  const narrowed = under({
    pairs: [],
    notPairs: ["*"],
    sides: ["buy"],
    types: ["iceberg"],
    slippage: undefined!,
    keep: { BTC: "100" },
    ask: { above: { amount: "1", asset: "USD" }, kinds: ["market"] }
  })

  it.each<readonly [string, Params]>([
    ["a limit sell", {}],
    ["all of it", { volume: "0.5" }],
    ["a market sell", { ordertype: "market", price: undefined }],
    ["a stop", { ordertype: "stop-loss", price: "40000" }],
    ["a relative stop", { ordertype: "stop-loss", price: "-5%" }],
    ["a trailing stop", { ordertype: "trailing-stop", price: "+5%" }],
    ["a trailing stop with a limit", { ordertype: "trailing-stop-limit", price: "+5%", price2: "-1%" }],
    ["a relative limit", { price: "-1%" }]
  ])("count against nothing and are bound by no list, keep or ask: %s", (_, change) => {
    const params = Object.fromEntries(Object.entries({ ...sell, ...change }).filter(([, value]) => value !== undefined))
    const { ask, claim } = allowed(order(params, narrowed, held))
    assert.deepStrictEqual(ask, [])
    assert.lengthOf(claim.spends, 1)
    assert.deepInclude(claim.spends[0], { asset: "BTC", gets: "USD", counts: [] })
    assert.isTrue(claim.spends[0]?.order?.reduces)
  })

  it.each<readonly [string, Params]>([
    ["a limit", { price: "40000" }],
    ["a relative limit", { price: "-6%" }],
    ["a relative limit of unknown sign", { price: "#6000" }],
    ["a limit below its trigger", { ordertype: "stop-loss-limit", price: "40000", price2: "30000" }],
    ["a relative limit below its trigger", { ordertype: "stop-loss-limit", price: "40000", price2: "-10%" }],
    ["a limit that trails its trigger too far", { ordertype: "trailing-stop-limit", price: "+1%", price2: "-6%" }]
  ])("are bound by the collar: %s", (_, change) => {
    assert.strictEqual(rule(order({ ...sell, ...change }, under(), held)), "collar")
  })

  it("need neither a fee nor a value", () => {
    const unknown = { ...held, takerFee: () => undefined, ...withBooks({ "EUR/USD": undefined, "BTC/EUR": undefined }) }
    assert.isUndefined(rule(order(sell, under({ spending: { currency: "EUR", max: { day: "1" } } }), unknown)))
  })

  it("count as a whole if they sell more than is owned", () => {
    assert.deepStrictEqual(summary(order({ ...sell, volume: "0.50000001" }, under(), held)), [
      "0.50000001 BTC, token1 USD 50010"
    ])
    assert.strictEqual(rule(order({ ...sell, volume: "0.50000001" }, narrowed, held)), "pairs")
  })

  it("take from what is owned row by row", () => {
    const { pair, ...row } = { ...sell, volume: "0.3" }
    const result = judged(
      "private/AddOrderBatch",
      { pair, orders: [row, row, { ...row, volume: "0.2" }] },
      under(),
      held
    )
    assert.deepStrictEqual(summary(result), ["0.3 BTC", "0.3 BTC, token1 USD 50010", "0.2 BTC"])
  })

  it("do not include sales of the capital's own currency, which is how it is spent", () => {
    const capital = under({ capital: { amount: "500", asset: "USD" } })
    const params = { pair: "USDJPY", type: "sell", ordertype: "limit", volume: "400", price: "150" }
    assert.deepStrictEqual(summary(order(params, capital, own({ USD: "500" }))), ["400 USD, token1 USD 1"])
    assert.deepStrictEqual(summary(order(params, under(), own({ USD: "500" }))), ["400 USD"])
  })

  it("close a position of margin, whatever leverage is allowed", () => {
    for (const change of [
      { reduce_only: true, price: "49000" },
      { type: "buy", reduce_only: true },
      { ordertype: "market", price: undefined, reduce_only: true, volume: "0" },
      { ordertype: "settle-position", price: undefined, volume: "0" }
    ]) {
      const params = Object.fromEntries(
        Object.entries({ ...sell, leverage: "2", ...change }).filter(([, value]) => value !== undefined)
      )
      const { claim, params: sent } = allowed(order(params, narrowed, { leveraged: new Set(["BTC/USD"]) }))
      assert.deepInclude(claim.spends[0], { amount: "0", counts: [] })
      // Kraken then lets it open and enlarge nothing, however large it is.
      assert.isTrue(sent["reduce_only"] === true || sent["ordertype"] === "settle-position")
    }
  })

  it("close no position of others without a right to leverage", () => {
    const closing = { ...sell, leverage: "2", reduce_only: true }
    for (const pairs of [[], ["ETH/USD"]])
      assert.strictEqual(rule(order(closing, under(), { leveraged: new Set(pairs) })), "max-leverage")
    allowed(order(closing, under({ maxLeverage: 2 })))
    const { leveraged } = factsNeeded("private/AddOrder", closing, under(), directory)
    assert.strictEqual(leveraged, "BTC/USD")
  })

  it("are no spot orders that only say so", () => {
    for (const change of [
      { reduce_only: true },
      { reduce_only: true, leverage: "none" },
      { ordertype: "settle-position" }
    ]) {
      const { price: _, ...params } = { ...buy, ordertype: "market", ...change }
      assert.strictEqual(rule(order(params)), "leverage")
    }
    assert.strictEqual(rule(order({ ...buy, reduce_only: true, leverage: "1" })), "? the parameters of the write")
    assert.strictEqual(
      rule(order({ ...buy, leverage: "2", volume: "0" }, under({ maxLeverage: 5 }))),
      "? the volume of the order"
    )
  })

  it("are none of a caller with capital, which has no positions", () => {
    const capital = under({ capital: { amount: "500", asset: "USD" } })
    assert.strictEqual(rule(order({ ...sell, leverage: "2", reduce_only: true }, capital)), "max-leverage")
  })
})

describe("a market order", () => {
  const market = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.001" }
  const sentAs = (params: Params, rules = under(), change = {}) => allowed(order(params, rules, change)).sentAs

  it("is sent as a limit order at the slippage, rounded to the side on which it is less", () => {
    assert.deepStrictEqual(sentAs(market), { ordertype: "limit", price: "50510.1", timeinforce: "IOC" })
    assert.deepStrictEqual(sentAs({ ...market, type: "sell" }), {
      ordertype: "limit",
      price: "49500",
      timeinforce: "IOC"
    })
    const odd = withBooks({ "BTC/USD": { asks: [["50010.7", "1"]], bids: [["50009.3", "1"]] } })
    assert.deepInclude(sentAs(market, under(), odd), { price: "50510.8" })
    assert.deepInclude(sentAs({ ...market, type: "sell" }, under(), odd), { price: "49509.3" })
    assert.deepInclude(sentAs(market, under({ slippage: "0.00001" }), odd), { price: "50010.7" })
    assert.deepInclude(sentAs({ ...market, type: "sell" }, under({ slippage: "0" }), odd), { price: "50009.3" })
    assert.deepInclude(sentAs({ ...market, type: "sell" }, under({ slippage: "200" }), odd), { price: "47508.9" })
    assert.deepInclude(sentAs({ ...market, type: "sell" }, under({ slippage: "200", collar: undefined! }), odd), {
      price: "0.1"
    })
  })

  it("is valued at that price, not at the book's", () => {
    assert.deepStrictEqual(summary(order(market)), ["50.7121404 USD, token1 USD 1"])
    const { params } = allowed(order({ ...market, expiretm: "+60", timeinforce: "GTC" }))
    assert.deepStrictEqual(params, {
      pair: "XBTUSD",
      type: "buy",
      ordertype: "limit",
      price: "50510.1",
      volume: "0.001",
      oflags: "fciq",
      timeinforce: "IOC"
    })
    assert.deepInclude(allowed(order({ ...market, timeinforce: "FOK" })).params, { timeinforce: "FOK" })
  })

  it("is refused beside a price, which would not bind it", () => {
    assert.strictEqual(rule(order({ ...market, price: "1" })), "price")
    assert.strictEqual(rule(order({ ...market, price2: "1" })), "price")
    assert.strictEqual(rule(order({ ...buy, price2: "1" })), "price")
  })

  it("is refused if it would walk the book further than the slippage", () => {
    const thin = withBooks({
      "BTC/USD": {
        asks: [
          ["50000", "0.0005"],
          ["50501", "5"]
        ],
        bids: [["49000", "5"]]
      }
    })
    assert.strictEqual(rule(order(market, under(), thin)), "slippage")
    assert.isUndefined(rule(order(market, under({ slippage: "2" }), thin)))
    assert.isUndefined(rule(order({ ...market, volume: "0.0005" }, under(), thin)))
  })

  it("is refused where nobody offers a price", () => {
    for (const book of [undefined, { asks: [], bids: [["50000", "1"] as const] }, { asks: [], bids: [] }])
      assert.strictEqual(rule(order(market, under(), withBooks({ "BTC/USD": book }))), "? the price of a market order")
  })

  it("that only reduces is sent even if the book is too thin for it", () => {
    const held = own({ BTC: "1" })
    const thin = { ...held, ...withBooks({ "BTC/USD": { asks: [["50010", "1"]], bids: [["50000", "0.1"]] } }) }
    const all = { ...market, type: "sell", volume: "1" }
    assert.deepInclude(sentAs(all, under(), thin), { price: "49500" })
    assert.deepInclude(sentAs(all, under({ slippage: undefined! }), thin), { price: "47500" })
    assert.deepInclude(sentAs(all, under({ slippage: undefined!, collar: undefined! }), thin), { price: "47500" })
    const empty = { ...held, ...withBooks({ "BTC/USD": { asks: [["50000", "1"]], bids: [] } }) }
    assert.deepInclude(sentAs(all, under(), empty), { price: "49500" })
  })

  it("with a volume in quote is converted at that price", () => {
    const { claim, params, sentAs } = allowed(order({ ...market, volume: "50", oflags: "viqc" }))
    assert.deepInclude(params, { volume: "0.0009899", oflags: "fciq" })
    assert.deepInclude(sentAs, { volume: "0.0009899", price: "50510.1" })
    assert.strictEqual(claim.spends[0]?.amount, "50.199947782")
    assert.strictEqual(rule(order({ ...market, volume: "0.0001", oflags: "viqc" })), "? the volume of the order")
    assert.strictEqual(rule(order({ ...market, type: "sell", oflags: "viqc" })), "oflags")
    assert.strictEqual(rule(order({ ...buy, oflags: "viqc" })), "oflags")
  })

  it("asks a person if the rules say so", () => {
    const asking = under({ ask: { above: { amount: "45", asset: "EUR" }, kinds: ["market"] } })
    assert.deepStrictEqual(allowed(order(market, asking)).ask, ["market", "above 45 EUR"])
    assert.deepStrictEqual(allowed(order({ ...market, volume: "0.0005" }, asking)).ask, ["market"])
    assert.deepStrictEqual(allowed(order({ ...market, validate: true }, asking)).ask, [])
    const askOnly: Rules = { server: { spending: { max: {} }, ask: { kinds: ["market"] } } }
    // A person sees the price that bounds it, so that it is valued although no amount is limited.
    const { ask, sentAs } = allowed(order(market, askOnly))
    assert.deepStrictEqual(ask, ["market"])
    assert.deepInclude(sentAs ?? {}, { ordertype: "limit", timeinforce: "IOC" })
    assert.deepStrictEqual(allowed(order(buy, askOnly)).ask, [])
  })

  it("of a caller without a mandate is bound too, if a limit of the server counts", () => {
    assert.deepInclude(sentAs(market, serverOnly), { price: "52510.5" })
  })

  it("in a batch says which row was changed", () => {
    const { pair, ...row } = market
    const { params, sentAs } = allowed(
      judged("private/AddOrderBatch", { pair, orders: [{ ...row, type: "sell" }, row] })
    )
    assert.deepStrictEqual(sentAs, {
      "orders.0.ordertype": "limit",
      "orders.0.price": "49500",
      "orders.0.timeinforce": "IOC",
      "orders.1.ordertype": "limit",
      "orders.1.price": "50510.1",
      "orders.1.timeinforce": "IOC"
    })
    assert.deepInclude(params, { pair: "XBTUSD" })
  })
})

describe("a conditional close", () => {
  it("that sells what its parent buys counts against nothing", () => {
    const { claim } = allowed(order({ ...buy, close: { ordertype: "take-profit", price: "60000" } }))
    assert.deepStrictEqual(claim.spends[1], {
      kind: "order",
      asset: "BTC",
      amount: "0.001",
      gets: "USD",
      counts: [],
      order: { index: 0, pair: "BTC/USD", type: "sell", volume: "0.001", reduces: true },
      parent: 0
    })
  })

  it("that buys is valued by itself and reserved with its parent", () => {
    const params = { ...sell, close: { ordertype: "limit", price: "49000" } }
    assert.deepStrictEqual(summary(order(params, under(), own({ BTC: "1" }))), [
      "0.001 BTC",
      "49.196 USD, token1 USD 1"
    ])
    assert.deepStrictEqual(summary(order(params)), ["0.001 BTC, token1 USD 50010", "49.196 USD, token1 USD 1"])
    const { claim } = allowed(order(params))
    assert.deepInclude(claim.spends[1], { parent: 0 })
  })

  it.each<readonly [string, Params, object, string]>([
    ["a buy to the market", { ordertype: "stop-loss", price: "60000" }, {}, "types"],
    ["a trailing buy", { ordertype: "trailing-stop", price: "+1%" }, {}, "types"],
    ["a relative buy", { ordertype: "limit", price: "-1%" }, {}, "price"],
    ["a buy beyond the collar", { ordertype: "limit", price: "60000" }, {}, "collar"],
    ["a buy in a mandate that only sells", { ordertype: "limit", price: "49000" }, { sides: ["sell"] }, "sides"],
    ["a volume of its own", { ordertype: "limit", price: "49000", volume: "1" }, {}, "? the parameters of the write"]
  ])("is refused if it is %s", (_, close, terms, expected) => {
    assert.strictEqual(rule(order({ ...sell, close }, under(terms), own({ BTC: "1" }))), expected)
  })

  it("that sells at any price is refused, and one near the price of its parent passes", () => {
    assert.strictEqual(rule(order({ ...buy, close: { ordertype: "limit", price: "1" } })), "collar")
    assert.isUndefined(rule(order({ ...buy, price: "40000", close: { ordertype: "limit", price: "41000" } })))
  })

  it("of a margin order is one that counts", () => {
    const margin = under({ maxLeverage: 5 })
    const params = { ...buy, leverage: "2", close: { ordertype: "limit", price: "60000" } }
    assert.deepStrictEqual(summary(order(params, margin)), ["50.2 USD, token1 USD 1", "0.001 BTC, token1 USD 60000"])
    const closing = { ...sell, leverage: "2", reduce_only: true, close: { ordertype: "limit", price: "49000" } }
    assert.strictEqual(rule(order(closing, margin)), "close")
  })

  it("of a batch names the number of its parent", () => {
    const { pair, ...row } = { ...buy, close: { ordertype: "take-profit", price: "60000" } }
    const { claim } = allowed(
      judged("private/AddOrderBatch", { pair, orders: [{ ...row, close: undefined }, row, row] })
    )
    assert.deepStrictEqual(
      claim.spends.map(({ order, parent }) => [order?.index, parent]),
      [
        [0, undefined],
        [1, undefined],
        [2, undefined],
        [1, 1],
        [2, 2]
      ]
    )
  })
})

describe("--keep", () => {
  const keep = (amounts: { readonly [asset: string]: string }) => under({ keep: amounts })
  const balances = (amounts: { readonly [asset: string]: string }) => ({ balances: new Map(Object.entries(amounts)) })

  it("binds what spends, by the balance that is available", () => {
    assert.isUndefined(rule(order(buy, keep({ USD: "100" }), balances({ USD: "150.2" }))))
    assert.deepInclude(order(buy, keep({ USD: "100" }), balances({ USD: "150.19" })), {
      _tag: "TooMuch",
      limit: "keep",
      asked: "50.2",
      allowed: "50.19",
      left: "50.19",
      unit: "USD"
    })
    assert.deepInclude(order(buy, keep({ USD: "100" }), balances({})), { _tag: "TooMuch", left: "0" })
    assert.deepInclude(order(buy, keep({ USD: "0" }), balances({ USD: "-5" })), { _tag: "TooMuch", left: "0" })
    assert.isUndefined(rule(order(buy, keep({ BTC: "100" }), balances({}))))
    assert.isUndefined(rule(order(sell, keep({ BTC: "1" }), { ...balances({ BTC: "0.5" }), ...own({ BTC: "0.001" }) })))
  })

  it("counts all orders of a batch together", () => {
    const { pair, ...row } = buy
    const batch = { pair, orders: [row, row] }
    assert.deepInclude(judged("private/AddOrderBatch", batch, keep({ USD: "1" }), balances({ USD: "101" })), {
      asked: "100.4"
    })
  })

  it("refuses orders that take of the balance only later", () => {
    const rich = { ...balances({ USD: "100000", BTC: "10" }), ...own({ BTC: "1" }) }
    const close = { ordertype: "limit", price: "50000" }
    const later = { ...buy, starttm: "+60" }
    assert.strictEqual(rule(order(later, keep({ USD: "1" }), rich)), "keep")
    assert.isUndefined(rule(order({ ...buy, starttm: "0" }, keep({ USD: "1" }), rich)))
    assert.isUndefined(rule(order(later, keep({ ETH: "1" }), rich)))
    assert.strictEqual(rule(order({ ...sell, close }, keep({ USD: "1" }), rich)), "keep")
    assert.isUndefined(rule(order({ ...sell, close }, keep({ BTC: "1" }), rich)))
  })

  it("refuses what it cannot compare", () => {
    assert.strictEqual(rule(order(buy, keep({ USD: "1" }))), "? the balances that have to stay")
    assert.strictEqual(
      rule(order(buy, keep({ USD: "1" }), balances({ USD: "NaN" }))),
      "? the balances that have to stay"
    )
  })
})

describe("pairs", () => {
  const passes = (name: string, terms: Parameters<typeof under>[0]) => {
    const pair = directory.findPair(name)!
    const result = order(
      {
        ...buy,
        pair: name,
        price: pair.quote === "XXBT" ? "0.03" : "1",
        ...(pair.assetClass === "tokenized_asset" && { asset_class: "tokenized_asset" })
      },
      under({ collar: undefined!, ...terms })
    )
    const refused = rule(result)
    return refused !== "pairs" && refused !== "not-pairs"
  }

  it.each<readonly [string, string, boolean]>([
    ["BTC/USD", "XBTUSD", true],
    ["xbt-usd", "BTC/USD", true],
    ["XXBTZUSD", "XBTUSD", true],
    ["BTC/*", "XBTEUR", true],
    ["xbt/*", "XBTEUR", true],
    ["*/EUR", "XBTEUR", true],
    ["*/ZEUR", "XBTEUR", true],
    ["*", "XBTEUR", true],
    ["*/*", "XBTEUR", true],
    ["AAPLx/*", "AAPLxUSD", true],
    ["BTC", "XBTEUR", false],
    ["*/BTC", "XBTUSD", false],
    ["ETH/*", "XBTEUR", false],
    ["BTC/USD", "XBTUSDT", false],
    ["NONE/*", "XBTUSD", false],
    ["*/USD", "ETHUSD:BTNL", false],
    ["*", "ETHUSD:BTNL", false],
    ["ETH/USD", "ETHUSD:BTNL", false],
    ["ETH/USD:BTNL", "ETHUSD:BTNL", true],
    ["eth/*:btnl", "ETHUSD:BTNL", true],
    ["*", "XBTUSD.d", false],
    ["XBTUSD.d", "XBTUSD.d", true],
    ["ETH/USD:BTNL", "ETHUSD", false]
  ])("%j allows %s: %s", (entry, pair, expected) => {
    assert.strictEqual(passes(pair, { pairs: [entry] }), expected)
  })

  it.each<readonly [string, string, boolean]>([
    ["BTC/USD", "XBTUSD", true],
    ["*/USD", "XBTUSD", true],
    ["BTC/*", "ETHXBT", false],
    ["ETH/USD", "ETHUSD:BTNL", true],
    ["*/USD", "XBTUSD.d", true],
    ["ETH/USD:BTNL", "ETHUSD", false],
    ["ETH/USD:BTNL", "ETHUSD:BTNL", true],
    ["NONE/USD", "XBTUSD", false]
  ])("%j excludes %s: %s", (entry, pair, expected) => {
    assert.strictEqual(passes(pair, { notPairs: [entry] }), !expected)
  })

  it("are those that Kraken lists, in their class of assets", () => {
    assert.strictEqual(rule(order({ ...buy, pair: "NOPE" })), "? the pair")
    assert.strictEqual(rule(order({ ...buy, asset_class: "tokenized_asset" })), "? the pair")
    assert.strictEqual(rule(order({ ...buy, pair: "AAPLxUSD", price: "200" })), "? the pair")
    assert.strictEqual(facts().directory, directory)
  })
})
