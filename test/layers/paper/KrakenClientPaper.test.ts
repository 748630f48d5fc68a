import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import { statSync } from "node:fs"
import { join } from "node:path"
import { haltFileIn, removeHaltFile, writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { KrakenWriterSettling } from "../../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { NamesKraken } from "../../../src/layers/kraken/names/NamesKraken.ts"
import { PaperAccounts } from "../../../src/layers/paper/PaperAccounts.ts"
import { PermissionCacheKraken } from "../../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { KrakenWriter } from "../../../src/services/KrakenWriter.ts"
import { RateBudget } from "../../../src/services/RateBudget.ts"
import { TradingMode } from "../../../src/services/TradingMode.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { as, buy, morning, paperIn, read, resting, write } from "../../doubles/TestPaper.ts"
import { RecordInMemory } from "../../../src/layers/access/record/RecordSql.ts"
import { NoFeed } from "../../doubles/NoFeed.ts"
import { NoApprovals } from "../../doubles/NoApprovals.ts"

const txid = (result: unknown) => String(Object(result).txid[0])

const open = Effect.map(read("private/OpenOrders"), (result) => Object.keys(Object(result).open))

/** Changes the database file as another program would. */
const tamper = (folder: string, ...statements: ReadonlyArray<string>) =>
  Effect.sync(() => {
    const db = new Database(join(folder, "paper.db"))
    for (const statement of statements) db.exec(statement)
    db.close()
  })

/** Another process that holds the lock of the file. */
const locking = (folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const db = new Database(join(folder, "paper.db"))
      db.exec("BEGIN IMMEDIATE")
      return db
    }),
    (db) => Effect.sync(() => db.close())
  )

describe("an emergency stop", () => {
  it.scoped("lets only cancels and reads pass", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        yield* write("private/AddOrder", resting)
        writeHaltFile(haltFileIn(folder), { since: 1000, by: "local" })
        assert.deepInclude(yield* Effect.flip(write("private/AddOrder", resting)), { _tag: "Frozen" })
        assert.lengthOf(yield* open, 1)
        yield* write("private/CancelAll")
        assert.isEmpty(yield* open)
        removeHaltFile(haltFileIn(folder))
        yield* write("private/AddOrder", resting)
        assert.lengthOf(yield* open, 1)
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )
})

