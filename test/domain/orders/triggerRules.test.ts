import { assert, describe, it } from "@effect/vitest"
import { decimal } from "../../../src/domain/numbers/decimal.ts"
import type { Close, Terms } from "../../../src/domain/orders/orders.ts"
import { needsLastPrice, newTriggerFaults, triggerFaults } from "../../../src/domain/orders/triggerRules.ts"
import { assertFaults } from "../../fixtures/faults.ts"

const market = { pair: "BTC/USD", last: decimal("50000") }

const order = (
  type: Terms["type"],
  ordertype: Terms["ordertype"],
  price?: string,
  more: Partial<Terms> = {}
): Terms => ({ type, ordertype, volume: "1", ...(price !== undefined && { price }), ...more })

/** Checks an order and returns the fields at fault. */
const at = (...given: Parameters<typeof order>) => triggerFaults(order(...given), market).map(({ path }) => path)

describe("triggers and the last price", () => {
  it("a trigger has to wait on its side of the last price", () => {
    const sides = [
      ["sell", "stop-loss", "49999.9", "50000.1"],
      ["sell", "stop-loss-limit", "49999.9", "50000.1"],
      ["buy", "stop-loss", "50000.1", "49999.9"],
      ["buy", "stop-loss-limit", "50000.1", "49999.9"],
      ["sell", "take-profit", "50000.1", "49999.9"],
      ["sell", "take-profit-limit", "50000.1", "49999.9"],
      ["buy", "take-profit", "49999.9", "50000.1"],
      ["buy", "take-profit-limit", "49999.9", "50000.1"]
    ] as const
    for (const [type, ordertype, right, wrong] of sides) {
      const limit = { price2: "50000" }
      assert.deepStrictEqual(at(type, ordertype, right, limit), [], `${type} ${ordertype} ${right}`)
      assert.deepStrictEqual(at(type, ordertype, wrong, limit), ["price"], `${type} ${ordertype} ${wrong}`)
      assert.deepStrictEqual(at(type, ordertype, "50000", limit), ["price"], `${type} ${ordertype} at the price`)
    }
  })

  it("a relative trigger counts from the last price, and the fault names both prices", () => {
    assert.deepStrictEqual(at("sell", "stop-loss", "-5%"), [])
    assert.deepStrictEqual(at("sell", "stop-loss", "#5%"), [])
    assert.deepStrictEqual(at("buy", "take-profit", "-100"), [])
    assertFaults(triggerFaults(order("sell", "stop-loss", "+5%"), market), [
      ["price", "+5%", "52500", "50000", "BTC/USD", "take-profit"]
    ])
    assertFaults(triggerFaults(order("buy", "take-profit", "+100"), market), [["price", "50100", "50000", "stop-loss"]])
  })

  it("a trigger that no price can reach is refused", () => {
    assert.deepStrictEqual(at("sell", "stop-loss", "-100%"), ["price"])
    assert.deepStrictEqual(at("sell", "stop-loss", "-60000"), ["price"])
    assert.deepStrictEqual(at("sell", "trailing-stop", "+50000"), ["price"])
    assert.deepStrictEqual(at("sell", "trailing-stop-limit", "+100%", { price2: "-5" }), ["price"])
    assert.deepStrictEqual(at("sell", "trailing-stop", "+99.9%"), [])
    assert.deepStrictEqual(at("buy", "trailing-stop", "+100%"), [])
  })

  it("a percentage is judged without the last price, so that it does not have to be read", () => {
    const without = (...given: Parameters<typeof order>) => {
      assert.isFalse(needsLastPrice(order(...given)), given.join(" "))
      return triggerFaults(order(...given), { pair: "BTC/USD", last: undefined }).map(({ path }) => path)
    }
    assert.deepStrictEqual(without("sell", "stop-loss", "-5%"), [])
    assert.deepStrictEqual(without("sell", "stop-loss", "+5%"), ["price"])
    assert.deepStrictEqual(without("buy", "take-profit", "+5%"), ["price"])
    assert.deepStrictEqual(without("sell", "stop-loss", "-100%"), ["price"])
    assert.deepStrictEqual(without("sell", "trailing-stop", "+99.9%"), [])
    assert.deepStrictEqual(without("sell", "trailing-stop", "+100%"), ["price"])
    const close = (price: string) => ({ close: { ordertype: "stop-loss", price } }) as const
    assert.deepStrictEqual(without("buy", "limit", "40000", close("-5%")), [])
    assert.deepStrictEqual(without("buy", "market", undefined, close("+5%")), ["close.price"])
    for (const price of ["49000", "-500", "+500"])
      assert.isTrue(needsLastPrice(order("sell", "stop-loss", price)), price)
    assert.isTrue(needsLastPrice(order("sell", "stop-loss", "-5%", close("60000"))))
  })

  it("orders without a trigger, and those that start later, are not compared", () => {
    assert.deepStrictEqual(at("buy", "market"), [])
    assert.deepStrictEqual(at("sell", "limit", "1"), [])
    assert.deepStrictEqual(at("sell", "stop-loss", "60000", { starttm: "+3600" }), [])
    assert.deepStrictEqual(at("sell", "stop-loss", "60000", { starttm: "+0" }), ["price"])
    assert.isFalse(needsLastPrice(order("buy", "limit", "1")))
    assert.isFalse(needsLastPrice(order("sell", "stop-loss", "1", { starttm: "1790000000" })))
    assert.isTrue(needsLastPrice(order("buy", "market", undefined, { close: { ordertype: "stop-loss", price: "1" } })))
    assert.isFalse(needsLastPrice(order("buy", "market", undefined, { close: { ordertype: "limit", price: "1" } })))
  })

  it("a conditional close is compared with the price at which its order is filled", () => {
    const close = (ordertype: Close["ordertype"], price: string) => ({ close: { ordertype, price } })
    // A limit buy below the market waits, and is filled at its own price.
    assert.deepStrictEqual(at("buy", "limit", "40000", close("stop-loss", "39000")), [])
    assert.deepStrictEqual(at("buy", "limit", "40000", close("stop-loss", "41000")), ["close.price"])
    assert.deepStrictEqual(at("buy", "limit", "40000", close("take-profit", "41000")), [])
    // A limit buy above the market is filled at the market's price.
    assert.deepStrictEqual(at("buy", "limit", "60000", close("stop-loss", "55000")), ["close.price"])
    assert.deepStrictEqual(at("buy", "market", undefined, close("take-profit", "49000")), ["close.price"])
    assert.deepStrictEqual(at("sell", "market", undefined, close("stop-loss", "51000")), [])
    assert.deepStrictEqual(at("sell", "limit", "60000", close("stop-loss", "59000")), ["close.price"])
    assert.deepStrictEqual(at("buy", "stop-loss", "60000", close("stop-loss", "59000")), [])
    assert.deepStrictEqual(at("buy", "market", undefined, close("stop-loss", "-5%")), [])
    assert.deepStrictEqual(at("buy", "market", undefined, close("trailing-stop", "+100%")), ["close.price"])
    // The price of a trailing entry is not known, but the side of a relative close is.
    assert.deepStrictEqual(at("buy", "trailing-stop", "+1%", close("stop-loss", "+5%")), ["close.price"])
    assert.deepStrictEqual(at("buy", "trailing-stop", "+1%", close("stop-loss", "60000")), [])
  })

  it("the new trigger of an open order is compared too, and has to say its direction", () => {
    const stop = { type: "sell", ordertype: "stop-loss" } as const
    assertFaults(newTriggerFaults("trigger_price", { ...stop, price: "51000" }, market), [
      ["trigger_price", "51000", "50000"]
    ])
    assertFaults(newTriggerFaults("trigger_price", { ...stop, price: "#5%" }, market), [["trigger_price", "#5%"]])
    assert.isEmpty(newTriggerFaults("trigger_price", { ...stop, price: "-5%" }, market))
    assertFaults(newTriggerFaults("price", { ...stop, price: "+1" }, market), [["price", "50001"]])
    assertFaults(newTriggerFaults("price", { ...stop, ordertype: "trailing-stop", price: "+600" }, market), [])
  })
})
