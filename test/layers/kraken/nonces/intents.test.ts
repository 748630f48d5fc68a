import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Context, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, Scope, TestClock } from "effect"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { append } from "../../../../src/layers/access/record/append.ts"
import { halt } from "../../../../src/layers/access/record/emergency.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../../src/layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { NonceSourceInStateFolder } from "../../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import type { LeavingIntent, Priority } from "../../../../src/services/KrakenClient.ts"
import { NonceSource } from "../../../../src/services/NonceSource.ts"
import { type Admission, Record, RecordUnavailable } from "../../../../src/services/Record.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"
import { makeSettableClocks } from "../../access/record/records.ts"
import { Clocks } from "../../../../src/services/Clocks.ts"
import { holdTurn, leaveOnce, nextNonce } from "../../../doubles/turns.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const config = (stateDir: string) =>
  TestConfig({
    stateDir,
    credentials: Option.some({ key: Redacted.make("a key"), secret: Redacted.make(""), otp: Option.none() })
  })

const begun = (admission: Admission) => {
  if (admission._tag !== "Begun") throw new Error(admission._tag)
  return admission.intent
}

/** Two processes on one state folder, of which the first one has an intent that is about to leave. */
const make = Effect.fnUntraced(function* (source: Layer.Layer<NonceSource, never, never>, folder: string) {
  const start = Effect.map(Layer.build(Layer.fresh(RecordSql).pipe(Layer.provide(config(folder)))), Context.get(Record))
  const scope = yield* Scope.make()
  const first = yield* Scope.extend(start, scope)
  const draft = { endpoint: "private/AddOrder", params: {}, fingerprints: [] } as const
  const begin = Effect.map(Effect.provide(first.begin(draft, { repeat: false }), Operated), begun)
  const intent = yield* begin
  const canceling = Effect.map(
    Effect.provide(first.begin({ ...draft, endpoint: "private/CancelAll" }, { repeat: false }), Operated),
    begun
  )
  const second = yield* start
  // Opens its file now: waiting for a file passes no time of a test clock.
  yield* second.outcome(0)
  const nonces = Context.get(yield* Layer.build(Layer.fresh(source)), NonceSource)
  yield* nextNonce(nonces)
  const leaving: LeavingIntent = { ...intent, mayLeave: first.mayLeave(intent) }
  return {
    first,
    second,
    leaving,
    begin: Effect.map(begin, (intent): LeavingIntent => ({ ...intent, mayLeave: first.mayLeave(intent) })),
    /** Begins a cancel and lets it leave. */
    leaveCancel: Effect.flatMap(canceling, (intent) =>
      Effect.exit(leaveOnce(nonces, { ...intent, mayLeave: first.mayLeave(intent) }, "cancel"))
    ),
    crash: Scope.close(scope, Exit.void),
    turn: holdTurn(nonces),
    leave: (priority: Priority = "write", intent = leaving) => Effect.exit(leaveOnce(nonces, intent, priority))
  }
})

const sources: ReadonlyArray<readonly [string, (folder: string) => Layer.Layer<NonceSource>]> = [
  ["NonceSourceMemory", () => NonceSourceMemory],
  ["NonceSourceInStateFolder", (folder) => Layer.provide(NonceSourceInStateFolder, config(folder))]
]

describe.each(sources)("a request in the lane of %s", (_, source) => {
  const lane = Effect.flatMap(temporaryFolder, (folder) => make(source(folder), folder))

  it.scoped("leaves while its intent is this process's, in time", () =>
    Effect.gen(function* () {
      const { leave } = yield* lane
      assert.isTrue(Exit.isSuccess(yield* leave()))
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(Exit.isSuccess(yield* leave()))
    })
  )

  it.scoped("does not leave when its time has passed, not even for a cancel", () =>
    Effect.gen(function* () {
      const { leave } = yield* lane
      yield* TestClock.adjust("30001 millis")
      assert.deepInclude(yield* Effect.flip(Effect.flatten(leave())), { _tag: "MayNotLeave" })
      assert.deepInclude(yield* Effect.flip(Effect.flatten(leave("cancel"))), { _tag: "MayNotLeave" })
    })
  )

  it.scoped("does not leave for an intent that is not its owner's", () =>
    Effect.gen(function* () {
      const { leave, leaving } = yield* lane
      const others = { ...leaving, owner: "another", mayLeave: Effect.succeed(false) }
      assert.deepInclude(yield* Effect.flip(Effect.flatten(leave("write", others))), { _tag: "MayNotLeave" })
    })
  )
})

