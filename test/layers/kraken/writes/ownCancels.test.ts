import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { Record, RecordUnavailable } from "../../../../src/services/Record.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"
import { address } from "../../../doubles/LimitedAgent.ts"
import { account } from "../../../doubles/WriterAccount.ts"
import { dollars, mandate } from "../../access/record/spending.ts"
import { withAgent } from "../limits/agentOnExchange.ts"

const terms = (changes: Partial<Mandate> = {}) =>
  mandate({ spending: dollars({ order: "1000", day: "10000" }), maxOpen: 100, ...changes })

/** An order that rests. */
const resting = { type: "buy", ordertype: "limit", price: "30000", volume: "0.0002" }

/** Waits until a number of orders is in the record, sent or about to be. */
const untilReserved = <E>(spends: Effect.Effect<ReadonlyArray<unknown>, E>, count: number) =>
  Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), spends), { until: ({ length }) => length === count })

describe("cancelling all orders under a mandate", () => {
  it("cancels own orders in batches of fifty, and leaves those of others open", () =>
    withAgent({ terms: terms() }, ({ activity, open, place, placeOther, send }) =>
      Effect.gen(function* () {
        const other = yield* placeOther(resting)
        for (let i = 0; i < 60; i++) yield* place({ ...resting, price: String(30_000 + i) })
        assert.lengthOf(yield* open, 61)
        const { left, result } = yield* send("private/CancelAll", {})
        assert.deepStrictEqual({ left, result }, { left: { ids: [] }, result: { count: 60 } })
        assert.deepStrictEqual(yield* open, [other])
        const cancels = (yield* activity).filter(({ endpoint }) => endpoint.includes("Cancel"))
        assert.deepStrictEqual(
          cancels.map(({ endpoint, request, state }) => ({ endpoint, state, ids: Object(request).orders.length })),
          [
            { endpoint: "private/CancelOrderBatch", state: "happened", ids: 50 },
            { endpoint: "private/CancelOrderBatch", state: "happened", ids: 10 }
          ]
        )
      })
    ))

  it("cancels an order that was in flight", () =>
    withAgent({ terms: terms() }, ({ asAgent, open, place, record, rest, send }) =>
      Effect.gen(function* () {
        yield* place(resting)
        rest.faults.push({ endpoint: "AddOrder", kind: "delay", seconds: 4, count: 1 })
        const placing = yield* Effect.fork(place({ ...resting, price: "31000" }))
        yield* untilReserved(asAgent(record.openSpends("own")), 2)
        const { left, result } = yield* send("private/CancelAll", {})
        assert.deepStrictEqual({ left, result }, { left: { ids: [] }, result: { count: 2 } })
        yield* Fiber.join(placing)
        assert.deepStrictEqual(yield* open, [])
      })
    ))

  it("cancels the orders that fills of own orders made", () =>
    withAgent({ terms: terms(), prices: [[0, "50000"]] }, ({ open, place, placeOther, send }) =>
      Effect.gen(function* () {
        const other = yield* placeOther({ ...resting, price: "60000", close: { ordertype: "limit", price: "70000" } })
        const [childOfOther] = yield* open
        assert.notStrictEqual(childOfOther, other)
        const close = { ordertype: "limit", price: "70000" }
        yield* place({ ...resting, price: "50010", close })
        assert.lengthOf(yield* open, 2)
        assert.deepStrictEqual((yield* send("private/CancelAll", {})).result, { count: 1 })
        assert.deepStrictEqual(yield* open, [childOfOther])
      })
    ))

  it("cancels what the record knows if the open orders can't be read", () =>
    withAgent({ terms: terms() }, ({ open, place, rest, send }) =>
      Effect.gen(function* () {
        const first = yield* place(resting)
        yield* place({ ...resting, price: "31000" })
        yield* send("private/CancelOrder", { txid: first })
        rest.faults.push({ endpoint: "OpenOrders", kind: "html-502", seconds: 1, count: 100 })
        const { left, result } = yield* send("private/CancelAll", {})
        assert.deepStrictEqual(result, { count: 1 })
        assert.deepStrictEqual(left?.ids, [])
        assert.isString(left?.note)
        assert.deepStrictEqual(yield* open, [])
      })
    ))

  it("needs a person if the mandate says so", () =>
    withAgent({ terms: terms({ ask: { kinds: ["cancel-all"] } }) }, ({ activity, open, place, send }) =>
      Effect.gen(function* () {
        yield* place(resting)
        const error = yield* Effect.flip(send("private/CancelAll", {}))
        assert.strictEqual(error._tag, "NoApprover")
        assert.lengthOf(yield* open, 1)
        assert.deepInclude((yield* activity).at(-1), { endpoint: "private/CancelAll", state: "refused" })
      })
    ))

  it("takes the orders of others, too, if the mandate allows it", () =>
    withAgent({ terms: terms({ cancel: "any" }) }, ({ open, place, placeOther, send }) =>
      Effect.gen(function* () {
        yield* placeOther(resting)
        yield* place(resting)
        assert.deepStrictEqual((yield* send("private/CancelAll", {})).result, { count: 2 })
        assert.deepStrictEqual(yield* open, [])
      })
    ))
})

