import { Clock, DateTime, Duration, Effect, Layer, Option } from "effect"
import { randomUUID } from "node:crypto"
import type { Plan as PlanEvent } from "../../../domain/record/events.ts"
import {
  ApprovalDenied,
  ApprovalPending,
  Approvals,
  ApprovalUsed,
  ApprovalVoid,
  longestReason,
  NoApprover,
  type Plan,
  type PlanDraft,
  TooManyPlans
} from "../../../services/Approvals.ts"
import { noteReceipt } from "../../../services/CallContext.ts"
import { Config } from "../../../services/Config.ts"
import { Notifier } from "../../../services/Notifier.ts"
import { Principal } from "../../../services/Principal.ts"
import { RecordUnavailable } from "../../../services/Record.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { makeAuthorityFile } from "../mandates/authorityFile.ts"
import { authorityOf } from "../record/authority.ts"
import { receiptOf } from "../record/chain.ts"
import { logHead } from "../record/logHead.ts"
import { recordKeyOf } from "../record/recordKey.ts"
import { altered, notePlanDone, voidPlan } from "./answerPlan.ts"
import { askPlan, hasApprover, standingPlan } from "./askPlan.ts"
import { approvedPlans, claimPlans, keepClaim } from "./claimPlans.ts"
import { type Bound, planHash, termsHash } from "./planHash.ts"
import { planOf, type PlanRow, rowOf } from "./readPlans.ts"

/** The pause between two looks at a plan that is waited for. */
const pause = "250 millis"

/** The most characters of a rule's name that are kept. */
const longestAsk = 200

/** Plans in `authority.db` of the state folder. The file is opened on first use, and made only for a plan. */
export const ApprovalsSql = Layer.scoped(
  Approvals,
  Effect.gen(function* () {
    const config = yield* Config
    const key = recordKeyOf(config)
    const { notify } = yield* Notifier
    const { read, write } = yield* makeAuthorityFile(yield* authorityOf(config))
    const process = randomUUID()
    const localTerms = Option.getOrUndefined(Option.map(config.localMandate, (terms) => termsHash({ terms })))

    /** The call as its approval binds it: with the caller and its mandate of now. */
    const boundBy = ({ endpoint, request }: Pick<PlanDraft, "endpoint" | "request">) =>
      Effect.map(Principal, ({ account, caller, mandate }): Bound => ({
        account,
        caller: caller.id,
        endpoint,
        key,
        request,
        mandate: Option.getOrUndefined(
          Option.map(mandate, (own) => ({ subject: own.subject, revision: own.revision, terms: termsHash(own) }))
        )
      }))

    /** Reads a plan of the principal's caller. */
    const get = Effect.fn("Approvals.get")(function* (id: number) {
      const { account, caller } = yield* Principal
      const found = yield* read(function* ({ wall }) {
        const row = yield* rowOf(id)
        const isOwn = row?.key === key && row.account === account && row.caller === caller.id
        return row !== undefined && isOwn ? yield* planOf(row, wall) : undefined
      })
      return Option.flatMap(found, Option.fromNullable)
    }, Effect.mapError(unavailable))

    return Approvals.of({
      ask: Effect.fn("Approvals.ask")(function* (draft, quote) {
        const { endpoint: call } = draft
        const { caller } = yield* Principal
        const bound = yield* boundBy(draft)
        const hash = planHash(bound)
        const earlier = yield* Effect.mapError(
          read(function* ({ wall }) {
            return {
              standing: yield* standingPlan(wall, { ...bound, hash }),
              hasApprover: yield* hasApprover()
            }
          }),
          unavailable
        )
        if (!Option.exists(earlier, ({ hasApprover }) => hasApprover))
          return yield* new NoApprover({ call, asks: draft.asks })
        const standing = Option.flatMapNullable(earlier, ({ standing }) => standing)
        if (Option.isSome(standing)) return yield* errorOf(standing.value, draft)
        const event = eventOf(draft, {
          bound,
          hash,
          actor: caller._tag === "Token" ? { id: caller.id, name: caller.name } : { id: caller.id },
          quote: yield* quote
        })
        const asked = yield* Effect.mapError(
          write((at) => askPlan(at, event, process)),
          unavailable
        )
        switch (asked._tag) {
          case "NoApprover":
            return yield* new NoApprover({ call, asks: draft.asks })
          case "Standing":
            return yield* errorOf(asked.row, draft)
          case "TooMany":
            return yield* new TooManyPlans({ call, plans: asked.plans })
          case "Asked": {
            const { seq: plan } = asked.head
            yield* logHead(asked.head)
            yield* noteReceipt(receiptOf(asked.head))
            yield* Effect.logWarning("A write waits for the approval of a person", {
              approval: plan,
              caller: caller.id,
              endpoint: call,
              asks: draft.asks.join(", ")
            })
            yield* notify({
              _tag: "ApprovalAsked",
              caller: caller._tag === "Token" ? caller.name : caller.id,
              endpoint: call,
              plan
            })
            const expiresAt = DateTime.unsafeMake(asked.expires)
            return yield* new ApprovalPending({ call, plan, expiresAt, asks: draft.asks })
          }
        }
      }),

      get,

      wait: Effect.fn("Approvals.wait")(function* (id, duration) {
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
        for (;;) {
          const plan = yield* get(id)
          if (!Option.exists(plan, isPending) || (yield* Clock.currentTimeMillis) >= until) return plan
          yield* Effect.sleep(pause)
        }
      }),

      permit: Effect.fn("Approvals.permit")(function* (id, { endpoint, request }) {
        const bound = yield* boundBy({ endpoint, request })
        const found = yield* Effect.mapError(
          read(function* ({ wall }) {
            const row = yield* rowOf(id)
            if (row === undefined) return "there is no such plan"
            const plan = yield* planOf(row, wall)
            if (plan === undefined) return altered
            if (plan.claim.revision !== bound.mandate?.revision) return "the limits of its caller were changed"
            if (planHash(bound) !== row.hash) return "it was given for another call"
            return plan.state._tag === "Approved" ? plan : describeState(plan)
          }),
          unavailable
        )
        const plan = Option.getOrElse(found, () => "there is no such plan")
        return typeof plan === "string" ? yield* new ApprovalVoid({ call: endpoint, plan: id, reason: plan }) : plan
      }),

      claimApproved: Effect.fnUntraced(function* (permits) {
        // Nearly always there is nothing to claim, and a look takes no lock.
        const some = yield* read(function* ({ wall }) {
          return (yield* approvedPlans(wall, key)).length > 0
        })
        if (!Option.contains(some, true)) return []
        return yield* write((at) =>
          claimPlans(
            at,
            key,
            process,
            // The mandate of `local` comes from settings, and a process with others leaves the plan to one with the same.
            (plan, terms) => (plan.caller.id !== "local" || terms === localTerms) && permits(plan)
          )
        )
      }, Effect.mapError(unavailable)),

      keep: (id) =>
        Effect.mapError(
          write((at) => keepClaim(at, id, process)),
          unavailable
        ),

      done: Effect.fn("Approvals.done")(function* (plan, call) {
        const noted = yield* Effect.mapError(
          write((at) => notePlanDone(at, plan)),
          unavailable
        )
        if (typeof noted === "string") return yield* new ApprovalVoid({ call, plan, reason: noted })
        yield* logHead(noted)
      }),

      voided: Effect.fn("Approvals.voided")(function* (id, reason) {
        const head = yield* write((at) => voidPlan(at, id, reason))
        if (head !== undefined) yield* logHead(head)
      }, Effect.mapError(unavailable))
    })
  })
)

