import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { makeObservedOrders } from "../../../src/domain/live/observedOrders.ts"
import { runs } from "../../Property.ts"

const at = (second: number) => `2026-11-29T12:00:0${second}Z`

const opened = {
  order_id: "A",
  cl_ord_id: "mine",
  symbol: "BTC/USD",
  side: "buy",
  order_type: "limit",
  order_qty: "2",
  limit_price: "100.5",
  exec_type: "pending_new",
  order_status: "pending_new",
  timestamp: at(0)
}
const live = { order_id: "A", exec_type: "new", order_status: "new", timestamp: at(1) }
const amended = { ...opened, exec_type: "amended", order_status: "new", limit_price: "101", timestamp: at(2) }
const amendedAgain = { ...amended, limit_price: "102", timestamp: at(3) }
const part = { order_id: "A", exec_type: "trade", order_status: "partially_filled", cum_qty: "1.5", timestamp: at(4) }
const rest = { order_id: "A", exec_type: "trade", order_status: "partially_filled", cum_qty: "2", timestamp: at(5) }
const filled = { order_id: "A", exec_type: "filled", order_status: "filled", cum_qty: "2", timestamp: at(5) }
const life = [opened, live, amended, amendedAgain, part, rest, filled]

describe("orders that events showed", () => {
  it("are the same, in whatever order and however often the events come", () => {
    const story = fc
      .shuffledSubarray(life, { minLength: life.length })
      .chain((rows) => fc.array(fc.constantFrom(...life)).map((again) => [...rows, ...again]))
    fc.assert(
      fc.property(story, (rows) => {
        const orders = makeObservedOrders()
        for (const row of rows) orders.apply(false, row)
        assert.deepStrictEqual(
          orders.find(() => true),
          [
            {
              id: "A",
              clientId: "mine",
              userref: undefined,
              pair: "BTC/USD",
              side: "buy",
              type: "limit",
              quantity: "2",
              limitPrice: "102",
              parent: undefined,
              openedAt: Date.parse(at(0)),
              status: "closed",
              wasOpen: true,
              filled: "2",
              amendedAt: Date.parse(at(3))
            }
          ]
        )
      }),
      { numRuns: runs(500) }
    )
  })

  it("were not open if they ended while they were pending", () => {
    const orders = makeObservedOrders()
    orders.apply(false, opened)
    const ended = orders.apply(false, { order_id: "A", exec_type: "canceled", order_status: "canceled" })
    assert.deepInclude(ended, { status: "canceled", wasOpen: false })
  })

  it("have an unknown status and opening if only the last fills of a snapshot showed them", () => {
    const orders = makeObservedOrders()
    assert.deepInclude(orders.apply(true, { ...part, cl_ord_id: "mine" }), {
      status: "unknown",
      wasOpen: true,
      openedAt: undefined
    })
  })

  it("have no time of opening if a snapshot showed them, since its times are those of the last change", () => {
    assert.isUndefined(makeObservedOrders().apply(true, opened)?.openedAt)
  })

  it("are at most so many, the latest ones", () => {
    const orders = makeObservedOrders(2)
    for (const id of ["A", "B", "A", "C"]) orders.apply(false, { ...opened, order_id: id })
    assert.deepStrictEqual(
      orders.find(() => true).map(({ id }) => id),
      ["A", "C"]
    )
  })

  it("leave out rows without an id", () => {
    assert.isUndefined(makeObservedOrders().apply(false, { exec_type: "new" }))
  })
})
