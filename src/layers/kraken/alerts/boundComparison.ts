import { Effect } from "effect"
import { reachedBound } from "../../../domain/live/bounds.ts"
import type { WaitingAlerts, WatchOf } from "./waitingAlerts.ts"

type ValueWatch = WatchOf<"Balance" | "Price">

export type BoundComparison = ReturnType<typeof makeBoundComparison>

/** Makes the comparison of values with the bounds of alerts on prices and balances. */
export const makeBoundComparison = (waiting: WaitingAlerts, krakenTime: Effect.Effect<number>) => {
  /** Alerts that were compared with the live value that was there when they came. */
  const compared = new Set<number>()

  /** Looks for the bound that one of the values reaches. */
  const compare = (watch: ValueWatch, values: ReadonlyArray<string>, at: number) => {
    for (const value of values) {
      const bound = reachedBound(value, watch.condition)
      if (bound !== undefined) return waiting.fire(watch, { value, bound }, at)
    }
    waiting.seen(watch.id, at)
    return Effect.void
  }

  return {
    compare,
    /**
     * Notes that alerts are watched by live data. One that is newer than the last change, which nothing tells it, is compared
     * with the value of now.
     */
    watchedLive: Effect.fnUntraced(function* <Tag extends "Balance" | "Price">(
      watches: ReadonlyArray<WatchOf<Tag>>,
      valueOf: (watch: WatchOf<Tag>) => string | undefined
    ) {
      const at = yield* krakenTime
      for (const watch of watches) {
        const value = compared.has(watch.id) ? undefined : valueOf(watch)
        compared.add(watch.id)
        if (value === undefined) waiting.seen(watch.id, at)
        else yield* compare(watch, [value], at)
      }
    }),
    /** Forgets all alerts but those with these ids. */
    keep: (ids: ReadonlySet<number>): void => {
      for (const id of compared) if (!ids.has(id)) compared.delete(id)
    }
  }
}
