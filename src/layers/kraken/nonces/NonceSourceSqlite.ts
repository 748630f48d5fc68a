import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer, Option, Redacted } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { NonceSource } from "../../../services/NonceSource.ts"
import { reasonOf } from "../../storage/databaseFile.ts"
import { onFirstUse } from "../../storage/onFirstUse.ts"
import { Database } from "../../storage/openDatabase.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeSharedCounter } from "./sharedCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"

/**
 * Nonces in a database, under a hash of the API key: all processes of the machine that use the key share one lane and
 * count on from each other, whatever happens to the clock. If the database fails, this process counts on without it.
 *
 * The nonce window of a key is not used to send calls in parallel: Kraken's rate limits are met long before the limit of
 * the lane.
 */
export const NonceSourceSqlite = Layer.effect(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const shared = yield* makeSharedCounter(hashOf(credentials.value.key))
    const local = makeLocalCounter()
    const warnOf = (error: SqlError) => warn(`The database ${fileIn(stateDir)} fails: ${reasonOf(error)}.`)
    return NonceSource.of({
      turn: makeNonceLane({
        take: (restore) =>
          shared.take(restore).pipe(
            Effect.tap((nonce) => Effect.sync(() => local.note(nonce))),
            Effect.catchAll((error) => Effect.zipRight(warnOf(error), local.next))
          ),
        giveBack: (nonce) => Effect.catchAll(shared.giveBack(nonce), warnOf)
      }),
      jump: Effect.zipRight(local.jump, Effect.catchAll(shared.jump, warnOf)),
      setLag: (millis) => Effect.zipRight(local.setLag(millis), shared.setLag(millis))
    })
  })
)

/**
 * Nonces in the state folder of the user. The file is opened at the first call. If that fails, this process counts on its
 * own, and the log says so. Without a key there are no private calls, and no file.
 */
export const NonceSourceInStateFolder = Layer.scoped(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const shared = Layer.provide(NonceSourceSqlite, [Database(fileIn(stateDir)), Layer.succeed(Config, yield* Config)])
    const source = yield* onFirstUse(NonceSource, shared, ({ message }) =>
      Effect.as(warn(message), makeNonceSourceMemory())
    )
    return NonceSource.of({
      turn: (priority) => Effect.flatMap(source, ({ turn }) => turn(priority)),
      jump: Effect.flatMap(source, ({ jump }) => jump),
      setLag: (millis) => Effect.flatMap(source, ({ setLag }) => setLag(millis))
    })
  })
)

const fileIn = (stateDir: string): string => join(stateDir, "nonces.db")

const hashOf = (key: Redacted.Redacted): string => createHash("sha256").update(Redacted.value(key)).digest("hex")

const warn = (reason: string) =>
  Effect.logWarning(
    `${reason} Nonces are counted in this process only: Kraken refuses calls if a second program uses the same API key.`
  )
