import { takenNow } from "../../engine/liquidity.ts"
import type { AwaitedPrices, Level, PublicTrade } from "../../state/market.ts"
import { isTrading } from "../../engine/mode.ts"
import type { Params } from "../../wire/params.ts"
import { type Exchange, pairStateOf } from "../../state/state.ts"
import { advance, awaitedPricesOf } from "../../engine/time.ts"
import { newTrades, observedPair } from "./applySnapshot.ts"
import { readSnapshot } from "./readSnapshot.ts"

export interface SnapshotDelta {
  /** True if the snapshot reaches a price that an order waits for. */
  readonly matters: boolean
  /** Parameters to journal: the snapshot without the trades that change nothing. */
  readonly params: Params
}

/**
 * Returns the changes that `control/Observe` with these params would bring at a moment; undefined if the snapshot is
 * not newer than the last one. Trades before the first one that an order waits for are dropped: only that trade or the
 * newest one, as the last price, can have an effect.
 */
export const snapshotDelta = (exchange: Exchange, params: Params, now: number): SnapshotDelta | undefined => {
  advance(exchange, now)
  const pair = observedPair(exchange, params)
  const snapshot = readSnapshot(pair, params)
  const { seen } = snapshot
  const known = exchange.market.recorder?.latest(pair)
  if (exchange.market.recorder === undefined || (known !== undefined && seen <= known.seen)) return undefined
  const state = pairStateOf(exchange, pair)
  const awaited = awaitedPricesOf(state) ?? {}
  const trades = known === undefined ? [] : newTrades(snapshot, known.last)
  const best = exchange.market.recorder.bestOf(snapshot, takenNow(exchange, state))
  const reached = trades.findIndex((trade) => tradeReaches(awaited, trade))
  const kept = reached === -1 ? 1 : trades.length - reached
  return {
    matters: isTrading(exchange, state) && (reached !== -1 || bookReaches(awaited, best)),
    params: { ...params, trades: (params["trades"] as ReadonlyArray<unknown>).slice(-kept) }
  }
}

const bookReaches = (
  { askAtMost, bidAtLeast }: AwaitedPrices,
  { ask, bid }: { readonly ask?: Level; readonly bid?: Level }
) =>
  (askAtMost !== undefined && ask !== undefined && ask.price <= askAtMost) ||
  (bidAtLeast !== undefined && bid !== undefined && bid.price >= bidAtLeast)

const tradeReaches = ({ askAtMost, bidAtLeast, lastAtLeast, lastAtMost }: AwaitedPrices, { price }: PublicTrade) =>
  (askAtMost !== undefined && price < askAtMost) ||
  (bidAtLeast !== undefined && price > bidAtLeast) ||
  (lastAtMost !== undefined && price <= lastAtMost) ||
  (lastAtLeast !== undefined && price >= lastAtLeast)
