import type { Database } from "better-sqlite3"
import { Duration } from "effect"
import { endpoints, isEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Intent, Outcome } from "../../../domain/record/events.ts"
import { append } from "./append.ts"
import type { Head } from "./chain.ts"

/** The process that asks, and both of its clocks. Times are milliseconds. */
export interface Now {
  /** A name for the process, made when it starts. */
  readonly process: string
  readonly wall: number
  readonly monotonic: number
}

/** How long an intent belongs to its process without being renewed, in milliseconds. */
export const lease = Duration.toMillis("15 seconds")

/** How long after its end an identical write of the same caller counts as a duplicate, in milliseconds. */
const usualWindow = Duration.toMillis("2 seconds")

/** The same for a withdrawal, from any caller: it cannot be taken back. */
const withdrawalWindow = Duration.toMillis("10 minutes")

/** How long an unknown order blocks an identical one, in milliseconds. Unknown transfers block until they are decided. */
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

export type Admission =
  /** The intent is recorded, and this process works on it. */
  | { readonly _tag: "Begun"; readonly head: Head }
  /** An identical write is in flight or has just happened. */
  | { readonly _tag: "Duplicate"; readonly of: Earlier }
  /** The outcome of an identical write is unknown. */
  | { readonly _tag: "Blocked"; readonly by: Earlier }

interface Candidate {
  readonly seq: number
  readonly caller: string
  readonly endpoint: string
  readonly state: "open" | "happened" | "did-not-happen" | "unknown"
  readonly decided_at: number | null
  readonly blocks: number
  readonly owner: string | null
  readonly until: number | null
  readonly settling: number | null
  readonly ended: number | null
}

/**
 * Records an intent unless an identical write stands in its way, in one step. `repeat` says that the caller wants it
 * although an identical write was just sent; it does not override an unknown outcome.
 */
export const begin = (db: Database, now: Now, intent: Intent, repeat: boolean): Admission => {
  const found = intent.identity === undefined ? undefined : obstacle(candidates(db, intent), now, intent, repeat)
  if (found !== undefined) return found
  const head = append(db, intent)
  db.prepare("INSERT INTO leases (seq, owner, until) VALUES (?, ?, ?)").run(head.seq, now.process, now.wall + lease)
  return { _tag: "Begun", head }
}

const candidates = (db: Database, { account, identity, key }: Intent): ReadonlyArray<Candidate> =>
  db
    .prepare(
      `SELECT seq, caller, endpoint, state, decided_at, blocks, owner, until, settling, ended
       FROM intents LEFT JOIN leases USING (seq)
       WHERE identity = ? AND key = ? AND account = ? AND state IN ('open', 'unknown', 'happened')
       ORDER BY seq DESC LIMIT 100`
    )
    .all(identity, key, account) as ReadonlyArray<Candidate>

const obstacle = (rows: ReadonlyArray<Candidate>, now: Now, intent: Intent, repeat: boolean): Admission | undefined => {
  const own = rows.find(
    (row) => (row.caller === intent.actor.id || isWithdrawal(row)) && (row.state === "open" || isRecent(row, now))
  )
  if (own !== undefined && isInFlight(own, now) && !repeat) return { _tag: "Duplicate", of: earlier(own, now) }
  const blocking = rows.find((row) => isBlocking(row, now))
  if (blocking !== undefined) return { _tag: "Blocked", by: earlier(blocking, now) }
  if (own?.state === "happened" && !repeat) return { _tag: "Duplicate", of: earlier(own, now) }
  return undefined
}

/** A process works on it and has had no reason yet to look for it. */
const isInFlight = (row: Candidate, now: Now): boolean => row.state === "open" && isLeased(row, now)

const isLeased = ({ owner, until }: Candidate, now: Now): boolean =>
  (until ?? 0) > (owner === now.process ? 0 : now.wall)

const isBlocking = (row: Candidate, now: Now): boolean => {
  if (row.state === "open") return row.settling === 1 || !isLeased(row, now)
  return row.state === "unknown" && row.blocks === 1 && (blockOf(row) === undefined || sinceEnd(row, now) < orderBlock)
}

/** Milliseconds for which an unknown outcome blocks; undefined if that is until it is decided. */
const blockOf = ({ endpoint }: Candidate): number | undefined => {
  const moves = isEndpoint(endpoint) ? endpoints[endpoint].moves : "out"
  return moves === "orders" || moves === "nothing" ? orderBlock : undefined
}

