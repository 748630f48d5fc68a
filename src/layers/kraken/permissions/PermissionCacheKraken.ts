import { Duration, Effect, Layer, Option } from "effect"
import { type Endpoint, endpoints } from "../../../domain/endpoints/endpoints.ts"
import { allows } from "../../../domain/keys/permissions.ts"
import { KrakenClient, type ReadError } from "../../../services/KrakenClient.ts"
import { KrakenPermissionError, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { KeyInfo } from "../../../domain/keys/keyInfo.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import { makeCachedValue } from "../../caching/cachedValue.ts"
import { limitsOf, readKeyInfo } from "../../../domain/keys/keyInfo.ts"

const endpoint: Endpoint = "private/GetApiKeyInfo"

const oneMinute = Duration.toMillis("1 minute")
const tenMinutes = Duration.toMillis("10 minutes")

/**
 * The permissions of the key, read from Kraken and cached for ten minutes. A call is refused only by permissions that are
 * at most a minute old. If Kraken does not answer, calls pass, and the next request follows after a minute; after ten if
 * Kraken refuses to answer for this key.
 */
export const PermissionCacheKraken = Layer.effect(
  PermissionCache,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient

    const decode = (result: unknown) =>
      Option.match(readKeyInfo(result), {
        onNone: () => new KrakenUnavailable({ endpoint, reason: "an answer of unknown shape" }),
        onSome: Effect.succeed
      })

    const cache = makeCachedValue<KeyInfo, ReadError, Principal>({
      // Calls of any priority wait for this request.
      lookup: () => Effect.flatMap(kraken.read(endpoint, {}, { priority: "settlement" }), decode),
      pauseAfter: (error) => {
        if (error._tag === "KrakenCredentialsMissing") return Effect.succeed(0)
        const isRefusal = error._tag === "KrakenPermissionError" || error._tag === "KrakenRejection"
        return Effect.as(
          Effect.logInfo(
            `Kraken does not report the permissions of the API key, so it decides on each call itself: ${error.message}`
          ),
          isRefusal ? tenMinutes : oneMinute
        )
      },
      staleFor: tenMinutes
    })

    /** Returns the permissions, younger than `age` if Kraken answers; none if there are none of the last ten minutes. */
    const get = (age: number) =>
      Effect.catchAll(Effect.asSome(cache.get(age)), (error) =>
        error._tag === "KrakenCredentialsMissing" ? error : Effect.succeedNone
      )

    return PermissionCache.of({
      require: Effect.fnUntraced(function* (endpoint, needed) {
        const suffices = Option.match({
          onNone: () => true,
          onSome: ({ permissions }: KeyInfo) => allows(permissions, needed)
        })
        if (allows(new Set(), needed) || endpoints[endpoint].unconfirmed) return
        if (suffices(yield* get(tenMinutes)) || suffices(yield* get(oneMinute))) return
        return yield* new KrakenPermissionError({ endpoint, needed, refusedBy: "mcp-kraken", hints: [] })
      }),
      explain: Effect.fn("PermissionCache.explain")(function* ({ endpoint, refusedBy }, needed) {
        const info = yield* Effect.orElseSucceed(get(0), Option.none)
        const now = yield* kraken.now
        const hints = Option.match(info, {
          onNone: () => [unknownPermissions],
          onSome: (key) => (allows(key.permissions, needed) ? [sufficient, ...limitsOf(key, now)] : [])
        })
        return new KrakenPermissionError({ endpoint, needed, refusedBy, hints })
      }),
      known: Effect.orElseSucceed(get(tenMinutes), Option.none),
      store: (answer) => Option.match(readKeyInfo(answer), { onNone: () => Effect.void, onSome: cache.set }),
      refresh: cache.refresh
    })
  })
)

const sufficient = "The key has the permission. The reason is the account, its region or a limit of the key."

const unknownPermissions =
  "Kraken does not report the permissions of this key. It refuses a key that is limited to other IP addresses in the same way."
