import { Effect, Schema } from "effect"
import { endpoints } from "../../domain/endpoints/endpoints.ts"
import { AccountData } from "../../services/AccountData.ts"
import { Names } from "../../services/Names.ts"
import { unreadable } from "../kit/defects.ts"
import { ids, withDefault } from "../kit/fields.ts"
import * as Issues from "../kit/issues.ts"
import { lookUp, LookedUp } from "../kit/lookUp.ts"
import { integer } from "../kit/numberFields.ts"
import * as Tool from "../kit/tool.ts"
import { awaitOrders, hasEnded, type Reading } from "./awaitOrders.ts"
import { Filled, filledFields, plain, reasonFields } from "./orderStates.ts"
import { optionalText } from "../kit/answerFields.ts"

const endpoint = "private/QueryOrders"
const decode = Schema.decodeUnknown(endpoints[endpoint].result)

export const waitForOrders = Tool.make("wait_for_orders", {
  title: "Wait for orders",
  description:
    "Wait until all these orders are filled or ended, or time runs out; done says which. volume and filled are in base currency unless filled_in names another; cost and fee in quote.",
  endpoint,
  input: {
    txid: ids("order ids", 50),
    timeout_s: withDefault(integer("Longest wait in s", 0, 45), 30)
  },
  handler: Effect.fnUntraced(function* ({ timeout_s, txid }) {
    const { pairDisplay } = yield* (yield* Names).directory
    const { orders: feed } = yield* AccountData
    const asked = [...new Set(txid)]
    let note: string | undefined
    const read = Effect.fnUntraced(function* (txids: ReadonlyArray<string>) {
      const { extra, result } = yield* lookUp(endpoint, { txid: txids.join(",") }, lookedUp)
      const orders = yield* Effect.catchTag(decode(result), "ParseError", (error) =>
        unreadable(endpoint, false, result, Issues.format(Issues.faults(error), "(answer)"))
      )
      const missing = "missing" in extra ? extra.missing : []
      if ("note" in extra) note = extra.note
      return { orders, unknown: missing } satisfies Reading
    })
    const { orders, unknown } = yield* awaitOrders(asked, timeout_s, read, feed)
    const rows = asked.flatMap((id) => {
      const order = orders[id]
      if (order === undefined) return []
      const { descr, status, vol } = order
      const pair = pairDisplay(descr.pair)
      return [
        {
          txid: id,
          pair,
          state: status,
          ...reasonFields(order),
          volume: plain(vol),
          ...filledFields(order, pair)
        }
      ]
    })
    return {
      done: rows.length === asked.length && rows.every(({ txid }) => hasEnded(orders[txid])),
      orders: rows,
      ...(unknown.length > 0 && { missing: unknown }),
      ...(note !== undefined && { note })
    }
  }),
  output: Schema.Struct({
    done: Schema.Boolean,
    orders: Schema.Array(
      Schema.Struct({
        txid: Schema.String,
        pair: Schema.String,
        state: Schema.String,
        reason: optionalText,
        volume: Schema.String,
        ...Filled
      })
    ),
    missing: LookedUp.missing,
    note: LookedUp.note
  })
})

const lookedUp = {
  field: "txid",
  elsewhere:
    "Kraken soon drops finished orders from here: look in get_closed_orders, and for a cl_ord_id in get_open_orders"
}
