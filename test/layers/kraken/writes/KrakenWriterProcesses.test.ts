import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenOrderError } from "../../../../src/services/KrakenErrors.ts"
import { Record, RecordUnavailable } from "../../../../src/services/Record.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"
import { makeProcesses } from "../../../doubles/WriterProcesses.ts"

/** Makes a Kraken that places every order. */
const placing = () => {
  let n = 0
  return account({ write: () => Effect.sync(() => ({ txid: [`O${++n}`], refid: `R${n}` })) })
}

/** Runs a call while two minutes pass. */
const inTime = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(call))
    yield* TestClock.adjust("2 minutes")
    return yield* Fiber.join(fiber)
  })

describe("an identical write of another process", () => {
  it.scoped("is recognized for two seconds after it ended, and answered like a duplicate", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = placing()
      const [one, two] = [yield* start(kraken), yield* start(kraken)]
      const first = yield* one.send("private/AddOrder", limit)
      assert.deepStrictEqual(yield* two.send("private/AddOrder", limit), { ...first, duplicateOf: ["O1", "R1"] })
      assert.isUndefined((yield* two.send("private/AddOrder", { ...limit, repeat: true })).duplicateOf)
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined((yield* two.send("private/AddOrder", limit)).duplicateOf)
      assert.lengthOf(kraken.sent, 3)
    })
  )

  it.scoped("is recognized after its process has ended", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = placing()
      const one = yield* start(kraken)
      yield* one.send("private/AddOrder", limit)
      yield* one.crash
      const two = yield* start(kraken)
      assert.deepInclude(yield* two.send("private/AddOrder", limit), { duplicateOf: ["O1", "R1"] })
    })
  )

  it.scoped("makes a call wait for its outcome while it is in flight", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = account({ write: () => Effect.delay(Effect.succeed({ txid: ["O1"] }), "3 seconds") })
      const [one, two] = [yield* start(kraken), yield* start(kraken)]
      const first = yield* Effect.fork(one.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      const second = yield* Effect.fork(two.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(second)))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(second), { ...(yield* Fiber.join(first)), duplicateOf: ["O1"] })
      assert.lengthOf(kraken.sent, 1)
    })
  )

  it.scoped("that is refused while a call waits for it leaves that call unsent as well", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const refusal = (endpoint: string) => new KrakenOrderError({ endpoint, codes: ["EOrder:Insufficient funds"] })
      const kraken = account({ write: (endpoint) => Effect.delay(refusal(endpoint), "1 seconds") })
      const [one, two] = [yield* start(kraken), yield* start(kraken)]
      yield* Effect.fork(one.send("private/AddOrder", limit))
      yield* TestClock.adjust("500 millis")
      const second = yield* inTime(two.send("private/AddOrder", limit))
      assert.strictEqual(failure(second)._tag, "KrakenNotPlaced")
      assert.lengthOf(kraken.sent, 1)
    })
  )

  it.scoped("blocks if its outcome is unknown, even with repeat, and after a restart", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = account({ write: (endpoint) => noAnswer(endpoint), nonceWindow: 1n })
      const one = yield* start(kraken)
      const call = { ...limit, cl_ord_id: "mine" }
      assert.strictEqual(failure(yield* inTime(one.send("private/AddOrder", call)))._tag, "KrakenOutcomeUnknown")
      yield* one.crash
      const two = yield* start(kraken)
      const blocked = yield* Effect.flip(two.send("private/AddOrder", { ...call, repeat: true }))
      assert.deepInclude(blocked, { _tag: "KrakenWriteBlocked" })
      assert.include(blocked.message, "cl_ord_id mine")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(failure(yield* inTime(two.send("private/AddOrder", call)))._tag, "KrakenOutcomeUnknown")
      assert.lengthOf(kraken.sent, 2)
    })
  )

  it.scoped("is not made again within ten minutes if it is a withdrawal", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = placing()
      const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
      const one = yield* start(kraken)
      yield* one.send("private/Withdraw", withdrawal)
      yield* one.crash
      const two = yield* start(kraken)
      yield* TestClock.adjust("9 minutes")
      assert.deepInclude(yield* two.send("private/Withdraw", { ...withdrawal, amount: "0.50" }), {
        duplicateOf: ["O1", "R1"]
      })
      yield* TestClock.adjust("2 minutes")
      assert.isUndefined((yield* two.send("private/Withdraw", withdrawal)).duplicateOf)
    })
  )

  it.scoped.each([{ cl_ord_id: "mine" }, { userref: 7 }])("with the same id is not taken for this one: %j", (id) =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      // One of the two orders arrives. Neither of them gets an answer.
      const kraken = account({
        write: (endpoint, params) => {
          kraken.open["O1"] = listed(params)
          return noAnswer(endpoint)
        }
      })
      const [one, two] = [yield* start(kraken), yield* start(kraken)]
      const calls = Effect.all(
        [
          Effect.flip(one.send("private/AddOrder", { ...limit, ...id })),
          Effect.flip(two.send("private/AddOrder", { ...limit, ...id, oflags: "post" }))
        ],
        { concurrency: 2 }
      )
      const fiber = yield* Effect.fork(calls)
      yield* TestClock.adjust("2 minutes")
      for (const error of yield* Fiber.join(fiber)) {
        assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
        assert.include(error.message, "O1")
      }
    })
  )

  it.scoped("with the same id and a known outcome is not taken for this one", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = account({
        write: (endpoint, params) => {
          if (params["oflags"] === undefined) return noAnswer(endpoint)
          kraken.open["O1"] = listed(params)
          return Effect.succeed({ txid: ["O1"] })
        }
      })
      const [one, two] = [yield* start(kraken), yield* start(kraken)]
      const lost = yield* Effect.fork(Effect.either(one.send("private/AddOrder", { ...limit, userref: 7 })))
      yield* TestClock.adjust("500 millis")
      yield* two.send("private/AddOrder", { ...limit, userref: 7, oflags: "post" })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(failure(yield* Fiber.join(lost))._tag, "KrakenNotPlaced")
    })
  )
})

