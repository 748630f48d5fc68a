import { Effect, Schema } from "effect"
import { OrderRows } from "../../../domain/orders/orderMatch.ts"
import type { Desk } from "./Attempt.ts"
import type { Listed } from "./orderLists.ts"

const decode = Schema.decodeUnknown(OrderRows)

/** Kraken shows at most this many orders in one answer. */
const most = 50

/** Orders by their ids. Those that Kraken does not know are left out: one of them spoils an answer for all. */
export const ordersById = Effect.fnUntraced(function* (desk: Desk, txids: ReadonlyArray<string>) {
  const ask = (ids: ReadonlyArray<string>) =>
    desk.kraken.read("private/QueryOrders", { txid: ids.join(",") }, { priority: "settlement" }).pipe(
      Effect.flatMap(decode),
      Effect.map((rows) => Object.entries(rows).map(([txid, row]): Listed => ({ txid, row })))
    )
  const found: Array<Listed> = []
  for (let from = 0; from < txids.length; from += most) {
    const ids = txids.slice(from, from + most)
    const single = Effect.forEach(ids, (id) => Effect.catchTag(ask([id]), "KrakenOrderError", () => Effect.succeed([])))
    const rows = Effect.catchTag(ask(ids), "KrakenOrderError", () => Effect.map(single, (rows) => rows.flat()))
    found.push(...(yield* rows))
  }
  return found
})
