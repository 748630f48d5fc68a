import { authorityInFile } from "../../../../../src/layers/access/record/authority.ts"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Clock, Effect, Fiber, Option } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { layout } from "../../../../../src/layers/access/record/layout.ts"
import { verify } from "../../../../../src/layers/access/record/verify.ts"
import { cancelsOfPanic } from "../../../../../src/layers/kraken/writes/panic/cancelsOfPanic.ts"
import { PanicCallFailed } from "../../../../../src/layers/kraken/writes/panic/panicCalls.ts"
import { openImmediateDatabase } from "../../../../../src/layers/storage/immediateDatabase.ts"
import { temporaryFolder } from "../../../../temporaryFolder.ts"
import { runOnSqlite } from "../../../../../src/layers/storage/sqliteSteps.ts"

const target = { key: "a".repeat(64), account: "kraken" }

const unanswered = new PanicCallFailed({ message: "no answer", remedy: { _tag: "Later" } })
const denied = new PanicCallFailed({ message: "permission denied", remedy: { _tag: "None" } })

/** An empty record, and the cancels of a panic on it. */
const makeCancels = Effect.gen(function* () {
  const file = join(yield* temporaryFolder, "authority.db")
  yield* Effect.scoped(openImmediateDatabase({ file, layout }))
  const db = yield* Effect.acquireRelease(
    Effect.sync(() => new Database(file)),
    (db) => Effect.sync(() => db.close())
  )
  return {
    file,
    db,
    ...(yield* cancelsOfPanic({ authority: authorityInFile(file), ...target })),
    /** The endpoints and states of all intents. */
    states: () => db.prepare("SELECT endpoint || ' ' || state FROM intents ORDER BY seq").pluck().all(),
    bodies: () =>
      (db.prepare("SELECT body FROM events ORDER BY seq").pluck().all() as ReadonlyArray<string>).map((body) =>
        JSON.parse(body)
      )
  }
})

describe("the cancels of a panic", () => {
  it.scopedLive("are rows of the operator, on disk before they leave, with their outcomes", () =>
    Effect.gen(function* () {
      const { bodies, db, gaps, recorded, states } = yield* makeCancels
      const seen = yield* recorded(
        "private/CancelAll",
        {},
        Effect.sync(() => states())
      )
      assert.deepStrictEqual(seen, ["private/CancelAll open"])
      yield* recorded("private/CancelOrder", { txid: "O-1" }, Effect.void)
      yield* recorded("private/WithdrawCancel", { asset: "XBT", refid: "R" }, Effect.succeed(false))
      yield* Effect.flip(recorded("private/CancelOrder", { txid: "O-2" }, denied))
      assert.deepStrictEqual(states(), [
        "private/CancelAll happened",
        "private/CancelOrder happened",
        "private/WithdrawCancel did-not-happen",
        "private/CancelOrder did-not-happen"
      ])
      const [first] = bodies()
      assert.deepInclude(first, { kind: "intent", actor: { id: "local" }, tool: "panic", ...target })
      assert.isEmpty(runOnSqlite(db, verify()).findings)
      assert.isTrue(Option.isNone(yield* gaps))
    })
  )

  it.scopedLive("that were not answered have happened once no order is open", () =>
    Effect.gen(function* () {
      const { db, proven, recorded, states } = yield* makeCancels
      const error = yield* Effect.flip(recorded("private/CancelAll", {}, unanswered))
      assert.strictEqual(error, unanswered)
      yield* Effect.flip(recorded("private/WithdrawCancel", { asset: "XBT", refid: "R" }, unanswered))
      assert.deepStrictEqual(states(), ["private/CancelAll unknown", "private/WithdrawCancel unknown"])
      yield* proven(false)
      assert.deepStrictEqual(states(), ["private/CancelAll happened", "private/WithdrawCancel unknown"])
      assert.isEmpty(runOnSqlite(db, verify()).findings)
    })
  )

  it.scopedLive("that were interrupted are left to a server, or to another panic that proves all to be gone", () =>
    Effect.gen(function* () {
      const { db, file, recorded, states } = yield* makeCancels
      const running = yield* Effect.fork(recorded("private/CancelAll", {}, Effect.never))
      const untilIn = db.prepare("SELECT until FROM leases").pluck()
      yield* Effect.repeat(Effect.yieldNow(), { until: () => states().length === 1 })
      assert.isAbove(Number(untilIn.get()), yield* Clock.currentTimeMillis)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(states(), ["private/CancelAll open"])
      assert.strictEqual(untilIn.get(), 0)

      const other = yield* cancelsOfPanic({ authority: authorityInFile(file), ...target })
      yield* other.proven(false)
      assert.deepStrictEqual(states(), ["private/CancelAll open"])
      yield* other.proven(true)
      assert.deepStrictEqual(states(), ["private/CancelAll happened"])
    })
  )

  it.scopedLive("are sent although another process holds the record, which the report says", () =>
    Effect.gen(function* () {
      const { db, gaps, proven, recorded, states } = yield* makeCancels
      db.exec("BEGIN EXCLUSIVE")
      assert.strictEqual(yield* recorded("private/CancelAll", {}, Effect.succeed("sent")), "sent")
      assert.strictEqual(yield* recorded("private/CancelAll", {}, Effect.succeed("again")), "again")
      yield* proven(true)
      db.exec("COMMIT")
      assert.isEmpty(states())
      assert.isTrue(Option.isSome(yield* gaps))
    })
  )

  it.scopedLive("are sent although another process holds the record alone, so that it cannot be opened", () =>
    Effect.gen(function* () {
      const { db, file } = yield* makeCancels
      db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
      const { gaps, recorded } = yield* cancelsOfPanic({ authority: authorityInFile(file), ...target })
      assert.strictEqual(yield* recorded("private/CancelAll", {}, Effect.succeed("sent")), "sent")
      assert.isTrue(Option.isSome(yield* gaps))
      db.exec("COMMIT")
    })
  )

  it.scopedLive("are sent although the record is damaged", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "authority.db")
      writeFileSync(file, "no database".repeat(1000))
      const { gaps, recorded } = yield* cancelsOfPanic({ authority: authorityInFile(file), ...target })
      assert.strictEqual(yield* recorded("private/CancelAll", {}, Effect.succeed("sent")), "sent")
      assert.isTrue(Option.isSome(yield* gaps))
    })
  )

  it.scopedLive("make no record that does not exist", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "authority.db")
      const { gaps, recorded } = yield* cancelsOfPanic({ authority: authorityInFile(file), ...target })
      assert.strictEqual(yield* recorded("private/CancelAll", {}, Effect.succeed("sent")), "sent")
      assert.isFalse(existsSync(file))
      assert.isTrue(Option.isNone(yield* gaps))
    })
  )
})
