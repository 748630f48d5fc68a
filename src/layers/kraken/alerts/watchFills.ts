import { Effect, Option, Stream } from "effect"
import type { Fill } from "../../../domain/live/values.ts"
import type { AccountData } from "../../../services/AccountData.ts"
import type { makeAccountReads } from "../feed/accountReads.ts"
import type { WatchOf } from "./waitingAlerts.ts"
import type { WatchParts } from "./watchParts.ts"

interface Parts extends WatchParts {
  readonly account: typeof AccountData.Service
  readonly readFills: ReturnType<typeof makeAccountReads>["fills"]
  /** True if events tell of fills. */
  readonly hasEvents: boolean
}

/**
 * Makes the look at the fills for which alerts of an account wait. Events tell of new fills; those before an alert was first
 * looked at, and those that events have missed, are read by REST. Without events, all are.
 */
export const makeWatchFills = ({ account, follow, hasEvents, isDue, krakenTime, pause, readFills, waiting }: Parts) => {
  /** Fill alerts for which the fills of before were asked for, and those for which they were read. */
  const askedFills = new Set<number>()
  const caughtUp = new Set<number>()
  /** The number of times that the events of each account have ended. */
  const endings = new Map<string, number>()

  const fillSeen = Effect.fnUntraced(function* (watches: ReadonlyArray<WatchOf<"Fill">>, fill: Fill) {
    const at = yield* krakenTime
    for (const watch of watches) {
      const { order } = watch.condition
      if (!waiting.isWaiting(watch.id) || fill.time < watch.since || (order !== undefined && order !== fill.orderId))
        continue
      yield* waiting.fire(watch, { order: fill.orderId, filledAt: fill.time }, at)
    }
  })

  const watch = Effect.fnUntraced(function* (name: string) {
    const watches = waiting.ofAccount("Fill", name)
    if (watches.length === 0) return
    if (hasEvents)
      yield* follow(
        `fills ${name}`,
        account.events.pipe(
          Stream.runForEach((event) =>
            event._tag === "Filled" ? fillSeen(waiting.ofAccount("Fill", name), event.fill) : Effect.void
          ),
          Effect.ensuring(
            Effect.sync(() => {
              endings.set(name, (endings.get(name) ?? 0) + 1)
              for (const { id } of waiting.ofAccount("Fill", name)) caughtUp.delete(id)
            })
          )
        )
      )
    const behind = hasEvents ? watches.filter(({ id }) => !caughtUp.has(id)) : watches
    const isNew = behind.some(({ id }) => !askedFills.has(id))
    const due = behind.length > 0 && (yield* isDue(`fills ${name}`, isNew ? 0 : pause))
    const at = yield* krakenTime
    if (due) {
      for (const { id } of behind) askedFills.add(id)
      const ended = endings.get(name)
      const from = Math.min(...behind.map((watch) => Math.max(watch.since, waiting.watchedUntil(watch) - overlap)))
      const fills = yield* Effect.option(
        Effect.tapError(readFills(from), ({ message }) => Effect.logDebug(`Fills of alerts can't be read: ${message}`))
      )
      if (Option.isSome(fills)) {
        for (const fill of fills.value.toSorted((a, b) => a.time - b.time)) yield* fillSeen(behind, fill)
        for (const { id } of behind) {
          // Nothing tells of fills after events that have ended meanwhile.
          if (endings.get(name) === ended) caughtUp.add(id)
          waiting.seen(id, at)
        }
      }
    }
    if (hasEvents && (yield* account.orders.isPrompt))
      for (const { id } of watches) if (caughtUp.has(id)) waiting.seen(id, at)
  })

  return {
    watch,
    /** Forgets all alerts but those with these ids. */
    keep: (ids: ReadonlySet<number>): void => {
      for (const known of [askedFills, caughtUp]) for (const id of known) if (!ids.has(id)) known.delete(id)
    }
  }
}

/** The overlap of two readings of fills, since answers can be late, in milliseconds. */
const overlap = 60_000
