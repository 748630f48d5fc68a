import { Clock, Duration, Effect, Layer, Option } from "effect"
import { type Endpoint, endpoints } from "../../../domain/endpoints/endpoints.ts"
import { type KeyInfo, limitsOf, readKeyInfo } from "../../../domain/keys/keyInfo.ts"
import { allows, type AnyOf } from "../../../domain/keys/permissions.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { KrakenClient, type Priority, type ReadError } from "../../../services/KrakenClient.ts"
import { KrakenPermissionError, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import { NonceSource } from "../../../services/NonceSource.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import { makeCachedValue } from "../../caching/cachedValue.ts"
import { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { SharedInfo, SharedKeyInfo } from "./sharedKeyInfo.ts"

const endpoint: Endpoint = "private/GetApiKeyInfo"

const oneMinute = Duration.toMillis("1 minute")
const tenMinutes = Duration.toMillis("10 minutes")

/** The time after which a server looks for what others have learned of the key, in milliseconds. */
const lookEvery = 1000

/** The longest wait for that look, and the pause after one without an answer, in milliseconds. */
const longestLook = 1000
const lookPause = 5000

/** The longest wait for what others know if nothing is known here, and the pause after one without an answer. */
const longestLookup = 4000
const lookupPause = 1000

/** The clock of this machine, also in a test whose time stands still: a database answers by it. */
const machine = Clock.make()

/** The description of the key, and when Kraken gave it, in milliseconds of the monotonic clock. */
interface Known {
  readonly info: KeyInfo
  readonly at: number
}

/** Ends a wait for the database, during which a call waits. */
const inTime = <A>(
  effect: Effect.Effect<A, DatabaseUnavailable>,
  longest: number
): Effect.Effect<A, DatabaseUnavailable> =>
  effect.pipe(
    Effect.disconnect,
    Effect.timeoutFail({
      duration: longest,
      onTimeout: () => new DatabaseUnavailable({ reason: "The database does not answer in time.", cause: undefined })
    }),
    Effect.withClock(machine)
  )

/**
 * Makes the cache of one key. Several servers of a key share what Kraken told one of them in `shared`: each looks there every
 * second, and asks Kraken only if nobody knows it.
 *
 * If Kraken does not tell the permissions, calls pass, since it checks them itself. If the servers' database does not answer
 * either, this server cannot even ask: nonces are there, too. Then the guard cannot be evaluated, and only cancels pass.
 */
export const makePermissionCache = Effect.fnUntraced(function* (shared?: SharedKeyInfo) {
  const kraken = yield* KrakenClient
  const nonces = yield* Effect.serviceOption(NonceSource)
  /** The version of the description that is known here. Undefined if the database does not have it. */
  let version: number | undefined
  /** The number of answers of Kraken. */
  let answers = 0

  const warn = ({ reason }: DatabaseUnavailable) =>
    Effect.logWarning("Permissions of the API key cannot be shared with other servers", { reason })

  /** Takes in an answer of Kraken, and shares it. */
  const noted = Effect.fnUntraced(function* (info: KeyInfo) {
    const at = yield* monotonic
    answers++
    version =
      shared === undefined
        ? undefined
        : yield* Effect.catchAll(inTime(shared.write(info), longestLookup), (error) =>
            Effect.as(warn(error), undefined)
          )
    return { info, at }
  })

  /** Takes over what another server was told. This one has to learn two facts that it would know after a request of its own. */
  const takeOver = Effect.fnUntraced(function* (found: SharedInfo) {
    const at = (yield* monotonic) - found.age
    version = found.version
    if (Option.isSome(nonces)) yield* nonces.value.setWindow(found.info.nonceWindow)
    // Deadlines of writes are set by Kraken's clock, which is known after an answer.
    if ((yield* kraken.clock).within === Infinity)
      yield* Effect.ignore(kraken.read("public/Time", {}, { priority: "settlement" }))
    return { info: found.info, at }
  })

  // Calls of any priority wait for this request.
  const ask = kraken.read(endpoint, {}, { priority: "settlement" }).pipe(
    Effect.flatMap((result) =>
      Option.match(readKeyInfo(result), {
        onNone: () => new KrakenUnavailable({ endpoint, reason: "an answer of unknown shape" }),
        onSome: Effect.succeed
      })
    ),
    Effect.flatMap(noted)
  )

  const cache = makeCachedValue<Known, ReadError | DatabaseUnavailable, Principal>({
    lookup: (_, age) =>
      shared === undefined || age === 0
        ? ask
        : Effect.matchEffect(inTime(shared.read, longestLookup), {
            onFailure: (away) =>
              Effect.mapError(ask, (error) => (error._tag === "KrakenCredentialsMissing" ? error : away)),
            onSuccess: (found) => (found !== undefined && found.age < age ? takeOver(found) : ask)
          }),
    madeAt: ({ at }) => at,
    pauseAfter: (error) => {
      if (error._tag === "KrakenCredentialsMissing") return Effect.succeed(0)
      if (error._tag === "DatabaseUnavailable") return Effect.succeed(lookupPause)
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

  const look = makeCachedValue<void, DatabaseUnavailable, Principal>({
    lookup: Effect.fnUntraced(function* () {
      if (shared === undefined) return
      const before = version
      const found = yield* inTime(shared.read, longestLook)
      if (version !== before || found?.version === before) return
      if (found !== undefined) return void (yield* cache.set(yield* takeOver(found)))
      // Another server was told that it is no longer right.
      version = undefined
      yield* cache.invalidate
    }),
    pauseAfter: () => Effect.succeed(lookPause),
    staleFor: 0
  })

  const looked = shared === undefined ? Effect.void : Effect.ignore(look.get(lookEvery))

  /** Returns the permissions, younger than `age` if Kraken answers; none if there are none of the last ten minutes. */
  const getHere = (age: number) =>
    cache.get(age).pipe(
      Effect.map(({ info }) => Option.some(info)),
      Effect.catchAll((error) =>
        error._tag === "KrakenCredentialsMissing" || error._tag === "DatabaseUnavailable"
          ? Effect.fail(error)
          : Effect.succeed(Option.none<KeyInfo>())
      )
    )

  /** The same, with what another server knows. */
  const get = (age: number) => Effect.zipRight(looked, getHere(age))

  return PermissionCache.of({
    require: Effect.fnUntraced(function* (endpoint: Endpoint, needed: AnyOf, priority?: Priority) {
      if (allows(new Set(), needed) || endpoints[endpoint].unconfirmed) return
      const suffices = (age: number) =>
        get(age).pipe(
          Effect.map((known) => Option.isNone(known) || allows(known.value.permissions, needed)),
          Effect.catchTag("DatabaseUnavailable", ({ reason }) =>
            priority === "cancel" || endpoints[endpoint].moves === "cancels"
              ? Effect.succeed(true)
              : new KrakenUnavailable({
                  endpoint,
                  reason: `the permissions of the API key are not known, so it was not sent: ${reason}`
                })
          )
        )
      if ((yield* suffices(tenMinutes)) || (yield* suffices(oneMinute))) return
      return yield* new KrakenPermissionError({ endpoint, needed, refusedBy: "mcp-kraken", hints: [] })
    }),
    explain: Effect.fn("PermissionCache.explain")(function* ({ endpoint, refusedBy }, needed) {
      const before = answers
      const info = yield* Effect.orElseSucceed(getHere(0), Option.none)
      // What the others know is older than this refusal.
      if (shared !== undefined && answers === before) yield* Effect.catchAll(inTime(shared.drop, longestLookup), warn)
      const now = yield* kraken.now
      const hints = Option.match(info, {
        onNone: () => [unknownPermissions],
        onSome: (key) => (allows(key.permissions, needed) ? [sufficient, ...limitsOf(key, now)] : [])
      })
      return new KrakenPermissionError({ endpoint, needed, refusedBy, hints })
    }),
    known: Effect.orElseSucceed(get(tenMinutes), Option.none),
    store: (answer) =>
      Option.match(readKeyInfo(answer), {
        onNone: () => Effect.void,
        onSome: (info) => Effect.flatMap(noted(info), cache.set)
      }),
    refresh: Effect.map(cache.refresh, ({ info }) => info).pipe(
      Effect.catchTag("DatabaseUnavailable", ({ reason }) => new KrakenUnavailable({ endpoint, reason }))
    )
  })
})

/**
 * The permissions of the key, read from Kraken and cached for ten minutes. A call is refused only by permissions that are
 * at most a minute old. If Kraken does not answer, calls pass, and the next request follows after a minute; after ten if
 * Kraken refuses to answer for this key.
 */
export const PermissionCacheKraken = Layer.effect(PermissionCache, makePermissionCache())

const sufficient = "The key has the permission. The reason is the account, its region or a limit of the key."

const unknownPermissions =
  "Kraken does not report the permissions of this key. It refuses a key that is limited to other IP addresses in the same way."
