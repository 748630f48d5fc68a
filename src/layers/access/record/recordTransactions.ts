import { Duration, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { RecordUnavailable } from "../../../services/Record.ts"
import { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import type { Authority } from "./authority.ts"
import type { Head } from "./chain.ts"
import { logHead } from "./logHead.ts"
import type { Now } from "./now.ts"
import { openOnFirstUse } from "./openOnFirstUse.ts"
import { map, type Steps } from "../../storage/steps.ts"

/** The longest wait for a busy file. */
export const usualWait = Duration.seconds(5)

/** The same for a cancel, and for an outcome, which is recorded later if the file stays busy. */
export const shortWait = Duration.seconds(1)

/** The transactions of one process on the record. */
export type RecordTransactions = Effect.Effect.Success<ReturnType<typeof makeRecordTransactions>>

/** Makes the transactions of one process, under a new name, on a record that is opened at its first use. */
export const makeRecordTransactions = Effect.fnUntraced(function* (authority: Authority) {
  const process = randomUUID()
  const { database, opened } = yield* openOnFirstUse(authority)

  const unavailable = Effect.mapError(({ reason }: DatabaseUnavailable) => new RecordUnavailable({ reason }))

  /** Opening waits for a busy file, too. */
  const openedWithin = (wait: Duration.Duration) =>
    Effect.flatMap(database, (open) =>
      open === undefined
        ? Effect.timeoutFail(Effect.disconnect(opened), { duration: wait, onTimeout: () => busy(authority) })
        : Effect.succeed(open)
    )

  /**
   * Facts on intents that could not be recorded, by their rows. The next transaction begins with them: an outcome that is
   * known, and not on disk yet, decides on an identical write.
   */
  const missed = new Map<number, (now: Now) => Steps<Head | undefined>>()

  /** Makes steps in one transaction that changes the record, after it recorded the facts of `missed`. */
  const write = <A>(body: (now: Now) => Steps<A>, wait: Duration.Duration = usualWait) =>
    openedWithin(wait).pipe(
      Effect.flatMap((db) =>
        db.write(function* (at) {
          const now = { process, ...at }
          const facts = [...missed]
          const heads = yield* map(facts, ([, record]) => record(now))
          return { facts, heads, result: yield* body(now) }
        }, wait)
      ),
      unavailable,
      Effect.tap(({ facts, heads }) => {
        for (const [seq, record] of facts) if (missed.get(seq) === record) missed.delete(seq)
        return Effect.forEach(heads, (head) => (head === undefined ? Effect.void : logHead(head)), { discard: true })
      }),
      Effect.map(({ result }) => result),
      // The caller gets to know what was recorded, even if it is interrupted.
      Effect.uninterruptible
    )

  /** Nothing is recorded as long as there is no file, and looking makes none. A file that vanished fails. */
  const unlessEmpty = <A, E>(nothing: A, use: Effect.Effect<A, E>) =>
    Effect.flatMap(database, (open) => (open === undefined && authority.isMissing() ? Effect.succeed(nothing) : use))

  /** Reads in one transaction. Limits bind although nothing is recorded yet, so that the file is made. */
  const readAlways = <A>(body: (now: Now) => Steps<A>) =>
    Effect.flatMap(database, (open) => {
      const readFrom = (db: TransactionalDatabase) => db.read((at) => body({ process, ...at }))
      // Nearly always the file is open, so that a reading need not wait for those that might open it.
      return open === undefined ? Effect.flatMap(opened, readFrom) : readFrom(open)
    }).pipe(unavailable)

  /** Reads in one transaction if there is a file. */
  const read = <A>(nothing: A, body: (now: Now) => Steps<A>) => unlessEmpty(nothing, readAlways(body))

  return {
    /** The name of this process, under which it holds leases. */
    process,
    /** Notes a fact on an intent that could not be recorded. The next transaction begins with it. */
    recordLater: (seq: number, record: (now: Now) => Steps<Head | undefined>): void => {
      missed.set(seq, record)
    },
    write,
    read,
    readAlways,
    unlessEmpty
  }
})

const busy = ({ name }: Authority) =>
  new DatabaseUnavailable({ reason: `The database ${name} can't be opened: it is busy.`, cause: undefined })
