import { assert, describe, it } from "@effect/vitest"
import { idsOfOwners, type OrderIds, selectOwn } from "../../../src/domain/mandates/ownOrders.ts"
import type { OpenSpend } from "../../../src/domain/mandates/room.ts"

/** An open spend of an order with this `cl_ord_id`. */
const spendOf = (cl_ord_id: string, more: Partial<OpenSpend> = {}): OpenSpend => ({
  kind: "order",
  seq: 1,
  n: 0,
  at: 0,
  asset: "USD",
  amount: "1",
  order: { index: 0, cl_ord_id, pair: "BTC/USD", type: "buy", volume: "1", reduces: false },
  paid: "0",
  got: "0",
  open: 1,
  isUndecided: true,
  ...more
})

/** The other fields by which a listed order is recognized. */
const likeIt = { opentm: 1000, vol: "1.00000000", descr: { type: "buy" } }

const select = (orders: ReadonlyArray<OrderIds>, ids: ReadonlyArray<string>, spends: ReadonlyArray<OpenSpend> = []) =>
  selectOwn(orders, new Set(ids), spends).map(({ txid }) => txid)

describe("own orders", () => {
  it("are looked for by their ids and those of the orders that made them", () => {
    const orders = [
      { txid: "O1", refid: null },
      { txid: "O2", refid: "O1" },
      { txid: "O3", refid: "O9", cl_ord_id: "c" }
    ]
    assert.deepStrictEqual(idsOfOwners(orders), ["O1", "O2", "O3", "O9"])
  })

  it("are those that the record has, and those that their fills made", () => {
    const orders = [
      { txid: "O1" },
      { txid: "O2", refid: "O1" },
      { txid: "O3", refid: "O8" },
      { txid: "O4", refid: "O9" }
    ]
    assert.deepStrictEqual(select(orders, ["O1", "O9"]), ["O1", "O2", "O4"])
  })

  it("are those of unknown outcome by their cl_ord_id, and those that their fills made", () => {
    const orders = [
      { txid: "O1", refid: "O2" },
      { txid: "O2", cl_ord_id: "c1", ...likeIt },
      { txid: "O3", cl_ord_id: "c2", ...likeIt }
    ]
    assert.deepStrictEqual(select(orders, [], [spendOf("c1")]), ["O1", "O2"])
  })

  it("are not older ones, and others, that bear the cl_ord_id of one of unknown outcome", () => {
    const spend = spendOf("c1", { at: 1_000_000 })
    const order = { txid: "O1", cl_ord_id: "c1", ...likeIt }
    assert.deepStrictEqual(select([{ ...order, opentm: 940 }], [], [spend]), ["O1"])
    for (const other of [{ opentm: 939.9 }, { opentm: undefined }, { vol: "1.1" }, { descr: { type: "sell" } }])
      assert.deepStrictEqual(select([{ ...order, ...other }], [], [spend]), [])
  })

  it("are not those of others that bear the cl_ord_id of an order whose id is known", () => {
    assert.deepStrictEqual(
      select([{ txid: "O2", cl_ord_id: "c1", ...likeIt }], [], [spendOf("c1", { txid: "O1" })]),
      []
    )
  })

  it("are not all without a cl_ord_id or a parent", () => {
    const { order: _, ...spend } = spendOf("c1")
    assert.deepStrictEqual(select([{ txid: "O1", refid: null, cl_ord_id: null }, { txid: "O2" }], [], [spend]), [])
  })
})
