import { type Duration, Effect, Layer } from "effect"
import { isRecord } from "effect/Predicate"
import { makeDirectory } from "../../../domain/assets/directory.ts"
import type { Endpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import { applyToBook } from "../../../domain/live/book.ts"
import { mergeInstruments, readCandle, readStatus, readTicker, readTrade } from "../../../domain/live/readRows.ts"
import {
  readBookAnswer,
  readCandlesAnswer,
  readStatusAnswer,
  readTickerAnswer,
  readTradesAnswer
} from "../../../domain/live/restAnswers.ts"
import type { Book, Candle, Instruments, SystemStatus, Ticker, Trade } from "../../../domain/live/values.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import {
  bookDepth,
  candleCount,
  type FeedState,
  MarketData,
  type PairNames,
  tradeCount
} from "../../../services/MarketData.ts"
import { feedChecksumFailures } from "../../metrics/instruments.ts"
import { makeConnection } from "./connection.ts"
import { makeFeed } from "./feed.ts"
import { type Kind, type LiveValues, makeLiveValues } from "./liveValues.ts"

/** The pause between two requests by REST for one pair while nothing is live. */
const restEvery = "5 seconds"

/** Makes market data of live values, or by REST alone if there are none. */
const makeMarketData = (
  kraken: typeof KrakenClient.Service,
  live: LiveValues | undefined,
  every: Duration.DurationInput,
  isFree = false,
  state: Effect.Effect<FeedState> = Effect.succeed("off")
) => {
  const ask = Effect.fnUntraced(function* <A>(
    endpoint: Endpoint,
    params: Params,
    decode: (answer: unknown) => A | undefined
  ) {
    const value = decode(yield* kraken.read(endpoint, params, { isFeed: isFree }))
    return value ?? (yield* new KrakenUnavailable({ endpoint, reason: "an answer of an unknown form" }))
  })
  const rest = <A>(endpoint: Endpoint, params: Params, decode: (answer: unknown) => A | undefined) => ({
    read: ask(endpoint, params, decode),
    every,
    isFree
  })
  const named = ({ altname, assetClass }: PairNames) => ({
    pair: altname,
    ...(assetClass !== "currency" && { asset_class: assetClass })
  })
  const instrumentsByRest = Effect.map(
    Effect.all([
      ask("public/Assets", {}, (answer) => (isRecord(answer) ? answer : undefined)),
      ask("public/AssetPairs", {}, (answer) => (isRecord(answer) ? answer : undefined))
    ]),
    ([assets, pairs]): Instruments => {
      const lists = makeDirectory({ currency: { assets, pairs } })
      const statuses = (rows: ReadonlyArray<{ readonly display: string; readonly status: string }>) =>
        new Map(rows.map((row) => [row.display, row.status]))
      return { pairs: statuses(lists.pairs), assets: statuses(lists.assets) }
    }
  )
  return MarketData.of({
    ticker: (pair) => makeFeed(live?.of(ticker(pair)), rest("public/Ticker", named(pair), readTickerAnswer)),
    book: (pair) =>
      makeFeed(live?.of(book(pair)), rest("public/Depth", { ...named(pair), count: bookDepth }, readBookAnswer)),
    trades: (pair) =>
      makeFeed(live?.of(trades(pair)), rest("public/Trades", { ...named(pair), count: tradeCount }, readTradesAnswer)),
    candles: (pair, interval) =>
      makeFeed(live?.of(candles(pair, interval)), rest("public/OHLC", { ...named(pair), interval }, readCandlesAnswer)),
    instruments: makeFeed(live?.of(instruments), { read: instrumentsByRest, every }),
    status: makeFeed(live?.of(status), rest("public/SystemStatus", {}, readStatusAnswer)),
    state
  })
}

/**
 * Makes the parameters of a channel about one pair, which Kraken calls by its display name.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/book read 2026-11-29
 */
