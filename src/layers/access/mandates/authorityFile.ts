import { Effect, type Option, type Scope } from "effect"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { Steps } from "../../storage/steps.ts"
import type { Body, TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import type { Authority } from "../record/authority.ts"
import { openOnFirstUse } from "../record/openOnFirstUse.ts"

/** The authority, opened when it is first used. One that cannot be opened is tried again on the next use. */
export interface AuthorityFile {
  /** Reads. None if there is no database, which is not made. */
  readonly read: <A>(body: Body<A>) => Effect.Effect<Option.Option<A>, DatabaseUnavailable>
  /** Changes it in a transaction. Makes the database. Waits for a busy one for as long as `write` of it. */
  readonly write: <A>(
    body: (at: number) => Steps<A>,
    wait?: Parameters<TransactionalDatabase["write"]>[1]
  ) => Effect.Effect<A, DatabaseUnavailable>
}

/** Makes the access to an authority, which is closed with the scope. */
export const makeAuthorityFile = Effect.fnUntraced(function* (
  authority: Authority
): Effect.fn.Return<AuthorityFile, never, Scope.Scope> {
  const { database, opened } = yield* openOnFirstUse(authority)
  return {
    read: (body) =>
      Effect.flatMap(database, (open) =>
        open === undefined && authority.isMissing()
          ? Effect.succeedNone
          : Effect.flatMap(opened, (db) => Effect.asSome(db.read(body)))
      ),
    write: (body, wait) =>
      Effect.flatMap(opened, (db) => db.write(({ wall }) => body(wall), wait)).pipe(Effect.uninterruptible)
  }
})
