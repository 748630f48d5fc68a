import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import * as fc from "fast-check"
import { spawnSync } from "node:child_process"
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { asFine } from "../../asFine.ts"
import { openPaperAccounts, type TestPaperAccounts } from "../../doubles/TestPaperAccounts.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

const morning = Date.UTC(2026, 10, 27, 9)
const order = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.0001" }

/** Places and ends orders, one a second: two of three trade, one is cancelled. Two more stay open. */
const trade = (accounts: TestPaperAccounts, count: number, from = 0) => {
  for (let n = from; n < from + count; n++) {
    const now = morning + n * 1000
    if (n % 3 !== 2) accounts.write("AddOrder", { ...order, type: n % 2 === 0 ? "buy" : "sell" }, now)
    else {
      const resting = accounts.write("AddOrder", { ...order, ordertype: "limit", price: "1000", volume: "0.001" }, now)
      if (n > 10 && "result" in resting) accounts.write("CancelOrder", { txid: Object(resting.result).txid[0] }, now)
    }
  }
  return morning + (from + count) * 1000
}

const inFile = <A>(folder: string, use: (db: Database.Database) => A): A => {
  const db = new Database(join(folder, "paper.db"))
  try {
    return use(db)
  } finally {
    db.close()
  }
}

const count = (folder: string, table: string) =>
  inFile(folder, (db) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()))

/** Opens the accounts of a folder for one use, as a process that ends after it. */
const opened = <A>(folder: string, use: (accounts: TestPaperAccounts) => A, snapshotEvery?: number) =>
  Effect.scoped(Effect.map(openPaperAccounts(folder, snapshotEvery), use))

const refusal = <A>(folder: string, use: (accounts: TestPaperAccounts) => A) =>
  opened(folder, (accounts) => {
    try {
      use(accounts)
    } catch (error) {
      return error
    }
    return assert.fail("nothing was refused")
  })

const questions = (accounts: TestPaperAccounts, now: number) =>
  ["ClosedOrders", "TradesHistory", "Ledgers", "OpenOrders", "BalanceEx"].map((name) => accounts.read(name, {}, now))

describe("the journal of a paper account", () => {
  it.scoped("does not grow: it keeps two snapshots and the entries since the older one", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const end = yield* opened(folder, (accounts) => trade(accounts, 900), 50)
      assert.strictEqual(count(folder, "snapshots"), 2)
      assert.isAtMost(count(folder, "journal"), 110)
      assert.isAbove(count(folder, "blocks"), 10)
      const whole = yield* temporaryFolder
      yield* opened(whole, (accounts) => trade(accounts, 900), Infinity)
      const [compacted, kept] = yield* Effect.all(
        [folder, whole].map((one) =>
          opened(one, (accounts) => ({ state: accounts.state(end), answers: questions(accounts, end) }), Infinity)
        )
      )
      assert.deepStrictEqual(compacted, kept)
    })
  )

  it.scoped("of a version without snapshots is read, and compacted", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [end, before] = yield* opened(
        folder,
        (accounts) => {
          const end = trade(accounts, 900)
          return [end, accounts.state(end)] as const
        },
        Infinity
      )
      const entries = count(folder, "journal")
      inFile(folder, (db) => {
        for (const table of ["snapshots", "histories", "blocks"]) db.exec(`DROP TABLE ${table}`)
        db.exec("ALTER TABLE accounts DROP COLUMN seq; PRAGMA user_version = 1")
      })
      rmSync(join(folder, "paper-heads"), { recursive: true })
      // A question suffices.
      assert.deepStrictEqual(yield* opened(folder, (accounts) => accounts.state(end)), before)
      assert.strictEqual(count(folder, "snapshots"), 1)
      yield* opened(folder, (accounts) => trade(accounts, 900, 1000))
      assert.isBelow(count(folder, "journal"), entries)
    })
  )

  it.scoped("of the first version with snapshots is read", () =>
    Effect.gen(function* () {
      const golden = join(import.meta.dirname, "../../golden/state/2")
      const folder = yield* temporaryFolder
      copyFileSync(join(golden, "paper.db"), join(folder, "paper.db"))
      const { answers, end } = JSON.parse(readFileSync(join(golden, "expected.json"), "utf8"))
      yield* opened(folder, (accounts) => {
        for (const [name, { answer, params }] of Object.entries<{ readonly answer: object; readonly params: object }>(
          answers
        )) {
          const { result } = Object(accounts.read(name, params, end))
          assert.deepStrictEqual(asFine(JSON.parse(JSON.stringify(result)), answer), answer, name)
        }
      })
    })
  )

  it.scoped("is read from the older snapshot if the newer one is damaged", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const end = yield* opened(folder, (accounts) => trade(accounts, 200), 50)
      const state = (accounts: TestPaperAccounts) => accounts.state(end)
      const before = yield* opened(folder, state)
      inFile(folder, (db) =>
        db.exec("UPDATE snapshots SET body = x'0102' WHERE seq = (SELECT max(seq) FROM snapshots)")
      )
      assert.deepStrictEqual(yield* opened(folder, state), before)
      inFile(folder, (db) => db.exec("UPDATE snapshots SET body = x'0102'"))
      assert.deepInclude(yield* refusal(folder, state), { _tag: "PaperAccountBroken", account: "local" })
    })
  )

  it.scoped("says so if a block of a history is missing, and answers all else", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const end = yield* opened(folder, (accounts) => trade(accounts, 400), 50)
      inFile(folder, (db) =>
        db.exec(
          `UPDATE blocks SET body = x'00'
           WHERE key % 4294967296 = 0 AND key / 4294967296 IN (SELECT number FROM histories WHERE history LIKE '% ledger')`
        )
      )
      const total = yield* opened(folder, (accounts) => {
        assert.property(accounts.read("BalanceEx", {}, end), "result")
        return Number(Object(accounts.read("Ledgers", {}, end)).result.count)
      })
      const error = yield* refusal(folder, (accounts) => accounts.read("Ledgers", { ofs: total - 20 }, end))
      assert.deepInclude(error, { _tag: "PaperAccountBroken", file: join(folder, "paper.db") })
    })
  )
})

