import { Refusal, invalid } from "../base/refusal.ts"
import type { OrderType } from "../../domain/orders/orders.ts"
import { hasLimit } from "../state/order.ts"
import type { Exchange, PairState } from "../state/state.ts"
import { dollars } from "../accounts/value.ts"

/**
 * Throws a Refusal if the status of the exchange or of the pair forbids a new order; the stricter one applies. Earlier
 * orders stay and can be cancelled.
 */
export const checkMode = (exchange: Exchange, state: PairState, type: OrderType, postOnly: boolean): void => {
  const modes: ReadonlyArray<Exchange["status"] | PairState["status"]> = [exchange.status, state.status]
  if (modes.includes("cancel_only") || modes.includes("delisted"))
    throw new Refusal("EService:Market in cancel_only mode")
  if (modes.includes("post_only") && !(type === "limit" && postOnly)) {
    throw new Refusal("EService:Market in post_only mode")
  }
  if (modes.includes("limit_only") && !hasLimit(type)) throw invalid("ordertype")
  if (modes.includes("reduce_only")) throw invalid("ordertype")
  const { display, quote } = state.pair
  if (dollars(exchange, quote) === 0n) {
    throw invalid(`pair, ${display} can't be traded on paper: what ${quote.display} is worth in dollars is not known`)
  }
}

/**
 * Returns true if a pair can be traded. It can't during maintenance, nor while orders can only be cancelled or only
 * join the book. Stops and scheduled orders then wait until trading resumes.
 */
export const isTrading = (exchange: Exchange, state: PairState): boolean =>
  exchange.status === "online" && !halts.includes(state.status)

const halts: ReadonlyArray<PairState["status"]> = ["cancel_only", "post_only", "delisted"]
