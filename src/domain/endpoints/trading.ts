import { Schema } from "effect"
import { page, write } from "./endpoint.ts"
import { flag, maybe, numeric, optionalText } from "./results.ts"

const Described = Schema.Struct({ order: optionalText, close: optionalText })

const Canceled = Schema.Struct({ count: Schema.Number, pending: flag })

const either = [["modify-trades"], ["close-trades"]] as const

/**
 * Settings of calls that only the trading engine counts.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
const engineOnly = { restCost: 0, intent: "destroy" } as const

const cancels = {
  ...engineOnly,
  moves: "cancels",
  permissions: either,
  priority: "cancel",
  idempotent: true
} as const

/** Settings of calls that place or change orders. */
const orders = { ...engineOnly, moves: "orders", priority: "write", idempotent: false } as const

/**
 * Endpoints that place, change and cancel orders, and the one that issues a WebSocket token, with which another program
 * can trade.
 */
export const trading = {
  "private/AddOrder": write({
    ...orders,
    permissions: [["modify-trades"]],
    engine: "add",
    // `cl_ord_id` and `deadline` are added by this program if it generated them.
    result: Schema.Struct({
      txid: maybe(Schema.Array(Schema.String)),
      descr: maybe(Described),
      cl_ord_id: optionalText,
      deadline: optionalText
    }),
    see: page("add-order")
  }),
  "private/AddOrderBatch": write({
    ...orders,
    permissions: [["modify-trades", "close-trades"]],
    engine: "addBatch",
    result: Schema.Struct({
      orders: Schema.Array(
        Schema.Struct({
          txid: optionalText,
          descr: maybe(Described),
          close: optionalText,
          cl_ord_id: optionalText,
          error: optionalText
        })
      ),
      deadline: optionalText
    }),
    see: page("add-order-batch")
  }),
  "private/AmendOrder": write({
    ...orders,
    permissions: either,
    engine: "amend",
    result: Schema.Struct({ amend_id: optionalText, txid: optionalText, cl_ord_id: optionalText }),
    see: page("amend-order")
  }),
  "private/EditOrder": write({
    ...orders,
    permissions: [["modify-trades", "close-trades"]],
    engine: "edit",
    result: Schema.Struct({
      status: optionalText,
      txid: optionalText,
      originaltxid: optionalText,
      orders_cancelled: maybe(Schema.Number),
      descr: maybe(Described),
      newuserref: numeric,
      error_message: optionalText
    }),
    see: page("edit-order")
  }),
  "private/CancelOrder": write({ ...cancels, engine: "cancel", result: Canceled, see: page("cancel-order") }),
  "private/CancelOrderBatch": write({
    ...cancels,
    engine: "cancel",
    result: Canceled,
    see: page("cancel-order-batch")
  }),
  // Kraken does not document the cost. It is at most the cost of cancelling each order.
  "private/CancelAll": write({ ...cancels, engine: "cancelAll", result: Canceled, see: page("cancel-all-orders") }),
  "private/CancelAllOrdersAfter": write({
    ...cancels,
    engine: "none",
    result: Schema.Struct({ currentTime: Schema.String, triggerTime: Schema.String }),
    see: page("cancel-all-orders-after")
  }),
  "private/GetWebSocketsToken": write({
    intent: "write",
    moves: "credential",
    permissions: [["create-ws-token"]],
    restCost: 1,
    engine: "none",
    priority: "write",
    idempotent: true,
    secrets: ["token"],
    result: Schema.Struct({ token: Schema.String, expires: Schema.Number }),
    see: page("get-websockets-token")
  })
}
