import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

const { pair, ...order } = limit

describe("a batch", () => {
  const named = { ...order, volume: "0.02", userref: 7 }
  const close = { ordertype: "limit", price: "110000" }

  it.effect("shows the ids and the deadline that it was sent with", () => {
    const { layer, priorities, sent } = account({
      write: () => Effect.succeed({ orders: [{ txid: "O1" }, { txid: "O2" }], new_field: 1 })
    })
    return Effect.gen(function* () {
      const { result } = Either.getOrThrow(yield* send("private/AddOrderBatch", { pair, orders: [order, named] }))
      const [first] = (sent[0]?.["orders"] ?? []) as ReadonlyArray<Params>
      const deadline = "1970-01-01T00:00:05.000Z"
      assert.deepStrictEqual(sent, [{ pair, orders: [{ ...order, cl_ord_id: first?.["cl_ord_id"] }, named], deadline }])
      assert.isString(first?.["cl_ord_id"])
      assert.deepStrictEqual(result, {
        orders: [{ txid: "O1", cl_ord_id: first?.["cl_ord_id"] }, { txid: "O2" }],
        new_field: 1,
        deadline
      })
      assert.deepStrictEqual(priorities, ["write"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("without an answer shows its orders as they were found, with their closes", () => {
    const { reads, layer, open } = account({
      write: (endpoint, { orders }) => {
        const [first, second] = orders as ReadonlyArray<Params>
        const row = listed({ ...first, pair })
        open["O1"] = { ...row, descr: { ...row.descr, close: "close position" } }
        open["O2"] = listed({ ...second, pair }, { status: "pending" })
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const params = { pair, orders: [{ ...order, close }, named] }
      const { result, settled } = Either.getOrThrow(yield* send("private/AddOrderBatch", params))
      const { orders } = result as { readonly orders: ReadonlyArray<object> }
      assert.deepInclude(orders[0], { txid: "O1", descr: { order: "text" }, close: "close position" })
      assert.deepStrictEqual(orders[1], { txid: "O2", descr: { order: "text" } })
      assert.strictEqual(settled?.state, "open, pending")
      assert.deepStrictEqual(reads[0]?.params, {}, "several orders are read by their time")
      assert.deepInclude(reads[1]?.params, { start: -60 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("that stays unknown names all its orders, and those that were definitely placed", () => {
    const { layer, open } = account({
      write: (endpoint, { orders }) => {
        const [, second] = orders as ReadonlyArray<Params>
        open["O2"] = listed({ ...second, pair })
        return noAnswer(endpoint)
      },
      nonceWindow: 1n
    })
    return Effect.gen(function* () {
      const orders = [{ ...order, cl_ord_id: "mine" }, named]
      const error = failure(yield* send("private/AddOrderBatch", { pair, orders }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, "Look for cl_ord_id mine, userref 7 with")
      assert.include(error.message, "placed: O2.")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of which nothing is found was not placed", () => {
    const { layer } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/AddOrderBatch", { pair, orders: [order, named] }))
      assert.strictEqual(error._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect("has the orders that are found, and an error for each one that is missing", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        const [first] = params["orders"] as ReadonlyArray<Params>
        open["O1"] = listed({ ...first, pair: params["pair"] })
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrderBatch", { pair, orders: [order, order] }))
      const { orders } = answer.result as { orders: ReadonlyArray<object> }
      assert.deepInclude(orders[0], { txid: "O1" })
      assert.deepInclude(orders[1], { error: "not placed" })
    }).pipe(Effect.provide(layer))
  })
})
