import { Effect, Option, Stream } from "effect"
import type { Pair } from "../../../domain/assets/model.ts"
import { makeNewTrades } from "../../../domain/live/bounds.ts"
import type { Trade } from "../../../domain/live/values.ts"
import type { MarketData } from "../../../services/MarketData.ts"
import type { Names } from "../../../services/Names.ts"
import type { makeAskPrices } from "./askPrices.ts"
import type { BoundComparison } from "./boundComparison.ts"
import type { WatchParts } from "./watchParts.ts"

interface Parts extends WatchParts {
  readonly market: typeof MarketData.Service
  readonly names: typeof Names.Service
  readonly askPrices: ReturnType<typeof makeAskPrices>
  readonly bounds: BoundComparison
}

/** Makes the look at the prices for which alerts of an account wait: at live trades, or else at the last prices by REST. */
export const makeWatchPrices = ({
  askPrices,
  bounds,
  follow,
  isDue,
  krakenTime,
  market,
  names,
  pause,
  waiting
}: Parts) => {
  const priceSeen = Effect.fnUntraced(function* (name: string, pair: string, price: string) {
    const at = yield* krakenTime
    for (const watch of waiting.ofAccount("Price", name))
      if (watch.condition.pair === pair) yield* bounds.compare(watch, [price], at)
  })

  /** Compares trades, oldest first. The last one is the price of now; those before it count from the making of an alert on. */
  const tradesSeen = Effect.fnUntraced(function* (name: string, pair: string, trades: ReadonlyArray<Trade>) {
    const at = yield* krakenTime
    for (const watch of waiting.ofAccount("Price", name)) {
      if (watch.condition.pair !== pair) continue
      const isOwn = ({ time }: Trade, n: number) => n === trades.length - 1 || time >= watch.since - clockDoubt
      const counted = trades.filter(isOwn)
      if (counted.length > 0)
        yield* bounds.compare(
          watch,
          counted.map(({ price }) => price),
          at
        )
    }
  })

  const pairsOf = Effect.fnUntraced(function* (name: string) {
    const { findPair } = yield* names.directory
    const displays = new Set(waiting.ofAccount("Price", name).map(({ condition }) => condition.pair))
    return [...displays].flatMap((display) => findPair(display) ?? [])
  })

  return Effect.fnUntraced(function* (name: string) {
    const pairs = yield* pairsOf(name)
    const quiet: Array<Pair> = []
    for (const pair of pairs) {
      const trades = market.trades(pair)
      const newTrades = makeNewTrades()
      yield* follow(
        `price ${name} ${pair.display}`,
        Stream.runForEach(trades.pushed, ({ value }) => tradesSeen(name, pair.display, newTrades(value)))
      )
      const live = yield* trades.live
      if (Option.isNone(live)) {
        quiet.push(pair)
        continue
      }
      const last = live.value.value.at(-1)
      const watches = waiting.ofAccount("Price", name).filter(({ condition }) => condition.pair === pair.display)
      yield* bounds.watchedLive(watches, () => last?.price)
    }
    if (quiet.length === 0 || !(yield* isDue(`prices ${name}`, pause))) return
    for (const { pair, price } of yield* askPrices(quiet)) yield* priceSeen(name, pair, price)
  })
}

/** The largest difference between Kraken's clock and ours that is expected, in milliseconds. */
const clockDoubt = 5000
