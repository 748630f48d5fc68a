import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { walletOf } from "../../../src/domain/portfolio/families.ts"
import { candleLength, priceAt, priceThrough, routesTo } from "../../../src/domain/portfolio/prices.ts"
import { holdingsOf, valuationOf } from "../../../src/domain/portfolio/valuation.ts"
import { runs } from "../../Property.ts"
import { directory } from "../../fixtures/krakenLists.ts"

const d = D.decimal

describe("the asset of a balance", () => {
  it("is the asset itself for each of its balances", () => {
    const wallets = ["XXBT", "XBT.M", "XBT.F", "ETH2.S", "ETH2", "DOT28.S", "ZUSD", "USD.HOLD", "NEW", "NEW.B"]
    assert.deepStrictEqual(
      wallets.map((id) => Object.values(walletOf(directory, id))),
      [
        ["BTC", ""],
        ["BTC", ".M"],
        ["BTC", ".F"],
        ["ETH", ".S"],
        ["ETH", ".S"],
        ["DOT", "28.S"],
        ["USD", ""],
        ["USD", ".HOLD"],
        ["NEW", ""],
        ["NEW", ".B"]
      ]
    )
  })
})

describe("the price of an asset", () => {
  const prices: Readonly<Record<string, string>> = {
    "BTC/USD": "50000",
    "BTC/EUR": "40000",
    "ETH/USD": "3000",
    "0G/EUR": "2"
  }
  const priceOf = (pair: string) => (prices[pair] === undefined ? undefined : d(prices[pair]))
  const through = (currency: string, asset: string) => {
    const price = priceThrough(routesTo(currency, directory)(asset), priceOf)
    return price && D.format(price)
  }

  it("goes through a pair in either direction, or through two", () => {
    assert.strictEqual(through("USD", "BTC"), "50000")
    assert.strictEqual(through("BTC", "USD"), "0.00002")
    assert.strictEqual(through("EUR", "USD"), "0.8")
    assert.strictEqual(through("USD", "USD"), "1")
  })

  it("is unknown without a pair, or if a pair has no price or does not trade", () => {
    assert.isUndefined(through("USD", "SOL"))
    assert.isUndefined(through("USD", "NEW"))
    assert.isUndefined(through("EUR", "DOT"))
  })

  it("in the past is the opening of the candle, and the close of the last one where nothing was traded", () => {
    const candles = [
      { time: 600, open: d("1"), close: d("2") },
      { time: 660, open: d("3"), close: d("4") },
      { time: 900, open: d("5"), close: d("6") }
    ]
    const at = (time: number) => {
      const price = priceAt({ minutes: 1, candles }, time)
      return price && Number(D.format(price))
    }
    assert.deepStrictEqual([599, 600, 659.9, 660, 720, 899, 900, 5000].map(at), [undefined, 1, 1, 3, 4, 4, 5, 6])
  })

  it("is read from the shortest candles that reach back", () => {
    const day = 86_400
    assert.deepStrictEqual(
      [0, 3600, day, 20 * day, 400 * day, 9000 * day].map(candleLength),
      [1, 1, 5, 60, 1440, 10_080]
    )
  })
})

describe("the value of an account", () => {
  const balances = {
    ZUSD: { balance: "1000.5000", hold_trade: "200.0000" },
    "USD.HOLD": { balance: "50.0000" },
    XXBT: { balance: "0.5000000000", hold_trade: "0.1000000000" },
    "XBT.F": { balance: "0.2500000000" },
    SOL: { balance: "0.0000000100" },
    NEW: { balance: "7" },
    XETH: { balance: "0.0000000000" }
  }
  const order = (txid: string, type: string, pair: string, leverage = "none") => ({
    txid,
    descr: { pair, type, leverage }
  })
  const orders = [
    order("O1", "buy", "XBTUSD"),
    order("O2", "sell", "XBTUSD"),
    order("O3", "sell", "XBTUSD", "3:1"),
    order("O4", "sell", "ETHXBT")
  ]
  const prices: Readonly<Record<string, string>> = { USD: "1", BTC: "50000", SOL: "100" }
  const valuation = valuationOf(
    holdingsOf(balances, orders, directory),
    (asset) => (prices[asset] === undefined ? undefined : d(prices[asset])),
    4
  )

  it("adds up the balances of an asset, and says which part is free, held or earning", () => {
    const shown = valuation.rows.map(({ amount, asset, earning, free, held, orders, value }) => ({
      asset,
      amounts: [amount, free, held, earning, value ?? D.zero].map(D.format),
      orders
    }))
    assert.deepStrictEqual(shown, [
      { asset: "BTC", amounts: ["0.75", "0.4", "0.1", "0.25", "37500"], orders: ["O2"] },
      { asset: "USD", amounts: ["1050.5", "800.5", "250", "0", "1050.5"], orders: ["O1"] }
    ])
    assert.strictEqual(D.format(valuation.total), "38550.5")
  })

  it("sums dust, and names what has no price", () => {
    assert.deepStrictEqual(
      valuation.dust.map(({ asset }) => asset),
      ["SOL"]
    )
    assert.deepStrictEqual(
      valuation.unpriced.map(({ amount, asset }) => [asset, D.format(amount)]),
      [["NEW", "7"]]
    )
  })

  it("is the sum of all rows to the last digit, and each amount is the sum of its parts", () => {
    const amount = fc.integer({ min: 0, max: 1e9 })
    const row = fc.record({ balance: amount, held: amount })
    const ids = ["ZUSD", "XXBT", "XBT.F", "XBT.M", "SOL", "SOL.B"]
    fc.assert(
      fc.property(fc.tuple(...ids.map(() => row)), (rows) => {
        const given = Object.fromEntries(
          rows.map(({ balance, held }, i) => [
            ids[i]!,
            { balance: `${balance}e-4`, hold_trade: ids[i]!.includes(".") ? "0" : `${Math.min(held, balance)}e-4` }
          ])
        )
        const {
          dust,
          rows: shown,
          total
        } = valuationOf(holdingsOf(given, [], directory), (asset) => d(prices[asset]!), 4)
        const all = [...shown, ...dust]
        let sum = 0n
        for (const [i, { balance }] of rows.entries())
          sum +=
            BigInt(balance) *
            ({ U: 1n, B: 50_000n, O: 100n }[
              ids[i]!.replace("ZUSD", "U")
                .replace(/^X+BT.*/, "B")
                .replace(/^SOL.*/, "O")
            ] ?? 0n)
        assert.strictEqual(D.toFixed(total, 4), D.toFixed(D.make(sum, 4), 4))
        for (const { amount, earning, free, held } of all)
          assert.isTrue(D.equals(amount, D.total([free, held, earning])))
      }),
      { numRuns: runs(200) }
    )
  })
})
