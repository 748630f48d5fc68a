import { feeOn } from "../catalogue/fees.ts"
import type { Order, OrderSpec } from "./order.ts"
import { readPrices } from "./prices.ts"

/**
 * Returns the order that a conditional close places for a fill: on the opposite side, with relative prices based on the
 * fill's price.
 */
export const closeSpec = (parent: Order, price: bigint, volume: bigint): OrderSpec => {
  const close = parent.close!
  const side = parent.side === "buy" ? "sell" : "buy"
  const prices = readPrices(parent.pair, side, close.type, close.price, close.price2, price)
  return {
    pair: parent.pair,
    side,
    type: close.type,
    ...prices,
    triggerBy: parent.triggerBy,
    // The part of the base asset that paid the fee can't be sold.
    volume: parent.feeInBase && side === "sell" ? volume - feeOn(volume, parent.rate, "ceil") : volume,
    spend: undefined,
    display: undefined,
    timeInForce: "GTC",
    postOnly: false,
    feeInBase: false,
    selfTrade: parent.selfTrade,
    start: 0,
    expire: 0,
    userref: parent.userref,
    clientId: undefined,
    close: undefined,
    refid: parent.txid
  }
}
