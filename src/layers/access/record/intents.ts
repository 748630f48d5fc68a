import type { Database } from "better-sqlite3"
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
import { statement } from "./statement.ts"

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
export const begin = (
  db: Database,
  now: Now,
  intent: Intent,
  repeat: boolean,
  judge: () => NoRoom | undefined = () => undefined
): Admission => {
  const found = recognize(db, now, intent, repeat)
  if (found !== undefined) return found
  const fault = approvalFault(db, now.wall, intent)
  if (fault !== undefined) return { _tag: "NotApproved", reason: fault }
  const refusal = judge()
  if (refusal !== undefined) return { _tag: "NoRoom", refusal }
  const head = append(db, intent)
  statement(db, "INSERT OR REPLACE INTO leases (seq, owner, until) VALUES (?, ?, ?)").run(
    head.seq,
    now.process,
    now.wall + lease
  )
  return { _tag: "Begun", head }
}

/** Finds an identical write that stands in the way of an intent. */
export const recognize = (db: Database, now: Now, intent: Wanted, repeat: boolean): Obstacle | undefined =>
  intent.identity === undefined ? undefined : obstacle(candidates(db, intent), now, intent, repeat)

/** The facts by which an identical write is found. */
type Wanted = Pick<Intent, "account" | "actor" | "identity" | "key">

/** Identical writes that happened and are looked at, from the newest on. */
const mostHappened = 200

/** Identical writes that are open or unknown, and those that happened last. Newest first. */
const candidates = (db: Database, { account, identity, key }: Wanted): ReadonlyArray<Write> =>
  statement(
    db,
    `SELECT ${writeColumns} FROM intents LEFT JOIN leases USING (seq)
     WHERE identity = @identity AND key = @key AND account = @account AND state IN ('open', 'unknown')
     UNION ALL
     SELECT * FROM (
       SELECT ${writeColumns} FROM intents LEFT JOIN leases USING (seq)
       WHERE identity = @identity AND key = @key AND account = @account AND state = 'happened'
       ORDER BY decided_at DESC LIMIT ${mostHappened}
     )
     ORDER BY seq DESC`
  ).all({ identity, key, account }) as ReadonlyArray<Write>

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

/** Tells whether the request of an intent may leave: no other process has taken it over, and it is not too late. */
export const mayLeave = (db: Database, now: Now, seq: number): boolean =>
  statement(
    db,
    `SELECT 1 FROM intents JOIN leases USING (seq)
     WHERE seq = ? AND owner = ? AND until > 0 AND state = 'open' AND leave_by >= ?
       AND seq NOT IN (SELECT seq FROM dropped)`
  ).get(seq, now.process, now.wall) !== undefined

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
export const dropQueued = (db: Database, { account, caller, key }: CallerOf): void => {
  statement(db, `INSERT OR IGNORE INTO dropped (seq) ${openWrites}`).run({ key, account, caller })
}

/** Tells whether a caller has open writes other than cancels. */
export const hasWrites = (db: Database, { account, caller, key }: CallerOf): boolean =>
  statement(db, `${openWrites} LIMIT 1`).get({ key, account, caller }) !== undefined

/** Marks an intent as being looked up: from now on it blocks identical writes until it is decided. */
export const markSettling = (db: Database, seq: number): undefined => {
  statement(db, "UPDATE leases SET settling = 1 WHERE seq = ?").run(seq)
}

/**
 * Records what became of an intent. Nothing is recorded if the intent is decided already or is still unknown. Of a process
 * that has lost the intent to another one, only the news that it happened counts: that process saw Kraken's answer.
 */
export const end = (db: Database, now: Now, outcome: Omit<Outcome, "actor">): Head | undefined => {
  const own = statement(
    db,
    `SELECT caller, state FROM intents JOIN leases USING (seq)
     WHERE seq = ? AND (owner = ? OR ? = 'happened') AND state IN ('open', 'unknown')`
  ).get(outcome.intent, now.process, outcome.outcome) as { readonly caller: string; readonly state: string } | undefined
  if (own === undefined) return undefined
  // Another row for the same unknown outcome would make it block identical writes from the beginning again.
  if (own.state === "unknown" && outcome.outcome === "unknown") {
    statement(db, "UPDATE leases SET until = 0 WHERE seq = ?").run(outcome.intent)
    return undefined
  }
  const head = append(db, { ...outcome, actor: { id: own.caller } })
  statement(db, "UPDATE leases SET owner = ?, until = 0, settling = 0, ended = ? WHERE seq = ?").run(
    now.process,
    now.monotonic,
    outcome.intent
  )
  return head
}

