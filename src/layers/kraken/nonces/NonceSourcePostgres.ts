import { Effect, Layer, Option, type Redacted } from "effect"
import { Config } from "../../../services/Config.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import { MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { quickPostgres } from "../../storage/SharedPostgres.ts"
import { hashOf } from "./laneFile.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeNonceLane, type Take } from "./nonceLane.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"
import { makePostgresCounter } from "./postgresCounter.ts"

/**
 * Nonces in a database of PostgreSQL, under a hash of the API key: all servers that use the key share one lane. While the
 * database is away, calls of the priorities `passing` count on in this process, and all others are not sent: nobody else
 * knows of nonces that were not taken there.
 */
export const NonceSourcePostgres = (url: Redacted.Redacted, passing: ReadonlyArray<Priority>) =>
  Layer.scoped(
    NonceSource,
    Effect.gen(function* () {
      const { credentials } = yield* Config
      if (Option.isNone(credentials)) return makeNonceSourceMemory()
      // As in a file: after an abrupt end, nonces count on from the time.
      const database = yield* quickPostgres(url)
      const shared = yield* makePostgresCounter(database, hashOf(credentials.value.key))
      const local = makeLocalCounter()
      const noted = (nonce: bigint) => {
        local.note(nonce)
        return nonce
      }
      const lane = makeNonceLane({
        giveBack: (nonce) => Effect.catchAll(shared.giveBack(nonce), warn),
        takeAfter: (latest) =>
          Effect.map(
            Effect.orElseSucceed(shared.takeAfter(latest), () => undefined),
            (nonce) => (nonce === undefined ? undefined : noted(nonce))
          )
      })
      const taking =
        (priority: Priority, take: Take<DatabaseUnavailable | MayNotLeave>): Take<MayNotLeave> =>
        (...turn) =>
          take(...turn).pipe(
            Effect.map(noted),
            Effect.catchTag("DatabaseUnavailable", (error) =>
              passing.includes(priority)
                ? Effect.zipRight(warn(error), local.next)
                : new MayNotLeave({ reason: `no nonce can be taken, so it was not sent: ${error.reason}` })
            )
          )
      return NonceSource.of({
        turn: (priority, use) => lane.turn(priority, taking(priority, shared.take), use),
        turnOf: (intent, priority, use) => lane.turn(priority, taking(priority, shared.takeIf(intent)), use),
        jump: Effect.zipRight(local.jump, Effect.catchAll(shared.jump, warn)),
        setLag: (millis) => Effect.zipRight(local.setLag(millis), shared.setLag(millis)),
        setWindow: (window) => Effect.sync(() => lane.setWindow(window))
      })
    })
  )

const warn = ({ reason }: DatabaseUnavailable) =>
  Effect.logWarning("Nonces cannot be shared, so other servers do not know of this one's", { reason })
