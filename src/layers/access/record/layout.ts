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
 * The columns of a spend: the most that a write can take, or of a closed one the amounts that left and came in. `n` is its
 * number in its intent. Rates and terms of an order are JSON. `reduces` is 1 if it takes only what its scope owns, and
 * `closed_seq` is the row of the event that closed it.
 */
export const spendColumns = `
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  subject TEXT,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,
  gets TEXT,
  counts TEXT NOT NULL,
  terms TEXT,
  cl_ord_id TEXT,
  txid TEXT,
  of_seq INTEGER,
  of_n INTEGER,
  parent_n INTEGER,
  reduces INTEGER NOT NULL,
  open_orders INTEGER NOT NULL,
  paid TEXT NOT NULL,
  got TEXT NOT NULL,
  closed_seq INTEGER,
  PRIMARY KEY (seq, n)`

/**
 * The columns of a use of a limit, in units of 10^-8 of its currency. `at` is the time of the fill or of the send, in Unix
 * milliseconds, and far in the future as long as the spend is open.
 */
export const useColumns = `
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  bucket TEXT NOT NULL,
  at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  part INTEGER NOT NULL,
  units INTEGER NOT NULL,
  PRIMARY KEY (scope, key, account, bucket, at, seq, n, part)`

/**
 * The columns of a sum of uses whose spends are closed, over a span of time that begins `at` a moment, both in milliseconds.
 * `whole` is its part in whole units of the currency, and `rest` that in units of 10^-8.
 */
export const useSumColumns = `
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  bucket TEXT NOT NULL,
  span INTEGER NOT NULL,
  at INTEGER NOT NULL,
  whole INTEGER NOT NULL,
  rest INTEGER NOT NULL,
  PRIMARY KEY (scope, key, account, bucket, span, at)`

/** Sums up the uses of a record that an earlier version wrote, over one span. */
const sumUses = (span: number): string => `INSERT INTO use_sums
  SELECT scope, key, account, bucket, ${span}, at / ${span} * ${span} AS start, sum(units / 100000000) AS whole, sum(units % 100000000) AS rest
  FROM uses WHERE at < 9000000000000000 GROUP BY scope, key, account, bucket, start
  HAVING sum(units / 100000000) <> 0 OR sum(units % 100000000) <> 0`

/**
 * The columns of an amount that a scope has gained by its writes. `amount` is the sum of all that came in, less what spends
 * took that only reduce. `net` is the same less all that left, and negative if that is more.
 */
export const holdingColumns = `
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount TEXT NOT NULL,
  net TEXT NOT NULL,
  PRIMARY KEY (scope, key, account, asset)`

/** The columns of a mandate. A row without terms is that of a caller without one that is or was frozen. */
export const mandateColumns = `
  subject TEXT PRIMARY KEY,
  token TEXT,
  revision INTEGER NOT NULL,
  terms TEXT,
  seq INTEGER NOT NULL,
  frozen_at INTEGER,
  frozen_by TEXT,
  frozen_why TEXT`

/** The columns of the stop, which has one row. */
export const haltColumns = `
  id INTEGER PRIMARY KEY CHECK (id = 1),
  halted INTEGER NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  why TEXT,
  seq INTEGER NOT NULL`

/**
 * The columns of a plan. `state` is `open`, `approved`, `denied` or `void`; an open or approved one whose time has passed is
 * expired. `answer_seq` is the row that changed the state, which of a void plan can be that of a freeze, for example.
 * `intent` is the row of the write that carried it out.
 */
export const planColumns = `
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  caller TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  state TEXT NOT NULL,
  answered_at INTEGER,
  answer_seq INTEGER,
  intent INTEGER`

/**
 * The columns of an alert of a caller. `condition` and `fired` are JSON. `since` and `watched_at` are times of Kraken: when
 * it was made, and up to when its event was looked for. The other times are ours. `told_at` is the time at which its caller
 * took the fired alert.
 */
export const alertColumns = `
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  account TEXT NOT NULL,
  caller TEXT NOT NULL,
  condition TEXT NOT NULL,
  since INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  watched_at INTEGER NOT NULL,
  fired_at INTEGER,
  fired TEXT,
  told_at INTEGER`

/**
 * The tables of `authority.db`. `events` is the record itself. `intents`, `made`, `spends`, `uses`, `use_sums`, `holdings`,
 * `mandates`, `halt` and `plans` are projections of it. The others are facts of the running processes, not of the record:
 * `leases` says which process works on an intent and until when (Unix milliseconds), and when that process saw it end (its
 * monotonic milliseconds); `dropped` lists intents whose requests can no longer leave, although their process works on them;
 * `window_time` is the latest time at which limits were checked, which never goes back; `calls` counts calls by the minute;
 * `plan_claims` says which process carries a plan out; `alerts` holds the alerts of callers. `secret` holds the hash of the
 * operator secret.
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
    `,
    `
    CREATE TABLE spends (${spendColumns}) STRICT;
    CREATE INDEX spends_open ON spends (key, account, subject) WHERE state = 'open';
    CREATE INDEX spends_client ON spends (cl_ord_id) WHERE cl_ord_id IS NOT NULL;
    CREATE INDEX spends_txid ON spends (txid) WHERE txid IS NOT NULL;
    CREATE TABLE uses (${useColumns}) STRICT, WITHOUT ROWID;
    CREATE INDEX uses_spend ON uses (seq, n);
    CREATE TABLE holdings (${holdingColumns}) STRICT, WITHOUT ROWID;
    CREATE TABLE mandates (${mandateColumns}) STRICT;
    CREATE UNIQUE INDEX mandates_token ON mandates (token) WHERE token IS NOT NULL;
    CREATE TABLE halt (${haltColumns}) STRICT;
    CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), salt TEXT NOT NULL, hash TEXT NOT NULL,
      parameters TEXT NOT NULL, fingerprint TEXT NOT NULL) STRICT;
    CREATE TABLE dropped (seq INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE window_time (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    CREATE TABLE calls (subject TEXT NOT NULL, minute INTEGER NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY (subject, minute)) STRICT, WITHOUT ROWID;
    `,
    `
    CREATE TABLE plans (${planColumns}) STRICT;
    CREATE INDEX plans_open ON plans (key, account, caller) WHERE state IN ('open', 'approved') AND intent IS NULL;
    CREATE TABLE plan_claims (plan INTEGER PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
    `,
    `
    CREATE TABLE use_sums (${useSumColumns}) STRICT, WITHOUT ROWID;
    CREATE INDEX spends_raising ON spends (of_seq, of_n) WHERE of_seq IS NOT NULL;
    ${sumUses(900_000)};
    ${sumUses(86_400_000)};
    `,
    `
    CREATE TABLE alerts (${alertColumns}) STRICT;
    CREATE INDEX alerts_waiting ON alerts (key, account, caller) WHERE fired_at IS NULL;
    `
  ]
}
