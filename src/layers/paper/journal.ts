import type { Database, Transaction } from "better-sqlite3"
import { Effect, Schema, type Scope } from "effect"
import { existsSync } from "node:fs"
import { type DatabaseUnavailable, openFile, retryWhileLocked, unavailable } from "../storage/databaseFile.ts"
import type { AccountId } from "./accountId.ts"
import { type AccountHeads, forgetHeads, makeAccountHeads } from "./accountHeads.ts"
import { addTables, layout } from "./journalTables.ts"
import { type Block, makeSnapshotStatements, type Snapshot, type SnapshotStore } from "./snapshotStore.ts"

/** A command that was executed. */
export interface Entry {
  /** Counts from 1 without a gap. */
  readonly seq: number
  /** Unix milliseconds, never less than in the entry before. */
  readonly at: number
  readonly endpoint: string
  /** JSON. */
  readonly params: string
  /** `ok`, or the error of a refusal. */
  readonly outcome: string
}

/** The header of an account's entries. Each reset begins a new generation, whose entries count from 1. */
export interface Head {
  readonly generation: number
  /** The version of the engine that gives the entries their meaning. */
  readonly format: number
  /** The number of the last entry, 0 if there is none yet. */
  readonly seq: number
}

/**
 * The commands of all simulated accounts in one SQLite file, which several processes can use at once, and snapshots of
 * what they have led to. Entries before the older of an account's two snapshots are deleted. All of it is synchronous, so
 * that a transaction reads, computes and writes in one step of this process. The lock of the file is never held while
 * another fiber runs.
 */
export interface Journal extends SnapshotStore {
  readonly file: string
  readonly heads: AccountHeads
  /** Runs in an immediate transaction: all that is written in it is stored, or nothing if it throws. */
  readonly alone: <A>(run: () => A) => A
  /** Runs in a transaction that reads: everything is read as it is at its beginning. */
  readonly reading: <A>(run: () => A) => A
  readonly head: (id: AccountId) => Head | undefined
  /** Returns an account's first entries after a number, at most {@link mostEntries}. */
  readonly after: (id: AccountId, seq: number) => ReadonlyArray<Entry>
  readonly append: (id: AccountId, entry: Entry) => void
  /** Begins the first or the next generation, which has no entries yet. */
  readonly begin: (id: AccountId, format: number) => void
  /** Takes the last of the entries that follow each other from a number on for the account's last one. Returns its number. */
  readonly endAfter: (id: AccountId, seq: number) => number
  readonly list: () => ReadonlyArray<AccountId>
}

export type { Block, Snapshot }

/** Entries that are read at once. */
export const mostEntries = 5000

/**
 * Opens the file, and creates it if it is missing. While another process holds the file, each operation blocks the event
 * loop for `busyTimeout` milliseconds at most, and then throws.
 */
export const openJournal = (
  file: string,
  busyTimeout = 5000
): Effect.Effect<Journal, DatabaseUnavailable, Scope.Scope> => {
  const opened = openFile(
    file,
    () => import("../storage/driver.ts"),
    ({ default: Sqlite }) =>
      Effect.try({
        try: () => {
          const db = new Sqlite(file, { timeout: busyTimeout })
          db.pragma("journal_mode = WAL")
          return db
        },
        catch: unavailable(file, "opened")
      })
  )
  // Without the file all accounts begin anew.
  const forgotten = Effect.sync(() => {
    if (!existsSync(file)) forgetHeads(file)
  })
  return Effect.acquireRelease(Effect.zipRight(forgotten, opened), (db) => Effect.sync(() => db.close())).pipe(
    Effect.flatMap((db) =>
      retryWhileLocked(Effect.try({ try: () => makeJournal(file, db), catch: unavailable(file, "used") }))
    )
  )
}

const makeJournal = (file: string, db: Database): Journal => {
  if (db.pragma("user_version", { simple: true }) !== layout) db.transaction(() => addTables(db)).immediate()
  const statements = {
    head: db.prepare("SELECT generation, format, seq FROM accounts WHERE account = ? AND market = ?"),
    after: db.prepare(
      `SELECT seq, at, endpoint, params, outcome FROM journal
       WHERE account = ? AND market = ? AND seq > ? ORDER BY seq LIMIT ${mostEntries}`
    ),
    append: db.prepare(
      "INSERT INTO journal (account, market, seq, at, endpoint, params, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    setLast: db.prepare("UPDATE accounts SET seq = ? WHERE account = ? AND market = ?"),
    deleteEntries: db.prepare("DELETE FROM journal WHERE account = ? AND market = ?"),
    begin: db.prepare(
      `INSERT INTO accounts (account, market, generation, format, seq) VALUES (?, ?, 1, ?, 0)
       ON CONFLICT DO UPDATE SET generation = generation + 1, format = excluded.format, seq = 0`
    ),
    list: db.prepare("SELECT account, market FROM accounts ORDER BY account, market")
  }
  const snapshots = makeSnapshotStatements(file, db)
  const transaction: Transaction<(run: () => unknown) => unknown> = db.transaction((run: () => unknown) => run())
  const after = ({ account, market }: AccountId, seq: number) =>
    decodeEntries(statements.after.all(account, market, seq))
  return {
    ...snapshots,
    file,
    heads: makeAccountHeads(file),
    alone: <A>(run: () => A) => transaction.immediate(run) as A,
    reading: <A>(run: () => A) => transaction.deferred(run) as A,
    head: ({ account, market }) => {
      const head = statements.head.get(account, market)
      return head === undefined ? undefined : decodeHead(head)
    },
    after,
    append: ({ account, market }, { at, endpoint, outcome, params, seq }) => {
      statements.append.run(account, market, seq, at, endpoint, params, outcome)
      statements.setLast.run(seq, account, market)
    },
    begin: (id, format) => {
      const { account, market } = id
      statements.deleteEntries.run(account, market)
      snapshots.forget(id)
      statements.begin.run(account, market, format)
    },
    endAfter: (id, seq) => {
      let last = seq
      for (let entries = after(id, last); entries[0]?.seq === last + 1; entries = after(id, last))
        for (const entry of entries) {
          if (entry.seq !== last + 1) break
          last = entry.seq
        }
      statements.setLast.run(last, id.account, id.market)
      return last
    },
    list: () => decodeIds(statements.list.all())
  }
}

const decodeHead = Schema.decodeUnknownSync(
  Schema.Struct({ generation: Schema.Int, format: Schema.Int, seq: Schema.Int })
)

const decodeIds = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ account: Schema.String, market: Schema.String }))
)

const decodeEntries = Schema.decodeUnknownSync(
  Schema.Array(
    Schema.Struct({
      seq: Schema.Int,
      at: Schema.Int,
      endpoint: Schema.String,
      params: Schema.String,
      outcome: Schema.String
    })
  )
)
