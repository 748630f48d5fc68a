import { pad, text } from "./Journal.ts"
import type { Order } from "./Orders.ts"
import type { Fields } from "./Wire.ts"

/** Makes rows of orders as Kraken lists them, by id. */
export const rows = (orders: ReadonlyArray<Order>) =>
  Object.fromEntries(orders.map((order) => [order.txid, row(order)]))

const row = (order: Order) => ({
  refid: null,
  userref: order.userref === undefined ? null : Number(order.userref),
  ...(order.clientId !== undefined && { cl_ord_id: order.clientId }),
  status: order.status,
  opentm: order.opened / 1000,
  ...(order.closed !== undefined && { closetm: order.closed / 1000, reason: order.reason }),
  starttm: 0,
  expiretm: 0,
  descr: {
    pair: order.pair,
    aclass: "forex",
    type: String(order.params["type"]),
    ordertype: String(order.params["ordertype"]),
    price: pad(order.price, 1),
    price2: text(order.params, "price2") ?? "0",
    leverage: text(order.params, "leverage") ?? "none",
    order: describe({ ...order.params, volume: order.volume, price: order.price }, order.pair),
    close: describeClose(order.params) ?? ""
  },
  vol: pad(order.volume, 8),
  vol_exec: order.status === "closed" ? pad(order.volume, 8) : "0.00000000",
  cost: "0.00000",
  fee: "0.00000",
  price: "0.00000",
  stopprice: "0.00000",
  limitprice: "0.00000",
  misc: "",
  oflags: text(order.params, "oflags") ?? "fciq"
})

/** Makes the text of `descr.order`. */
export const describe = (params: Fields, pair: string): string => {
  const price = text(params, "price")
  const words = String(params["ordertype"]).replaceAll("-", " ")
  return `${String(params["type"])} ${pad(text(params, "volume"), 8)} ${pair} @ ${words}${price === undefined ? "" : ` ${pad(price, 1)}`}`
}

/** Makes the text of `descr.close`. Undefined without a conditional close. */
export const describeClose = ({ close }: Fields): string | undefined => {
  if (typeof close !== "object" || close === null) return undefined
  const { ordertype, price, price2 }: Fields = { ...close }
  const words = String(ordertype)
    .replace(/-limit$/, "")
    .replaceAll("-", " ")
  return `close position @ ${words} ${String(price)}${price2 === undefined ? "" : ` -> limit ${String(price2)}`}`
}

/** Makes an entry of `OrderAmends`. */
export const amendment = ({ price, volume }: Order, type: "original" | "user", id: string, now: number): Fields => ({
  amend_id: id,
  amend_type: type,
  order_qty: pad(volume, 8),
  display_qty: null,
  remaining_qty: pad(volume, 8),
  limit_price: price === undefined ? null : pad(price, 1),
  trigger_price: null,
  reason: null,
  post_only: false,
  timestamp: now * 1_000_000
})
