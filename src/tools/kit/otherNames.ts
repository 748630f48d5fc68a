import { distance } from "fastest-levenshtein"

/**
 * Other names of arguments that callers use. Spellings that differ only in case and separators, such as `orderType`, need
 * no entry.
 */

/** Arguments as a caller gave them, by the folded spelling of their names. */
export type Given = ReadonlyMap<string, unknown>

/** The argument for which another name stands. */
export type Meaning =
  | { readonly name: string; readonly value: unknown; readonly isAdded?: boolean }
  /** An object whose fields are arguments with a prefix: `close: { price }` for `close_price`. */
  | { readonly prefix: string }
  | { readonly fault: string }

/**
 * Other names of the arguments of one tool: the name that each stands for, or a function that decides by the other
 * arguments. They apply to nested objects too, and to an argument's own name before that name itself.
 */
export interface Aliases {
  readonly [alias: string]: string | ((value: unknown, given: Given) => Meaning)
}

/** Folds the spelling of a name: `orderType`, `order_type` and `ORDER-TYPE` are one. */
export const fold = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, "")

/** Other names by the argument that they stand for. An alias of several arguments stands for the first that a tool has. */
const otherNames: { readonly [name: string]: ReadonlyArray<string> } = {
  pair: [
    "pairs",
    "symbol",
    "symbols",
    "market",
    "markets",
    "instrument",
    "instrument_id",
    "product_id",
    "trading_pair"
  ],
  asset: ["assets", "currency", "currencies", "coin", "coins"],
  converted_asset: ["currency", "asset", "quote"],
  asset_class: ["aclass"],
  aclass: ["asset_class"],
  aclass_base: ["asset_class", "aclass"],
  type: ["action"],
  ordertype: ["kind"],
  volume: ["quantity", "qty", "amount", "size", "base_size", "order_qty"],
  cost: ["notional", "quote_qty", "quote_order_qty", "quote_size", "funds"],
  order_qty: ["volume", "quantity", "qty", "amount", "size", "new_quantity"],
  amount: ["quantity", "qty", "volume"],
  displayvol: ["display_qty", "display_volume", "display_size", "visible_size", "iceberg_qty"],
  display_qty: ["displayvol", "display_volume", "display_size", "visible_size", "iceberg_qty"],
  timeinforce: ["tif"],
  oflags: ["flags", "order_flags"],
  stptype: ["stp", "self_trade_prevention"],
  validate: ["validate_only", "dry_run", "test"],
  starttm: ["start", "start_time", "from"],
  endtm: ["end", "end_time", "until", "to"],
  expiretm: ["expire_time", "expiry", "expires", "expires_at", "expiration", "expiration_time", "good_till"],
  txid: ["txids", "order_id", "order_ids", "trade_id", "trade_ids", "position_id", "position_ids", "id", "ids"],
  cl_ord_id: ["client_order_id", "client_id", "client_oid", "new_client_order_id", "orig_client_order_id"],
  cl_ord_ids: ["cl_ord_id", "client_order_id", "client_order_ids"],
  id: ["ids", "ledger_id", "ledger_ids", "report_id", "approval_id"],
  refid: ["ref_ids", "reference_id", "withdrawal_id", "id"],
  strategy_id: ["strategy", "id"],
  since: ["start", "start_time", "from", "after"],
  until: ["end", "end_time", "endtm", "to", "before"],
  start: ["since", "start_time", "starttm", "from", "after"],
  end: ["until", "end_time", "endtm", "to", "before"],
  from_ts: ["since", "start", "start_time", "from", "after"],
  to_ts: ["until", "end", "end_time", "to", "before"],
  interval: ["timeframe", "resolution"],
  count: ["limit", "depth", "levels"],
  depth: ["count", "limit", "levels"],
  limit: ["count", "page_size", "per_page", "max_results"],
  cursor: ["next_cursor", "page_token"],
  country_code: ["country"],
  key: ["key_name", "withdrawal_key", "address_name"],
  from_account: ["from", "source"],
  to_account: ["to", "destination"],
  from_wallet: ["from", "source"],
  to_wallet: ["to", "destination"],
  timeout: ["timeout_s", "seconds"],
  timeout_s: ["timeout", "seconds", "wait_s"],
  wait_s: ["wait", "timeout", "timeout_s"]
}

/** The arguments that a name can stand for, by its folded spelling. */
const meanings: ReadonlyMap<string, ReadonlySet<string>> = Object.entries(otherNames).reduce(
  (found, [name, aliases]) =>
    aliases.map(fold).reduce((map, alias) => map.set(alias, new Set([...(map.get(alias) ?? []), name])), found),
  new Map<string, Set<string>>()
)

/** Finds the names that an unknown name can stand for, of those that exist: several if it could mean each of them. */
export const namesFor = (name: string, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folded = fold(name)
  const same = known.filter((other) => fold(other) === folded)
  return same.length > 0 ? same : known.filter((other) => meanings.get(folded)?.has(other) === true)
}

/** Finds the known name to which a misspelt one is nearest, by its other names too. Undefined if each is far from it. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const folded = fold(name).slice(0, 40)
  const near = known
    .flatMap((other) => [other, ...(otherNames[other] ?? [])].map((spelling) => ({ other, spelling: fold(spelling) })))
    .map(({ other, spelling }) => ({ other, spelling, steps: distance(folded, spelling) }))
    .filter(({ spelling, steps }) => steps <= Math.ceil(spelling.length / 3))
  return near.toSorted((a, b) => a.steps - b.steps)[0]?.other
}