describe("a write whose process ended before its outcome was known", () => {
  /** Lets a process send a write and end, and another one start when its lease is over. Gives the row of the write. */
  const crashed = Effect.fnUntraced(function* (
    kraken: ReturnType<typeof account>,
    endpoint: WriteEndpoint,
    params: Params,
    then: Effect.Effect<void> = Effect.void
  ) {
    const { start } = yield* makeProcesses
    const one = yield* start(kraken)
    yield* Effect.fork(one.send(endpoint, params))
    yield* TestClock.adjust("1 seconds")
    assert.lengthOf(kraken.sent, 1)
    yield* one.crash
    yield* then
    yield* TestClock.adjust("15 seconds")
    const two = yield* start(kraken)
    return { two, row: Effect.map(two.activity, ([row]) => row) }
  })

  /** A Kraken that carries a write out and never answers. */
  const silent = (carryOut: (kraken: ReturnType<typeof account>, params: Params) => void = () => undefined) => {
    const kraken: ReturnType<typeof account> = account({
      write: (_, params) => {
        carryOut(kraken, params)
        return Effect.never
      }
    })
    return kraken
  }

  it.scoped("is found on the account by another process, and an identical one is then its duplicate", () =>
    Effect.gen(function* () {
      const kraken = silent((kraken, params) => (kraken.open["O1"] = listed(params)))
      const { row, two } = yield* crashed(kraken, "private/AddOrder", limit)
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* row, { state: "happened", ids: ["O1"] })
      const again = yield* two.send("private/AddOrder", limit)
      assert.deepInclude(again, { duplicateOf: ["O1"] })
      assert.property(again, "settled")
      assert.lengthOf(kraken.sent, 1)
    })
  )

  it.scoped("makes an identical one wait, and blocks one with repeat", () =>
    Effect.gen(function* () {
      const kraken = silent((kraken, params) => (kraken.open["O1"] = listed(params)))
      const { two } = yield* crashed(kraken, "private/AddOrder", limit)
      const repeated = yield* Effect.flip(two.send("private/AddOrder", { ...limit, repeat: true }))
      assert.strictEqual(repeated._tag, "KrakenWriteBlocked")
      const waiting = yield* Effect.fork(two.send("private/AddOrder", limit))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Fiber.join(waiting), { duplicateOf: ["O1"] })
    })
  )

  it.scoped("did not happen if it is missing when nothing of it can arrive any more, and not before", () =>
    Effect.gen(function* () {
      const { row } = yield* crashed(silent(), "private/AddOrder", limit)
      // It could leave for 30 s, its deadline was 5 s later, and Kraken's engine gets 2 s.
      yield* TestClock.adjust("21 seconds")
      assert.deepInclude(yield* row, { state: "open" })
      yield* TestClock.adjust("4 seconds")
      assert.deepInclude(yield* row, { state: "did-not-happen", error: "KrakenNotPlaced" })
    })
  )

  it.scoped.each([-3_600_000, -5000, 5000, 3_600_000])(
    "stays unknown if it is missing and the wall clock was set by %s ms",
    (by) =>
      Effect.gen(function* () {
        const kraken = account({ write: () => Effect.never, skew: () => -offset })
        let offset = 0
        const set = Effect.gen(function* () {
          offset = by
          yield* TestClock.setTime((yield* Clock.currentTimeMillis) + by)
        })
        const { row } = yield* crashed(kraken, "private/AddOrder", limit, by > 0 ? set : Effect.void)
        if (by < 0) {
          offset = by
          yield* TestClock.setTime(Math.max(0, (yield* Clock.currentTimeMillis) + by))
        }
        yield* TestClock.adjust("2 minutes")
        const found = yield* row
        assert.deepInclude(found, { state: "unknown" })
        assert.include(found?.check, "get_open_orders")
      })
  )

  it.scoped("stays unknown if a key has a nonce window", () =>
    Effect.gen(function* () {
      const kraken = account({ write: () => Effect.never, nonceWindow: 1n })
      const { row } = yield* crashed(kraken, "private/AddOrder", limit)
      yield* TestClock.adjust("2 minutes")
      assert.deepInclude(yield* row, { state: "unknown" })
    })
  )

  it.scoped("finds the orders of a batch by the ids that were made for it", () =>
    Effect.gen(function* () {
      const orders = ["0.1", "0.2"].map((volume) => ({ type: "buy", ordertype: "limit", price: "100000", volume }))
      const kraken = silent((kraken, { orders, pair }) => {
        const [first, second] = orders as ReadonlyArray<Params>
        kraken.open["O1"] = listed({ ...first, pair })
        kraken.open["O2"] = listed({ ...second, pair })
      })
      const { row } = yield* crashed(kraken, "private/AddOrderBatch", { pair: "XBTUSD", orders })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* row, { state: "happened", ids: ["O1", "O2"] })
    })
  )

  it.scoped("finds the order that an edit has placed", () =>
    Effect.gen(function* () {
      const kraken = silent((kraken, params) => {
        kraken.open["O2"] = listed({ ...limit, ...params })
      })
      kraken.open["O1"] = listed(limit)
      const edit = { pair: "XBTUSD", txid: "O1", price: "99000" }
      const { row } = yield* crashed(kraken, "private/EditOrder", edit)
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* row, { state: "happened", ids: ["O2"] })
    })
  )

  it.scoped("finds a withdrawal as the one row that was not there before", () =>
    Effect.gen(function* () {
      const row = { asset: "XBT", amount: "0.5", fee: "0", time: 1, key: "cold", status: "Failure" }
      const rows: Array<object> = [{ ...row, refid: "R0" }]
      const kraken = account({
        write: () => {
          rows.push({ ...row, refid: "R1", status: "Initial" })
          return Effect.never
        },
        read: () => Effect.sync(() => [...rows])
      })
      const crash = yield* crashed(kraken, "private/Withdraw", { asset: "XBT", key: "cold", amount: "0.5" })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* crash.row, { state: "happened", ids: ["R1"] })
    })
  )

  it.scoped("cancels an order again that a cancel names", () =>
    Effect.gen(function* () {
      const kraken: ReturnType<typeof account> = account({
        write: () =>
          kraken.sent.length === 1
            ? Effect.never
            : Effect.sync(() => {
                delete kraken.open["O1"]
                kraken.closed["O1"] = listed(limit, { status: "canceled" })
                return { count: 1 }
              })
      })
      kraken.open["O1"] = listed(limit)
      const { row } = yield* crashed(kraken, "private/CancelOrder", { txid: "O1" })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* row, { state: "happened" })
      assert.lengthOf(kraken.sent, 2)
    })
  )

  it.scoped("is left to the next process if the server had to stop first", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = silent((kraken, params) => (kraken.open["O1"] = listed(params)))
      const one = yield* start(kraken)
      yield* Effect.fork(one.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      const stopping = yield* Effect.fork(one.stop)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(stopping)
      yield* TestClock.adjust("15 seconds")
      const two = yield* start(kraken)
      yield* TestClock.adjust("2 seconds")
      const [row] = yield* two.activity
      assert.deepInclude(row, { state: "happened", ids: ["O1"] })
    })
  )

  it.scoped.each([
    ["an order that was open before", 0, "canceled"],
    ["no order that was placed since", 100, "open"]
  ] as const)("cancels %s long after a cancel by cl_ord_id", ([, opentm, status]) =>
    Effect.gen(function* () {
      const kraken: ReturnType<typeof account> = account({
        write: () =>
          kraken.sent.length === 1
            ? Effect.never
            : Effect.sync(() => {
                kraken.closed["O1"] = { ...Object(kraken.open["O1"]), status: "canceled" }
                delete kraken.open["O1"]
                return { count: 1 }
              })
      })
      const own = { cl_ord_id: "mine" }
      // The clock of the test starts at 0.
      yield* TestClock.adjust("10 seconds")
      const { row } = yield* crashed(
        kraken,
        "private/CancelOrder",
        own,
        Effect.zipRight(
          TestClock.adjust("1 hour"),
          Effect.sync(() => (kraken.open["O1"] = listed({ ...limit, ...own }, { opentm })))
        )
      )
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* row, { state: "happened" })
      assert.deepInclude(kraken.open["O1"] ?? kraken.closed["O1"], { status })
      assert.deepStrictEqual(kraken.sent.slice(1), status === "canceled" ? [{ txid: "O1" }] : [])
    })
  )

  it.scoped("is settled by one process only", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = silent((kraken, params) => (kraken.open["O1"] = listed(params)))
      const one = yield* start(kraken)
      const others = [yield* start(kraken), yield* start(kraken)]
      yield* Effect.fork(one.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      yield* one.crash
      yield* TestClock.adjust("1 minutes")
      for (const { activity } of others) assert.lengthOf(yield* activity, 1)
      const lists = kraken.reads.filter(({ endpoint }) => endpoint === "private/OpenOrders")
      assert.lengthOf(lists, 1)
    })
  )
})

