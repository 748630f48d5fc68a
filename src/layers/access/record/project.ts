import type { Database } from "better-sqlite3"
import type { Event, Intent, Outcome, Refusal } from "../../../domain/record/events.ts"
import { intentColumns } from "./layout.ts"
import { statement } from "./statement.ts"

/**
 * The prefix of the projections' tables: those in the file, or temporary ones of a connection that compares them. A
 * temporary table of the same name would hide the one in the file.
 */
export type Place = "main." | "temp.rebuilt_"

/** Makes empty projections in temporary tables. */
export const makeTemporaryProjections = (db: Database): void => {
  dropTemporaryProjections(db)
  db.exec(`
    CREATE TABLE temp.rebuilt_intents (${intentColumns}) STRICT;
    CREATE TABLE temp.rebuilt_made (key TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (key, account, id, seq)) STRICT, WITHOUT ROWID;
  `)
}

export const dropTemporaryProjections = (db: Database): void => {
  db.exec("DROP TABLE IF EXISTS temp.rebuilt_intents; DROP TABLE IF EXISTS temp.rebuilt_made")
}

/** Updates the projections by one event. */
export const project = (db: Database, place: Place, seq: number, event: Event): void => {
  switch (event.kind) {
    case "intent":
      return begin(db, place, seq, event)
    case "outcome":
      return decide(db, place, seq, event)
    case "resolution":
      statement(
        db,
        `UPDATE ${place}intents SET state = ?, decided_at = ?, outcome_seq = ?, blocks = 0 WHERE seq = ? AND state = 'unknown'`
      ).run(event.outcome, event.at, seq, event.intent)
      return
    case "rekey":
      statement(db, `UPDATE ${place}intents SET key = ? WHERE key = ?`).run(event.to, event.from)
      statement(db, `UPDATE OR IGNORE ${place}made SET key = ? WHERE key = ?`).run(event.to, event.from)
      return
    case "restore":
      return
    case "prune":
      statement(
        db,
        `DELETE FROM ${place}made WHERE seq IN (SELECT seq FROM ${place}intents WHERE outcome_seq <= ? AND state IN ('happened', 'did-not-happen', 'refused'))`
      ).run(event.through)
      statement(
        db,
        `DELETE FROM ${place}intents WHERE outcome_seq <= ? AND state IN ('happened', 'did-not-happen', 'refused')`
      ).run(event.through)
      return
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
