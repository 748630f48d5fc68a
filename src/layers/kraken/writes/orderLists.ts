import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { Directory } from "../../../domain/assets/names.ts"
import { clockDoubt, likeness, type OrderRow, OrderRows, type SentOrder } from "../../../domain/orders/orderMatch.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { Attempt, Desk } from "./Attempt.ts"
import { empty, found, type Look, unclear } from "./lookUntil.ts"

/** An order as Kraken lists it. */
export interface Listed {
  readonly txid: string
  readonly row: OrderRow
}

const decodeOpen = Schema.decodeUnknown(Schema.Struct({ open: OrderRows }))
const decodeClosed = Schema.decodeUnknown(Schema.Struct({ closed: OrderRows }))
const decodeQueried = Schema.decodeUnknown(OrderRows)

const settlement = { priority: "settlement" } as const

/** Rows of one page of `ClosedOrders`, and how many pages are read. */
const page = 50
const pages = 20

/**
 * Reads open orders, and those that were opened or closed since the attempt, with the time at which it left. Open ones
 * are asked for first: what closes in between is then seen as closed. A filter by an id of our own needs no time.
 */
export const ordersSince = Effect.fnUntraced(function* (
  desk: Desk,
  { departure }: Attempt,
  filter: Params,
  hasOwnId = false
) {
  const { open } = yield* Effect.flatMap(desk.kraken.read("private/OpenOrders", filter, settlement), decodeOpen)
  const closed: Array<readonly [string, OrderRow]> = []
  const start = hasOwnId ? undefined : Math.floor((yield* departure.timing).earliest) - clockDoubt
  for (let ofs = 0; ; ofs += page) {
    if (ofs === pages * page) {
      const reason = `more than ${ofs} orders were closed since`
      return yield* new KrakenUnavailable({ endpoint: "private/ClosedOrders", reason })
    }
    const params = { ...filter, start, closetime: "both", ofs }
    const answer = yield* Effect.flatMap(desk.kraken.read("private/ClosedOrders", params, settlement), decodeClosed)
    const rows = Object.entries(answer.closed)
    closed.push(...rows)
    if (rows.length < page) break
  }
  const rows = [...Object.entries(open), ...closed].map(([txid, row]): Listed => ({ txid, row }))
  return { rows, time: yield* departure.timing }
})

/** One order by its id. */
export const orderById = Effect.fnUntraced(function* (desk: Desk, txid: string) {
  const rows = yield* Effect.flatMap(desk.kraken.read("private/QueryOrders", { txid }, settlement), decodeQueried)
  const row = rows[txid]
  return row === undefined ? undefined : { txid, row }
})

/** The one order among `rows` that is `sent`; several, or one that shows neither id, can't be told. */
export const pick = (desk: Desk, directory: Directory, rows: ReadonlyArray<Listed>, sent: SentOrder): Look<Listed> => {
  const judged = rows
    .filter(({ txid }) => !desk.made.has(txid))
    .map((listed) => ({ listed, like: likeness(listed.row, sent, samePair(directory)) }))
  const same = unique(judged.filter(({ like }) => like === "same").map(({ listed }) => listed))
  const perhaps = judged.filter(({ like }) => like === "perhaps").map(({ listed }) => listed)
  const [only] = same
  if (same.length > 1) return unclear(`several orders fit: ${same.map(({ txid }) => txid).join(", ")}`)
  if (only !== undefined) return found(only)
  return perhaps.length > 0 ? unclear(`perhaps it is ${perhaps.map(({ txid }) => txid).join(" or ")}`) : empty
}

/** An order that closes between the two lists stands in both; the later look counts. */
const unique = (rows: ReadonlyArray<Listed>) => [...new Map(rows.map((listed) => [listed.txid, listed])).values()]

const samePair = (directory: Directory) => (a: string, b: string) => {
  const [left, right] = [directory.findPair(a), directory.findPair(b)]
  return left !== undefined && right !== undefined ? left.id === right.id : bare(a) === bare(b)
}

const bare = (pair: string) =>
  pair
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "")
    .replace("BTC", "XBT")
    .replace("DOGE", "XDG")
