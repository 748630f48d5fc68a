import { Context, type Effect, type Option, Schema } from "effect"
import type { Claim, Progress } from "../domain/mandates/claim.ts"
import type { Facts, FactsNeeded } from "../domain/mandates/facts.ts"
import type { Mandate, ServerLimits } from "../domain/mandates/mandate.ts"
import type { LimitUsage, NoRoom, OpenSpend, Usage } from "../domain/mandates/room.ts"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { OutcomeName } from "../domain/record/events.ts"
import type { Stop } from "./Halt.ts"
import type { AccountName, Principal } from "./Principal.ts"

/** The record cannot be read or written. A write whose intent cannot be recorded is not sent. */
export class RecordUnavailable extends Schema.TaggedError<RecordUnavailable>()("RecordUnavailable", {
  /** A sentence for the operator, with the path of the file. */
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** A write that is ready to be sent. */
export interface IntentDraft {
  readonly endpoint: WriteEndpoint
  /** The parameters as prepared, with the ids by which the write can be found again. */
  readonly params: Params
  /** JSON that settling needs beside the parameters: readings of the account from before the write. */
  readonly before?: unknown
  /** Equal for two writes that would do the same to the same account. Absent if repeating it does no harm. */
  readonly identity?: string
  /** Terms by which the write will appear on the account, and which another write can share. */
  readonly fingerprints: ReadonlyArray<string>
  /** The time after leaving in which Kraken can still carry it out, in milliseconds; absent if there is no limit. */
  readonly expiresAfter?: number
  /** The most that it can take. Absent if no limit concerns it. */
  readonly claim?: Claim
  /** The number of the plan that it carries out. */
  readonly approval?: number
}

/** A recorded intent that this process works on. */
export interface IntentRef {
  /** The number of its row; counts from 1. */
  readonly seq: number
  readonly account: AccountName
  /** The name of the process that works on it, made when that process started. */
  readonly owner: string
  /** The latest moment at which its request may leave, in Unix milliseconds. */
  readonly leaveBy: number
}

/** The head of the record after a row was written, such as `42:9f86d081884c7d65`. */
export type Receipt = string

/** An earlier write with the same identity. */
export interface Earlier {
  readonly seq: number
  /** Another process works on it at this moment. */
  readonly isElsewhere: boolean
  /** Milliseconds until it stops blocking identical writes; absent if it blocks until it is decided. */
  readonly blocksFor?: number
}

/** An identical write that stands in the way of another one. */
export type Obstacle =
  /** It is in flight or has just happened. */
  | { readonly _tag: "Duplicate"; readonly of: Earlier }
  /** Its outcome is unknown. */
  | { readonly _tag: "Blocked"; readonly by: Earlier }

/** The answer to a request to record an intent. `NoRoom`: a limit does not allow it, and nothing was recorded. */
export type Admission =
  | { readonly _tag: "Begun"; readonly intent: IntentRef; readonly receipt: Receipt }
  | Obstacle
  | { readonly _tag: "NoRoom"; readonly refusal: NoRoom }
  /** The plan that it names was not approved for it, or was carried out already. Nothing was recorded. */
  | { readonly _tag: "NotApproved"; readonly reason: string }

/** The limits under which a write is judged, beside the mandate of its principal. */
export interface Limits {
  /** The limits of the server. Absent: there are none. */
  readonly server?: ServerLimits
  /** Kraken's clock in Unix milliseconds. Windows count by it or by ours, whichever is less. */
  readonly krakenTime?: number
  /** A report of the account, against which balances to keep are judged. Absent if nothing has to be kept. */
  readonly report?: BalanceReport
}

/** The facts of earlier writes by which a write is judged. */
export interface RecordFacts extends Required<Pick<Facts, "leveraged" | "owned" | "usedClientIds">> {
  /** The reason for which the principal has no room for any write of this kind: it is frozen, or too fast. */
  readonly barred: Option.Option<NoRoom>
  /**
   * The owned assets of which orders that are open in the record, of the same callers, might have left more: buys that were
   * filled meanwhile, and sales that were cancelled.
   */
  readonly unsettled: ReadonlySet<string>
}

/** The balances of the account as Kraken reported them. */
export interface BalanceReport {
  /** The available amounts, without those that open orders hold, by display name of the asset. */
  readonly available: { readonly [asset: string]: string }
  /** The number of the newest row before the report was asked for. */
  readonly asOf: number
}

/** The outcome of a write, as far as it is known. */
export interface Outcome {
  readonly outcome: OutcomeName
  /** The `_tag` of the error that the caller gets. */
  readonly error?: string
  readonly reason?: string
  /** The check that a person can make if the outcome is unknown. */
  readonly check?: string
  /** An identical write does not have to wait, although the outcome is unknown. */
  readonly safeToRepeat?: boolean
  /** Ids that Kraken gave to what the write made. */
  readonly ids: ReadonlyArray<string>
  /** Kraken's result without secrets; needed to answer duplicates. */
  readonly result?: unknown
  /** The way in which the outcome was found out, if Kraken's answer did not show it, and the state that was found. */
  readonly how?: string
  readonly state?: string
}

/** An intent whose process has ended before its outcome was recorded. */
export interface AbandonedIntent extends IntentDraft, IntentRef {
  /** The time at which it was recorded, in Unix milliseconds. */
  readonly at: number
  readonly caller: string
}

/** A write as the record shows it. */
export interface Activity {
  readonly seq: number
  readonly at: number
  readonly caller: string
  readonly endpoint: string
  readonly request: Params
  readonly state: "open" | OutcomeName | "refused"
  readonly ids: ReadonlyArray<string>
  readonly error?: string
  readonly reason?: string
  readonly check?: string
}

/** The limits that settings have: those of the server, and the mandate of callers without a token. */
export interface SettingsLimits {
  readonly server: Option.Option<ServerLimits>
  readonly local: Option.Option<Mandate>
}

/** A summary of the record, for operators. */
export interface RecordSummary {
  /** The number of the newest row, 0 if there is none. */
  readonly head: number
  readonly isStopped: boolean
  /** The number of callers that are frozen by themselves. */
  readonly frozenCallers: number
  /** Writes whose outcome is open or unknown. */
  readonly intents: { readonly open: number; readonly unknown: number }
  /** Plans by state. */
  readonly approvals: { readonly [state: string]: number }
  /** The state of limits of spending. Amounts are decimals in `currency`. */
  readonly budgets: ReadonlyArray<{
    /** The id of the token for which the mandate was made, `local`, or `server` for the limits of the server. */
    readonly caller: string
    readonly limit: string
    readonly currency: string
    readonly allowed: string
    readonly used: string
    readonly reserved: string
  }>
}

/**
 * The durable record of all writes, shared by the processes of this installation. An intent is on disk before its
 * request leaves, and its outcome as soon as that is known.
 */
export class Record extends Context.Tag("mcp-kraken/services/Record")<
  Record,
  {
    /** Finds an identical write that stands in the way, by the rules of `begin`, and records nothing. */
    readonly recognize: (
      draft: Pick<IntentDraft, "endpoint" | "identity">,
      options: { readonly repeat: boolean }
    ) => Effect.Effect<Option.Option<Obstacle>, RecordUnavailable, Principal>
    /**
     * Records an intent unless an identical write stands in its way, in one step across all processes. `repeat` says
     * that the caller wants it although an identical write was just sent; it never overrides an unknown outcome. The
     * claim is checked against the limits and reserved in the same step. A caller that is frozen, or everybody while
     * all is stopped, can only begin cancels.
     */
    readonly begin: (
      draft: IntentDraft,
      options: { readonly repeat: boolean } & Limits
    ) => Effect.Effect<Admission, RecordUnavailable, Principal>
    /** Judges a claim as `begin` would, and records nothing. */
    readonly judge: (
      draft: Pick<IntentDraft, "claim" | "endpoint"> & Partial<Pick<IntentDraft, "params">>,
      limits: Limits
    ) => Effect.Effect<Option.Option<NoRoom>, RecordUnavailable, Principal>
    /** Reads what the principal has used of its mandate, and of the limits of the server. */
    readonly usage: (limits: Limits) => Effect.Effect<Usage, RecordUnavailable, Principal>
    /** The use of each limit of spending that concerns the principal. */
    readonly limitUsages: (limits: Limits) => Effect.Effect<ReadonlyArray<LimitUsage>, RecordUnavailable, Principal>
    /** The emergency stop that stands in the record. That in the file beside it is not looked at. */
    readonly stop: Effect.Effect<Option.Option<Stop>, RecordUnavailable>
    /** Sums the record up, for operators: limits of tokens, and those of the settings. */
    readonly summary: (limits: SettingsLimits) => Effect.Effect<RecordSummary, RecordUnavailable>
    /** The number of the newest row, 0 if there is none. */
    readonly position: Effect.Effect<number, RecordUnavailable>
    /**
     * The amount of an asset, by display name, that the principal owns under its mandate and no open write can take. For a
     * principal without one: that all callers gained by writes that counted against limits of the server.
     */
    readonly available: (asset: string) => Effect.Effect<string, RecordUnavailable, Principal>
    /** Reads what a judgement needs to know of earlier writes, and what bars the principal from any write, in one step. */
    readonly facts: (
      endpoint: WriteEndpoint,
      needed: Pick<FactsNeeded, "leveraged" | "newClientIds" | "owned">,
      limits: Limits
    ) => Effect.Effect<RecordFacts, RecordUnavailable, Principal>
    /** The open spends of the principal's scope, or of all callers, oldest first. */
    readonly openSpends: (
      scope: "own" | "everyone"
    ) => Effect.Effect<ReadonlyArray<OpenSpend>, RecordUnavailable, Principal>
    /** Records orders that were read back. */
    readonly filled: (orders: ReadonlyArray<Progress>) => Effect.Effect<void, RecordUnavailable, Principal>
    /** Selects the ids, txids unless `field` says otherwise, of orders that were sent under the principal's mandate. */
    readonly ownOrders: (
      ids: ReadonlyArray<string>,
      field?: "txid" | "cl_ord_id"
    ) => Effect.Effect<ReadonlySet<string>, RecordUnavailable, Principal>
    /** Selects the ids (`refid`) of withdrawals that were sent under the principal's mandate. */
    readonly ownWithdrawals: (
      refids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlySet<string>, RecordUnavailable, Principal>
    /** Keeps the requests of the caller's writes that wait for their turn from leaving, in all processes, except cancels. */
    readonly dropQueued: Effect.Effect<void, RecordUnavailable, Principal>
    /** Tells whether the caller has writes other than cancels whose outcome is open, in any process. */
    readonly hasWrites: Effect.Effect<boolean, RecordUnavailable, Principal>
    /**
     * Tells whether the request of an intent may leave now: it is still this process's and was not dropped, and `leaveBy`
     * has not passed.
     */
    readonly mayLeave: (intent: IntentRef) => Effect.Effect<boolean, RecordUnavailable>
    /** Marks an intent as being looked up. From now on it blocks identical writes until it is decided. */
    readonly settling: (intent: IntentRef) => Effect.Effect<void, RecordUnavailable>
    /**
     * Records what became of a write. None if another process has decided it, or if the outcome is unknown still; also
     * if another process has taken the intent over, unless the write happened. If it fails, the record tries again in the
     * background, and with the next transaction.
     */
    readonly end: (intent: IntentRef, outcome: Outcome) => Effect.Effect<Option.Option<Receipt>, RecordUnavailable>
    /**
     * Records a write that was refused before it left. Refusals by one limit of rate or calls are recorded once a minute
     * for each caller; none for the others.
     */
    readonly refused: (
      write: Pick<IntentDraft, "endpoint" | "params">,
      error: { readonly _tag: string; readonly message: string; readonly pace?: string | undefined }
    ) => Effect.Effect<Option.Option<Receipt>, RecordUnavailable, Principal>
    /** The recorded outcome of an intent; none while it is open. */
    readonly outcome: (seq: number) => Effect.Effect<Option.Option<Outcome>, RecordUnavailable>
    /** Tells whether another open or unknown write can be what one of these fingerprints shows. */
    readonly isAmbiguous: (
      intent: IntentRef,
      fingerprints: ReadonlyArray<string>
    ) => Effect.Effect<boolean, RecordUnavailable>
    /** Selects the ids that recorded writes have made. A later write cannot have made them again. */
    readonly madeBefore: (
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlySet<string>, RecordUnavailable, Principal>
    /** Takes over the open intents of processes that have ended, oldest first. Their requests can no longer leave. */
    readonly claimAbandoned: Effect.Effect<ReadonlyArray<AbandonedIntent>, RecordUnavailable>
    /** Takes over the orders whose outcome is unknown and that no other process looks up, oldest first. */
    readonly claimUnknown: Effect.Effect<ReadonlyArray<AbandonedIntent>, RecordUnavailable>
    /** The writes of the principal's caller, newest first. */
    readonly activity: (options: {
      readonly limit: number
      /** Rows before this number. */
      readonly before?: number
    }) => Effect.Effect<ReadonlyArray<Activity>, RecordUnavailable, Principal>
  }
>() {}
