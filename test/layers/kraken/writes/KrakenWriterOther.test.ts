import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenPermissionError, KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
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
})

describe("without an answer", () => {
  it.effect("a transfer stays unknown, since Kraken has no way to find it", () => {
    const { reads, layer } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/WalletTransfer", { asset: "XBT", amount: "1" }))
      assert.deepInclude(error, {
        _tag: "KrakenOutcomeUnknown",
        reason: "timed out after 10 s",
        check: "Check get_account_balance and get_ledgers.",
        safeToRepeat: false
      })
      assert.deepStrictEqual(reads, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a batch has the orders that are found, and an error for each one that is missing", () => {
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

  it.effect("an edit is found by the userref of the new order", () => {
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

  it.effect("an edit of an order with a cl_ord_id is not sent, and the error has the matching amendment", () => {
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

  it.effect("an edit of an order by its userref does not take that order for the new one", () => {
    const { layer, open } = account({ write: (endpoint) => noAnswer(endpoint) })
    open["O1"] = listed(limit, { userref: 7, opentm: -1 })
    return Effect.gen(function* () {
      const edit = { txid: "7", pair: "XBTUSD", userref: 7, oflags: "post" }
      assert.strictEqual(failure(yield* send("private/EditOrder", edit))._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect("an edit stays unknown if neither order is open, or if they cannot be read", () => {
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

  it.effect("an amendment that was found does not hide its order from the write that placed it", () => {
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

  it.effect("a write with an unreadable amount on the account is refused before the send, and unknown after it", () => {
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
  })

  const amendment = (amend_id: string, limit_price: string, millis: number) => ({
    amend_id,
    amend_type: "user",
    limit_price,
    timestamp: millis * 1e6
  })

  it.effect("an amendment is found in the list of amendments, even after a later one", () => {
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

  it.effect("two amendments of one order stay unknown if only one of them is found", () => {
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
})

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
})

describe("a withdrawal", () => {
  const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
  const row = { refid: "R1", asset: "XBT", amount: "0.4999", fee: "0.0001", time: 0, key: "cold", status: "Initial" }

  it.effect("without an answer is found as the one new row that matches, and otherwise stays unknown", () => {
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

  it.effect("stays unknown if two equal ones are lost and one row appears", () => {
    const rows: Array<object> = []
    const { layer, sent } = account({
      write: (endpoint) =>
        Effect.delay(
          Effect.suspend(() => {
            if (sent.length === 2 && rows.length === 0) rows.push({ ...row, time: 0 })
            return noAnswer(endpoint)
          }),
          "1 seconds"
        ),
      read: () => Effect.sync(() => [...rows])
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const both = yield* Effect.fork(
        Effect.forEach(
          [withdrawal, { ...withdrawal, amount: "0.50", repeat: true }],
          (one) => Effect.flip(writer.send("private/Withdraw", one)),
          { concurrency: 2 }
        )
      )
      yield* TestClock.adjust("2 minutes")
      for (const error of yield* Fiber.join(both)) {
        assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
        assert.include(error.message, "R1")
      }
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  /** Sends a withdrawal that gets no answer. Kraken lists the rows of `before` first, and then those of `since` as well. */
  const withdraw = (before: ReadonlyArray<object>, since: ReadonlyArray<object>) => {
    let isSent = false
    const kraken = account({
      write: (endpoint) => {
        isSent = true
        return noAnswer(endpoint)
      },
      read: () => Effect.sync(() => (isSent ? [...before, ...since] : before))
    })
    return Effect.map(Effect.provide(send("private/Withdraw", withdrawal), kraken.layer), (answer) => ({
      answer,
      reads: kraken.reads,
      sent: kraken.sent
    }))
  }

  it.effect.each([{}, { amount: "0.5" }, { amount: 0.5, fee: null }])("is found by its terms: %j", (more) =>
    Effect.gen(function* () {
      const { answer, reads } = yield* withdraw([{ ...row, refid: "R0", status: "Failure" }], [{ ...row, ...more }])
      const { result, settled } = Either.getOrThrow(answer)
      assert.deepStrictEqual(result, { refid: "R1" })
      assert.strictEqual(settled?.state, "Initial")
      for (const one of reads)
        assert.deepInclude(one, {
          endpoint: "private/WithdrawStatus",
          params: { asset: "XBT" },
          priority: "settlement"
        })
    })
  )

  it.effect.each([
    ["several withdrawals match: R1, R2", [row, { ...row, refid: "R2" }]],
    ["it might be R1", [{ ...row, key: null }]],
    ["it might be R1", [{ ...row, time: -30 }]],
    ["it was not found on the account", [{ ...row, key: "hot" }]],
    ["it was not found on the account", [{ ...row, asset: "ETH" }]],
    ["it was not found on the account", [{ ...row, time: -100 }]],
    ["it was not found on the account", [{ ...row, amount: "0.4", fee: "0.05" }]]
  ] as const)("stays unknown: %s", ([reason, rows]) =>
    Effect.gen(function* () {
      const error = failure((yield* withdraw([], rows)).answer)
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, reason)
    })
  )

  it.effect("is not taken for an earlier one of this process", () => {
    let n = 0
    const { layer } = account({
      write: (endpoint) => (n++ === 0 ? Effect.succeed({ refid: "R1" }) : noAnswer(endpoint)),
      read: () => Effect.sync(() => (n > 1 ? [row] : []))
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      yield* writer.send("private/Withdraw", withdrawal)
      const error = failure(yield* send("private/Withdraw", { ...withdrawal, repeat: true }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
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

describe("an allocation without an answer", () => {
  interface Allocation {
    readonly pending?: boolean
    readonly total?: string
    readonly pendingAmount?: string
  }
  const shown = (endpoint: string, { pending = false, total, pendingAmount }: Allocation) =>
    endpoint === "private/Earn/Allocations"
      ? {
          items: [
            { strategy_id: "E2", amount_allocated: { total: { native: "5" } } },
            ...(total === undefined
              ? []
              : [
                  {
                    strategy_id: "E1",
                    amount_allocated: { total: { native: total }, pending: pendingAmount && { native: pendingAmount } }
                  }
                ])
          ]
        }
      : { pending }

  const cases: ReadonlyArray<
    readonly [string, WriteEndpoint, before: Allocation, after: Allocation, state: string | undefined]
  > = [
    ["is done if more is allocated", "private/Earn/Allocate", { total: "10" }, { total: "15" }, "done"],
    ["is done if the first amount is allocated", "private/Earn/Allocate", {}, { total: "5.0" }, "done"],
    [
      "is done if more is pending",
      "private/Earn/Allocate",
      { total: "10" },
      { total: "10", pendingAmount: "5" },
      "done"
    ],
    ["is done if less is allocated", "private/Earn/Deallocate", { total: "10" }, { total: "5" }, "done"],
    [
      "is pending if an operation has begun",
      "private/Earn/Deallocate",
      { total: "10" },
      { total: "10", pending: true },
      "pending"
    ],
    [
      "is unknown if an operation was pending before",
      "private/Earn/Allocate",
      { pending: true, total: "10" },
      { pending: true, total: "10" },
      undefined
    ],
    ["is unknown if less is allocated", "private/Earn/Allocate", { total: "10" }, { total: "5" }, undefined],
    ["is unknown if nothing has changed", "private/Earn/Deallocate", { total: "10" }, { total: "10" }, undefined]
  ]
  it.effect.each(cases)("%s: %s", ([, endpoint, before, after, state]) => {
    let isSent = false
    const { reads, layer } = account({
      write: (endpoint) => {
        isSent = true
        return noAnswer(endpoint)
      },
      read: (endpoint) => Effect.sync(() => shown(endpoint, isSent ? after : before))
    })
    return Effect.gen(function* () {
      const answer = yield* send(endpoint, { strategy_id: "E1", amount: "5" })
      assert.strictEqual(Either.isRight(answer) ? answer.right.settled?.state : undefined, state)
      if (Either.isLeft(answer)) assert.strictEqual(answer.left._tag, "KrakenOutcomeUnknown")
      const priority = "settlement"
      const status = endpoint === "private/Earn/Allocate" ? "AllocateStatus" : "DeallocateStatus"
      assert.deepStrictEqual(
        reads.slice(0, 2).map(({ endpoint, params, priority }) => ({ endpoint, params, priority })),
        [
          { endpoint: `private/Earn/${status}`, params: { strategy_id: "E1" }, priority },
          { endpoint: "private/Earn/Allocations", params: { hide_zero_allocations: false }, priority }
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("is unknown if the allocation could not be read before", () => {
    const { reads, layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "5" }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", reason: "timed out after 10 s" })
      assert.lengthOf(reads, 1)
    }).pipe(Effect.provide(layer))
  })
})
