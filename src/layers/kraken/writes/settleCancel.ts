import type { ObservedOrder } from "../../../domain/live/observedOrders.ts"
import { Duration, Effect, Either, Option } from "effect"
import { canceledSince, noGroup, readGroup, readStates } from "./cancelReads.ts"
import { type CancelTargets, type Group, type OrderId, withoutClientIds } from "./cancelTargets.ts"
import { repeatCancel } from "./repeatCancel.ts"
import { repeatUntilSettled, type Unsettled } from "./repeatUntilSettled.ts"
import type { ProcedureContext, Settlement, UnconfirmedWrite } from "./writeProcedure.ts"
import { reasonOf } from "./reasonOf.ts"

/** The state of a cancel between two repeats. */
interface Progress {
  /** Orders that were not seen closed. */
  readonly remaining: ReadonlyArray<OrderId>
  /** States of the other orders, by id. */
  readonly closed: ReadonlyMap<string, string>
}

/** Time after the send in which a `cl_ord_id` names the same order, in milliseconds. Nobody waits longer for an answer. */
const sameOrder = Duration.toMillis("2 minutes")

/**
 * Settles a cancel. An order that is named by an id can be cancelled again without harm, so the server repeats the cancel
 * until each order is seen closed. A `userref` and CancelAll name whatever is open, so a repeat would take orders that
 * were placed meanwhile. Of these, the orders that were open before the send are cancelled by their ids. So are those with
 * a `cl_ord_id` if the cancel is that of a process that ended long ago.
 */
export const settleCancel = Effect.fn("KrakenWriter.settleCancel")(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  targets: CancelTargets
) {
  const { elapsed, inDoubt } = yield* attempt.departure.timing
  const isRecent = attempt.departure.window === 0 || (elapsed < sameOrder && !inDoubt)
  const { group, ids } = isRecent ? targets : withoutClientIds(targets)
  const step = Effect.fnUntraced(function* (last: Progress) {
    const before = yield* withoutSeen(context, last)
    const reading = yield* Effect.either(
      group === undefined ? Effect.succeed(noGroup) : readGroup(context, attempt, group, before.remaining)
    )
    const added = Either.isRight(reading) ? reading.right.added : []
    const { progress, reason } = yield* cancelRemaining(context, attempt, {
      ...before,
      remaining: [...before.remaining, ...added]
    })
    const unsettled = (reason: string): Unsettled<Progress> => ({ _tag: "Unsettled", reason, state: progress })
    if (progress.remaining.length > 0) return unsettled(reason)
    if (Either.isLeft(reading)) return unsettled(reasonOf(reading.left))
    if (reading.right.doubt !== undefined) return unsettled(reading.right.doubt)
    if (!reading.right.isClosed) return unsettled("the open orders were not read again after the last cancel")
    return yield* placed(context, attempt, group, progress.closed)
  })
  return yield* repeatUntilSettled({ remaining: ids, closed: new Map<string, string>() }, step, (last) =>
    unknown(last, group !== undefined)
  )
})

/**
 * Takes out orders that live events showed closed. Only a `txid` names the same order for ever: one that is closed stays so.
 */
const withoutSeen = Effect.fnUntraced(function* ({ observed }: ProcedureContext, { closed, remaining }: Progress) {
  const txids = new Set(remaining.flatMap(({ field, id }) => (field === "txid" ? [id] : [])))
  const ended = yield* observed.find(({ id, status }) => txids.has(id) && isEnd(status))
  const states = new Map(ended.map(({ id, status }) => [id, status]))
  return {
    remaining: remaining.filter(({ field, id }) => field !== "txid" || !states.has(id)),
    closed: new Map([...closed, ...states])
  } satisfies Progress
})

const isEnd = (status: ObservedOrder["status"]): boolean =>
  status === "closed" || status === "canceled" || status === "expired"

/** Cancels the remaining orders again and reads their states. `reason` is why one of them was not seen closed. */
const cancelRemaining = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  progress: Progress
) {
  if (progress.remaining.length === 0) return { progress, reason: "" }
  const answer = yield* repeatCancel(context, progress.remaining)
  const states = yield* Effect.either(readStates(context, attempt, progress.remaining))
  const remaining: Array<OrderId> = []
  const closed = new Map(progress.closed)
  let reason = ""
  for (const order of progress.remaining) {
    const listed = Either.isRight(states) ? states.right.get(order.id) : undefined
    // Kraken's engine has processed the cancel, and no list shows the order as open.
    const unlisted = answer === "processed" && Either.isRight(states) ? "closed" : undefined
    const state = answer === "all canceled" ? "canceled" : (listed ?? unlisted)
    if (state !== undefined && !isOpen(state)) closed.set(order.id, state)
    else {
      remaining.push(order)
      reason = Either.isLeft(states)
        ? reasonOf(states.left)
        : state === undefined
          ? "the order is not listed"
          : "it is still open"
    }
  }
  return { progress: { remaining, closed }, reason }
})

const isOpen = (state: string): boolean => state === "open" || state === "pending"

/** Makes the settlement of a cancel whose orders are all closed. */
const placed = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  group: Group | undefined,
  closed: ReadonlyMap<string, string>
) {
  const canceled = [...closed].flatMap(([id, state]) => (state === "canceled" ? [id] : []))
  if (group === undefined) {
    const state = [...new Set(closed.values())].toSorted().join(", ")
    return { _tag: "Placed", result: { count: canceled.length }, state } satisfies Settlement
  }
  // Orders that the first call cancelled were not read as open afterwards.
  const since = yield* Effect.option(canceledSince(context, attempt, group))
  const none = "no order that was open before is still open"
  return Option.match(since, {
    onNone: (): Settlement => ({
      _tag: "Placed",
      result: { count: canceled.length },
      state: `${none}; the number of canceled orders could not be read`
    }),
    onSome: (ids): Settlement => ({
      _tag: "Placed",
      result: { count: new Set([...ids, ...canceled]).size },
      state: none
    })
  })
})

const unknown = ({ reason, state }: Unsettled<Progress>, isGroup: boolean): Settlement => {
  const stillOpen = state.remaining.map(({ id }) => id)
  const which = stillOpen.length === 0 ? "Check get_open_orders." : `Not confirmed as closed: ${stillOpen.join(", ")}.`
  const how = isGroup
    ? " Cancel orders by their ids: a repeat of this call would also cancel orders that were placed since."
    : ""
  return { _tag: "Unknown", reason, check: which + how, safeToRepeat: !isGroup, stillOpen }
}
