import { Predicate } from "effect"
import { type Json } from "../protocol/messages.ts"

/** A JSON object with shortened lists, and a description of each of those lists. */
export interface Truncation {
  readonly value: { [key: string]: unknown }
  readonly lists: ReadonlyArray<{ readonly path: string; readonly kept: number; readonly of: number }>
}

/** Shortens the longest lists of an object until its JSON fits. Undefined if it does not fit even so. */
export const truncateLists = (value: Json, maxCharacters: number): Truncation | undefined => {
  let current: Truncation["value"] = { ...value }
  const lists: Array<Truncation["lists"][number]> = []
  const done = new Set<string>()
  for (let excess = sizeOf(current) - maxCharacters; excess > 0; excess = sizeOf(current) - maxCharacters) {
    const longest = listsIn(current, [])
      .filter(({ path }) => !done.has(path.join(".")))
      .reduce<Found | undefined>((best, list) => (best === undefined || list.size > best.size ? list : best), undefined)
    if (longest === undefined) return undefined
    const path = longest.path.join(".")
    const kept = fitting(longest.items, longest.size - excess)
    done.add(path)
    lists.push({ path, kept, of: longest.items.length })
    current = replaced(current, longest.path, longest.items.slice(0, kept)) as Truncation["value"]
  }
  return { value: current, lists }
}

interface Found {
  readonly path: ReadonlyArray<string>
  readonly items: ReadonlyArray<unknown>
  readonly size: number
}

const sizeOf = (value: unknown): number => (JSON.stringify(value) ?? "").length

/** Finds the lists of more than one item at any depth, except lists within lists. */
const listsIn = (value: unknown, path: ReadonlyArray<string>): ReadonlyArray<Found> => {
  if (Array.isArray(value)) return value.length > 1 ? [{ path, items: value, size: sizeOf(value) }] : []
  return Predicate.isRecord(value) ? Object.entries(value).flatMap(([key, item]) => listsIn(item, [...path, key])) : []
}

/** Counts the first items that fit, at least one. */
const fitting = (items: ReadonlyArray<unknown>, characters: number): number => {
  let size = 2
  const over = items.findIndex((item) => (size += sizeOf(item) + 1) > characters)
  return Math.max(1, over < 0 ? items.length : over)
}

const replaced = (value: unknown, [key, ...rest]: ReadonlyArray<string>, by: unknown): unknown =>
  key === undefined ? by : { ...Object(value), [key]: replaced(Object(value)[key], rest, by) }
