import { type Call, type Entry, type Handler, isTrue, listedFrom, makeIds, pad, text } from "./Journal.ts"
import { altname } from "./Market.ts"
import { amendment, describe, describeClose, rows } from "./orderRows.ts"
import { type Fields, Refusal } from "./Wire.ts"

export interface Order {
  readonly txid: string
  readonly pair: string
  readonly params: Fields
  status: "open" | "closed" | "canceled"
  volume: string
  price: string | undefined
  readonly userref: string | undefined
  readonly clientId: string | undefined
  /** Unix milliseconds. */
  readonly opened: number
  closed: number | undefined
  reason: string | null
  /** Time from which lists show it, in Unix milliseconds. */
  readonly listedFrom: number
  /** Entries of `OrderAmends`, oldest first. */
  readonly amends: Array<{ readonly entry: Fields; readonly listedFrom: number }>
}

/** The least volume that the account cannot pay. */
export const tooMuch = 1_000_000

/**
 * Makes the orders of the account. Limit orders rest, market orders are filled at once. A `deadline` that has passed is
 * refused. A `cl_ord_id` can be used again once its order is no longer open. An order that is listed late can be
 * cancelled and changed before it is listed.
 */
export const makeOrders = (journal: Array<Entry>) => {
  const orders = new Map<string, Order>()
  const orderId = makeIds("O", [5, 5, 6])
  const amendId = makeIds("T", [5, 5, 6])

  const note = (endpoint: string, { now, nonce, params }: Call, ids: ReadonlyArray<string>) => {
    journal.push({ endpoint, at: now, nonce, params, ids })
  }

  const accept = (params: Fields, pair: string, call: Pick<Call, "listedAfter" | "now">): Order => {
    const { now } = call
    const order: Order = {
      txid: orderId(),
      pair,
      params,
      status: params["ordertype"] === "market" ? "closed" : "open",
      volume: String(params["volume"]),
      price: text(params, "price"),
      userref: text(params, "userref"),
      clientId: text(params, "cl_ord_id"),
      opened: now,
      closed: params["ordertype"] === "market" ? now : undefined,
      reason: null,
      listedFrom: listedFrom(call),
      amends: []
    }
    order.amends.push({ entry: amendment(order, "original", amendId(), now), listedFrom: order.listedFrom })
    orders.set(order.txid, order)
    return order
  }

  const open = () => [...orders.values()].filter(({ status }) => status === "open")

  /** Finds open orders by `txid` (an order id or a userref) or `cl_ord_id`. */
  const named = (id: string | undefined, clientId?: string): Array<Order> => {
    const found = open().filter((order) =>
      clientId === undefined ? order.txid === id || order.userref === id : order.clientId === clientId
    )
    if (found.length === 0) throw new Refusal("EOrder:Unknown order")
    return found
  }

  const cancel = (list: ReadonlyArray<Order>, now: number) => {
    for (const order of list) Object.assign(order, { status: "canceled", closed: now, reason: "User requested" })
    return { count: list.length }
  }

  const validate = (params: Fields) => {
    const clientId = text(params, "cl_ord_id")
    if (!["buy", "sell"].includes(String(params["type"]))) throw new Refusal("EGeneral:Invalid arguments:type")
    if (text(params, "ordertype") === undefined) throw new Refusal("EGeneral:Invalid arguments:ordertype")
    if (!(Number(params["volume"]) > 0)) throw new Refusal("EGeneral:Invalid arguments:volume")
    if (params["ordertype"] === "limit" && text(params, "price") === undefined) {
      throw new Refusal("EGeneral:Invalid arguments:price")
    }
    const taken = clientId !== undefined && open().some((order) => order.clientId === clientId)
    if (taken || (clientId !== undefined && text(params, "userref") !== undefined)) {
      throw new Refusal("EGeneral:Invalid arguments:cl_ord_id")
    }
  }

  const addOrder: Handler = (call) => {
    const { params } = call
    inTime(call)
    const pair = altname(text(params, "pair"))
    validate(params)
    if (Number(params["volume"]) >= tooMuch) throw new Refusal("EOrder:Insufficient funds")
    const close = describeClose(params)
    const descr = { order: describe(params, pair), ...(close !== undefined && { close }) }
    if (isTrue(params, "validate")) return { descr }
    const { txid } = accept(params, pair, call)
    note("AddOrder", call, [txid])
    return { descr, txid: [txid] }
  }

  const addOrderBatch: Handler = (call) => {
    const { params } = call
    inTime(call)
    const pair = altname(text(params, "pair"))
    const list = items(params["orders"])
    if (list.length < 2 || list.length > 15) throw new Refusal("EGeneral:Invalid arguments:orders")
    for (const item of list) validate(item)
    const dry = isTrue(params, "validate")
    const result = list.map((item) => {
      const close = describeClose(item)
      const shown = { descr: { order: describe(item, pair) }, ...(close !== undefined && { close }) }
      if (Number(item["volume"]) >= tooMuch) return { ...shown, error: "EOrder:Insufficient funds" }
      return dry ? shown : { ...shown, txid: accept(item, pair, call).txid }
    })
    if (!dry)
      note(
        "AddOrderBatch",
        call,
        result.flatMap((row) => ("txid" in row ? row.txid : []))
      )
    return { orders: result }
  }

  const amendOrder: Handler = (call) => {
    const { params } = call
    inTime(call)
    const [order] = named(text(params, "txid"), text(params, "cl_ord_id"))
    if (order === undefined) throw new Refusal("EOrder:Unknown order")
    order.volume = text(params, "order_qty") ?? order.volume
    order.price = text(params, "limit_price") ?? order.price
    const id = amendId()
    order.amends.push({
      entry: amendment(order, "user", id, call.now),
      listedFrom: listedFrom(call)
    })
    note("AmendOrder", call, [order.txid, id])
    return { amend_id: id }
  }

  const orderAmends: Handler = ({ now, params }) => {
    const order = orders.get(text(params, "order_id") ?? "")
    if (order === undefined || order.listedFrom > now) throw new Refusal("EOrder:Unknown order")
    const amends = order.amends.filter(({ listedFrom }) => listedFrom <= now).map(({ entry }) => entry)
    return { count: amends.length, amends }
  }

  const editOrder: Handler = (call) => {
    const { now, params } = call
    inTime(call)
    const [old] = named(text(params, "txid"))
    if (old === undefined) throw new Refusal("EOrder:Unknown order")
    if (old.clientId !== undefined) throw new Refusal("EOrder:Invalid order")
    const { userref: _, ...kept } = old.params
    const { txid: __, ...changed } = params
    const next = { ...kept, volume: old.volume, price: old.price, ...changed }
    if (isTrue(params, "validate")) return { descr: { order: describe(next, old.pair) } }
    cancel([old], now)
    const order = accept(next, old.pair, call)
    note("EditOrder", call, [old.txid, order.txid])
    return {
      status: "ok",
      txid: order.txid,
      originaltxid: old.txid,
      orders_cancelled: 1,
      volume: pad(order.volume, 8),
      price: pad(order.price, 1),
      descr: { order: describe(next, old.pair) }
    }
  }

  const cancelOrder: Handler = (call) => {
    const list = named(text(call.params, "txid"), text(call.params, "cl_ord_id"))
    note(
      "CancelOrder",
      call,
      list.map(({ txid }) => txid)
    )
    return cancel(list, call.now)
  }

  const cancelAll: Handler = (call) => {
    const list = open()
    note(
      "CancelAll",
      call,
      list.map(({ txid }) => txid)
    )
    return cancel(list, call.now)
  }

  const cancelBatch: Handler = (call) => {
    const ids = [...list(call.params["orders"]), ...list(call.params["cl_ord_ids"])].map(String)
    const found = open().filter(({ clientId = "", txid, userref = "" }) =>
      [txid, userref, clientId].some((id) => ids.includes(id))
    )
    note(
      "CancelOrderBatch",
      call,
      found.map(({ txid }) => txid)
    )
    return cancel(found, call.now)
  }

  const cancelAllAfter: Handler = (call) => {
    const seconds = Number(call.params["timeout"])
    note("CancelAllOrdersAfter", call, [])
    const time = (millis: number) => new Date(millis).toISOString().replace(/\.\d+Z$/, "Z")
    return { currentTime: time(call.now), triggerTime: seconds === 0 ? "0" : time(call.now + seconds * 1000) }
  }

  const listed = (now: number) => [...orders.values()].filter(({ listedFrom }) => listedFrom <= now)

  const openOrders: Handler = ({ now, params }) => ({
    open: rows(listed(now).filter((order) => order.status === "open" && matching(params)(order)))
  })

  const closedOrders: Handler = ({ now, params }) => {
    const start = Number(text(params, "start") ?? 0) * 1000
    const end = Number(text(params, "end") ?? Infinity) * 1000
    const within = ({ closed = 0, opened }: Order) => [opened, closed].some((time) => time > start && time <= end)
    const all = listed(now).filter((order) => order.status !== "open" && matching(params)(order) && within(order))
    const offset = Number(text(params, "ofs") ?? 0)
    return { closed: rows(all.toReversed().slice(offset, offset + 50)), count: all.length }
  }

  const queryOrders: Handler = ({ now, params }) => {
    const ids = (text(params, "txid") ?? "").split(",")
    const found = ids.map((txid) => listed(now).find((order) => order.txid === txid))
    const known = found.filter((order) => order !== undefined)
    if (known.length < found.length) throw new Refusal("EOrder:Unknown order")
    return rows(known.filter(matching(params)))
  }

  const handlers: Record<string, Handler> = {
    AddOrder: addOrder,
    AddOrderBatch: addOrderBatch,
    AmendOrder: amendOrder,
    OrderAmends: orderAmends,
    EditOrder: editOrder,
    CancelOrder: cancelOrder,
    CancelAll: cancelAll,
    CancelAllOrdersAfter: cancelAllAfter,
    CancelOrderBatch: cancelBatch,
    OpenOrders: openOrders,
    ClosedOrders: closedOrders,
    QueryOrders: queryOrders
  }

  return {
    handlers,
    all: (): ReadonlyArray<Order> => [...orders.values()],
    /** Adds an order that another program has placed. The journal does not show it. */
    add: (params: Fields, call: Pick<Call, "listedAfter" | "now">, status: "open" | "closed" = "open") => {
      const order = accept(params, altname(text(params, "pair")), call)
      if (status === "closed") Object.assign(order, { status, closed: call.now })
      return order
    },
    /** Amends an open order as another program would. */
    amend: (txid: string, price: string, now: number) => {
      for (const order of open().filter((order) => order.txid === txid)) {
        order.price = price
        order.amends.push({ entry: amendment(order, "user", amendId(), now), listedFrom: now })
      }
    },
    /** Fills an order by the market. */
    fill: (txid: string, now: number) => {
      for (const order of named(txid)) Object.assign(order, { status: "closed", closed: now })
    }
  }
}

const inTime = ({ now, params }: Call): void => {
  const deadline = text(params, "deadline")
  if (deadline === undefined) return
  const until = Date.parse(deadline)
  if (Number.isNaN(until) || until > now + 60_000) throw new Refusal("EGeneral:Invalid arguments:deadline")
  if (until < now) throw new Refusal("EService:Deadline elapsed")
}

const matching =
  (params: Fields) =>
  ({ clientId, userref }: Order): boolean =>
    [text(params, "userref") ?? userref, text(params, "cl_ord_id") ?? clientId].join() === [userref, clientId].join()

const list = (value: unknown): Array<unknown> =>
  typeof value === "object" && value !== null ? Object.values(value) : []

const items = (value: unknown): Array<Fields> =>
  list(value).map((item) => ({ ...(typeof item === "object" ? item : undefined) }))