describe("cancelling named orders under a mandate", () => {
  it("works by txid, by cl_ord_id, for children, and while the caller is frozen", () =>
    withAgent({ terms: terms() }, ({ freeze, open, place, send }) =>
      Effect.gen(function* () {
        const txid = yield* place(resting)
        yield* place({ ...resting, cl_ord_id: "mine1" })
        yield* place({ ...resting, cl_ord_id: "mine2" })
        const batched = yield* place({ ...resting, price: "31000" })
        yield* place({ ...resting, price: "50010", close: { ordertype: "limit", price: "70000" } })
        const [child = ""] = yield* open
        yield* freeze
        assert.strictEqual((yield* Effect.flip(place({ ...resting, price: "29000" })))._tag, "Frozen")
        const cancels: ReadonlyArray<readonly [WriteEndpoint, Params, number]> = [
          ["private/CancelOrder", { txid }, 1],
          ["private/CancelOrder", { cl_ord_id: "mine1" }, 1],
          ["private/CancelOrderBatch", { orders: [batched], cl_ord_ids: ["mine2"] }, 2],
          ["private/CancelOrder", { txid: child }, 1]
        ]
        for (const [endpoint, params, count] of cancels)
          assert.deepStrictEqual((yield* send(endpoint, params)).result, { count })
        assert.deepStrictEqual(yield* open, [])
      })
    ))

  it("refuses orders of others, by whatever name", () =>
    withAgent({ terms: terms() }, ({ activity, open, place, placeOther, send }) =>
      Effect.gen(function* () {
        const own = yield* place(resting)
        const txid = yield* placeOther({ ...resting, userref: 7 })
        yield* placeOther({ ...resting, cl_ord_id: "theirs" })
        const before = yield* open
        const cancels: ReadonlyArray<readonly [WriteEndpoint, Params, string]> = [
          ["private/CancelOrder", { txid }, txid],
          ["private/CancelOrder", { txid: "OAAAAA-BBBBB-CCCCCC" }, "OAAAAA-BBBBB-CCCCCC"],
          ["private/CancelOrder", { txid: "7" }, "orders with this userref"],
          ["private/CancelOrder", { cl_ord_id: "theirs" }, "theirs"],
          ["private/CancelOrderBatch", { orders: [own, txid] }, txid],
          ["private/CancelOrderBatch", { orders: [own], cl_ord_ids: ["theirs"] }, "theirs"]
        ]
        for (const [endpoint, params, asked] of cancels) {
          const error = yield* Effect.flip(send(endpoint, params))
          assert.deepInclude(error, { _tag: "NotAllowed", layer: "mandate", rule: "cancel", asked })
        }
        const timer = yield* Effect.flip(send("private/CancelAllOrdersAfter", { timeout: 60 }))
        assert.deepInclude(timer, { _tag: "NotAllowed", rule: "cancel" })
        assert.deepStrictEqual(yield* open, before)
        assert.lengthOf(
          (yield* activity).filter(({ state }) => state === "refused"),
          cancels.length + 1
        )
      })
    ))

  it("does not take an order of others that bears the cl_ord_id of an own one that was closed", () =>
    withAgent({ terms: terms() }, ({ open, place, placeOther, send }) =>
      Effect.gen(function* () {
        yield* place({ ...resting, cl_ord_id: "again" })
        yield* send("private/CancelOrder", { cl_ord_id: "again" })
        const theirs = yield* placeOther({ ...resting, cl_ord_id: "again" })
        yield* Effect.flip(send("private/CancelOrder", { cl_ord_id: "again" }))
        assert.deepStrictEqual(yield* open, [theirs])
      })
    ))

  it("does not take an order of others whose id an own order on its way bears", () =>
    withAgent({ terms: terms() }, ({ asAgent, open, place, placeOther, record, rest, send }) =>
      Effect.gen(function* () {
        const theirs = yield* placeOther({ ...resting, volume: "2", cl_ord_id: "mine" })
        rest.faults.push({ endpoint: "AddOrder", kind: "delay", seconds: 20, count: 2 })
        for (const cl_ord_id of ["mine", theirs]) yield* Effect.fork(Effect.either(place({ ...resting, cl_ord_id })))
        yield* untilReserved(asAgent(record.openSpends("own")), 2)
        for (const id of [{ cl_ord_id: "mine" }, { txid: theirs }])
          assert.deepInclude(yield* Effect.flip(send("private/CancelOrder", id)), {
            _tag: "NotAllowed",
            rule: "cancel"
          })
        yield* send("private/CancelAll", {})
        assert.deepStrictEqual(yield* open, [theirs])
      })
    ))

  it("cancels an own order on its way by its cl_ord_id", () =>
    withAgent({ terms: terms() }, ({ open, place, rest, send }) =>
      Effect.gen(function* () {
        rest.faults.push({ endpoint: "AddOrder", kind: "drop-after-accept", seconds: 0, count: 1 })
        yield* Effect.fork(Effect.either(place({ ...resting, cl_ord_id: "mine" })))
        yield* Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), open), { until: ({ length }) => length === 1 })
        yield* send("private/CancelOrder", { cl_ord_id: "mine" })
        assert.deepStrictEqual(yield* open, [])
      })
    ))
})

