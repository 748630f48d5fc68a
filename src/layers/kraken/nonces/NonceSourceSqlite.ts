import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer, Option, Redacted, Scope } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { MayNotLeave, NonceSource } from "../../../services/NonceSource.ts"
import { recordFile } from "../../access/record/recordFile.ts"
import { makeAttachedRecord } from "./attachedRecord.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeSharedCounter } from "./sharedCounter.ts"
import { makeNonceLane, type Take } from "./nonceLane.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"
import { openDatabase } from "../../storage/openDatabase.ts"

/**
 * Nonces in the state folder of the user, under a hash of the API key: all processes of the machine that use the key
 * share one lane and count on from each other, whatever happens to the clock. The file is opened on the first call.
 * If it cannot be used, this process counts alone, the log says so, and no write but a cancel is sent: a process that looks
 * for a write has to take a later nonce than the write had.
 *
 * A key's nonce window is not used to send calls side by side: Kraken's limits are met long before the lane's.
 */
export const NonceSourceSqlite = Layer.scoped(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const key = createHash("sha256").update(Redacted.value(credentials.value.key)).digest("hex")
    const opened = open(stateDir, key).pipe(
      Effect.catchAll((error) => Effect.as(warn(error.message), alone(error.message)))
    )
    const source = yield* Effect.cached(Effect.uninterruptible(Scope.extend(opened, yield* Effect.scope)))
    return NonceSource.of({
      turn: (priority) => Effect.flatMap(source, ({ turn }) => turn(priority)),
      turnOf: (intent, priority) => Effect.flatMap(source, ({ turnOf }) => turnOf(intent, priority)),
      jump: Effect.flatMap(source, ({ jump }) => jump)
    })
  })
)

const open = Effect.fnUntraced(function* (stateDir: string, key: string) {
  const file = join(stateDir, "nonces.db")
  const sql = yield* openDatabase(file)
  const shared = yield* makeSharedCounter(sql, key)
  const attached = yield* makeAttachedRecord(sql, join(stateDir, recordFile))
  const local = makeLocalCounter()
  const failed = (error: SqlError) => warn(`The database ${file} fails: ${error.message}.`)
  const lane = makeNonceLane((nonce) => Effect.catchAll(shared.giveBack(nonce), failed))
  const noted =
    <E>(take: Take<E>): Take<E> =>
    (restore) =>
      Effect.tap(take(restore), (nonce) => Effect.sync(() => local.note(nonce)))
  const take: Take = (restore) =>
    Effect.catchAll(noted(shared.take)(restore), (error) => Effect.zipRight(failed(error), local.next))
  return NonceSource.of({
    turn: (priority) => lane(priority, take),
    turnOf: (intent, priority) =>
      lane(priority, (restore) =>
        Effect.zipRight(attached.open, noted(shared.takeIf(attached.mayLeave(intent)))(restore)).pipe(
          Effect.catchTag("SqlError", (error) =>
            priority === "cancel"
              ? take(restore)
              : new MayNotLeave({ reason: `the order of its nonce cannot be kept: ${file}: ${error.message}` })
          )
        )
      ),
    jump: Effect.zipRight(local.jump, Effect.catchAll(shared.jump, failed))
  })
})

/** Nonces of this process if the shared ones cannot be used. Only reads and cancels pass. */
const alone = (reason: string) => {
  const source = makeNonceSourceMemory()
  return NonceSource.of({
    ...source,
    turnOf: (intent, priority) =>
      priority === "cancel" ? source.turnOf(intent, priority) : new MayNotLeave({ reason })
  })
}

const warn = (reason: string) =>
  Effect.logWarning(
    `${reason} Nonces are counted in this process alone: a second program that uses the same API key gets in its way.`
  )
