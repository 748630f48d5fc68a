import type { Asset } from "../catalogue/assets.ts"
import { feeOn, tierOf } from "../catalogue/fees.ts"
import { divide, pow10 } from "../base/fixed.ts"
import { add } from "./ledger.ts"
import { type Order, left } from "../state/order.ts"
import { baseAmount, type Pair, quoteAmount } from "../catalogue/pairs.ts"
import type { Account, Exchange } from "../state/state.ts"
import { dollars } from "./value.ts"

const month = 30 * 86_400_000

/**
 * Give an order's hold the size that what is left of it needs, or none if it is no longer open. Holds are rounded up
 * and executions down, so a hold always covers what it is for. A buy holds its price and fee; a sell what it sells,
 * and its fee if it pays it in the base asset. Other fees are paid from what comes in.
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
  // A market order has nothing to hold: it is paid at once.
  if (price === undefined) return undefined
  const cost = quoteAmount(pair, price, left(order), "ceil")
  return { asset: pair.quote.id, amount: cost + (order.feeInBase ? 0n : feeOn(cost, order.rate, "ceil")) }
}

/** Millionths for the account's volume of the last 30 days. */
export const rateOf = (x: Exchange, account: Account, { fees }: Pair, maker: boolean): bigint => {
  const tier = fees[tierOf(fees, recentVolume(x, account))]!
  return maker ? tier.maker : tier.taker
}

/** Dollars traded in the last 30 days, in units of 10^-4. */
export const recentVolume = (x: Exchange, account: Account): bigint => {
  const { volume } = account
  for (let oldest = volume.entries[volume.from]; oldest !== undefined && oldest.time <= x.now - month;) {
    volume.sum -= oldest.dollars
    oldest = volume.entries[++volume.from]
  }
  return volume.sum
}

export const countVolume = (x: Exchange, account: Account, asset: Asset, amount: bigint): void => {
  const worth = divide(amount * dollars(x, asset), pow10(10 + asset.decimals - 4), "floor")
  account.volume.entries.push({ time: x.now, dollars: worth })
  account.volume.sum += worth
}
