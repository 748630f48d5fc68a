import { endpoints, isEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Actor, Plan as PlanEvent } from "../../../domain/record/events.ts"
import type { Channel, PlanState } from "../../../services/Approvals.ts"
import type { SecretInForce } from "../../../services/OperatorSecret.ts"
import { freeze } from "../mandates/administer.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { lease } from "../record/leases.ts"
import { frozen, mandateOf } from "../record/mandates.ts"
import { intactPlan, isInTime, type PlanRow, rowOf, stateOf } from "./readPlans.ts"
import { run, type Steps, value } from "../../storage/steps.ts"

/** The answers of a person to plans. All run inside a transaction, and `at` is now in Unix milliseconds. */

const operator: Actor = { id: "local" }

/** The result of an answer. `frozen` is the row that froze the caller, if that was wanted and it was not frozen yet. */
export type Answered =
  | { readonly _tag: "Answered"; readonly head: Head; readonly frozen?: Head }
  | { readonly _tag: "NoSuchPlan" }
  /** It does not wait for an answer: it was answered, or its time has passed. */
  | { readonly _tag: "Closed"; readonly state: PlanState; readonly frozen?: Head }
  /** It was found to be no longer what was asked for, and is void now. */
  | { readonly _tag: "Voided"; readonly reason: string; readonly frozen?: Head }
  /** Its caller, or everything, is frozen. */
  | { readonly _tag: "Frozen"; readonly refusal: Extract<NoRoom, { readonly _tag: "Frozen" }> }
  /** The secret with which it was approved is not in force any more. */
  | { readonly _tag: "OtherSecret" }

interface Answering {
  readonly plan: number
  readonly channel: Exclude<Channel, "server">
}

/**
 * Approves a plan, once. `secret` is what `OperatorSecret` returned when it verified the passphrase for this act. A person
 * cannot approve past a freeze, and limits are checked again when the plan is carried out.
 */
export function* approve(
  at: number,
  { channel, plan, secret }: Answering & { readonly secret: SecretInForce }
): Steps<Answered> {
  const inForce = yield* value("SELECT fingerprint FROM secret")
  if (inForce !== secret.fingerprint) return { _tag: "OtherSecret" }
  const row = yield* rowOf(plan)
  if (row === undefined) return { _tag: "NoSuchPlan" }
  const found = yield* findOpen(at, row)
  if (found._tag !== "Found") return found
  const barred = yield* frozenOf(row)
  if (barred !== undefined) return { _tag: "Frozen", refusal: barred }
  const head = yield* append({ kind: "answer", at, actor: operator, plan, answer: "approved", channel })
  // The process that asked carries it out, if it still runs.
  yield* run("UPDATE plan_claims SET until = ? WHERE plan = ?", at + lease, plan)
  return { _tag: "Answered", head }
}

/** Denies a plan. `freezes` also lets its caller only read and cancel from now on, even if the plan has ended. */
export function* deny(
  at: number,
  { channel, freezes, plan, reason }: Answering & { readonly freezes: boolean; readonly reason?: string | undefined }
): Steps<Answered> {
  const row = yield* rowOf(plan)
  if (row === undefined) return { _tag: "NoSuchPlan" }
  const found = yield* findOpen(at, row)
  const why = reason === undefined ? {} : { reason }
  const answered: Extract<Answered, { readonly _tag: "Answered" | "Closed" | "Voided" }> =
    found._tag === "Found"
      ? {
          _tag: "Answered",
          head: yield* append({ kind: "answer", at, actor: operator, plan, answer: "denied", channel, ...why })
        }
      : found
  const stopped = freezes
    ? yield* freeze(at, {
        caller: row.caller,
        name: (yield* intactPlan(row))?.actor.name,
        frozen: true,
        reason: reason ?? `a person denied approval ${plan}`
      })
    : undefined
  return stopped === undefined ? answered : { ...answered, frozen: stopped }
}

/** Notes that a plan cannot be carried out. Undefined if it was sent, or has ended. */
export function* voidPlan(at: number, plan: number, reason: string): Steps<Head | undefined> {
  const row = yield* rowOf(plan)
  if (row === undefined || row.intent !== null || (row.state !== "open" && row.state !== "approved")) return undefined
  return yield* append({ kind: "answer", at, actor: operator, plan, answer: "void", channel: "server", reason })
}

/**
 * Notes that an approved plan is carried out by writes that have rows of their own, in the step that checks that this was
 * not done before. Returns the reason if it cannot be carried out.
 */
export function* notePlanDone(at: number, plan: number): Steps<Head | string> {
  const row = yield* rowOf(plan)
  if (row === undefined || row.intent !== null || row.state !== "approved" || !isInTime(row, at))
    return row?.state === "done" ? "it was carried out already" : "it is not approved any more"
  return yield* append({ kind: "answer", at, actor: operator, plan, answer: "done", channel: "server" })
}

type Found = { readonly _tag: "Found" } | Extract<Answered, { readonly _tag: "Closed" | "Voided" }>

/** Checks that a plan waits for an answer. One that is not what was asked for becomes void. */
function* findOpen(at: number, row: PlanRow): Steps<Found> {
  const state = yield* stateOf(row, at)
  if (state._tag !== "Open") return { _tag: "Closed", state }
  const event = yield* intactPlan(row)
  const reason = event === undefined ? altered : yield* changedSince(event)
  if (reason === undefined) return { _tag: "Found" }
  yield* voidPlan(at, row.seq, reason)
  return { _tag: "Voided", reason }
}

/** The reason of a plan whose row was edited. */
export const altered = "its row in the record was altered"

/** The reason for which a plan is no longer what was asked for. The mandate of `local` comes from settings. */
export function* changedSince({ actor, claim }: PlanEvent): Steps<string | undefined> {
  return actor.id === "local" || (yield* mandateOf(actor.id))?.revision === claim.revision
    ? undefined
    : "the limits of its caller were changed"
}

/** Finds what keeps a plan's caller from writing. A cancel is always possible. */
export function* frozenOf({ caller, endpoint }: Pick<PlanRow, "caller" | "endpoint">) {
  return isEndpoint(endpoint) && endpoints[endpoint].moves === "cancels" ? undefined : yield* frozen({ caller })
}
