import { Duration, Effect, Layer, Option, Predicate, Ref } from "effect"
import type { ReadEndpoint } from "../../domain/endpoints/endpoints.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient, type ReadError } from "../../services/KrakenClient.ts"
import { KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { Principal } from "../../services/Principal.ts"
import { type Fault, Readiness } from "../../services/Readiness.ts"
import { Record } from "../../services/Record.ts"
import { TokenStore } from "../../services/TokenStore.ts"
import { localOperator } from "../access/principals.ts"
import { makeCachedValue } from "../caching/cachedValue.ts"

/** The age up to which an answer of Kraken's is used, and the pause after a failure: whoever asks often costs no more. */
const ofKraken = Duration.toMillis("15 seconds")

/** The same of the key, since each question costs a point of its counter, and failures can lock the key out. */
const ofKey = Duration.toMillis("10 minutes")

/** The longest wait for an answer of Kraken's. A probe of a container gives up soon. */
const patience = Duration.seconds(3)

/** Asks the databases each time, and Kraken and the key now and then. On paper there are only databases. */
export const ReadinessOfParts = Layer.effect(
  Readiness,
  Effect.gen(function* () {
    const config = yield* Config
    const database = yield* makeDatabaseFaults
    const remote = config.mode === "live" ? yield* makeRemoteFaults : []
    const logged = yield* Ref.make("")
    const found = Effect.map(Effect.all([database, ...remote], { concurrency: "unbounded" }), (found) => found.flat())
    const faults = Effect.tap(found, (found) => {
      const line = found.map(({ part, reason }) => `${part}: ${reason}`).join(" ")
      return Effect.flatMap(Ref.getAndSet(logged, line), (before) =>
        line === before
          ? Effect.void
          : line === ""
            ? Effect.logInfo("Ready again")
            : Effect.logWarning("Not ready", { faults: line })
      )
    })
    return { faults, faultsOf: () => faults }
  })
)

type Faults = Effect.Effect<ReadonlyArray<Fault>>

const fault = (part: Fault["part"], reason: string): ReadonlyArray<Fault> => [{ part, reason }]

const none: ReadonlyArray<Fault> = []

/** Reads the tokens and the record. */
const makeDatabaseFaults: Effect.Effect<Faults, never, Record | TokenStore> = Effect.gen(function* () {
  const tokens = yield* TokenStore
  const record = yield* Record
  return Effect.zipRight(
    Effect.catchTag(tokens.find(""), "TokenNotFound", () => Effect.void),
    record.position
  ).pipe(Effect.match({ onFailure: ({ reason }) => fault("database", reason), onSuccess: () => none }))
})

/** Asks Kraken for its status, and for what it knows of the key. */
const makeRemoteFaults = Effect.gen(function* () {
  const config = yield* Config
  const kraken = yield* KrakenClient
  const principal = localOperator(config)

  /** Asks an endpoint now and then. `pauseAfter` gives the milliseconds after a failure in which it is not asked. */
  const asked = (endpoint: ReadEndpoint, age: number, pauseAfter: (error: ReadError) => number) =>
    makeCachedValue<unknown, ReadError, never>({
      lookup: () =>
        Effect.provideService(kraken.read(endpoint, {}), Principal, principal).pipe(
          Effect.timeoutFail({
            duration: patience,
            onTimeout: () =>
              new KrakenUnavailable({ endpoint, reason: `no answer within ${Duration.format(patience)}` })
          })
        ),
      pauseAfter: (error) => Effect.succeed(pauseAfter(error)),
      staleFor: 0
    }).get(age)

  const ofStatus: Faults = asked("public/SystemStatus", ofKraken, () => ofKraken).pipe(
    Effect.match({
      onFailure: ({ message }) => fault("kraken", message),
      onSuccess: (status) =>
        Predicate.isRecord(status) && status["status"] === "maintenance"
          ? fault("kraken", "Kraken is in maintenance.")
          : none
    })
  )
  if (Option.isNone(config.credentials)) return [ofStatus]

  const ofInfo: Faults = asked("private/GetApiKeyInfo", ofKey, (error) => (isRefused(error) ? ofKey : ofKraken)).pipe(
    Effect.match({
      onFailure: (error) => (isOfKey(error) ? fault("key", error.message) : none),
      onSuccess: () => none
    })
  )
  return [ofStatus, ofInfo]
})

/** Kraken refused the key for what it is. Asking again soon would lock it out. */
const isRefused = (error: ReadError): boolean => error._tag === "KrakenAuthError" && error.reason !== "nonce"

/** Errors that are the key's. One that cannot describe itself can still do other things. */
const isOfKey = ({ _tag }: ReadError): boolean => _tag === "KrakenAuthError" || _tag === "KrakenLockout"
