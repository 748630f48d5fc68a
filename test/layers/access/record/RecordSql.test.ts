import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import Database from "better-sqlite3"
import { existsSync, renameSync, rmSync, statSync } from "node:fs"
import { verifyRows } from "../../../../src/layers/access/record/verify.ts"
import { run } from "../../../../src/layers/storage/steps.ts"
import { Clocks } from "../../../../src/services/Clocks.ts"
import type { Admission, Record, IntentDraft } from "../../../../src/services/Record.ts"
import { as, testOperator } from "../../../doubles/TestPrincipal.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { describeInEachHome } from "../../../homes.ts"
import { makeRecords, makeRecordsIn } from "./processes.ts"
import { happened, makeSettableClocks, order, unknown, withdrawal } from "./records.ts"

type Service = typeof Record.Service

const local = Effect.provideService(Principal, testOperator)

const admit = (record: Service, draft: IntentDraft, repeat = false) => record.begin(draft, { repeat })

/** Begins a write that nothing stands in the way of. */
const begun = (record: Service, draft: IntentDraft, repeat = false) =>
  Effect.flatMap(admit(record, draft, repeat), (admission) =>
    admission._tag === "Begun" ? Effect.succeed(admission.intent) : Effect.dieMessage(admission._tag)
  )

/** The name of an admission, and the row that stands in the way. */
const told = (admission: Admission): string =>
  admission._tag === "Begun" || admission._tag === "NoRoom" || admission._tag === "NotApproved"
    ? admission._tag
    : `${admission._tag} ${(admission._tag === "Duplicate" ? admission.of : admission.by).seq}`

const didNotHappen = { outcome: "did-not-happen", ids: [] } as const

const tell = (record: Service, draft: IntentDraft, repeat = false) => Effect.map(admit(record, draft, repeat), told)

