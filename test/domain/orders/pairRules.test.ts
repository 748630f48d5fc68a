import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import type { Fault } from "../../../src/domain/orders/fault.ts"
import type { Pair } from "../../../src/domain/assets/names.ts"
import type { Terms } from "../../../src/domain/orders/orders.ts"
import { amendPairFaults, batchPairFaults, editPairFaults, pairFaults } from "../../../src/domain/orders/pairRules.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { runs } from "../../Property.ts"

const pair = (name: string): Pair => {
  const found = directory.findPair(name)
  if (found === undefined) throw new Error(`no pair ${name}`)
  return found
}
const btc = pair("BTC/USD")

const limit: Terms = { type: "buy", ordertype: "limit", volume: "0.5", price: "61234.5" }

const said = (faults: ReadonlyArray<Fault>) => faults.map(({ fault, path }) => `${path}: ${fault}`)
const faultsOf = (change: Partial<Terms>, of = btc) => said(pairFaults({ ...limit, ...change }, of))

describe("rules of a pair", () => {
  it("takes an order that fits, and surplus zeros that change nothing", () => {
    assert.deepStrictEqual(faultsOf({}), [])
    assert.deepStrictEqual(faultsOf({ price: "61234.500", volume: "0.5000000000" }), [])
    assert.deepStrictEqual(faultsOf({ volume: "0.00005" }), [])
  })

  it("says the nearest price of the right decimals", () => {
    assert.deepStrictEqual(faultsOf({ price: "61234.567" }), [
      "price: price 61234.567 has 3 decimals; BTC/USD takes 1: use 61234.6"
    ])
    assert.deepStrictEqual(
      faultsOf({ price: "0.0123" })[0],
      "price: price 0.0123 has 4 decimals; BTC/USD takes 1: use 0.1"
    )
    assert.deepStrictEqual(faultsOf({ close: { ordertype: "take-profit-limit", price: "70000.55", price2: "1.11" } }), [
      "close.price: close price 70000.55 has 2 decimals; BTC/USD takes 1: use 70000.6",
      "close.price2: close price2 1.11 has 2 decimals; BTC/USD takes 1: use 1.1"
    ])
  })

  it("counts the decimals that it says", () => {
    assert.deepStrictEqual(faultsOf({ price: "61234.5" }, { ...btc, pairDecimals: 0, tickSize: "1" }), [
      "price: price 61234.5 has 1 decimal; BTC/USD takes 0: use 61235"
    ])
  })

  it("says the nearest price on a tick", () => {
    assert.deepStrictEqual(
      faultsOf({ price: "4.4444", volume: "9" }, pair("DOT/USD")).at(-1),
      "price: price 4.4444 is not a multiple of the tick size of DOT/USD, 0.0025: use 4.445"
    )
    assert.deepStrictEqual(faultsOf({ price: "0.3" }, { ...btc, tickSize: "0.25", costmin: undefined }), [
      "price: price 0.3 is not a multiple of the tick size of BTC/USD, 0.25: use 0.5"
    ])
  })

  it("leaves relative prices, market orders and volumes in quote to Kraken", () => {
    assert.deepStrictEqual(faultsOf({ price: "+0.123456%" }), [])
    assert.deepStrictEqual(faultsOf({ ordertype: "trailing-stop", price: "+1.2345" }), [])
    assert.deepStrictEqual(faultsOf({ type: "buy", ordertype: "market", volume: "0.123456789", oflags: ["viqc"] }), [])
    assert.deepStrictEqual(faultsOf({ ordertype: "stop-loss", price: "0.1", volume: "0.00005" }), [])
    assert.deepStrictEqual(faultsOf({ volume: "0.00000001", leverage: "2", reduce_only: true }), [])
    assert.deepStrictEqual(faultsOf({ ordertype: "settle-position", volume: "0.00000001", leverage: "2" }), [])
    // An offset is no price that a cost could be computed from.
    const offset = { ordertype: "trailing-stop-limit", price: "+1", price2: "3000", volume: "0.00005" } as const
    assert.deepStrictEqual(faultsOf(offset), [])
  })

  it("leaves to another rule what is no amount", () => {
    assert.deepStrictEqual(faultsOf({ ordertype: "iceberg", volume: "x", displayvol: "0.1" }), [])
    assert.deepStrictEqual(faultsOf({ price: "1e-9" }), [])
  })

  it("says the nearest volume of the right decimals", () => {
    assert.deepStrictEqual(faultsOf({ volume: "0.123456789" }), [
      "volume: volume 0.123456789 has 9 decimals; BTC/USD takes 8: use 0.12345679"
    ])
    assert.deepStrictEqual(faultsOf({ price: "1", volume: "1.500001" }, pair("0G/EUR")), [
      "volume: volume 1.500001 has 6 decimals; 0G/EUR takes 5: use 1.5"
    ])
  })

  it("says the least volume and the least cost", () => {
    assert.deepStrictEqual(faultsOf({ volume: "0.00004" }), [
      "volume: volume 0.00004 is below the minimum of BTC/USD, 0.00005: use 0.00005"
    ])
    assert.deepStrictEqual(faultsOf({ volume: "0.00005", price: "3000" }), [
      "volume: volume 0.00005 at 3000 costs 0.15, below the minimum of BTC/USD, 0.5: use 0.00016667"
    ])
    assert.deepStrictEqual(faultsOf({ ordertype: "stop-loss-limit", volume: "0.00001", price: "9", price2: "3000" }), [
      "volume: volume 0.00001 at 3000 costs 0.03, below the minimum of BTC/USD, 0.5: use 0.00016667"
    ])
    assert.deepStrictEqual(faultsOf({ volume: "0", leverage: "2" }), [])
  })

  it("says how much of an iceberg shows, within its volume", () => {
    const iceberg = { ordertype: "iceberg" } as const
    assert.deepStrictEqual(faultsOf({ ...iceberg, volume: "1", displayvol: "0.066666667" }), [
      "displayvol: displayvol 0.066666667 has 9 decimals; BTC/USD takes 8: use 0.06666667"
    ])
    assert.deepStrictEqual(faultsOf({ ...iceberg, volume: "0.00005", displayvol: "0.000049999" }), [
      "displayvol: displayvol 0.000049999 has 9 decimals; BTC/USD takes 8: use 0.00005"
    ])
    assert.deepStrictEqual(faultsOf({ ...iceberg, volume: "1", displayvol: "1.000000006" }), [
      "displayvol: displayvol 1.000000006 has 9 decimals; BTC/USD takes 8: use 1"
    ])
  })

  it("says which leverage there is", () => {
    assert.deepStrictEqual(faultsOf({ leverage: "10:1" }), [])
    assert.deepStrictEqual(faultsOf({ leverage: "20" }), [
      "leverage: leverage 20 is not one that BTC/USD takes to buy (2, 3, 4, 5, 6, 7, 8, 9, 10): use 10"
    ])
    assert.match(faultsOf({ leverage: "6" }, { ...btc, leverageBuy: [10, 3, 2] })[0]!, /: use 3$/)
    assert.match(faultsOf({ leverage: "1:10" })[0]!, /^leverage: leverage 1:10 is not one/)
    assert.deepStrictEqual(faultsOf({ leverage: "2", type: "buy" }, { ...btc, leverageSell: [] }), [])
    assert.deepStrictEqual(faultsOf({ leverage: "2", type: "sell" }, { ...btc, leverageSell: [] }), [
      "leverage: leverage 2 is not possible: BTC/USD has no margin on sell orders: leave it out"
    ])
  })

  it("says what the market takes now", () => {
    const paths = (name: string, change: Partial<Terms>) =>
      pairFaults({ ...limit, price: "100", volume: "12000", ...change }, pair(name)).map(({ path }) => path)
    assert.deepStrictEqual(paths("ACA/EUR", {}), ["pair"])
    assert.deepStrictEqual(paths("ETH/USDC", {}), ["oflags"])
    assert.deepStrictEqual(paths("ETH/USDC", { oflags: ["post"] }), [])
    assert.deepStrictEqual(paths("ETH/USDC", { ordertype: "market", oflags: ["post"] }), ["oflags"])
    assert.deepStrictEqual(paths("1INCH/EUR", { ordertype: "market" }), ["ordertype"])
    assert.deepStrictEqual(paths("1INCH/EUR", {}), [])
    assert.deepStrictEqual(paths("DOT/EUR", {}), ["reduce_only"])
    assert.deepStrictEqual(paths("DOT/EUR", { reduce_only: true }), [])
    assert.deepStrictEqual(paths("DOT/EUR", { ordertype: "settle-position" }), [])
    assert.deepStrictEqual(faultsOf({}, { ...btc, status: "a mode of tomorrow" }), [])
  })

  it("judges each order of a batch, amendments and edits", () => {
    const batch = { pair: "XBTUSD", orders: [limit, { ...limit, price: "1.23", volume: "1" }] }
    assert.deepStrictEqual(
      batchPairFaults(batch, btc).map(({ path }) => path),
      ["orders.1.price"]
    )
    assert.deepStrictEqual(said(amendPairFaults({ txid: "O1", limit_price: "1.23", order_qty: "0.000000001" }, btc)), [
      "limit_price: limit_price 1.23 has 2 decimals; BTC/USD takes 1: use 1.2",
      "order_qty: order_qty 0.000000001 has 9 decimals; BTC/USD takes 8: use 0.00000001"
    ])
    assert.deepStrictEqual(said(editPairFaults({ txid: "O1", pair: "XBTUSD", price: "+5.55", price2: "5.55" }, btc)), [
      "price2: price2 5.55 has 2 decimals; BTC/USD takes 1: use 5.6"
    ])
    assert.strictEqual(amendPairFaults({ txid: "O1", limit_price: "1" }, pair("ACA/EUR"))[0]?.path, "pair")
  })

  it("names the field at fault, in each kind of call", () => {
    const [price, volume] = ["1.23", "0.000000001"]
    const paths = (faults: ReadonlyArray<Fault>) => faults.map(({ path }) => path)
    assert.deepStrictEqual(
      paths(pairFaults({ ...limit, ordertype: "stop-loss-limit", price, price2: "60000.55" }, btc)),
      ["price", "price2"]
    )
    assert.deepStrictEqual(
      paths(
        amendPairFaults(
          { txid: "O1", limit_price: price, trigger_price: price, order_qty: volume, display_qty: volume },
          btc
        )
      ),
      ["limit_price", "trigger_price", "order_qty", "display_qty"]
    )
    assert.deepStrictEqual(
      paths(editPairFaults({ txid: "O1", pair: "XBTUSD", price, price2: price, volume, displayvol: volume }, btc)),
      ["price", "price2", "volume", "displayvol"]
    )
  })

  it("suggests prices and volumes that pass, and are the nearest that do", () => {
    const order = fc.record({
      type: fc.constant("buy" as const),
      ordertype: fc.constantFrom("limit", "iceberg"),
      price: fc.stringMatching(/^\d{1,6}(\.\d{1,9})?$/).filter((text) => /[1-9]/.test(text)),
      volume: fc.stringMatching(/^\d{1,4}(\.\d{1,12})?$/)
    })
    const odd = fc.record({
      pairDecimals: fc.nat(8),
      lotDecimals: fc.nat(8),
      tickSize: fc.constantFrom("0.25", "0.003", "5")
    })
    const any = fc.oneof(
      fc.constantFrom(...directory.pairs),
      odd.map((change): Pair => ({ ...btc, ...change }))
    )
    fc.assert(
      fc.property(any, order, (of, given) => {
        const pricedRight = take(given, pairFaults(given, of), "price")
        const right = take(pricedRight, pairFaults(pricedRight, of), "volume")
        const left = pairFaults(right, of).filter(({ path }) => path === "price" || path === "volume")
        assert.deepStrictEqual(said(left), [])
        const [from, to] = [D.decimal(given.price), D.decimal(pricedRight.price ?? "")]
        const step = D.decimal(of.tickSize ?? `1e-${of.pairDecimals}`)
        if (!D.equals(from, to) && D.isMultipleOf(step, D.make(1n, of.pairDecimals)) && D.greaterThan(to, step))
          assert.isTrue(D.lessThanOrEqualTo(D.multiply(D.abs(D.subtract(from, to)), D.decimal("2")), step))
      }),
      { numRuns: runs(1000) }
    )
  })
})

/** The order with the value that the fault of a field suggests. */
const take = (order: Terms, faults: ReadonlyArray<Fault>, field: "price" | "volume"): Terms => {
  const suggested = faults.flatMap(({ fault, path }) => (path === field ? [/: use (\S+)$/.exec(fault)?.[1]] : []))[0]
  return suggested === undefined ? order : { ...order, [field]: suggested }
}
