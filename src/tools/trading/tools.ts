import { Schema } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { amendFaults, changeTimeFaults, editFaults } from "../../domain/orders/changeRules.ts"
import { batchFaults, batchTimeFaults, orderFaults, orderTimeFaults } from "../../domain/orders/orderRules.ts"
import { amendPairFaults, batchPairFaults, editPairFaults, pairFaults } from "../../domain/orders/pairRules.ts"
import { commaLists, withoutEmpty, withoutOff } from "../kit/arguments.ts"
import {
  Settled,
  Written,
  optionalAmount,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalTexts
} from "../kit/answerFields.ts"
import {
  ClientId,
  OrderId,
  Userref,
  boolean,
  list,
  optional,
  repeatable,
  text,
  tooMany,
  withDefault
} from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import { integer } from "../kit/numberFields.ts"
import * as JsonSchema from "../kit/jsonSchema.ts"
import * as Checks from "./orderChecks.ts"
import * as Orders from "./orderFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"

const Description = Schema.Struct({ order: optionalText, close: optionalText })

const Canceled = Schema.Struct({ count: Schema.Number, pending: optionalBoolean, ...Settled })

/** Comes first in an answer. */
const warning = optionalText

export const addOrder = Tool.endpoint("add_order", {
  title: "Place an order",
  description:
    "Place one order. Spends real money unless validate is true. Success means accepted, not filled: see query_orders. First check minimum and tick size with get_asset_pairs and available funds with get_extended_balance. To change an open order use amend_order.",
  endpoint: "private/AddOrder",
  input: {
    pair: PairName,
    ...Orders.order,
    ...Orders.close,
    ...Orders.shared,
    validate: withDefault(Orders.validate("order"), false),
    ...repeatable
  },
  reads: ({ validate }) => validate,
  rules: (order) => [...Checks.closeFaults(order), ...Checks.flattenPaths(orderFaults(Checks.nestClose(order)))],
  check: (order, facts) =>
    Checks.flattenPaths(Checks.factFaults(Checks.nestClose(order), facts, orderTimeFaults, pairFaults)),
  params: (order) => withoutOff(Checks.nestClose(order), "validate"),
  shape: ({ cl_ord_id, deadline, descr = {}, txid }, { input, pair }) =>
    Rows.compact({
      warning:
        input.close_ordertype !== undefined && isMissing(descr.close)
          ? Checks.noCloseWarning("the order", input.validate)
          : undefined,
      pair: pair(input.pair),
      txid,
      descr: Rows.compact(descr),
      cl_ord_id: cl_ord_id ?? input.cl_ord_id,
      deadline: deadline ?? input.deadline,
      validated: input.validate || undefined
    }),
  output: Schema.Struct({
    warning,
    pair: Schema.String,
    txid: optionalTexts,
    descr: Description,
    cl_ord_id: optionalText,
    deadline: optionalText,
    validated: optional(Schema.Boolean.annotations({ description: "Checked only: nothing was placed" })),
    ...Written
  })
})

export const addOrderBatch = Tool.endpoint("add_order_batch", {
  title: "Place several orders",
  description:
    "Place 2 to 15 orders on one pair; for a single one use add_order. Spends real money unless validate is true. An invalid order refuses the whole batch; the engine can still refuse single orders (see error) and place the others.",
  endpoint: "private/AddOrderBatch",
  input: {
    pair: PairName,
    orders: list(
      Orders.BatchOrder.annotations({ jsonSchema: JsonSchema.withoutDescriptions(Orders.BatchOrder) }),
      "2 to 15 orders; fields as in add_order"
    ).pipe(
      Schema.minItems(2, { message: () => "must hold at least 2 orders: for one use add_order" }),
      Schema.maxItems(15, { message: ({ actual }) => tooMany(actual, 15) })
    ),
    ...Orders.shared,
    validate: withDefault(Orders.validate("orders"), false),
    ...repeatable
  },
  reads: ({ validate }) => validate,
  rules: (batch) => batchFaults(batch),
  check: (batch, facts) => Checks.factFaults(batch, facts, batchTimeFaults, batchPairFaults),
  params: ({ orders, ...rest }) => ({
    ...withoutOff(rest, "validate"),
    orders: Array.isArray(orders) ? orders.map((order: Params) => commaLists(withoutEmpty(order))) : orders
  }),
  shape: (result, { input, pair }) => {
    const { deadline, orders } = result
    const withoutClose = orders.flatMap((row, i) =>
      input.orders[i]?.close !== undefined && !isFailed(row) && isMissing(row.close) ? [i] : []
    )
    return Rows.compact({
      warning:
        withoutClose.length > 0
          ? Checks.noCloseWarning(`orders.${withoutClose.join(", orders.")}`, input.validate)
          : undefined,
      pair: pair(input.pair),
      orders: orders.map(({ close = "", descr, ...row }, i) =>
        Rows.compact({
          ...row,
          cl_ord_id: row.cl_ord_id ?? input.orders[i]?.cl_ord_id,
          descr: { ...descr, ...(close !== "" && { close }) }
        })
      ),
      failed: orders.filter(({ error }) => error !== undefined).length || undefined,
      deadline: deadline ?? input.deadline,
      validated: input.validate || undefined
    })
  },
  output: Schema.Struct({
    warning,
    pair: Schema.String,
    orders: Schema.Array(
      Schema.Struct({
        txid: optionalText,
        descr: Description,
        cl_ord_id: optionalText,
        error: optionalText
      })
    ),
    failed: optionalNumber,
    deadline: optionalText,
    validated: optionalBoolean,
    ...Written
  })
})

