import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Option, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { makeTestEvents } from "../../../doubles/NoFeed.ts"
import { account, limit, listed, noAnswer } from "../../../doubles/WriterAccount.ts"

/** Makes the row that opens an order, as Kraken sends it for these parameters. */
const opening = (id: string, { cl_ord_id, price, type, userref, volume }: Params, at = 0) => ({
  order_id: id,
  exec_type: "pending_new",
  order_status: "pending_new",
  symbol: "XBTUSD",
  side: type,
  order_type: "limit",
  order_qty: volume,
  limit_price: price,
  timestamp: new Date(at).toISOString(),
  ...(cl_ord_id !== undefined && { cl_ord_id }),
  ...(userref !== undefined && { order_userref: String(userref) })
})

const live = (id: string) => ({ order_id: id, exec_type: "new", order_status: "new" })
const canceled = (id: string) => ({ order_id: id, exec_type: "canceled", order_status: "canceled" })

/** Sends a write whose answer is lost, and has the events tell what happened after some milliseconds. */
const lose = (
  events: ReturnType<typeof makeTestEvents>,
  made: ReturnType<typeof account>,
  [endpoint, params]: readonly [WriteEndpoint, Params],
  { after = 100, tell }: { readonly after?: number; readonly tell: (sent: Params) => void }
) =>
  Effect.gen(function* () {
    const writer = yield* KrakenWriter
    const fiber = yield* Effect.fork(Effect.either(writer.send(endpoint, params)))
    yield* TestClock.adjust(after)
    tell(made.sent[0] ?? {})
    yield* TestClock.adjust(1)
    const early = yield* Fiber.poll(fiber)
    const readsBefore = made.reads.length
    yield* TestClock.adjust("2 minutes")
    return { answer: yield* Fiber.join(fiber), isSettledByEvents: Option.isSome(early), readsBefore }
  }).pipe(Effect.provide(made.layer))

const makeBoth = () => {
  const events = makeTestEvents()
  const made = account({ write: (endpoint) => Effect.fail(noAnswer(endpoint)), observed: events.observed })
  return { events, made }
}

