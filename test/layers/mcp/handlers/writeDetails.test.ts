import { assert, describe, it } from "@effect/vitest"
import { writeDetails } from "../../../../src/layers/mcp/handlers/writeDetails.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.5", price: "30000", cl_ord_id: "mine-1" }
const answer = { txid: ["OAAAAA-BBBBB-CCCCCC"], descr: { order: "buy 0.5 BTCUSD" } }

describe("the facts of a write in the log", () => {
  it("are endpoint, pair, side and ids, without amounts unless a setting asks for them", () => {
    const call = { endpoint: "private/AddOrder", args: order, answer } as const
    const facts = {
      endpoint: "private/AddOrder",
      pair: "BTC/USD",
      side: "buy",
      ids: "mine-1,OAAAAA-BBBBB-CCCCCC"
    }
    assert.deepStrictEqual(writeDetails(call, false), facts)
    assert.deepStrictEqual(writeDetails(call, true), { ...facts, volume: "0.5", price: "30000" })
    assert.deepInclude(writeDetails({ ...call, args: { ...order, validate: true } }, false), { validate: "true" })
  })

  it("name each side of a batch, and each of its ids", () => {
    const orders = [order, { ...order, type: "sell", cl_ord_id: "mine-2" }]
    const batch = { orders: [{ txid: "O1" }, { txid: "O2" }] }
    assert.deepStrictEqual(
      writeDetails({ endpoint: "private/AddOrderBatch", args: { pair: "BTC/USD", orders }, answer: batch }, false),
      { endpoint: "private/AddOrderBatch", pair: "BTC/USD", side: "buy,sell", ids: "mine-1,mine-2,O1,O2" }
    )
  })

  it("take the type of a withdrawal for no side", () => {
    const args = { asset: "BTC", key: "cold wallet", amount: "1", type: "x" }
    assert.deepStrictEqual(writeDetails({ endpoint: "private/Withdraw", args, answer: { refid: "R1" } }, false), {
      endpoint: "private/Withdraw",
      ids: "R1"
    })
  })

  it("hold no text that an argument smuggles in", () => {
    for (const bad of ["a b", "x\nlevel=ERROR", "é", "a".repeat(65), { a: 1 }, null])
      assert.deepStrictEqual(
        writeDetails(
          { endpoint: "private/AddOrder", args: { pair: bad, type: bad, cl_ord_id: bad }, answer: bad },
          true
        ),
        { endpoint: "private/AddOrder" }
      )
    for (const args of [undefined, "text", [], 1])
      assert.deepStrictEqual(writeDetails({ endpoint: undefined, args, answer: undefined }, false), {})
  })
})