const isFailed = ({ error }: { readonly error?: unknown }) => error !== undefined && error !== null

/** Checks that a text is missing or empty: Kraken sends either if an order has no close. */
const isMissing = (text: string | undefined) => text === undefined || text === ""

export const amendOrder = Tool.endpoint("amend_order", {
  title: "Change an open order in place",
  description:
    "Change quantity or prices of an open order; it keeps its id, its fills and, if possible, its queue position. A quantity below the filled volume cancels the rest. Not for orders with a conditional close. See query_orders first.",
  endpoint: "private/AmendOrder",
  input: {
    txid: optional(OrderId),
    cl_ord_id: optional(ClientId),
    order_qty: optional(Orders.quantity("New total volume in base currency")),
    display_qty: optional(Orders.quantity("iceberg: shown volume, at least 1/15 of the rest")),
    limit_price: optional(Orders.price("New limit price, absolute or relative (+5, -1%)")),
    trigger_price: optional(Orders.price("New trigger price, also absolute or relative")),
    pair: optional(PairName.annotations({ description: "Its pair; xStocks need it" })),
    post_only: optional(boolean("Refuse a price at which the order would take")),
    deadline: Orders.deadline,
    ...repeatable
  },
  rules: (amend) => amendFaults(amend),
  check: (amend, facts) => Checks.factFaults(amend, facts, changeTimeFaults, amendPairFaults),
  shape: (result, { input }) => ({ ...input, ...result }),
  output: Schema.Struct({
    amend_id: optionalText,
    txid: optionalText,
    cl_ord_id: optionalText,
    ...Written
  })
})

export const editOrder = Tool.endpoint("edit_order", {
  title: "Replace an open order",
  description:
    "Cancel an open order and place a changed one: it gets a new txid, loses its queue position, and drops userref and post unless given again. Prefer amend_order. Not for orders with a cl_ord_id, a conditional close or a triggered stop. See query_orders first.",
  endpoint: "private/EditOrder",
  input: {
    txid: text("Kraken's order id, or a userref that only one order has"),
    pair: PairName,
    volume: optional(Orders.quantity("New volume in base currency")),
    price: optional(Orders.price("New price, as in add_order")),
    price2: optional(Orders.price("New price2, as in add_order")),
    displayvol: optional(Orders.quantity("iceberg: shown volume")),
    oflags: optional(list(Schema.Literal("post"), "post; dropped if left out")),
    userref: optional(Userref),
    asset_class: Orders.shared.asset_class,
    deadline: Orders.deadline,
    cancel_response: optional(boolean("Answer before the replacement is complete")),
    validate: withDefault(Orders.validate("order"), false),
    ...repeatable
  },
  reads: ({ validate }) => validate,
  rules: (edit) => editFaults(edit),
  check: (edit, facts) => Checks.factFaults(edit, facts, changeTimeFaults, editPairFaults),
  params: (edit) => withoutOff(edit, "validate"),
  shape: (result, { input, pair }) =>
    Rows.compact({
      ...result,
      pair: pair(input.pair),
      validated: input.validate || undefined
    }),
  output: Schema.Struct({
    pair: Schema.String,
    status: optionalText,
    txid: optionalText,
    originaltxid: optionalText,
    orders_cancelled: optionalNumber,
    descr: optional(Description),
    newuserref: optionalAmount,
    error_message: optionalText,
    validated: optionalBoolean,
    ...Written
  })
})

export const cancelOrder = Tool.endpoint("cancel_order", {
  title: "Cancel an order",
  description:
    "Cancel one open order; its fills stay. A userref as txid cancels every order that has it. See get_open_orders first.",
  endpoint: "private/CancelOrder",
  input: {
    txid: optional(text("Kraken's order id, or a userref")),
    cl_ord_id: optional(ClientId)
  },
  rules: Checks.cancelFaults,
  output: Canceled
})

export const cancelOrderBatch = Tool.endpoint("cancel_order_batch", {
  title: "Cancel several orders",
  description:
    "Cancel up to 50 open orders by id. A count below the number of ids means that some were already closed: see query_orders.",
  endpoint: "private/CancelOrderBatch",
  input: {
    orders: optional(list(text("Id"), "Kraken's order ids or userrefs")),
    cl_ord_ids: optional(list(ClientId, "Your own order ids"))
  },
  rules: Checks.cancelBatchFaults,
  lists: "json",
  output: Canceled
})

export const cancelAllOrders = Tool.endpoint("cancel_all_orders", {
  title: "Cancel all orders",
  description: "Cancel every open order of the account, on all pairs. Later orders are not affected.",
  endpoint: "private/CancelAll",
  input: {},
  output: Canceled
})

export const cancelAllOrdersAfter = Tool.endpoint("cancel_all_orders_after", {
  title: "Dead man's switch",
  description:
    "Cancel every open order of the account when the timer runs out; each call restarts it, 0 stops it. Recommended: 60, repeated every 15 to 30 s.",
  endpoint: "private/CancelAllOrdersAfter",
  input: { timeout: integer("Seconds", 0, 86399) },
  output: Schema.Struct({ currentTime: Schema.String, triggerTime: Schema.String, ...Settled })
})
