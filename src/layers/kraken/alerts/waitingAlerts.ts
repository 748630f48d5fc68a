import { Effect, Option } from "effect"
import { type AlertCondition, type Firing, unwatchedAfter } from "../../../domain/alerts/alert.ts"
import { alertBan } from "../../../domain/alerts/alertBan.ts"
import type { Alerts, WatchedAlert } from "../../../services/Alerts.ts"
import type { Notifier } from "../../../services/Notifier.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { makeWatchedCallers } from "./watchedCallers.ts"

/** An alert with the party for whom its event is looked for. */
interface Watch extends WatchedAlert {
  readonly principal: typeof Principal.Service
}

/** An alert on one kind of event. */
export type WatchOf<Tag extends AlertCondition["_tag"]> = Watch & {
  readonly condition: Extract<AlertCondition, { _tag: Tag }>
}

interface Services {
  readonly alerts: typeof Alerts.Service
  readonly callers: ReturnType<typeof makeWatchedCallers>
  readonly notify: (typeof Notifier.Service)["notify"]
}

export type WaitingAlerts = ReturnType<typeof makeWaitingAlerts>

/** Makes the list of the alerts that wait, which fires them. It is empty until it is read. */
export const makeWaitingAlerts = ({ alerts, callers, notify }: Services) => {
  /** The alerts that wait, by id. */
  const current = new Map<number, Watch>()
  /** Kraken's times up to which the events of alerts were looked for, in this process. */
  const seenAt = new Map<number, number>()
  /** Events that the record does not have yet. */
  const unrecorded = new Map<number, { readonly watch: Watch; readonly firing: Firing }>()

  /** Records that an alert fired. Only the process whose record says so tells of it. */
  const claim = (watch: Watch, firing: Firing) =>
    alerts.fire(watch.id, firing).pipe(
      Effect.tap(() => Effect.sync(() => unrecorded.delete(watch.id))),
      Effect.flatMap((isOurs) => (isOurs ? tell(watch, firing) : Effect.void)),
      Effect.catchAll(({ message }) => {
        unrecorded.set(watch.id, { watch, firing })
        return Effect.logWarning("An alert that fired could not be recorded, which is tried again", {
          reason: message
        })
      })
    )

  const tell = ({ condition, id, principal: { caller } }: Watch, { unwatchedSince }: Firing) =>
    Effect.zipRight(
      Effect.logInfo("An alert fired", { alert: id, caller: caller.id, missed: unwatchedSince !== undefined }),
      notify({
        _tag: "AlertFired",
        caller: caller._tag === "Token" ? caller.name : caller.id,
        alert: id,
        kind: kindOf[condition._tag],
        missed: unwatchedSince !== undefined
      })
    )

  /** Returns Kraken's time up to which the event of an alert was looked for. */
  const watchedUntil = ({ id, watchedAt }: Watch): number => Math.max(watchedAt, seenAt.get(id) ?? 0)

  return {
    /** Lists the alerts on one kind of event that wait for an account. */
    ofAccount: <Tag extends AlertCondition["_tag"]>(tag: Tag, name: string): ReadonlyArray<WatchOf<Tag>> =>
      [...current.values()].filter(isOf(tag)).filter((watch) => watch.account === name),
    isWaiting: (id: number): boolean => current.has(id),
    watchedUntil,
    /** Keeps Kraken's time up to which the event of an alert was looked for. */
    seen: (id: number, at: number): void => {
      seenAt.set(id, at)
    },
    /** Fires an alert, whose event was found at a time of Kraken. It no longer waits. */
    fire: (watch: Watch, firing: Firing, at: number) => {
      current.delete(watch.id)
      const before = watchedUntil(watch)
      return claim(watch, at - before > unwatchedAfter ? { ...firing, unwatchedSince: before } : firing)
    },
    /** Records the events that could not be recorded before. */
    fireUnrecorded: Effect.gen(function* () {
      for (const { firing, watch } of unrecorded.values()) yield* claim(watch, firing)
    }),
    /** Reads which alerts wait, and for whom. Returns the ids of all of them, also those that are not watched now. */
    read: Effect.gen(function* () {
      const rows = yield* alerts.watched
      const found = yield* callers.principalsOf(new Set(rows.map(({ caller }) => caller)))
      for (const caller of found.invalid) yield* alerts.drop(caller)
      current.clear()
      for (const row of rows) {
        const principal = found.valid.get(row.caller)
        if (principal === undefined || principal.account !== row.account || unrecorded.has(row.id)) continue
        // A mandate that became narrower no longer lets its caller know.
        const ban = Option.isNone(principal.mandate)
          ? undefined
          : alertBan(principal.mandate.value.terms, row.condition._tag)
        if (ban === undefined) current.set(row.id, { ...row, principal })
      }
      const waiting: ReadonlySet<number> = new Set(rows.map(({ id }) => id))
      for (const id of seenAt.keys()) if (!waiting.has(id)) seenAt.delete(id)
      return waiting
    }),
    /** Returns the accounts for which alerts wait, each with a principal. */
    accounts: () => new Map([...current.values()].map(({ account: name, principal }) => [name, principal] as const)),
    /** Stores Kraken's times up to which the events of the alerts that wait were looked for. */
    storeSeen: Effect.suspend(() => alerts.seen(new Map([...seenAt].filter(([id]) => current.has(id))))),
    isEmpty: (): boolean => current.size === 0
  }
}

const isOf =
  <Tag extends AlertCondition["_tag"]>(tag: Tag) =>
  (watch: Watch): watch is WatchOf<Tag> =>
    watch.condition._tag === tag

const kindOf = { Price: "price", Fill: "fill", Balance: "balance" } as const
