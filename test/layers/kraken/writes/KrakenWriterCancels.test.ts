import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import {
  KrakenOrderError,
  KrakenPermissionError,
  type KrakenWriteError
} from "../../../../src/services/KrakenErrors.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("a cancel without an answer", () => {
  const [one, two, three] = ["OAAAAA-BBBBB-CCCCC1", "OAAAAA-BBBBB-CCCCC2", "OAAAAA-BBBBB-CCCCC3"] as const

  /** A Kraken that gives no answer to the first cancels; later ones work, on open orders. */
  const forgetful = (
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
          const names = [params["txid"], params["cl_ord_id"], ...[params["orders"] ?? []].flat()]
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
        `by ${what} is repeated until the order is seen closed; the first ${isDone ? "was" : "was not"} done`,
        () => {
          const { layer, open, sent } = forgetful(
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

    it.effect(`by ${what} ends after thirty seconds, and tells what is still open`, () => {
      const { layer, sent } = forgetful(Infinity, { [one]: listed(limit, { cl_ord_id: "mine" }) })
      return Effect.gen(function* () {
        const error = failure(yield* send(endpoint, params))
        const stillOpen = ["cl_ord_id" in params ? "mine" : one]
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: true, stillOpen })
        assert.isAtLeast(sent.length, 5)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("of an order that was filled meanwhile says so", () => {
    const { closed, layer } = forgetful(1, {})
    closed[one] = listed(limit, { status: "closed", closetm: 1 })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/CancelOrder", { txid: one }))
      assert.deepStrictEqual(answer.result, { count: 0 })
      assert.deepInclude(answer.settled, { state: "closed" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of an order that no list shows is not said to be done", () => {
    const { layer } = forgetful(Infinity, {})
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelOrder", { cl_ord_id: "mine" }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", stillOpen: ["mine"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a key that may not read orders is done when Kraken answers a repeat", () => {
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
      it.effect(`by ${what} takes no order that was placed since; the first ${isDone ? "was" : "was not"} done`, () => {
        const orders = { [one]: listed(limit, { userref: 7, opentm: -1 }), [two]: listed(limit, { opentm: 0 }) }
        const placedSince = { [three]: listed(limit, { userref: 7, opentm: 0.1 }) }
        const { layer, open, sent } = forgetful(1, orders, { isDone, placedSince })
        return Effect.gen(function* () {
          const answer = Either.getOrThrow(yield* send(endpoint, params))
          assert.deepStrictEqual(answer.result, { count: names.length })
          assert.property(open, three)
          for (const name of names) assert.notProperty(open, name)
          assert.lengthOf(
            sent.filter((one) => JSON.stringify(one) === JSON.stringify(params)),
            1,
            "sent as it was only once"
          )
        }).pipe(Effect.provide(layer))
      })
    }

    it.effect(`by ${what} that can't be carried through tells what is still open`, () => {
      const orders = { [one]: listed(limit, { userref: 7, opentm: -1 }), [two]: listed(limit, { opentm: 0 }) }
      const { layer } = forgetful(Infinity, orders)
      return Effect.gen(function* () {
        const error = failure(yield* send(endpoint, params))
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
        assert.sameMembers([...(error._tag === "KrakenOutcomeUnknown" ? (error.stillOpen ?? []) : [])], [...names])
      }).pipe(Effect.provide(layer))
    })
  }

  for (const opentm of [-0.3, 0.3]) {
    it.effect(
      `of all neither takes nor passes over an order that is open and may be older or newer: ${opentm} s`,
      () => {
        const orders = { [one]: listed(limit, { opentm: -2 }), [two]: listed(limit, { opentm }) }
        const { layer, open } = forgetful(1, orders, {}, 500)
        return Effect.gen(function* () {
          const error = failure(yield* send("private/CancelAll", {}))
          assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
          assert.include(error.message, two)
          assert.notProperty(open, one)
          assert.property(open, two)
        }).pipe(Effect.provide(layer))
      }
    )
  }

  for (const txid of ["007", "-0"]) {
    it.effect(`by a userref that is spelled ${txid} finds its orders`, () => {
      const { layer } = forgetful(Infinity, { [one]: listed(limit, { userref: Number(txid), opentm: -1 }) })
      return Effect.gen(function* () {
        const error = failure(yield* send("private/CancelOrder", { txid }))
        assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", stillOpen: [one] })
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("by the timer is left to its caller: a repeat could undo a newer call", () => {
    const { layer, sent } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/CancelAllOrdersAfter", { timeout: 60 }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: true })
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a withdrawal is repeated until Kraken answers or shows what became of it", () => {
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
})
