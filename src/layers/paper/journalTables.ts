import type { Database } from "better-sqlite3"

/** The version of the tables, in `user_version`. */
export const layout = 2

/** Creates the tables, or those that a file of the first layout lacks. Throws for a file of another version. */
export const addTables = (db: Database): void => {
  const found = db.pragma("user_version", { simple: true })
  if (found !== 0 && found !== 1 && found !== layout)
    throw new Error(`it was written by another version of mcp-kraken (layout ${String(found)}, expected ${layout})`)
  if (found === layout) return
  if (found === 0) db.exec(firstTables)
  db.exec(addedTables)
  db.pragma(`user_version = ${layout}`)
}

const firstTables = `
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
`

/**
 * `accounts.seq` is the number of the last entry. `histories` numbers the histories of accounts; the key of a block is
 * that number times 2^32 plus its own number. Texts are compressed.
 */
const addedTables = `
  ALTER TABLE accounts ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
  UPDATE accounts SET seq = coalesce(
    (SELECT max(seq) FROM journal WHERE journal.account = accounts.account AND journal.market = accounts.market), 0
  );
  CREATE TABLE snapshots (
    account TEXT NOT NULL,
    market TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    format INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (account, market, seq)
  );
  CREATE TABLE histories (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    market TEXT NOT NULL,
    history TEXT NOT NULL,
    UNIQUE (account, market, history)
  );
  CREATE TABLE blocks (
    key INTEGER PRIMARY KEY,
    earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    counts TEXT NOT NULL,
    ids TEXT NOT NULL,
    body BLOB NOT NULL
  );
`
