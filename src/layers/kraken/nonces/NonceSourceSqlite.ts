import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer, Option } from "effect"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import { recordFile } from "../../access/record/recordFile.ts"
import { isLocked, reasonOf, retryWhileLocked } from "../../storage/databaseFile.ts"
import { onFirstUse } from "../../storage/onFirstUse.ts"
import { openConnection } from "../../storage/openConnection.ts"
import { attachRecord, mayLeaveIn } from "./attachedRecord.ts"
import { fileIn, hashOf } from "./laneFile.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeSharedCounter, migrations } from "./sharedCounter.ts"
import { makeNonceLane, type Take } from "./nonceLane.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"

/**
 * Nonces in a database, under a hash of the API key: all processes of the machine that use the key share one lane and
 * count on from each other, whatever happens to the clock. If the database fails, or another process holds it for a second,
 * this process counts on without it, and no write but a cancel is sent: a process that looks for a write has to take a
 * later nonce than the write had.
 */
export const NonceSourceSqlite = Layer.scoped(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const db = yield* openConnection(fileIn(stateDir), migrations)
    const shared = yield* makeSharedCounter({
      db,
      key: hashOf(credentials.value.key),
      requirements: mayLeaveIn("record.")
    })
    const attached = yield* attachRecord(db, join(stateDir, recordFile))
    const local = makeLocalCounter()
    const warnOf = (error: SqlError) => warn(`The database ${fileIn(stateDir)} fails: ${reasonOf(error)}.`)
    const scope = yield* Effect.scope
    const noted =
      <E>(take: Take<E>): Take<E> =>
      (restore, kept) =>
        Effect.map(take(restore, kept), (nonce) => {
          local.note(nonce)
          return nonce
        })
    const lane = makeNonceLane({
      /** The next caller in the lane does not wait for a file that another process holds. */
      giveBack: (nonce) => {
        const later = Effect.forkIn(Effect.catchAll(retryWhileLocked(shared.giveBack(nonce)), warnOf), scope)
        return Effect.catchAll(shared.giveBack(nonce), (error) => (isLocked(error) ? later : warnOf(error)))
      },
      takeAfter: (latest) =>
        Effect.map(
          Effect.orElseSucceed(shared.takeAfter(latest), () => undefined),
          (nonce) => {
            if (nonce !== undefined) local.note(nonce)
            return nonce
          }
        )
    })
    const countOn = (error: SqlError) => Effect.zipRight(warnOf(error), local.next)
    const take = noted(shared.take)
    return NonceSource.of({
      turn: (priority, use) =>
        lane.turn(priority, (...turn) => Effect.catchAll(retryWhileLocked(take(...turn)), countOn), use),
      turnOf: (intent, priority, use) =>
        lane.turn(
          priority,
          (...turn) =>
            retryWhileLocked(Effect.zipRight(attached, noted(shared.takeIf(intent))(...turn))).pipe(
              Effect.catchTag("SqlError", (error) =>
                priority === "cancel"
                  ? Effect.catchAll(take(...turn), countOn)
                  : new MayNotLeave({
                      reason: `the order of its nonce cannot be kept: ${fileIn(stateDir)}: ${reasonOf(error)}`
                    })
              )
            ),
          use
        ),
      jump: Effect.zipRight(local.jump, Effect.catchAll(retryWhileLocked(shared.jump), warnOf)),
      setLag: (millis) => Effect.zipRight(local.setLag(millis), shared.setLag(millis)),
      setWindow: (window) => Effect.sync(() => lane.setWindow(window))
    })
  })
)

/**
 * Nonces in the state folder of the user. The file is opened at the first call. If that fails, this process counts on its
 * own, and the log says so; then only reads and cancels pass. A file that another process holds is opened at the next call.
 * Without a key there are no private calls, and no file.
 */
export const NonceSourceInStateFolder = Layer.scoped(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const shared = Layer.provide(NonceSourceSqlite, Layer.succeed(Config, yield* Config))
    const source = yield* onFirstUse(
      NonceSource,
      shared,
      (error) => {
        const reason =
          error._tag === "SqlError" ? `The database ${fileIn(stateDir)} fails: ${reasonOf(error)}.` : error.message
        return Effect.as(warn(reason), alone(reason))
      },
      isLocked
    )
    return NonceSource.of({
      turn: (priority, use) => Effect.flatMap(source, ({ turn }) => turn(priority, use)),
      turnOf: (intent, priority, use) => Effect.flatMap(source, ({ turnOf }) => turnOf(intent, priority, use)),
      jump: Effect.flatMap(source, ({ jump }) => jump),
      setLag: (millis) => Effect.flatMap(source, ({ setLag }) => setLag(millis)),
      setWindow: (window) => Effect.flatMap(source, ({ setWindow }) => setWindow(window))
    })
  })
)

/** Nonces of this process if the shared ones cannot be used. Only reads and cancels pass. */
const alone = (reason: string) => {
  const source = makeNonceSourceMemory()
  return NonceSource.of({
    ...source,
    turnOf: (intent, priority, use) =>
      priority === "cancel" ? source.turnOf(intent, priority, use) : new MayNotLeave({ reason })
  })
}

const warn = (reason: string) =>
  Effect.logWarning(
    `${reason} Nonces are counted in this process only: Kraken refuses calls if a second program uses the same API key.`
  )
