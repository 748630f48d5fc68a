import { Clock, Effect, Option } from "effect"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { KrakenUnavailable } from "../../services/KrakenErrors.ts"
import type { MarketData } from "../../services/MarketData.ts"
import { makeCachedValue } from "../caching/cachedValue.ts"
import type { PublicReader } from "../kraken/names/assetListsCache.ts"
import { depthOf, mostTrades, readTrades, tradesOf, type PairSnapshot, pairSnapshotOf } from "./pairSnapshot.ts"
import type { ReadError } from "../../services/KrakenClient.ts"

/**
 * The age up to which the data of a pair serves everyone, and the pause after a failure, in milliseconds: Kraken takes about
 * one public call a second.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
 */
const fresh = 1000

/** The longest time between two snapshots that are joined, in milliseconds. After more, the newest trades are enough. */
const longestGap = 60_000

const levels = 100

/** Gets the book and trades of one pair, from live data or by REST. A snapshot that is not a second old, or being read, serves all callers. */
export type PairMarketData = Effect.Effect<PairSnapshot, ReadError>

export const makePairMarketData = (
  kraken: PublicReader<never>,
  market: typeof MarketData.Service,
  pair: Pair
): PairMarketData => {
  const names = { altname: pair.altname, display: pair.display, assetClass: pair.base.class }
  const named = { pair: pair.altname, ...(pair.base.class !== "currency" && { asset_class: pair.base.class }) }
  const tradesSince = (since: string | undefined) =>
    Effect.map(kraken.read("public/Trades", { ...named, since, count: mostTrades }, asWrite), readTrades)

  /** Reads the trades since the last one. If there are more than Kraken returns at once, reads the newest instead. */
  const readNewTrades = Effect.fnUntraced(function* (since: string | undefined) {
    const newer = yield* tradesSince(since)
    return since !== undefined && newer.rows.length >= mostTrades ? yield* tradesSince(undefined) : newer
  })

  const readSnapshot = Effect.fnUntraced(function* (previous: PairSnapshot | undefined) {
    const at = yield* Clock.currentTimeMillis
    const before = previous !== undefined && at - previous.at < longestGap ? previous.trades : undefined
    const book = Option.getOrUndefined(yield* market.book(names).live)
    const trades = Option.getOrUndefined(yield* market.trades(names).live)
    // Live trades begin with the connection. Those that were missed before are found by REST.
    const newer = trades && before && tradesOf(trades.value, before)
    const depth = kraken.read("public/Depth", { ...named, count: levels }, asWrite)
    const results = yield* Effect.all(
      [
        book === undefined ? depth : Effect.succeed(depthOf(book.value, at)),
        newer === undefined ? readNewTrades(before?.last) : Effect.succeed(newer)
      ],
      { concurrency: 2 }
    )
    const snapshot = pairSnapshotOf(pair, at, ...results, before)
    if (snapshot !== undefined) return snapshot
    const reason = `its book and trades of ${pair.display} are not of the shape or precision that is known here ${changed}`
    return yield* new KrakenUnavailable({ endpoint: "public/Depth", reason })
  }, Effect.mapError(notCarriedOut))

  return makeCachedValue({
    lookup: readSnapshot,
    pauseAfter: () => Effect.succeed(fresh),
    staleFor: 0
  }).get(fresh)
}

const changed = "(decimals that Kraken has changed are taken over once nothing is open on the pair)"

/** The priority of a write, since an order waits for the data. */
const asWrite = { priority: "write" } as const

/** Adds to the reason that nothing was carried out. */
export const notCarriedOut = (error: ReadError): ReadError => {
  if (error._tag !== "KrakenUnavailable") return error
  const { cause, endpoint, reason } = error
  return new KrakenUnavailable({
    endpoint,
    reason: `${reason}; paper orders trade at Kraken's prices, so nothing was carried out`,
    cause
  })
}