describe("a paper.db that another process holds", () => {
  it.scoped("delays a write without blocking the event loop, and the write happens once", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        yield* open
        const other = yield* locking(folder)
        const waiting = yield* Effect.fork(write("private/AddOrder", resting))
        yield* TestClock.adjust("4 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        // Reads need no lock, even of the same account.
        assert.deepStrictEqual(yield* open, [])
        other.exec("COMMIT")
        yield* TestClock.adjust("50 millis")
        assert.deepStrictEqual(yield* open, [txid(yield* Fiber.join(waiting))])
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  it.scoped("fails a write after five seconds, with nothing changed", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        yield* open
        const other = yield* locking(folder)
        const waiting = yield* Effect.fork(Effect.flip(write("private/AddOrder", resting)))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "KrakenUnavailable")
        other.exec("COMMIT")
        assert.deepStrictEqual(yield* open, [])
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )
})

describe("paper accounts", () => {
  it.scoped("belong to callers: what one does, no other sees", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        const order = yield* as("ann")(write("private/AddOrder", resting))
        yield* as("ann")(write("private/AddOrder", buy))
        assert.deepStrictEqual(yield* as("ann")(open), [txid(order)])
        assert.deepStrictEqual(yield* as("bob")(open), [])
        assert.deepStrictEqual(yield* open, [])
        assert.deepStrictEqual(yield* as("bob")(read("private/Balance")), { ZUSD: "10000.0000" })
        const other = yield* as("bob")(write("private/AddOrder", resting))
        assert.notStrictEqual(txid(other), txid(order))
        const refused = yield* Effect.flip(as("bob")(write("private/CancelOrder", { txid: txid(order) })))
        assert.deepInclude(refused, { _tag: "KrakenOrderError", codes: ["EOrder:Unknown order"] })
      }).pipe(Effect.provide(paperIn(folder)))
      assert.strictEqual(statSync(join(folder, "paper.db")).mode & 0o777, 0o600)
    })
  )

  it.scoped("begin with the balances of the settings, and are there again after a restart", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      const balances = { paperBalances: { EUR: "250.5", BTC: "2" } }
      const [order, before] = yield* Effect.all([
        write("private/AddOrder", { ...resting, type: "sell", price: "900000", cl_ord_id: "mine" }),
        read("private/BalanceEx")
      ]).pipe(Effect.provide(paperIn(folder, balances)))
      assert.deepInclude(before, {
        ZEUR: { balance: "250.5000", hold_trade: "0.0000" },
        XXBT: { balance: "2.0000000000", hold_trade: "0.0010000000" }
      })
      yield* TestClock.adjust("3 days")
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* open, [txid(order)])
        assert.deepStrictEqual(yield* read("private/BalanceEx"), before)
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  it.scoped("give errors the classes of real ones, and results the form of the wire", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        const tags = yield* Effect.forEach(
          [
            write("private/AddOrder", { ...buy, volume: "9999" }),
            write("private/Withdraw", { asset: "XBT", key: "nowhere", amount: "1" }),
            write("private/AddOrder", { ...buy, ordertype: "wish" }),
            write("private/AddOrder", { ...resting, deadline: "2026-11-27T08:59:00Z" }),
            read("public/Ticker", { pair: "NOPAIR" })
          ],
          (call) => Effect.map(Effect.flip(call), ({ _tag }) => _tag)
        )
        assert.deepStrictEqual(tags, [
          "KrakenOrderError",
          "KrakenFundingError",
          "KrakenArgumentsError",
          "KrakenOutcomeUnknown",
          "KrakenArgumentsError"
        ])
        assert.isNull(yield* read("private/CreditLines"))
        yield* write("private/AddOrder", buy)
        const trades = yield* read("private/TradesHistory")
        assert.deepStrictEqual(JSON.parse(JSON.stringify(trades)), trades)
        yield* write("private/AddExport", { report: "trades", description: "all" })
        yield* TestClock.adjust("1 minute")
        const reports = yield* read("private/ExportStatus", { report: "trades" })
        const { download } = yield* KrakenClient
        const zip = yield* download("private/RetrieveExport", { id: Object(reports)[0].id })
        assert.strictEqual(String.fromCharCode(...zip.subarray(0, 2)), "PK")
        // @ts-expect-error: only some endpoints answer with a file
        const balance = yield* Effect.flip(download("private/Balance", {}))
        assert.strictEqual(balance._tag, "KrakenUnavailable")
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  it.scoped("have a rate budget each, and the limits that hold now, whatever held before", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      const remaining = Effect.flatMap(RateBudget, ({ remaining }) =>
        Effect.map(remaining, ({ rest }) => rest.remaining)
      )
      yield* Effect.gen(function* () {
        yield* as("ann")(read("private/Ledgers"))
        assert.strictEqual(yield* as("ann")(remaining), 13)
        assert.strictEqual(yield* as("bob")(remaining), 15)
      }).pipe(Effect.provide(paperIn(folder, { tier: "starter" })))
      yield* Effect.provide(Effect.repeatN(write("private/AddOrder", resting), 60), paperIn(folder))
      yield* Effect.gen(function* () {
        assert.lengthOf(yield* open, 61)
        const refused = yield* Effect.flip(write("private/AddOrder", resting))
        assert.deepInclude(refused, { codes: ["EOrder:Orders limit exceeded"] })
      }).pipe(Effect.provide(paperIn(folder, { tier: "starter" })))
    })
  )

  it.scoped("evaluate what a write sends once", () =>
    Effect.gen(function* () {
      yield* morning
      let evaluations = 0
      const stamped = Effect.sync(() => ({ ...resting, userref: ++evaluations }))
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        yield* kraken.write("private/AddOrder", resting, { stamped })
        const { open } = Object(yield* read("private/OpenOrders"))
        assert.deepStrictEqual(
          Object.values(open).map((order) => Object(order).userref),
          [1]
        )
      }).pipe(Effect.provide(paperIn(yield* temporaryFolder)))
      assert.strictEqual(evaluations, 1)
    })
  )

  it.scoped("are told apart by the writer: one caller's withdrawal is no repetition of another's", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      const market = { kind: "synthetic", name: "a market" } as const
      const writer = KrakenWriterSettling.pipe(
        Layer.provide([RecordInMemory, NoApprovals, NoFeed]),
        Layer.provide([NamesKraken, PermissionCacheKraken]),
        Layer.provide([paperIn(folder, { paperBalances: { BTC: "1" } }), TestConfig()]),
        Layer.provideMerge(Layer.succeed(TradingMode, { mode: "paper", market }))
      )
      const withdraw = Effect.flatMap(KrakenWriter, ({ send }) =>
        send("private/Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.1" })
      )
      yield* Effect.gen(function* () {
        const first = yield* as("ann")(withdraw)
        const second = yield* as("bob")(withdraw)
        assert.isUndefined(second.duplicateOf)
        assert.notDeepEqual(second.result, first.result)
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(yield* as("ann")(withdraw), { duplicateOf: [String(Object(first.result).refid)] })
      }).pipe(Effect.provide(writer))
    })
  )

  it.scoped("notice a reset by another process, and begin anew with ids of their own", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      const reset = Effect.provide(
        Effect.flatMap(PaperAccounts, (accounts) => accounts.reset("local")),
        paperIn(folder, { paperBalances: { USD: "77" } })
      )
      yield* Effect.gen(function* () {
        const first = txid(yield* write("private/AddOrder", resting))
        yield* reset
        assert.deepStrictEqual(yield* read("private/Balance"), { ZUSD: "77.0000" })
        assert.deepStrictEqual(yield* open, [])
        const second = txid(yield* write("private/AddOrder", { ...resting, volume: "0.002" }))
        assert.notStrictEqual(second, first)
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  const broken: Record<string, readonly [statement: string, reason: RegExp]> = {
    "an entry that is no JSON": ["UPDATE journal SET params = '{' WHERE seq = 3", /JSON/],
    "an entry that is missing": ["DELETE FROM journal WHERE seq = 2", /entry 2/],
    "no entries": ["DELETE FROM journal", /no entries/],
    "an entry that now ends differently": [
      `UPDATE journal SET params = replace(params, '0.001', '9999') WHERE endpoint = 'private/AddOrder'`,
      /ended in "ok" and now ends in "EOrder:/
    ],
    "a journal of another format": ["UPDATE accounts SET format = 99", /format 99/]
  }

  it.scoped.each(Object.entries(broken))(
    "say what is wrong with %s, and how to start anew",
    ([, [statement, reason]]) =>
      Effect.gen(function* () {
        yield* morning
        const folder = yield* temporaryFolder
        yield* Effect.provide(write("private/AddOrder", resting), paperIn(folder))
        yield* tamper(folder, statement)
        yield* Effect.gen(function* () {
          for (const call of [read("private/Balance"), write("private/AddOrder", resting)]) {
            const error = yield* Effect.flip(call)
            assert.deepInclude(error, {
              _tag: "PaperAccountBroken",
              account: "local",
              file: join(folder, "paper.db")
            })
            assert.match(error.message, reason)
          }
          yield* Effect.flatMap(PaperAccounts, (accounts) => accounts.reset("local"))
          assert.deepStrictEqual(yield* read("private/Balance"), { ZUSD: "10000.0000" })
        }).pipe(Effect.provide(paperIn(folder)))
      })
  )

  it.scoped("do nothing that they can't keep", () =>
    Effect.gen(function* () {
      yield* morning
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        yield* write("private/AddOrder", resting)
        yield* tamper(
          folder,
          "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        const error = yield* Effect.flip(write("private/AddOrder", resting))
        assert.strictEqual(error._tag, "KrakenUnavailable")
        assert.include(error.message, "disk full")
        assert.lengthOf(yield* open, 1)
        yield* tamper(folder, "DROP TRIGGER full")
        yield* write("private/AddOrder", resting)
        assert.lengthOf(yield* open, 2)
      }).pipe(Effect.provide(paperIn(folder)))
    })
  )

  it.scoped("of a file from another version are not touched", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* tamper(folder, "PRAGMA user_version = 9")
      const error = yield* Effect.flip(Effect.provide(read("private/Balance"), paperIn(folder)))
      assert.strictEqual(error._tag, "DatabaseUnavailable")
      assert.match(error.message, /paper\.db .*another version/)
    })
  )
})
