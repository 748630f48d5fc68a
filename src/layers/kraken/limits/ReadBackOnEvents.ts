import { Chunk, Effect, Layer, Queue } from "effect"
import type { ObservedOrder } from "../../../domain/live/observedOrders.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { OpenSpend } from "../../../domain/mandates/room.ts"
import { AccountData } from "../../../services/AccountData.ts"
import { Approvals } from "../../../services/Approvals.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { Names } from "../../../services/Names.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { Principal } from "../../../services/Principal.ts"
import { Record } from "../../../services/Record.ts"
import { operator } from "../../access/principals.ts"
import { makeReadBack } from "./readBack.ts"

/** The time in which events of one moment are gathered. */
const gathering = "500 millis"

/** The pause after a reading, which costs rate budget. */
const pause = "5 seconds"

/** Events that are taken together at most. */
const mostEvents = 1000

/**
 * Reads orders back when live events tell that an order of the record was filled or has ended, so that limits have the true
 * amounts at once, and get back what was not spent.
 *
 * The amounts are those that REST shows. The record keeps the sum of each order, so that a fill that both events and REST
 * tell is counted once. A fill that no event told is found by the next reading, at the latest before limits would refuse a
 * write.
 */
export const ReadBackOnEvents = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { mode, readOnly } = yield* Config
    if (readOnly || mode !== "live") return
    const { observed } = yield* AccountData
    const record = yield* Record
    const { directory } = yield* Names
    const context = {
      kraken: yield* KrakenClient,
      keys: yield* PermissionCache,
      approvals: yield* Approvals,
      record,
      directory
    }
    const readBack = makeReadBack(context, { priority: "read" })
    const events = yield* observed.subscribe

    const next = Effect.gen(function* () {
      const first = yield* Queue.takeBetween(events, 1, mostEvents)
      yield* Effect.sleep(gathering)
      const more = yield* Queue.takeUpTo(events, mostEvents)
      const changed = Chunk.toReadonlyArray(Chunk.appendAll(first, more)).filter(isFilledOrEnded)
      if (changed.length === 0) return
      const spends = yield* record.openSpends("everyone")
      if (!spends.some((spend) => changed.some((order) => isOf(order, spend)))) return
      yield* readBack("everyone", "private/AddOrder")
      yield* Effect.sleep(pause)
    })
    yield* Effect.catchAll(next, ({ message }) =>
      Effect.zipRight(
        Effect.logDebug("Orders could not be read back after an event", { reason: message }),
        Effect.sleep(pause)
      )
    ).pipe(Effect.forever, Effect.provideService(Principal, operator(mode)), Effect.forkScoped)
  })
)

/** Tells whether an order was filled in part or can't be filled any more. */
const isFilledOrEnded = ({ filled, status }: ObservedOrder): boolean =>
  status === "closed" || status === "canceled" || status === "expired" || D.isPositive(D.decimal(filled))

/** Tells whether an order, or the one whose fill made it, is that of a spend. */
const isOf = ({ clientId, id, parent }: ObservedOrder, { order, parentTxid, txid }: OpenSpend): boolean =>
  id === txid ||
  id === parentTxid ||
  (parent !== undefined && (parent === txid || parent === parentTxid)) ||
  (clientId !== undefined && clientId === order?.cl_ord_id)
