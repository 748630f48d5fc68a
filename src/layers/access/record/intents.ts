import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Intent, Outcome } from "../../../domain/record/events.ts"
import type { Obstacle } from "../../../services/Record.ts"
import { append } from "./append.ts"
import { approvalFault } from "./approval.ts"
import type { Head } from "./chain.ts"
import { namesThatMove } from "./endpointNames.ts"
import { recognize, withdrawalWindow } from "./identicalWrites.ts"
import { holdLease, lease } from "./leases.ts"
import type { Now } from "./now.ts"
import { isStopped } from "./stopped.ts"
import { exists, first, run, type Steps } from "../../storage/steps.ts"

/** The intent is recorded, and this process works on it; or an identical write, a limit or its plan stands in its way. */
export type Admission =
  | { readonly _tag: "Begun"; readonly head: Head }
  | Obstacle
  /** The plan that it names was not approved for it, or was carried out already. */
  | { readonly _tag: "NotApproved"; readonly reason: string }
  | { readonly _tag: "NoRoom"; readonly refusal: NoRoom }

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

/** Tells whether a process has open intents. */
export function* hasOpen({ process }: Pick<Now, "process">): Steps<boolean> {
  return yield* exists("SELECT 1 FROM leases WHERE owner = ? AND until > 0 LIMIT 1", process)
}

/** Rows from the end of the record on whose leases are kept although their process is perhaps gone. */
const keptLeases = 10_000

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