describeInEachHome("the record", (makeHome) => {
  const makeRecords = makeRecordsIn(makeHome)

  describe("duplicates", () => {
    it.scoped(
      "an identical write of the same caller is one while the first is in flight and 2 s after it happened",
      () =>
        Effect.gen(function* () {
          const record = yield* (yield* makeRecords).start
          const first = yield* begun(record, order)
          assert.strictEqual(yield* tell(record, order), "Duplicate 1")
          yield* record.end(first, happened)
          yield* TestClock.adjust(1999)
          assert.strictEqual(yield* tell(record, order), "Duplicate 1")
          yield* TestClock.adjust(1)
          assert.strictEqual(yield* tell(record, order), "Begun")
        }).pipe(local)
    )

    it.scoped("repeat sends it, another caller too, and one that did not happen is none", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const first = yield* begun(record, order)
        assert.strictEqual(yield* tell(record, order, true), "Begun")
        assert.strictEqual(yield* as("aabbccddeeff")(tell(record, order)), "Begun")
        yield* record.end(first, didNotHappen)
        assert.strictEqual(yield* tell(record, withdrawal), "Begun")
      }).pipe(local)
    )

    it.scoped("another process recognises them, and says that it does not work on them itself", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const [one, two] = [yield* start, yield* start]
        const first = yield* begun(one, order)
        const admission = yield* admit(two, order)
        assert.deepStrictEqual(
          admission._tag === "Duplicate" && { seq: admission.of.seq, isElsewhere: admission.of.isElsewhere },
          { seq: 1, isElsewhere: true }
        )
        yield* one.end(first, happened)
        assert.strictEqual(yield* tell(two, order), "Duplicate 1")
        assert.deepInclude(Option.getOrThrow(yield* two.outcome(1)), happened)
      }).pipe(local)
    )

    it.scoped("a withdrawal counts for ten minutes, from any caller and after a restart", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        yield* Effect.scoped(
          Effect.gen(function* () {
            const record = yield* start
            const first = yield* begun(record, withdrawal)
            assert.strictEqual(yield* as("aabbccddeeff")(tell(record, withdrawal)), "Duplicate 1")
            yield* record.end(first, { ...happened, ids: ["W1"] })
          })
        )
        const record = yield* start
        yield* TestClock.adjust("599 seconds")
        assert.strictEqual(yield* as("aabbccddeeff")(tell(record, withdrawal)), "Duplicate 1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* tell(record, withdrawal), "Begun")
      }).pipe(local)
    )

    for (const set of [-3_600_000, 3_600_000])
      it.scoped(
        `the process that ended a write measures the window by monotonic time (wall clock set by ${set} ms)`,
        () => {
          const { clocks, set: setWall } = makeSettableClocks()
          return Effect.gen(function* () {
            yield* TestClock.setTime(Date.UTC(2026, 0))
            const record = yield* (yield* makeRecords).start
            yield* record.end(yield* begun(record, withdrawal), happened)
            yield* setWall(set)
            yield* TestClock.adjust("9 minutes")
            assert.strictEqual(yield* tell(record, withdrawal), "Duplicate 1")
            yield* TestClock.adjust("1 minute")
            assert.strictEqual(yield* tell(record, withdrawal), "Begun")
          }).pipe(local, Effect.provideService(Clocks, clocks))
        }
      )

    it.scoped("two processes that begin the same withdrawal at once send it once", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const processes = yield* Effect.replicateEffect(start, 4)
        const admissions = yield* Effect.forEach(processes, (record) => admit(record, withdrawal), {
          concurrency: "unbounded"
        })
        assert.lengthOf(
          admissions.filter(({ _tag }) => _tag === "Begun"),
          1
        )
      }).pipe(local)
    )

    it.scoped("a write without an identity is never one", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const cancel: IntentDraft = { endpoint: "private/CancelOrder", params: { txid: "O1" }, fingerprints: [] }
        yield* begun(record, cancel)
        assert.strictEqual(yield* tell(record, cancel), "Begun")
      }).pipe(local)
    )
  })

  describe("unknown outcomes", () => {
    it.scoped("block an identical order for ten minutes, whoever sends it and although it is repeated", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const [one, two] = [yield* start, yield* start]
        yield* one.end(yield* begun(one, order), unknown)
        for (const record of [one, two]) {
          assert.strictEqual(yield* tell(record, order, true), "Blocked 1")
          assert.strictEqual(yield* as("aabbccddeeff")(tell(record, order)), "Blocked 1")
        }
        yield* TestClock.adjust("9 minutes")
        const blocked = yield* admit(two, order)
        assert.strictEqual(blocked._tag === "Blocked" && blocked.by.blocksFor, 60_000)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* tell(two, order), "Begun")
      }).pipe(local)
    )

    it.scoped("block a withdrawal until they are decided, also behind a hundred later ones", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const first = yield* begun(record, withdrawal)
        for (let i = 0; i < 120; i++) yield* record.end(yield* begun(record, withdrawal, true), happened)
        yield* record.end(first, unknown)
        yield* TestClock.adjust("3 days")
        assert.strictEqual(yield* tell(record, withdrawal, true), "Blocked 1")
        assert.isTrue(Option.isSome(yield* record.end(first, { outcome: "did-not-happen", ids: [], how: "looked up" })))
        assert.strictEqual(yield* tell(record, withdrawal, true), "Begun")
      }).pipe(local)
    )

    it.scoped("do not block if they are safe to repeat", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        yield* record.end(yield* begun(record, withdrawal), { ...unknown, safeToRepeat: true })
        assert.strictEqual(yield* tell(record, withdrawal), "Begun")
      }).pipe(local)
    )

    it.scoped("that are found unknown again do not block for longer", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const first = yield* begun(record, order)
        yield* record.end(first, unknown)
        yield* TestClock.adjust("9 minutes")
        assert.deepStrictEqual(yield* record.end(first, unknown), Option.none())
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* tell(record, order), "Begun")
      }).pipe(local)
    )

    it.scoped("a write that is being looked up blocks even one that is repeated", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        yield* record.settling(yield* begun(record, order))
        assert.strictEqual(yield* tell(record, order, true), "Blocked 1")
      }).pipe(local)
    )

    it.scoped("make another write ambiguous that looks the same, on the same account", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const first = yield* begun(record, withdrawal)
        const second = yield* begun(record, { ...withdrawal, identity: "another" })
        assert.isTrue(yield* record.isAmbiguous(second, withdrawal.fingerprints))
        assert.isFalse(yield* record.isAmbiguous(second, ["0.6 XBT"]))
        const elsewhere = yield* as("aabbccddeeff", "paper")(begun(record, withdrawal))
        assert.isFalse(yield* record.isAmbiguous(elsewhere, withdrawal.fingerprints))
        yield* record.end(first, unknown)
        yield* TestClock.adjust("1 hour")
        assert.isTrue(yield* record.isAmbiguous(second, withdrawal.fingerprints))
        yield* record.end(first, happened)
        assert.isFalse(yield* record.isAmbiguous(second, withdrawal.fingerprints))
      }).pipe(local)
    )
  })

  describe("intents of processes that have ended", () => {
    /** Begins a write in a process that ends without a word. */
    const crash = (start: Effect.Effect<Service, never, Scope.Scope>, draft: IntentDraft) =>
      Effect.scoped(Effect.flatMap(start, (record) => begun(record, draft)))

    it.scoped("are taken over after their lease, once, with all that was recorded", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const first = yield* crash(start, withdrawal)
        const [two, three] = [yield* start, yield* start]
        assert.strictEqual(yield* tell(two, withdrawal), "Duplicate 1")
        yield* TestClock.adjust("14 seconds")
        assert.deepStrictEqual(yield* two.claimAbandoned, [])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* tell(two, withdrawal, true), "Blocked 1")
        const claimed = yield* Effect.all([two.claimAbandoned, three.claimAbandoned], { concurrency: 2 })
        const [abandoned, ...others] = claimed.flat()
        assert.isEmpty(others)
        const owner = abandoned?.owner ?? first.owner
        assert.notStrictEqual(owner, first.owner)
        assert.deepInclude(abandoned, { ...withdrawal, ...first, owner, at: 0, caller: "local" })
        assert.strictEqual(yield* tell(three, withdrawal, true), "Blocked 1")
        const claimer = claimed[0].length > 0 ? two : three
        assert.isTrue(Option.isSome(yield* claimer.end(first, happened)))
        assert.deepInclude(Option.getOrThrow(yield* three.outcome(1)), happened)
      }).pipe(local)
    )

    it.scoped("are not taken over while the process renews its lease", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const [one, two] = [yield* start, yield* start]
        const first = yield* begun(one, order)
        for (let i = 0; i < 24; i++) {
          yield* TestClock.adjust("5 seconds")
          yield* Effect.yieldNow()
          assert.deepStrictEqual(yield* two.claimAbandoned, [])
        }
        assert.isTrue(Option.isSome(yield* one.end(first, happened)))
      }).pipe(local)
    )

    it.scoped("are ended by the process that lost them only if they happened: it has Kraken's answer", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const { clocks, set } = makeSettableClocks()
        const [one, two] = [yield* start, yield* start]
        yield* Effect.gen(function* () {
          const first = yield* begun(one, order)
          yield* set(16_000)
          const [taken] = yield* two.claimAbandoned
          assert.deepStrictEqual(yield* one.end(first, didNotHappen), Option.none())
          assert.deepStrictEqual(yield* one.end(first, unknown), Option.none())
          yield* two.end(taken ?? assert.fail("not taken over"), unknown)
          assert.isTrue(Option.isSome(yield* one.end(first, happened)))
          assert.deepStrictEqual(yield* two.end(first, didNotHappen), Option.none())
          assert.deepInclude(Option.getOrThrow(yield* two.outcome(1)), happened)
          assert.strictEqual(yield* tell(two, order), "Duplicate 1")
        }).pipe(Effect.provideService(Clocks, clocks))
      }).pipe(local)
    )

    it.scoped("may not leave any more, nor may those that are late or ended", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const { clocks, set } = makeSettableClocks()
        const [one, two] = [yield* start, yield* start]
        yield* Effect.gen(function* () {
          const [taken, ended, late] = [
            yield* begun(one, order),
            yield* begun(one, withdrawal),
            yield* begun(one, { ...order, identity: "late" })
          ]
          for (const intent of [taken, ended, late]) assert.isTrue(yield* one.mayLeave(intent))
          assert.isFalse(yield* two.mayLeave(taken))
          yield* one.end(ended, unknown)
          assert.isFalse(yield* one.mayLeave(ended))
          yield* set(16_000)
          assert.lengthOf(yield* two.claimAbandoned, 2)
          assert.isFalse(yield* one.mayLeave(taken))
          assert.isTrue(yield* two.mayLeave(late))
          yield* set(15_000)
          assert.isFalse(yield* two.mayLeave(late))
        }).pipe(Effect.provideService(Clocks, clocks))
      }).pipe(local)
    )

    it.scoped("are taken over although the clock was set back behind their lease", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const { clocks, set } = makeSettableClocks()
        yield* TestClock.setTime(Date.UTC(2026, 0))
        yield* Effect.gen(function* () {
          yield* crash(start, order)
          yield* set(-3_600_000)
          const two = yield* start
          assert.strictEqual(yield* tell(two, order), "Blocked 1")
          assert.lengthOf(yield* two.claimAbandoned, 1)
        }).pipe(Effect.provideService(Clocks, clocks))
      }).pipe(local)
    )

    it.scoped(
      "are taken over if their lease is missing, and left alone if this version does not know the endpoint",
      () =>
        Effect.gen(function* () {
          const { database, start } = yield* makeRecords
          yield* crash(start, order)
          yield* crash(start, withdrawal)
          const db = yield* database
          yield* db.write(function* () {
            yield* run("DELETE FROM leases")
            yield* run("UPDATE events SET body = replace(body, 'private/Withdraw', 'private/Later') WHERE seq = 2")
          })
          const record = yield* start
          assert.deepStrictEqual(
            (yield* record.claimAbandoned).map(({ seq }) => seq),
            [1]
          )
        }).pipe(local)
    )
  })

  describe("rows", () => {
    it.scoped("keep parameters exactly, whatever they hold", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const params = {
          volume: "0.100000000000000000001",
          userref: -7,
          lone: "\ud800",
          nul: "a\u0000b",
          wide: "\u2028 \u{1f980}",
          list: ["1", null, true, { __proto__: null, deep: "x" }],
          "10": "integer-like",
          "2": "key"
        }
        const strange = { big: 12345678901234567890n, nan: NaN }
        yield* Effect.scoped(
          Effect.flatMap(start, (record) =>
            begun(record, { ...order, params: { ...params, ...strange }, identity: "\ud800\u0000" })
          )
        )
        yield* TestClock.adjust("15 seconds")
        const record = yield* start
        const [abandoned] = yield* record.claimAbandoned
        assert.deepStrictEqual(abandoned?.params, {
          ...params,
          list: ["1", null, true, { deep: "x" }],
          big: "12345678901234567890",
          nan: "NaN"
        })
        assert.strictEqual(yield* tell(record, { ...order, identity: "\ud800\u0000" }, true), "Blocked 1")
      }).pipe(local)
    )

    it.scoped("carry receipts that fit the chain, and shorten long explanations", () =>
      Effect.gen(function* () {
        const { database, start } = yield* makeRecords
        const record = yield* start
        const receipts = [
          Option.getOrThrow(yield* record.end(yield* begun(record, order), happened)),
          Option.getOrThrow(yield* record.refused(order, { _tag: "InvalidArguments", message: "x".repeat(10_000) }))
        ]
        assert.deepStrictEqual(
          receipts.map((receipt) => receipt.split(":", 1)[0]),
          ["2", "3"]
        )
        const [refused] = yield* record.activity({ limit: 1 })
        assert.strictEqual(refused?.reason?.length, 2000)
        const db = yield* database
        const parsed = receipts.map((receipt) => ({
          seq: Number(receipt.split(":")[0]),
          hash: receipt.split(":")[1] ?? ""
        }))
        assert.deepStrictEqual((yield* db.write(() => verifyRows(parsed))).findings, [])
      }).pipe(local)
    )

    it.scoped("show a caller's own writes, newest first and by pages", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        yield* record.end(yield* begun(record, order), unknown)
        yield* as("aabbccddeeff")(begun(record, { ...order, identity: "theirs" }))
        yield* begun(record, withdrawal)
        yield* record.refused(withdrawal, { _tag: "PolicyRefused", message: "no" })
        const all = yield* record.activity({ limit: 10 })
        assert.deepStrictEqual(
          all.map(({ endpoint, error, seq, state }) => [seq, endpoint, state, error]),
          [
            [5, "private/Withdraw", "refused", "PolicyRefused"],
            [4, "private/Withdraw", "open", undefined],
            [1, "private/AddOrder", "unknown", "KrakenOutcomeUnknown"]
          ]
        )
        assert.deepStrictEqual(
          (yield* record.activity({ limit: 1, before: 5 })).map(({ seq }) => seq),
          [4]
        )
      }).pipe(local)
    )

    it.scoped("have the refusals by one limit of pace once a minute for each caller", () =>
      Effect.gen(function* () {
        const record = yield* (yield* makeRecords).start
        const refuse = (pace?: string) =>
          Effect.map(record.refused(order, { _tag: "LimitReached", message: "no room", pace }), Option.isSome)
        assert.deepStrictEqual(yield* Effect.all([refuse("rate"), refuse("rate"), refuse("calls/min")]), [
          true,
          false,
          true
        ])
        assert.isTrue(yield* as("aabbccddeeff")(refuse("rate")))
        assert.deepStrictEqual(yield* Effect.all([refuse(), refuse()]), [true, true])
        yield* TestClock.adjust("59 seconds")
        assert.isFalse(yield* refuse("rate"))
        yield* TestClock.adjust("1 second")
        assert.isTrue(yield* refuse("rate"))
        assert.lengthOf(yield* record.activity({ limit: 10 }), 5)
      }).pipe(local)
    )

    it.scoped("know which ids earlier writes have made", () =>
      Effect.gen(function* () {
        const { start } = yield* makeRecords
        const [one, two] = [yield* start, yield* start]
        yield* one.end(yield* begun(one, order), happened)
        assert.deepStrictEqual(yield* two.madeBefore(["O1", "O2", "O1"]), new Set(["O1"]))
        assert.deepStrictEqual(yield* as("aabbccddeeff", "paper")(two.madeBefore(["O1"])), new Set())
      }).pipe(local)
    )
  })
})

