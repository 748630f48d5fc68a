import { Context, type Effect, Schema } from "effect"
import type { AlertCondition, Firing } from "../domain/alerts/alert.ts"
import type { Frozen } from "./LimitErrors.ts"
import type { AccountName, Principal } from "./Principal.ts"
import type { RecordUnavailable } from "./Record.ts"

/** An alert of a caller. All times are Unix milliseconds. */
export interface Alert {
  /** A number that no other alert of this installation has. */
  readonly id: number
  readonly condition: AlertCondition
  readonly createdAt: number
  readonly expiresAt: number
  /** Absent while it waits, and if it has expired. */
  readonly fired?: Firing & { readonly at: number }
}

/** An alert that waits, as the watcher needs it. */
export interface WatchedAlert extends Alert {
  readonly caller: string
  readonly account: AccountName
  /** Kraken's time when it was made: what happened before does not concern it. */
  readonly since: number
  /** Kraken's time up to which its event was looked for. */
  readonly watchedAt: number
}

/** The fired alerts that were not told before, and the number of those that wait. */
export interface TakenAlerts {
  readonly fired: ReadonlyArray<Alert>
  readonly waiting: number
}

/** There are as many alerts as there can be. */
export class TooManyAlerts extends Schema.TaggedError<TooManyAlerts>()("TooManyAlerts", {
  /** The alerts that wait: of this caller, or of all callers of its account. */
  of: Schema.Literal("caller", "all"),
  limit: Schema.Number
}) {
  override get message() {
    const whose = this.of === "caller" ? "of this caller" : "of all callers"
    return `${this.limit} alerts ${whose} are pending, which is the maximum.`
  }
}

/**
 * Alerts of callers, kept in the record's file, by Kraken account and mode. They place no orders. An alert fires once. The
 * alerts of a frozen caller rest until it is unfrozen.
 */
export class Alerts extends Context.Tag("mcp-kraken/services/Alerts")<
  Alerts,
  {
    /**
     * Makes an alert of the principal's caller. An equal one that waits is returned as it is. `since` is Kraken's time, and
     * `lifetime` is in milliseconds.
     */
    readonly create: (
      condition: AlertCondition,
      options: { readonly since: number; readonly lifetime: number }
    ) => Effect.Effect<Alert, TooManyAlerts | Frozen | RecordUnavailable, Principal>
    /** The alerts of the principal's caller, newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Alert>, RecordUnavailable, Principal>
    /** Deletes an alert of the principal's caller. Returns false if there is none. */
    readonly remove: (id: number) => Effect.Effect<boolean, RecordUnavailable, Principal>
    /** Takes the fired alerts of the principal's caller that were not taken before. */
    readonly take: Effect.Effect<TakenAlerts, RecordUnavailable, Principal>
    /** The waiting alerts on the accounts of this server, except those of frozen callers. */
    readonly watched: Effect.Effect<ReadonlyArray<WatchedAlert>, RecordUnavailable>
    /** Marks an alert as fired. Returns false if another process did, or it was deleted, or has expired. */
    readonly fire: (id: number, firing: Firing) => Effect.Effect<boolean, RecordUnavailable>
    /** Stores the times of Kraken up to which the events of alerts, by their ids, were looked for. */
    readonly seen: (times: ReadonlyMap<number, number>) => Effect.Effect<void, RecordUnavailable>
    /** Deletes the waiting alerts of a caller whose token is not valid any more. */
    readonly drop: (caller: string) => Effect.Effect<void, RecordUnavailable>
  }
>() {}
