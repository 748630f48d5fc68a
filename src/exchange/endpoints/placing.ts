import { Predicate } from "effect"
import type { Call, Endpoint } from "../wire/call.ts"
import { closeText, requestText } from "../state/describe.ts"
import { chargeEngine, checkOpenOrders } from "../accounts/limits.ts"
import type { OrderSpec } from "../state/order.ts"
import { array, flag, pairNamed, type Params, required, text } from "../wire/params.ts"
import { readOrder } from "./readOrder.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Exchange } from "../state/state.ts"
import { affordable, submit } from "../engine/submit.ts"
import { checkDeadline } from "../wire/times.ts"

export const AddOrder: Endpoint = (exchange, { account, params }) => {
  const pair = pairNamed(exchange, params, required(params, "pair"))
  chargeEngine(exchange, account, pair, 1)
  const spec = readOrder(exchange, account, pair, params)
  checkDeadline(exchange, params)
  checkOpenOrders(exchange, account, pair)
  if (checksFunds(exchange, params)) checkFunds(exchange, { account }, spec)
  const descr = described(spec, params)
  if (flag(params, "validate")) return { descr }
  return { descr, txid: [submit(exchange, account, spec).txid] }
}

/** Checks all orders before placing the first. Then the engine accepts or refuses each one separately. */
export const AddOrderBatch: Endpoint = (exchange, { account, params }) => {
  const pair = pairNamed(exchange, params, required(params, "pair"))
  const orders = array(params, "orders") ?? []
  if (orders.length < 2 || orders.length > 15 || !orders.every(Predicate.isRecord)) throw invalid("orders")
  chargeEngine(exchange, account, pair, orders.length / 2)
  const specs = orders.map((order) => readOrder(exchange, account, pair, order))
  const names = specs.flatMap(({ clientId }) => clientId ?? [])
  if (new Set(names).size < names.length) throw invalid("cl_ord_id")
  checkDeadline(exchange, params)
  const shown = (spec: OrderSpec, i: number) => {
    const { order, ...close } = described(spec, orders[i]!)
    // Kraken's documents have the text inside `descr`, its answers beside the id.
    return { order, descr: { order }, ...close }
  }
  if (flag(params, "validate")) return { orders: specs.map(shown) }
  return {
    orders: specs.map((spec, i) => {
      const answer = shown(spec, i)
      try {
        checkOpenOrders(exchange, account, pair)
        checkFunds(exchange, { account }, spec)
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal
        return { ...answer, error: refusal.errors.join(", ") }
      }
      return { txid: submit(exchange, account, spec).txid, ...answer }
    })
  }
}

/** Returns false for an order that is only validated: Kraken checks no funds for it, except under the first rules. */
export const checksFunds = ({ settings }: Exchange, params: Params): boolean =>
  settings.rules < 2 || !flag(params, "validate")

/** Refuses an order that the account can't pay for. A scheduled order is checked when its time comes. */
const checkFunds = (exchange: Exchange, { account }: Pick<Call, "account">, spec: OrderSpec): void => {
  if (spec.start === 0 && !affordable(exchange, account, spec)) throw new Refusal("EOrder:Insufficient funds")
}

const described = (spec: OrderSpec, params: Params) => ({
  order: requestText(spec, { price: text(params, "price"), price2: text(params, "price2") }),
  ...(spec.close && { close: closeText(spec.pair, spec.close) })
})