describe("the file", () => {
  it.scoped("is not made by looking, and is its owner's only", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      yield* record.claimAbandoned
      yield* record.activity({ limit: 1 })
      yield* record.outcome(1)
      yield* record.madeBefore(["O1"])
      assert.isFalse(existsSync(file))
      yield* begun(record, order)
      for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.strictEqual(statSync(name).mode & 0o777, 0o600)
    }).pipe(local)
  )

  it.scoped("refuses writes and reads after it was removed or replaced, and says so", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      const first = yield* begun(record, order)
      renameSync(file, `${file}.old`)
      const uses = [
        Effect.asVoid(admit(record, withdrawal)),
        Effect.asVoid(record.claimAbandoned),
        Effect.asVoid(record.outcome(1))
      ]
      for (const use of uses) assert.strictEqual((yield* Effect.flip(use))._tag, "RecordUnavailable")
      yield* begun(yield* start, withdrawal)
      assert.strictEqual((yield* Effect.flip(record.end(first, happened)))._tag, "RecordUnavailable")
    }).pipe(local)
  )

  it.scoped("is tried again after it could not be opened", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      const other = new Database(file)
      other.exec("CREATE TABLE notes (text)")
      other.close()
      assert.strictEqual((yield* Effect.flip(admit(record, order)))._tag, "RecordUnavailable")
      rmSync(file)
      assert.strictEqual(yield* tell(record, order), "Begun")
    }).pipe(local)
  )

  it.scoped("an outcome that could not be recorded is recorded later", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      const first = yield* begun(record, order)
      renameSync(file, `${file}.old`)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(record.end(first, happened))))
      renameSync(`${file}.old`, file)
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(Option.getOrThrow(yield* record.outcome(1)), happened)
    }).pipe(local)
  )

  it.scoped("an unknown outcome that is not on disk yet blocks an identical write, although it is repeated", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      const first = yield* begun(record, order)
      const holder = new Database(file)
      holder.exec("BEGIN IMMEDIATE")
      const ending = yield* Effect.fork(
        Effect.zip(Effect.exit(record.settling(first)), Effect.exit(record.end(first, unknown)))
      )
      yield* TestClock.adjust("5100 millis")
      yield* TestClock.adjust("1100 millis")
      const exits = yield* Fiber.join(ending)
      assert.deepStrictEqual(
        exits.map(({ _tag }) => _tag),
        ["Failure", "Failure"]
      )
      holder.exec("COMMIT")
      holder.close()
      assert.strictEqual(yield* tell(record, order, true), "Blocked 1")
      yield* TestClock.adjust("20 seconds")
      const rows = new Database(file, { readonly: true })
      assert.strictEqual(rows.prepare("SELECT count(*) FROM events").pluck().get(), 2)
      rows.close()
    }).pipe(local)
  )

  it.scoped("a cancel waits for a file that is busy when it is opened for a second, and a later write opens it", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      const holder = new Database(file)
      holder.exec("BEGIN EXCLUSIVE")
      const cancel: IntentDraft = { endpoint: "private/CancelAll", params: {}, fingerprints: [] }
      const cancelling = yield* Effect.fork(admit(record, cancel))
      // The driver is loaded by the real clock.
      while (Option.isNone(yield* Fiber.poll(cancelling))) {
        yield* TestClock.adjust("100 millis")
        yield* Effect.yieldNow()
      }
      assert.isTrue(Exit.isFailure(yield* Fiber.await(cancelling)))
      holder.exec("COMMIT")
      holder.close()
      const writing = yield* Effect.fork(tell(record, order))
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Fiber.join(writing), "Begun")
    }).pipe(local)
  )

  it.scoped("a cancel waits for a busy file for a second, another write for five", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      const record = yield* start
      yield* begun(record, order)
      const holder = new Database(file)
      holder.exec("BEGIN IMMEDIATE")
      const cancel: IntentDraft = { endpoint: "private/CancelAll", params: {}, fingerprints: [] }
      const cancelling = yield* Effect.fork(admit(record, cancel))
      const withdrawing = yield* Effect.fork(admit(record, withdrawal))
      yield* TestClock.adjust("1100 millis")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(cancelling)))
      assert.isTrue(Option.isNone(yield* Fiber.poll(withdrawing)))
      holder.exec("COMMIT")
      holder.close()
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(told(yield* Fiber.join(withdrawing)), "Begun")
    }).pipe(local)
  )
})
