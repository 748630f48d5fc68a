import { Duration } from "effect"
import { clockTolerance } from "../../../services/Clocks.ts"
import type { Now } from "./now.ts"
import { run, type Steps } from "../../storage/steps.ts"

/** The time for which an intent belongs to its process without a renewal, in milliseconds. */
export const lease = Duration.toMillis("15 seconds")

/** The lease of an intent; null without one. */
interface Lease {
  readonly owner: string | null
  readonly until: number | null
}

/** Gives an intent to a process until a moment. It is neither looked up nor ended. */
export function* holdLease(seq: number, owner: string, until: number): Steps<void> {
  yield* run(
    `INSERT INTO leases (seq, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (seq) DO UPDATE SET owner = excluded.owner, until = excluded.until, settling = 0, ended = NULL`,
    seq,
    owner,
    until
  )
}

/**
 * Tells whether a process works on an intent. A process keeps its own intents until it ends them. The lease of another one
 * is compared with the wall clock; one that ends later than it could have been made to end is the work of a clock that was
 * set back since, and does not count.
 */
export const isLeased = ({ owner, until }: Lease, now: Now): boolean =>
  owner === now.process
    ? (until ?? 0) > 0
    : (until ?? 0) > now.wall && (until ?? 0) <= now.wall + lease + clockTolerance
