import type { Database } from "better-sqlite3"
import { endpoints, isEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Actor, Plan as PlanEvent } from "../../../domain/record/events.ts"
import type { Channel, PlanState } from "../../../services/Approvals.ts"
import type { SecretInForce } from "../../../services/OperatorSecret.ts"
import { freeze } from "../mandates/administer.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { lease } from "../record/intents.ts"
import { frozen, mandateOf } from "../record/mandates.ts"
import { statement } from "../record/statement.ts"
import { intactPlan, isInTime, type PlanRow, rowOf, stateOf } from "./readPlans.ts"

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
export const approve = (
  db: Database,
  at: number,
  { channel, plan, secret }: Answering & { readonly secret: SecretInForce }
): Answered => {
  const inForce = statement(db, "SELECT fingerprint FROM secret").pluck().get()
  if (inForce !== secret.fingerprint) return { _tag: "OtherSecret" }
  const row = rowOf(db, plan)
  if (row === undefined) return { _tag: "NoSuchPlan" }
  const found = findOpen(db, at, row)
  if (found._tag !== "Found") return found
  const barred = frozenOf(db, row)
  if (barred !== undefined) return { _tag: "Frozen", refusal: barred }
  const head = append(db, { kind: "answer", at, actor: operator, plan, answer: "approved", channel })
  // The process that asked carries it out, if it still runs.
  statement(db, "UPDATE plan_claims SET until = ? WHERE plan = ?").run(at + lease, plan)
  return { _tag: "Answered", head }
}

/** Denies a plan. `freezes` also lets its caller only read and cancel from now on, even if the plan has ended. */
export const deny = (
  db: Database,
  at: number,
  { channel, freezes, plan, reason }: Answering & { readonly freezes: boolean; readonly reason?: string | undefined }
): Answered => {
  const row = rowOf(db, plan)
  if (row === undefined) return { _tag: "NoSuchPlan" }
  const found = findOpen(db, at, row)
  const why = reason === undefined ? {} : { reason }
  const answered: Extract<Answered, { readonly _tag: "Answered" | "Closed" | "Voided" }> =
    found._tag === "Found"
      ? {
          _tag: "Answered",
          head: append(db, { kind: "answer", at, actor: operator, plan, answer: "denied", channel, ...why })
        }
      : found
  const stopped = freezes
    ? freeze(db, at, {
        caller: row.caller,
        name: intactPlan(db, row)?.actor.name,
        frozen: true,
        reason: reason ?? `a person denied approval ${plan}`
      })
    : undefined
  return stopped === undefined ? answered : { ...answered, frozen: stopped }
}

/** Notes that a plan cannot be carried out. Undefined if it was sent, or has ended. */
export const voidPlan = (db: Database, at: number, plan: number, reason: string): Head | undefined => {
  const row = rowOf(db, plan)
  if (row === undefined || row.intent !== null || (row.state !== "open" && row.state !== "approved")) return undefined
  return append(db, { kind: "answer", at, actor: operator, plan, answer: "void", channel: "server", reason })
}

/**
 * Notes that an approved plan is carried out by writes that have rows of their own, in the step that checks that this was
 * not done before. Returns the reason if it cannot be carried out.
 */
export const notePlanDone = (db: Database, at: number, plan: number): Head | string => {
  const row = rowOf(db, plan)
  if (row === undefined || row.intent !== null || row.state !== "approved" || !isInTime(row, at))
    return row?.state === "done" ? "it was carried out already" : "it is not approved any more"
  return append(db, { kind: "answer", at, actor: operator, plan, answer: "done", channel: "server" })
}

type Found = { readonly _tag: "Found" } | Extract<Answered, { readonly _tag: "Closed" | "Voided" }>

/** Checks that a plan waits for an answer. One that is not what was asked for becomes void. */
const findOpen = (db: Database, at: number, row: PlanRow): Found => {
  const state = stateOf(db, row, at)
  if (state._tag !== "Open") return { _tag: "Closed", state }
  const event = intactPlan(db, row)
  const reason = event === undefined ? altered : changedSince(db, event)
  if (reason === undefined) return { _tag: "Found" }
  voidPlan(db, at, row.seq, reason)
  return { _tag: "Voided", reason }
}

/** The reason of a plan whose row was edited. */
export const altered = "its row in the record was altered"

/** The reason for which a plan is no longer what was asked for. The mandate of `local` comes from settings. */
export const changedSince = (db: Database, { actor, claim }: PlanEvent): string | undefined =>
  actor.id === "local" || mandateOf(db, actor.id)?.revision === claim.revision
    ? undefined
    : "the limits of its caller were changed"

/** Finds what keeps a plan's caller from writing. A cancel is always possible. */
export const frozenOf = (db: Database, { caller, endpoint }: Pick<PlanRow, "caller" | "endpoint">) =>
  isEndpoint(endpoint) && endpoints[endpoint].moves === "cancels" ? undefined : frozen(db, { caller })
