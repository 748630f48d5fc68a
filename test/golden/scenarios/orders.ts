import { delayBefore, dropBefore, error, html, invalidNonce, unreachable } from "../../doubles/fake/Faults.ts"
import { tooMuch } from "../../doubles/fake/Orders.ts"
import type { Scenarios } from "../transcript.ts"
import { all, answered, faults, first, lost, open, refused } from "./given.ts"

const pair = "BTC/USD"
const limit = { type: "buy", ordertype: "limit", volume: "0.01", price: "100000.0" }
const order = { pair, ...limit }
const batch = { pair, orders: [limit, { ...limit, type: "sell", price: "130000.0", userref: 7 }] }
const add = "private/AddOrder"
const addBatch = "private/AddOrderBatch"
const second = "OAAAAA-AAAAA-AAAAA2"

/** Scenarios of the tools that place, change and cancel orders. */
export const orders: Readonly<Record<string, Scenarios>> = {
  add_order: {
    "a limit order": { args: order },
    "an order with all that goes with it": {
      args: {
        ...order,
        pair: "xbtusd",
        leverage: 2,
        oflags: ["post", "fciq"],
        timeinforce: "GTD",
        starttm: "+5",
        expiretm: "+3600",
        stptype: "cancel-both",
        reduce_only: true,
        cl_ord_id: "my-order-1",
        close_ordertype: "stop-loss-limit",
        close_price: "95000.0",
        close_price2: "#1%",
        deadline: "2026-01-01T00:00:30Z"
      }
    },
    "an iceberg with a reference": { args: { ...order, ordertype: "iceberg", displayvol: "0.005", userref: "42" } },
    "a stop": { args: { ...order, ordertype: "stop-loss", price: "90000.0", trigger: "index", type: "sell" } },
    "a stop on the wrong side of the market": {
      args: { ...order, ordertype: "stop-loss", price: "120000.0", type: "sell" }
    },
    "a stop, and the last price is unavailable": {
      args: { ...order, ordertype: "stop-loss", price: "90000.0", type: "sell" },
      given: refused("public/Ticker", "EGeneral:Too many requests")
    },
    "a market order": { args: { pair: "ETH/USD", type: "sell", ordertype: "market", volume: "1" } },
    "a check": { args: { ...order, validate: true } },
    "a process that has asked nothing yet": { args: order, cold: true },
    "without an API key": { args: order, key: "missing" },
    "a server that only reads": { args: order, settings: { readOnly: true } },
    "a permission that the key lacks": { args: order, key: "readOnly" },
    "arguments that are none": { args: { pair, type: "long", ordertype: "stop", volume: "1e5", userref: 2147483648 } },
    "rules of orders that are broken": {
      args: { pair, type: "buy", ordertype: "limit", volume: "-1", oflags: "fcib,fciq", timeinforce: "GTD" }
    },
    "a price that does not fit the pair": { args: { ...order, price: "61234.567", volume: "0.000000011" } },
    "a pair that takes no orders": { args: { ...order, pair: "ACA/EUR", volume: "20000", price: "1" } },
    "Kraken refuses: too little money": { args: { ...order, volume: String(tooMuch) } },
    "Kraken refuses: the market's mode": {
      args: order,
      given: refused(add, "EService:Market in cancel_only mode")
    },
    "Kraken refuses: the engine's limit": { args: order, given: refused(add, "EOrder:Rate limit exceeded") },
    "Kraken refuses: the nonce, once": { args: order, given: faults(add, invalidNonce) },
    "Kraken refuses: arguments": { args: order, given: refused(add, "EGeneral:Invalid arguments:volume") },
    "Kraken refuses: words that nobody knows": { args: order, given: refused(add, "EFuture:Not invented yet") },
    "it never leaves": { args: order, given: faults(add, unreachable) },
    "the answer is lost: it is found": { args: order, given: lost(add) },
    "the answer is lost, and it was filled at once": {
      args: { pair, type: "buy", ordertype: "market", volume: "0.01" },
      given: lost(add)
    },
    "the request is lost: it was not placed": { args: order, given: faults(add, dropBefore) },
    "a page of the proxy, and it is done": { args: order, given: faults(add, html(504, "after")) },
    "it takes longer than its deadline": { args: order, given: faults(add, delayBefore(20_000)) },
    "no look at the account is answered": {
      args: order,
      given: all(
        lost(add),
        faults("private/OpenOrders", ...Array.from({ length: 60 }, () => html())),
        faults("private/ClosedOrders", ...Array.from({ length: 60 }, () => html()))
      )
    },
    "half of what is free": { args: { ...order, type: "sell", price: "130000.0", volume: "50%" } },
    "all that is free at the market": { args: { pair, type: "buy", ordertype: "market", volume: "all" } },
    "a cost at its limit": { args: { pair, type: "buy", ordertype: "limit", price: "100000.0", cost: "250" } },
    "a size that is none": { args: { ...order, volume: "150%" } },
    "two sizes": { args: { ...order, cost: "100" } },
    "a part of what is free that is below the minimum": {
      args: { ...order, type: "sell", price: "130000.0", volume: "0.00001%" }
    },
    "it waits for it": { args: { ...order, wait_s: 2 } },
    "the answer names no order": { args: order, given: answered(add, { descr: { order: "" } }) }
  },
  preview_order: {
    "an order at the market": { args: { pair, type: "buy", volume: "0.01" } },
    "an order that rests": { args: { pair, type: "sell", price: "130000.0", volume: "all" } },
    "without an API key": { args: { pair, type: "buy", volume: "0.01" }, key: "missing" },
    "arguments that are none": { args: { pair, type: "buy" } },
    "the order book is unavailable": {
      args: { pair, type: "buy", volume: "0.01" },
      given: refused("public/Depth", "EService:Unavailable", "EService:Unavailable")
    }
  },
  wait_for_orders: {
    "an order that is open": { args: { txid: [first], timeout_s: 2 }, given: open() },
    "an order that does not exist": { args: { txid: [second], timeout_s: 2 }, given: open() },
    "arguments that are none": { args: { txid: [], timeout_s: 60 } }
  },
  add_order_batch: {
    "two orders": { args: batch },
    "one of them is refused": {
      args: { pair, orders: [limit, { ...limit, volume: String(tooMuch) }], deadline: "2026-01-01T00:00:30Z" }
    },
    "a check": { args: { ...batch, validate: true } },
    "arguments that are none": { args: { pair, orders: [limit] } },
    "Kraken refuses": { args: batch, given: refused(addBatch, "EOrder:Orders limit exceeded") },
    "the answer is lost: they are found": {
      args: { pair, orders: [limit, { ...limit, type: "sell", price: "130000.0" }] },
      given: lost(addBatch)
    },
    "the request is lost: they were not placed": {
      args: { pair, orders: [limit, { ...limit, type: "sell", price: "130000.0" }] },
      given: faults(addBatch, dropBefore)
    }
  },
  amend_order: {
    "a new price and volume": { args: { txid: first, limit_price: "51000.0", order_qty: "1.5" }, given: open() },
    "an order by the id of its client": {
      args: { cl_ord_id: "mine", order_qty: "1", post_only: true, pair },
      given: open({ cl_ord_id: "mine" })
    },
    "nothing to change": { args: { txid: first } },
    "Kraken refuses": { args: { txid: second, order_qty: "1" }, given: open() },
    "the answer is lost: it is found": {
      args: { txid: first, limit_price: "51000.0" },
      given: all(open(), lost("private/AmendOrder"))
    },
    "the request is lost: it was not done": {
      args: { txid: first, limit_price: "51000.0" },
      given: all(open(), faults("private/AmendOrder", dropBefore))
    }
  },
  edit_order: {
    "a new price": { args: { txid: first, pair, price: "51000.0", oflags: "post" }, given: open() },
    "a check": { args: { txid: first, pair, volume: "1", validate: true }, given: open() },
    "Kraken refuses": { args: { txid: second, pair, volume: "1" }, given: open() },
    "the answer is lost: it is found": {
      args: { txid: first, pair, price: "51000.0" },
      given: all(open(), lost("private/EditOrder"))
    },
    "the request is lost: it was not done": {
      args: { txid: first, pair, price: "51000.0" },
      given: all(open(), faults("private/EditOrder", dropBefore))
    }
  },
  cancel_order: {
    "one order": { args: { txid: first }, given: open() },
    "an order by the id of its client": { args: { cl_ord_id: "mine" }, given: open({ cl_ord_id: "mine" }) },
    "orders by their reference": { args: { txid: "7" }, given: all(open({ userref: "7" }), open({ userref: "7" })) },
    "arguments that are none": { args: {} },
    "Kraken refuses": { args: { txid: first } },
    "the answer is lost: it is found": { args: { txid: first }, given: all(open(), lost("private/CancelOrder")) },
    "the request is lost": { args: { txid: first }, given: all(open(), faults("private/CancelOrder", dropBefore)) },
    "the answer to a reference is lost": {
      args: { txid: "7" },
      given: all(open({ userref: "7" }), lost("private/CancelOrder"))
    }
  },
  cancel_order_batch: {
    "orders by all their names": {
      args: { orders: [first, 7], cl_ord_ids: ["mine"] },
      given: all(open(), open({ userref: "7" }), open({ cl_ord_id: "mine" }))
    },
    "arguments that are none": { args: {} },
    "Kraken refuses": {
      args: { orders: [first] },
      given: refused("private/CancelOrderBatch", "EGeneral:Invalid arguments:orders")
    },
    "the answer is lost": { args: { orders: [first] }, given: all(open(), lost("private/CancelOrderBatch")) }
  },
  cancel_all_orders: {
    "all orders": { given: all(open(), open({ userref: "7" })) },
    "only one side of a pair": {
      args: { pair: "BTC/USD", side: "buy" },
      given: all(open(), open({ userref: "7" }), open({ type: "sell" }), open({ pair: "ETHUSD" }))
    },
    "only one side, and none is open": { args: { side: "sell" }, given: open() },
    "only one side: Kraken refuses": {
      args: { side: "buy" },
      given: all(
        open(),
        refused("private/CancelOrder", "EOrder:Unknown order"),
        refused("private/CancelOrder", "EOrder:Unknown order")
      )
    },
    "Kraken refuses": { given: refused("private/CancelAll", "EGeneral:Permission denied") },
    "the answer is lost": { given: all(open(), lost("private/CancelAll")) }
  },
  cancel_all_orders_after: {
    "a minute": { args: { timeout: 60 } },
    never: { args: { timeout: 0 } },
    "arguments that are none": { args: { timeout: -1 } },
    "Kraken refuses": {
      args: { timeout: 60 },
      given: faults("private/CancelAllOrdersAfter", error("EGeneral:Invalid arguments:timeout"))
    },
    "the answer is lost": { args: { timeout: 60 }, given: lost("private/CancelAllOrdersAfter") }
  }
}
