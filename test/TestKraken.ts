import { DateTime, Effect, Layer } from "effect"
import type { Asset, Directory, Pair } from "../src/domain/names.ts"
import { allows, type Permission } from "../src/domain/permissions.ts"
import { KrakenClient } from "../src/services/KrakenClient.ts"
import { KrakenPermissionError, type KrakenRefusal, KrakenRejection } from "../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../src/services/KrakenWriter.ts"
import { Names } from "../src/services/Names.ts"
import { PermissionCache } from "../src/services/PermissionCache.ts"

/** A directory that knows nothing: every name stays as it is. */
export const noNames: Directory = {
  pairs: [],
  assets: [],
  findPair: () => undefined,
  findAsset: () => undefined,
  nearestPairs: () => [],
  nearestAssets: () => [],
  pairDisplay: (id) => id,
  assetDisplay: (id) => id
}

/** A directory of a few names, in the spellings of Kraken and of people. */
export const namesOf = (pairs: ReadonlyArray<Pair>, assets: ReadonlyArray<Asset>): Directory => {
  const findPair = (spelling: string) => find(pairs, spelling)
  const findAsset = (spelling: string) => find(assets, spelling)
  return {
    ...noNames,
    pairs,
    assets,
    findPair,
    findAsset: (spelling) => {
      const asset = findAsset(spelling)
      return asset && { asset, suffix: "" }
    },
    pairDisplay: (spelling) => findPair(spelling)?.display ?? spelling,
    assetDisplay: (spelling) => findAsset(spelling)?.display ?? spelling
  }
}

const find = <A extends { readonly id: string; readonly altname: string; readonly display: string }>(
  rows: ReadonlyArray<A>,
  spelling: string
) =>
  rows.find((row) => [row.id, row.altname, row.display].some((name) => name.toLowerCase() === spelling.toLowerCase()))

const btcUsd: Pair = {
  id: "XXBTZUSD",
  altname: "XBTUSD",
  display: "BTC/USD",
  base: "XXBT",
  quote: "ZUSD",
  assetClass: "currency",
  status: "online",
  pairDecimals: 1,
  lotDecimals: 8,
  costDecimals: 5,
  ordermin: "0.00005",
  costmin: "0.5",
  tickSize: "0.1",
  leverageBuy: [2, 3, 4, 5],
  leverageSell: [2, 3, 4, 5]
}

const btc: Asset = {
  id: "XXBT",
  altname: "XBT",
  display: "BTC",
  assetClass: "currency",
  decimals: 10,
  status: "enabled"
}

const aapl = { id: "AAPLx", altname: "AAPLx", display: "AAPLx", assetClass: "tokenized_asset" } as const

export const fewNames = namesOf(
  [
    btcUsd,
    { ...btcUsd, ...aapl, id: "AAPLxUSD", altname: "AAPLxUSD", display: "AAPLx/USD", base: "AAPLx", pairDecimals: 2 }
  ],
  [
    btc,
    { ...btc, id: "XXRP", altname: "XRP", display: "XRP" },
    { ...btc, id: "DOT", altname: "DOT", display: "DOT" },
    { ...btc, id: "ZUSD", altname: "USD", display: "USD" },
    { ...btc, ...aapl }
  ]
)

/**
 * Everything a tool needs, without a network: a Kraken that answers from a table and rejects whatever is not in it,
 * a writer that passes writes on, names as given, and a key that holds `granted`.
 */
export const TestKraken = (options: {
  readonly answers?: Record<string, unknown>
  readonly files?: Record<string, Uint8Array>
  /** Endpoints that Kraken refuses. */
  readonly refusals?: Record<string, KrakenRefusal>
  readonly granted?: ReadonlyArray<Permission>
  readonly directory?: Directory
  /** Sees every call that would leave. */
  readonly onCall?: (endpoint: string, params: object) => void
  /** Sees what the permission cache is told. */
  readonly onLearn?: (answer: unknown) => void
}) => {
  const ask =
    <A>(table: Record<string, A> | undefined) =>
    (endpoint: string, params: object) =>
      Effect.suspend(() => {
        options.onCall?.(endpoint, params)
        const refusal = options.refusals?.[endpoint]
        if (refusal !== undefined) return Effect.fail(refusal)
        const answer = table?.[endpoint]
        return answer === undefined
          ? Effect.fail(new KrakenRejection({ endpoint, codes: ["EGeneral:Unknown method"] }))
          : Effect.succeed(answer)
      })
  const answer = ask(options.answers)
  const directory = options.directory ?? noNames
  return Layer.mergeAll(
    Layer.succeed(KrakenClient, {
      read: answer,
      write: (endpoint, params) => params.pipe(Effect.flatMap((now) => answer(endpoint, now))),
      download: ask(options.files),
      now: DateTime.now
    }),
    Layer.succeed(KrakenWriter, {
      send: (endpoint, params) => Effect.map(answer(endpoint, params), (result) => ({ result, duplicate: false })),
      settled: Effect.void
    }),
    Layer.succeed(Names, {
      pair: (spelling) => Effect.succeed(directory.findPair(spelling)?.altname ?? spelling),
      asset: (spelling) => Effect.succeed(directory.findAsset(spelling)?.asset.altname ?? spelling),
      directory: Effect.succeed(directory),
      stale: Effect.void
    }),
    Layer.mock(PermissionCache, {
      require: (endpoint, needed) =>
        allows(new Set(options.granted ?? []), needed)
          ? Effect.void
          : new KrakenPermissionError({ endpoint, needed, refusedBy: "mcp-kraken", hints: [] }),
      explain: (error, needed) => Effect.succeed(new KrakenPermissionError({ ...error, needed })),
      known: Effect.succeedNone,
      learn: (answer) => Effect.sync(() => options.onLearn?.(answer))
    })
  )
}
