import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("an edit", () => {
  const edit = { txid: "O1", pair: "XBTUSD", price: "99000" }

  it.effect.each([
    ["limit", { price: "1", displayvol: "2" }, { limit_price: "1", display_qty: "2" }],
    ["iceberg", { volume: "3", price: "1" }, { order_qty: "3", limit_price: "1" }],
    ["stop-loss", { price: "1" }, { trigger_price: "1" }],
    ["stop-loss-limit", { price: "1", price2: "2" }, { limit_price: "2", trigger_price: "1" }]
  ] as const)(
    "of a %s order with a cl_ord_id is refused with the amendment that does the same",
    ([type, params, same]) => {
      const { layer, open, sent } = account({ write: () => Effect.die("sent") })
      open["O1"] = listed({ ...limit, ordertype: type, cl_ord_id: "mine" }, { userref: 7 })
      return Effect.gen(function* () {
        for (const txid of ["O1", "7"]) {
          const error = failure(yield* send("private/EditOrder", { txid, pair: "XBTUSD", ...params }))
          assert.strictEqual(error._tag, "KrakenWriteRefused")
          const amendment: unknown = JSON.parse(/\{.*\}/.exec(error.message)?.[0] ?? "")
          assert.deepStrictEqual(amendment, { txid: "O1", ...same })
        }
        assert.lengthOf(sent, 0)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("with validate is sent unchanged, with a deadline", () => {
    const { layer, open, sent } = account({ write: () => Effect.succeed({ descr: {} }) })
    open["O1"] = listed({ ...limit, cl_ord_id: "mine" })
    return Effect.gen(function* () {
      yield* send("private/EditOrder", { ...edit, validate: true })
      assert.deepStrictEqual(sent, [{ ...edit, validate: true, deadline: "1970-01-01T00:00:05.000Z" }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps the userref of its caller or gets one, which its answer shows", () => {
    const { layer, open, sent } = account({ write: () => Effect.succeed({ txid: "O2" }) })
    open["O1"] = listed(limit)
    return Effect.gen(function* () {
      const own = Either.getOrThrow(yield* send("private/EditOrder", { ...edit, userref: 7 }))
      assert.deepStrictEqual(own.result, { txid: "O2", newuserref: 7 })
      const made = Either.getOrThrow(yield* send("private/EditOrder", edit))
      assert.isAtLeast(Number(sent[1]?.["userref"]), 1)
      assert.deepStrictEqual(made.result, { txid: "O2", newuserref: sent[1]?.["userref"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    ["the order that it changes", "O1", {}],
    ["an order of the other side", "O2", { type: "sell" }]
  ] as const)("is not taken for %s, which has the same userref", ([, txid, more]) => {
    const { layer, open } = account({ write: (endpoint) => noAnswer(endpoint) })
    open["O1"] = listed(limit)
    open[txid] = listed({ ...limit, ...edit, ...more, userref: 7 })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/EditOrder", { ...edit, userref: 7 }))
      assert.strictEqual(error._tag, "KrakenNotPlaced")
      assert.include(error.message, "the original order is open")
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is found shows the new order, and one that stays unknown names what to look for", () => {
    const { layer, open } = account({
      write: (endpoint, { price, userref }) => {
        if (price === "99000") open["O2"] = listed({ ...limit, price, userref })
        return noAnswer(endpoint)
      },
      nonceWindow: 1n
    })
    open["O1"] = listed(limit)
    return Effect.gen(function* () {
      const { result, settled } = Either.getOrThrow(yield* send("private/EditOrder", { ...edit, userref: 7 }))
      assert.deepStrictEqual(result, {
        newuserref: 7,
        status: "ok",
        txid: "O2",
        originaltxid: "O1",
        descr: { order: "text" }
      })
      assert.strictEqual(settled?.state, "open")
      const error = failure(yield* send("private/EditOrder", { ...edit, price: "98000", userref: 8 }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, "Look for userref 8 with get_open_orders, and at O1 with query_orders")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is found by the userref of the new order", () => {
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

  it.effect("of an order with a cl_ord_id is not sent, and the error has the matching amendment", () => {
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

  it.effect("of an order by its userref does not take that order for the new one", () => {
    const { layer, open } = account({ write: (endpoint) => noAnswer(endpoint) })
    open["O1"] = listed(limit, { userref: 7, opentm: -1 })
    return Effect.gen(function* () {
      const edit = { txid: "7", pair: "XBTUSD", userref: 7, oflags: "post" }
      assert.strictEqual(failure(yield* send("private/EditOrder", edit))._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stays unknown if neither order is open, or if they cannot be read", () => {
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
})
