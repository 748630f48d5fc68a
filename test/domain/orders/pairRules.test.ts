// oxlint-disable vitest/expect-expect -- the assertions are in faults.ts
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import type { Fault } from "../../../src/domain/orders/fault.ts"
import type { Pair } from "../../../src/domain/assets/model.ts"
import type { Terms } from "../../../src/domain/orders/orders.ts"
import { amendPairFaults, batchPairFaults, editPairFaults, pairFaults } from "../../../src/domain/orders/pairRules.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { runs } from "../../Property.ts"
import { assertFaults } from "../../fixtures/faults.ts"

const pair = (name: string): Pair => {
  const found = directory.findPair(name)
  if (found === undefined) throw new Error(`no pair ${name}`)
  return found
}
const btc = pair("BTC/USD")

const limit: Terms = { type: "buy", ordertype: "limit", volume: "0.5", price: "61234.5" }

const faultsOf = (change: Partial<Terms>, of = btc) => pairFaults({ ...limit, ...change }, of)

describe("rules of a pair", () => {
  it("takes an order that fits, and surplus zeros that change nothing", () => {
    assertFaults(faultsOf({}), [])
    assertFaults(faultsOf({ price: "61234.500", volume: "0.5000000000" }), [])
    assertFaults(faultsOf({ volume: "0.00005" }), [])
  })

  it("says the nearest price of the right decimals", () => {
    assertFaults(faultsOf({ price: "61234.567" }), [["price", "61234.567", "3", "1", "61234.6"]])
    assertFaults(faultsOf({ price: "0.0123" }).slice(0, 1), [["price", "0.0123", "4", "1", "0.1"]])
    assertFaults(faultsOf({ close: { ordertype: "take-profit-limit", price: "70000.55", price2: "1.11" } }), [
      ["close.price", "70000.55", "2", "1", "70000.6"],
      ["close.price2", "1.11", "2", "1", "1.1"]
    ])
  })

  it("counts the decimals that it says", () => {
    assertFaults(faultsOf({ price: "61234.5" }, { ...btc, pairDecimals: 0, tickSize: "1" }), [
      ["price", "61234.5", "1", "0", "61235"]
    ])
  })

  it("says the nearest price on a tick", () => {
    assertFaults(faultsOf({ price: "4.4444", volume: "9" }, pair("DOT/USD")).slice(-1), [
      ["price", "4.4444", "0.0025", "4.445"]
    ])
    assertFaults(faultsOf({ price: "0.3" }, { ...btc, tickSize: "0.25", costmin: undefined }), [
      ["price", "0.3", "0.25", "0.5"]
    ])
  })

  it("leaves relative prices, market orders and volumes in quote to Kraken", () => {
    assertFaults(faultsOf({ price: "+0.123456%" }), [])
    assertFaults(faultsOf({ ordertype: "trailing-stop", price: "+1.2345" }), [])
    assertFaults(faultsOf({ type: "buy", ordertype: "market", volume: "0.123456789", oflags: ["viqc"] }), [])
    assertFaults(faultsOf({ ordertype: "stop-loss", price: "0.1", volume: "0.00005" }), [])
    assertFaults(faultsOf({ volume: "0.00000001", leverage: "2", reduce_only: true }), [])
    assertFaults(faultsOf({ ordertype: "settle-position", volume: "0.00000001", leverage: "2" }), [])
    // No cost can be computed from an offset.
    const offset = { ordertype: "trailing-stop-limit", price: "+1", price2: "3000", volume: "0.00005" } as const
    assertFaults(faultsOf(offset), [])
  })

  it("leaves to another rule what is no amount", () => {
    assertFaults(faultsOf({ ordertype: "iceberg", volume: "x", displayvol: "0.1" }), [])
    assertFaults(faultsOf({ price: "1e-9" }), [])
  })

  it("says the nearest volume of the right decimals", () => {
    assertFaults(faultsOf({ volume: "0.123456789" }), [["volume", "0.123456789", "9", "8", "0.12345679"]])
    assertFaults(faultsOf({ price: "1", volume: "1.500001" }, pair("0G/EUR")), [["volume", "1.5"]])
  })

  it("says the least volume and the least cost", () => {
    assertFaults(faultsOf({ volume: "0.00004" }), [["volume", "0.00004", "0.00005"]])
    assertFaults(faultsOf({ volume: "0.00005", price: "3000" }), [["volume", "0.00016667"]])
    assertFaults(faultsOf({ ordertype: "stop-loss-limit", volume: "0.00001", price: "9", price2: "3000" }), [
      ["volume", "0.00016667"]
    ])
    assertFaults(faultsOf({ volume: "0", leverage: "2" }), [])
  })

  it("says how much of an iceberg shows, within its volume", () => {
    const iceberg = { ordertype: "iceberg" } as const
    assertFaults(faultsOf({ ...iceberg, volume: "1", displayvol: "0.066666667" }), [
      ["displayvol", "0.066666667", "9", "8", "0.06666667"]
    ])
    assertFaults(faultsOf({ ...iceberg, volume: "0.00005", displayvol: "0.000049999" }), [
      ["displayvol", "0.000049999", "9", "8", "0.00005"]
    ])
    assertFaults(faultsOf({ ...iceberg, volume: "1", displayvol: "1.000000006" }), [
      ["displayvol", "1.000000006", "9", "8", "1"]
    ])
  })

  it("says which leverage there is", () => {
    assertFaults(faultsOf({ leverage: "10:1" }), [])
    assertFaults(faultsOf({ leverage: "20" }), [["leverage", "10"]])
    assertFaults(faultsOf({ leverage: "6" }, { ...btc, leverageBuy: [10, 3, 2] }), [["leverage", "6", "3"]])
    assertFaults(faultsOf({ leverage: "1:10" }), [["leverage", "1:10"]])
    assertFaults(faultsOf({ leverage: "2", type: "buy" }, { ...btc, leverageSell: [] }), [])
    assertFaults(faultsOf({ leverage: "2", type: "sell" }, { ...btc, leverageSell: [] }), [["leverage", "2"]])
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
    assertFaults(faultsOf({}, { ...btc, status: "a mode of tomorrow" }), [])
  })

  it("judges each order of a batch, amendments and edits", () => {
    const batch = { pair: "XBTUSD", orders: [limit, { ...limit, price: "1.23", volume: "1" }] }
    assert.deepStrictEqual(
      batchPairFaults(batch, btc).map(({ path }) => path),
      ["orders.1.price"]
    )
    assertFaults(amendPairFaults({ txid: "O1", limit_price: "1.23", order_qty: "0.000000001" }, btc), [
      ["limit_price", "1.23", "2", "1", "1.2"],
      ["order_qty", "0.000000001", "9", "8", "0.00000001"]
    ])
    assertFaults(editPairFaults({ txid: "O1", pair: "XBTUSD", price: "+5.55", price2: "5.55" }, btc), [
      ["price2", "5.55", "2", "1", "5.6"]
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
        assertFaults(left, [])
        const [from, to] = [D.decimal(given.price), D.decimal(pricedRight.price ?? "")]
        const step = D.decimal(of.tickSize ?? `1e-${of.pairDecimals}`)
        if (!D.equals(from, to) && D.isMultipleOf(step, D.make(1n, of.pairDecimals)) && D.greaterThan(to, step))
          assert.isTrue(D.lessThanOrEqualTo(D.multiply(D.abs(D.subtract(from, to)), D.decimal("2")), step))
      }),
      { numRuns: runs(1000) }
    )
  })
})

/** Replaces a field of the order by the value that its fault suggests. */
const take = (order: Terms, faults: ReadonlyArray<Fault>, field: "price" | "volume"): Terms => {
  const suggested = faults.flatMap(({ fault, path }) =>
    path === field ? [/(?:: use|the smallest order is) (\S+)/.exec(fault)?.[1]] : []
  )[0]
  return suggested === undefined ? order : { ...order, [field]: suggested }
}