describe("cancelling a withdrawal under a mandate", () => {
  const withdrawal = { asset: "ZUSD", key: address, amount: "100" }
  const treasurer = (changes: Partial<Mandate> = {}) =>
    terms({ access: "full", withdraw: { [address]: { amount: "500", asset: "USD", per: "day" } }, ...changes })
  const cancel = (refid: unknown) => ["private/WithdrawCancel", { asset: "ZUSD", refid: String(refid) }] as const

  it("works for an own one, also while the caller is frozen", () =>
    withAgent({ terms: treasurer() }, ({ direct, freeze, send }) =>
      Effect.gen(function* () {
        const { refid } = Object((yield* send("private/Withdraw", withdrawal)).result)
        yield* freeze
        assert.strictEqual((yield* send(...cancel(refid))).result, true)
        const [row] = Object(yield* direct("private/WithdrawStatus", {}))
        assert.deepInclude(row, { refid, "status-prop": "canceled" })
      })
    ))

  it("is refused for one of others", () =>
    withAgent({ terms: treasurer() }, ({ activity, direct, send }) =>
      Effect.gen(function* () {
        const { refid } = yield* direct("private/Withdraw", withdrawal)
        const error = yield* Effect.flip(send(...cancel(refid)))
        assert.deepInclude(error, { _tag: "NotAllowed", layer: "mandate", rule: "cancel", asked: refid })
        const [row] = Object(yield* direct("private/WithdrawStatus", {}))
        assert.notProperty(row, "status-prop")
        assert.deepInclude((yield* activity).at(-1), { endpoint: "private/WithdrawCancel", state: "refused" })
      })
    ))

  it("is possible for one of others if the mandate allows it", () =>
    withAgent({ terms: treasurer({ cancel: "any" }) }, ({ direct, send }) =>
      Effect.gen(function* () {
        // The clock jumps while files are opened for the first write, and a withdrawal can be cancelled for some minutes only.
        yield* send("private/Withdraw", { ...withdrawal, amount: "50" })
        const { refid } = yield* direct("private/Withdraw", withdrawal)
        assert.strictEqual((yield* send(...cancel(refid))).result, true)
      })
    ))
})

describe("cancelling without the record", () => {
  const reason = "it is damaged"
  const broken = Layer.mock(Record, {
    begin: () => new RecordUnavailable({ reason }),
    ownOrders: () => new RecordUnavailable({ reason }),
    openSpends: () => new RecordUnavailable({ reason }),
    dropQueued: new RecordUnavailable({ reason }),
    position: new RecordUnavailable({ reason }),
    claimAbandoned: Effect.succeed([]),
    claimUnknown: Effect.succeed([]),
    refused: () => new RecordUnavailable({ reason })
  })
  const cancels: ReadonlyArray<readonly [WriteEndpoint, Params]> = [
    ["private/CancelAll", {}],
    ["private/CancelOrder", { txid: "OAAAAA-BBBBB-CCCCC1" }]
  ]

  for (const cancel of ["own", "any"] as const)
    it.effect(`is refused for a caller under a mandate to cancel ${cancel}`, () => {
      const kraken = account({ write: () => Effect.succeed({ count: 1 }) })
      const bound = { subject: "t1", revision: 1, terms: mandate({ cancel }) }
      return Effect.gen(function* () {
        const writer = yield* KrakenWriter
        for (const [endpoint, params] of cancels)
          assert.deepInclude(yield* Effect.flip(writer.send(endpoint, params)), { _tag: "KrakenNotRecorded", reason })
        assert.deepStrictEqual(kraken.sent, [])
      }).pipe(
        Effect.provideService(Principal, { ...bearerOf("t1"), mandate: Option.some(bound) }),
        Effect.provide(kraken.on(broken))
      )
    })

  it.effect("is possible for others", () => {
    const kraken = account({ write: () => Effect.succeed({ count: 1 }) })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      for (const [endpoint, params] of cancels)
        assert.deepStrictEqual((yield* writer.send(endpoint, params)).result, { count: 1 })
    }).pipe(Effect.provide(kraken.on(broken)))
  })
})
