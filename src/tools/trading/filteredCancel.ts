import { Array, Effect, Either, Option, Schema } from "effect"
import type { Directory } from "../../domain/assets/model.ts"
import { endpoints, type Result } from "../../domain/endpoints/endpoints.ts"
import { idsOfOwners, selectOwn } from "../../domain/mandates/ownOrders.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { KrakenNotRecorded, KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { KrakenWriter, type SendError } from "../../services/KrakenWriter.ts"
import { Names } from "../../services/Names.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { Principal } from "../../services/Principal.ts"
import { Record } from "../../services/Record.ts"
import { lookUp } from "../kit/lookUp.ts"
import * as Rows from "../kit/rows.ts"

/** The open orders to cancel. */
export interface Filter {
  readonly pair?: string
  readonly side?: "buy" | "sell"
}

/** Orders of one request that cancels them. */
interface Batch {
  readonly txids: ReadonlyArray<string>
  /** True if Kraken has counted each of them as cancelled. */
  readonly isCounted: boolean
  readonly error?: SendError
}

/**
 * Orders that one `CancelOrderBatch` takes at most.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-order-batch read 2026-08-17
 */
const maximumIds = 50

const isCanceled = Schema.is(endpoints["private/CancelOrder"].result)

/**
 * Cancels the open orders that pass a filter, by their ids, and reads the open orders back. Orders that are still open
 * are cancelled once more, since Kraken can refuse a whole batch for an order that has ended. Fails if no order was
 * cancelled and one is left.
 */
export const cancelFiltered = Effect.fn("Tool.cancel_all_orders")(function* (filter: Filter) {
  const open = yield* cancellable(yield* openOrders)
  const passes = yield* passing(filter, open)
  const txids = open.filter(([, order]) => passes(order)).map(([txid]) => txid)
  const first = yield* cancelled(txids)
  const left = yield* stillOpen(first, txids)
  const second = yield* cancelled(left.txids)
  const end = second.length === 0 ? left : yield* stillOpen(second, left.txids)
  const batches = [...first, ...second]

  const gone = txids.filter((txid) => !end.txids.includes(txid))
  const counted = batches.flatMap(({ isCounted, txids }) => (isCounted ? txids : []))
  const states = yield* endStates(gone.filter((txid) => !counted.includes(txid)))
  const isOurs = (txid: string) => counted.includes(txid) || states.get(txid) === "canceled"
  const ours = gone.filter(isOurs)
  const unread = gone.filter((txid) => !isOurs(txid) && !states.has(txid))
  const errors = batches.flatMap(({ error }) => error ?? [])
  const [error] = errors
  if (ours.length === 0 && end.txids.length > 0 && error !== undefined) return yield* error
  const reasons = [
    ...(end.txids.length > 0 ? [...errors.map(({ message }) => message), ...Option.toArray(end.doubt)] : []),
    ...(unread.length > 0
      ? [`Cancelled or filled, which could not be read: ${unread.join(", ")}. See query_orders.`]
      : [])
  ]
  return {
    result: { count: ours.length },
    extra: {
      cancelled: ours,
      left: end.txids,
      ...Rows.compact({
        ended: gone.filter((txid) => !isOurs(txid) && states.has(txid)),
        note: [...new Set(reasons)].join(" ") || undefined
      })
    }
  }
})

/** Reads all open orders ahead of other calls, as cancels are. */
const openOrders = Effect.gen(function* () {
  const endpoint = "private/OpenOrders"
  const keys = yield* PermissionCache
  yield* keys.require(endpoint, endpoints[endpoint].permissions, "cancel")
  const kraken = yield* KrakenClient
  const answer = yield* kraken.read(endpoint, {}, { priority: "cancel" })
  const { open } = yield* Effect.mapError(
    Schema.decodeUnknown(endpoints[endpoint].result)(answer),
    () => new KrakenUnavailable({ endpoint, reason: "the open orders do not have the documented shape" })
  )
  return Object.entries(open)
})

type Order = Result<"private/OpenOrders">["open"][string]

