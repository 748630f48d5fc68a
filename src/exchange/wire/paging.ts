import type { History } from "../base/history.ts"
import { isShort } from "../../domain/numbers/numberText.ts"
import { flag, integer, type Params, text } from "./params.ts"
import { invalid } from "../base/refusal.ts"

const size = 50

/**
 * Returns one page of a history: the 50 entries from `ofs`, counted from the newest, that are later than `start` and
 * not later than `end`. Both can be epoch seconds or the id of an entry, whose time then counts. The page is newest
 * first. A part of the history of which the page needs no entry is counted by its summary, if that suffices.
 */
export const page = <A>(
  history: History<A>,
  params: Params,
  of: {
    /** Returns true if entries of a group are kept. Without it, all are. */
    readonly keepsGroup?: (group: string) => boolean
    /** Returns true if an entry is kept, of a group that is kept. Undefined if all are. */
    readonly keeps?: ((entry: A) => boolean) | undefined
    /** Returns the times that the range applies to, in milliseconds, of those of the history. One of them must lie in it. */
    readonly times: (entry: A) => ReadonlyArray<number>
    readonly timeOf: (id: string) => number | undefined
  }
): { readonly page: ReadonlyArray<A>; readonly count: { readonly count?: number } } => {
  const start = bound(params, "start", of.timeOf) ?? -Infinity
  const end = bound(params, "end", of.timeOf) ?? Infinity
  const offset = integer(params, "ofs", [0, 2 ** 31]) ?? 0
  const counted = !flag(params, "without_count")
  const groups = new Map<string, boolean>()
  const keepsGroup = (group: string): boolean => {
    const known = groups.get(group) ?? of.keepsGroup?.(group) ?? true
    groups.set(group, known)
    return known
  }
  const keeps = (entry: A): boolean =>
    keepsGroup(history.groupOf(entry)) &&
    (of.keeps === undefined || of.keeps(entry)) &&
    of.times(entry).some((time) => time > start && time <= end)
  const page: Array<A> = []
  let count = 0
  for (const part of history.partsFromNewest()) {
    if (!counted && page.length === size) break
    if (part.to <= start || part.from > end) continue
    if (of.keeps === undefined && part.from > start && part.to <= end) {
      const kept = Object.entries(part.groups).reduce((sum, [group, size]) => sum + (keepsGroup(group) ? size : 0), 0)
      if (page.length === size || count + kept <= offset) {
        count += kept
        continue
      }
    }
    for (const entry of part.items().toReversed()) {
      if (!keeps(entry)) continue
      if (count >= offset && page.length < size) page.push(entry)
      count++
      if (!counted && page.length === size) return { page, count: {} }
    }
  }
  return { page, count: counted ? { count } : {} }
}

/** Reads a bound in milliseconds. An `end` of 0 means no end, as old clients send it. */
const bound = (params: Params, field: string, timeOf: (id: string) => number | undefined): number | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  if (isShort(value) && /^\d+(\.\d+)?$/.test(value))
    return Number(value) === 0 && field === "end" ? undefined : Math.round(Number(value) * 1000)
  const time = timeOf(value)
  if (time === undefined) throw invalid(field)
  return time
}
