import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import { RecordMemory } from "../../../src/layers/access/RecordMemory.ts"
import { KrakenOrderError } from "../../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../../src/services/KrakenWriter.ts"
import { Record } from "../../../src/services/Record.ts"
import { as, Operated } from "../../doubles/TestPrincipal.ts"
import { account, limit, noAnswer } from "../../doubles/WriterAccount.ts"

const intent = { endpoint: "private/CancelAll", params: {} } as const

describe("RecordMemory", () => {
  it.effect("tells who wrote what on which account, and how it ended", () =>
    Effect.gen(function* () {
      const record = yield* Record
      yield* TestClock.setTime(5000)
      const first = yield* as("0123456789ab")(record.begin(intent))
      const second = yield* record.begin(intent)
      yield* record.end(first, { _tag: "Happened" })
      const entries: ReadonlyArray<object> = yield* record.entries
      assert.deepStrictEqual(entries, [
        { seq: 1, at: 5000, caller: "0123456789ab", account: "kraken", ...intent, outcome: { _tag: "Happened" } },
        { seq: 2, at: 5000, caller: "local", account: "kraken", ...intent }
      ])
      assert.deepStrictEqual([first, second], [1, 2])
    }).pipe(Effect.provide([RecordMemory, Operated]))
  )

  it.effect("forgets the oldest of those that ended, and none that is under way", () =>
    Effect.gen(function* () {
      const record = yield* Record
      const open = yield* record.begin(intent)
      for (let n = 0; n < 1005; n++) yield* record.end(yield* record.begin(intent), { _tag: "Happened" })
      const entries = yield* record.entries
      assert.lengthOf(entries, 1001)
      assert.deepStrictEqual([entries[0]?.seq, entries[1]?.seq, entries.at(-1)?.seq], [open, 7, 1006])
    }).pipe(Effect.provide([RecordMemory, Operated]))
  )
})

const outcomes = Effect.flatMap(Record, ({ entries }) =>
  Effect.map(entries, (entries) => entries.map(({ outcome }) => outcome))
)

describe("the record of the writer", () => {
  it.effect("has a write before it leaves, with the id that finds it again", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const answer = yield* Deferred.make<object>()
      const { layer } = account({
        write: () => Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(answer))
      })
      yield* Effect.gen(function* () {
        const writer = yield* KrakenWriter
        const sending = yield* Effect.fork(writer.send("private/AddOrder", limit))
        yield* Deferred.await(asked)
        const [entry] = yield* Effect.flatMap(Record, ({ entries }) => entries)
        assert.deepInclude(entry, { endpoint: "private/AddOrder", caller: "local" })
        assert.deepInclude(entry?.params, limit)
        assert.isString(entry?.params["cl_ord_id"])
        assert.notProperty(entry, "outcome")
        yield* Deferred.succeed(answer, { txid: ["O1"] })
        yield* Fiber.join(sending)
        assert.deepStrictEqual(yield* outcomes, [{ _tag: "Happened" }])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("tells what was refused from what is unknown", () => {
    const { layer } = account({
      write: (endpoint) =>
        endpoint === "private/AddOrder"
          ? new KrakenOrderError({ endpoint, codes: ["EOrder:Insufficient funds"] })
          : noAnswer(endpoint)
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      yield* Effect.flip(writer.send("private/AddOrder", limit))
      yield* Effect.flip(writer.send("private/WalletTransfer", { asset: "XBT", amount: "1" }))
      assert.deepStrictEqual(yield* outcomes, [
        { _tag: "DidNotHappen", error: "KrakenOrderError" },
        { _tag: "Unknown", error: "KrakenOutcomeUnknown" }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("has one entry for a write that a second call repeats", () => {
    const { layer } = account({ write: () => Effect.succeed({ txid: ["O1"] }) })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      yield* writer.send("private/AddOrder", limit)
      yield* writer.send("private/AddOrder", limit)
      assert.lengthOf(yield* outcomes, 1)
    }).pipe(Effect.provide(layer))
  })
})
