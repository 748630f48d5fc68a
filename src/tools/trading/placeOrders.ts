import { Effect, Option, Schema, Struct } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { batchFaults, batchTimeFaults } from "../../domain/orders/orderRules.ts"
import { commaLists, withoutEmpty, withoutOff } from "../kit/arguments.ts"
import {
  ResolvedSize,
  SentAs,
  Written,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalTexts
} from "../kit/answerFields.ts"
import { list, optional, reasoned, repeatable, tooMany, withDefault } from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import { describedElsewhere } from "../kit/jsonSchema.ts"
import * as JsonSchema from "../kit/jsonSchema.ts"
import { KrakenOrderError } from "../../services/KrakenErrors.ts"
import { Names } from "../../services/Names.ts"
import * as Checks from "./orderChecks.ts"
import * as Orders from "./orderFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { placingFaults } from "./marketChecks.ts"
import { orderNames } from "./orderNames.ts"
import { Preview, previewOf } from "./orderPreview.ts"
import { OrderDescription } from "./orderOutput.ts"
import {
  canEndAtOnce,
  endedWarning,
  Filled,
  filledFields,
  joined,
  reasonFields,
  State,
  stateFields,
  statesOf,
  waitedFor
} from "./orderStates.ts"
import { placingHints } from "./refusalHints.ts"
import { type Checked, marketFaults, sentTerms, singleFaults, type SingleOrder } from "./singleOrder.ts"

/** Comes first in an answer. */
const warning = optionalText

export const addOrder = Tool.endpoint("add_order", {
  title: "Place an order",
  description:
    "Place one order, with real money unless validate is true. Success means accepted, not filled: see query_orders. First see get_asset_pairs (minimum, tick size) and get_extended_balance (funds). amend_order changes an open order.",
  endpoint: "private/AddOrder",
  input: {
    pair: PairName,
    ...Orders.order,
    ...Orders.size,
    ...Orders.close,
    ...Orders.shared,
    validate: withDefault(Orders.validate("order"), false),
    ...Orders.wait,
    ...reasoned,
    ...repeatable
  },
  aliases: orderNames,
  reads: ({ validate }) => validate,
  rules: (order) => singleFaults(order),
  check: (order, known) => marketFaults(order, known),
  hints: (refusal, { input }) => placingHints(refusal, input),
  params: (order) => withoutOff(Checks.nestClose(Struct.omit(order, "wait_s")), "validate"),
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
  supplement: (answer, { input }) => withPreview(answer, input),
  follow: (answer, { input }) => {
    const [txid] = answer.txid ?? []
    if (input.wait_s !== undefined && txid !== undefined) return withWait(answer, txid, input.wait_s)
    return canEndAtOnce(input) || answer.sent_as !== undefined
      ? Effect.map(statesOf(answer.txid ?? []), (states) => {
          const state = Object.values(states)[0]
          return { ...answer, ...stateFields(state), ...warningOf([answer.warning, endedWarning("The order", state)]) }
        })
      : Effect.succeed(answer)
  },
  output: Schema.Struct({
    warning,
    pair: Schema.String,
    txid: optionalTexts,
    ...State,
    ...Filled,
    ...ResolvedSize,
    preview: optional(Schema.Struct(Preview).annotations(describedElsewhere)),
    descr: OrderDescription,
    cl_ord_id: optionalText,
    deadline: optionalText,
    validated: optional(Schema.Boolean.annotations({ description: "Checked only: nothing was placed" })),
    ...SentAs,
    ...Written
  })
})

