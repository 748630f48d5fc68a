import type { Asset } from "../catalogue/assets.ts"
import { feeOn, tierOf } from "../catalogue/fees.ts"
import { divide, pow10 } from "../base/fixed.ts"
import { add } from "./ledger.ts"
import { type Order, left } from "../state/order.ts"
import { baseAmount, type Pair, quoteAmount } from "../catalogue/pairs.ts"
import type { Account } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"
import { dollars } from "./value.ts"

const month = 30 * 86_400_000

/**
 * Sets an order's hold to the amount that its remaining volume needs, or removes it if the order is no longer open.
 * Holds are rounded up and executions down, so a hold always covers its order. A buy holds its price and fee. A sell
 * holds its volume, and its fee if the fee is paid in the base asset. Other fees are paid from the proceeds.
 */
export const adjustHold = (account: Account, order: Order): void => {
  const needed = order.status === "open" ? holdFor(order) : undefined
  if (order.hold !== undefined) add(account.holds, order.hold.asset, -order.hold.amount)
  order.hold = needed
  if (needed !== undefined) add(account.holds, needed.asset, needed.amount)
}

export const holdFor = (
  order: Pick<Order, "pair" | "side" | "limit" | "trigger" | "triggered" | "volume" | "executed" | "feeInBase" | "rate">
): { readonly asset: string; readonly amount: bigint } | undefined => {
  const { pair } = order
  if (order.side === "sell") {
    const amount = baseAmount(pair, left(order))
    return { asset: pair.base.id, amount: amount + (order.feeInBase ? feeOn(amount, order.rate, "ceil") : 0n) }
  }
  const price = order.limit ?? (order.triggered ? undefined : order.trigger)
  // A market order needs no hold, because it is paid immediately.
  if (price === undefined) return undefined
  const cost = quoteAmount(pair, price, left(order), "ceil")
  return { asset: pair.quote.id, amount: cost + (order.feeInBase ? 0n : feeOn(cost, order.rate, "ceil")) }
}

/** Returns the account's fee rate for its volume of the last 30 days, in millionths. */
export const rateOf = (exchange: Exchange, account: Account, { fees }: Pair, maker: boolean): bigint => {
  const tier = fees[tierOf(fees, recentVolume(exchange, account))]!
  return maker ? tier.maker : tier.taker
}

/** Returns the dollars traded in the last 30 days, in units of 10^-4. */
export const recentVolume = (exchange: Exchange, account: Account): bigint => {
  const { volume } = account
  for (let oldest = volume.entries.at(volume.from); oldest !== undefined && oldest.time <= exchange.now - month;) {
    volume.sum -= oldest.dollars
    oldest = volume.entries.at(++volume.from)
  }
  return volume.sum
}

export const countVolume = (exchange: Exchange, account: Account, asset: Asset, amount: bigint): void => {
  const worth = divide(amount * dollars(exchange, asset), pow10(10 + asset.decimals - 4), "floor")
  account.volume.entries.push({ time: exchange.now, dollars: worth })
  account.volume.sum += worth
}
