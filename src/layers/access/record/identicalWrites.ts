import { Duration } from "effect"
import { endpoints, isEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Intent } from "../../../domain/record/events.ts"
import type { Earlier, Obstacle } from "../../../services/Record.ts"
import { isLeased } from "./leases.ts"
import type { Now } from "./now.ts"
import { all, type Steps } from "../../storage/steps.ts"

/** The time after its end in which an identical write of the same caller is a duplicate, in milliseconds. */
const usualWindow = Duration.toMillis("2 seconds")

/** The same for a withdrawal, from any caller: it cannot be taken back. */
export const withdrawalWindow = Duration.toMillis("10 minutes")

/**
 * The time for which an unknown order blocks an identical one, in milliseconds. Unknown transfers block until they are
 * decided.
 */
const orderBlock = Duration.toMillis("10 minutes")

/** A write as the record shows it, with the lease on it. */
export interface RecordedWrite {
  readonly seq: number
  readonly caller: string
  readonly endpoint: string
  readonly state: "open" | "happened" | "unknown"
  readonly decided_at: number | null
  readonly blocks: number
  readonly fingerprints: string
  readonly owner: string | null
  readonly until: number | null
  readonly settling: number | null
  readonly ended: number | null
}

/** The columns of a write, for `FROM intents LEFT JOIN leases USING (seq)`. */
export const writeColumns =
  "seq, caller, endpoint, state, decided_at, blocks, fingerprints, owner, until, settling, ended"

/** Finds an identical write that stands in the way of an intent. */
export function* recognize(now: Now, intent: Wanted, repeat: boolean): Steps<Obstacle | undefined> {
  const { account, identity, key } = intent
  if (identity === undefined) return undefined
  return obstacle(yield* candidates({ account, identity, key }), now, intent, repeat)
}

/** The facts by which an identical write is found. */
type Wanted = Pick<Intent, "account" | "actor" | "identity" | "key">

/** Identical writes that happened and are looked at, from the newest on. */
const mostHappened = 200

/** Identical writes that are open or unknown, and those that happened last. Newest first. */
function* candidates({
  account,
  identity,
  key
}: Pick<Wanted, "account" | "key"> & { readonly identity: string }): Steps<ReadonlyArray<RecordedWrite>> {
  return yield* all<RecordedWrite>(
    `SELECT ${writeColumns} FROM intents LEFT JOIN leases USING (seq)
     WHERE identity = @identity AND key = @key AND account = @account AND state IN ('open', 'unknown')
     UNION ALL
     SELECT * FROM (
       SELECT ${writeColumns} FROM intents LEFT JOIN leases USING (seq)
       WHERE identity = @identity AND key = @key AND account = @account AND state = 'happened'
       ORDER BY decided_at DESC LIMIT ${mostHappened}
     ) AS happened
     ORDER BY seq DESC`,
    { identity, key, account }
  )
}

const obstacle = (
  rows: ReadonlyArray<RecordedWrite>,
  now: Now,
  intent: Wanted,
  repeat: boolean
): Obstacle | undefined => {
  const own = rows.find(
    (row) => (row.caller === intent.actor.id || isWithdrawal(row)) && (row.state === "open" || isRecent(row, now))
  )
  if (own !== undefined && isInFlight(own, now) && !repeat) return { _tag: "Duplicate", of: earlier(own, now) }
  const blocking = rows.find((row) => isBlocking(row, now))
  if (blocking !== undefined) return { _tag: "Blocked", by: earlier(blocking, now) }
  if (own?.state === "happened" && !repeat) return { _tag: "Duplicate", of: earlier(own, now) }
  return undefined
}

/** A process works on it: it waits for its answer, or looks for what became of it. */
const isInFlight = (row: RecordedWrite, now: Now): boolean => row.state === "open" && isLeased(row, now)

const isBlocking = (row: RecordedWrite, now: Now): boolean => {
  if (row.state === "open") return row.settling === 1 || !isLeased(row, now)
  return row.state === "unknown" && row.blocks === 1 && isWithinBlock(row, now)
}

/** Milliseconds for which an unknown outcome blocks; undefined if that is until it is decided. */
const blockOf = ({ endpoint }: RecordedWrite): number | undefined => {
  const moves = isEndpoint(endpoint) ? endpoints[endpoint].moves : "out"
  return moves === "orders" || moves === "nothing" ? orderBlock : undefined
}

/** Tells whether the time has not passed for which a write blocks whose outcome is unknown. */
export const isWithinBlock = (row: RecordedWrite, now: Now): boolean =>
  blockOf(row) === undefined || sinceEnd(row, now) < orderBlock

const isWithdrawal = ({ endpoint }: RecordedWrite): boolean => endpoint === "private/Withdraw"

const isRecent = (row: RecordedWrite, now: Now): boolean =>
  row.state === "happened" && sinceEnd(row, now) < (isWithdrawal(row) ? withdrawalWindow : usualWindow)

/**
 * Milliseconds since a write was decided: by the monotonic clock if this process decided it, else by the time of day. A
 * time in the future comes from a clock that was set back since, and counts as now.
 */
const sinceEnd = (row: RecordedWrite, now: Now): number =>
  row.owner === now.process && row.ended !== null
    ? now.monotonic - row.ended
    : Math.max(0, now.wall - (row.decided_at ?? now.wall))

const earlier = (row: RecordedWrite, now: Now): Earlier => {
  const block = row.state === "unknown" ? blockOf(row) : undefined
  return {
    seq: row.seq,
    isElsewhere: isInFlight(row, now) && row.owner !== now.process,
    ...(block !== undefined && { blocksFor: Math.max(0, block - sinceEnd(row, now)) })
  }
}
