import { Predicate, Schema } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { ofAge } from "../../../domain/endpoints/rateCosts.ts"

export interface RecentOrder {
  readonly pair: string
  /** The time of its placing or last change, in milliseconds of the monotonic clock. */
  readonly since: number
  readonly ids: ReadonlyArray<string>
}

/**
 * Makes the list of orders that this process has placed or changed recently. The younger an order is, the more a change of
 * it costs. The age of other orders is not known, and they count as old.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export const makeRecentOrders = () => {
  let orders: ReadonlyArray<RecentOrder> = []
  const find = (id: unknown) => orders.filter(({ ids }) => ids.includes(String(id)))
  const remove = (gone: ReadonlyArray<RecentOrder>, now: number) => {
    orders = orders.filter((order) => !gone.includes(order) && now - order.since < ofAge * 1000)
  }
  const place = (pair: unknown, since: number, ids: ReadonlyArray<unknown>) => {
    const known = ids.filter((id) => id !== undefined && id !== null).map(String)
    orders = [...orders, { pair: pairKey(pair), since, ids: known }]
  }
  const restart = (changed: ReadonlyArray<RecentOrder>, since: number, more: ReadonlyArray<string>) => {
    remove(changed, since)
    for (const { ids, pair } of changed) place(pair, since, [...ids, ...more])
  }

  return {
    /** Returns all orders with an id: a txid, a `cl_ord_id`, or a `userref`, which several orders can have. */
    find,
    all: () => orders,
    /** Takes in the effect of a write on orders, at `now`. */
    carriedOut: (endpoint: WriteEndpoint, params: Params, result: unknown, now: number): void => {
      const { cl_ord_id, pair, txid, userref } = params
      const [made, ...others] = idsOf(result)
      switch (endpoints[endpoint].engine) {
        case "add":
          remove([], now)
          return place(pair, now, [made, ...others, cl_ord_id, userref])
        case "addBatch":
          remove([], now)
          return listOf(params["orders"]).forEach((order, i) => {
            const { cl_ord_id, userref } = Predicate.isRecord(order) ? order : {}
            place(pair, now, [placedIn(result)[i]?.txid, cl_ord_id, userref])
          })
        case "amend":
          return restart(find(txid ?? cl_ord_id), now, [])
        case "edit": {
          remove(find(txid), now)
          return place(pair, now, [made, userref])
        }
        case "cancel":
          return remove(cancelled(params).flatMap(find), now)
        case "cancelAll":
          orders = []
          return
        case "none":
      }
    }
  }
}

export type RecentOrders = ReturnType<typeof makeRecentOrders>

/** Returns the ids in the parameters of a cancel. */
export const cancelled = ({ cl_ord_id, cl_ord_ids, orders, txid }: Params): ReadonlyArray<unknown> => [
  ...listOf(txid),
  ...listOf(cl_ord_id),
  ...listOf(orders),
  ...listOf(cl_ord_ids)
]

/** Returns the key of a pair. Requests spell a pair in one way, apart from case. */
export const pairKey = (pair: unknown): string => String(pair).toUpperCase()

/** Returns a list, also one that is given as comma-separated text. */
export const listOf = (value: unknown): ReadonlyArray<unknown> =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : String(value).split(",")

const isPlaced = Schema.is(Schema.Struct({ txid: Schema.Union(Schema.String, Schema.Array(Schema.String)) }))

const isBatch = Schema.is(
  Schema.Struct({ orders: Schema.Array(Schema.Struct({ txid: Schema.optional(Schema.String) })) })
)

const idsOf = (result: unknown): ReadonlyArray<string> => (isPlaced(result) ? [result.txid].flat() : [])

const placedIn = (result: unknown) => (isBatch(result) ? result.orders : [])
