import { Effect, Ref, Scope, SynchronizedRef } from "effect"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import type { Authority } from "./authority.ts"

/** Opens the authority at its first use, for as long as the scope. One that cannot be opened is tried again at the next. */
export const openOnFirstUse = Effect.fnUntraced(function* ({ open: opening }: Authority) {
  const scope = yield* Effect.scope
  /** The remedy that was logged last. The errors of calls, which a model can read, do not name it. */
  const logged = yield* Ref.make<string | undefined>(undefined)
  const logRemedy = ({ message, remedy }: DatabaseUnavailable) =>
    Effect.flatMap(Ref.getAndSet(logged, remedy), (before) =>
      remedy === undefined || remedy === before ? Effect.void : Effect.logError(message)
    )
  const database = yield* SynchronizedRef.make<TransactionalDatabase | undefined>(undefined)
  return {
    /** The database if it was opened before. */
    database: SynchronizedRef.get(database),
    opened: SynchronizedRef.modifyEffect(database, (open) =>
      open === undefined
        ? opening.pipe(
            Scope.extend(scope),
            Effect.tapError(logRemedy),
            Effect.map((db) => [db, db])
          )
        : Effect.succeed([open, open])
    ).pipe(Effect.uninterruptible)
  }
})
