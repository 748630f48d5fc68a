import type { Endpoint } from "../wire/call.ts"
import { removeFromBook } from "../engine/book.ts"
import { pricesOf, requestText } from "../state/describe.ts"
import { format, min } from "../base/fixed.ts"
import { adjustHold } from "../accounts/holds.ts"
import { tradeId } from "../base/ids.ts"
import { endOrder, waitsForTrigger } from "../engine/lifecycle.ts"
import { chargeEngine, penalty } from "../accounts/limits.ts"
import { lastPrice } from "../engine/liquidity.ts"
import { checkMode } from "../engine/mode.ts"
import { type Amend, hasLimit, isTrailing, left, type Order, type Trail } from "../state/order.ts"
import { flag, integer, list, pairNamed, type Params, required, text } from "../wire/params.ts"
import { offsetOf, readPrice, readPrices, resolve } from "../state/prices.ts"
import { canPost, checkDisplay, checkMinimum, readVolumeText } from "./readOrder.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, nextNumber, pairStateOf } from "../state/state.ts"
import { addStop, triggersAt, removeStop } from "../engine/stops.ts"
import { affordable, crosses, processTriggered, submit, execute } from "../engine/submit.ts"
import { checkDeadline } from "../wire/times.ts"
import { openOrders } from "./cancelling.ts"
import { checksFunds } from "./placing.ts"

type Change = Pick<Order, "volume" | "limit" | "trigger" | "trail" | "display">

/**
 * Changes an order in the book. A smaller volume keeps its place in the queue; a larger volume or another price does
 * not.
 */
export const AmendOrder: Endpoint = (exchange, { account, params }) => {
  const order = named(account, params)
  chargeEngine(exchange, account, order.pair, 1)
  checkMode(exchange, pairStateOf(exchange, order.pair), order.type, order.postOnly || flag(params, "post_only"))
  const change = readChange(exchange, order, params)
  checkDeadline(exchange, params)
  const cancels = change.volume <= order.executed
  chargeEngine(exchange, account, order.pair, penalty(exchange, cancels ? "cancel" : "amend", order))
  order.amends ??= [{ ...snapshot(order, "original", ""), id: originalAmend(order), time: order.opened }]
  const amend = { id: tradeId(exchange.settings.seed, nextNumber(exchange)), time: exchange.now }
  const postOnly = flag(params, "post_only")
  if (cancels) endOrder(exchange, order, "canceled", "User requested")
  else apply(exchange, order, change)
  order.amends.push({ ...snapshot(order, "user", ""), ...amend, postOnly })
  processTriggered(exchange, pairStateOf(exchange, order.pair))
  return { amend_id: amend.id }
}

/**
 * Replaces an order by a new one. The volume that the old order has executed counts towards the new volume, so both
 * together never trade more than requested. The new order starts with nothing executed.
 */
