import { Effect, Schema } from "effect"
import { Settled, optionalBoolean, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { ClientId, list, optional, text } from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import { integer } from "../kit/numberFields.ts"
import { cancelFiltered } from "./filteredCancel.ts"
import * as Checks from "./orderChecks.ts"
import { isUnknownOrder, unknownOrderHints, unknownOrdersHints } from "./refusalHints.ts"
import * as Tool from "../kit/tool.ts"

const Canceled = Schema.Struct({ count: Schema.Number, pending: optionalBoolean, ...Settled })

export const cancelOrder = Tool.endpoint("cancel_order", {
  title: "Cancel an order",
  description: "Cancel one open order; its fills stay. A userref as txid cancels all orders that have it.",
  endpoint: "private/CancelOrder",
  input: {
    txid: optional(text("Order id or userref")),
    cl_ord_id: optional(ClientId)
  },
  rules: Checks.cancelFaults,
  hints: (refusal, { input }) => (isUnknownOrder(refusal) ? unknownOrderHints(input) : Effect.succeed([])),
  output: Canceled
})

export const cancelOrderBatch = Tool.endpoint("cancel_order_batch", {
  title: "Cancel several orders",
  description:
    "Cancel up to 50 open orders. A count below the number of ids means that some were closed already: see query_orders.",
  endpoint: "private/CancelOrderBatch",
  input: {
    orders: optional(list(text("Id"), "Order ids or userrefs")),
    cl_ord_ids: optional(list(ClientId, "Own order ids"))
  },
  aliases: { txid: "orders", txids: "orders", order_id: "orders", order_ids: "orders", ids: "orders" },
  rules: Checks.cancelBatchFaults,
  hints: (refusal, { input }) => unknownOrdersHints(refusal, input),
  lists: "json",
  output: Canceled
})

export const cancelAllOrders = Tool.endpoint("cancel_all_orders", {
  title: "Cancel all orders",
  description:
    "Cancel every open order, or those of a pair or side; the ids are then listed as cancelled, left (still open) or ended (filled meanwhile).",
  endpoint: "private/CancelAll",
  input: {
    pair: optional(PairName.annotations({ description: "Default all" })),
    side: optional(Schema.Literal("buy", "sell").annotations({ description: "Default both" }))
  },
  aliases: { type: "side" },
  // Without its filters it cancels everything.
  refusesEmpty: true,
  carryOut: (filter) => (filter.pair === undefined && filter.side === undefined ? undefined : cancelFiltered(filter)),
  output: Schema.Struct({
    note: optionalText,
    ...Canceled.fields,
    cancelled: optionalTexts,
    left: optionalTexts,
    ended: optionalTexts
  })
})

export const cancelAllOrdersAfter = Tool.endpoint("cancel_all_orders_after", {
  title: "Dead man's switch",
  description:
    "Cancel every open order when the timer runs out. Each call restarts it; 0 stops it. Usual: 60, every 15 to 30 s.",
  endpoint: "private/CancelAllOrdersAfter",
  input: { timeout: integer("Seconds", 0, 86399) },
  output: Schema.Struct({ currentTime: Schema.String, triggerTime: Schema.String, ...Settled })
})
