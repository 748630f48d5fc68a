import { Context, type Effect, type Option, Schema, type Stream } from "effect"
import type { Pair } from "../domain/assets/model.ts"
import type { Book, Candle, Instruments, SystemStatus, Ticker, Trade } from "../domain/live/values.ts"
import type { ReadError } from "./KrakenClient.ts"
import type { Principal } from "./Principal.ts"

/** Data with its origin and its age. */
export interface Snapshot<A> {
  readonly value: A
  readonly source: "websocket" | "rest"
  /** Milliseconds since the value was received, by the monotonic clock. A quiet market has old values that are in force. */
  readonly age: number
}

/**
 * The state of a connection for live data. `idle`: nobody asked for live data in the last minute, and there is no connection.
 * `stale`: it is wanted but not alive, so that Kraken is asked by REST. `off`: there will be none, by the settings, without an
 * API key, on paper, or since Kraken refuses the key.
 */
export const FeedState = Schema.Literal("connected", "idle", "stale", "off")
export type FeedState = typeof FeedState.Type

/** One kind of data that is kept up to date. */
export interface Feed<A> {
  /**
   * Returns the value if the feed is connected and in order, and never asks by REST. None means that the caller has to
   * ask Kraken itself. Each look keeps the feed subscribed for a minute, so that the next look finds a value.
   */
  readonly live: Effect.Effect<Option.Option<Snapshot<A>>>
  /** Returns the live value, or asks Kraken by REST if there is none. */
  readonly snapshot: Effect.Effect<Snapshot<A>, ReadError, Principal>
  /**
   * Emits the value as it is, then after each change. A slow reader skips values in between. While nothing is live, REST
   * is asked every few seconds. It does not end by itself.
   */
  readonly changes: Stream.Stream<Snapshot<A>, ReadError, Principal>
  /**
   * Emits like `changes`, but only what costs no rate budget: live values, or those of a simulation in this process. Emits
   * nothing while there are none.
   */
  readonly pushed: Stream.Stream<Snapshot<A>, ReadError, Principal>
  /** Tells whether `pushed` emits a change within a second at this moment. */
  readonly isPrompt: Effect.Effect<boolean>
}

/** The names of a pair that live data needs. */
export type PairNames = Pick<Pair, "altname" | "assetClass" | "display">

/** Prices, books and trades of pairs, shared by all callers. */
export class MarketData extends Context.Tag("mcp-kraken/services/MarketData")<
  MarketData,
  {
    readonly ticker: (pair: PairNames) => Feed<Ticker>
    /** Holds the best `bookDepth` levels of each side. */
    readonly book: (pair: PairNames) => Feed<Book>
    /** Holds the latest trades, oldest first, at most `tradeCount`. */
    readonly trades: (pair: PairNames) => Feed<ReadonlyArray<Trade>>
    /** Holds the latest candles of an interval in minutes, oldest first, at most `candleCount`. The last one is unfinished. */
    readonly candles: (pair: PairNames, interval: number) => Feed<ReadonlyArray<Candle>>
    /** The statuses of all pairs and assets of the class `currency`. */
    readonly instruments: Feed<Instruments>
    readonly status: Feed<SystemStatus>
    readonly state: Effect.Effect<FeedState>
  }
>() {}

/** Levels on each side of a book that is kept up to date. */
export const bookDepth = 100

/** Trades of a pair that are kept at most. */
export const tradeCount = 100

/**
 * Candles of a pair that are kept at most.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ohlc-data read 2026-08-17
 */
export const candleCount = 720
