import { Duration } from "effect"
import { endpoints, isEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Intent, Outcome } from "../../../domain/record/events.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { append } from "./append.ts"
import { approvalFault } from "./approval.ts"
import type { Head } from "./chain.ts"
import { namesThatMove } from "./endpointNames.ts"
import { decodeTexts, readable } from "./readable.ts"
import { isStopped } from "./stopped.ts"
import { all, exists, filter, first, run, type Steps } from "../../storage/steps.ts"

/** The process that asks, and both of its clocks. Times are milliseconds. */
export interface Now {
  /** A name for the process, made when it starts. */
  readonly process: string
  readonly wall: number
  readonly monotonic: number
}

/** The time for which an intent belongs to its process without a renewal, in milliseconds. */
export const lease = Duration.toMillis("15 seconds")

/** The time after its end in which an identical write of the same caller is a duplicate, in milliseconds. */
const usualWindow = Duration.toMillis("2 seconds")

/** The same for a withdrawal, from any caller: it cannot be taken back. */
const withdrawalWindow = Duration.toMillis("10 minutes")

/** The time for which an unknown order blocks an identical one, in milliseconds. Unknown transfers block until they are decided. */
const orderBlock = Duration.toMillis("10 minutes")

/** An earlier write with the same identity. */
export interface Earlier {
  readonly seq: number
  readonly endpoint: string
  /** Another process works on it at this moment. */
  readonly isElsewhere: boolean
  /** Milliseconds until it stops blocking identical writes; absent if it blocks until it is decided. */
  readonly blocksFor?: number
}

/** The intent is recorded, and this process works on it; or an identical write, a limit or its plan stands in its way. */
export type Admission =
  | { readonly _tag: "Begun"; readonly head: Head }
  | Obstacle
  /** The plan that it names was not approved for it, or was carried out already. */
  | { readonly _tag: "NotApproved"; readonly reason: string }
  | { readonly _tag: "NoRoom"; readonly refusal: NoRoom }

export type Obstacle =
  /** An identical write is in flight or has just happened. */
  | { readonly _tag: "Duplicate"; readonly of: Earlier }
  /** The outcome of an identical write is unknown. */
  | { readonly _tag: "Blocked"; readonly by: Earlier }

