import { Effect, Either, Option, Schema } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { OrderRow } from "../../../domain/orders/orderMatch.ts"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { holdsCount, holdsTimes } from "./confirmation.ts"
import { most, openOrders, ordersById, ordersSince, page, pages } from "./orderLists.ts"
import { repeatUntilSettled } from "./repeatUntilSettled.ts"

/**
 * Cancels of orders. What is named by an id may be cancelled again without harm, so the server does that itself when no
 * answer came, until it sees each order closed. A `userref` and CancelAll name whatever is open: a repeat would take
 * orders that were placed meanwhile. Of these, the ones that were open before the send are cancelled by their ids.
 */
const cancel =
  (targets: (params: Params) => Targets): WriteProcedure =>
  (context, _endpoint, params) =>
    Effect.succeed({
      params,
      fingerprints: [],
      isConfirmed: holdsCount,
      settle: (attempt) => settle(context, attempt, targets(params))
    })

/** What a cancel names. */
interface Targets {
  readonly ids: ReadonlyArray<Id>
  /** Whether it also names an order that was open before the send, by something that others can have as well. */
  readonly group?: (row: OrderRow) => boolean
}

/** One order by its `txid` or its `cl_ord_id`. */
interface Id {
  readonly field: "txid" | "cl_ord_id"
  readonly id: string
}

export const cancelOrder = cancel(({ cl_ord_id, txid }) =>
  cl_ord_id === undefined ? named(String(txid).split(",")) : { ids: [clientId(cl_ord_id)] }
)

export const cancelOrderBatch = cancel(({ cl_ord_ids, orders }) => {
  const { ids, ...group } = named(textsOf(orders))
  return { ids: [...ids, ...textsOf(cl_ord_ids).map(clientId)], ...group }
})

export const cancelAll = cancel(() => ({ ids: [], group: () => true }))

/**
 * CancelAllOrdersAfter. Only its caller can repeat it: each call starts the timer anew, or stops it, and a repeat of the
 * server's that arrives after a newer call of theirs would undo that one. Nothing reads the timer.
 */
export const cancelAllOrdersAfter: WriteProcedure = (_desk, _endpoint, params) =>
  Effect.succeed({
    params,
    fingerprints: [],
    isConfirmed: holdsTimes,
    settle: ({ error }) =>
      Effect.succeed({
        _tag: "Unknown",
        reason: error.reason,
        check: "Call it again with the timeout that is wanted now: the last call counts, and Kraken can't be asked.",
        safeToRepeat: true
      })
  })

const clientId = (id: unknown): Id => ({ field: "cl_ord_id", id: String(id) })

const textsOf = (list: unknown): ReadonlyArray<string> => (Array.isArray(list) ? list.map(String) : [])

/** Names of orders: whole numbers are userrefs. */
const named = (names: ReadonlyArray<string>): Targets => {
  const trimmed = names.map((name) => name.trim())
  const isUserref = (name: string) => /^-?\d+$/.test(name)
  // As lists show them: 7 for 007.
  const userrefs = new Set(trimmed.filter(isUserref).map((name) => String(BigInt(name))))
  const ids = trimmed.filter((name) => !isUserref(name)).map((id): Id => ({ field: "txid", id }))
  return userrefs.size === 0 ? { ids } : { ids, group: ({ userref }) => userrefs.has(String(userref)) }
}

