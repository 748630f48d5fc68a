import { Effect, Scope, SynchronizedRef } from "effect"
import { type ImmediateDatabase, openImmediateDatabase } from "../../storage/immediateDatabase.ts"
import { layout } from "./layout.ts"

/** Opens `authority.db` at its first use, for as long as the scope. A file that cannot be opened is tried again at the next. */
export const openOnFirstUse = Effect.fnUntraced(function* (file: string) {
  const scope = yield* Effect.scope
  const database = yield* SynchronizedRef.make<ImmediateDatabase | undefined>(undefined)
  return {
    /** The file if it was opened before. */
    database: SynchronizedRef.get(database),
    opened: SynchronizedRef.modifyEffect(database, (open) =>
      open === undefined
        ? openImmediateDatabase({ file, layout }).pipe(
            Scope.extend(scope),
            Effect.map((db) => [db, db])
          )
        : Effect.succeed([open, open])
    ).pipe(Effect.uninterruptible)
  }
})
