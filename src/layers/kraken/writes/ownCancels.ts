import { Duration, Effect, Either, Option, type ParseResult, Schema } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { idsOfOwners, selectOwn } from "../../../domain/mandates/ownOrders.ts"
import { OrderRow } from "../../../domain/orders/orderMatch.ts"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { CallOptions, ReadError } from "../../../services/KrakenClient.ts"
import type { ApprovalVoid } from "../../../services/Approvals.ts"
import { KrakenNotRecorded, KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import { NotAllowed } from "../../../services/LimitErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import { type Record, RecordUnavailable } from "../../../services/Record.ts"
import { type Listed, maximumIds, openOrdersAs, type OrderSource, ordersByIdAs } from "../orders/orderLists.ts"
import { type CancelTargets, type OrderId, targetsOfCancelBatch, targetsOfCancelOrder } from "./cancelTargets.ts"
import type { Write } from "./duplicates.ts"
import { cancelRequest, isEnded } from "./repeatCancel.ts"

/** An order with the id of the one whose fills made it. */
const OwnedRow = Schema.Struct({ ...OrderRow.fields, refid: Schema.optional(Schema.NullOr(Schema.String)) })
type Rows = ReadonlyArray<Listed<typeof OwnedRow.Type>>

const options: CallOptions = { priority: "cancel" }

/** The longest wait for own writes that are in flight, in milliseconds, and the pause between two looks. */
const longestWait = Duration.toMillis("15 seconds")
const pause = "250 millis"

/** The services and steps by which orders of one caller are cancelled. */
export interface OwnCancelContext extends OrderSource {
  readonly record: typeof Record.Service
  /** Judges a write by the rules of limits, and records its refusal. */
  readonly judge: (write: Content, params: Params) => Effect.Effect<unknown, SendError, Principal>
  /** Records that a write was refused. */
  readonly refused: (
    write: { readonly endpoint: WriteEndpoint; readonly params: Params },
    error: SendError
  ) => Effect.Effect<void, never, Principal>
  /** Notes that an approved plan is carried out, once. Its cancels have rows of their own. */
  readonly done: (plan: number, endpoint: WriteEndpoint) => Effect.Effect<void, ApprovalVoid | RecordUnavailable>
  /** Sends a cancel as that of a caller who can cancel any order. */
  readonly send: (write: Content, params: Params) => Effect.Effect<Sent, SendError, Principal>
}

/** A write without its caller. */
export type Content = Omit<Write, "caller">

/** Orders that were cancelled in one pass. */
interface Pass {
  readonly ids: ReadonlyArray<OrderId>
  readonly count: number
  /** Orders that Kraken has neither counted nor called ended. */
  readonly unconfirmed: ReadonlyArray<OrderId>
  readonly errors: ReadonlyArray<SendError>
}

/**
 * Makes the cancels of callers under a mandate. Without the record nobody knows their rights, so that nothing is sent. One
 * with `cancel: "own"` cancels its own orders only, those that fills of them made included, and its own withdrawals. Neither rates nor budgets hold
 * a cancel back, and a caller that is frozen can cancel.
 */
export const makeOwnCancels = (context: OwnCancelContext) => {
  const { record } = context
  const send = (endpoint: WriteEndpoint, params: Params) =>
    context.send({ endpoint, identity: undefined, repeat: false }, params)

  /** Selects own orders. */
  const ownOf = Effect.fnUntraced(function* (rows: Rows) {
    const orders = rows.map(({ row, txid }) => ({ ...row, txid }))
    const own = yield* record.ownOrders(idsOfOwners(orders))
    return selectOwn(orders, own, yield* record.openSpends("own")).map(({ txid }): OrderId => ({
      field: "txid",
      id: txid
    }))
  })

  const openRows = (filter: Params) => openOrdersAs(context, OwnedRow, filter, options)

  /** Finds the order that a `cl_ord_id` names. Undefined if it is not own. */
  const byClientId = Effect.fnUntraced(function* (clientId: OrderId) {
    const spends = yield* record.openSpends("own")
    const spend = spends.find(({ order }) => order?.cl_ord_id === clientId.id)
    // The id of the order is sent if it is known: an order of others can bear the same `cl_ord_id` meanwhile.
    if (spend?.txid !== undefined) return { field: "txid", id: spend.txid } as const
    const listed = openRows({ cl_ord_id: clientId.id })
    // An own order that is on its way is cancelled even if open orders can't be read.
    const open = yield* spend === undefined ? listed : Effect.orElseSucceed(listed, () => [])
    const rows = open.filter(({ row }) => row.cl_ord_id === clientId.id)
    const own = yield* ownOf(rows)
    if (rows.length > 0) return own.length === rows.length ? own[0] : undefined
    if (spend !== undefined) return clientId
    return (yield* record.ownOrders([clientId.id], "cl_ord_id")).has(clientId.id) ? clientId : undefined
  })

  /** Finds the own orders that a cancel names, or the first name of an order that is not own. */
  const resolve = Effect.fnUntraced(function* ({ group, ids }: CancelTargets) {
    const found: Array<OrderId> = []
    const txids = ids.filter(({ field }) => field === "txid").map(({ id }) => id)
    const known = yield* record.ownOrders(txids)
    const others = txids.filter((txid) => !known.has(txid))
    const read = others.length === 0 ? [] : yield* ordersByIdAs(context, OwnedRow, others, { options })
    // Nearly always the record knows all of them, so that its open spends need not be read.
    const more = read.length === 0 ? [] : yield* ownOf(read)
    const own = new Set([...known, ...more.map(({ id }) => id)])
    for (const id of ids) {
      const order = id.field === "cl_ord_id" ? yield* byClientId(id) : own.has(id.id) ? id : undefined
      if (order === undefined) return Either.left(id.id)
      found.push(order)
    }
    if (group !== undefined) {
      const members = yield* ownOf((yield* openRows({})).filter(({ row }) => group(row)))
      if (members.length === 0) return Either.left("orders with this userref")
      found.push(...members)
    }
    return Either.right([...new Map(found.map((order) => [`${order.field} ${order.id}`, order])).values()])
  })

  /** Refuses a cancel of something that is not own. */
  const refuseOthers = Effect.fnUntraced(function* (
    write: { readonly endpoint: WriteEndpoint; readonly params: Params },
    { allowed, asked }: { readonly asked: string; readonly allowed: string }
  ) {
    const error = new NotAllowed({ layer: "mandate", call: write.endpoint, rule: "cancel", asked, allowed })
    yield* context.refused(write, error)
    return yield* error
  })

  /** Cancels named orders if all of them are own. */
  const cancelNamed = Effect.fnUntraced(function* (endpoint: WriteEndpoint, params: Params, targets: CancelTargets) {
    const resolved = yield* resolve(targets)
    if (Either.isLeft(resolved))
      return yield* refuseOthers({ endpoint, params }, { asked: resolved.left, allowed: "own orders" })
    const parts = partsOf(resolved.right)
    const [only, ...more] = parts
    if (only === undefined) return yield* send(endpoint, params)
    if (more.length === 0) return yield* send(...cancelRequest(only))
    const sent = yield* Effect.forEach(parts, (part) => send(...cancelRequest(part)))
    return { result: { count: sent.reduce((sum, { result }) => sum + countOf(result), 0) } } satisfies Sent
  })

  /** Cancels a withdrawal if the caller asked for it. One whose outcome stayed unknown has no id in the record. */
  const cancelWithdrawal = Effect.fnUntraced(function* (write: Content, params: Params) {
    const refid = String(params["refid"])
    const own = yield* record.ownWithdrawals([refid])
    return own.has(refid)
      ? yield* context.send(write, params)
      : yield* refuseOthers({ endpoint: write.endpoint, params }, { asked: refid, allowed: "own withdrawals" })
  })

  /** Cancels orders in as few requests as possible. One that has ended makes Kraken refuse all that are named beside it. */
  const cancelIds = Effect.fnUntraced(function* (ids: ReadonlyArray<OrderId>) {
    const errors: Array<SendError> = []
    const unconfirmed: Array<OrderId> = []
    const one = (part: ReadonlyArray<OrderId>): Effect.Effect<number, never, Principal> =>
      Effect.matchEffect(send(...cancelRequest(part)), {
        onSuccess: ({ result }) => {
          // Kraken's engine has answered, so that none of them is open, even if it counts fewer.
          if (Object(result).pending === true) unconfirmed.push(...part)
          return Effect.succeed(countOf(result))
        },
        onFailure: (error) => {
          if (error._tag === "KrakenOrderError" && part.length > 1)
            return Effect.map(
              Effect.forEach(part, (id) => one([id])),
              sum
            )
          if (isEnded(error)) return Effect.succeed(0)
          errors.push(error)
          unconfirmed.push(...part)
          return Effect.succeed(0)
        }
      })
    const counts = yield* Effect.forEach(partsOf(ids), one)
    return { ids, count: sum(counts), unconfirmed, errors } satisfies Pass
  })

  /** The own orders in the record. They are what is cancelled if open orders can't be read. */
  const recorded = Effect.map(record.openSpends("own"), (spends) =>
    spends.flatMap(({ order, parent, txid }): ReadonlyArray<OrderId> => {
      if (txid !== undefined) return [{ field: "txid", id: txid }]
      return order?.cl_ord_id === undefined || parent !== undefined ? [] : [{ field: "cl_ord_id", id: order.cl_ord_id }]
    })
  )

  const cancelOpen = Effect.gen(function* () {
    const ids = yield* Effect.catchIf(
      Effect.flatMap(openRows({}), ownOf),
      (error) => !(error instanceof RecordUnavailable),
      () => recorded
    )
    return yield* cancelIds(ids)
  })

  /** Waits until no own write is in flight, for 15 s at most. One of these might still place an order. */
  const untilLanded = Effect.gen(function* () {
    const end = (yield* monotonic) + longestWait
    while ((yield* record.hasWrites) && (yield* monotonic) < end) {
      yield* report({ progress: 1, message: "Waiting for writes in flight before cancelling again" })
      yield* Effect.sleep(pause)
    }
  })

  /**
   * Cancels all own orders: those that are open, and those that writes in flight place meanwhile. Kraken answers with
   * counts, so that the open orders are read again.
   */
  const cancelAll = Effect.fnUntraced(function* (write: Content, params: Params) {
    yield* context.judge(write, params)
    // Noted before the cancels leave: a second run would take orders that were placed since.
    if (write.approval !== undefined) yield* context.done(write.approval, write.endpoint)
    yield* Effect.catchAll(record.dropQueued, ({ message }) =>
      Effect.logWarning("Queued writes could not be dropped before a cancel", { reason: message })
    )
    const first = yield* cancelOpen
    yield* untilLanded
    const second = yield* cancelOpen
    const rest = second.ids.length === 0 ? Option.some([]) : yield* Effect.option(Effect.flatMap(openRows({}), ownOf))
    const errors = [...first.errors, ...second.errors]
    const count = first.count + second.count
    const ids = Option.getOrElse(rest, () => second.unconfirmed).map(({ id }) => id)
    const [error] = errors
    if (count === 0 && ids.length > 0 && error !== undefined) return yield* error
    const reasons = [
      ...(Option.isNone(rest) ? ["The open orders could not be read back."] : []),
      ...(ids.length > 0 ? errors.map(({ message }) => message) : [])
    ]
    const note = [...new Set(reasons)].join(" ")
    return { result: { count }, left: { ids, ...(note !== "" && { note }) } } satisfies Sent
  })

  const carryOut = (write: Content, params: Params, isOwnOnly: boolean) => {
    const { endpoint } = write
    if (isOwnOnly && endpoint === "private/CancelAll") return cancelAll(write, params)
    if (isOwnOnly && endpoint === "private/CancelOrder")
      return cancelNamed(endpoint, params, targetsOfCancelOrder(params))
    if (isOwnOnly && endpoint === "private/CancelOrderBatch")
      return cancelNamed(endpoint, params, targetsOfCancelBatch(params))
    if (isOwnOnly && endpoint === "private/WithdrawCancel") return cancelWithdrawal(write, params)
    return Effect.zipRight(record.position, context.send(write, params))
  }

  return Effect.fn("KrakenWriter.cancelOwn")(function* (write: Content, params: Params) {
    const { mandate } = yield* Principal
    if (Option.isNone(mandate)) return yield* context.send(write, params)
    return yield* Effect.mapError(
      carryOut(write, params, mandate.value.terms.cancel === "own"),
      toSendError(write.endpoint)
    )
  })
}

const toSendError =
  (endpoint: WriteEndpoint) =>
  (error: SendError | ReadError | RecordUnavailable | ParseResult.ParseError): SendError => {
    if (error instanceof RecordUnavailable) return new KrakenNotRecorded({ endpoint, reason: error.reason })
    return error._tag === "ParseError"
      ? new KrakenUnavailable({ endpoint, reason: "the orders do not have the documented shape" })
      : error
  }

const partsOf = (ids: ReadonlyArray<OrderId>): ReadonlyArray<ReadonlyArray<OrderId>> =>
  Array.from({ length: Math.ceil(ids.length / maximumIds) }, (_, n) => ids.slice(n * maximumIds, (n + 1) * maximumIds))

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((all, count) => all + count, 0)

const countOf = (result: unknown): number => {
  const { count } = Object(result)
  return typeof count === "number" ? count : 0
}