export const EditOrder: Endpoint = (exchange, { account, params }) => {
  const pair = pairNamed(exchange, params, required(params, "pair"))
  chargeEngine(exchange, account, pair, 1)
  const [order, another] = openOrders(account, required(params, "txid"))
  if (order === undefined || another !== undefined || order.pair !== pair) throw new Refusal("EOrder:Unknown order")
  if (order.triggered || order.close !== undefined || order.clientId !== undefined || order.spend !== undefined) {
    throw new Refusal("EOrder:Invalid order")
  }
  const total = text(params, "volume")
  const volume = (total === undefined ? order.volume : readVolumeText(pair, total)) - order.executed
  if (volume <= 0n) throw invalid("volume")
  const postOnly = readPostOnly(order, params)
  checkMode(exchange, pairStateOf(exchange, pair), order.type, postOnly)
  const display = text(params, "displayvol")
  const last = lastPrice(exchange, pairStateOf(exchange, pair))
  const texts = { ...pricesOf(order), ...(order.type === "market" && { price: undefined }) }
  const prices = readPrices(
    pair,
    order.side,
    order.type,
    text(params, "price") ?? texts.price,
    text(params, "price2") ?? texts.price2,
    last,
    exchange.settings.rules
  )
  checkMinimum(pair, volume, prices.limit ?? prices.trigger ?? last)
  const spec = {
    ...order,
    ...prices,
    volume,
    display:
      display === undefined ? order.display && min(order.display, volume) : readVolumeText(pair, display, "displayvol"),
    postOnly,
    userref: integer(params, "userref", [-(2 ** 31), 2 ** 31 - 1]),
    executed: 0n
  }
  if (spec.display !== undefined) checkDisplay(spec.display, volume, "displayvol")
  checkDeadline(exchange, params)
  chargeEngine(exchange, account, pair, penalty(exchange, "edit", order))
  if (checksFunds(exchange, params) && !affordable(exchange, account, spec))
    throw new Refusal("EOrder:Insufficient funds")
  const descr = { order: requestText(spec, { price: text(params, "price"), price2: text(params, "price2") }) }
  if (flag(params, "validate")) return { status: "ok", descr }
  endOrder(exchange, order, "canceled", "Order replaced")
  const edited = submit(exchange, account, spec)
  const shown = pricesOf(edited)
  return {
    status: "ok",
    txid: edited.txid,
    originaltxid: order.txid,
    orders_cancelled: 1,
    volume: format(volume, pair.lotDecimals),
    price: shown.price,
    ...(shown.price2 !== "0" && { price2: shown.price2 }),
    ...(edited.userref !== undefined && { newuserref: edited.userref }),
    ...(order.userref !== undefined && { olduserref: order.userref }),
    descr
  }
}

/**
 * Reads the flags of an edit. Only `post` can change, and an edit that omits it removes it. The other flags can be
 * repeated.
 */
const readPostOnly = (order: Order, params: Params): boolean => {
  const oflags = list(params, "oflags") ?? []
  const kept = ["post", order.feeInBase ? "fcib" : "fciq", "nompp"]
  const postOnly = oflags.includes("post")
  if (oflags.some((name) => !kept.includes(name)) || (postOnly && !canPost(order))) throw invalid("oflags")
  return postOnly
}

/** Returns an order's changes, which begin with the original order. */
export const amendsOf = (order: Order): ReadonlyArray<Amend> =>
  order.amends ?? [{ ...snapshot(order, "original", ""), id: originalAmend(order), time: order.opened }]

const originalAmend = (order: Order) => `T${order.txid.slice(1)}`

const snapshot = (order: Order, type: Amend["type"], reason: string) => ({
  type,
  volume: order.volume,
  display: order.display,
  remaining: left(order),
  limit: order.limit,
  trigger: order.trigger,
  reason,
  postOnly: order.postOnly
})

const named = (account: Account, params: Params): Order => {
  const txid = text(params, "txid")
  const clientId = text(params, "cl_ord_id")
  if ((txid === undefined) === (clientId === undefined)) throw invalid("txid")
  const order = txid === undefined ? account.clientIds.get(clientId!) : account.open.get(txid)
  if (order === undefined) throw new Refusal("EOrder:Unknown order")
  if (order.close !== undefined || order.spend !== undefined) throw new Refusal("EOrder:Invalid order")
  return order
}

