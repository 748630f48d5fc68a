import { Effect, Schema } from "effect"
import { type Fill, FillRow, readFill } from "../../../domain/mandates/filledOrder.ts"
import type { CallOptions } from "../../../services/KrakenClient.ts"
import type { OrderSource } from "./orderLists.ts"

const Rows = Schema.Record({ key: Schema.String, value: FillRow })
const Page = Schema.Struct({ trades: Rows })

/**
 * Fills that one `QueryTrades` takes at most.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trades-info read 2026-08-17
 */
const maximumIds = 20

/** Requests for fills by their ids at most: each costs as much as two orders. */
const maximumRequests = 5

/** Fills that are read by their ids at most. */
export const maximumFills = maximumIds * maximumRequests

/**
 * Rows of one page of `TradesHistory`, newest first.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-history read 2026-08-17
 */
const pageSize = 50

/** Pages of `TradesHistory` that are read at most. */
const maximumPages = 5

/** Reads fills by their ids, and leaves out those that Kraken does not know or show. */
export const fillsById = Effect.fnUntraced(function* (
  { kraken }: OrderSource,
  ids: ReadonlyArray<string>,
  options: CallOptions
) {
  const fills = new Map<string, Fill>()
  for (let from = 0; from < ids.length; from += maximumIds) {
    const txid = ids.slice(from, from + maximumIds).join(",")
    const rows = yield* kraken
      .read("private/QueryTrades", { txid }, options)
      .pipe(
        Effect.flatMap(Schema.decodeUnknown(Rows)),
        Effect.catchTags({ KrakenOrderError: () => none, KrakenRejection: () => none })
      )
    for (const [id, row] of Object.entries(rows)) {
      const fill = readFill(row)
      if (fill !== undefined) fills.set(id, fill)
    }
  }
  return fills
})

const none = Effect.succeed<typeof Rows.Type>({})

/** Reads the newest 250 fills since a time in Unix seconds, by the ids of their orders. */
export const fillsSince = Effect.fnUntraced(function* ({ kraken }: OrderSource, start: number, options: CallOptions) {
  const rows = new Map<string, FillRow>()
  for (let page = 0; page < maximumPages; page++) {
    const params = { start, ofs: page * pageSize, without_count: true }
    const { trades } = yield* Effect.flatMap(
      kraken.read("private/TradesHistory", params, options),
      Schema.decodeUnknown(Page)
    )
    for (const [id, row] of Object.entries(trades)) rows.set(id, row)
    if (Object.keys(trades).length < pageSize) break
  }
  const byOrder = new Map<string, Array<Fill>>()
  for (const row of rows.values()) {
    const fill = readFill(row)
    if (fill === undefined || row.ordertxid === undefined) continue
    const fills = byOrder.get(row.ordertxid)
    if (fills === undefined) byOrder.set(row.ordertxid, [fill])
    else fills.push(fill)
  }
  return byOrder
})