export const addOrderBatch = Tool.endpoint("add_order_batch", {
  title: "Place several orders",
  description:
    "Place 2 to 15 orders on one pair, with real money unless validate is true. An invalid order refuses all; the engine can still refuse single ones (see error).",
  endpoint: "private/AddOrderBatch",
  input: {
    pair: PairName,
    orders: list(
      JsonSchema.listedAs(Orders.BatchOrder, { type: "object" }),
      "Fields as in add_order; close: {ordertype, price, price2}"
    ).pipe(
      Schema.minItems(2, { message: () => "must hold at least 2 orders: for one use add_order" }),
      Schema.maxItems(15, { message: ({ actual }) => tooMany(actual, 15) })
    ),
    ...Orders.shared,
    validate: withDefault(Orders.validate("orders"), false),
    ...reasoned,
    ...repeatable
  },
  aliases: orderNames,
  reads: ({ validate }) => validate,
  rules: (batch) => batchFaults(batch),
  check: (batch, facts) => {
    const orders = batch.orders.map((terms, i) => ({ path: `orders.${i}`, terms }))
    return placingFaults("private/AddOrderBatch", batch.pair, orders, facts, batchTimeFaults(batch, facts.now))
  },
  hints: (refusal, { input }) =>
    Effect.map(
      Effect.forEach(sidesOf(input.orders), (type) => placingHints(refusal, { type, pair: input.pair })),
      (hints) => hints.flat()
    ),
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
  follow: Effect.fnUntraced(function* (answer, { input }) {
    const watched = answer.orders.flatMap(({ txid }, i) => {
      const terms = input.orders[i]
      const canEnd = terms !== undefined && (canEndAtOnce(terms) || answer.sent_as !== undefined)
      return txid !== undefined && canEnd ? [txid] : []
    })
    const states = yield* statesOf(watched)
    const orders = answer.orders.map((row) => ({
      ...row,
      ...stateFields(row.txid === undefined ? undefined : states[row.txid])
    }))
    const ended = orders.map(({ txid }, i) =>
      endedWarning(`orders.${i}`, txid === undefined ? undefined : states[txid])
    )
    const refused = orders.flatMap(({ error }, i) => (error === undefined ? [] : [{ error, terms: input.orders[i] }]))
    const hints = yield* Effect.forEach(sidesOf(refused.flatMap(({ terms }) => terms ?? [])), (type) => {
      const codes = refused.flatMap(({ error, terms }) => (terms?.type === type ? [error] : []))
      return placingHints(new KrakenOrderError({ endpoint: "private/AddOrderBatch", codes }), {
        type,
        pair: input.pair
      })
    })
    const sentences = hints.flat().map((hint) => `${hint}.`)
    return { ...answer, orders, ...warningOf([answer.warning, ...ended, ...sentences]) }
  }),
  output: Schema.Struct({
    warning,
    pair: Schema.String,
    orders: Schema.Array(
      Schema.Struct({
        txid: optionalText,
        ...State,
        descr: OrderDescription,
        cl_ord_id: optionalText,
        error: optionalText
      })
    ),
    failed: optionalNumber,
    deadline: optionalText,
    validated: optionalBoolean,
    ...SentAs,
    ...Written
  })
})

/** Adds what would happen to an order that Kraken has only checked. It is left out if it cannot be read. */
const withPreview = Effect.fnUntraced(function* <A extends Checked>(answer: A, order: SingleOrder) {
  const names = yield* Names
  const directory = yield* names.directory
  const pair = directory.findPair(order.pair)
  const terms = sentTerms(order, answer)
  if (pair === undefined || terms === undefined) return answer
  const preview = yield* Effect.option(previewOf(terms, pair, directory))
  return Option.isSome(preview) && preview.value !== undefined ? { ...answer, preview: preview.value } : answer
})

/** Adds the state of an order after a wait. That it cannot be read changes nothing about the order. */
const withWait = Effect.fnUntraced(function* <A extends { readonly pair: string; readonly warning?: string }>(
  answer: A,
  txid: string,
  seconds: number
) {
  const waited = yield* waitedFor(txid, seconds)
  if (Option.isNone(waited))
    return {
      ...answer,
      ...warningOf([answer.warning, "It was placed; its state could not be read: see query_orders."])
    }
  const order = waited.value
  const state = { state: order.status, filled: String(order.vol_exec), ...reasonFields(order) }
  return {
    ...answer,
    ...stateFields(state),
    ...filledFields(order, answer.pair),
    ...warningOf([answer.warning, endedWarning("The order", state)])
  }
})

/** Makes the field of the warnings that there are. */
const warningOf = (warnings: ReadonlyArray<string | undefined>) => Rows.compact({ warning: joined(warnings) })

const sidesOf = (orders: ReadonlyArray<{ readonly type: "buy" | "sell" }>) => [
  ...new Set(orders.map(({ type }) => type))
]

const isFailed = ({ error }: { readonly error?: unknown }) => error !== undefined && error !== null

/** Checks that a text is missing or empty: Kraken sends either if an order has no close. */
const isMissing = (text: string | undefined) => text === undefined || text === ""