const settle = Effect.fn("KrakenWriter.settleCancel")(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  targets: Targets
) {
  const { group } = targets
  const states = new Map<string, string>()
  let left = targets.ids
  let groupIsClosed = group === undefined

  /**
   * Adds what the group holds, or returns why that is unknown. It counts as closed if nothing in it was open before. An
   * order that was opened so close to the send that it can be older or newer is not cancelled, and not passed over.
   */
  const lookAtGroup = Effect.fnUntraced(function* (matches: NonNullable<Targets["group"]>) {
    const rows = yield* openOrders(context, {})
    const { inDoubt, sentAt, within } = yield* attempt.departure.timing
    if (inDoubt) return "a clock was set since, so that it can't be told which orders were open before"
    const members = rows.filter(({ row }) => matches(row))
    const open = members.filter(({ row }) => Number(row.opentm) <= sentAt - within)
    const unsure = members.filter(
      ({ row }) => !open.some((one) => one.row === row) && !(Number(row.opentm) > sentAt + within)
    )
    const known = new Set(left.map(({ id }) => id))
    groupIsClosed = open.length === 0
    left = [...left, ...open.flatMap(({ txid }): Array<Id> => (known.has(txid) ? [] : [{ field: "txid", id: txid }]))]
    const ids = unsure.filter(({ txid }) => !known.has(txid)).map(({ txid }) => txid)
    return ids.length === 0 ? undefined : `it can't be told whether ${ids.join(", ")} was opened before or since`
  })

  /** Cancels what is left once more and sees what has closed; gives what is in the way of telling. */
  const repeat = Effect.gen(function* () {
    const answer = yield* cancelAgain(context, left)
    const seen = yield* Effect.either(statesOf(context, attempt, left))
    const still: Array<Id> = []
    let trouble = ""
    for (const target of left) {
      const shown = Either.isRight(seen) ? seen.right.get(target.id) : undefined
      // Kraken's engine has had its turn with the order, and no list shows it as open.
      const gone = answer === "carried out" && Either.isRight(seen) ? "closed" : undefined
      const state = answer === "all cancelled" ? "canceled" : (shown ?? gone)
      if (state !== undefined && !isOpen(state)) states.set(target.id, state)
      else {
        still.push(target)
        trouble = Either.isLeft(seen)
          ? seen.left.message
          : state === undefined
            ? "the order is not listed"
            : "it is still open"
      }
    }
    left = still
    return trouble
  })

  return yield* repeatUntilSettled(
    Effect.gen(function* () {
      const looked = yield* Effect.either(group === undefined ? Effect.succeed(undefined) : lookAtGroup(group))
      const trouble = left.length === 0 ? "" : yield* repeat
      if (left.length > 0) return trouble
      if (Either.isLeft(looked)) return looked.left.message
      if (looked.right !== undefined) return looked.right
      return groupIsClosed
        ? yield* placed(context, attempt, targets, states)
        : "the open orders have to be seen once more"
    }),
    (reason) => unknown(left, reason, group !== undefined)
  )
})

const placed = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  { group }: Targets,
  states: ReadonlyMap<string, string>
) {
  const all = [...states.values()]
  const count = all.filter((state) => state === "canceled").length
  const state = [...new Set(all)].toSorted().join(", ")
  if (group === undefined) return { _tag: "Placed", result: { count }, state } satisfies Settlement
  // What the first call has cancelled is not among the orders that were still open afterwards.
  const canceled = yield* Effect.option(canceledSince(context, attempt, group))
  const none = "no order is open that was open before"
  return Option.match(canceled, {
    onNone: (): Settlement => ({
      _tag: "Placed",
      result: { count },
      state: `${none}; how many were cancelled could not be read`
    }),
    onSome: (ids): Settlement => ({
      _tag: "Placed",
      result: { count: new Set([...ids, ...idsOf(states, "canceled")]).size },
      state: none
    })
  })
})

const idsOf = (states: ReadonlyMap<string, string>, state: string) =>
  [...states].flatMap(([id, other]) => (other === state ? [id] : []))

const unknown = (left: ReadonlyArray<Id>, reason: string, isGroup: boolean): Settlement => {
  const stillOpen = left.map(({ id }) => id)
  const which = stillOpen.length === 0 ? "See get_open_orders." : `Not seen closed: ${stillOpen.join(", ")}.`
  const how = isGroup ? " Cancel by their ids: a repeat would also take orders that were placed since." : ""
  return { _tag: "Unknown", reason, check: which + how, safeToRepeat: !isGroup, stillOpen }
}

