import type { Plan } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { lease } from "../record/leases.ts"
import { altered, voidPlan } from "./answerPlan.ts"
import { intactPlan, isInTime, planColumns, planOf, type PlanRow } from "./readPlans.ts"
import { all, first, run, type Steps } from "../../storage/steps.ts"

/** The claims of processes on plans that they carry out. Times are Unix milliseconds, and `at` is now. */

/** Lists the approved plans of a key that were not sent, oldest first. */
export function* approvedPlans(at: number, key: string): Steps<ReadonlyArray<PlanRow>> {
  return (yield* all<PlanRow>(
    `SELECT ${planColumns} FROM plans INDEXED BY plans_open
       WHERE key = ? AND state IN ('open', 'approved') AND intent IS NULL AND state = 'approved' ORDER BY seq`,
    key
  )).filter((row) => isInTime(row, at))
}

/**
 * Claims the approved plans that no other process has claimed, if `permits` says that this one can send them: it also gets
 * the hash of the mandate under which the plan was asked for. A plan that was altered becomes void. Runs inside a
 * transaction.
 */
export function* claimPlans(
  at: number,
  key: string,
  process: string,
  permits: (plan: Plan, terms: string | undefined) => boolean
): Steps<ReadonlyArray<Plan>> {
  const claimed: Array<Plan> = []
  for (const row of yield* approvedPlans(at, key)) {
    if (yield* isClaimed(at, row.seq, process)) continue
    const event = yield* intactPlan(row)
    const plan = yield* planOf(row, at)
    if (event === undefined || plan === undefined) yield* voidPlan(at, row.seq, altered)
    else if (permits(plan, event.terms)) {
      yield* claim(at, row.seq, process)
      claimed.push(plan)
    }
  }
  return claimed
}

/** A claim that ends later than it could have been made to end is the work of a clock that was set back since. */
function* isClaimed(at: number, plan: number, process: string): Steps<boolean> {
  const found = yield* first<{ readonly owner: string; readonly until: number }>(
    "SELECT owner, until FROM plan_claims WHERE plan = ?",
    plan
  )
  return (
    found !== undefined && found.owner !== process && found.until > at && found.until <= at + lease + clockTolerance
  )
}

/** Claims a plan, and removes the claims of plans that cannot be carried out any more. */
function* claim(at: number, plan: number, process: string): Steps<void> {
  yield* run(`DELETE FROM plan_claims WHERE plan NOT IN
       (SELECT seq FROM plans WHERE state IN ('open', 'approved') AND intent IS NULL)`)
  yield* run(
    `INSERT INTO plan_claims (plan, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (plan) DO UPDATE SET owner = excluded.owner, until = excluded.until`,
    plan,
    process,
    at + lease
  )
}

/** Keeps the claim of a process for another 15 s. */
export function* keepClaim(at: number, plan: number, process: string): Steps<void> {
  yield* run("UPDATE plan_claims SET until = ? WHERE plan = ? AND owner = ?", at + lease, plan, process)
}