const readChange = (exchange: Exchange, order: Order, params: Params): Change => {
  const { pair } = order
  const fields = { qty: text(params, "order_qty"), display: text(params, "display_qty") }
  const prices = { limit: text(params, "limit_price"), trigger: text(params, "trigger_price") }
  if ([...Object.values(fields), ...Object.values(prices)].every((value) => value === undefined)) {
    throw new Refusal("EGeneral:Invalid arguments")
  }
  const state = pairStateOf(exchange, pair)
  const { rules } = exchange.settings
  const price = (value: string, field: string) => {
    const read = readPrice(value, pair, field, rules)
    // Amendments are relative only with + and -.
    if (read.sign === "#" && rules >= 2) throw invalid(field)
    return resolve(read, lastPrice(exchange, state), order.side === "sell", pair)
  }
  const trails = rules >= 2 && isTrailing(order.type) && waitsOrIsPending(order)
  if (prices.limit !== undefined && !(hasLimit(order.type) && (order.limit !== undefined || trails)))
    throw invalid("limit_price")
  if (prices.trigger !== undefined && (!waitsOrIsPending(order) || (isTrailing(order.type) && !trails)))
    throw invalid("trigger_price")
  if (fields.display !== undefined && order.type !== "iceberg") throw invalid("display_qty")
  const change: Change = {
    volume: fields.qty === undefined ? order.volume : readVolumeText(pair, fields.qty, "order_qty"),
    limit: prices.limit === undefined || trails ? order.limit : price(prices.limit, "limit_price"),
    trigger: prices.trigger === undefined || trails ? order.trigger : price(prices.trigger, "trigger_price"),
    trail: trails ? readTrail(order, prices) : order.trail,
    display: fields.display === undefined ? order.display : readVolumeText(pair, fields.display, "display_qty")
  }
  if (change.volume <= order.executed) return change
  checkMinimum(pair, change.volume, change.limit ?? change.trigger ?? lastPrice(exchange, state))
  const remaining = change.volume - order.executed
  if (change.display !== undefined) checkDisplay(min(change.display, remaining), remaining, "display_qty")
  const changed = { ...order, ...change }
  if (order.status === "open" && !affordable(exchange, account(exchange, order), changed))
    throw new Refusal("EOrder:Insufficient funds")
  const misplaced = !trails && prices.trigger !== undefined && order.status === "open" && triggersAt(exchange, changed)
  if (misplaced && rules >= 2) throw new Refusal("EOrder:Invalid price")
  const taking = !waitsOrIsPending(order) && crosses(exchange, state, changed)
  if (taking && (order.postOnly || flag(params, "post_only"))) throw new Refusal("EOrder:Invalid price")
  return change
}

/**
 * Reads the new distance and limit offset of a trailing stop, both relative like those with which it was placed.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v1/amendorder read 2026-11-28
 */
const readTrail = (
  { pair, trail }: Order,
  { limit, trigger }: { readonly limit: string | undefined; readonly trigger: string | undefined }
): Trail => {
  const { distance, limitOffset, percent } = trail!
  const moved = trigger === undefined ? undefined : readPrice(trigger, pair, "trigger_price")
  if (moved !== undefined && (moved.sign !== "+" || moved.value === 0n)) throw invalid("trigger_price")
  const offset = limit === undefined ? undefined : readPrice(limit, pair, "limit_price")
  if (offset !== undefined && offset.sign !== "+" && offset.sign !== "-") throw invalid("limit_price")
  return {
    distance: moved?.value ?? distance,
    percent: moved?.percent ?? percent,
    limitOffset: offset === undefined ? limitOffset : offsetOf(offset)
  }
}

const waitsOrIsPending = (order: Order) => order.status === "pending" || waitsForTrigger(order)

const account = (exchange: Exchange, order: Order): Account => exchange.accounts.get(order.account)!

const apply = (exchange: Exchange, order: Order, change: Change): void => {
  const state = pairStateOf(exchange, order.pair)
  const keepsPlace = change.limit === order.limit && change.volume <= order.volume && change.display === order.display
  if (order.status === "open" && waitsForTrigger(order)) {
    removeStop(state, order)
    const { peak, trail, trigger } = order
    Object.assign(order, change)
    addStop(exchange, state, order)
    // A trailing stop keeps its best price and trigger, unless its distance changes: that counts from the market.
    const keeps = trail?.distance === order.trail?.distance && trail?.percent === order.trail?.percent
    if (isTrailing(order.type) && keeps) Object.assign(order, { peak, trigger })
  } else if (order.status === "open" && !keepsPlace) {
    removeFromBook(state, order)
    Object.assign(order, change)
    adjustHold(account(exchange, order), order)
    order.touched = exchange.now
    return execute(exchange, state, order)
  } else {
    Object.assign(order, change)
    order.visible = order.display === undefined ? left(order) : min(order.visible, left(order))
  }
  order.touched = exchange.now
  adjustHold(account(exchange, order), order)
}