const isOpen = (state: string): boolean => state === "open" || state === "pending"

/**
 * Sends a cancel of these orders again. `all cancelled`: this one took each of them. `carried out`: Kraken's engine has
 * answered, so that none of them can be open any more.
 */
const cancelAgain = Effect.fnUntraced(function* (context: ProcedureContext, ids: ReadonlyArray<Id>) {
  const batches = Array.from({ length: Math.ceil(ids.length / most) }, (_, n) => ids.slice(n * most, (n + 1) * most))
  const answers = yield* Effect.forEach(batches, (batch) => {
    const [endpoint, params] = request(batch)
    return Effect.match(context.kraken.write(endpoint, params, { priority: "cancel" }), {
      onFailure: (error) =>
        error._tag === "KrakenOrderError" && error.codes.some((code) => /unknown order/i.test(code))
          ? "carried out"
          : "",
      onSuccess: (result) => {
        const { count, pending } = Object(result)
        if (typeof count !== "number" || pending === true) return ""
        return count >= batch.length ? "all cancelled" : "carried out"
      }
    })
  })
  if (answers.includes("")) return "no answer"
  return answers.includes("carried out") ? "carried out" : "all cancelled"
})

/** Kraken is said to want at least two ids in a batch. */
const request = (ids: ReadonlyArray<Id>): readonly [WriteEndpoint, Params] => {
  const [only] = ids
  if (only !== undefined && ids.length === 1) return ["private/CancelOrder", { [only.field]: only.id }]
  const of = (field: Id["field"]) => ids.filter((id) => id.field === field).map(({ id }) => id)
  const [orders, cl_ord_ids] = [of("txid"), of("cl_ord_id")]
  return [
    "private/CancelOrderBatch",
    { ...(orders.length > 0 && { orders }), ...(cl_ord_ids.length > 0 && { cl_ord_ids }) }
  ]
}

/** What Kraken shows of these orders. An order with a `cl_ord_id` is found if it is open or was closed since. */
const statesOf = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  ids: ReadonlyArray<Id>
) {
  const states = new Map<string, string>()
  const txids = ids.filter(({ field }) => field === "txid").map(({ id }) => id)
  const clientIds = ids.filter(({ field }) => field === "cl_ord_id").map(({ id }) => id)
  for (const { row, txid } of yield* ordersById(context, txids)) states.set(txid, row.status)
  if (clientIds.length > 0) {
    const [only] = clientIds
    const { rows } = yield* ordersSince(context, attempt, clientIds.length === 1 ? { cl_ord_id: only } : {})
    // Open ones come first, and an id may be used again once its order is closed.
    for (const { row } of rows.toReversed()) {
      if (typeof row.cl_ord_id === "string") states.set(row.cl_ord_id, row.status)
    }
  }
  return states
})

const Canceled = Schema.Struct({ ...OrderRow.fields, closetm: Schema.Union(Schema.String, Schema.Number) })
const decodeClosed = Schema.decodeUnknown(
  Schema.Struct({ closed: Schema.Record({ key: Schema.String, value: Canceled }) })
)

/** Ids of the orders of a group that were cancelled since the send, by Kraken's clock. */
const canceledSince = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  group: (row: OrderRow) => boolean
) {
  const { sentAt } = yield* attempt.departure.timing
  const ids: Array<string> = []
  for (let n = 0; n < pages; n++) {
    const params = { start: Math.floor(sentAt) - 1, closetime: "close", ofs: n * page }
    const answer = yield* context.kraken.read("private/ClosedOrders", params, { priority: "settlement" })
    const rows = Object.entries((yield* decodeClosed(answer)).closed)
    const since = rows.filter(([, row]) => row.status === "canceled" && group(row) && Number(row.closetm) >= sentAt - 1)
    ids.push(...since.map(([txid]) => txid))
    if (rows.length < page) break
  }
  return ids
})