/** Selects the orders that the caller is allowed to cancel: all of them, or its own under a mandate that says so. */
const cancellable = Effect.fnUntraced(
  function* (open: ReadonlyArray<readonly [string, Order]>) {
    const { mandate } = yield* Principal
    if (!Option.exists(mandate, ({ terms }) => terms.cancel === "own")) return open
    const record = yield* Record
    const orders = open.map(([txid, order]) => ({ ...order, txid }))
    const ids = yield* record.ownOrders(idsOfOwners(orders))
    const own = new Set(selectOwn(orders, ids, yield* record.openSpends("own")).map(({ txid }) => txid))
    return open.filter(([txid]) => own.has(txid))
  },
  Effect.mapError(({ reason }) => new KrakenNotRecorded({ endpoint: "private/CancelAll", reason }))
)

/**
 * Makes the test of a filter. Without Kraken's lists, a pair is recognised only by the name that its orders show. If no
 * order shows it, the filter cannot be evaluated, and nothing is cancelled.
 */
const passing = Effect.fnUntraced(function* ({ pair, side }: Filter, open: ReadonlyArray<readonly [string, Order]>) {
  const hasSide = ({ descr }: Order) => side === undefined || descr.type === side
  if (pair === undefined) return hasSide
  const names = yield* Names
  const wanted = yield* names.pair(pair)
  const directory = yield* names.directory
  const idOf = (name: string, { findPair }: Directory) => findPair(name)?.id ?? name.toUpperCase()
  const hasPair = ({ descr }: Order) => idOf(descr.pair, directory) === idOf(wanted, directory)
  if (directory.findPair(wanted) === undefined && !open.some(([, order]) => hasPair(order))) {
    const reason = `without Kraken's lists it is unknown which orders are of ${pair}`
    return yield* new KrakenUnavailable({ endpoint: "public/AssetPairs", reason })
  }
  return (order: Order) => hasSide(order) && hasPair(order)
})

/** Cancels orders in as few requests as possible. A batch might need two ids at least, so one order goes by itself. */
const cancelled = (txids: ReadonlyArray<string>) =>
  Effect.forEach(Array.chunksOf(txids, maximumIds), (txids) =>
    Effect.flatMap(KrakenWriter, (writer) =>
      Effect.match(
        txids.length === 1
          ? writer.send("private/CancelOrder", { txid: txids[0] })
          : writer.send("private/CancelOrderBatch", { orders: txids }),
        {
          onFailure: (error): Batch => ({ txids, isCounted: false, error }),
          onSuccess: ({ result }): Batch => ({
            txids,
            isCounted: isCanceled(result) && result.count >= txids.length && result.pending !== true
          })
        }
      )
    )
  )

/** Reads back the orders that are still open. If they cannot be read, those that Kraken has not counted are. */
const stillOpen = (batches: ReadonlyArray<Batch>, txids: ReadonlyArray<string>) =>
  batches.length === 0
    ? Effect.succeed({ txids: [], doubt: Option.none<string>() })
    : Effect.map(Effect.either(openOrders), (open) =>
        Either.match(open, {
          onLeft: ({ message }) => ({
            txids: batches.flatMap(({ isCounted, txids }) => (isCounted ? [] : txids)),
            doubt: Option.some(`The open orders could not be read back: ${message}`)
          }),
          onRight: (rows) => {
            const open = new Set(rows.map(([txid]) => txid))
            return { txids: txids.filter((txid) => open.has(txid)), doubt: Option.none<string>() }
          }
        })
      )

const decodeOrders = Schema.decodeUnknown(endpoints["private/QueryOrders"].result)

/** Reads the states in which orders that are no longer open have ended. A state that cannot be read is left out. */
const endStates = (txids: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(Array.chunksOf(txids, maximumIds), (txids) =>
      lookUp("private/QueryOrders", { txid: txids.join(",") }, { field: "txid", elsewhere: "" }).pipe(
        Effect.flatMap(({ result }) => decodeOrders(result)),
        Effect.map((rows) => Object.entries(rows).map(([txid, { status }]) => [txid, status] as const)),
        Effect.orElseSucceed(() => [])
      )
    ),
    (found) => new Map(found.flat().filter(([, status]) => status !== "open" && status !== "pending"))
  )
