import { Effect, Option } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { ObservedOrder } from "../../../domain/live/observedOrders.ts"
import { orderTextOf } from "../../../domain/orders/orderText.ts"
import type { SentOrder } from "../../../domain/orders/orderMatch.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Listed } from "../orders/orderLists.ts"
import type { Finding } from "./finding.ts"
import { pickOrders } from "./pickOrder.ts"
import type { ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/**
 * Finds orders that were sent among those that live events showed, by the same rules as among those that REST lists. A
 * finding for each order, all of which are matches; none if one of them is not there or in doubt.
 *
 * An order that events showed only as pending does not count: Kraken's engine might still refuse it. Under an id that the
 * caller chose, only an order counts whose opening and terms were seen, since an older one can bear the same id.
 */
export const seenOrders: SeenOrders = Effect.fnUntraced(
  function* (context, { departure }, sent, isCandidate = () => true) {
    const found = yield* context.observed.find(
      (order) => order.wasOpen && order.status !== "unknown" && isCandidate(order)
    )
    if (found.length === 0) return Option.none()
    const directory = yield* context.directory
    const time = yield* departure.timing
    const picks = yield* Effect.forEach(sent, (order) =>
      pickOrders(
        context,
        directory,
        found
          .filter((seen) => bears(seen, order) && (order.hasOwnId || isWhole(seen, order)))
          .map((seen) => toListed(seen, order.params)),
        [{ ...order, time }]
      )
    )
    const matches = picks.flat().filter(isMatch)
    // One order that fits two of them leaves open which one it is, and that the other one exists.
    const ids = new Set(matches.map(({ value }) => value.txid))
    return ids.size === sent.length ? Option.some(matches.map(({ value }) => value)) : Option.none()
  },
  Effect.catchTag("RecordUnavailable", () => Effect.succeedNone)
)

type SeenOrders = (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  sent: ReadonlyArray<Omit<SentOrder, "time">>,
  isCandidate?: (order: ObservedOrder) => boolean
) => Effect.Effect<Option.Option<ReadonlyArray<Listed>>, never, Principal>

type Match = Extract<Finding<Listed>, { readonly _tag: "Match" }>

const isMatch = (finding: Finding<Listed>): finding is Match => finding._tag === "Match"

/** Tells whether an order shows the id of the one that was sent. */
const bears = ({ clientId, userref }: ObservedOrder, { params }: Omit<SentOrder, "time">): boolean =>
  params["cl_ord_id"] === undefined
    ? userref !== undefined && userref === String(params["userref"])
    : clientId === String(params["cl_ord_id"])

/** Tells whether all terms that are compared were seen. */
const isWhole = (
  { openedAt, pair, quantity, side, limitPrice }: ObservedOrder,
  { params }: Omit<SentOrder, "time">
): boolean =>
  openedAt !== undefined &&
  pair !== undefined &&
  side !== undefined &&
  quantity !== undefined &&
  (params["price"] === undefined || limitPrice !== undefined)

/** Makes the row in which REST lists an order. Its words are those of the parameters that were sent. */
const toListed = (order: ObservedOrder, params: Params): Listed => ({
  txid: order.id,
  row: {
    userref: order.userref,
    cl_ord_id: order.clientId,
    status: order.status,
    opentm: (order.openedAt ?? 0) / 1000,
    vol: order.quantity,
    descr: {
      pair: order.pair ?? "",
      type: order.side ?? "",
      ordertype: order.type,
      price: order.limitPrice,
      ...orderTextOf({ pair: order.pair, type: order.side, ordertype: order.type, volume: order.quantity, ...params })
    }
  }
})
