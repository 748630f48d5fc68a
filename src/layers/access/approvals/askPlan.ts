import { Duration } from "effect"
import type { Plan as PlanEvent } from "../../../domain/record/events.ts"
import { mostPlans } from "../../../services/Approvals.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { lease } from "../record/leases.ts"
import { isInTime, planColumns, type PlanRow } from "./readPlans.ts"
import { all, column, exists, run, type Steps } from "../../storage/steps.ts"

/** The time in which a plan can be approved and carried out, in milliseconds. */
export const planTime = Duration.toMillis("10 minutes")

/**
 * The plan of an earlier call that is the same: it waits, was denied, or was sent. One that is void does not count, nor one
 * that Kraken did not carry out.
 */
export function* standingPlan(
  at: number,
  { account, caller, hash, key }: Pick<PlanRow, "account" | "caller" | "hash" | "key">
): Steps<PlanRow | undefined> {
  return (yield* all<PlanRow>(
    `SELECT ${planColumns} FROM plans
       WHERE key = ? AND account = ? AND caller = ? AND hash = ? AND state <> 'void' AND expires > ?
         AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.seq = plans.intent AND i.state = 'did-not-happen')
       ORDER BY seq DESC`,
    key,
    account,
    caller,
    hash,
    at
  )).find((row) => isInTime(row, at))
}

/** Checks that a person can be asked: an operator secret is set. */
export function* hasApprover(): Steps<boolean> {
  return yield* exists("SELECT 1 FROM secret")
}

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
export function* askPlan(at: number, draft: Omit<PlanEvent, "at" | "expires" | "kind">, process: string): Steps<Asked> {
  if (!(yield* hasApprover())) return { _tag: "NoApprover" }
  const { account, actor, hash, key } = draft
  const standing = yield* standingPlan(at, { account, caller: actor.id, hash, key })
  if (standing !== undefined) return { _tag: "Standing", row: standing }
  const plans = yield* column<number>(
    `SELECT seq FROM plans WHERE key = ? AND account = ? AND caller = ? AND state IN ('open', 'approved')
       AND intent IS NULL AND expires > ? ORDER BY seq`,
    key,
    account,
    actor.id,
    at
  )
  if (plans.length >= mostPlans) return { _tag: "TooMany", plans }
  const expires = at + planTime
  const head = yield* append({ ...draft, kind: "plan", at, expires })
  yield* run(
    `INSERT INTO plan_claims (plan, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (plan) DO UPDATE SET owner = excluded.owner, until = excluded.until`,
    head.seq,
    process,
    at + lease
  )
  return { _tag: "Asked", head, expires }
}
