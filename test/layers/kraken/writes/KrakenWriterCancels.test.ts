import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { CallContext } from "../../../../src/services/CallContext.ts"
import { monotonic } from "../../../../src/services/Clocks.ts"
import {
  KrakenOrderError,
  KrakenPermissionError,
  KrakenUnavailable,
  type KrakenWriteError
} from "../../../../src/services/KrakenErrors.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("a cancel without an answer", () => {
  const [one, two, three] = ["OAAAAA-BBBBB-CCCCC1", "OAAAAA-BBBBB-CCCCC2", "OAAAAA-BBBBB-CCCCC3"] as const

  /** Makes a Kraken that gives no answer to the first cancels. Later cancels close open orders. */
  const losingAnswers = (
    lost: number,
    orders: Record<string, object>,
    {
      isDone = false,
      placedSince = {}
    }: { readonly isDone?: boolean; readonly placedSince?: Record<string, object> } = {},
    within = 0
  ) => {
    let n = 0
    const kraken = account({
      within,
      write: (endpoint, params) =>
        Effect.suspend((): Effect.Effect<unknown, KrakenWriteError> => {
          const names = [
            params["txid"],
            params["cl_ord_id"],
            ...[params["orders"] ?? [], params["cl_ord_ids"] ?? []].flat()
          ]
          const hit = Object.entries(kraken.open).filter(
            ([txid, row]) =>
              endpoint === "private/CancelAll" ||
              names.includes(txid) ||
              names.includes(Object(row).cl_ord_id ?? "none") ||
              names.includes(String(Object(row).userref))
          )
          const isLost = n++ < lost
          if (!isLost || isDone) {
            for (const [txid, row] of hit) {
              kraken.closed[txid] = { ...Object(row), status: "canceled", closetm: 1 }
              delete kraken.open[txid]
            }
          }
          if (n === 1) Object.assign(kraken.open, placedSince)
          if (isLost) return noAnswer(endpoint)
          return hit.length === 0
            ? new KrakenOrderError({ endpoint, codes: ["EOrder:Unknown order"] })
            : Effect.succeed({ count: hit.length })
        }),
      read: (endpoint, params) =>
        Effect.sync(() => {
          if (endpoint === "private/OpenOrders") return { open: { ...kraken.open } }
          if (endpoint === "private/ClosedOrders") return { closed: { ...kraken.closed } }
          const all: Record<string, unknown> = { ...kraken.open, ...kraken.closed }
          return Object.fromEntries(
            String(params["txid"])
              .split(",")
              .map((txid) => [txid, all[txid]])
          )
        })
    })
    Object.assign(kraken.open, orders)
    return kraken
  }

  const byId: ReadonlyArray<readonly [string, WriteEndpoint, Params]> = [
    ["a txid", "private/CancelOrder", { txid: one }],
    ["a cl_ord_id", "private/CancelOrder", { cl_ord_id: "mine" }],
    ["a batch", "private/CancelOrderBatch", { orders: [one] }]
  ]

  for (const [what, endpoint, params] of byId) {
    for (const isDone of [true, false]) {
      it.effect(
        `by ${what} is repeated until the order is seen closed if the first ${isDone ? "was" : "was not"} carried out`,
        () => {
          const { layer, open, sent } = losingAnswers(
            2,
            { [one]: listed(limit, { cl_ord_id: "mine", opentm: -100 }) },
            { isDone }
          )
          return Effect.gen(function* () {
            const answer = Either.getOrThrow(yield* send(endpoint, params))
            assert.deepStrictEqual(answer.result, { count: 1 })
            assert.deepInclude(answer.settled, { state: "canceled" })
            assert.notProperty(open, one)
            assert.isAtLeast(sent.length, 2)
          }).pipe(Effect.provide(layer))
        }
      )
    }

    it.effect(`by ${what} ends after thirty seconds, and names the orders that are still open`, () => {
      const { layer, sent } = losingAnswers(Infinity, { [one]: listed(limit, { cl_ord_id: "mine" }) })
      return Effect.gen(function* () {
        const error = failure(yield* send(endpoint, params))
        const stillOpen = ["cl_ord_id" in params ? "mine" : one]
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: true, stillOpen })
        assert.isAtLeast(sent.length, 5)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("of an order that was filled meanwhile gives its state", () => {
    const { closed, layer } = losingAnswers(1, {})
    closed[one] = listed(limit, { status: "closed", closetm: 1 })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/CancelOrder", { txid: one }))
      assert.deepStrictEqual(answer.result, { count: 0 })
      assert.deepInclude(answer.settled, { state: "closed" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of an order that no list shows stays unknown", () => {
    const { layer } = losingAnswers(Infinity, {})
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelOrder", { cl_ord_id: "mine" }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", stillOpen: ["mine"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a key without permission to read orders is settled when Kraken answers a repeat", () => {
    let n = 0
    const { layer } = account({
      write: (endpoint) => (n++ === 0 ? noAnswer(endpoint) : Effect.succeed({ count: 1 })),
      read: (endpoint) => new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual(Either.getOrThrow(yield* send("private/CancelOrder", { txid: one })).result, { count: 1 })
    }).pipe(Effect.provide(layer))
  })

  const groups: ReadonlyArray<readonly [string, WriteEndpoint, Params, ReadonlyArray<string>]> = [
    ["CancelAll", "private/CancelAll", {}, [one, two]],
    ["a userref", "private/CancelOrder", { txid: "7" }, [one]],
    ["a batch with a userref", "private/CancelOrderBatch", { orders: ["7", two] }, [one, two]]
  ]

  for (const [what, endpoint, params, names] of groups) {
    for (const isDone of [true, false]) {
      it.effect(
        `by ${what} cancels no order that was placed since if the first ${isDone ? "was" : "was not"} carried out`,
        () => {
          const orders = { [one]: listed(limit, { userref: 7, opentm: -1 }), [two]: listed(limit, { opentm: 0 }) }
          const placedSince = { [three]: listed(limit, { userref: 7, opentm: 0.1 }) }
          const { layer, open, sent } = losingAnswers(1, orders, { isDone, placedSince })
          return Effect.gen(function* () {
            const answer = Either.getOrThrow(yield* send(endpoint, params))
            assert.deepStrictEqual(answer.result, { count: names.length })
            assert.property(open, three)
            for (const name of names) assert.notProperty(open, name)
            assert.lengthOf(
              sent.filter((one) => JSON.stringify(one) === JSON.stringify(params)),
              1,
              "sent unchanged only once"
            )
          }).pipe(Effect.provide(layer))
        }
      )
    }

    it.effect(`by ${what} that never gets an answer names the orders that are still open`, () => {
      const orders = { [one]: listed(limit, { userref: 7, opentm: -1 }), [two]: listed(limit, { opentm: 0 }) }
      const { layer } = losingAnswers(Infinity, orders)
      return Effect.gen(function* () {
        const error = failure(yield* send(endpoint, params))
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
        assert.sameMembers([...(error._tag === "KrakenOutcomeUnknown" ? (error.stillOpen ?? []) : [])], [...names])
      }).pipe(Effect.provide(layer))
    })
  }

  for (const opentm of [-0.3, 0.3]) {
    it.effect(`of all names an open order that might be older or newer, but does not cancel it: ${opentm} s`, () => {
      const orders = { [one]: listed(limit, { opentm: -2 }), [two]: listed(limit, { opentm }) }
      const { layer, open } = losingAnswers(1, orders, {}, 500)
      return Effect.gen(function* () {
        const error = failure(yield* send("private/CancelAll", {}))
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
        assert.include(error.message, two)
        assert.notProperty(open, one)
        assert.property(open, two)
      }).pipe(Effect.provide(layer))
    })
  }

  for (const txid of ["007", "-0"]) {
    it.effect(`by a userref in the spelling ${txid} finds its orders`, () => {
      const { layer } = losingAnswers(Infinity, { [one]: listed(limit, { userref: Number(txid), opentm: -1 }) })
      return Effect.gen(function* () {
        const error = failure(yield* send("private/CancelOrder", { txid }))
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", stillOpen: [one] })
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect(
    "of more than fifty orders is repeated in parts, and an order that Kraken does not know hides no other",
    () => {
      const txids = Array.from({ length: 51 }, (_, n) => `OAAAAA-BBBBB-CCCC${String(n).padStart(2, "0")}`)
      const [unknownTxid = "", ...others] = txids
      const rows = Object.fromEntries(others.map((txid) => [txid, listed(limit, { status: "canceled" })]))
      let n = 0
      const { reads, layer, priorities, sent } = account({
        write: (endpoint) => (n++ === 0 ? noAnswer(endpoint) : Effect.succeed({ count: 0 })),
        read: (endpoint, { txid }) => {
          const names = String(txid).split(",")
          return names.includes(unknownTxid)
            ? new KrakenOrderError({ endpoint, codes: ["EOrder:Unknown order"] })
            : Effect.succeed(Object.fromEntries(names.map((name) => [name, rows[name]])))
        }
      })
      return Effect.gen(function* () {
        const answer = Either.getOrThrow(yield* send("private/CancelOrderBatch", { orders: txids }))
        assert.deepStrictEqual(sent.slice(1), [{ orders: txids.slice(0, 50) }, { txid: txids[50] }])
        assert.deepStrictEqual(priorities, ["cancel", "cancel", "cancel"])
        const first = txids.slice(0, 50)
        assert.deepStrictEqual(
          reads.map(({ endpoint, params, priority }) => [endpoint, params["txid"], priority]),
          [first.join(","), ...first, txids[50]].map((txid) => ["private/QueryOrders", txid, "settlement"])
        )
        assert.deepStrictEqual(answer.result, { count: 50 })
        assert.deepInclude(answer.settled, { state: "canceled, closed" })
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("is repeated after one, three and seven seconds, and then every four until thirty have passed", () => {
    const times: Array<number> = []
    const steps: Array<number> = []
    const { layer } = account({
      write: (endpoint) =>
        Effect.zipRight(
          Effect.map(monotonic, (now) => times.push(now)),
          noAnswer(endpoint)
        )
    })
    const report = ({ progress }: { readonly progress: number }) => Effect.sync(() => void steps.push(progress))
    return Effect.gen(function* () {
      yield* send("private/CancelOrder", { txid: one })
      const [, ...repeats] = times.map((time) => time / 1000)
      assert.deepStrictEqual(repeats, [0, 1, 3, 7, 11, 15, 19, 23, 27, 31])
      assert.deepStrictEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }).pipe(Effect.provide(layer), Effect.provideService(CallContext, { ...CallContext.defaultValue(), report }))
  })

  it.effect("of a batch by both kinds of ids is repeated for the remaining ones", () => {
    const orders = { [one]: listed(limit), [two]: listed(limit, { cl_ord_id: "mine" }), [three]: listed(limit) }
    const { closed, layer, sent } = losingAnswers(3, orders)
    closed[three] = listed(limit, { status: "closed" })
    const ids = { orders: [one, three], cl_ord_ids: ["mine"] }
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/CancelOrderBatch", ids))
      assert.deepStrictEqual(sent, [
        ids,
        ids,
        { orders: [one], cl_ord_ids: ["mine"] },
        { orders: [one], cl_ord_ids: ["mine"] }
      ])
      assert.deepStrictEqual(answer.result, { count: 2 })
      assert.deepInclude(answer.settled, { state: "canceled, closed" })
    }).pipe(Effect.provide(layer))
  })

  const incomplete: ReadonlyArray<readonly [string, unknown]> = [
    ["no count", {}],
    ["a count that is pending", { count: 1, pending: true }]
  ]
  it.effect.each(incomplete)("stays unknown if Kraken answers with %s and the order is still open", ([, result]) => {
    let n = 0
    const { layer, open } = account({ write: (endpoint) => (n++ === 0 ? noAnswer(endpoint) : Effect.succeed(result)) })
    open[one] = listed(limit)
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelOrder", { txid: one }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", stillOpen: [one] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("reads whole numbers as userrefs, and other names as ids", () => {
    const id = "7AAAAA-BBBBB-CCCCCC"
    const orders = {
      [one]: listed(limit, { userref: 77, opentm: 0 }),
      [two]: listed(limit, { userref: -7, opentm: 0 }),
      [three]: listed(limit, { userref: 7, opentm: 0 }),
      [id]: listed(limit, { opentm: 0 })
    }
    const { layer, open, sent } = losingAnswers(1, orders)
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/CancelOrder", { txid: `77, -7, ${id}` }))
      assert.deepStrictEqual(answer.result, { count: 3 })
      assert.deepStrictEqual(sent[1], { orders: [id, one, two] })
      assert.hasAllKeys(open, [three])
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a group counts the orders that were canceled since the send, on all pages of closed orders", () => {
    const closed = Object.fromEntries(
      Array.from({ length: 60 }, (_, n): [string, object] => [
        `O${n}`,
        listed(limit, {
          userref: n % 2,
          status: n < 20 ? "canceled" : "closed",
          closetm: n < 4 ? 998 : 1000
        })
      ])
    )
    const late = listed(limit, { userref: 1, status: "canceled", closetm: 1000 })
    const all = [...Object.entries(closed), ["O60", late] as const]
    const { reads, layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint, { ofs }) =>
        Effect.succeed(
          endpoint === "private/ClosedOrders"
            ? { closed: Object.fromEntries(all.slice(Number(ofs), Number(ofs) + 50)) }
            : { open: {} }
        )
    })
    return Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const answer = Either.getOrThrow(yield* send("private/CancelOrder", { txid: "1" }))
      assert.deepStrictEqual(answer.result, { count: 9 })
      assert.deepStrictEqual(
        reads.map(({ params, priority }) => [params, priority]),
        [
          [{}, "settlement"],
          [{ start: 999, closetime: "close", ofs: 0 }, "settlement"],
          [{ start: 999, closetime: "close", ofs: 50 }, "settlement"]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a group is settled although the number of canceled orders cannot be read", () => {
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) =>
        endpoint === "private/OpenOrders"
          ? Effect.succeed({ open: {} })
          : new KrakenUnavailable({ endpoint, reason: "timed out" })
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/CancelAll", {}))
      assert.deepStrictEqual(answer.result, { count: 0 })
      assert.include(answer.settled?.state, "could not be read")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a group that cannot be read stays unknown", () => {
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => new KrakenUnavailable({ endpoint, reason: "timed out" })
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelAll", {}))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false, stillOpen: [] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("by the timer is not repeated, since a repeat could undo a newer call", () => {
    const { layer, sent } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelAllOrdersAfter", { timeout: 60 }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: true })
      assert.deepStrictEqual(sent, [{ timeout: 60 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a withdrawal is repeated until Kraken answers or lists its outcome", () => {
    const row = { refid: "R1", asset: "XBT", amount: "0.5", time: 0, status: "Initial" }
    let n = 0
    const answering = account({ write: (endpoint) => (n++ === 0 ? noAnswer(endpoint) : Effect.succeed(true)) })
    const shown = (state: object) =>
      account({ write: (endpoint) => noAnswer(endpoint), read: () => Effect.succeed([{ ...row, ...state }]) })
    const cancel = send("private/WithdrawCancel", { asset: "XBT", refid: "R1" })
    return Effect.gen(function* () {
      assert.strictEqual(Either.getOrThrow(yield* Effect.provide(cancel, answering.layer)).result, true)
      const canceled = shown({ status: "Failure", "status-prop": "canceled" })
      assert.strictEqual(Either.getOrThrow(yield* Effect.provide(cancel, canceled.layer)).result, true)
      const sent = shown({ status: "Success" })
      assert.strictEqual(Either.getOrThrow(yield* Effect.provide(cancel, sent.layer)).result, false)
      const pending = shown({})
      assert.strictEqual(failure(yield* Effect.provide(cancel, pending.layer))._tag, "KrakenOutcomeUnknown")
      assert.isAtLeast(pending.sent.length, 5)
    })
  })

  const withdrawals: ReadonlyArray<readonly [shown: object, result: boolean | undefined, state: string | undefined]> = [
    [{ status: "Failure", "status-prop": "canceled" }, true, "canceled"],
    [{ status: "Pending", "status-prop": "cancel-pending" }, true, "cancel-pending"],
    ...["Success", "Settled", "Failure"].map((status) => [{ status }, false, status] as const),
    ...["cancel-denied", "return"].map((prop) => [{ status: "Initial", "status-prop": prop }, false, prop] as const),
    [{ status: "Initial", "status-prop": null }, undefined, "it is still Initial"],
    [{ status: "Success", refid: "R2" }, undefined, "the withdrawal is not listed"],
    [{ status: null }, undefined, "the withdrawal is not listed"],
    [{ refid: 7 }, undefined, undefined]
  ]
  it.effect.each(withdrawals)("of a withdrawal that is listed as %j gives %s", ([shown, result, state]) => {
    let n = 0
    const { reads, layer, priorities, sent } = account({
      write: (endpoint) => (n++ === 0 ? noAnswer(endpoint) : Effect.succeed(false)),
      read: () => Effect.succeed([{ refid: "R1", ...shown }])
    })
    const params = { asset: "XBT", refid: "R1" }
    return Effect.gen(function* () {
      const answer = yield* send("private/WithdrawCancel", params)
      if (Either.isRight(answer)) assert.deepInclude(answer.right, { result })
      else {
        assert.isUndefined(result)
        assert.deepInclude(answer.left, { _tag: "KrakenOutcomeUnknown", safeToRepeat: true })
        assert.include(answer.left.message, state ?? "")
      }
      if (result !== undefined) assert.strictEqual(Either.getOrThrow(answer).settled?.state, state)
      assert.deepInclude(reads[0], {
        endpoint: "private/WithdrawStatus",
        params: { asset: "XBT" },
        priority: "settlement"
      })
      for (const one of sent) assert.deepStrictEqual(one, params)
      for (const one of priorities.slice(1)) assert.strictEqual(one, "cancel")
    }).pipe(Effect.provide(layer))
  })
})
