/**
 * Prints equal values as the same JSON text, in whatever order their keys were written. `undefined` fields are left
 * out.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value))

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries: Array<readonly [key: string, item: unknown]> = Object.entries(value)
  // Most objects have few keys, and many have them in order already.
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]))
}
