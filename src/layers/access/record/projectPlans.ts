import type { Answer, Freeze, Intent, MandateChange, Plan } from "../../../domain/record/events.ts"
import { namesThatMove } from "./endpointNames.ts"
import type { Place } from "./place.ts"
import { run, type Steps } from "../../storage/steps.ts"

/** Adds a plan. */
export function* plan(place: Place, seq: number, event: Plan): Steps<void> {
  const { account, actor, at, endpoint, expires, hash, key } = event
  yield* run(
    `INSERT INTO ${place}plans (seq, key, account, caller, endpoint, hash, at, expires, state, answered_at, answer_seq,
       intent)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL, NULL)`,
    seq,
    key,
    account,
    actor.id,
    endpoint,
    hash,
    at,
    expires
  )
}

/** Answers a plan. An answer is final, except that an approved plan becomes void if a later check of it
 * fails, or done. */
export function* answer(place: Place, seq: number, { answer, at, plan }: Answer): Steps<void> {
  yield* run(
    `UPDATE ${place}plans SET state = @answer, answered_at = @at, answer_seq = @seq
     WHERE seq = @plan AND intent IS NULL AND ((state = 'open' AND @answer <> 'done') OR (state = 'approved' AND @answer IN ('void', 'done')))`,
    { answer, at, seq, plan }
  )
}

/** Notes the write that carries a plan out. */
export function* carryOut(place: Place, seq: number, { approval }: Intent): Steps<void> {
  if (approval !== undefined)
    yield* run(`UPDATE ${place}plans SET intent = ? WHERE seq = ? AND intent IS NULL`, seq, approval)
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
export function* voidFrozen(place: Place, seq: number, { at, frozen, subject }: Freeze): Steps<void> {
  if (!frozen) return
  yield* run(
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq
     WHERE ${waiting} AND ${spares} AND (caller = @subject OR caller IN ${tokensOf(place)})`,
    { at, seq, subject }
  )
}

/** Makes the plans of a mandate void that is changed. It has to run before the change. */
export function* voidChanged(place: Place, seq: number, { at, subject, token }: MandateChange): Steps<void> {
  yield* run(
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq
     WHERE ${waiting} AND (caller = @token OR caller IN ${tokensOf(place)})`,
    { at, seq, subject, token }
  )
}

/** Makes all plans void, but not those of cancels. */
export function* voidHalted(place: Place, { at, seq }: Cause): Steps<void> {
  yield* run(
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting} AND ${spares}`,
    { at, seq }
  )
}

/** Makes all plans void. */
export function* voidAll(place: Place, { at, seq }: Cause): Steps<void> {
  yield* run(`UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting}`, {
    at,
    seq
  })
}

/** Makes the plans of a key void that is replaced. */
export function* voidRekeyed(place: Place, { at, seq }: Cause, key: string): Steps<void> {
  yield* run(
    `UPDATE ${place}plans SET state = 'void', answered_at = @at, answer_seq = @seq WHERE ${waiting} AND key = @key`,
    { at, seq, key }
  )
}
