import { Duration } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { likeness, type OrderRow } from "../../../domain/orders/orderMatch.ts"
import type { Intent, Outcome } from "../../../domain/record/events.ts"
import type { Stop } from "../../../services/Halt.ts"
import { draftOf } from "./activity.ts"
import { append } from "./append.ts"
import type { Head } from "./chain.ts"
import { end } from "./intents.ts"
import { holdLease } from "./leases.ts"
import type { Now } from "./now.ts"
import { decodeTexts, readable } from "./readable.ts"
import { cancelNames } from "./stopped.ts"
import { all, column, exists, filter, first, map, run, type Steps, value } from "../../storage/steps.ts"

/** The part of the emergency stop that the record has. Functions that change it run inside a transaction. */

/** Reads the stop in force. */
export function* stopIn(): Steps<(Stop & { readonly seq: number }) | undefined> {
  const row = yield* first<{
    readonly at: number
    readonly by: string
    readonly why: string | null
    readonly seq: number
  }>("SELECT at, by, why, seq FROM halt WHERE halted = 1")
  return row && { since: row.at, by: row.by, seq: row.seq, ...(row.why !== null && { reason: row.why }) }
}

/** Stops all writes but cancels. Undefined if they are stopped already. */
export function* halt({ by, reason, since }: Stop): Steps<Head | undefined> {
  return (yield* stopIn()) === undefined
    ? yield* append({
        kind: "halt",
        at: since,
        actor: { id: by },
        halted: true,
        ...(reason !== undefined && { reason })
      })
    : undefined
}

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
export function* inFlight(now: number, stoppedAt: number): Steps<ReadonlyArray<InFlight>> {
  return (yield* all<InFlight>(
    `SELECT seq, endpoint, CASE WHEN leave_by < @stoppedAt THEN leave_by ELSE @stoppedAt END
         + coalesce(expires - leave_by, ${answered}) + ${fence} AS until
       FROM intents
       WHERE state IN ('open', 'unknown') AND endpoint NOT IN (${cancelNames}) AND leave_by > @before ORDER BY seq`,
    { stoppedAt, before: now - longestFlight }
  )).filter(({ until }) => until > now)
}

/** A timer that cancels all orders of the account. */
export interface Timer {
  readonly caller: string
  /** The time at which it was set, in Unix milliseconds. */
  readonly at: number
  readonly seconds: number
}

