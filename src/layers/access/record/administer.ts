import { Duration, Either } from "effect"
import type { Actor, Event, Prune, Resolution } from "../../../domain/record/events.ts"
import { append } from "./append.ts"
import type { Head } from "./chain.ts"
import { lease } from "./leases.ts"
import { prunable } from "./projectSpending.ts"
import { readable } from "./readable.ts"
import { decodeEvent } from "./verify.ts"
import { all, column, first, run, type Steps, value } from "../../storage/steps.ts"

/** The changes that an operator makes to the record. All run inside a transaction. */

const actor: Actor = { id: "local" }

export type Resolved =
  | { readonly _tag: "Resolved"; readonly head: Head }
  /** The row is no write whose outcome is unknown. `state` is absent if it is no write at all. */
  | { readonly _tag: "NotUnknown"; readonly state?: string }

/** Decides an unknown outcome. */
export function* resolve(at: number, intent: number, outcome: Resolution["outcome"]): Steps<Resolved> {
  const row = yield* first<{ readonly state: string }>("SELECT state FROM intents WHERE seq = ?", intent)
  if (row === undefined) return { _tag: "NotUnknown" }
  if (row.state !== "unknown") return { _tag: "NotUnknown", state: row.state }
  return { _tag: "Resolved", head: yield* append({ kind: "resolution", at, actor, intent, outcome }) }
}

/**
 * The age that a row needs before its body can be removed. Budgets look back 30 days, and an id that was made cannot be
 * recognised any more once its row is pruned.
 */
export const leastAge = Duration.toMillis("31 days")

/** Rows whose bodies one transaction removes at the most. Other processes wait for it, cancels for a second at the most. */
const mostDropped = 10_000

export interface Pruned {
  readonly head: Head
  /** Rows whose bodies were removed. */
  readonly rows: number
}

/**
 * Removes bodies of writes that were closed before a moment, and of their fills, oldest first, and records which ones. Rows after one that
 * is not older stay, and so do open and unknown writes and the operator's own rows. Undefined if there is nothing to
 * remove; otherwise there might be more.
 */
export function* prune(at: number, before: number): Steps<Pruned | undefined> {
  const { rows, through } = yield* rowsBefore(before)
  const closed = new Set(yield* column<number>(prunable("main."), { through }))
  const dropped = rangesOf(
    rows.filter(({ writes }) => writes.every((write) => closed.has(write))).map(({ seq }) => seq)
  )
  if (dropped.length === 0) return undefined
  const carried = yield* carriedOf(through)
  const head = yield* append({ kind: "prune", at, actor, through, dropped, ...(carried && { carried }) })
  let removed = 0
  for (const [first, last] of dropped)
    removed += yield* run("UPDATE events SET body = NULL WHERE seq BETWEEN ? AND ?", first, last)
  return { head, rows: removed }
}

type Carried = NonNullable<Prune["carried"]>

/** Reads the sums to which the spends of the intents contribute that are pruned. Undefined if there are none. */
function* carriedOf(through: number): Steps<Prune["carried"]> {
  const some = yield* first(`SELECT 1 FROM spends WHERE seq IN (${prunable("main.")}) LIMIT 1`, { through })
  if (some === undefined) return undefined
  const uses = yield* all<Carried["uses"][number]>(
    `SELECT scope, key, account, bucket, CAST(sum(units) AS TEXT) AS units FROM uses
     WHERE seq IN (${prunable("main.")}) GROUP BY scope, key, account, bucket`,
    { through }
  )
  const holdings = yield* all<Carried["holdings"][number]>(
    "SELECT scope, key, account, asset, amount, net FROM holdings"
  )
  return { holdings, uses }
}

interface WriteRow {
  readonly seq: number
  /** The rows of the writes to which it belongs. */
  readonly writes: ReadonlyArray<number>
}

/** Rows of writes that stand before the first row that is not older than a moment. */
function* rowsBefore(before: number): Steps<{ readonly rows: ReadonlyArray<WriteRow>; readonly through: number }> {
  const rows: Array<WriteRow> = []
  let through = 0
  for (;;) {
    const found = yield* all<{ readonly seq: number; readonly body: string }>(
      `SELECT seq, body FROM events WHERE body IS NOT NULL AND seq > ? ORDER BY seq LIMIT ${batch}`,
      through
    )
    for (const row of found) {
      const event = readable(
        row.seq,
        Either.mapLeft(decodeEvent(row.body), () => undefined)
      )
      if (event.at >= before || rows.length >= mostDropped) return { rows, through }
      through = row.seq
      const writes = writesOf(row.seq, event)
      if (writes.length > 0) rows.push({ seq: row.seq, writes })
    }
    if (found.length < batch) return { rows, through }
  }
}

/** Rows that are read at once. */
const batch = 500

const writesOf = (seq: number, event: Event): ReadonlyArray<number> => {
  if (event.kind === "intent" || event.kind === "refusal") return [seq]
  if (event.kind === "outcome") return [event.intent]
  return event.kind === "fills" ? event.orders.map(({ intent }) => intent) : []
}

/** The ranges of ascending numbers. */
const rangesOf = (seqs: ReadonlyArray<number>): ReadonlyArray<readonly [number, number]> =>
  seqs.reduce<Array<readonly [number, number]>>((ranges, seq) => {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === seq - 1) ranges[ranges.length - 1] = [last[0], seq]
    else ranges.push([seq, seq])
    return ranges
  }, [])

export type Rekeyed =
  | { readonly _tag: "Rekeyed"; readonly head: Head; readonly writes: number }
  | { readonly _tag: "NoWrites" }
  /** A process works on a write of the old key. */
  | { readonly _tag: "InUse"; readonly seq: number }

/** Moves what is recorded of one key to another one of the same account. Both are SHA-256 hashes. */
export function* rekey(at: number, from: string, to: string): Steps<Rekeyed> {
  const writes = Number(yield* value("SELECT count(*) FROM intents WHERE key = ?", from))
  if (writes === 0) return { _tag: "NoWrites" }
  const held = yield* first<{ readonly seq: number }>(
    "SELECT seq FROM intents JOIN leases USING (seq) WHERE key = ? AND until > ? AND until <= ? LIMIT 1",
    from,
    at,
    at + 2 * lease
  )
  if (held !== undefined) return { _tag: "InUse", seq: held.seq }
  yield* run(
    `INSERT INTO window_time AS w (key, at) SELECT ?, at FROM window_time WHERE key = ?
     ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE w.at < excluded.at`,
    to,
    from
  )
  yield* run("UPDATE alerts SET key = ? WHERE key = ?", to, from)
  return { _tag: "Rekeyed", writes, head: yield* append({ kind: "rekey", at, actor, from, to }) }
}
