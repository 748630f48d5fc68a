import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import type { Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("an amendment without an answer", () => {
  const wanted = { order_qty: "2", display_qty: "1", limit_price: "99000", trigger_price: "98000" }
  const row = { amend_id: "A1", amend_type: "user", timestamp: 100e9, ...wanted }

  /** Sends an amendment, 100 s after 1970, to an order that lists these amendments. */
  const amend = (amends: ReadonlyArray<object>, params: Params = { txid: "O1" }, isListed = true) => {
    const kraken = account({ write: (endpoint) => noAnswer(endpoint) })
    if (isListed) kraken.open["O1"] = listed({ ...limit, cl_ord_id: "mine" })
    kraken.open["O2"] = listed({ ...limit, cl_ord_id: "yours" })
    kraken.amends.push(...amends)
    return Effect.gen(function* () {
      yield* TestClock.adjust("100 seconds")
      const answer = yield* send("private/AmendOrder", { ...params, ...wanted })
      return { answer, reads: kraken.reads }
    }).pipe(Effect.provide(kraken.layer))
  }

  it.effect.each([{ txid: "O1" }, { cl_ord_id: "mine" }])("is the one with the requested values: %j", (order) =>
    Effect.gen(function* () {
      const { answer, reads } = yield* amend([row], order)
      assert.deepStrictEqual(Either.getOrThrow(answer).result, { amend_id: "A1", txid: "O1" })
      assert.strictEqual(Either.getOrThrow(answer).settled?.state, "open")
      const closed = reads.find(({ endpoint }) => endpoint === "private/ClosedOrders")
      if ("cl_ord_id" in order) assert.deepInclude(closed?.params, { ...order, start: 40 })
      assert.deepInclude(reads.at(-1), {
        endpoint: "private/OrderAmends",
        params: { order_id: "O1" },
        priority: "settlement"
      })
    })
  )

  const others: ReadonlyArray<readonly [string, object, string]> = [
    ...Object.keys(wanted).map((name) => [`differs in ${name}`, { [name]: "7" }, "KrakenNotPlaced"] as const),
    ["is the order as it was placed", { amend_type: "original" }, "KrakenNotPlaced"],
    ["is older", { timestamp: 39e9 }, "KrakenNotPlaced"],
    ["might be older", { timestamp: 90e9 }, "KrakenOutcomeUnknown"]
  ]
  it.effect.each(others)("is not one that %s", ([, more, tag]) =>
    Effect.gen(function* () {
      const error = failure((yield* amend([{ ...row, ...more }])).answer)
      assert.strictEqual(error._tag, tag)
      assert.include(error.message, tag === "KrakenNotPlaced" ? "order O1 (open) lists no such" : "it might be A1")
    })
  )

  it.effect("stays unknown if two match, or if the order is not listed", () =>
    Effect.gen(function* () {
      const two = failure((yield* amend([row, { ...row, amend_id: "A2" }])).answer)
      assert.strictEqual(two._tag, "KrakenOutcomeUnknown")
      assert.include(two.message, "several amendments match: A1, A2")
      for (const params of [{ txid: "O1" }, { cl_ord_id: "mine" }]) {
        const error = failure((yield* amend([row], params, false)).answer)
        assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
        assert.include(error.message, "the order is not listed")
      }
    })
  )

  const amendment = (amend_id: string, limit_price: string, millis: number) => ({
    amend_id,
    amend_type: "user",
    limit_price,
    timestamp: millis * 1e6
  })

  it.effect("does not hide its order, once found, from the write that placed it", () => {
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

  it.effect("is found in the list of amendments, even after a later one", () => {
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
      assert.strictEqual(same._tag, "KrakenNotPlaced", "the order has that price, but from another call")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stays unknown if two of one order are open and only one of them is found", () => {
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
