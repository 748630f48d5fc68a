import { Schema } from "effect"

/**
 * The permissions that a key of the classic API can have.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-api-key-info read 2026-05-27
 */
export const classicPermissions = [
  "query-funds",
  "add-funds",
  "withdraw-funds",
  "earn-funds",
  "query-open-trades",
  "query-closed-trades",
  "modify-trades",
  "close-trades",
  "query-ledger",
  "export-data",
  "create-ws-token"
] as const

/**
 * A permission of an API key, as `GetApiKeyInfo` spells it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-api-key-info read 2026-05-27
 */
export const Permission = Schema.Literal(...classicPermissions, "add-withdraw-address", "update-withdraw-address")
export type Permission = typeof Permission.Type

/**
 * Sets of permissions, any one of which is enough if it is held in full. `[[]]` needs a valid key, `[]` needs no key.
 */
export type AnyOf = ReadonlyArray<ReadonlyArray<Permission>>

interface Names {
  /** The capability flag of the Python mcp-kraken, for users who migrate from it. */
  readonly flag: string | undefined
  /** The label of its box in Kraken's key form (Account → Security → API). */
  readonly label: string
}

export const names: Record<Permission, Names> = {
  "query-funds": { flag: "query_funds", label: "Funds permissions – Query" },
  "add-funds": { flag: "deposit", label: "Funds permissions – Deposit" },
  "withdraw-funds": { flag: "withdraw", label: "Funds permissions – Withdraw" },
  "earn-funds": { flag: "earn", label: "Funds permissions – Earn" },
  "query-open-trades": { flag: "query_open_orders", label: "Orders and trades – Query open orders & trades" },
  "query-closed-trades": { flag: "query_closed_orders", label: "Orders and trades – Query closed orders & trades" },
  "modify-trades": { flag: "create_modify_orders", label: "Orders and trades – Create & modify orders" },
  "close-trades": { flag: "cancel_orders", label: "Orders and trades – Cancel & close orders" },
  "query-ledger": { flag: "query_ledger", label: "Data – Query ledger entries" },
  "export-data": { flag: "export_data", label: "Data – Export data" },
  "create-ws-token": { flag: "websocket", label: "WebSocket interface – On" },
  "add-withdraw-address": { flag: undefined, label: "Add withdrawal addresses" },
  "update-withdraw-address": { flag: undefined, label: "Update/remove withdrawal addresses" }
}

/** Checks that a key that holds `granted` can do what `needed` describes. */
export const allows = (granted: ReadonlySet<string>, needed: AnyOf): boolean =>
  needed.length === 0 || needed.some((set) => set.every((permission) => granted.has(permission)))

/** Describes a permission for people: `query-funds (query_funds; "Funds permissions – Query" in Kraken's key form)`. */
export const describe = (permission: Permission): string => {
  const { flag, label } = names[permission]
  return `${permission} (${flag === undefined ? "" : `${flag}; `}"${label}" in Kraken's key form)`
}

/** Describes the sufficient sets for people: `modify-trades (…) and close-trades (…), or …`. */
export const describeAnyOf = (needed: AnyOf): string =>
  needed.map((set) => set.map(describe).join(" and ")).join(", or ")

/**
 * Returns the label of a permission in Kraken's key form. A permission unknown to this program is returned unchanged.
 */
export const meaning = (permission: string): string =>
  Schema.is(Permission)(permission) ? names[permission].label : permission
