/**
 * Ids of new orders, amendments and withdrawals that are not listed yet, with the epoch milliseconds at which they
 * appear.
 */
export type Unlisted = Map<string, number>

/** Hides the ids in a result from lists until a moment (epoch milliseconds). */
export const keepOffLists = (unlisted: Unlisted, result: unknown, until: number): void => {
  if (typeof result !== "object" || result === null) return
  for (const [name, value] of Object.entries(result)) {
    const ids = isId.test(name) ? [value].flat().filter((id) => typeof id === "string") : []
    for (const id of ids) unlisted.set(id, until)
    keepOffLists(unlisted, value, until)
  }
}

/** Removes entries that are not listed yet at `now` (epoch milliseconds) from a list. Other answers are unchanged. */
export const withoutUnlisted = (unlisted: Unlisted, name: string, result: unknown, now: number): unknown => {
  for (const [id, until] of unlisted) if (until <= now) unlisted.delete(id)
  return unlisted.size > 0 && lists.has(name) ? without(result, (id) => unlisted.has(String(id))) : result
}

const lists = new Set(["OpenOrders", "ClosedOrders", "QueryOrders", "OrderAmends", "WithdrawStatus"])

const isId = /^(txid|refid|amend_id)$/

/** Removes hidden entries. Orders are listed under their ids; amendments and withdrawals are rows with an id. */
const without = (value: unknown, isHidden: (id: unknown) => boolean): unknown => {
  if (Array.isArray(value)) {
    return value.filter((row) => !isHidden(Object(row).amend_id) && !isHidden(Object(row).refid))
  }
  if (typeof value !== "object" || value === null) return value
  const shown = Object.entries(value).filter(([id]) => !isHidden(id))
  return Object.fromEntries(shown.map(([id, entry]) => [id, without(entry, isHidden)]))
}
