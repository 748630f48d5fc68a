import { DateTime, Effect, Layer } from "effect"
import type { Directory } from "../../src/domain/assets/model.ts"
import { allows, type Permission } from "../../src/domain/keys/permissions.ts"
import { KrakenClient } from "../../src/services/KrakenClient.ts"
import { KrakenPermissionError, type KrakenRefusal, KrakenRejection } from "../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { CallBudget } from "../../src/services/CallBudget.ts"
import { Names } from "../../src/services/Names.ts"
import { Record } from "../../src/services/Record.ts"
import { PermissionCache } from "../../src/services/PermissionCache.ts"
import { NoApprovals } from "./NoApprovals.ts"
import { FeedsByRest } from "./TestFeeds.ts"
import { TestMandates } from "./TestMandates.ts"
import { Operated, TestPolicy } from "./TestPrincipal.ts"

/** An empty directory: every name stays as it is. */
export const noNames: Directory = {
  pairs: [],
  assets: [],
  findPair: () => undefined,
  findAsset: () => undefined,
  nearestPairs: () => [],
  nearestAssets: () => [],
  pairDisplay: (id) => id,
  assetDisplay: (id) => id,
  assetOfBalance: (id) => id
}

/**
 * Makes everything that a tool needs, without a network: a Kraken that answers from a table and rejects calls that are
 * not in it, a writer that passes writes on, names as given, a key with the permissions `granted`, and the policy of a
 * server with default settings.
 */
export const TestKraken = (options: {
  readonly answers?: globalThis.Record<string, unknown>
  readonly files?: globalThis.Record<string, Uint8Array>
  /** Endpoints that Kraken refuses. */
  readonly refusals?: globalThis.Record<string, KrakenRefusal>
  readonly granted?: ReadonlyArray<Permission>
  readonly directory?: Directory
  /** Receives every call that would be sent. */
  readonly onCall?: (endpoint: string, params: object) => void
  /** Receives every answer that is passed to the permission cache. */
  readonly onLearn?: (answer: unknown) => void
}) => {
  const ask =
    <A>(table: globalThis.Record<string, A> | undefined) =>
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
  const services = Layer.mergeAll(
    Layer.succeed(KrakenClient, {
      read: answer,
      write: answer,
      download: ask(options.files),
      now: DateTime.now,
      clock: Effect.succeed({ epoch: 0, within: 0 })
    }),
    Layer.succeed(KrakenWriter, {
      send: (endpoint, params) => Effect.map(answer(endpoint, params), (result) => ({ result })),
      validate: (endpoint, params) => Effect.map(answer(endpoint, params), (result) => ({ result })),
      resolve: (_, params) => Effect.succeed({ params }),
      settled: Effect.void
    }),
    Layer.succeed(Names, {
      pair: (spelling) => Effect.succeed(directory.findPair(spelling)?.altname ?? spelling),
      asset: (spelling) => Effect.succeed(directory.findAsset(spelling)?.asset.altname ?? spelling),
      directory: Effect.succeed(directory),
      stale: Effect.void
    }),
    Layer.mock(Record, {
      refused: () => Effect.succeedSome("1:0123456789abcdef"),
      activity: () => Effect.succeed([]),
      usage: () => Effect.succeed({ limits: [], owned: {}, openOrders: 0, writes: 0 })
    }),
    Layer.succeed(CallBudget, { count: () => Effect.void, usage: Effect.succeed([]) }),
    TestMandates(),
    NoApprovals,

    Layer.mock(PermissionCache, {
      require: (endpoint, needed) =>
        allows(new Set(options.granted ?? []), needed)
          ? Effect.void
          : new KrakenPermissionError({ endpoint, needed, refusedBy: "mcp-kraken", hints: [] }),
      explain: (error, needed) => Effect.succeed(new KrakenPermissionError({ ...error, needed })),
      known: Effect.succeedNone,
      store: (answer) => Effect.sync(() => options.onLearn?.(answer))
    })
  )
  return Layer.mergeAll(Operated, Layer.provideMerge(FeedsByRest, Layer.provideMerge(TestPolicy(), services)))
}
