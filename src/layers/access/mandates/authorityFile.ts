import { Effect, type Option, type Scope } from "effect"
import { existsSync } from "node:fs"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { Steps } from "../../storage/steps.ts"
import type { Body, TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import { openOnFirstUse } from "../record/openOnFirstUse.ts"

/** `authority.db`, opened when it is first used. A file that cannot be opened is tried again on the next use. */
export interface AuthorityFile {
  /** Reads. None if there is no file, which is not made. */
  readonly read: <A>(body: Body<A>) => Effect.Effect<Option.Option<A>, DatabaseUnavailable>
  /** Changes it in a transaction. Makes the file. Waits for a busy one for as long as `write` of the database. */
  readonly write: <A>(
    body: (at: number) => Steps<A>,
    wait?: Parameters<TransactionalDatabase["write"]>[1]
  ) => Effect.Effect<A, DatabaseUnavailable>
}

/** Makes the access to the file, which is closed with the scope. */
export const makeAuthorityFile = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<AuthorityFile, never, Scope.Scope> {
  const { database, opened } = yield* openOnFirstUse(file)
  return {
    read: (body) =>
      Effect.flatMap(database, (open) =>
        open === undefined && !existsSync(file)
          ? Effect.succeedNone
          : Effect.flatMap(opened, (db) => Effect.asSome(db.read(body)))
      ),
    write: (body, wait) =>
      Effect.flatMap(opened, (db) => db.write(({ wall }) => body(wall), wait)).pipe(Effect.uninterruptible)
  }
})