describe.each(sources)("a request that waits in the lane of %s", (_, source) => {
  it.scoped.each([
    ["all trading", () => halt({ since: 0, by: "local" })],
    ["its caller", () => append({ kind: "freeze", at: 0, actor: { id: "local" }, subject: "local", frozen: true })]
  ] as const)("does not leave after %s was frozen", ([, freeze]) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { leave, leaveCancel, turn } = yield* make(source(folder), folder)
      const scope = yield* Scope.make()
      yield* Scope.extend(turn, scope)
      const waiting = yield* Effect.fork(leave())
      const cancel = yield* Effect.fork(leaveCancel)
      yield* TestClock.adjust("10 millis")
      const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
      yield* db.write(freeze)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("100 millis")
      assert.deepInclude(yield* Effect.flip(Effect.flatten(Fiber.join(waiting))), { _tag: "MayNotLeave" })
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(cancel)))
    })
  )
})

describe("a request in the lane that several processes share", () => {
  it.scoped("does not leave after another process took its intent over, even if it waited for its turn before", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { crash, leave, second, turn } = yield* make(
        Layer.provide(NonceSourceInStateFolder, config(folder)),
        folder
      )
      yield* crash
      const scope = yield* Scope.make()
      yield* Scope.extend(turn, scope)
      const waiting = yield* Effect.fork(Effect.flip(Effect.flatten(leave())))
      yield* TestClock.adjust("1 seconds")
      // A turn ends after 3 s and a lease after 15 s, so the other process gets a clock that is ahead.
      const { clocks, set } = makeSettableClocks()
      yield* set(15_000)
      assert.lengthOf(yield* Effect.provideService(second.claimAbandoned, Clocks, clocks), 1)
      yield* Scope.close(scope, Exit.void)
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "MayNotLeave" })
    })
  )

  it.scoped.each(["nonces.db", "authority.db"])("only leaves as a cancel if %s cannot be used", (file) =>
    Effect.gen(function* () {
      const [home, folder] = [yield* temporaryFolder, yield* temporaryFolder]
      if (file === "nonces.db") writeFileSync(join(folder, file), "no database".repeat(100))
      const { leave } = yield* make(Layer.provide(NonceSourceInStateFolder, config(folder)), home)
      assert.deepInclude(yield* Effect.flip(Effect.flatten(leave())), { _tag: "MayNotLeave" })
      assert.isTrue(Exit.isSuccess(yield* leave("cancel")))
      rmSync(join(home, "authority.db"))
    })
  )
})

describe("a request in the lane of a server that runs for long", () => {
  it.scoped("leaves after a year", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { begin, first, leave, leaving } = yield* make(
        Layer.provide(NonceSourceInStateFolder, config(folder)),
        folder
      )
      assert.isTrue(Exit.isSuccess(yield* leave()))
      // Without an open intent, no lease is renewed all year.
      yield* first.end(leaving, { outcome: "happened", ids: [] })
      yield* TestClock.adjust("365 days")
      assert.isTrue(Exit.isSuccess(yield* leave("write", yield* begin)))
    })
  )
})

describe("a request in the lane while another process holds nonces.db", () => {
  it.scoped("leaves as a cancel after a second, and as another write once the file is free", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { leave } = yield* make(Layer.provide(NonceSourceInStateFolder, config(folder)), folder)
      const holder = new Database(join(folder, "nonces.db"))
      holder.exec("BEGIN IMMEDIATE")
      const cancel = yield* Effect.fork(leave("cancel"))
      yield* TestClock.adjust("900 millis")
      // The event loop is free all the time: the driver waits for nothing.
      assert.isTrue(Option.isNone(yield* Fiber.poll(cancel)))
      yield* TestClock.adjust("200 millis")
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(cancel)))
      const write = yield* Effect.fork(leave("write"))
      yield* TestClock.adjust("500 millis")
      holder.exec("COMMIT")
      holder.close()
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(write)))
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})

it.scopedLive("a request leaves although another process held nonces.db when it was opened first", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const holder = new Database(join(folder, "nonces.db"))
    holder.exec("CREATE TABLE held (n); BEGIN EXCLUSIVE")
    const { leave } = yield* make(Layer.provide(NonceSourceInStateFolder, config(folder)), folder)
    assert.deepInclude(yield* Effect.flip(Effect.flatten(leave())), { _tag: "MayNotLeave" })
    holder.exec("COMMIT")
    holder.close()
    assert.isTrue(Exit.isSuccess(yield* leave()))
  }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
)

it.scoped("a request whose record cannot be read only leaves as a cancel", () =>
  Effect.gen(function* () {
    const nonces = Context.get(yield* Layer.build(Layer.fresh(NonceSourceMemory)), NonceSource)
    const intent = { seq: 1, account: "a", owner: "o", leaveBy: 0, mayLeave: new RecordUnavailable({ reason: "full" }) }
    const leave = (priority: Priority) => leaveOnce(nonces, intent as never as LeavingIntent, priority)
    assert.deepInclude(yield* Effect.flip(leave("write")), { _tag: "MayNotLeave", reason: "full" })
    assert.typeOf(yield* leave("cancel"), "bigint")
  })
)
