import type { Pair } from "../catalogue/pairs.ts"

/** Price and volume waiting at it, in the pair's units; `time` in epoch seconds. */
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

/** What waits for the market to move: fulfilled when any of the prices reaches its bound. */
export interface Interest {
  askAtMost?: bigint
  bidAtLeast?: bigint
  lastAtMost?: bigint
  lastAtLeast?: bigint
  indexAtMost?: bigint
  indexAtLeast?: bigint
}

/**
 * The rest of the world's trading: what the engine's orders execute against. Synchronous and repeatable: the same
 * question for the same moment has the same answer, so that a journal of commands can be replayed. Times are epoch
 * milliseconds; between two ticks nothing changes.
 */
export interface Market {
  /** Said to the user wherever it matters which market this is. */
  readonly name: string
  /** The moment from which the market has looked as it does at `time`. */
  readonly tick: (pair: Pair, time: number) => number
  /** The level at a place of one side of the book, best first from 0; undefined beyond its depth. */
  readonly level: (pair: Pair, time: number, side: "bid" | "ask", place: number) => Level | undefined
  /** Undefined where no price is known: nothing trades there. */
  readonly last: (pair: Pair, time: number) => PublicTrade | undefined
  /** Undefined where there is no index for the pair. */
  readonly index: (pair: Pair, time: number) => bigint | undefined
  /** The first tick later than `after` and not later than `until` at which the interest is fulfilled. */
  readonly nextTouch: (pair: Pair, after: number, until: number, interest: Interest) => number | undefined
  /** Public trades later than `after`, up to `until`: the newest `count`, or with `oldest` the first ones. */
  readonly trades: (
    pair: Pair,
    range: { readonly after: number; readonly until: number; readonly count: number; readonly oldest?: boolean }
  ) => ReadonlyArray<PublicTrade>
  /** Candles in order of time, the last one running. */
  readonly candles: (pair: Pair, minutes: number, time: number, count: number) => ReadonlyArray<Candle>
  readonly spreads: (pair: Pair, time: number, count: number) => ReadonlyArray<Spread>
  /** One candle over a span that ends now, for tickers. */
  readonly summary: (pair: Pair, from: number, time: number) => Candle
  /** A market that can't be computed is told what it looks like. */
  readonly recorder?: Recorder
}

/** How one pair looked at a moment. */
export interface MarketSnapshot {
  readonly pair: Pair
  /** When it was seen, in epoch milliseconds. What is not newer than what is known is no news. */
  readonly seen: number
  /** Best first. */
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  /** Oldest first, by rising ids. They may begin long before the last snapshot. */
  readonly trades: ReadonlyArray<PublicTrade>
}

export interface Recorder {
  readonly known: (pair: Pair) => { readonly seen: number; readonly last: PublicTrade | undefined } | undefined
  /** From `now` on the book looks like this, but for what was taken of the one before and has not changed since. */
  readonly showBook: (snapshot: MarketSnapshot, now: number, taken: BothTaken) => void
  /** What would be best then. */
  readonly bestOf: (snapshot: MarketSnapshot, taken: BothTaken) => Partial<Record<"bid" | "ask", Level>>
  /** The market's last trade is this one now. */
  readonly showTrade: (pair: Pair, trade: PublicTrade) => void
}

/** How many levels of a side are taken whole, and how much of the one after them. */
export interface Taken {
  readonly place: number
  readonly volume: bigint
}

export type BothTaken = Readonly<Record<"bid" | "ask", Taken>>
