import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, TestClock } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenFundingError, KrakenOrderError } from "../../../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"
import { as } from "../../../doubles/TestPrincipal.ts"

const write = (endpoint: WriteEndpoint, params: Params) =>
  Effect.flatMap(KrakenWriter, (writer) => writer.send(endpoint, params))

const order = (more: Params = {}) => write("private/AddOrder", { ...limit, ...more })

/** Makes a Kraken that places every order. */
const placing = () => {
  let n = 0
  return account({ write: () => Effect.sync(() => ({ txid: [`O${++n}`], refid: `R${n}` })) })
}

describe("an identical write", () => {
  it.effect("is not placed again within two seconds, and names the order of which it is a duplicate", () => {
    const { layer, sent } = placing()
    return Effect.gen(function* () {
      const first = yield* order()
      assert.isUndefined(first.duplicateOf)
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(yield* order(), { ...first, duplicateOf: ["O1", "R1"] })
      yield* TestClock.adjust("1 millis")
      assert.isUndefined((yield* order()).duplicateOf)
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits for the answer of the first while that is in flight", () => {
    const { layer, sent } = account({ write: () => Effect.delay(Effect.succeed({ txid: ["O1"] }), "1 seconds") })
    return Effect.gen(function* () {
      const both = yield* Effect.fork(Effect.all([order(), order()], { concurrency: 2 }))
      yield* TestClock.adjust("1 seconds")
      const [first, second] = yield* Fiber.join(both)
      assert.deepStrictEqual(second, { ...first, duplicateOf: ["O1"] })
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is recognized in every spelling", () => {
    const { layer, sent } = placing()
    return Effect.gen(function* () {
      const first = { ...limit, volume: "0.001", price: "27500", oflags: "post,fciq", pair: "XBTUSD" }
      const spellings = [
        { ...first, volume: "0.0010", price: "27500.0" },
        { ...first, oflags: "fciq,post", pair: "xbt/usd" },
        { ...first, timeinforce: "GTC", deadline: "1970-01-01T00:00:10Z" }
      ]
      yield* write("private/AddOrder", first)
      for (const spelling of spellings) {
        assert.isDefined((yield* write("private/AddOrder", spelling)).duplicateOf, JSON.stringify(spelling))
      }
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is a new one with other ids, digits, signs or amounts, and by another caller", () => {
    const { layer, sent } = placing()
    return Effect.gen(function* () {
      const others = [
        { cl_ord_id: "1" },
        { cl_ord_id: "1.0" },
        { cl_ord_id: "01" },
        { price: "+5" },
        { price: "-5" },
        { price: "5%" },
        { price: "5" },
        { oflags: "post" },
        { timeinforce: "IOC" }
      ]
      for (const other of [{}, ...others]) assert.isUndefined((yield* order(other)).duplicateOf)
      assert.isUndefined((yield* as("0123456789ab")(order())).duplicateOf)
      assert.lengthOf(sent, others.length + 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is placed with `repeat`, which Kraken does not get", () => {
    const { layer, sent } = placing()
    return Effect.gen(function* () {
      yield* order()
      assert.isUndefined((yield* order({ repeat: true })).duplicateOf)
      assert.deepInclude(yield* order(), { duplicateOf: ["O2", "R2"] })
      assert.lengthOf(sent, 2)
      for (const params of sent) assert.notProperty(params, "repeat")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is sent when the first was refused", () => {
    const { layer, sent } = account({
      write: (endpoint) => new KrakenOrderError({ endpoint, codes: ["EOrder:Insufficient funds"] })
    })
    return Effect.gen(function* () {
      yield* Effect.flip(order())
      yield* Effect.flip(order())
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not recognized for longer when the wall clock is set back", () => {
    const { layer } = placing()
    return Effect.gen(function* () {
      yield* order()
      yield* TestClock.adjust("2 seconds")
      const clock = yield* Clock.clockWith(Effect.succeed)
      const anHourBefore = { value: Effect.succeed(-3_600_000) }
      const setBack = Object.create(clock, { currentTimeMillis: anHourBefore }) as Clock.Clock
      assert.isUndefined((yield* Effect.withClock(order(), setBack)).duplicateOf)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is always sent when it is a cancel", () => {
    const answers: Record<string, unknown> = {
      "private/CancelAllOrdersAfter": { currentTime: "2026-09-21T09:15:02Z", triggerTime: "2026-09-21T09:16:02Z" },
      "private/WithdrawCancel": true
    }
    const { layer, sent } = account({ write: (endpoint) => Effect.succeed(answers[endpoint] ?? { count: 1 }) })
    const cancels: ReadonlyArray<readonly [WriteEndpoint, Params]> = [
      ["private/CancelOrder", { txid: "O1" }],
      ["private/CancelOrder", { txid: "7" }],
      ["private/CancelOrderBatch", { orders: ["O1", "O2"] }],
      ["private/CancelAll", {}],
      ["private/CancelAllOrdersAfter", { timeout: 60 }],
      ["private/WithdrawCancel", { asset: "XBT", refid: "R1" }]
    ]
    return Effect.gen(function* () {
      for (const [endpoint, params] of [...cancels, ...cancels]) {
        assert.isUndefined((yield* write(endpoint, params)).duplicateOf)
      }
      assert.lengthOf(sent, 12)
    }).pipe(Effect.provide(layer))
  })
})

describe("a write whose outcome is unknown", () => {
  /** Makes a Kraken that places nothing, with a nonce window that leaves the outcome unknown. */
  const losingWrites = () => account({ write: (endpoint) => noAnswer(endpoint), nonceWindow: 1n })

  it.effect("blocks identical ones of all callers for ten minutes, even with repeat", () => {
    const { layer, sent } = losingWrites()
    return Effect.gen(function* () {
      const unknown = failure(yield* send("private/AddOrder", { ...limit, cl_ord_id: "mine" }))
      assert.strictEqual(unknown._tag, "KrakenOutcomeUnknown")
      const mine = order({ cl_ord_id: "mine" })
      for (const again of [
        mine,
        order({ cl_ord_id: "mine", volume: "0.010", repeat: true }),
        as("0123456789ab")(mine)
      ]) {
        const blocked = yield* Effect.flip(again)
        assert.deepInclude(blocked, { _tag: "KrakenWriteBlocked", endpoint: "private/AddOrder" })
        assert.include(blocked._tag === "KrakenWriteBlocked" ? blocked.check : "", "cl_ord_id mine")
      }
      assert.lengthOf(sent, 1)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(failure(yield* send("private/AddOrder", { ...limit, cl_ord_id: "mine" }))._tag, unknown._tag)
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("blocks while it is looked up; the same caller without repeat waits and is then blocked", () => {
    const { layer, sent } = losingWrites()
    return Effect.gen(function* () {
      const first = yield* Effect.fork(Effect.flip(order()))
      yield* TestClock.adjust("500 millis")
      const joined = yield* Effect.fork(Effect.flip(order()))
      assert.strictEqual((yield* Effect.flip(order({ repeat: true })))._tag, "KrakenWriteBlocked")
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* Fiber.join(first))._tag, "KrakenOutcomeUnknown")
      assert.strictEqual((yield* Fiber.join(joined))._tag, "KrakenWriteBlocked")
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("makes an identical one of its caller wait, which is its duplicate once it is found", () => {
    const { layer, open, sent } = account({
      write: (endpoint, params) => {
        open["O1"] = listed(params)
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      yield* Effect.fork(order())
      yield* TestClock.adjust("500 millis")
      const joined = yield* Effect.fork(order())
      yield* TestClock.adjust("1 seconds")
      assert.deepInclude(yield* Fiber.join(joined), { duplicateOf: ["O1"] })
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives the seconds until the block ends, once they are known", () => {
    const { layer } = losingWrites()
    return Effect.gen(function* () {
      yield* Effect.fork(order())
      yield* TestClock.adjust("500 millis")
      const early = yield* Effect.flip(order({ repeat: true }))
      assert.deepInclude(early, { _tag: "KrakenWriteBlocked", reason: "it is being looked up" })
      assert.notProperty(early, "secondsLeft")
      yield* TestClock.adjust("8 seconds")
      // Its look-ups ended 8.001 s after it was sent.
      const late = yield* Effect.flip(order({ repeat: true }))
      assert.deepInclude(late, { _tag: "KrakenWriteBlocked", secondsLeft: 600 })
      yield* TestClock.adjust("599 seconds")
      assert.deepInclude(yield* Effect.flip(order({ repeat: true })), { secondsLeft: 1 })
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(failure(yield* send("private/AddOrder", limit))._tag, "KrakenOutcomeUnknown")
    }).pipe(Effect.provide(layer))
  })

  it.effect("after a defect blocks as well, since it might have happened", () => {
    const { layer } = account({ write: () => Effect.dieMessage("a defect") })
    return Effect.gen(function* () {
      assert.isTrue((yield* Effect.exit(order()))._tag === "Failure")
      const blocked = yield* Effect.flip(order())
      assert.deepInclude(blocked, { _tag: "KrakenWriteBlocked", secondsLeft: 600 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not block if a repeat does no harm", () => {
    const { layer, sent } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      for (const endpoint of ["private/AddExport", "private/RemoveExport", "private/GetWebSocketsToken"] as const)
        for (const _ of [1, 2])
          assert.deepInclude(failure(yield* send(endpoint, {})), { _tag: "KrakenOutcomeUnknown", safeToRepeat: true })
      assert.lengthOf(sent, 6)
    }).pipe(Effect.provide(layer))
  })

  it.effect("blocks transfers and withdrawals as well", () => {
    const { layer, sent } = losingWrites()
    const writes: ReadonlyArray<readonly [WriteEndpoint, Params]> = [
      ["private/WalletTransfer", { asset: "XBT", from: "Spot Wallet", to: "Futures Wallet", amount: "0.5" }],
      ["private/AccountTransfer", { asset: "XBT", from: "A", to: "B", amount: "0.5" }],
      ["private/Withdraw", { asset: "XBT", key: "cold", amount: "0.5" }]
    ]
    return Effect.gen(function* () {
      for (const [endpoint, params] of writes) {
        assert.strictEqual(failure(yield* send(endpoint, params))._tag, "KrakenOutcomeUnknown")
        const again = {
          ...params,
          amount: "0.50",
          repeat: true,
          ...(endpoint === "private/Withdraw" && { max_fee: "1" })
        }
        assert.strictEqual((yield* Effect.flip(write(endpoint, again)))._tag, "KrakenWriteBlocked")
      }
      assert.lengthOf(sent, writes.length)
    }).pipe(Effect.provide(layer))
  })

  it.effect("blocks nothing once it is found on the account: a second one is its duplicate", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        open["O1"] = listed(params)
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const first = yield* Effect.fork(order())
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(first)
      assert.deepInclude(yield* order(), { duplicateOf: ["O1"] })
    }).pipe(Effect.provide(layer))
  })
})

describe("a withdrawal", () => {
  const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
  const withdraw = (more: Params = {}) => write("private/Withdraw", { ...withdrawal, ...more })
  const row = { refid: "R7", asset: "XBT", amount: "0.4999", fee: "0.0001", time: 0, key: "cold", status: "Initial" }

  it.effect("is not made again within ten minutes by any caller without repeat", () => {
    let n = 0
    const { layer, sent } = account({ write: () => Effect.sync(() => ({ refid: `R${++n}` })) })
    return Effect.gen(function* () {
      yield* withdraw()
      assert.deepStrictEqual(yield* withdraw({ amount: "0.50" }), { result: { refid: "R1" }, duplicateOf: ["R1"] })
      yield* TestClock.adjust("9 minutes")
      assert.deepInclude(yield* as("0123456789ab")(withdraw({ max_fee: "1" })), { duplicateOf: ["R1"] })
      assert.isUndefined((yield* withdraw({ repeat: true })).duplicateOf)
      assert.deepStrictEqual(sent, [withdrawal, withdrawal])
      yield* TestClock.adjust("10 minutes")
      assert.isUndefined((yield* withdraw()).duplicateOf)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is still recognized after Kraken refused a repeat of it", () => {
    let n = 0
    const { layer } = account({
      write: (endpoint) =>
        n++ === 0
          ? Effect.succeed({ refid: "R1" })
          : new KrakenFundingError({ endpoint, codes: ["EFunding:Insufficient funds"] })
    })
    return Effect.gen(function* () {
      yield* withdraw()
      assert.strictEqual((yield* Effect.flip(withdraw({ repeat: true })))._tag, "KrakenFundingError")
      assert.deepInclude(yield* withdraw(), { duplicateOf: ["R1"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("that waits for an identical one with repeat is not sent either if Kraken refuses that one", () => {
    const { layer, reads, sent } = account({
      // The list of the first call comes last, so that the second one is recorded before it.
      read: () => Effect.suspend(() => Effect.delay(Effect.succeed([]), reads.length === 1 ? "2 seconds" : 0)),
      write: (endpoint) =>
        Effect.delay(new KrakenFundingError({ endpoint, codes: ["EFunding:Insufficient funds"] }), "5 seconds")
    })
    return Effect.gen(function* () {
      const first = yield* Effect.fork(Effect.flip(withdraw()))
      yield* TestClock.adjust("1 seconds")
      const second = yield* Effect.fork(Effect.flip(withdraw({ repeat: true })))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(second))._tag, "KrakenFundingError")
      assert.strictEqual((yield* Fiber.join(first))._tag, "KrakenNotPlaced")
      assert.lengthOf(sent, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([2, 8])(
    "that is in flight is recognized although a later repeat of it is refused (its answer takes %d s)",
    (seconds) => {
      const { layer, sent } = account({
        write: (endpoint) =>
          sent.length === 1
            ? Effect.delay(Effect.succeed({ refid: "R1" }), `${seconds} seconds`)
            : Effect.delay(new KrakenFundingError({ endpoint, codes: ["EFunding:Insufficient funds"] }), "5 seconds")
      })
      return Effect.gen(function* () {
        yield* Effect.fork(withdraw())
        yield* TestClock.adjust("1 millis")
        const repeat = yield* Effect.fork(Effect.flip(withdraw({ repeat: true })))
        yield* TestClock.adjust("1 millis")
        const again = yield* Effect.fork(withdraw())
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Fiber.join(repeat))._tag, "KrakenFundingError")
        assert.deepInclude(yield* Fiber.join(again), { result: { refid: "R1" }, duplicateOf: ["R1"] })
        assert.lengthOf(sent, 2)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("of another program is recognized while Kraken lists it as recent", () => {
    const { layer, sent } = account({ write: () => Effect.succeed({ refid: "R8" }), read: () => Effect.succeed([row]) })
    return Effect.gen(function* () {
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(yield* withdraw(), { result: { refid: "R7" }, duplicateOf: ["R7"] })
      assert.lengthOf(sent, 0)
      yield* TestClock.adjust("2 minutes")
      assert.isUndefined((yield* withdraw()).duplicateOf)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is recognized by a row with an unreadable time", () => {
    const { layer } = account({
      write: () => Effect.die("sent"),
      read: () => Effect.succeed([{ ...row, time: "soon" }])
    })
    return Effect.gen(function* () {
      assert.deepInclude(yield* withdraw(), { duplicateOf: ["R7"] })
    }).pipe(Effect.provide(layer))
  })
})
