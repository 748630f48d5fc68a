import { Either } from "effect"
import { readQuote } from "../../../domain/approvals/quote.ts"
import { isEndpoint, isWrite } from "../../../domain/endpoints/endpoints.ts"
import type { Event, Plan as PlanEvent } from "../../../domain/record/events.ts"
import type { Plan, PlanState } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { AccountName } from "../../../services/Principal.ts"
import { outcomeOf } from "../record/activity.ts"
import { type AccountsByKey, noAccountNames } from "../record/accountsByKey.ts"
import { hashBody } from "../record/chain.ts"
import { decodeEvent } from "../record/verify.ts"
import { type Bound, planHash } from "./planHash.ts"
import { all, first, type Steps } from "../../storage/steps.ts"

/** Reads plans. Times are Unix milliseconds, and `at` is now. */

/** A row of the table of plans. */
export interface PlanRow {
  readonly seq: number
  readonly key: string
  readonly account: string
  readonly caller: string
  readonly endpoint: string
  readonly hash: string
  readonly at: number
  readonly expires: number
  readonly state: "open" | "approved" | "denied" | "void" | "done"
  readonly answer_seq: number | null
  readonly intent: number | null
}

export const planColumns = "seq, key, account, caller, endpoint, hash, at, expires, state, answer_seq, intent"

/** Reads the row of a plan. */
export function* rowOf(id: number): Steps<PlanRow | undefined> {
  return yield* first<PlanRow>(`SELECT ${planColumns} FROM plans WHERE seq = ?`, id)
}

/** The parts of a recorded plan that its approval binds. */
export const boundOf = ({ account, actor, claim, endpoint, key, request, terms }: PlanEvent): Bound => ({
  account,
  caller: actor.id,
  endpoint,
  key,
  request,
  ...(claim.subject !== undefined &&
    claim.revision !== undefined &&
    terms !== undefined && { mandate: { subject: claim.subject, revision: claim.revision, terms } })
})

/**
 * Reads the event of a plan. Undefined if its row, its body or its hash were altered: they do not fit each other, or no
 * answer of a person fits a row that is approved.
 */
export function* intactPlan(row: PlanRow): Steps<PlanEvent | undefined> {
  const event = yield* intactEvent(row.seq)
  if (event === undefined || event.kind !== "plan" || (row.state === "approved" && !(yield* hasYes(row))))
    return undefined
  const fits =
    event.key === row.key &&
    event.account === row.account &&
    event.actor.id === row.caller &&
    event.endpoint === row.endpoint &&
    event.at === row.at &&
    event.expires === row.expires &&
    event.hash === row.hash &&
    planHash(boundOf(event)) === row.hash
  return fits ? event : undefined
}

/** Reads an event whose body is the one that was written. */
function* intactEvent(seq: number): Steps<Event | undefined> {
  const stored = yield* first<{ readonly body: string | null; readonly body_hash: string }>(
    "SELECT body, body_hash FROM events WHERE seq = ?",
    seq
  )
  return stored === undefined || stored.body === null || hashBody(stored.body) !== stored.body_hash
    ? undefined
    : Either.getOrUndefined(decodeEvent(stored.body))
}

function* hasYes({ answer_seq, seq }: PlanRow): Steps<boolean> {
  const answer = answer_seq === null ? undefined : yield* intactEvent(answer_seq)
  return answer?.kind === "answer" && answer.plan === seq && answer.answer === "approved"
}

/** Checks that the time of a plan has not passed. A clock that was set back to before it was made does not help. */
export const isInTime = ({ at, expires }: Pick<PlanRow, "at" | "expires">, now: number): boolean =>
  now < expires && now >= at - clockTolerance

