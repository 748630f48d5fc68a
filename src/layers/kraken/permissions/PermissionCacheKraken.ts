import { Duration, Effect, Layer, Option } from "effect"
import { type Endpoint, endpoints } from "../../../domain/endpoints/endpoints.ts"
import { allows } from "../../../domain/keys/permissions.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { KrakenClient, type ReadError } from "../../../services/KrakenClient.ts"
import { KrakenPermissionError, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { KeyInfo } from "../../../domain/keys/keyInfo.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { limitsOf, readKeyInfo } from "../../../domain/keys/keyInfo.ts"

const endpoint: Endpoint = "private/GetApiKeyInfo"

const aMinute = Duration.toMillis("1 minute")
const tenMinutes = Duration.toMillis("10 minutes")

/**
 * Asks Kraken what the key may do, one request however many wait for it. What is known counts for ten minutes; before a
 * call is refused, for one. After a failure calls pass, and Kraken is asked again a minute later, or ten where it has no
 * answer for this key.
 */
export const PermissionCacheKraken = Layer.effect(
  PermissionCache,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const queue = yield* Effect.makeSemaphore(1)
    let known: { readonly info: KeyInfo; readonly at: number } | undefined
    let quietUntil = -Infinity

    const remember = (info: KeyInfo) =>
      Effect.map(monotonic, (at) => {
        known = { info, at }
        quietUntil = -Infinity
        return info
      })

    // Calls of any urgency wait for this one.
    const ask = Effect.flatMap(kraken.read(endpoint, {}, { priority: "settlement" }), (answer) =>
      Option.match(readKeyInfo(answer), {
        onNone: () => new KrakenUnavailable({ endpoint, reason: "an answer of unknown shape" }),
        onSome: remember
      })
    )

    /** What is known, if that is younger than `age`, or else what Kraken says now. */
    const look = (age: number) =>
      queue.withPermits(1)(
        Effect.flatMap(monotonic, (now) => {
          if (known !== undefined && now - known.at < age) return Effect.succeedSome(known.info)
          if (now < quietUntil) return Effect.succeed(remembered(now))
          return Effect.catchAll(Effect.asSome(ask), (error) =>
            error._tag === "KrakenCredentialsMissing" ? error : Effect.as(notice(error, now), remembered(now))
          )
        })
      )

    const remembered = (now: number): Option.Option<KeyInfo> =>
      known !== undefined && now - known.at < tenMinutes ? Option.some(known.info) : Option.none()

    const notice = (error: ReadError, now: number) =>
      Effect.suspend(() => {
        const refused = error._tag === "KrakenPermissionError" || error._tag === "KrakenRejection"
        quietUntil = now + (refused ? tenMinutes : aMinute)
        return Effect.logInfo(`Kraken does not tell what the API key may do, and decides itself: ${error.message}`)
      })

    return PermissionCache.of({
      require: Effect.fnUntraced(function* (endpoint, needed) {
        const suffices = Option.match({
          onNone: () => true,
          onSome: ({ permissions }: KeyInfo) => allows(permissions, needed)
        })
        if (allows(new Set(), needed) || endpoints[endpoint].unconfirmed) return
        if (suffices(yield* look(tenMinutes)) || suffices(yield* look(aMinute))) return
        return yield* new KrakenPermissionError({ endpoint, needed, refusedBy: "mcp-kraken", hints: [] })
      }),
      explain: Effect.fn("PermissionCache.explain")(function* ({ endpoint, refusedBy }, needed) {
        const info = yield* Effect.orElseSucceed(look(0), Option.none)
        const now = yield* kraken.now
        const hints = Option.match(info, {
          onNone: () => [untold],
          onSome: (key) => (allows(key.permissions, needed) ? [held, ...limitsOf(key, now)] : [])
        })
        return new KrakenPermissionError({ endpoint, needed, refusedBy, hints })
      }),
      known: Effect.orElseSucceed(look(tenMinutes), Option.none),
      learn: (answer) => Option.match(readKeyInfo(answer), { onNone: () => Effect.void, onSome: remember }),
      refresh: queue.withPermits(1)(ask)
    })
  })
)

const held = "The key lacks no permission for it: the account, its region or a limit of the key is in the way."

const untold =
  "Kraken does not tell what this key may do; a key that is limited to other IP addresses is refused in the same way."
