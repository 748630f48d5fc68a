import type { Database } from "better-sqlite3"
import { Duration } from "effect"
import type { Plan as PlanEvent } from "../../../domain/record/events.ts"
import { mostPlans } from "../../../services/Approvals.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { lease } from "../record/intents.ts"
import { statement } from "../record/statement.ts"
import { isInTime, planColumns, type PlanRow } from "./readPlans.ts"

/** The time in which a plan can be approved and carried out, in milliseconds. */
export const planTime = Duration.toMillis("10 minutes")

/**
 * The plan of an earlier call that is the same: it waits, was denied, or was sent. One that is void does not count, nor one
 * that Kraken did not carry out.
 */
export const standingPlan = (
  db: Database,
  at: number,
  { account, caller, hash, key }: Pick<PlanRow, "account" | "caller" | "hash" | "key">
): PlanRow | undefined =>
  (
    statement(
      db,
      `SELECT ${planColumns} FROM plans
       WHERE key = ? AND account = ? AND caller = ? AND hash = ? AND state <> 'void' AND expires > ?
         AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.seq = plans.intent AND i.state = 'did-not-happen')
       ORDER BY seq DESC`
    ).all(key, account, caller, hash, at) as ReadonlyArray<PlanRow>
  ).find((row) => isInTime(row, at))

/** Checks that a person can be asked: an operator secret is set. */
export const hasApprover = (db: Database): boolean => statement(db, "SELECT 1 FROM secret").get() !== undefined

/** The result of asking. */
export type Asked =
  | { readonly _tag: "Asked"; readonly head: Head; readonly expires: number }
  | { readonly _tag: "Standing"; readonly row: PlanRow }
  | { readonly _tag: "TooMany"; readonly plans: ReadonlyArray<number> }
  | { readonly _tag: "NoApprover" }

/**
 * Makes a plan, unless the same one stands, or too many of its caller wait. Runs inside a transaction. `process` is the one
 * that goes first when the plan is approved.
 */
export const askPlan = (
  db: Database,
  at: number,
  draft: Omit<PlanEvent, "at" | "expires" | "kind">,
  process: string
): Asked => {
  if (!hasApprover(db)) return { _tag: "NoApprover" }
  const { account, actor, hash, key } = draft
  const standing = standingPlan(db, at, { account, caller: actor.id, hash, key })
  if (standing !== undefined) return { _tag: "Standing", row: standing }
  const plans = statement(
    db,
    `SELECT seq FROM plans WHERE key = ? AND account = ? AND caller = ? AND state IN ('open', 'approved')
       AND intent IS NULL AND expires > ? ORDER BY seq`
  )
    .pluck()
    .all(key, account, actor.id, at) as ReadonlyArray<number>
  if (plans.length >= mostPlans) return { _tag: "TooMany", plans }
  const expires = at + planTime
  const head = append(db, { ...draft, kind: "plan", at, expires })
  statement(db, "INSERT OR REPLACE INTO plan_claims (plan, owner, until) VALUES (?, ?, ?)").run(
    head.seq,
    process,
    at + lease
  )
  return { _tag: "Asked", head, expires }
}
