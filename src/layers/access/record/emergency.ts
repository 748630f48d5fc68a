import type { Database } from "better-sqlite3"
import { Duration } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { likeness, type OrderRow } from "../../../domain/orders/orderMatch.ts"
import type { Intent, Outcome } from "../../../domain/record/events.ts"
import type { Stop } from "../../../services/Halt.ts"
import { draftOf } from "./activity.ts"
import { append } from "./append.ts"
import type { Head } from "./chain.ts"
import { end, type Now } from "./intents.ts"
import { decodeTexts, readable } from "./readable.ts"
import { statement } from "./statement.ts"
import { cancelNames } from "./stopped.ts"

/** The part of the emergency stop that the record has. Functions that change it run inside a transaction. */

/** Reads the stop in force. */
export const stopIn = (db: Database): (Stop & { readonly seq: number }) | undefined => {
  const row = statement(db, "SELECT at, by, why, seq FROM halt WHERE halted = 1").get() as
    | { readonly at: number; readonly by: string; readonly why: string | null; readonly seq: number }
    | undefined
  return row && { since: row.at, by: row.by, seq: row.seq, ...(row.why !== null && { reason: row.why }) }
}

/** Stops all writes but cancels. Undefined if they are stopped already. */
export const halt = (db: Database, { by, reason, since }: Stop): Head | undefined =>
  stopIn(db) === undefined
    ? append(db, {
        kind: "halt",
        at: since,
        actor: { id: by },
        halted: true,
        ...(reason !== undefined && { reason })
      })
    : undefined

/** The longest deadline that an order can have, in milliseconds. A write without one is answered before. */
const longestDeadline = Duration.toMillis("1 minute")

/** Milliseconds after its deadline after which Kraken's engine surely does not accept an order. */
const fence = Duration.toMillis("2 seconds")

/** A write that might still reach Kraken. */
export interface InFlight {
  readonly seq: number
  readonly endpoint: string
  /** The time after which it cannot be carried out any more, in Unix milliseconds. */
  readonly until: number
}

/** The time that a write without a deadline gets to be answered, in milliseconds. */
const answered = Duration.toMillis("10 seconds")

/** The longest time for which a write that left before all was stopped can still reach Kraken, in milliseconds. */
export const longestFlight = longestDeadline + fence

/** Lists the writes of all keys, without cancels, that might still reach Kraken. None has left after `stoppedAt`. */
export const inFlight = (db: Database, now: number, stoppedAt: number): ReadonlyArray<InFlight> =>
  (
    statement(
      db,
      `SELECT seq, endpoint, min(leave_by, @stoppedAt) + coalesce(expires - leave_by, ${answered}) + ${fence} AS until
       FROM intents
       WHERE state IN ('open', 'unknown') AND endpoint NOT IN (${cancelNames}) AND leave_by > @before ORDER BY seq`
    ).all({ stoppedAt, before: now - longestFlight }) as ReadonlyArray<InFlight>
  ).filter(({ until }) => until > now)

/** A timer that cancels all orders of the account. */
export interface Timer {
  readonly caller: string
  /** The time at which it was set, in Unix milliseconds. */
  readonly at: number
  readonly seconds: number
}

/** Finds the timer that was set last with a key, if it still runs. */
export const runningTimer = (db: Database, key: string, now: number): Timer | undefined => {
  const last = statement(
    db,
    `SELECT seq FROM intents WHERE key = ? AND endpoint = 'private/CancelAllOrdersAfter'
       AND state IN ('open', 'happened', 'unknown') ORDER BY seq DESC LIMIT 1`
  )
    .pluck()
    .get(key)
  const draft = typeof last === "number" ? draftOf(db, last) : undefined
  if (draft === undefined) return undefined
  const seconds = Number(draft.params["timeout"])
  return seconds > 0 && draft.at + seconds * 1000 > now ? { caller: draft.caller, at: draft.at, seconds } : undefined
}

