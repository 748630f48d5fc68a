import type { Database, Transaction } from "better-sqlite3"
import { Effect, Schema, type Scope } from "effect"
import { type DatabaseUnavailable, openFile, retryWhileLocked, unavailable } from "../storage/databaseFile.ts"

/** A simulated account: the account of a caller on one kind of market. */
export interface AccountId {
  /** The id of a bearer token, or `local`. */
  readonly account: string
  readonly market: string
}

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
}

/**
 * The commands of all simulated accounts in one SQLite file, which several processes can use at once. All of it is
 * synchronous, so that a transaction reads, computes and writes in one step of this process. The lock of the file is never
 * held while another fiber runs.
 */
export interface Journal {
  readonly file: string
  /** Runs in an immediate transaction: all that is written in it is stored, or nothing if it throws. */
  readonly alone: <A>(run: () => A) => A
  /** Returns an account's head and its entries after `known.seq`, or all entries if its generation is another. */
  readonly read: (
    id: AccountId,
    known: { readonly generation: number; readonly seq: number } | undefined
  ) => { readonly head: Head; readonly entries: ReadonlyArray<Entry> } | undefined
  readonly append: (id: AccountId, entry: Entry) => void
  /** Begins the first or the next generation, which has no entries yet. */
  readonly begin: (id: AccountId, format: number) => void
  readonly list: () => ReadonlyArray<AccountId>
}

/** The version of the tables, in `user_version`. */
const layout = 1

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
  return Effect.acquireRelease(opened, (db) => Effect.sync(() => db.close())).pipe(
    Effect.flatMap((db) =>
      retryWhileLocked(Effect.try({ try: () => makeJournal(file, db), catch: unavailable(file, "used") }))
    )
  )
}

const makeJournal = (file: string, db: Database): Journal => {
  db.transaction(() => createTables(db)).immediate()
  const statements = {
    head: db.prepare("SELECT generation, format FROM accounts WHERE account = ? AND market = ?"),
    after: db.prepare(
      "SELECT seq, at, endpoint, params, outcome FROM journal WHERE account = ? AND market = ? AND seq > ? ORDER BY seq"
    ),
    append: db.prepare(
      "INSERT INTO journal (account, market, seq, at, endpoint, params, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    deleteEntries: db.prepare("DELETE FROM journal WHERE account = ? AND market = ?"),
    begin: db.prepare(
      `INSERT INTO accounts (account, market, generation, format) VALUES (?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET generation = generation + 1, format = excluded.format`
    ),
    list: db.prepare("SELECT account, market FROM accounts ORDER BY account, market")
  }
  const transaction: Transaction<(run: () => unknown) => unknown> = db.transaction((run: () => unknown) => run())
  return {
    file,
    alone: <A>(run: () => A) => transaction.immediate(run) as A,
    read: ({ account, market }, known) => {
      const both = () => {
        const head = statements.head.get(account, market)
        if (head === undefined) return undefined
        const checked = decodeHead(head)
        const seq = known?.generation === checked.generation ? known.seq : 0
        return { head: checked, entries: decodeEntries(statements.after.all(account, market, seq)) }
      }
      return transaction(both) as ReturnType<typeof both>
    },
    append: ({ account, market }, { at, endpoint, outcome, params, seq }) => {
      statements.append.run(account, market, seq, at, endpoint, params, outcome)
    },
    begin: ({ account, market }, format) => {
      statements.deleteEntries.run(account, market)
      statements.begin.run(account, market, format)
    },
    list: () => decodeIds(statements.list.all())
  }
}

const createTables = (db: Database): void => {
  const found = db.pragma("user_version", { simple: true })
  if (found !== 0 && found !== layout)
    throw new Error(`it was written by another version of mcp-kraken (layout ${String(found)}, expected ${layout})`)
  db.exec(`
    CREATE TABLE IF NOT EXISTS accounts (
      account TEXT NOT NULL,
      market TEXT NOT NULL,
      generation INTEGER NOT NULL,
      format INTEGER NOT NULL,
      PRIMARY KEY (account, market)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS journal (
      account TEXT NOT NULL,
      market TEXT NOT NULL,
      seq INTEGER NOT NULL,
      at INTEGER NOT NULL,
      endpoint TEXT NOT NULL,
      params TEXT NOT NULL,
      outcome TEXT NOT NULL,
      PRIMARY KEY (account, market, seq)
    ) WITHOUT ROWID;
    PRAGMA user_version = ${layout};
  `)
}

const decodeHead = Schema.decodeUnknownSync(Schema.Struct({ generation: Schema.Int, format: Schema.Int }))

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
