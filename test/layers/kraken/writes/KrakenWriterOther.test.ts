import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import type { Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("other writes without an answer", () => {
  it.effect("a batch: what is found stands, what is missing behind the fence was not placed", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        const [first] = params["orders"] as ReadonlyArray<Params>
        open["O1"] = listed({ ...first, pair: params["pair"] })
        return noAnswer(endpoint)
      }
    })
    const { pair, ...order } = limit
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrderBatch", { pair, orders: [order, order] }))
      const { orders } = answer.result as { orders: ReadonlyArray<object> }
      assert.deepInclude(orders[0], { txid: "O1" })
      assert.deepInclude(orders[1], { error: "not placed" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("an edit: the new order is found by its userref", () => {
    const { layer, open, sent } = account({
      write: (endpoint, params) => {
        open["O2"] = listed({ ...limit, ...params })
        return noAnswer(endpoint)
      }
    })
    open["O1"] = listed(limit)
    return Effect.gen(function* () {
      const edit = { txid: "O1", pair: "XBTUSD", price: "99000" }
      const answer = Either.getOrThrow(yield* send("private/EditOrder", edit))
      assert.deepInclude(answer.result, { txid: "O2", originaltxid: "O1", newuserref: sent[0]?.["userref"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("an edit of an order with a cl_ord_id is not sent; the matching amendment is told", () => {
    const { layer, open, sent } = account({ write: () => Effect.succeed({}) })
    open["O1"] = listed({ ...limit, cl_ord_id: "mine" })
    return Effect.gen(function* () {
      const error = failure(
        yield* send("private/EditOrder", { txid: "O1", pair: "XBTUSD", price: "99000", volume: "2" })
      )
      assert.strictEqual(error._tag, "KrakenWriteRefused")
      for (const named of ["amend_order", '{"txid":"O1","order_qty":"2","limit_price":"99000"}'])
        assert.include(error.message, named)
      assert.strictEqual(sent.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("an edit of an order that a userref names does not take that order for the new one", () => {
    const { layer, open } = account({ write: (endpoint) => noAnswer(endpoint) })
    open["O1"] = listed(limit, { userref: 7, opentm: -1 })
    return Effect.gen(function* () {
      const edit = { txid: "7", pair: "XBTUSD", userref: 7, oflags: "post" }
      assert.strictEqual(failure(yield* send("private/EditOrder", edit))._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect("an edit that leaves neither order open, or can't tell, is not called undone", () => {
    const canceled = account({
      write: (endpoint) => {
        canceled.closed["O1"] = listed(limit, { status: "canceled" })
        delete canceled.open["O1"]
        return noAnswer(endpoint)
      }
    })
    canceled.open["O1"] = listed(limit)
    const unread: ReturnType<typeof account> = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => {
        if (endpoint !== "private/QueryOrders") return Effect.succeed({ open: {}, closed: {} })
        return unread.sent.length === 0
          ? Effect.succeed({ O1: listed(limit) })
          : new KrakenUnavailable({ endpoint, reason: "timed out" })
      }
    })
    return Effect.gen(function* () {
      for (const { layer } of [canceled, unread]) {
        const edited = Effect.provide(send("private/EditOrder", { txid: "O1", pair: "XBTUSD", price: "99000" }), layer)
        assert.strictEqual(failure(yield* edited)._tag, "KrakenOutcomeUnknown")
      }
    })
  })

  it.effect("an amendment that was found does not hide the order it changes from what placed that", () => {
    const { amends, layer, open } = account({
      write: (endpoint, params) => {
        if (endpoint === "private/AmendOrder") {
          amends.push(amendment("A1", "99000", 100))
          return noAnswer(endpoint)
        }
        open["O1"] = listed(params, { opentm: 0.1 })
        return Effect.delay(noAnswer(endpoint), "10 seconds")
      }
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const placing = yield* Effect.fork(writer.send("private/AddOrder", { ...limit, cl_ord_id: "mine" }))
      const amending = yield* Effect.fork(
        writer.send("private/AmendOrder", { cl_ord_id: "mine", limit_price: "99000" })
      )
      yield* TestClock.adjust("2 minutes")
      assert.deepInclude((yield* Fiber.join(amending)).result, { amend_id: "A1" })
      assert.deepInclude((yield* Fiber.join(placing)).result, { txid: ["O1"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "an amount that can't be read is no fault of ours: before the send it refuses, after it nothing is known",
    () => {
      const { layer, sent } = account({
        write: (endpoint) => noAnswer(endpoint),
        read: (endpoint) => {
          const amount = sent.length === 0 && !isBroken ? "0.1" : "1".repeat(41)
          if (endpoint === "private/WithdrawStatus") {
            return Effect.succeed([{ refid: "R1", asset: "XBT", amount, time: 0 }])
          }
          if (endpoint !== "private/Earn/Allocations") return Effect.succeed({ pending: false })
          return Effect.succeed({ items: [{ strategy_id: "E1", amount_allocated: { total: { native: amount } } }] })
        }
      })
      let isBroken = true
      const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
      const allocation = { strategy_id: "E1", amount: "5" }
      return Effect.gen(function* () {
        assert.strictEqual(failure(yield* send("private/Withdraw", withdrawal))._tag, "KrakenPrecheckFailed")
        assert.lengthOf(sent, 0)
        isBroken = false
        assert.strictEqual(failure(yield* send("private/Withdraw", withdrawal))._tag, "KrakenOutcomeUnknown")
        sent.length = 0
        assert.strictEqual(failure(yield* send("private/Earn/Allocate", allocation))._tag, "KrakenOutcomeUnknown")
      }).pipe(Effect.provide(layer))
    }
  )

  const amendment = (amend_id: string, limit_price: string, millis: number) => ({
    amend_id,
    amend_type: "user",
    limit_price,
    timestamp: millis * 1e6
  })

  it.effect("an amendment: the order's list of amendments tells, also after the next one", () => {
    const { amends, layer, open } = account({
      write: (endpoint) => {
        if (amends.length === 0) amends.push(amendment("A1", "99000.0", 1), amendment("A2", "97000.0", 500))
        return noAnswer(endpoint)
      }
    })
    open["O1"] = listed({ ...limit, price: "97000.0" })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AmendOrder", { txid: "O1", limit_price: "99000" }))
      assert.deepStrictEqual(answer.result, { amend_id: "A1", txid: "O1" })
      const same = failure(yield* send("private/AmendOrder", { txid: "O1", limit_price: "97000" }))
      assert.strictEqual(same._tag, "KrakenNotPlaced", "the order has that price, but not from this call")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of two amendments of one order, none is said to be made when one of them is found", () => {
    const { amends, layer, open } = account({
      write: (endpoint) => {
        if (amends.length === 0) amends.push(amendment("A1", "99000.0", 1))
        return noAnswer(endpoint)
      }
    })
    open["O1"] = listed({ ...limit, cl_ord_id: "mine" })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const amend = (order: object) =>
        Effect.flip(writer.send("private/AmendOrder", { ...order, limit_price: "99000" }))
      const both = yield* Effect.fork(
        Effect.zip(amend({ txid: "O1" }), amend({ cl_ord_id: "mine" }), { concurrent: true })
      )
      yield* TestClock.adjust("1 minutes")
      for (const error of yield* Fiber.join(both)) assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
    }).pipe(Effect.provide(layer))
  })
})

describe("a withdrawal", () => {
  const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
  const row = { refid: "R1", asset: "XBT", amount: "0.4999", fee: "0.0001", time: 0, key: "cold", status: "Initial" }

  it.effect("without an answer is the one new row that fits; else it stays unknown, never not placed", () => {
    const rows: Array<object> = []
    const { layer } = account({
      write: (endpoint, { amount }) => {
        if (amount === "0.5") rows.push({ ...row, time: 1 })
        return noAnswer(endpoint)
      },
      read: () => Effect.succeed([...rows])
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/Withdraw", withdrawal))
      assert.deepStrictEqual(answer.result, { refid: "R1" })
      const lost = failure(yield* send("private/Withdraw", { ...withdrawal, amount: "0.7" }))
      assert.strictEqual(lost._tag, "KrakenOutcomeUnknown")
      const again = failure(yield* send("private/Withdraw", { ...withdrawal, amount: "0.70", repeat: true }))
      assert.strictEqual(again._tag, "KrakenWriteBlocked")
    }).pipe(Effect.provide(layer))
  })
})

it.effect("an allocation without an answer is placed only if the account shows the change", () => {
  let total = "10"
  const { layer } = account({
    write: (endpoint, { amount }) => {
      if (amount === "5") total = "15"
      return noAnswer(endpoint)
    },
    read: (endpoint) =>
      Effect.sync(() =>
        endpoint === "private/Earn/Allocations"
          ? { items: [{ strategy_id: "E1", amount_allocated: { total: { native: total } } }] }
          : { pending: false }
      )
  })
  return Effect.gen(function* () {
    const answer = Either.getOrThrow(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "5" }))
    assert.strictEqual(answer.result, true)
    const lost = failure(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "7" }))
    assert.strictEqual(lost._tag, "KrakenOutcomeUnknown")
  }).pipe(Effect.provide(layer))
})
