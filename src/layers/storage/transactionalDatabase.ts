import { Data, type Duration, type Effect } from "effect"
import type { Reading } from "../../services/Clocks.ts"
import type { DatabaseUnavailable } from "./databaseFile.ts"
import type { Steps } from "./steps.ts"

/** Makes the steps of a transaction. It can be called more than once. `at` is read right before the lock is taken. */
export type Body<A> = (at: Reading) => Steps<A>

/**
 * A database whose transactions come one after the other, so that what a transaction reads, decides and writes is one step.
 * Several processes can use it at the same time. What a transaction wrote is on disk when it ends.
 */
export interface TransactionalDatabase {
  /**
   * Runs a body that changes rows. Nothing is kept if the body throws; an `Unreadable` fails the effect, anything else is a
   * defect. Fails if other processes hold the database for longer than `wait`, or if it cannot be written.
   */
  readonly write: <A>(body: Body<A>, wait?: Duration.DurationInput) => Effect.Effect<A, DatabaseUnavailable>
  /** Runs a body that only reads, on one consistent state. Fails like `write`. */
  readonly read: <A>(body: Body<A>) => Effect.Effect<A, DatabaseUnavailable>
}

/** An error that a body throws if the contents of the database are not what this program writes. */
export class Unreadable extends Data.TaggedError("Unreadable")<{ readonly message: string }> {}
