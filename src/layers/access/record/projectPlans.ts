import type { Database } from "better-sqlite3"
import type { Answer, Intent, Plan } from "../../../domain/record/events.ts"
import type { Place } from "./place.ts"
import { statement } from "./statement.ts"

/** Adds a plan. */
export const plan = (db: Database, place: Place, seq: number, event: Plan): void => {
  const { account, actor, at, endpoint, expires, hash, key } = event
  statement(
    db,
    `INSERT INTO ${place}plans (seq, key, account, caller, endpoint, hash, at, expires, state, answered_at, answer_seq,
       intent)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL, NULL)`
  ).run(seq, key, account, actor.id, endpoint, hash, at, expires)
}

/** Answers a plan. An answer is final, except that an approved plan becomes void if a later check of it fails. */
export const answer = (db: Database, place: Place, seq: number, { answer, at, plan }: Answer): void => {
  statement(
    db,
    `UPDATE ${place}plans SET state = ?, answered_at = ?, answer_seq = ?
     WHERE seq = ? AND intent IS NULL AND (state = 'open' OR (state = 'approved' AND ? = 'void'))`
  ).run(answer, at, seq, plan, answer)
}

/** Notes the write that carries a plan out. */
export const carryOut = (db: Database, place: Place, seq: number, { approval }: Intent): void => {
  if (approval !== undefined)
    statement(db, `UPDATE ${place}plans SET intent = ? WHERE seq = ? AND intent IS NULL`).run(seq, approval)
}
