import { Predicate } from "effect"
import type { Endpoint } from "../../../domain/endpoints/endpoints.ts"
import type { LogFields } from "../protocol/serverDefinition.ts"

/** Fields of arguments and answers that hold ids of Kraken's or of ours. */
const idFields = new Set(["txid", "txids", "cl_ord_id", "cl_ord_ids", "amend_id", "refid", "refids", "original_txid"])

/** Arguments that hold amounts or prices. */
const amountFields = ["volume", "cost", "amount", "price", "price2", "displayvol", "order_qty", "limit_price"]

/** The most ids in one line of the log. */
const mostIds = 50

/** Values that a caller can write into the log by these fields: names, ids and numbers, and nothing longer. */
const isPlain = (value: unknown): value is string => typeof value === "string" && /^[\w.,:/+%#-]{1,64}$/.test(value)

/** The parts of a call of a tool that writes. */
export interface WriteCall {
  readonly endpoint: Endpoint | undefined
  /** The arguments as the client sent them. */
  readonly args: unknown
  /** The answer. Absent if the call ended otherwise. */
  readonly answer: unknown
}

/**
 * Lists the facts of a write for the log: endpoint, pair, side and the ids that it names or made. Amounts are left out
 * unless `withAmounts`.
 */
export const writeDetails = ({ answer, args, endpoint }: WriteCall, withAmounts: boolean): LogFields => {
  const given = Predicate.isRecord(args) ? args : {}
  const orders = Array.isArray(given["orders"]) ? given["orders"].filter(Predicate.isRecord) : [given]
  const values = (field: string) => [...new Set(orders.flatMap((order) => plain(order[field])))].join(",")
  const ids = [...new Set([...idsIn(args), ...idsIn(answer)])].slice(0, mostIds).join(",")
  const pair = plain(given["pair"])[0]
  const side = endpoint !== undefined && withSide.has(endpoint) ? values("type") : ""
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(pair !== undefined && { pair }),
    ...(side !== "" && { side }),
    ...(ids !== "" && { ids }),
    ...(given["validate"] === true && { validate: "true" }),
    ...(withAmounts &&
      Object.fromEntries(amountFields.flatMap((field) => (values(field) === "" ? [] : [[field, values(field)]]))))
  }
}

/** Endpoints whose argument `type` is the side of an order. */
const withSide: ReadonlySet<Endpoint> = new Set<Endpoint>([
  "private/AddOrder",
  "private/AddOrderBatch",
  "private/EditOrder"
])

const plain = (value: unknown): ReadonlyArray<string> =>
  typeof value === "number" ? [String(value)] : isPlain(value) ? [value] : []

/** Collects the ids in a value, in its fields and in lists of rows. */
const idsIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.slice(0, mostIds).flatMap(idsIn)
  if (!Predicate.isRecord(value)) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    if (!idFields.has(field)) return typeof inner === "object" ? idsIn(inner) : []
    return (Array.isArray(inner) ? inner.slice(0, mostIds) : [inner]).filter(isPlain)
  })
}