/** The ids of an open order at Kraken. */
export interface OrderIds {
  readonly txid: string
  readonly clOrdId?: string | undefined
  /** The order as Kraken lists it. Absent if it has an unknown form. */
  readonly row?: OrderRow | undefined
}

/** Selects the orders that recorded writes of any key have made, or might have made. */
export const ownOrders = (db: Database, orders: ReadonlyArray<OrderIds>): ReadonlySet<string> => {
  const made = statement(db, "SELECT 1 FROM made WHERE id = ? LIMIT 1")
  const spent = statement(db, "SELECT 1 FROM spends WHERE txid = ? LIMIT 1")
  const named = statement(db, "SELECT 1 FROM spends WHERE cl_ord_id = ? LIMIT 1")
  const undecided = statement(
    db,
    "SELECT seq, fingerprints FROM intents WHERE state IN ('open', 'unknown')"
  ).all() as ReadonlyArray<{ readonly seq: number; readonly fingerprints: string }>
  const sent = new Set(undecided.flatMap(({ fingerprints, seq }) => readable(seq, decodeTexts(fingerprints))))
  const withUserref = undecided.flatMap(({ seq }) => ordersWithUserref(draftOf(db, seq)?.params ?? {}))
  const isOwn = ({ clOrdId, row, txid }: OrderIds) =>
    made.get(txid) !== undefined ||
    spent.get(txid) !== undefined ||
    (clOrdId !== undefined && (named.get(clOrdId) !== undefined || sent.has(JSON.stringify([clOrdId])))) ||
    (row !== undefined && withUserref.some((params) => mightBe(row, params)))
  return new Set(orders.filter(isOwn).map(({ txid }) => txid))
}

/** Lists the orders of a request that are found again by their `userref` only. */
const ordersWithUserref = (request: Params): ReadonlyArray<Params> => {
  const orders: ReadonlyArray<Params> = Array.isArray(request["orders"]) ? request["orders"].map(Object) : [request]
  return orders.filter(({ cl_ord_id, userref }) => userref !== undefined && cl_ord_id === undefined)
}

/** Tells whether an open order can be one that was sent. It bears the same `userref`, and its terms do not contradict it. */
const mightBe = (row: OrderRow, params: Params): boolean =>
  String(row.userref) === String(params["userref"]) &&
  likeness(row, { params, hasOwnId: false, time: { sentAt: 0, inDoubt: true } }, () => true) !== "other"

/**
 * Lists the keys of real accounts with which writes were recorded since a moment. Cancels do not count, such as those of a panic
 * with another key, nor do writes that were not carried out: neither leaves an order open.
 */
export const keysSince = (db: Database, since: number): ReadonlyArray<string> =>
  statement(
    db,
    `SELECT DISTINCT key FROM intents WHERE key <> 'paper' AND at >= ? AND endpoint NOT IN (${cancelNames})
       AND state IN ('open', 'happened', 'unknown')`
  )
    .pluck()
    .all(since) as ReadonlyArray<string>

/** Counts the tokens for Kraken's WebSocket that a key got since a moment, or might have got. */
export const tokensSince = (db: Database, key: string, since: number): number =>
  Number(
    statement(
      db,
      `SELECT count(*) FROM intents WHERE key = ? AND at >= ? AND endpoint = 'private/GetWebSocketsToken'
         AND state IN ('open', 'happened', 'unknown')`
    )
      .pluck()
      .get(key, since)
  )

/** Writes of one kind that were recorded, and how they ended. */
export interface Counted {
  readonly endpoint: string
  readonly state: string
  readonly count: number
}

/** Counts the writes that were recorded after a row. */
export const writesSince = (db: Database, seq: number): ReadonlyArray<Counted> =>
  statement(
    db,
    "SELECT endpoint, state, count(*) AS count FROM intents WHERE seq > ? GROUP BY endpoint, state ORDER BY endpoint, state"
  ).all(seq) as ReadonlyArray<Counted>