/** Tells whether a process has open intents. */
export const hasOpen = (db: Database, { process }: Pick<Now, "process">): boolean =>
  statement(db, "SELECT 1 FROM leases WHERE owner = ? AND until > 0 LIMIT 1").get(process) !== undefined

/** Rows from the end of the record on whose leases are kept although their process is perhaps gone. */
const keptLeases = 10_000

/**
 * Keeps the open intents of this process for another 15 s, and removes leases that no window or look-up needs any more.
 */
export const renew = (db: Database, now: Now): void => {
  statement(db, "UPDATE leases SET until = ? WHERE owner = ? AND until > 0").run(now.wall + lease, now.process)
  statement(
    db,
    `DELETE FROM leases WHERE ended IS NOT NULL
       AND ((owner = ? AND ended < ?) OR (owner <> ? AND seq < (SELECT seq FROM head) - ${keptLeases}))
       AND seq NOT IN (SELECT seq FROM intents WHERE state IN ('open', 'unknown'))`
  ).run(now.process, now.monotonic - withdrawalWindow, now.process)
  statement(db, "DELETE FROM dropped WHERE seq NOT IN (SELECT seq FROM intents WHERE state = 'open')").run()
}

/**
 * Takes over the open intents of a key whose process has ended or stopped renewing them, oldest first, if `canSettle`
 * says that this process knows how. Their requests can no longer leave: the statement that takes a nonce checks the
 * lease.
 */
export const claimAbandoned = <A>(
  db: Database,
  now: Now,
  key: string,
  canSettle: (seq: number) => A | undefined
): ReadonlyArray<A> => {
  const open = statement(
    db,
    `SELECT seq, owner, until FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND state IN ('open', 'unknown') AND state = 'open' ORDER BY seq`
  ).all(key) as ReadonlyArray<Pick<Write, "seq" | "owner" | "until">>
  return open.flatMap((row) => {
    if (isLeased(row, now)) return []
    const claimed = canSettle(row.seq)
    if (claimed === undefined) return []
    statement(db, "INSERT OR REPLACE INTO leases (seq, owner, until, settling) VALUES (?, ?, ?, 1)").run(
      row.seq,
      now.process,
      now.wall + lease
    )
    return [claimed]
  })
}

const orders = namesThatMove("orders")

/**
 * Takes over the orders of a key whose outcome is unknown and that no other process looks up, oldest first, if `canSettle`
 * says that this process knows how.
 */
export const claimUnknown = <A>(
  db: Database,
  now: Now,
  key: string,
  canSettle: (seq: number) => A | undefined
): ReadonlyArray<A> => {
  const unknown = statement(
    db,
    `SELECT seq, owner, until FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND state IN ('open', 'unknown') AND state = 'unknown' AND endpoint IN (${orders})
     ORDER BY seq`
  ).all(key) as ReadonlyArray<Pick<Write, "seq" | "owner" | "until">>
  return unknown.flatMap((row) => {
    if (row.owner !== now.process && isLeased(row, now)) return []
    const claimed = canSettle(row.seq)
    if (claimed === undefined) return []
    // The time at which this process saw it end stays, since the block of identical writes counts from there.
    statement(
      db,
      `INSERT INTO leases (seq, owner, until) VALUES (@seq, @owner, @until) ON CONFLICT (seq) DO UPDATE
       SET ended = CASE WHEN owner = excluded.owner THEN ended END, owner = excluded.owner, until = excluded.until`
    ).run({ seq: row.seq, owner: now.process, until: now.wall + lease })
    return [claimed]
  })
}

/** Tells whether another write that is open or unknown can be what one of these fingerprints shows. */
export const isAmbiguous = (
  db: Database,
  now: Now,
  { key, account, seq }: { readonly key: string; readonly account: string; readonly seq: number },
  fingerprints: ReadonlyArray<string>
): boolean => {
  const shown = new Set(fingerprints)
  const others = statement(
    db,
    `SELECT ${writeColumns} FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND account = ? AND state IN ('open', 'unknown') AND seq <> ?`
  ).all(key, account, seq) as ReadonlyArray<Write>
  return others.some(
    (other) =>
      (other.state === "open" || blockOf(other) === undefined || sinceEnd(other, now) < orderBlock) &&
      readable(other.seq, decodeTexts(other.fingerprints)).some((fingerprint) => shown.has(fingerprint))
  )
}

/** Selects the ids that earlier writes have made. A later write cannot have made them again. */
export const madeBefore = (
  db: Database,
  { key, account }: { readonly key: string; readonly account: string },
  ids: ReadonlyArray<string>
): ReadonlySet<string> => {
  const made = statement(db, "SELECT 1 FROM made WHERE key = ? AND account = ? AND id = ?")
  return new Set(ids.filter((id) => made.get(key, account, id) !== undefined))
}
