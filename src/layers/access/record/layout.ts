import type { Layout } from "../../storage/immediateDatabase.ts"

/**
 * The columns of an intent as it stands: what its events add up to. Text columns that hold lists or objects are JSON.
 * `state` is `open` until an outcome is known, then `happened`, `did-not-happen` or `unknown`; `refused` if the write was
 * refused before it left.
 */
export const intentColumns = `
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  caller TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  identity TEXT,
  fingerprints TEXT NOT NULL,
  at INTEGER NOT NULL,
  leave_by INTEGER NOT NULL,
  expires INTEGER,
  state TEXT NOT NULL,
  decided_at INTEGER,
  outcome_seq INTEGER,
  ids TEXT NOT NULL,
  blocks INTEGER NOT NULL`

/**
 * The tables of `authority.db`. `events` is the record itself; `intents` and `made` are projections of it. `leases` says
 * which process works on an intent and until when (Unix milliseconds), and when that process saw it end (its monotonic
 * milliseconds): facts of the running processes, not of the record.
 */
export const layout: Layout = {
  applicationId: 0x6d_63_6b_61, // "mcka"
  migrations: [
    `
    CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT, body_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
    CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
    CREATE TABLE intents (${intentColumns}) STRICT;
    CREATE INDEX intents_open ON intents (key, account) WHERE state IN ('open', 'unknown');
    CREATE INDEX intents_identity ON intents (identity, key, account, state, decided_at) WHERE identity IS NOT NULL;
    CREATE INDEX intents_caller ON intents (key, account, caller, seq);
    CREATE TABLE made (key TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (key, account, id, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE leases (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL,
      settling INTEGER NOT NULL DEFAULT 0, ended INTEGER) STRICT;
    CREATE INDEX leases_held ON leases (owner) WHERE until > 0;
    `
  ]
}
