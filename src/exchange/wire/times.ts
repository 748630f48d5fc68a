import type { OrderSpec } from "../state/order.ts"
import { type Params, text } from "./params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Exchange } from "../state/state.ts"

const month = 31 * 86_400_000

/** Reads `starttm` and `expiretm` as epoch milliseconds; 0 if absent. */
export const readTimes = (exchange: Exchange, params: Params, timeInForce: OrderSpec["timeInForce"]) => {
  const start = moment(exchange, params, "starttm")
  const expire = moment(exchange, params, "expiretm")
  if (timeInForce === "GTD" && expire === 0) throw invalid("expiretm")
  if (expire !== 0 && (expire < exchange.now + 5000 || expire > exchange.now + month)) throw invalid("expiretm")
  return { start: start <= exchange.now ? 0 : start, expire }
}

/** Checks `deadline`, an RFC 3339 time 2 to 60 seconds ahead. A past time means that the order is too late. */
export const checkDeadline = (exchange: Exchange, params: Params): void => {
  const value = text(params, "deadline")
  if (value === undefined) return
  const deadline = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(deadline)) throw invalid("deadline")
  if (deadline <= exchange.now) throw new Refusal("EService:Deadline elapsed")
  if (deadline < exchange.now + 2000 || deadline > exchange.now + 60_000) throw invalid("deadline")
}

/** Converts epoch milliseconds to epoch seconds, as Kraken prints them for orders, trades and ledger entries. */
export const seconds = (millis: number): number => millis / 1000

const moment = (exchange: Exchange, params: Params, field: string): number => {
  const value = text(params, field) ?? "0"
  if (!/^\+?\d{1,12}(\.\d{1,9})?$/.test(value)) throw invalid(field)
  const number = Math.round(Number(value) * 1000)
  return value.startsWith("+") ? exchange.now + number : number
}
