import type { Database } from "better-sqlite3"
import type { Answer, Freeze, Intent, MandateChange, Plan } from "../../../domain/record/events.ts"
import { namesThatMove } from "./endpointNames.ts"
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

/** Answers a plan. An answer is final, except that an approved plan becomes void if a later check of it
 * fails, or done. */
export const answer = (db: Database, place: Place, seq: number, { answer, at, plan }: Answer): void => {
  statement(
    db,
    `UPDATE ${place}plans SET state = @answer, answered_at = @at, answer_seq = @seq
     WHERE seq = @plan AND intent IS NULL AND ((state = 'open' AND @answer <> 'done') OR (state = 'approved' AND @answer IN ('void', 'done')))`
  ).run({ answer, at, seq, plan })
}

/** Notes the write that carries a plan out. */
export const carryOut = (db: Database, place: Place, seq: number, { approval }: Intent): void => {
  if (approval !== undefined)
    statement(db, `UPDATE ${place}plans SET intent = ? WHERE seq = ? AND intent IS NULL`).run(seq, approval)
}

/** A row that makes plans void. */
interface Cause {
  readonly at: number
  readonly seq: number
}

const waiting = "intent IS NULL AND state IN ('open', 'approved')"

/** Plans of cancels stay, since a caller that is frozen can cancel. */
const spares = `endpoint NOT IN (${namesThatMove("cancels")})`

const tokensOf = (place: Place) => `(SELECT token FROM ${place}mandates WHERE subject = @subject AND token IS NOT NULL)`

/** Makes the plans of a caller void that was frozen. */
export const voidFrozen = (db: Database, place: Place, seq: number, { at, frozen, subject }: Freeze): void => {
  if (!frozen) return
  statement(
    db,
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq
     WHERE ${waiting} AND ${spares} AND (caller = @subject OR caller IN ${tokensOf(place)})`
  ).run({ at, seq, subject })
}

/** Makes the plans of a mandate void that is changed. It has to run before the change. */
export const voidChanged = (db: Database, place: Place, seq: number, { at, subject, token }: MandateChange): void => {
  statement(
    db,
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq
     WHERE ${waiting} AND (caller = @token OR caller IN ${tokensOf(place)})`
  ).run({ at, seq, subject, token })
}

/** Makes all plans void, but not those of cancels. */
export const voidHalted = (db: Database, place: Place, { at, seq }: Cause): void => {
  statement(
    db,
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting} AND ${spares}`
  ).run({ at, seq })
}

/** Makes all plans void. */
export const voidAll = (db: Database, place: Place, { at, seq }: Cause): void => {
  statement(db, `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting}`).run({
    at,
    seq
  })
}

/** Makes the plans of a key void that is replaced. */
export const voidRekeyed = (db: Database, place: Place, { at, seq }: Cause, key: string): void => {
  statement(
    db,
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting} AND key = @key`
  ).run({ at, seq, key })
}