describe("a record that is busy", () => {
  it.scoped("does not keep a cancel without an answer from being sent again", () =>
    Effect.gen(function* () {
      const { record } = yield* makeProcesses
      const service = Context.get(yield* Layer.build(record), Record)
      const kraken: ReturnType<typeof account> = account({
        write: (endpoint) =>
          kraken.sent.length === 1 ? noAnswer(endpoint) : Effect.succeed({ count: kraken.sent.length - 1 })
      })
      const busy = Layer.succeed(Record, { ...service, settling: () => Effect.never })
      const result = yield* Effect.provide(send("private/CancelOrder", { txid: "O1" }), kraken.on(busy))
      assert.deepInclude(Either.getOrThrow(result), { result: { count: 1 } })
      assert.lengthOf(kraken.sent, 2)
    })
  )
})

describe("a record that cannot be written", () => {
  const broken = Layer.succeed(
    Record,
    Record.of({
      recognize: () => Effect.succeedNone,
      judge: () => Effect.succeedNone,
      usage: () => new RecordUnavailable({ reason: "The file is full." }),
      limitUsages: () => new RecordUnavailable({ reason: "The file is full." }),
      stop: new RecordUnavailable({ reason: "The file is full." }),
      summary: () => new RecordUnavailable({ reason: "The file is full." }),
      position: new RecordUnavailable({ reason: "The file is full." }),
      available: () => new RecordUnavailable({ reason: "The file is full." }),
      facts: () => new RecordUnavailable({ reason: "The file is full." }),
      openSpends: () => new RecordUnavailable({ reason: "The file is full." }),
      filled: () => new RecordUnavailable({ reason: "The file is full." }),
      begin: () => new RecordUnavailable({ reason: "The file is full." }),
      mayLeave: () => new RecordUnavailable({ reason: "The file is full." }),
      settling: () => new RecordUnavailable({ reason: "The file is full." }),
      end: () => new RecordUnavailable({ reason: "The file is full." }),
      refused: () => new RecordUnavailable({ reason: "The file is full." }),
      outcome: () => new RecordUnavailable({ reason: "The file is full." }),
      isAmbiguous: () => new RecordUnavailable({ reason: "The file is full." }),
      madeBefore: () => new RecordUnavailable({ reason: "The file is full." }),
      ownOrders: () => new RecordUnavailable({ reason: "The file is full." }),
      ownWithdrawals: () => new RecordUnavailable({ reason: "The file is full." }),
      dropQueued: new RecordUnavailable({ reason: "The file is full." }),
      hasWrites: new RecordUnavailable({ reason: "The file is full." }),
      claimAbandoned: new RecordUnavailable({ reason: "The file is full." }),
      claimUnknown: new RecordUnavailable({ reason: "The file is full." }),
      activity: () => new RecordUnavailable({ reason: "The file is full." })
    })
  )

  it.effect("keeps a write from being sent, and never a cancel", () => {
    const kraken = account({ write: () => Effect.succeed({ count: 1 }) })
    return Effect.gen(function* () {
      for (const endpoint of ["private/AddOrder", "private/AddExport", "private/Withdraw"] as const)
        assert.deepInclude(failure(yield* send(endpoint, limit)), { _tag: "KrakenNotRecorded" })
      assert.lengthOf(kraken.sent, 0)
      assert.deepInclude(yield* send("private/CancelOrder", { txid: "O1" }), { _tag: "Right" })
    }).pipe(Effect.provide(kraken.on(broken)))
  })

  it.scoped("does not turn a placed order into an error", () =>
    Effect.gen(function* () {
      const { start } = yield* makeProcesses
      const kraken = account({ write: () => Effect.delay(Effect.succeed({ txid: ["O1"] }), "1 seconds") })
      const one = yield* start(kraken)
      const placed = yield* Effect.fork(one.send("private/AddOrder", limit))
      yield* TestClock.adjust("500 millis")
      yield* one.crash
      yield* TestClock.adjust("1 minutes")
      assert.deepInclude((yield* Fiber.join(placed)).result, { txid: ["O1"] })
    })
  )
})