/** Reads the state of a plan. */
export function* stateOf(row: PlanRow, at: number): Steps<PlanState> {
  if (row.intent !== null) {
    const outcome = yield* outcomeOf(row.intent)
    return { _tag: "Sent", intent: row.intent, ...(outcome._tag === "Some" && { outcome: outcome.value }) }
  }
  const answer = row.answer_seq === null ? undefined : yield* eventAt(row.answer_seq)
  const channel = answer?.kind === "answer" ? answer.channel : "server"
  const reason = answer?.kind === "answer" ? answer.reason : undefined
  switch (row.state) {
    case "denied":
      return { _tag: "Denied", channel, ...(reason !== undefined && { reason }) }
    case "void":
      return { _tag: "Void", reason: reason ?? reasonOf(answer) }
    case "done":
      return { _tag: "Done", row: row.answer_seq ?? row.seq }
    case "open":
      return isInTime(row, at) ? { _tag: "Open" } : { _tag: "Expired" }
    case "approved":
      return isInTime(row, at) ? { _tag: "Approved", channel } : { _tag: "Expired" }
  }
}

function* eventAt(seq: number): Steps<Event | undefined> {
  const found = yield* first<{ readonly body: string | null }>("SELECT body FROM events WHERE seq = ?", seq)
  return found === undefined || found.body === null ? undefined : Either.getOrUndefined(decodeEvent(found.body))
}

/** The reason for which a row that is no answer made a plan void. */
const reasonOf = (event: Event | undefined): string => {
  switch (event?.kind) {
    case "freeze":
      return "its caller was frozen"
    case "halt":
      return "all trading was stopped"
    case "mandate":
      return "the limits of its caller were changed"
    case "rekey":
      return "the API key was replaced"
    case "restore":
      return "the record was put back from a backup"
    default:
      return "a later check failed"
  }
}

/**
 * Reads a plan as it stands. Undefined if it was altered, or this version does not know its endpoint. `names` are the names of
 * Kraken accounts, which only operators see.
 */
export function* planOf(row: PlanRow, at: number, names: AccountsByKey = noAccountNames): Steps<Plan | undefined> {
  const event = yield* intactPlan(row)
  if (event === undefined || !isEndpoint(event.endpoint) || !isWrite(event.endpoint)) return undefined
  const { account, actor, asks, claim, endpoint, expires, quote, request, said, tolerance } = event
  const krakenAccount = names.get(row.key)
  return {
    id: row.seq,
    at: event.at,
    expires,
    caller: actor,
    account: AccountName(account),
    ...(krakenAccount !== undefined && { krakenAccount }),
    endpoint,
    request,
    claim,
    asks,
    quote: readQuote(quote),
    ...(said !== undefined && { said }),
    tolerance,
    state: yield* stateOf(row, at)
  }
}

/** Reads a plan by its number. Undefined if there is none that is intact. */
export function* show(at: number, id: number, names?: AccountsByKey): Steps<Plan | undefined> {
  const row = yield* rowOf(id)
  return row && (yield* planOf(row, at, names))
}

/** Lists the plans that wait for an answer, or for a server that sends them, oldest first. */
export function* listOpen(at: number, names?: AccountsByKey): Steps<ReadonlyArray<Plan>> {
  return yield* plansOf(
    at,
    names,
    yield* all<PlanRow>(
      `SELECT ${planColumns} FROM plans
       WHERE state IN ('open', 'approved') AND intent IS NULL AND expires > ? ORDER BY seq`,
      at
    )
  )
}

/** Lists the newest plans, in whatever state, newest first. */
export function* listNewest(at: number, limit: number, names?: AccountsByKey): Steps<ReadonlyArray<Plan>> {
  const rows = yield* all<PlanRow>(`SELECT ${planColumns} FROM plans ORDER BY seq DESC LIMIT ?`, limit)
  return yield* plansOf(at, names, rows)
}

function* plansOf(
  at: number,
  names: AccountsByKey | undefined,
  rows: ReadonlyArray<PlanRow>
): Steps<ReadonlyArray<Plan>> {
  const plans: Array<Plan> = []
  for (const row of rows) {
    const plan = yield* planOf(row, at, names)
    if (plan !== undefined) plans.push(plan)
  }
  return plans
}
