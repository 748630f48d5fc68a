import { Array, Order } from "effect"

/**
 * Prints equal values as the same JSON text, in whatever order their keys were written. `undefined` fields are left
 * out.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value))

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(
    Array.sortBy(Order.mapInput(Order.string, ([key]: readonly [string, unknown]) => key))(entries)
  )
}
