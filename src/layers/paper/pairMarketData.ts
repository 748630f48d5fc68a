import { Clock, Effect, Exit } from "effect"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { KrakenUnavailable } from "../../services/KrakenErrors.ts"
import type { PublicReader } from "../kraken/names/assetListsCache.ts"
import { mostTrades, readTrades, type PairSnapshot, pairSnapshotOf } from "./pairSnapshot.ts"
import type { ReadError } from "../../services/KrakenClient.ts"

/** What was seen does for this long, whoever asks: Kraken takes about one call a second. In milliseconds, as below. */
const fresh = 1000

/** After a longer pause nobody waits for what was traded since: the newest trades will do. */
const remembered = 60_000

const levels = 100

/** Looks at one pair of Kraken's. A look that is under way, or not a second old, does for everybody. */
export type PairMarketData = Effect.Effect<PairSnapshot, ReadError>

export const makePairMarketData = (kraken: PublicReader<never>, pair: Pair): PairMarketData => {
  const oneAtATime = Effect.unsafeMakeSemaphore(1)
  let latest: { readonly at: number; readonly exit: Exit.Exit<PairSnapshot, ReadError> } | undefined
  let sight: PairSnapshot | undefined

  const named = { pair: pair.altname, ...(pair.base.class !== "currency" && { asset_class: pair.base.class }) }
  const tradesSince = (since: string | undefined) =>
    Effect.map(kraken.read("public/Trades", { ...named, since, count: mostTrades }, first), readTrades)

  /** More may have been traded than Kraken tells at once: then the newest matter. */
  const trades = Effect.fnUntraced(function* (since: string | undefined) {
    const newer = yield* tradesSince(since)
    return since !== undefined && newer.rows.length >= mostTrades ? yield* tradesSince(undefined) : newer
  })

  const look = Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis
    const before = sight !== undefined && at - sight.at < remembered ? sight.trades : undefined
    const depth = kraken.read("public/Depth", { ...named, count: levels }, first)
    const answers = yield* Effect.all([depth, trades(before?.last)], { concurrency: 2 })
    const seen = pairSnapshotOf(pair, at, ...answers, before)
    if (seen !== undefined) return seen
    const reason = `its book and trades of ${pair.display} are not of the shape or precision that is known here ${changed}`
    return yield* new KrakenUnavailable({ endpoint: "public/Depth", reason })
  }).pipe(Effect.mapError(notCarriedOut))

  return Effect.gen(function* () {
    if (latest !== undefined && (yield* Clock.currentTimeMillis) - latest.at < fresh) return yield* latest.exit
    const exit = yield* Effect.exit(look)
    latest = { at: yield* Clock.currentTimeMillis, exit }
    if (Exit.isSuccess(exit)) sight = exit.value
    return yield* exit
  }).pipe(oneAtATime.withPermits(1))
}

const changed = "(decimals that Kraken has changed are taken over once nothing is open on the pair)"

/** Goes before what tools read: somebody's order waits for it. */
const first = { priority: "write" } as const

export const notCarriedOut = (error: ReadError): ReadError => {
  if (error._tag !== "KrakenUnavailable") return error
  const { cause, endpoint, reason } = error
  return new KrakenUnavailable({
    endpoint,
    reason: `${reason}; paper orders trade at Kraken's prices, so nothing was carried out`,
    cause
  })
}