interface Write {
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

const writeColumns = "seq, caller, endpoint, state, decided_at, blocks, fingerprints, owner, until, settling, ended"

/**
 * Records an intent unless an identical write or a limit stands in its way, in one step. `repeat` says that the caller wants
 * it although an identical write was just sent; it does not override an unknown outcome. `judge` finds a limit that has no
 * room for it.
 */
export function* begin(
  now: Now,
  intent: Intent,
  repeat: boolean,
  judge?: () => Steps<NoRoom | undefined>
): Steps<Admission> {
  const found = yield* recognize(now, intent, repeat)
  if (found !== undefined) return found
  const fault = yield* approvalFault(now.wall, intent)
  if (fault !== undefined) return { _tag: "NotApproved", reason: fault }
  const refusal = judge && (yield* judge())
  if (refusal !== undefined) return { _tag: "NoRoom", refusal }
  const head = yield* append(intent)
  yield* holdLease(head.seq, now.process, now.wall + lease)
  return { _tag: "Begun", head }
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
}: Pick<Wanted, "account" | "key"> & { readonly identity: string }): Steps<ReadonlyArray<Write>> {
  return yield* all<Write>(
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

const obstacle = (rows: ReadonlyArray<Write>, now: Now, intent: Wanted, repeat: boolean): Obstacle | undefined => {
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
const isInFlight = (row: Write, now: Now): boolean => row.state === "open" && isLeased(row, now)

/**
 * A process keeps its own intents until it ends them. The lease of another one is compared with the wall clock; one that
 * ends later than it could have been made to end is the work of a clock that was set back since, and does not count.
 */
export const isLeased = ({ owner, until }: Pick<Write, "owner" | "until">, now: Now): boolean =>
  owner === now.process
    ? (until ?? 0) > 0
    : (until ?? 0) > now.wall && (until ?? 0) <= now.wall + lease + clockTolerance

const isBlocking = (row: Write, now: Now): boolean => {
  if (row.state === "open") return row.settling === 1 || !isLeased(row, now)
  return row.state === "unknown" && row.blocks === 1 && (blockOf(row) === undefined || sinceEnd(row, now) < orderBlock)
}

/** Milliseconds for which an unknown outcome blocks; undefined if that is until it is decided. */
const blockOf = ({ endpoint }: Write): number | undefined => {
  const moves = isEndpoint(endpoint) ? endpoints[endpoint].moves : "out"
  return moves === "orders" || moves === "nothing" ? orderBlock : undefined
}

const isWithdrawal = ({ endpoint }: Write): boolean => endpoint === "private/Withdraw"

const isRecent = (row: Write, now: Now): boolean =>
  row.state === "happened" && sinceEnd(row, now) < (isWithdrawal(row) ? withdrawalWindow : usualWindow)

/**
 * Milliseconds since a write was decided: by the monotonic clock if this process decided it, else by the time of day. A
 * time in the future comes from a clock that was set back since, and counts as now.
 */
const sinceEnd = (row: Write, now: Now): number =>
  row.owner === now.process && row.ended !== null
    ? now.monotonic - row.ended
    : Math.max(0, now.wall - (row.decided_at ?? now.wall))

const earlier = (row: Write, now: Now): Earlier => {
  const block = row.state === "unknown" ? blockOf(row) : undefined
  return {
    seq: row.seq,
    endpoint: row.endpoint,
    isElsewhere: isInFlight(row, now) && row.owner !== now.process,
    ...(block !== undefined && { blocksFor: Math.max(0, block - sinceEnd(row, now)) })
  }
}

/**
 * Tells whether the request of an intent may leave: no other process has taken it over, it is not too late, and its
 * caller is not frozen, unless it is a cancel.
 */
export function* mayLeave(now: Now, seq: number): Steps<boolean> {
  return yield* exists(
    `SELECT 1 FROM intents JOIN leases USING (seq)
     WHERE seq = ? AND owner = ? AND until > 0 AND state = 'open' AND leave_by >= ?
       AND seq NOT IN (SELECT seq FROM dropped) AND NOT ${isStopped("")}`,
    seq,
    now.process,
    now.wall
  )
}

/** A caller on an account. */
interface CallerOf {
  readonly key: string
  readonly account: string
  readonly caller: string
}

const cancels = namesThatMove("cancels")

const openWrites = `SELECT seq FROM intents
  WHERE key = @key AND account = @account AND caller = @caller AND state = 'open' AND endpoint NOT IN (${cancels})`

/** Keeps the requests of a caller's open writes from leaving, except cancels. Those that have left go on. */
export function* dropQueued({ account, caller, key }: CallerOf): Steps<void> {
  yield* run(`INSERT INTO dropped (seq) ${openWrites} ON CONFLICT DO NOTHING`, { key, account, caller })
}

/** Does the same for a caller on all accounts. */
export function* dropAllQueued(caller: string): Steps<void> {
  yield* run(
    `INSERT INTO dropped (seq) SELECT seq FROM intents
     WHERE state IN ('open', 'unknown') AND state = 'open' AND caller = ? AND endpoint NOT IN (${cancels})
     ON CONFLICT DO NOTHING`,
    caller
  )
}

/** Tells whether a caller has open writes other than cancels. */
export function* hasWrites({ account, caller, key }: CallerOf): Steps<boolean> {
  return yield* exists(`${openWrites} LIMIT 1`, { key, account, caller })
}

/** Marks an intent as being looked up: from now on it blocks identical writes until it is decided. */
export function* markSettling(seq: number): Steps<undefined> {
  yield* run("UPDATE leases SET settling = 1 WHERE seq = ?", seq)
}

/**
 * Records what became of an intent. Nothing is recorded if the intent is decided already or is still unknown. Of a process
 * that has lost the intent to another one, only the news that it happened counts: that process saw Kraken's answer.
 */
export function* end(now: Now, outcome: Omit<Outcome, "actor">): Steps<Head | undefined> {
  const own = yield* first<{ readonly caller: string; readonly state: string }>(
    `SELECT caller, state FROM intents JOIN leases USING (seq)
     WHERE seq = ? AND (owner = ? OR ? = 'happened') AND state IN ('open', 'unknown')`,
    outcome.intent,
    now.process,
    outcome.outcome
  )
  if (own === undefined) return undefined
  // Another row for the same unknown outcome would make it block identical writes from the beginning again.
  if (own.state === "unknown" && outcome.outcome === "unknown") {
    yield* run("UPDATE leases SET until = 0 WHERE seq = ?", outcome.intent)
    return undefined
  }
  const head = yield* append({ ...outcome, actor: { id: own.caller } })
  yield* run(
    "UPDATE leases SET owner = ?, until = 0, settling = 0, ended = ? WHERE seq = ?",
    now.process,
    now.monotonic,
    outcome.intent
  )
  return head
}

/** Tells whether a process has open intents. */
export function* hasOpen({ process }: Pick<Now, "process">): Steps<boolean> {
  return yield* exists("SELECT 1 FROM leases WHERE owner = ? AND until > 0 LIMIT 1", process)
}

/** Rows from the end of the record on whose leases are kept although their process is perhaps gone. */
const keptLeases = 10_000

/** Ends an intent whose request did not leave, since nothing said that it was recorded. Nothing is done if it was not. */
export function* endUnsent(now: Now, { hash, seq }: Head): Steps<Head | undefined> {
  if (!(yield* exists("SELECT 1 FROM events WHERE seq = ? AND hash = ?", seq, hash))) return undefined
  return yield* end(now, {
    kind: "outcome",
    at: now.wall,
    intent: seq,
    outcome: "did-not-happen",
    reason: "It was not sent, since the database did not confirm that it was recorded.",
    ids: []
  })
}

/**
 * Keeps the open intents of this process for another 15 s, and removes leases that no window or look-up needs any more.
 */
export function* renew(now: Now): Steps<void> {
  yield* run("UPDATE leases SET until = ? WHERE owner = ? AND until > 0", now.wall + lease, now.process)
  yield* run(
    `DELETE FROM leases WHERE ended IS NOT NULL
       AND ((owner = ? AND ended < ?) OR (owner <> ? AND seq < (SELECT seq FROM head) - ${keptLeases}))
       AND seq NOT IN (SELECT seq FROM intents WHERE state IN ('open', 'unknown'))`,
    now.process,
    now.monotonic - withdrawalWindow,
    now.process
  )
  yield* run("DELETE FROM dropped WHERE seq NOT IN (SELECT seq FROM intents WHERE state = 'open')")
}

/**
 * Takes over the open intents of a key whose process has ended or stopped renewing them, oldest first, if `canSettle`
 * says that this process knows how. Their requests can no longer leave: the statement that takes a nonce checks the
 * lease.
 */
export function* claimAbandoned<A>(
  now: Now,
  key: string,
  canSettle: (seq: number) => Steps<A | undefined>
): Steps<ReadonlyArray<A>> {
  const open = yield* all<Pick<Write, "seq" | "owner" | "until">>(
    `SELECT seq, owner, until FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND state IN ('open', 'unknown') AND state = 'open' ORDER BY seq`,
    key
  )
  const taken: Array<A> = []
  for (const row of open) {
    if (isLeased(row, now)) continue
    const claimed = yield* canSettle(row.seq)
    if (claimed === undefined) continue
    yield* holdLease(row.seq, now.process, now.wall + lease)
    yield* markSettling(row.seq)
    taken.push(claimed)
  }
  return taken
}

const orders = namesThatMove("orders")

/**
 * Takes over the orders of a key whose outcome is unknown and that no other process looks up, oldest first, if `canSettle`
 * says that this process knows how.
 */
export function* claimUnknown<A>(
  now: Now,
  key: string,
  canSettle: (seq: number) => Steps<A | undefined>
): Steps<ReadonlyArray<A>> {
  const unknown = yield* all<Pick<Write, "seq" | "owner" | "until">>(
    `SELECT seq, owner, until FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND state IN ('open', 'unknown') AND state = 'unknown' AND endpoint IN (${orders})
     ORDER BY seq`,
    key
  )
  const taken: Array<A> = []
  for (const row of unknown) {
    if (row.owner !== now.process && isLeased(row, now)) continue
    const claimed = yield* canSettle(row.seq)
    if (claimed === undefined) continue
    // The time at which this process saw it end stays, since the block of identical writes counts from there.
    yield* run(
      `INSERT INTO leases AS l (seq, owner, until) VALUES (@seq, @owner, @until) ON CONFLICT (seq) DO UPDATE
       SET ended = CASE WHEN l.owner = excluded.owner THEN l.ended END, owner = excluded.owner, until = excluded.until`,
      { seq: row.seq, owner: now.process, until: now.wall + lease }
    )
    taken.push(claimed)
  }
  return taken
}

/** Tells whether another write that is open or unknown can be what one of these fingerprints shows. */
export function* isAmbiguous(
  now: Now,
  { key, account, seq }: { readonly key: string; readonly account: string; readonly seq: number },
  fingerprints: ReadonlyArray<string>
): Steps<boolean> {
  const shown = new Set(fingerprints)
  const others = yield* all<Write>(
    `SELECT ${writeColumns} FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND account = ? AND state IN ('open', 'unknown') AND seq <> ?`,
    key,
    account,
    seq
  )
  return others.some(
    (other) =>
      (other.state === "open" || blockOf(other) === undefined || sinceEnd(other, now) < orderBlock) &&
      readable(other.seq, decodeTexts(other.fingerprints)).some((fingerprint) => shown.has(fingerprint))
  )
}

/** Selects the ids that earlier writes have made. A later write cannot have made them again. */
export function* madeBefore(
  { key, account }: { readonly key: string; readonly account: string },
  ids: ReadonlyArray<string>
): Steps<ReadonlySet<string>> {
  return new Set(
    yield* filter(ids, (id) => exists("SELECT 1 FROM made WHERE key = ? AND account = ? AND id = ?", key, account, id))
  )
}
