import { Predicate, Schema } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { ofAge } from "../../../domain/endpoints/rateCosts.ts"

export interface RecentOrder {
  readonly pair: string
  /** Milliseconds (monotonic) of its placing, or of its last change. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
}

/**
 * The orders that this process has placed or changed of late: changing them again costs more, the younger they are. Of
 * others the age is not known; they count as old.
 */
export const makeRecentOrders = () => {
  let orders: ReadonlyArray<RecentOrder> = []
  const find = (id: unknown) => orders.filter(({ ids }) => ids.includes(String(id)))
  const forget = (gone: ReadonlyArray<RecentOrder>, now: number) => {
    orders = orders.filter((order) => !gone.includes(order) && now - order.since < ofAge * 1000)
  }
  const place = (pair: unknown, since: number, ids: ReadonlyArray<unknown>) => {
    const known = ids.filter((id) => id !== undefined && id !== null).map(String)
    orders = [...orders, { pair: pairKey(pair), since, ids: known }]
  }
  const renew = (changed: ReadonlyArray<RecentOrder>, since: number, more: ReadonlyArray<string>) => {
    forget(changed, since)
    for (const { ids, pair } of changed) place(pair, since, [...ids, ...more])
  }

  return {
    /** All orders that an id names: a txid, a `cl_ord_id`, or a `userref`, which several may have. */
    find,
    all: () => orders,
    /** Keeps in mind what a write has done to orders, at `now`. */
    carriedOut: (endpoint: WriteEndpoint, params: Params, result: unknown, now: number): void => {
      const { cl_ord_id, pair, txid, userref } = params
      const [made, ...others] = idsOf(result)
      switch (endpoints[endpoint].engine) {
        case "add":
          forget([], now)
          return place(pair, now, [made, ...others, cl_ord_id, userref])
        case "addBatch":
          forget([], now)
          return listOf(params["orders"]).forEach((order, i) => {
            const { cl_ord_id, userref } = Predicate.isRecord(order) ? order : {}
            place(pair, now, [placedIn(result)[i]?.txid, cl_ord_id, userref])
          })
        case "amend":
          return renew(find(txid ?? cl_ord_id), now, [])
        case "edit": {
          forget(find(txid), now)
          return place(pair, now, [made, userref])
        }
        case "cancel":
          return forget(cancelled(params).flatMap(find), now)
        case "cancelAll":
          orders = []
          return
        case "none":
      }
    }
  }
}

export type RecentOrders = ReturnType<typeof makeRecentOrders>

/** The ids that a cancel names. */
export const cancelled = ({ cl_ord_id, cl_ord_ids, orders, txid }: Params): ReadonlyArray<unknown> => [
  ...listOf(txid),
  ...listOf(cl_ord_id),
  ...listOf(orders),
  ...listOf(cl_ord_ids)
]

/** How a pair is told from others; requests spell it in one way at a time. */
export const pairKey = (pair: unknown): string => String(pair).toUpperCase()

/** A list, also one that travels as text. */
export const listOf = (value: unknown): ReadonlyArray<unknown> =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : String(value).split(",")

const isPlaced = Schema.is(Schema.Struct({ txid: Schema.Union(Schema.String, Schema.Array(Schema.String)) }))

const isBatch = Schema.is(
  Schema.Struct({ orders: Schema.Array(Schema.Struct({ txid: Schema.optional(Schema.String) })) })
)

const idsOf = (result: unknown): ReadonlyArray<string> => (isPlaced(result) ? [result.txid].flat() : [])

const placedIn = (result: unknown) => (isBatch(result) ? result.orders : [])
