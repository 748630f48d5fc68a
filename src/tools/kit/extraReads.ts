import { Effect, Option, Schema } from "effect"
import { type Endpoint, endpoints, type Params, type Result } from "../../domain/endpoints/endpoints.ts"
import type { AccountData } from "../../services/AccountData.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { answeredByRest, LiveAnswers } from "../../services/LiveAnswers.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import type { Names } from "../../services/Names.ts"
import type { Principal } from "../../services/Principal.ts"

/** Time that a call waits for a read that only adds to its answer. */
const patience = "3 seconds"

/** Services of reads that only add to an answer. */
export type ExtraReads = AccountData | KrakenClient | Names | PermissionCache | Principal

/**
 * Reads a fact that only adds to an answer or an error. None if the key lacks the permission, Kraken does not answer
 * within three seconds, or the answer has another shape: the call itself must not fail for it. `isLive` takes the answer of
 * live data if there is one.
 */
export const tryRead = <E extends Endpoint>(
  endpoint: E,
  params: Params,
  isLive = false
): Effect.Effect<Option.Option<Result<E>>, never, ExtraReads> =>
  Effect.gen(function* () {
    const permissions = yield* PermissionCache
    yield* permissions.require(endpoint, endpoints[endpoint].permissions)
    const kraken = yield* KrakenClient
    const answers = yield* LiveAnswers
    const asked = kraken.read(endpoint, params)
    const { result } = isLive ? yield* answers.read(endpoint, params, asked) : answeredByRest(yield* asked)
    return yield* Schema.decodeUnknown(endpoints[endpoint].result)(result)
  }).pipe(Effect.timeout(patience), Effect.option)
