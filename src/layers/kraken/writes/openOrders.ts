import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { OrderRows } from "../../../domain/orders/orderMatch.ts"
import type { Desk } from "./Attempt.ts"
import type { Listed } from "./orderLists.ts"

const decode = Schema.decodeUnknown(Schema.Struct({ open: OrderRows }))

/** The open orders of the account that pass a filter. Kraken gives all of them in one answer. */
export const openOrders = (desk: Desk, filter: Params) =>
  desk.kraken.read("private/OpenOrders", filter, { priority: "settlement" }).pipe(
    Effect.flatMap(decode),
    Effect.map(({ open }) => Object.entries(open).map(([txid, row]): Listed => ({ txid, row })))
  )
