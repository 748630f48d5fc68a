import type { Database } from "better-sqlite3"
import type { Event, Intent, Outcome, Refusal } from "../../../domain/record/events.ts"
import {
  haltColumns,
  holdingColumns,
  intentColumns,
  mandateColumns,
  planColumns,
  spendColumns,
  useColumns,
  useSumColumns
} from "./layout.ts"
import type { Place } from "./place.ts"
import * as Plans from "./projectPlans.ts"
import * as Spending from "./projectSpending.ts"
import { statement } from "./statement.ts"

/** Makes empty projections in temporary tables. */
export const makeTemporaryProjections = (db: Database): void => {
  dropTemporaryProjections(db)
  db.exec(`
    CREATE TABLE temp.rebuilt_intents (${intentColumns}) STRICT;
    CREATE TABLE temp.rebuilt_made (key TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (key, account, id, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE temp.rebuilt_spends (${spendColumns}) STRICT;
    CREATE INDEX temp.rebuilt_spends_raising ON rebuilt_spends (of_seq, of_n) WHERE of_seq IS NOT NULL;
    CREATE TABLE temp.rebuilt_uses (${useColumns}) STRICT, WITHOUT ROWID;
    CREATE INDEX temp.rebuilt_uses_spend ON rebuilt_uses (seq, n);
    CREATE TABLE temp.rebuilt_use_sums (${useSumColumns}) STRICT, WITHOUT ROWID;
    CREATE TABLE temp.rebuilt_holdings (${holdingColumns}) STRICT, WITHOUT ROWID;
    CREATE TABLE temp.rebuilt_mandates (${mandateColumns}) STRICT;
    CREATE TABLE temp.rebuilt_halt (${haltColumns}) STRICT;
    CREATE TABLE temp.rebuilt_plans (${planColumns}) STRICT;
  `)
}

/** The projections. All but sums have a column of the row that wrote them or that they belong to. */
export const projections = [
  "intents",
  "made",
  "spends",
  "uses",
  "use_sums",
  "holdings",
  "mandates",
  "halt",
  "plans"
] as const

export const dropTemporaryProjections = (db: Database): void => {
  for (const table of projections) db.exec(`DROP TABLE IF EXISTS temp.rebuilt_${table}`)
}

/** Updates the projections by one event. */
export const project = (db: Database, place: Place, seq: number, event: Event): void => {
  switch (event.kind) {
    case "intent":
      begin(db, place, seq, event)
      Plans.carryOut(db, place, seq, event)
      return Spending.reserve(db, place, seq, event)
    case "outcome":
      decide(db, place, seq, event)
      return Spending.decideSpends(db, place, seq, event)
    case "resolution":
      statement(
        db,
        `UPDATE ${place}intents SET state = ?, decided_at = ?, outcome_seq = ?, blocks = 0 WHERE seq = ? AND state = 'unknown'`
      ).run(event.outcome, event.at, seq, event.intent)
      return Spending.resolveSpends(db, place, seq, event.intent, event.outcome === "happened")
    case "rekey":
      statement(db, `UPDATE ${place}intents SET key = ? WHERE key = ?`).run(event.to, event.from)
      statement(db, `UPDATE OR IGNORE ${place}made SET key = ? WHERE key = ?`).run(event.to, event.from)
      Plans.voidRekeyed(db, place, { at: event.at, seq }, event.from)
      statement(db, `UPDATE ${place}plans SET key = ? WHERE key = ?`).run(event.to, event.from)
      return Spending.rekeySpends(db, place, event.from, event.to)
    case "restore":
      return Plans.voidAll(db, place, { at: event.at, seq })
    case "secret":
      return
    case "fills":
      return Spending.fill(db, place, seq, event)
    case "mandate":
      Plans.voidChanged(db, place, seq, event)
      return Spending.changeMandate(db, place, seq, event)
    case "freeze":
      Plans.voidFrozen(db, place, seq, event)
      return Spending.freeze(db, place, seq, event)
    case "halt":
      if (event.halted) Plans.voidHalted(db, place, { at: event.at, seq })
      return Spending.halt(db, place, seq, event)
    case "plan":
      return Plans.plan(db, place, seq, event)
    case "answer":
      return Plans.answer(db, place, seq, event)
    case "prune": {
      const { through } = event
      statement(db, `DELETE FROM ${place}made WHERE seq IN (${Spending.prunable(place)})`).run({ through })
      // Intents come last, since they say which spends are prunable.
      const removed = statement(db, Spending.prunable(place)).pluck().all({ through })
      Spending.pruneSpends(db, place, seq, event)
      const remove = statement(db, `DELETE FROM ${place}intents WHERE seq = ?`)
      for (const intent of removed) remove.run(intent)
      return
    }
    case "refusal":
      return refuse(db, place, seq, event)
  }
}

const begin = (db: Database, place: Place, seq: number, intent: Intent): void => {
  statement(
    db,
    `INSERT INTO ${place}intents (seq, key, account, caller, endpoint, identity, fingerprints, at, leave_by, expires,
       state, decided_at, outcome_seq, ids, blocks)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL, '[]', 1)`
  ).run(
    seq,
    intent.key,
    intent.account,
    intent.actor.id,
    intent.endpoint,
    intent.identity ?? null,
    JSON.stringify(intent.fingerprints),
    intent.at,
    intent.leaveBy,
    intent.expires ?? null
  )
}

const refuse = (db: Database, place: Place, seq: number, { account, actor, at, endpoint, key }: Refusal): void => {
  statement(
    db,
    `INSERT INTO ${place}intents (seq, key, account, caller, endpoint, identity, fingerprints, at, leave_by, expires,
       state, decided_at, outcome_seq, ids, blocks)
     VALUES (?, ?, ?, ?, ?, NULL, '[]', ?, ?, NULL, 'refused', ?, ?, '[]', 0)`
  ).run(seq, key, account, actor.id, endpoint, at, at, at, seq)
}

const decide = (db: Database, place: Place, seq: number, outcome: Outcome): void => {
  const blocks = outcome.outcome === "unknown" && outcome.safeToRepeat !== true
  statement(
    db,
    `UPDATE ${place}intents SET state = ?, decided_at = ?, outcome_seq = ?, ids = ?, blocks = ?
     WHERE seq = ? AND state IN ('open', 'unknown')`
  ).run(outcome.outcome, outcome.at, seq, JSON.stringify(outcome.ids), blocks ? 1 : 0, outcome.intent)
  const insert = statement(
    db,
    `INSERT OR IGNORE INTO ${place}made (key, account, id, seq) SELECT key, account, ?, seq FROM ${place}intents WHERE seq = ?`
  )
  for (const id of outcome.ids) insert.run(id, outcome.intent)
}
