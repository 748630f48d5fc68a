import { Context, type Duration, type Effect, type Option, Schema } from "effect"
import type { Quote } from "../domain/approvals/quote.ts"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { Claim } from "../domain/mandates/claim.ts"
import type { Answer } from "../domain/record/events.ts"
import { escapeText } from "../domain/wire/escapeText.ts"
import type { KrakenAccountName } from "./KrakenAccount.ts"
import type { AccountName, Principal } from "./Principal.ts"
import type { Outcome, RecordUnavailable } from "./Record.ts"

/** The way by which a plan was answered. `server`: nobody answered it, since a check of it failed. */
export type Channel = Answer["channel"]

/** A write waits as a plan until a person answers it. Nothing was sent. */
export class ApprovalPending extends Schema.TaggedError<ApprovalPending>()("ApprovalPending", {
  call: Schema.String,
  /** The number of the plan. */
  plan: Schema.Int,
  expiresAt: Schema.DateTimeUtc,
  /** The rules that ask for a person, such as `funds`. */
  asks: Schema.Array(Schema.String)
}) {
  override get message() {
    const until = new Date(this.expiresAt.epochMillis).toISOString()
    return `${this.call} was not sent: it waits as approval ${this.plan} for a person (${escapeText(this.asks.join(", "))}), until ${until}.`
  }
}

/** A person said no to the same write. Nothing was sent. */
export class ApprovalDenied extends Schema.TaggedError<ApprovalDenied>()("ApprovalDenied", {
  call: Schema.String,
  plan: Schema.Int
}) {
  override get message() {
    return `${this.call} was not sent: a person denied it (approval ${this.plan}).`
  }
}

/** The same write was approved and sent a short time ago. Nothing was sent again. */
export class ApprovalUsed extends Schema.TaggedError<ApprovalUsed>()("ApprovalUsed", {
  call: Schema.String,
  plan: Schema.Int
}) {
  override get message() {
    return `${this.call} was not sent again: the same call was approved and sent as approval ${this.plan}.`
  }
}

/** A plan cannot be carried out. Nothing was sent. */
export class ApprovalVoid extends Schema.TaggedError<ApprovalVoid>()("ApprovalVoid", {
  call: Schema.String,
  plan: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `${this.call} was not sent: approval ${this.plan} is void, since ${escapeText(this.reason)}.`
  }
}

/** A caller has as many plans as can wait at once. Nothing was sent. */
export class TooManyPlans extends Schema.TaggedError<TooManyPlans>()("TooManyPlans", {
  call: Schema.String,
  /** The plans that wait. */
  plans: Schema.Array(Schema.Int)
}) {
  override get message() {
    return `${this.call} was not sent: it needs the approval of a person, and ${this.plans.length} other writes of this caller are waiting for theirs (${this.plans.join(", ")}).`
  }
}

