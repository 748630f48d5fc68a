import { pair } from "../fixtures/krakenLists.ts"

/** Makes a row of AssetPairs with a minimum of one. */
export const pairRow = (
  wsname: string,
  base: string,
  quote: string,
  [price, lot]: readonly [price: number, lot: number]
) =>
  pair(wsname.replace("/", ""), wsname, base, quote, {
    pair_decimals: price,
    lot_decimals: lot,
    ordermin: "1",
    costmin: "0",
    tick_size: (10 ** -price).toFixed(price)
  })

/** Makes an observation of a pair with one bid, one ask and a last trade, by default at the bid. */
export const observation = (
  pair: string,
  bid: readonly [price: string, volume: string],
  ask: readonly [price: string, volume: string],
  seen: number,
  last = bid[0]
) => ({
  pair,
  seen,
  bids: [[...bid, Math.floor(seen / 1000)]],
  asks: [[...ask, Math.floor(seen / 1000)]],
  trades: [[last, "1", seen, "b", "m", seen]]
})
