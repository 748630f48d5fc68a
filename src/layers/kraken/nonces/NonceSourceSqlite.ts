import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer, Option, Redacted, Scope } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { NonceSource } from "../../../services/NonceSource.ts"
import { makeLocalCounter } from "./localCounter.ts"
import { makeSharedCounter } from "./sharedCounter.ts"
import { makeNonceLane } from "./nonceLane.ts"
import { makeNonceSourceMemory } from "./NonceSourceMemory.ts"
import { openDatabase } from "../../storage/openDatabase.ts"

/**
 * Nonces in the state folder of the user, under a hash of the API key: all processes of the machine that use the key
 * share one lane and count on from each other, whatever happens to the clock. The file is opened on the first call.
 * Where it can't be used, this process counts alone, and the log says so.
 *
 * A key's nonce window is not used to send calls side by side: Kraken's limits are met long before the lane's.
 */
export const NonceSourceSqlite = Layer.scoped(
  NonceSource,
  Effect.gen(function* () {
    const { credentials, stateDir } = yield* Config
    if (Option.isNone(credentials)) return makeNonceSourceMemory()
    const key = createHash("sha256").update(Redacted.value(credentials.value.key)).digest("hex")
    const opened = open(join(stateDir, "nonces.db"), key).pipe(
      Effect.catchAll((error) => Effect.as(warn(error.message), makeNonceSourceMemory()))
    )
    const source = yield* Effect.cached(Effect.uninterruptible(Scope.extend(opened, yield* Effect.scope)))
    return NonceSource.of({
      turn: (priority) => Effect.flatMap(source, ({ turn }) => turn(priority)),
      jump: Effect.flatMap(source, ({ jump }) => jump)
    })
  })
)

const open = Effect.fnUntraced(function* (file: string, key: string) {
  const shared = yield* makeSharedCounter(yield* openDatabase(file), key)
  const local = makeLocalCounter()
  const failed = (error: SqlError) => warn(`The database ${file} fails: ${error.message}.`)
  return NonceSource.of({
    turn: makeNonceLane({
      take: (restore) =>
        shared.take(restore).pipe(
          Effect.tap((nonce) => Effect.sync(() => local.note(nonce))),
          Effect.catchAll((error) => Effect.zipRight(failed(error), local.next))
        ),
      giveBack: (nonce) => Effect.catchAll(shared.giveBack(nonce), failed)
    }),
    jump: Effect.zipRight(local.jump, Effect.catchAll(shared.jump, failed))
  })
})

const warn = (reason: string) =>
  Effect.logWarning(
    `${reason} Nonces are counted in this process alone: a second program that uses the same API key gets in its way.`
  )
