import { assert, describe, it } from "@effect/vitest"
import { endpoints } from "../../../src/domain/endpoints/endpoints.ts"
import { addCost, changeCost } from "../../../src/domain/endpoints/rateCosts.ts"

describe("rate costs", () => {
  it("counts ledgers and trade histories double, and leaves orders to the engine's own counter", () => {
    assert.deepStrictEqual(
      (
        ["private/Balance", "private/Ledgers", "private/QueryTrades", "private/AddOrder", "private/CancelAll"] as const
      ).map((endpoint) => endpoints[endpoint].restCost),
      [1, 2, 2, 0, 0]
    )
  })

  it("costs more to change an order, the younger it is", () => {
    const ages = [0, 4.9, 5, 9.9, 10, 14.9, 15, 44.9, 45, 89.9, 90, 299.9, 300, Infinity]
    const costs = (change: "amend" | "edit" | "cancel") => ages.map((age) => changeCost(change, age)).join(" ")
    assert.strictEqual(costs("amend"), "4 4 3 3 2 2 1 1 1 1 1 1 1 1")
    assert.strictEqual(costs("edit"), "7 7 6 6 5 5 3 3 2 2 1 1 1 1")
    assert.strictEqual(costs("cancel"), "8 8 6 6 5 5 4 4 2 2 1 1 0 0")
  })

  it("agrees with Kraken's example: an order, amended after 7 s, cancelled some seconds later", () => {
    assert.strictEqual(addCost(1, false) + changeCost("amend", 7) + changeCost("cancel", 20), 8)
  })

  it("counts half for an order in a batch", () => {
    assert.strictEqual(addCost(5, true), 2.5)
  })
})