describe("a crash", () => {
  const program = join(import.meta.dirname, "../../programs/paperCrash.ts")
  const loader = join(import.meta.dirname, "../../../scripts/typescript.mjs")
  const steps = fc.sample(fc.integer({ min: 20, max: 160 }), { numRuns: 5, seed: 21 })

  it.effect.each(steps)(
    "at step %i of the journal loses no answered order, and the account goes on",
    (step) =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const { signal, stdout } = spawnSync(process.execPath, ["--import", loader, program, folder, String(step)], {
          encoding: "utf8"
        })
        assert.strictEqual(signal, "SIGKILL")
        const answered = stdout.trim().split("\n")
        const end = morning + 3_600_000
        const orders = yield* opened(folder, (accounts) => {
          const { orders } = accounts.state(end) as { readonly orders: Readonly<Record<string, unknown>> }
          assert.includeMembers(Object.keys(orders), answered)
          // At most the one order whose answer was cut off.
          assert.isAtMost(Object.keys(orders).length, answered.length + 1)
          trade(accounts, 20, 4000)
          return accounts.state(end + 3_600_000)
        })
        assert.deepStrictEqual(yield* opened(folder, (accounts) => accounts.state(end + 3_600_000)), orders)
      }).pipe(Effect.scoped),
    30_000
  )
})

describe("entries that are lost", () => {
  const state = (accounts: TestPaperAccounts) => accounts.state(morning + 86_400_000)

  it.scoped("at the end of the journal are noticed, and nothing is changed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const end = yield* opened(folder, (accounts) => trade(accounts, 30))
      inFile(folder, (db) => db.exec("DELETE FROM journal WHERE seq > 25"))
      const bytes = readFileSync(join(folder, "paper.db"))
      const error = yield* refusal(folder, (accounts) => accounts.write("AddOrder", order, end))
      assert.deepInclude(error, { _tag: "PaperAccountBroken", account: "local" })
      assert.match(String(Object(error).reason), /entries 26 to \d+ are missing/)
      assert.deepStrictEqual(readFileSync(join(folder, "paper.db")), bytes)
    })
  )

  it.scoped("with the end of the write-ahead log are noticed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const log = join(folder, "paper.db-wal")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const accounts = yield* openPaperAccounts(folder)
          trade(accounts, 30)
          for (const name of ["paper.db", "paper.db-wal"])
            copyFileSync(join(folder, name), join(folder, `${name}.copy`))
        })
      )
      // As a process leaves them that is killed, and then the log loses its end.
      for (const name of ["paper.db", "paper.db-wal"]) copyFileSync(join(folder, `${name}.copy`), join(folder, name))
      truncateSync(log, Math.floor(statSync(log).size / 2))
      const error = yield* refusal(folder, state)
      assert.deepInclude(error, { _tag: "PaperAccountBroken", account: "local" })
      assert.match(String(Object(error).reason), /^the file is older than the account/)
    })
  )

  it.scoped("with a newer file are noticed, until the operator goes on from the older one or resets it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const backup = join(folder, "backup")
      yield* opened(folder, (accounts) => trade(accounts, 30))
      copyFileSync(join(folder, "paper.db"), backup)
      const before = yield* opened(folder, state)
      yield* opened(folder, (accounts) => trade(accounts, 30, 40))
      copyFileSync(backup, join(folder, "paper.db"))
      assert.match(String(Object(yield* refusal(folder, state)).reason), /^the file is older than the account/)
      yield* opened(folder, (accounts) => accounts.accept())
      assert.deepStrictEqual(yield* opened(folder, state), before)

      yield* opened(folder, (accounts) => trade(accounts, 30, 40))
      copyFileSync(backup, join(folder, "paper.db"))
      yield* opened(folder, (accounts) => accounts.reset(morning))
      yield* opened(folder, state)
    })
  )

  it.scoped("with the whole file are lost on purpose: accounts begin anew", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* opened(folder, (accounts) => trade(accounts, 10))
      rmSync(join(folder, "paper.db"))
      assert.deepNestedInclude(yield* opened(folder, (accounts) => accounts.read("ClosedOrders", {}, morning)), {
        "result.count": 0
      })
    })
  )
})