/** Reads the fingerprint of the operator secret. Undefined if none is set. */
export const secretIn = (db: Database): string | undefined =>
  statement(db, "SELECT fingerprint FROM secret").pluck().get() as string | undefined

/** The name that the writes of an emergency stop have in the record, in place of a tool. */
const toolOfStop = "panic"

/** A cancel that the emergency stop is about to send. */
export type CancelOfStop = Pick<Intent, "account" | "endpoint" | "key" | "request">

/** Records a cancel before it leaves, and keeps it from other processes until `until`. Returns the number of its row. */
export const beginCancel = (db: Database, { process, wall }: Now, cancel: CancelOfStop, until: number): number => {
  const { seq } = append(db, {
    kind: "intent",
    at: wall,
    actor: { id: "local" },
    tool: toolOfStop,
    ...cancel,
    fingerprints: [],
    leaveBy: until
  })
  statement(db, "INSERT OR REPLACE INTO leases (seq, owner, until) VALUES (?, ?, ?)").run(seq, process, until)
  return seq
}

/** Records what became of a cancel. */
export const endCancel = (
  db: Database,
  now: Now,
  intent: number,
  outcome: Omit<Outcome, "actor" | "at" | "ids" | "intent" | "kind">
): Head | undefined => end(db, now, { ...outcome, kind: "outcome", at: now.wall, intent, ids: [] })

/** Leaves a cancel that was interrupted to a server, which finds out what became of it. */
export const leaveCancel = (db: Database, seq: number): void => {
  statement(db, "UPDATE leases SET until = 0 WHERE seq = ? AND ended IS NULL").run(seq)
}

/**
 * Allows writes again. Undefined if they are not stopped. Cancels of a stop that ended early stay unknown: a server that
 * looked for their outcome later would cancel orders that the operator has left open.
 */
export const release = (db: Database, at: number): Head | undefined => {
  if (stopIn(db) === undefined) return undefined
  const open = statement(
    db,
    `SELECT seq FROM intents JOIN events USING (seq)
     WHERE state = 'open' AND endpoint IN (${cancelNames}) AND json_extract(body, '$.tool') = '${toolOfStop}'`
  )
    .pluck()
    .all() as ReadonlyArray<number>
  for (const intent of open) {
    append(db, {
      kind: "outcome",
      at,
      actor: { id: "local" },
      intent,
      outcome: "unknown",
      reason: "trading was allowed again before its outcome was known",
      check: lookAtOrders,
      safeToRepeat: true,
      ids: []
    })
    statement(db, "UPDATE leases SET until = 0 WHERE seq = ?").run(intent)
  }
  return append(db, { kind: "halt", at, actor: { id: "local" }, halted: false })
}

/** The check of a cancel whose outcome is unknown. */
export const lookAtOrders = "Look at the open orders."

/**
 * Records that the orders are gone which a stop cancelled without an answer. `all` includes the cancels of other stops that
 * have ended.
 */
export const provenGone = (
  db: Database,
  now: Now,
  { account, all, key }: Pick<CancelOfStop, "account" | "key"> & { readonly all: boolean }
): void => {
  const undecided = statement(
    db,
    `SELECT seq FROM intents INDEXED BY intents_open JOIN leases USING (seq) JOIN events USING (seq)
     WHERE key = @key AND account = @account AND state IN ('open', 'unknown')
       AND endpoint IN ('private/CancelAll', 'private/CancelOrder', 'private/CancelOrderBatch')
       AND json_extract(body, '$.tool') = '${toolOfStop}'
       AND (owner = @process OR (@all AND until <= @wall))`
  )
    .pluck()
    .all({ key, account, process: now.process, all: Number(all), wall: now.wall }) as ReadonlyArray<number>
  for (const seq of undecided) {
    statement(db, "UPDATE leases SET owner = ? WHERE seq = ?").run(now.process, seq)
    endCancel(db, now, seq, { outcome: "happened", how: "no such order was open in two readings" })
  }
}