/** A write needs the approval of a person, and no operator secret is set by which one could give it. Nothing was sent. */
export class NoApprover extends Schema.TaggedError<NoApprover>()("NoApprover", {
  call: Schema.String,
  asks: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.call} was not sent: it needs the approval of a person (${escapeText(this.asks.join(", "))}), and nobody is set up to give one.`
  }
}

/** Errors of a write that needs the approval of a person. */
export type ApprovalError = ApprovalPending | ApprovalDenied | ApprovalUsed | ApprovalVoid | TooManyPlans | NoApprover

/** The state of a plan. A plan is carried out at most once. */
export type PlanState =
  /** Nobody has answered it. */
  | { readonly _tag: "Open" }
  /** A person said yes, and no server has sent it yet. */
  | { readonly _tag: "Approved"; readonly channel: Channel }
  | { readonly _tag: "Denied"; readonly channel: Channel; readonly reason?: string }
  /** It cannot be carried out any more. */
  | { readonly _tag: "Void"; readonly reason: string }
  /** It is carried out by writes that have rows of their own, from the row after `row` on. */
  | { readonly _tag: "Done"; readonly row: number }
  /** Its time has passed before it was answered, or before a server could send it. */
  | { readonly _tag: "Expired" }
  /** It was sent as the write of the row `intent`. The outcome is absent as long as it is in flight. */
  | { readonly _tag: "Sent"; readonly intent: number; readonly outcome?: Outcome }

/** A write that waits for a person, or waited for one. */
export interface Plan {
  /** The number of its row in the record. */
  readonly id: number
  /** Unix milliseconds. */
  readonly at: number
  /** Unix milliseconds, from which on it can be neither approved nor carried out. */
  readonly expires: number
  /** The token that asked, with its owner's name for it, or `local`. */
  readonly caller: { readonly id: string; readonly name?: string }
  readonly account: AccountName
  /** The name of its Kraken account, if it was read for an operator and the accounts have names. */
  readonly krakenAccount?: KrakenAccountName
  readonly endpoint: WriteEndpoint
  /** The parameters of the caller, with names resolved. */
  readonly request: Params
  readonly claim: Claim
  readonly asks: ReadonlyArray<string>
  readonly quote: Quote
  /** The reason that the agent gave. An agent wrote it: it can be false, and hold any character. */
  readonly said?: string
  /** The percentage by which a price may have moved when it is carried out. */
  readonly tolerance: string
  readonly state: PlanState
}

/** A write that needs a person. */
export interface PlanDraft extends Pick<Plan, "asks" | "claim" | "endpoint" | "request" | "tolerance"> {
  readonly said?: string | undefined
}

/** The longest reason of an agent that is kept, in characters. */
export const longestReason = 500

/** The most plans of one caller that wait at the same time. */
export const mostPlans = 3

/**
 * Plans: writes that wait for a person. They are answered elsewhere, with the operator secret (`layers/access/approvals`),
 * and no tool can answer one. A plan reserves nothing, and is checked again when it is carried out.
 */
export class Approvals extends Context.Tag("mcp-kraken/services/Approvals")<
  Approvals,
  {
    /**
     * Makes a plan of a write, and fails with what its caller has to know: `ApprovalPending` with the plan. The same write
     * of the same caller gives the same plan, until it expires. `quote` is read only if a plan is made.
     */
    readonly ask: <R>(
      draft: PlanDraft,
      quote: Effect.Effect<Quote, never, R>
    ) => Effect.Effect<never, Exclude<ApprovalError, ApprovalVoid> | RecordUnavailable, Principal | R>
    /** Reads a plan of the principal's caller. None if the caller has no such plan. */
    readonly get: (id: number) => Effect.Effect<Option.Option<Plan>, RecordUnavailable, Principal>
    /** Waits until a plan of the principal's caller has ended, or a time has passed, and reads it. */
    readonly wait: (
      id: number,
      duration: Duration.DurationInput
    ) => Effect.Effect<Option.Option<Plan>, RecordUnavailable, Principal>
    /** Returns an approved plan that this is the write of. Fails for another request, caller, mandate or key. */
    readonly permit: (
      id: number,
      write: Pick<Plan, "endpoint" | "request">
    ) => Effect.Effect<Plan, ApprovalVoid | RecordUnavailable, Principal>
    /**
     * Claims the approved plans of this server's key that nobody carries out, if `permits` says that this process can. The
     * process that asked goes first. A claim ends after 15 s.
     */
    readonly claimApproved: (permits: (plan: Plan) => boolean) => Effect.Effect<ReadonlyArray<Plan>, RecordUnavailable>
    /** Keeps a claim for another 15 s. */
    readonly keep: (id: number) => Effect.Effect<void, RecordUnavailable>
    /**
     * Notes that an approved plan is carried out now, by writes that have rows of their own. Fails if that was noted before,
     * or it cannot be carried out.
     */
    readonly done: (id: number, call: WriteEndpoint) => Effect.Effect<void, ApprovalVoid | RecordUnavailable>
    /** Notes that a plan cannot be carried out. Does nothing if it was sent or has ended. */
    readonly voided: (id: number, reason: string) => Effect.Effect<void, RecordUnavailable>
  }
>() {}