const channel = (name: string, { display }: PairNames, more: object = {}) => ({
  key: `${name} ${display}`,
  params: { channel: name, symbol: [display], snapshot: true, ...more }
})

/** Prices change with each order at the top of the book, as REST shows them, and not only with each trade. */
const ticker = (pair: PairNames): Kind<Ticker> => ({
  ...channel("ticker", pair, { event_trigger: "bbo" }),
  apply: (_, { rows }) => readTicker(rows.at(-1) ?? {}) ?? "broken"
})

const book = (pair: PairNames): Kind<Book> => ({
  ...channel("book", pair, { depth: bookDepth }),
  apply: (before, { isSnapshot, rows }) => {
    let after = before
    for (const row of rows) {
      const applied = applyToBook(after, isSnapshot, row, bookDepth)
      if (applied === "checksum") feedChecksumFailures.add()
      if (typeof applied === "string") return "broken"
      after = applied
    }
    return after
  }
})

const trades = (pair: PairNames): Kind<ReadonlyArray<Trade>> => ({
  ...channel("trade", pair),
  apply: (before, { isSnapshot, rows }) => {
    if (before === undefined && !isSnapshot) return undefined
    const known = new Set(before?.map(({ id }) => id))
    const read = rows.map(readTrade)
    const found = read.filter((trade) => trade !== undefined)
    if (found.length < read.length) return "broken"
    return [...(isSnapshot ? [] : (before ?? [])), ...found.filter(({ id }) => isSnapshot || !known.has(id))].slice(
      -tradeCount
    )
  }
})

const candles = (pair: PairNames, interval: number): Kind<ReadonlyArray<Candle>> => {
  const { key, params } = channel("ohlc", pair, { interval })
  return {
    key: `${key} ${interval}`,
    params,
    apply: (before, { isSnapshot, rows }) => {
      if (before === undefined && !isSnapshot) return undefined
      const kept = new Map(isSnapshot ? [] : before?.map((candle) => [candle.time, candle]))
      for (const row of rows) {
        const candle = readCandle(row)
        if (candle === undefined) return "broken"
        kept.set(candle.time, candle)
      }
      return Array.from(kept.values())
        .toSorted((a, b) => a.time - b.time)
        .slice(-candleCount)
    }
  }
}

const instruments: Kind<Instruments> = {
  key: "instrument",
  params: { channel: "instrument", snapshot: true },
  apply: (before, { isSnapshot, rows }) => {
    let after = isSnapshot ? { pairs: new Map(), assets: new Map() } : before
    for (const row of rows) {
      if (after === undefined) return undefined
      after = mergeInstruments(after, row)
      if (after === undefined) return "broken"
    }
    return after
  }
}

const status: Kind<SystemStatus> = {
  key: "status",
  params: { channel: "status" },
  isAutomatic: true,
  apply: (before, { rows }) => rows.map(readStatus).at(-1) ?? before
}

/** Market data by REST alone, of Kraken or of a simulation. `isFree`: requests cost nothing. */
export const MarketDataRest = (every: Duration.DurationInput = restEvery, isFree = false) =>
  Layer.effect(
    MarketData,
    Effect.map(KrakenClient, (kraken) => makeMarketData(kraken, undefined, every, isFree))
  )

/** Market data of Kraken's WebSocket at `url`, and by REST while it is not connected. */
export const MarketDataWebSocket = (url: string) =>
  Layer.scoped(
    MarketData,
    Effect.gen(function* () {
      const kraken = yield* KrakenClient
      let forget = (): void => undefined
      const connection = yield* makeConnection({
        name: "Kraken's market data",
        kind: "public",
        url,
        keysOf: (name, { interval, symbol }) =>
          [name, symbol, name === "ohlc" && interval].filter((part) => typeof part === "string").join(" "),
        onDown: () => forget()
      })
      const live = yield* makeLiveValues(connection)
      forget = live.forget
      return makeMarketData(kraken, live, restEvery, false, connection.state)
    })
  )
