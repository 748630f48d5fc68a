import type { Database } from "better-sqlite3"
import type { Plan } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { lease } from "../record/intents.ts"
import { statement } from "../record/statement.ts"
import { altered, voidPlan } from "./answerPlan.ts"
import { intactPlan, isInTime, planColumns, planOf, type PlanRow } from "./readPlans.ts"

/** The claims of processes on plans that they carry out. Times are Unix milliseconds, and `at` is now. */

/** Lists the approved plans of a key that were not sent, oldest first. */
export const approvedPlans = (db: Database, at: number, key: string): ReadonlyArray<PlanRow> =>
  (
    statement(
      db,
      `SELECT ${planColumns} FROM plans INDEXED BY plans_open
       WHERE key = ? AND state IN ('open', 'approved') AND intent IS NULL AND state = 'approved' ORDER BY seq`
    ).all(key) as ReadonlyArray<PlanRow>
  ).filter((row) => isInTime(row, at))

/**
 * Claims the approved plans that no other process has claimed, if `permits` says that this one can send them: it also gets
 * the hash of the mandate under which the plan was asked for. A plan that was altered becomes void. Runs inside a
 * transaction.
 */
export const claimPlans = (
  db: Database,
  at: number,
  key: string,
  process: string,
  permits: (plan: Plan, terms: string | undefined) => boolean
): ReadonlyArray<Plan> =>
  approvedPlans(db, at, key).flatMap((row) => {
    if (isClaimed(db, at, row.seq, process)) return []
    const [event, plan] = [intactPlan(db, row), planOf(db, row, at)]
    if (event === undefined || plan === undefined) {
      voidPlan(db, at, row.seq, altered)
      return []
    }
    if (!permits(plan, event.terms)) return []
    claim(db, at, row.seq, process)
    return [plan]
  })

/** A claim that ends later than it could have been made to end is the work of a clock that was set back since. */
const isClaimed = (db: Database, at: number, plan: number, process: string): boolean => {
  const found = statement(db, "SELECT owner, until FROM plan_claims WHERE plan = ?").get(plan) as
    | { readonly owner: string; readonly until: number }
    | undefined
  return (
    found !== undefined && found.owner !== process && found.until > at && found.until <= at + lease + clockTolerance
  )
}

/** Claims a plan, and removes the claims of plans that cannot be carried out any more. */
const claim = (db: Database, at: number, plan: number, process: string): void => {
  statement(
    db,
    `DELETE FROM plan_claims WHERE plan NOT IN
       (SELECT seq FROM plans WHERE state IN ('open', 'approved') AND intent IS NULL)`
  ).run()
  statement(
    db,
    `INSERT INTO plan_claims (plan, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (plan) DO UPDATE SET owner = excluded.owner, until = excluded.until`
  ).run(plan, process, at + lease)
}

/** Keeps the claim of a process for another 15 s. */
export const keepClaim = (db: Database, at: number, plan: number, process: string): void => {
  statement(db, "UPDATE plan_claims SET until = ? WHERE plan = ? AND owner = ?").run(at + lease, plan, process)
}