describe("a lost answer, with live events", () => {
  it.effect("is settled by the event that bears our cl_ord_id, without a request by REST", () => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/AddOrder", limit], {
        tell: (sent) => {
          events.tell(opening("O1", sent))
          events.tell(live("O1"))
        }
      })
      const { result, settled } = Either.getOrThrow(answer)
      assert.deepInclude(result, { txid: ["O1"], descr: { order: "buy 0.01 XBTUSD @ limit 100000" } })
      assert.strictEqual(settled?.state, "open")
      assert.deepStrictEqual([isSettledByEvents, made.reads.length, events.state.kept], [true, 0, 1])
    })
  })

  it.effect("is settled by the snapshot of a feed that connects afterwards", () => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/AddOrder", limit], {
        tell: (sent) => events.tell({ ...opening("O1", sent), ...live("O1") }, true)
      })
      assert.deepInclude(Either.getOrThrow(answer).result, { txid: ["O1"] })
      assert.isTrue(isSettledByEvents)
    })
  })

  it.effect("is not settled by an order that is only pending, which the engine can still refuse", () => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/AddOrder", limit], {
        tell: (sent) => {
          events.tell(opening("O1", sent))
          events.tell({ order_id: "O1", exec_type: "canceled", order_status: "canceled" })
        }
      })
      // REST lists nothing, and so decides.
      assert.deepInclude(Option.getOrThrow(Either.getLeft(answer)), { _tag: "KrakenNotPlaced" })
      assert.isFalse(isSettledByEvents)
    })
  })

  it.effect("is looked up by REST if no event comes, which proves nothing by itself", () => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      const { answer } = yield* lose(events, made, ["private/AddOrder", limit], {
        tell: (sent) => void (made.open["O1"] = listed(sent))
      })
      assert.deepInclude(Either.getOrThrow(answer).result, { txid: ["O1"] })
      assert.isAbove(made.reads.length, 0)
    })
  })

  it.effect.each([
    ["was opened by the same id after the send", 0, true],
    ["of a stranger was opened five seconds before", -5000, false],
    ["of a stranger was opened an hour before", -3_600_000, false]
  ] as const)("under an id of the caller: an order that %s", ([, at, expected]) => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      yield* TestClock.setTime(86_400_000)
      const { isSettledByEvents } = yield* lose(events, made, ["private/AddOrder", { ...limit, cl_ord_id: "mine" }], {
        tell: (sent) => {
          events.tell(opening("O1", sent, 86_400_000 + at))
          events.tell(live("O1"))
        }
      })
      assert.strictEqual(isSettledByEvents, expected)
    })
  })

  it.effect.each([
    ["its opening was not seen", { ...live("O1"), cl_ord_id: "mine" }],
    ["it has another volume", { ...opening("O1", { ...limit, cl_ord_id: "mine", volume: "2" }), ...live("O1") }]
  ] as const)("under an id of the caller, an order is left to REST if %s", ([, row]) => {
    const { events, made } = makeBoth()
    return Effect.gen(function* () {
      const { isSettledByEvents } = yield* lose(events, made, ["private/AddOrder", { ...limit, cl_ord_id: "mine" }], {
        tell: () => events.tell(row)
      })
      assert.isFalse(isSettledByEvents)
    })
  })

  it.effect("of a batch is settled once each order was seen", () => {
    const { events, made } = makeBoth()
    const order = { type: "buy", ordertype: "limit", volume: "0.01" }
    const batch = { pair: "XBTUSD", orders: ["100000", "99000"].map((price) => ({ ...order, price })) }
    return Effect.gen(function* () {
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/AddOrderBatch", batch], {
        tell: ({ orders }) => {
          if (!Array.isArray(orders)) return
          for (const [n, order] of orders.entries()) {
            events.tell(opening(`O${n}`, order))
            events.tell(live(`O${n}`))
          }
        }
      })
      const { orders } = Object(Either.getOrThrow(answer).result)
      assert.deepStrictEqual(
        orders.map(({ txid }: { readonly txid: string }) => txid),
        ["O0", "O1"]
      )
      assert.isTrue(isSettledByEvents)
    })
  })

  it.effect("of a batch of equal orders under one userref is not settled by the first of them", () => {
    const { events, made } = makeBoth()
    const order = { type: "buy", ordertype: "limit", volume: "0.01", price: "100000", userref: 7 }
    const batch = { pair: "XBTUSD", orders: [order, order] }
    return Effect.gen(function* () {
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/AddOrderBatch", batch], {
        tell: () => {
          events.tell(opening("O1", order))
          events.tell(live("O1"))
          made.open["O1"] = listed({ ...batch, ...order })
        }
      })
      assert.isFalse(isSettledByEvents)
      assert.deepInclude(Option.getOrThrow(Either.getLeft(answer)), { _tag: "KrakenOutcomeUnknown" })
    })
  })

  it.effect("of an edit is settled by the new order with the userref of the edit", () => {
    const { events, made } = makeBoth()
    made.open["O1"] = listed(limit)
    return Effect.gen(function* () {
      const edit = { pair: "XBTUSD", txid: "O1", price: "99000", volume: "0.01" }
      const { answer, isSettledByEvents } = yield* lose(events, made, ["private/EditOrder", edit], {
        tell: (sent) => {
          events.tell(canceled("O1"))
          events.tell(opening("O2", { ...sent, type: "buy" }))
          events.tell(live("O2"))
        }
      })
      assert.deepInclude(Either.getOrThrow(answer).result, { txid: "O2", originaltxid: "O1" })
      assert.isTrue(isSettledByEvents)
    })
  })

  it.effect("of an amendment is looked up as soon as an event tells of one", () => {
    const { events, made } = makeBoth()
    made.open["O1"] = listed(limit)
    made.amends.push({ amend_id: "A1", amend_type: "user", timestamp: "100000000", limit_price: "99000" })
    return Effect.gen(function* () {
      const amend = { txid: "O1", limit_price: "99000" }
      const { answer } = yield* lose(events, made, ["private/AmendOrder", amend], {
        tell: () =>
          events.tell({
            order_id: "O1",
            exec_type: "amended",
            order_status: "new",
            timestamp: "1970-01-01T00:00:00.1Z"
          })
      })
      assert.deepInclude(Either.getOrThrow(answer).result, { amend_id: "A1" })
      assert.isBelow(made.reads.find(({ endpoint }) => endpoint === "private/OrderAmends")?.at ?? 1e9, 1000)
    })
  })

  it.effect("of a cancel is settled by the event that ended the order, and the cancel is not repeated", () => {
    const { events, made } = makeBoth()
    events.tell(canceled("O1"))
    return Effect.gen(function* () {
      const { answer } = yield* lose(events, made, ["private/CancelOrder", { txid: "O1" }], { tell: () => undefined })
      assert.deepInclude(Either.getOrThrow(answer).result, { count: 1 })
      assert.deepStrictEqual([made.sent.length, made.reads.length], [1, 0])
    })
  })
})
