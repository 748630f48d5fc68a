import { DateTime, Effect, Option, type ParseResult } from "effect"
import { endpoints, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { allows, describeAnyOf } from "../../../domain/keys/permissions.ts"
import type { FilledOrder } from "../../../domain/mandates/filledOrder.ts"
import {
  isNews,
  needsFills,
  type OrderWithFills,
  progressOf,
  progressOfChildren
} from "../../../domain/mandates/progress.ts"
import type { OpenSpend } from "../../../domain/mandates/room.ts"
import type { CallOptions, ReadError } from "../../../services/KrakenClient.ts"
import { KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import type { RecordUnavailable } from "../../../services/Record.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { fillsById, maximumFills } from "../orders/fills.ts"
import { findChildren } from "./findChildren.ts"
import { findOrders } from "./findOrders.ts"
import type { LimitContext } from "./limitContext.ts"

/**
 * Reads the open orders of the caller, or of all callers, back from Kraken, and records what became of them. `call` is the
 * write that waits for it. `selects` picks some of the orders whose ids are known. Returns false if there were none to read.
 */
export type ReadBack = (
  scope: "own" | "everyone",
  call: WriteEndpoint,
  selects?: (spend: OpenSpend) => boolean
) => Effect.Effect<boolean, ReadError | KrakenPrecheckFailed | RecordUnavailable, Principal>

/** The priority of reads for which a write waits. */
const forWrite: CallOptions = { priority: "write" }

/** Callers whose turns are kept in memory. */
const capacity = 200

const check = "the value of earlier orders"

const hasId = ({ parentTxid, txid }: OpenSpend): boolean => (txid ?? parentTxid) !== undefined

/** Lists that show the orders of a caller. */
const lists = ["private/OpenOrders", "private/ClosedOrders"] as const

/**
 * Refuses a write that limits on value bind if the key definitely can't read orders. What was filled of them would never be
 * known.
 */
export const requireOrderLists = Effect.fnUntraced(function* (
  { keys }: Pick<LimitContext, "keys">,
  call: WriteEndpoint
) {
  const known = yield* keys.known
  if (Option.isNone(known)) return
  const lacking = lists
    .map((list) => endpoints[list])
    .find(({ permissions, unconfirmed }) => !unconfirmed && !allows(known.value.permissions, permissions))
  if (lacking !== undefined) return yield* cannotRead(call, describeAnyOf(lacking.permissions))
})

const cannotRead = (endpoint: WriteEndpoint, needed: string) =>
  new KrakenPrecheckFailed({
    endpoint,
    check,
    reason: `the API key can't read orders, so that limits on value can't be kept. It needs ${needed}.`
  })

/**
 * Makes the reading of orders that are open in the record. An order is found by its `txid`, or by its `cl_ord_id` if its
 * outcome is not known. One that Kraken does not show keeps what it reserved: it might still be on its way.
 *
 * Readings of the same orders come one after another. A reading that began before a write was sent does not show it, so a
 * second caller does not share the first one's.
 */
export const makeReadBack = (context: LimitContext, options: CallOptions = forWrite): ReadBack => {
  const { record } = context
  const turns = makeBoundedMap<string, Effect.Semaphore>(capacity)

  /** Adds the fills of orders whose times count. Of too many fills, the times are those at which their orders ended. */
  const withFills = Effect.fnUntraced(function* (
    found: ReadonlyArray<readonly [spend: OpenSpend, order: FilledOrder]>
  ): Effect.fn.Return<(order: FilledOrder) => OrderWithFills, ReadError | ParseResult.ParseError, Principal> {
    const wanted = new Map<FilledOrder, ReadonlyArray<string>>()
    let count = 0
    for (const [spend, order] of found) {
      if (!needsFills(spend, order) || count + order.fillIds.length > maximumFills) continue
      wanted.set(order, order.fillIds)
      count += order.fillIds.length
    }
    const fills = yield* fillsById(context, [...new Set([...wanted.values()].flat())], options)
    return (order) => ({ order, fills: (wanted.get(order) ?? []).flatMap((id) => fills.get(id) ?? []) })
  })

  const read = Effect.fnUntraced(function* (scope: "own" | "everyone", selects: Parameters<ReadBack>[2] = undefined) {
    const spends = (yield* record.openSpends(scope)).filter(
      // An order without an id is found by comparing it with all others, so that it is never one of some.
      (spend) => spend.kind === "order" && (selects === undefined || (hasId(spend) && selects(spend)))
    )
    if (spends.length === 0) return false
    const found = yield* findOrders(context, spends, options)
    const now = DateTime.toEpochMillis(yield* context.kraken.now)
    const children = yield* findChildren(context, spends, found, { now, options })
    const parents = [...found.bySpend]
    const ofChildren = children.flatMap(({ orders, spend }) => orders.map((order) => [spend, order] as const))
    const filled = yield* withFills([...parents, ...ofChildren])
    const progress = [
      ...parents.map(([spend, order]) => ({ spend, progress: progressOf(spend, filled(order), now) })),
      ...children.map(({ areAll, orders, parent, spend }) => ({
        spend,
        progress: progressOfChildren(spend, parent, orders.map(filled), { areAll, now })
      }))
    ]
    yield* record.filled(
      progress.filter(({ progress, spend }) => isNews(spend, progress)).map(({ progress }) => progress)
    )
    return true
  })

  return Effect.fn("KrakenWriter.readBack")(function* (scope, call, selects) {
    const { account, caller, mandate } = yield* Principal
    const subject = Option.match(mandate, { onNone: () => caller.id, onSome: ({ subject }) => subject })
    const key = JSON.stringify(scope === "own" ? [account, subject] : [account])
    yield* requireOrderLists(context, call)
    return yield* turns.getOrMake(key, () => Effect.unsafeMakeSemaphore(1)).withPermits(1)(
      read(scope, selects).pipe(
        Effect.catchTags({
          KrakenPermissionError: ({ needed }) => cannotRead(call, describeAnyOf(needed)),
          ParseError: () =>
            new KrakenPrecheckFailed({
              endpoint: call,
              check,
              reason: "Kraken's answer does not have the documented shape"
            })
        })
      )
    )
  })
}