/** Finds the timer that was set last with a key, if it still runs. */
export function* runningTimer(key: string, now: number): Steps<Timer | undefined> {
  const last = yield* value(
    `SELECT seq FROM intents WHERE key = ? AND endpoint = 'private/CancelAllOrdersAfter'
       AND state IN ('open', 'happened', 'unknown') ORDER BY seq DESC LIMIT 1`,
    key
  )
  const draft = typeof last === "number" ? yield* draftOf(last) : undefined
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
export function* ownOrders(orders: ReadonlyArray<OrderIds>): Steps<ReadonlySet<string>> {
  const undecided = yield* all<{ readonly seq: number; readonly fingerprints: string }>(
    "SELECT seq, fingerprints FROM intents WHERE state IN ('open', 'unknown')"
  )
  const sent = new Set(undecided.flatMap(({ fingerprints, seq }) => readable(seq, decodeTexts(fingerprints))))
  const drafts = yield* map(undecided, ({ seq }) => draftOf(seq))
  const withUserref = drafts.flatMap((draft) => ordersWithUserref(draft?.params ?? {}))
  const isNamed = (clOrdId: string) => exists("SELECT 1 FROM spends WHERE cl_ord_id = ? LIMIT 1", clOrdId)
  const own = yield* filter(orders, function* ({ clOrdId, row, txid }): Steps<boolean> {
    return (
      (yield* exists("SELECT 1 FROM made WHERE id = ? LIMIT 1", txid)) ||
      (yield* exists("SELECT 1 FROM spends WHERE txid = ? LIMIT 1", txid)) ||
      (clOrdId !== undefined && (sent.has(JSON.stringify([clOrdId])) || (yield* isNamed(clOrdId)))) ||
      (row !== undefined && withUserref.some((params) => mightBe(row, params)))
    )
  })
  return new Set(own.map(({ txid }) => txid))
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
export function* keysSince(since: number): Steps<ReadonlyArray<string>> {
  return yield* column<string>(
    `SELECT DISTINCT key FROM intents WHERE key <> 'paper' AND at >= ? AND endpoint NOT IN (${cancelNames})
       AND state IN ('open', 'happened', 'unknown')`,
    since
  )
}

/** Counts the tokens for Kraken's WebSocket that a key got since a moment, or might have got. */
export function* tokensSince(key: string, since: number): Steps<number> {
  return Number(
    yield* value(
      `SELECT count(*) FROM intents WHERE key = ? AND at >= ? AND endpoint = 'private/GetWebSocketsToken'
         AND state IN ('open', 'happened', 'unknown')`,
      key,
      since
    )
  )
}

/** Writes of one kind that were recorded, and how they ended. */
export interface Counted {
  readonly endpoint: string
  readonly state: string
  readonly count: number
}

/** Counts the writes that were recorded after a row. */
export function* writesSince(seq: number): Steps<ReadonlyArray<Counted>> {
  return yield* all<Counted>(
    "SELECT endpoint, state, count(*) AS count FROM intents WHERE seq > ? GROUP BY endpoint, state ORDER BY endpoint, state",
    seq
  )
}

/** Reads the fingerprint of the operator secret. Undefined if none is set. */
export function* secretIn(): Steps<string | undefined> {
  return yield* value<string>("SELECT fingerprint FROM secret")
}

/** The name that the writes of an emergency stop have in the record, in place of a tool. */
const toolOfStop = "panic"

/** A cancel that the emergency stop is about to send. */
export type CancelOfStop = Pick<Intent, "account" | "endpoint" | "key" | "request">

/** Records a cancel before it leaves, and keeps it from other processes until `until`. Returns the number of its row. */
export function* beginCancel({ process, wall }: Now, cancel: CancelOfStop, until: number): Steps<number> {
  const { seq } = yield* append({
    kind: "intent",
    at: wall,
    actor: { id: "local" },
    tool: toolOfStop,
    ...cancel,
    fingerprints: [],
    leaveBy: until
  })
  yield* holdLease(seq, process, until)
  return seq
}

/** Records what became of a cancel. */
export function* endCancel(
  now: Now,
  intent: number,
  outcome: Omit<Outcome, "actor" | "at" | "ids" | "intent" | "kind">
): Steps<Head | undefined> {
  return yield* end(now, { ...outcome, kind: "outcome", at: now.wall, intent, ids: [] })
}

/** Leaves a cancel that was interrupted to a server, which finds out what became of it. */
export function* leaveCancel(seq: number): Steps<void> {
  yield* run("UPDATE leases SET until = 0 WHERE seq = ? AND ended IS NULL", seq)
}

/**
 * Allows writes again. Undefined if they are not stopped. Cancels of a stop that ended early stay unknown: a server that
 * looked for their outcome later would cancel orders that the operator has left open.
 */
export function* release(at: number): Steps<Head | undefined> {
  if ((yield* stopIn()) === undefined) return undefined
  const open = yield* column<number>(`SELECT seq FROM intents JOIN events USING (seq)
     WHERE state = 'open' AND endpoint IN (${cancelNames}) AND json_extract(body, '$.tool') = '${toolOfStop}'`)
  for (const intent of open) {
    yield* append({
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
    yield* run("UPDATE leases SET until = 0 WHERE seq = ?", intent)
  }
  return yield* append({ kind: "halt", at, actor: { id: "local" }, halted: false })
}

/** The check of a cancel whose outcome is unknown. */
export const lookAtOrders = "Look at the open orders."

/**
 * Records that the orders are gone which a stop cancelled without an answer. `all` includes the cancels of other stops that
 * have ended.
 */
export function* provenGone(
  now: Now,
  { account, all, key }: Pick<CancelOfStop, "account" | "key"> & { readonly all: boolean }
): Steps<void> {
  const undecided = yield* column<number>(
    `SELECT seq FROM intents INDEXED BY intents_open JOIN leases USING (seq) JOIN events USING (seq)
     WHERE key = @key AND account = @account AND state IN ('open', 'unknown')
       AND endpoint IN ('private/CancelAll', 'private/CancelOrder', 'private/CancelOrderBatch')
       AND json_extract(body, '$.tool') = '${toolOfStop}'
       AND (owner = @process OR (@all = 1 AND until <= @wall))`,
    { key, account, process: now.process, all: Number(all), wall: now.wall }
  )
  for (const seq of undecided) {
    yield* run("UPDATE leases SET owner = ? WHERE seq = ?", now.process, seq)
    yield* endCancel(now, seq, { outcome: "happened", how: "no such order was open in two readings" })
  }
}