const isWithdrawal = ({ endpoint }: Candidate): boolean => endpoint === "private/Withdraw"

const isRecent = (row: Candidate, now: Now): boolean =>
  row.state === "happened" && sinceEnd(row, now) < (isWithdrawal(row) ? withdrawalWindow : usualWindow)

/**
 * Milliseconds since a write was decided: by the monotonic clock if this process decided it, else by the time of day. A
 * time in the future comes from a clock that was set back since, and counts as now.
 */
const sinceEnd = (row: Candidate, now: Now): number =>
  row.owner === now.process && row.ended !== null
    ? now.monotonic - row.ended
    : Math.max(0, now.wall - (row.decided_at ?? now.wall))

const earlier = (row: Candidate, now: Now): Earlier => {
  const block = row.state === "unknown" ? blockOf(row) : undefined
  return {
    seq: row.seq,
    endpoint: row.endpoint,
    isElsewhere: isInFlight(row, now) && row.owner !== now.process,
    ...(block !== undefined && { blocksFor: Math.max(0, block - sinceEnd(row, now)) })
  }
}

/** Marks an intent as being looked up: from now on it blocks identical writes until it is decided. */
export const markSettling = (db: Database, seq: number): void => {
  db.prepare("UPDATE leases SET settling = 1 WHERE seq = ?").run(seq)
}

/** Records what became of an intent. Nothing is recorded if the intent is decided already, or is another process's. */
export const end = (db: Database, now: Now, outcome: Outcome): Head | undefined => {
  const mine = db
    .prepare(
      `SELECT 1 FROM intents JOIN leases USING (seq) WHERE seq = ? AND owner = ? AND state IN ('open', 'unknown')`
    )
    .get(outcome.intent, now.process)
  if (mine === undefined) return undefined
  const head = append(db, outcome)
  db.prepare("UPDATE leases SET until = 0, settling = 0, ended = ? WHERE seq = ?").run(now.monotonic, outcome.intent)
  return head
}

/** Keeps the open intents of this process for another 15 s, and returns how many there are. */
export const renew = (db: Database, now: Now): number =>
  db.prepare("UPDATE leases SET until = ? WHERE owner = ? AND until > 0").run(now.wall + lease, now.process).changes

/**
 * Takes over the open intents of a key whose process has ended or stopped renewing them, oldest first. Requests of
 * these can no longer leave: the statement that takes a nonce checks the lease.
 */
export const claimAbandoned = (db: Database, now: Now, key: string): ReadonlyArray<number> =>
  db
    .prepare(
      `UPDATE leases SET owner = ?, until = ?, settling = 1
       WHERE until <= ? AND owner <> ? AND seq IN (SELECT seq FROM intents WHERE key = ? AND state = 'open')
       RETURNING seq`
    )
    .pluck()
    .all(now.process, now.wall + lease, now.wall, now.process, key)
    .map(Number)
    .toSorted((a, b) => a - b)

/** Tells whether another write that is open or unknown can be what one of these fingerprints shows. */
export const isAmbiguous = (
  db: Database,
  now: Now,
  { key, account, seq }: { readonly key: string; readonly account: string; readonly seq: number },
  fingerprints: ReadonlyArray<string>
): boolean =>
  db
    .prepare(
      `SELECT 1 FROM intents, json_each(intents.fingerprints) AS shown
       WHERE key = ? AND account = ? AND intents.seq <> ? AND shown.value IN (SELECT value FROM json_each(?))
         AND (state = 'open' OR (state = 'unknown' AND decided_at > ?)) LIMIT 1`
    )
    .get(key, account, seq, JSON.stringify(fingerprints), now.wall - orderBlock) !== undefined

/** Those of some ids that earlier writes have made: a later write cannot have made them again. */
export const madeBefore = (
  db: Database,
  { key, account }: { readonly key: string; readonly account: string },
  ids: ReadonlyArray<string>
): ReadonlySet<string> =>
  new Set(
    db
      .prepare("SELECT id FROM made WHERE key = ? AND account = ? AND id IN (SELECT value FROM json_each(?))")
      .pluck()
      .all(key, account, JSON.stringify(ids))
      .map(String)
  )
