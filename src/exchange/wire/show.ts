import { assetOf } from "../catalogue/catalogue.ts"
import { closeText, orderText, pricesOf, spendText } from "../state/describe.ts"
import { divide, format, pow10 } from "../base/fixed.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { isTrailing, type Order, type Trade } from "../state/order.ts"
import type { LedgerEntry } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"
import { seconds } from "./times.ts"

/** Prints an order as OpenOrders, ClosedOrders and QueryOrders do. */
export const showOrder = (order: Order, trades: boolean): Record<string, unknown> => {
  const { pair } = order
  const prices = pricesOf(order)
  const decimals = priceDecimals(pair)
  const price = (value: bigint | undefined) => format((value ?? 0n) * pow10(decimals - pair.priceDecimals), decimals)
  const inQuote = order.spend !== undefined
  return {
    refid: order.refid ?? null,
    userref: order.userref ?? null,
    ...(order.clientId !== undefined && { cl_ord_id: order.clientId }),
    status: order.status,
    ...(order.closed !== undefined && { reason: order.reason ?? null, closetm: seconds(order.closed) }),
    opentm: seconds(order.opened),
    starttm: seconds(order.start),
    expiretm: seconds(order.expire),
    descr: {
      pair: pair.altname,
      aclass: pair.base.class === "currency" ? "forex" : pair.base.class,
      type: order.side,
      ordertype: order.type,
      ...prices,
      leverage: "none",
      order: orderText(order),
      close: closeText(pair, order.close)
    },
    vol: inQuote ? spendText(order) : format(order.volume, pair.lotDecimals),
    vol_exec: inQuote ? format(order.spent, pair.quote.decimals) : format(order.executed, pair.lotDecimals),
    cost: format(order.cost, pair.costDecimals),
    fee: format(order.fee, pair.costDecimals),
    price: format(averagePrice(order, decimals), decimals),
    stopprice: price(isTrailing(order.type) ? order.trigger : undefined),
    limitprice: price(order.triggered ? order.limit : undefined),
    ...(order.trigger !== undefined && { trigger: order.triggerBy }),
    misc: misc(order),
    oflags: [order.postOnly ? ["post"] : [], order.feeInBase ? "fcib" : "fciq", inQuote ? ["viqc"] : []]
      .flat()
      .join(","),
    time_in_force: order.timeInForce,
    sender_sub_id: null,
    ...(trades && order.trades.length > 0 && { trades: order.trades })
  }
}

export const showTrade = (trade: Trade, ledgers: boolean): Record<string, unknown> => ({
  ordertxid: trade.order,
  postxid: trade.id,
  pair: trade.pair.id,
  aclass: trade.pair.base.class === "currency" ? "forex" : trade.pair.base.class,
  // Kraken's times of trades are finer than milliseconds: a client must not take them for whole numbers.
  time: (trade.time * 10 + 1) / 10_000,
  type: trade.side,
  ordertype: trade.type,
  tradeordertype: trade.executedAs,
  price: printPrice(trade),
  cost: format(trade.cost, trade.pair.costDecimals),
  fee: format(trade.fee, trade.pair.costDecimals),
  vol: format(trade.volume, trade.pair.lotDecimals),
  margin: format(0n, trade.pair.costDecimals),
  leverage: "0",
  misc: "",
  trade_id: trade.number,
  maker: trade.maker,
  ...(ledgers && { ledgers: trade.ledgers })
})

export const showEntry = ({ catalogue }: Exchange, entry: LedgerEntry) => {
  const { class: aclass, decimals } = assetOf(catalogue, entry.asset)
  return {
    refid: entry.refid,
    time: seconds(entry.time),
    type: entry.type,
    subtype: entry.subtype,
    aclass,
    asset: entry.asset,
    amount: format(entry.amount, decimals),
    fee: format(entry.fee, decimals),
    balance: format(entry.balance, decimals)
  }
}

/** Prints a trade's price with at least five decimals. */
export const printPrice = ({ pair, price }: Pick<Trade, "pair" | "price">): string => {
  const decimals = Math.max(5, pair.priceDecimals)
  return format(price * pow10(decimals - pair.priceDecimals), decimals)
}

/** Prints an amount of a balance with all its asset's decimals. */
export const amountText = ({ catalogue }: Exchange, asset: string, amount: bigint): string =>
  format(amount, assetOf(catalogue, asset).decimals)

/** Decimals with which orders print prices: the pair's cost decimals, or its price decimals if those are more. */
const priceDecimals = (pair: Pair): number => Math.max(pair.costDecimals, pair.priceDecimals)

/** Returns the average price of the fills, 0 before the first one. */
const averagePrice = ({ executed, notional, pair }: Order, decimals: number): bigint =>
  executed === 0n ? 0n : divide(notional * pow10(decimals - pair.priceDecimals), executed, "half")

const misc = (order: Order): string => {
  const words = []
  if (order.triggered) words.push(order.type.startsWith("take-profit") ? "touched" : "stopped")
  if (order.amends !== undefined) words.push("amended")
  if (order.status !== "open" && order.executed > 0n && order.executed < order.volume) words.push("partial")
  return words.join(",")
}
