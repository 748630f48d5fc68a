import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { Directory } from "../../../domain/assets/model.ts"
import { clockDoubt, likeness, type OrderRow, OrderRows, type SentOrder } from "../../../domain/orders/orderMatch.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { UnconfirmedWrite, ProcedureContext } from "./writeProcedure.ts"
import { empty, found, type Finding, unclear } from "./pollUntilSettled.ts"

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
export const page = 50
export const pages = 20

/** Kraken shows at most this many orders in one answer, and cancels at most as many in one call. */
export const most = 50

/** Reads the open orders of the account that pass a filter. Kraken gives all of them in one answer. */
export const openOrders = (context: ProcedureContext, filter: Params) =>
  Effect.map(Effect.flatMap(context.kraken.read("private/OpenOrders", filter, settlement), decodeOpen), ({ open }) =>
    toListed(open)
  )

const toListed = (rows: typeof OrderRows.Type) => Object.entries(rows).map(([txid, row]): Listed => ({ txid, row }))

/**
 * Reads open orders, and those that were opened or closed since the attempt, with the time at which it left. Open ones
 * are asked for first: what closes in between is then seen as closed. A filter by an id of our own needs no time.
 */
export const ordersSince = Effect.fnUntraced(function* (
  context: ProcedureContext,
  { departure }: UnconfirmedWrite,
  filter: Params,
  hasOwnId = false
) {
  const open = yield* openOrders(context, filter)
  const closed: Array<Listed> = []
  const start = hasOwnId ? undefined : Math.floor((yield* departure.timing).earliest) - clockDoubt
  for (let ofs = 0; ; ofs += page) {
    if (ofs === pages * page) {
      const reason = `more than ${ofs} orders were closed since`
      return yield* new KrakenUnavailable({ endpoint: "private/ClosedOrders", reason })
    }
    const params = { ...filter, start, closetime: "both", ofs }
    const answer = yield* Effect.flatMap(context.kraken.read("private/ClosedOrders", params, settlement), decodeClosed)
    const rows = toListed(answer.closed)
    closed.push(...rows)
    if (rows.length < page) break
  }
  return { rows: [...open, ...closed], time: yield* departure.timing }
})

const queried = (context: ProcedureContext, txids: ReadonlyArray<string>) =>
  context.kraken
    .read("private/QueryOrders", { txid: txids.join(",") }, settlement)
    .pipe(Effect.flatMap(decodeQueried), Effect.map(toListed))

/** Reads one order by its id. */
export const orderById = (context: ProcedureContext, txid: string) =>
  Effect.map(queried(context, [txid]), (rows) => rows.find((listed) => listed.txid === txid))

/** Reads orders by their ids. Those that Kraken does not know are left out: one of them spoils an answer for all. */
export const ordersById = Effect.fnUntraced(function* (context: ProcedureContext, txids: ReadonlyArray<string>) {
  const found: Array<Listed> = []
  for (let from = 0; from < txids.length; from += most) {
    const ids = txids.slice(from, from + most)
    const known = (ids: ReadonlyArray<string>, otherwise: ReturnType<typeof queried>) =>
      Effect.catchTag(queried(context, ids), "KrakenOrderError", () => otherwise)
    const single = Effect.forEach(ids, (id) => known([id], Effect.succeed([])))
    found.push(
      ...(yield* known(
        ids,
        Effect.map(single, (rows) => rows.flat())
      ))
    )
  }
  return found
})

/** The one order among `rows` that is `sent`; several, or one that shows neither id, can't be told. */
export const pick = (
  context: ProcedureContext,
  directory: Directory,
  rows: ReadonlyArray<Listed>,
  sent: SentOrder
): Finding<Listed> => {
  const judged = rows
    .filter(({ txid }) => !context.made.has(txid))
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
