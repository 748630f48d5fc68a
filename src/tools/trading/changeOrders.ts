import { Effect, Schema } from "effect"
import { amendFaults, changeTimeFaults, editFaults } from "../../domain/orders/changeRules.ts"
import { amendPairFaults, editPairFaults } from "../../domain/orders/pairRules.ts"
import { withoutOff } from "../kit/arguments.ts"
import { Written, optionalAmount, optionalBoolean, optionalNumber, optionalText } from "../kit/answerFields.ts"
import { ClientId, OrderId, Userref, boolean, list, optional, repeatable, text, withDefault } from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import * as Checks from "./orderChecks.ts"
import * as Orders from "./orderFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { amendedTriggerFaults, editedTriggerFaults } from "./marketChecks.ts"
import { OrderDescription } from "./orderOutput.ts"
import { endedWarning, State, stateFields, statesOf } from "./orderStates.ts"
import { changingHints } from "./refusalHints.ts"

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
  check: (amend, facts) =>
    Checks.unlessFaulty(
      Checks.factFaults(amend, facts, changeTimeFaults, amendPairFaults),
      amendedTriggerFaults(amend, facts)
    ),
  hints: (refusal, { input }) => changingHints(refusal, input),
  shape: (result, { input }) => ({ ...input, ...result }),
  follow: (answer, { input }) =>
    input.trigger_price !== undefined || input.post_only === true
      ? withState(answer, answer.txid)
      : Effect.succeed(answer),
  output: Schema.Struct({
    warning: optionalText,
    amend_id: optionalText,
    txid: optionalText,
    ...State,
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
  check: (edit, facts) =>
    Checks.unlessFaulty(
      Checks.factFaults(edit, facts, changeTimeFaults, editPairFaults),
      editedTriggerFaults(edit, facts)
    ),
  hints: (refusal, { input }) => changingHints(refusal, input),
  params: (edit) => withoutOff(edit, "validate"),
  shape: (result, { input, pair }) =>
    Rows.compact({
      ...result,
      pair: pair(input.pair),
      validated: input.validate || undefined
    }),
  follow: (answer, { input }) =>
    input.oflags?.includes("post") === true || triggerText.test(answer.descr?.order ?? "")
      ? withState(answer, answer.txid)
      : Effect.succeed(answer),
  output: Schema.Struct({
    warning: optionalText,
    pair: Schema.String,
    status: optionalText,
    ...State,
    txid: optionalText,
    originaltxid: optionalText,
    orders_cancelled: optionalNumber,
    descr: optional(OrderDescription),
    newuserref: optionalAmount,
    error_message: optionalText,
    validated: optionalBoolean,
    ...Written
  })
})

/** The words in Kraken's description of an order with a trigger. */
const triggerText = /@ (stop loss|take profit|trailing stop)/

/** Adds the state of a changed order to the answer. */
const withState = <A extends object>(answer: A, txid: string | undefined) =>
  Effect.map(statesOf(txid === undefined ? [] : [txid]), (states) => {
    const state = Object.values(states)[0]
    return { ...answer, ...stateFields(state), ...Rows.compact({ warning: endedWarning("The order", state) }) }
  })
