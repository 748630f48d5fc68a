import type { Pair } from "../catalogue/pairs.ts"

/** A price level of the book: price and volume in the pair's units; `time` in epoch seconds. */
export interface Level {
  readonly price: bigint
  readonly volume: bigint
  readonly time: number
}

export interface PublicTrade {
  readonly id: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly side: "buy" | "sell"
  readonly market: boolean
  readonly price: bigint
  readonly volume: bigint
}

export interface Candle {
  /** Epoch seconds of its beginning. */
  readonly time: number
  readonly open: bigint
  readonly high: bigint
  readonly low: bigint
  readonly close: bigint
  readonly vwap: bigint
  readonly volume: bigint
  readonly count: number
}

export interface Spread {
  readonly time: number
  readonly bid: bigint
  readonly ask: bigint
}

/** Bounds of prices that orders wait for. One is reached as soon as its price is at or beyond it. */
export interface AwaitedPrices {
  askAtMost?: bigint
  bidAtLeast?: bigint
  lastAtMost?: bigint
  lastAtLeast?: bigint
  indexAtMost?: bigint
  indexAtLeast?: bigint
}

/**
 * The public market that the engine's orders execute against. Synchronous and repeatable: the same question for the
 * same moment has the same answer, so that a journal of commands can be replayed. Times are epoch milliseconds; between
 * two ticks nothing changes.
 */
export interface Market {
  /** Name shown to users when it matters which market this is. */
  readonly name: string
  /** Returns the moment since which the market has been as it is at `time`. */
  readonly tick: (pair: Pair, time: number) => number
  /** Returns the level at a place of one side of the book, best first from 0; undefined beyond its depth. */
  readonly level: (pair: Pair, time: number, side: "bid" | "ask", place: number) => Level | undefined
  /** Returns the last public trade; undefined if no price is known, so that nothing trades. */
  readonly last: (pair: Pair, time: number) => PublicTrade | undefined
  /** Returns the index price; undefined if the pair has no index. */
  readonly index: (pair: Pair, time: number) => bigint | undefined
  /** Returns the first tick later than `after` and not later than `until` at which one of the prices is reached. */
  readonly nextTouch: (pair: Pair, after: number, until: number, awaited: AwaitedPrices) => number | undefined
  /** Returns public trades later than `after`, up to `until`: the newest `count`, or with `oldest` the first ones. */
  readonly trades: (
    pair: Pair,
    range: { readonly after: number; readonly until: number; readonly count: number; readonly oldest?: boolean }
  ) => ReadonlyArray<PublicTrade>
  /** Returns candles in order of time, the last one unfinished. */
  readonly candles: (pair: Pair, minutes: number, time: number, count: number) => ReadonlyArray<Candle>
  readonly spreads: (pair: Pair, time: number, count: number) => ReadonlyArray<Spread>
  /** Returns one candle over a span that ends now, for tickers. */
  readonly summary: (pair: Pair, from: number, time: number) => Candle
  /** Moves the middle of a synthetic market's book to a price from a moment on; undefined for a recorded market. */
  readonly move?: (pair: Pair, time: number, price: bigint) => void
  /** Input of a recorded market; undefined for a synthetic one. */
  readonly recorder?: Recorder
}

/** A snapshot of one pair's book and newest trades. */
export interface MarketSnapshot {
  readonly pair: Pair
  /** Time of the snapshot in epoch milliseconds. A snapshot that is not newer than the last one is ignored. */
  readonly seen: number
  /** Best first. */
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  /** Trades, oldest first, by rising ids. They might begin long before the last snapshot. */
  readonly trades: ReadonlyArray<PublicTrade>
}

/** All that a recorded market knows of a pair. */
export interface Tape {
  /** Time of the snapshot, and the moment from which its book has been the market's, in epoch milliseconds. */
  readonly seen: number
  readonly since: number
  readonly bid: TapeSide
  readonly ask: TapeSide
  last: PublicTrade | undefined
  readonly trades: Array<PublicTrade>
  readonly spreads: Array<Spread>
}

export interface TapeSide {
  /** Levels that can still be taken. */
  readonly levels: ReadonlyArray<Level>
  /** Volume already taken at each price while the snapshots show it unchanged, so that it can't be taken twice. */
  readonly gone: ReadonlyMap<bigint, Pick<Level, "time" | "volume">>
}

export interface Recorder {
  /** All that is known, by the pair object: a pair with the same id and other decimals has separate data. */
  readonly tapes: Map<Pair, Tape>
  readonly latest: (pair: Pair) => { readonly seen: number; readonly last: PublicTrade | undefined } | undefined
  /**
   * Replaces the book from `now` on. Volume taken from the previous book stays taken at levels that have not changed
   * since.
   */
  readonly setBook: (snapshot: MarketSnapshot, now: number, taken: TakenBySide) => void
  /** Returns the best levels that {@link setBook} would lead to. */
  readonly bestOf: (snapshot: MarketSnapshot, taken: TakenBySide) => Partial<Record<"bid" | "ask", Level>>
  /** Makes a trade the market's last one. */
  readonly addTrade: (pair: Pair, trade: PublicTrade) => void
}

/** Volume taken from one side: the number of levels taken completely, and the volume taken from the next level. */
export interface Taken {
  readonly place: number
  readonly volume: bigint
}

export type TakenBySide = Readonly<Record<"bid" | "ask", Taken>>
