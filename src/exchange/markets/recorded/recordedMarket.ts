import type { Level, Market, MarketSnapshot, Taken, TakenBySide, Tape, TapeSide } from "../../state/market.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import { candlesOf, summaryOf } from "./candles.ts"

/** Most trades and spreads that are kept: as many as Kraken returns in one answer. */
const most = { trades: 1000, spreads: 200 }

/**
 * A market that is known only from snapshots: the last book of each pair and its newest trades. It answers only for the
 * present, so older books can be forgotten. Nothing happens between snapshots: an order meets the market at the moment
 * at which a snapshot is applied.
 */
export const recordedMarket = (name: string): Market => {
  const tapes = new Map<Pair, Tape>()
  const newest = (pair: Pair, most: number) => tapes.get(pair)?.trades.slice(-most) ?? []
  return {
    name,
    tick: (pair) => tapes.get(pair)?.since ?? 0,
    level: (pair, _, side, place) => tapes.get(pair)?.[side].levels[place],
    last: (pair) => tapes.get(pair)?.last,
    index: () => undefined,
    nextTouch: () => undefined,
    trades: (pair, { after, count, oldest, until }) => {
      const found = newest(pair, most.trades).filter(({ time }) => time > after && time <= until)
      return oldest === true ? found.slice(0, count) : found.slice(-count)
    },
    candles: (pair, minutes, time, count) => candlesOf(newest(pair, most.trades), minutes, time, count),
    spreads: (pair, _, count) => tapes.get(pair)?.spreads.slice(-Math.min(count, most.spreads)) ?? [],
    summary: (pair, from, time) => summaryOf(newest(pair, most.trades), from, time),
    recorder: {
      tapes,
      latest: (pair) => tapes.get(pair),
      setBook: (snapshot, now, taken) => {
        const before = tapes.get(snapshot.pair)
        tapes.set(snapshot.pair, shown(snapshot, now, before, taken))
      },
      bestOf: ({ asks, bids, pair }, taken) => {
        const before = tapes.get(pair)
        const [bid] = without(bids, before?.bid, taken.bid).levels
        const [ask] = without(asks, before?.ask, taken.ask).levels
        return { ...(bid && { bid }), ...(ask && { ask }) }
      },
      addTrade: (pair, trade) => {
        const tape = tapes.get(pair)!
        tape.last = trade
        add(tape.trades, trade, most.trades)
      }
    }
  }
}

const untouched: TapeSide = { levels: [], gone: new Map() }

const shown = (
  { asks, bids, seen }: MarketSnapshot,
  now: number,
  before: Tape | undefined,
  taken: TakenBySide
): Tape => {
  const spreads = before?.spreads ?? []
  const [bid, ask] = [bids[0]?.price, asks[0]?.price]
  if (bid !== undefined && ask !== undefined) add(spreads, { time: Math.floor(now / 1000), bid, ask }, most.spreads)
  return {
    seen,
    since: now,
    bid: without(bids, before?.bid, taken.bid),
    ask: without(asks, before?.ask, taken.ask),
    last: before?.last,
    trades: before?.trades ?? [],
    spreads
  }
}

/** Returns one side of a snapshot's book minus the volume taken from levels that have not changed since. */
const without = (shown: ReadonlyArray<Level>, before: TapeSide = untouched, taken: Taken): TapeSide => {
  const gone = new Map(before.gone)
  const take = ({ price, time }: Level, volume: bigint) =>
    gone.set(price, { time, volume: volume + (gone.get(price)?.volume ?? 0n) })
  for (const level of before.levels.slice(0, taken.place)) take(level, level.volume)
  const begun = before.levels[taken.place]
  if (begun !== undefined && taken.volume > 0n) take(begun, taken.volume)
  if (gone.size === 0) return { levels: shown, gone }
  const still = new Map<bigint, Pick<Level, "time" | "volume">>()
  const levels = shown.flatMap((level) => {
    const part = gone.get(level.price)
    if (part?.time !== level.time) return level
    still.set(level.price, part)
    return part.volume < level.volume ? { ...level, volume: level.volume - part.volume } : []
  })
  return { levels, gone: still }
}

/**
 * Appends an item. Up to twice `most` items are kept before the older half is dropped, because dropping them one by one
 * would copy the list each time.
 */
const add = <A>(list: Array<A>, item: A, most: number): void => {
  list.push(item)
  if (list.length > most * 2) list.splice(0, most)
}
