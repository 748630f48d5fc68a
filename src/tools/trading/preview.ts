import { Effect, Schema } from "effect"
import { KrakenWriter } from "../../services/KrakenWriter.ts"
import { Names } from "../../services/Names.ts"
import { ResolvedSize } from "../kit/answerFields.ts"
import { unreadable } from "../kit/defects.ts"
import { optional } from "../kit/fields.ts"
import { listedAs, namingOnly } from "../kit/jsonSchema.ts"
import { PairName } from "../kit/nameFields.ts"
import * as Steps from "../kit/steps.ts"
import * as Tool from "../kit/tool.ts"
import * as Orders from "./orderFields.ts"
import { orderNames } from "./orderNames.ts"
import { Preview, previewOf } from "./orderPreview.ts"
import { marketFaults, sentTerms, singleFaults, type SingleOrder } from "./singleOrder.ts"

const { oflags, ordertype, price, price2, timeinforce, type } = Orders.order

const endpoint = "public/Depth"

/** Lists a field that add_order describes. It is understood as there. */
const alike = <A, I, R>(field: Schema.Schema<A, I, R>) =>
  optional(listedAs(field, { type: "string", description: "As in add_order" }))

interface Input extends Omit<SingleOrder, "ordertype"> {
  readonly ordertype?: SingleOrder["ordertype"]
}

/** Fills in the order type: a limit order if there is a price, else one at the market. */
const orderOf = (input: Input): SingleOrder => ({
  ...input,
  ordertype: input.ordertype ?? (input.price === undefined ? "market" : "limit")
})

export const previewOrder = Tool.make("preview_order", {
  title: "Preview an order",
  description:
    "What an order would do now, without placing it or needing funds: average price, slippage, fees, free balances after, warnings. Costs are in quote currency. For limits of a mandate use add_order with validate.",
  endpoint,
  input: {
    pair: PairName,
    type,
    ordertype: optional(listedAs(ordertype, { type: "string", description: "limit with price, else market" })),
    volume: alike(Orders.size.volume.from),
    cost: alike(Orders.size.cost.from),
    price: alike(price.from),
    price2: alike(price2.from),
    timeinforce: alike(timeinforce.from),
    oflags: optional(
      listedAs(oflags.from, { type: "array", items: { type: "string" }, description: "As in add_order" })
    )
  },
  aliases: orderNames,
  rules: (input) => singleFaults(orderOf(input)),
  handler: Effect.fnUntraced(function* (input) {
    const names = yield* Names
    const order = { ...orderOf(input), pair: yield* names.pair(input.pair) }
    const known = yield* Steps.known
    const pair = known.directory.findPair(order.pair)
    if (pair === undefined) return yield* unreadable("public/AssetPairs", false, undefined, "the pair is not listed")
    yield* Steps.validate("preview_order", yield* marketFaults(order, known))
    const writer = yield* KrakenWriter
    const { params: _, resolved } = yield* writer.resolve("private/AddOrder", { ...order })
    const terms = sentTerms(order, resolved === undefined ? {} : { resolved })
    const preview = terms && (yield* previewOf(terms, pair, known.directory))
    if (preview === undefined) return yield* unreadable(endpoint, false, undefined, "it is no valid order book")
    return { pair: pair.display, ...preview, ...(resolved !== undefined && { resolved }) }
  }),
  output: Schema.Struct({ pair: Schema.String, ...ResolvedSize, ...Preview }).annotations(
    namingOnly({ pair: Schema.String, happens: Preview.happens, filled: Schema.String })
  )
})
