import { namesThatMove } from "./endpointNames.ts"
import { isWithinBlock, type RecordedWrite, writeColumns } from "./identicalWrites.ts"
import { holdLease, isLeased, lease } from "./leases.ts"
import type { Now } from "./now.ts"
import { decodeTexts, readable } from "./readable.ts"
import { all, exists, filter, run, type Steps } from "../../storage/steps.ts"

/** Marks an intent as being looked up: from now on it blocks identical writes until it is decided. */
export function* markSettling(seq: number): Steps<undefined> {
  yield* run("UPDATE leases SET settling = 1 WHERE seq = ?", seq)
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
  const open = yield* all<Pick<RecordedWrite, "seq" | "owner" | "until">>(
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
  const unknown = yield* all<Pick<RecordedWrite, "seq" | "owner" | "until">>(
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
  const others = yield* all<RecordedWrite>(
    `SELECT ${writeColumns} FROM intents INDEXED BY intents_open LEFT JOIN leases USING (seq)
     WHERE key = ? AND account = ? AND state IN ('open', 'unknown') AND seq <> ?`,
    key,
    account,
    seq
  )
  return others.some(
    (other) =>
      (other.state === "open" || isWithinBlock(other, now)) &&
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