const unavailable = ({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason })

/** A plan that waits for a person, for a server, or for its outcome. */
const isPending = ({ state }: Plan): boolean =>
  state._tag === "Open" || state._tag === "Approved" || (state._tag === "Sent" && state.outcome === undefined)

/** The reason for which a plan cannot be carried out in its state. */
const describeState = ({ state }: Plan): string => {
  switch (state._tag) {
    case "Open":
      return "nobody has approved it"
    case "Denied":
      return "a person denied it"
    case "Void":
      return state.reason
    case "Done":
      return `it was carried out already, after row ${state.row}`
    case "Sent":
      return `it was carried out already, as row ${state.intent}`
    default:
      return "its time has passed"
  }
}

/** The error of a call for which the same plan stands. */
const errorOf = ({ expires, intent, seq: plan, state }: PlanRow, { asks, endpoint: call }: PlanDraft) => {
  if (intent !== null || state === "done") return new ApprovalUsed({ call, plan })
  return state === "denied"
    ? new ApprovalDenied({ call, plan })
    : new ApprovalPending({ call, plan, expiresAt: DateTime.unsafeMake(expires), asks })
}

/** The event of a plan, without its times. Texts of others are cut. */
const eventOf = (
  { asks, claim, endpoint, request, said, tolerance }: PlanDraft,
  { actor, bound, hash, quote }: Pick<PlanEvent, "actor" | "hash" | "quote"> & { readonly bound: Bound }
): Omit<PlanEvent, "at" | "expires" | "kind"> => ({
  actor,
  key: bound.key,
  account: bound.account,
  endpoint,
  request,
  claim,
  asks: asks.map((ask) => ask.slice(0, longestAsk)),
  quote,
  tolerance,
  hash,
  ...(said !== undefined && { said: said.slice(0, longestReason) }),
  ...(bound.mandate !== undefined && { terms: bound.mandate.terms })
})
