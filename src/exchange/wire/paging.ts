import { isShort } from "../../domain/numbers/numberText.ts"
import { flag, integer, type Params, text } from "./params.ts"
import { invalid } from "../base/refusal.ts"

const size = 50

/**
 * Returns one page of a history: the 50 entries from `ofs`, counted from the newest, that are later than `start` and
 * not later than `end`. Both can be epoch seconds or the id of an entry, whose time then counts. `entries` are oldest
 * first; the page is newest first.
 */
export const page = <A>(
  entries: ReadonlyArray<A>,
  params: Params,
  of: {
    readonly keeps?: (entry: A) => boolean
    /** Returns the times that the range applies to, in milliseconds. One of them must lie in it. */
    readonly times: (entry: A) => ReadonlyArray<number>
    readonly timeOf: (id: string) => number | undefined
  }
): { readonly page: ReadonlyArray<A>; readonly count: { readonly count?: number } } => {
  const start = bound(params, "start", of.timeOf) ?? -Infinity
  const end = bound(params, "end", of.timeOf) ?? Infinity
  const offset = integer(params, "ofs", [0, 2 ** 31]) ?? 0
  const counted = !flag(params, "without_count")
  const page: Array<A> = []
  let count = 0
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!
    if (of.keeps !== undefined && !of.keeps(entry)) continue
    if (!of.times(entry).some((time) => time > start && time <= end)) continue
    if (count >= offset && page.length < size) page.push(entry)
    count++
    if (!counted && page.length === size) break
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
