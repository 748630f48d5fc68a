import { Effect, Schema } from "effect"
import type { Fault } from "../../domain/orders/fault.ts"
import { amendFaults, changeTimeFaults, editFaults } from "../../domain/orders/changeRules.ts"
import { amendPairFaults, editPairFaults } from "../../domain/orders/pairRules.ts"
import { withoutOff } from "../kit/arguments.ts"
import { Written, optionalAmount, optionalBoolean, optionalNumber, optionalText } from "../kit/answerFields.ts"
import { ClientId, OrderId, Userref, boolean, list, optional, repeatable, text, withDefault } from "../kit/fields.ts"
import { unlisted } from "../kit/jsonSchema.ts"
import { PairName } from "../kit/nameFields.ts"
import * as Checks from "./orderChecks.ts"
import * as Orders from "./orderFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { amendedTriggerFaults, editedTriggerFaults, unclearPriceFaults } from "./marketChecks.ts"
import { changeNames, editNames } from "./orderNames.ts"
import { OrderDescription } from "./orderOutput.ts"
import { endedWarning, State, stateFields, statesOf } from "./orderStates.ts"
import { changingHints } from "./refusalHints.ts"

export const amendOrder = Tool.endpoint("amend_order", {
  title: "Change an open order in place",
  description:
    "Change quantity or prices of an open order, which keeps its id, its fills and, if possible, its place in the queue. A quantity below the filled volume cancels the rest. Not for orders with a conditional close.",
  endpoint: "private/AmendOrder",
  input: {
    txid: optional(OrderId),
    cl_ord_id: optional(ClientId),
    order_qty: optional(Orders.quantity("New total, in base currency")),
    display_qty: optional(Orders.quantity("iceberg: shown part")),
    limit_price: optional(Orders.price("Absolute or relative: +5, -1%")),
    trigger_price: optional(Orders.price("As limit_price")),
    price: optional(unlisted(Orders.price("New price of an order that has one"))),
    pair: optional(PairName.annotations({ description: "xStocks need it" })),
    post_only: optional(boolean("Refuse a price that would take")),
    deadline: Orders.unlistedDeadline,
    ...repeatable
  },
  aliases: changeNames,
  rules: ({ price, ...amend }) => [
    ...priceFaults(price, amend.limit_price),
    ...amendFaults({ ...amend, ...asLimit(price) }).map(namedPrice(price))
  ],
  check: ({ price, ...amend }, facts) => {
    const change = { ...amend, ...asLimit(price) }
    const faults = Checks.factFaults(change, facts, changeTimeFaults, amendPairFaults).map(namedPrice(price))
    const isUnclear = price !== undefined && amend.limit_price === undefined && amend.trigger_price === undefined
    return Checks.unlessFaulty(faults, isUnclear ? unclearPriceFaults(amend) : amendedTriggerFaults(amend, facts))
  },
  params: ({ price, ...amend }) => ({ ...amend, ...(price !== undefined && { limit_price: price }) }),
  hints: (refusal, { input: { price, ...amend } }) => changingHints(refusal, { ...amend, ...asLimit(price) }),
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

/** Makes the limit price of an amendment from its `price`. */
const asLimit = (price: string | undefined) => (price === undefined ? {} : { limit_price: price })

const priceFaults = (price: string | undefined, limit: string | undefined) =>
  price !== undefined && limit !== undefined && price !== limit
    ? [{ path: "price", fault: "means limit_price, which is given too, with another value: give only limit_price" }]
    : []

/** Puts the name that the caller gave into a fault of the limit price. */
const namedPrice =
  (price: string | undefined) =>
  (fault: Fault): Fault =>
    price !== undefined && fault.path === "limit_price" ? { ...fault, path: "price" } : fault

export const editOrder = Tool.endpoint("edit_order", {
  title: "Replace an open order",
  description:
    "Cancel an open order and place a changed one, with a new txid and without userref and post unless given again. Prefer amend_order. Not for orders with a cl_ord_id, a conditional close or a triggered stop.",
  endpoint: "private/EditOrder",
  input: {
    txid: text("Order id, or a userref of one order"),
    pair: PairName,
    volume: optional(Orders.quantity("In base currency")),
    price: optional(Orders.price("As in add_order")),
    price2: optional(Orders.price("As in add_order")),
    displayvol: optional(Orders.quantity("iceberg: shown part")),
    oflags: optional(list(Schema.Literal("post"), "Dropped if left out")),
    userref: optional(Userref),
    asset_class: Orders.shared.asset_class,
    deadline: Orders.unlistedDeadline,
    cancel_response: optional(unlisted(Schema.Boolean)),
    validate: withDefault(Orders.validate("order"), false),
    ...repeatable
  },
  aliases: editNames,
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
