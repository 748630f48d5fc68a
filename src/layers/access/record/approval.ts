import type { Intent } from "../../../domain/record/events.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { first, type Steps } from "../../storage/steps.ts"

/**
 * Finds the reason for which an intent cannot be the one that carries out the plan that it names: the plan was not approved,
 * its time has passed, or an intent has done it already. It runs in the transaction that records the intent, so that a plan
 * is carried out at most once.
 */
export function* approvalFault(
  at: number,
  { account, actor, approval, endpoint, key }: Pick<Intent, "account" | "actor" | "approval" | "endpoint" | "key">
): Steps<string | undefined> {
  if (approval === undefined) return undefined
  const plan = yield* first<{
    readonly at: number
    readonly expires: number
    readonly state: string
    readonly intent: number | null
  }>(
    `SELECT at, expires, state, intent FROM plans
     WHERE seq = ? AND key = ? AND account = ? AND caller = ? AND endpoint = ?`,
    approval,
    key,
    account,
    actor.id,
    endpoint
  )
  if (plan === undefined) return "it was given for another call"
  if (plan.intent !== null) return `it was carried out already, as row ${plan.intent}`
  if (plan.state !== "approved") return plan.state === "open" ? "nobody has approved it" : `it is ${plan.state}`
  return at < plan.expires && at >= plan.at - clockTolerance ? undefined : "its time has passed"
}
