import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Effect, Exit, Fiber, Layer, Option, Queue, Stream, TestClock, TestServices } from "effect"
import type { Pair } from "../../../../src/domain/assets/model.ts"
import { MarketDataRest, MarketDataWebSocket } from "../../../../src/layers/kraken/feed/MarketDataKraken.ts"
import { operator } from "../../../../src/layers/access/principals.ts"
import { startRecording } from "../../../../src/layers/metrics/instrument.ts"
import { prometheusText } from "../../../../src/layers/metrics/prometheusText.ts"
import { Clocks } from "../../../../src/services/Clocks.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { type FeedState, MarketData } from "../../../../src/services/MarketData.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { btcUsd as btc } from "../../../fixtures/btcUsd.ts"
import { bookMessage, makeTestFeed } from "../../../doubles/TestFeed.ts"

const pairOf = (display: string): Pair => ({ ...btc, display })

const first = { bids: [[100, 1]], asks: [[101, 2]] } as const
const second = { bids: [[100, 1]], asks: [[101, 3]] } as const
const change = { bids: [], asks: [[101, 3]] } as const

const depthAnswer = { XXBTZUSD: { bids: [["90.0", "1.000", 1]], asks: [["91.0", "2.000", 1]] } }

const trade = (id: number) => ({
  symbol: "BTC/USD",
  side: "buy",
  price: 100.1,
  qty: 1,
  ord_type: "limit",
  trade_id: id,
  timestamp: "2026-11-29T12:00:00Z"
})

/** Makes a client that answers every read with the order book of REST, and counts. */
const makeRest = () => {
  const rest = { reads: 0, isDown: false }
  const layer = Layer.succeed(KrakenClient, {
    read: (endpoint) =>
      Effect.suspend(() => {
        rest.reads++
        return rest.isDown ? new KrakenUnavailable({ endpoint, reason: "down" }) : Effect.succeed(depthAnswer)
      }),
    write: () => Effect.dieMessage("nothing writes"),
    download: () => Effect.dieMessage("nothing downloads"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  return { rest, layer }
}

/** Waits in real time, since sockets are real. */
const moment = TestServices.provideLive(Effect.sleep("5 millis"))

const until = <A, R>(look: Effect.Effect<A, never, R>, is: (value: A) => boolean) =>
  Effect.gen(function* () {
    for (let n = 0; n < 1000; n++) {
      const value = yield* look
      if (is(value)) return value
      yield* moment
    }
    return yield* Effect.dieMessage("it did not come to this")
  })

const run = <A, E>(
  test: (
    context: Effect.Effect.Success<ReturnType<typeof makeTestFeed>> & {
      readonly rest: ReturnType<typeof makeRest>["rest"]
    }
  ) => Effect.Effect<A, E, MarketData | Principal>,
  snapshot: Parameters<typeof makeTestFeed>[0] = () => bookMessage("snapshot", first)
) =>
  Effect.gen(function* () {
    const feed = yield* makeTestFeed(snapshot)
    const { layer, rest } = makeRest()
    return yield* Effect.provide(test({ ...feed, rest }), [
      Layer.provide(MarketDataWebSocket(feed.url), layer),
      Layer.succeed(Principal, operator("live"))
    ])
  }).pipe(Effect.scoped)

/** Reads a counter. Counts belong to the process, so that a test compares two readings. */
const counted = (series: string): number => {
  Effect.runSync(startRecording)
  const line = prometheusText()
    .split("\n")
    .find((found) => found.startsWith(`${series} `))
  return Number(line?.slice(series.length) ?? 0)
}

const failedChecksums = () => counted("mcp_kraken_feed_checksum_failures_total")
const reconnects = () => counted('mcp_kraken_feed_reconnects_total{connection="public"}')
const dataMessages = () => counted('mcp_kraken_feed_messages_total{connection="public",kind="data"}')

const liveBook = Effect.flatMap(MarketData, (data) => data.book(btc).live)

describe("market data over a WebSocket", () => {
  it.effect("is live after the first look, and costs no request by REST", () =>
    run(({ requests, rest }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        assert.isTrue(Option.isNone(yield* data.book(btc).live))
        yield* until(data.book(btc).live, Option.isSome)
        const looks = yield* Effect.all(Array.from({ length: 50 }, () => data.book(btc).snapshot))
        assert.deepStrictEqual(looks[49]?.value.asks, [{ price: "101", quantity: "2" }])
        assert.strictEqual(looks[49]?.source, "websocket")
        assert.strictEqual(rest.reads, 0)
        assert.deepStrictEqual(
          requests.map(({ method, params }) => [method, params.channel, params.symbol]),
          [["subscribe", "book", ["BTC/USD"]]]
        )
      })
    )
  )

  it.effect("tells its age, and is not live once the connection is silent", () =>
    run(({ rest, state }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        yield* until(data.book(btc).live, Option.isSome)
        state.isSilent = true
        yield* TestClock.adjust("900 millis")
        assert.strictEqual(Option.getOrThrow(yield* data.book(btc).live).age, 900)
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(Option.isNone(yield* data.book(btc).live))
        assert.strictEqual((yield* data.book(btc).snapshot).source, "rest")
        assert.strictEqual(rest.reads, 1)
      })
    )
  )

  it.effect("emits each change", () =>
    run(({ send }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        const seen = yield* Queue.unbounded<string | undefined>()
        yield* data.book(btc).changes.pipe(
          Stream.runForEach(({ value }) => Queue.offer(seen, value.asks[0]?.quantity)),
          Effect.fork
        )
        assert.strictEqual(yield* Queue.take(seen), "2")
        send(bookMessage("update", change, second))
        assert.strictEqual(yield* Queue.take(seen), "3")
      })
    )
  )

  it.effect("asks for a new snapshot if the checksum differs, and serves REST until it is there", () => {
    let isBroken = false
    return run(
      ({ requests, send }) =>
        Effect.gen(function* () {
          const data = yield* MarketData
          yield* until(data.book(btc).live, Option.isSome)
          isBroken = true
          const failures = failedChecksums()
          send(bookMessage("update", change, first))
          yield* until(data.book(btc).live, Option.isNone)
          assert.strictEqual((yield* data.book(btc).snapshot).source, "rest")
          yield* until(
            Effect.sync(() => requests.length),
            (length) => length === 3
          )
          assert.strictEqual(failedChecksums(), failures + 1)
          isBroken = false
          send(bookMessage("snapshot", second))
          yield* until(data.book(btc).live, Option.isSome)
          assert.deepStrictEqual(
            requests.map(({ method }) => method),
            ["subscribe", "unsubscribe", "subscribe"]
          )
        }),
      () => (isBroken ? undefined : bookMessage("snapshot", first))
    )
  })

  it.effect("after the machine slept, shows nothing from before, though messages from before are still read", () => {
    let slept = 0
    return Effect.flatMap(Clocks, ({ read }) =>
      run(({ connections, send }) =>
        Effect.gen(function* () {
          yield* until(liveBook, Option.isSome)
          slept = 3_600_000
          send({ channel: "heartbeat" })
          yield* Effect.repeatN(moment, 10)
          assert.isTrue(Option.isNone(yield* liveBook))
          yield* until(
            Effect.zipRight(TestClock.adjust("500 millis"), Effect.sync(connections)),
            (count) => count === 2
          )
          yield* until(liveBook, Option.isSome)
        })
      ).pipe(
        Effect.provideService(Clocks, {
          read: (clock) => {
            const now = read(clock)
            return { ...now, wall: now.wall + slept }
          }
        })
      )
    )
  })

  it.effect("connects again after a pause, and subscribes to all that is in use", () =>
    run(({ connections, cut, requests }) =>
      Effect.gen(function* () {
        yield* until(liveBook, Option.isSome)
        cut()
        yield* until(liveBook, Option.isNone)
        assert.strictEqual(connections(), 1)
        yield* TestClock.adjust("1 second")
        yield* until(liveBook, Option.isSome)
        assert.deepStrictEqual([connections(), requests.length], [2, 2])
      })
    )
  )

  it.effect("tells its state, and counts messages and reconnects", () =>
    run(({ close, cut }) =>
      Effect.gen(function* () {
        const before = { reconnects: reconnects(), messages: dataMessages() }
        const { book, state } = yield* MarketData
        const isNow = (wanted: FeedState) =>
          until(Effect.zipRight(TestClock.adjust("100 millis"), state), (now) => now === wanted)
        assert.strictEqual(yield* state, "idle")
        yield* book(btc).live
        yield* isNow("connected")
        yield* until(book(btc).live, Option.isSome)
        assert.deepStrictEqual({ reconnects: reconnects(), messages: dataMessages() - 1 }, before)
        cut()
        yield* isNow("stale")
        yield* isNow("connected")
        assert.strictEqual(reconnects(), before.reconnects + 1)
        close()
        yield* isNow("stale")
        yield* TestClock.adjust("2 minutes")
        yield* isNow("idle")
      })
    )
  )

  it.effect("shares one subscription, and ends it and the connection a minute after the last use", () =>
    run(({ open, requests }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        yield* until(data.book(btc).live, Option.isSome)
        const followers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Stream.runDrain(data.book(btc).changes)))
        yield* moment
        yield* Effect.forEach(followers, Fiber.interrupt)
        yield* TestClock.adjust("50 seconds")
        assert.deepStrictEqual(requests.filter(({ method }) => method !== "ping").length, 1)
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("5 seconds"), moment), 4)
        yield* until(Effect.sync(open), (count) => count === 0)
      })
    )
  )

  const many = Array.from({ length: 200 }, (_, n) => pairOf(`P${n}/USD`))
  const methodsOf = (requests: ReadonlyArray<{ readonly method: string }>) => {
    const count = (wanted: string) => requests.filter(({ method }) => method === wanted).length
    return { subscribe: count("subscribe"), unsubscribe: count("unsubscribe") }
  }

  it.effect("a caller who looks at many pairs at once takes no live data away", () =>
    run(
      ({ requests }) =>
        Effect.gen(function* () {
          const data = yield* MarketData
          yield* until(data.book(btc).live, Option.isSome)
          for (const pair of many) assert.isTrue(Option.isNone(yield* data.book(pair).live))
          yield* until(
            Effect.sync(() => methodsOf(requests).subscribe),
            (count) => count === 200
          )
          assert.isTrue(Option.isSome(yield* data.book(btc).live))
          assert.deepStrictEqual(methodsOf(requests), { subscribe: 200, unsubscribe: 0 })
          // One that nobody used for ten seconds makes room.
          yield* TestClock.adjust("10 seconds")
          yield* data.book(pairOf("NEW/USD")).live
          yield* until(
            Effect.sync(() => methodsOf(requests)),
            ({ subscribe, unsubscribe }) => subscribe === 201 && unsubscribe === 1
          )
        }),
      (_, symbol) => bookMessage("snapshot", first, first, symbol)
    )
  )

  it.effect("a value for which there was no room is followed once there is some", () =>
    run(
      ({ requests }) =>
        Effect.gen(function* () {
          const data = yield* MarketData
          const [followed = btc, ...others] = many
          const follow = (pair: Pair) => Effect.fork(Stream.runHead(Stream.drop(data.book(pair).pushed, 1)))
          const one = yield* follow(followed)
          yield* Effect.forEach(others, follow)
          yield* until(
            Effect.sync(() => requests.length),
            (length) => length === 200
          )
          const late = yield* Effect.fork(Stream.runHead(data.book(btc).pushed))
          yield* TestClock.adjust("3 seconds")
          assert.isTrue(Option.isNone(yield* Fiber.poll(late)))
          yield* Fiber.interrupt(one)
          const told = yield* until(Effect.zipRight(TestClock.adjust("1 second"), Fiber.poll(late)), Option.isSome)
          assert.isTrue(Option.isSome(told))
        }),
      (_, symbol) => bookMessage("snapshot", first, first, symbol)
    )
  )

  it.effect("asks by REST for a pair that Kraken refuses", () =>
    run(({ requests, rest }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        const unknown = data.book(pairOf("NO/PAIR"))
        assert.strictEqual((yield* unknown.snapshot).source, "rest")
        yield* until(
          Effect.sync(() => requests.length),
          (length) => length === 1
        )
        yield* moment
        rest.isDown = true
        const exit = yield* Effect.exit(unknown.snapshot)
        assert.deepInclude(Option.getOrThrow(Exit.causeOption(exit)), { _tag: "Fail" })
        assert.strictEqual(requests.length, 1)
      })
    )
  )

  it.effect.each([
    ["text that is no JSON", "{{{", 1],
    ["a message of 10 MB, which ends the connection", "x".repeat(10_000_000), 2],
    ["10,000 messages", undefined, 1]
  ] as const)("survives %s", ([, text, expected]) =>
    run(({ connections, send }) =>
      Effect.gen(function* () {
        yield* until(liveBook, Option.isSome)
        const back = { bids: [], asks: [[101, 2]] } as const
        if (text !== undefined) send(text)
        else {
          for (let n = 0; n < 5000; n++) {
            send(bookMessage("update", change, second))
            send(bookMessage("update", back, first))
          }
        }
        yield* until(Effect.zipRight(TestClock.adjust("100 millis"), Effect.sync(connections)), (n) => n === expected)
        const { value } = Option.getOrThrow(yield* until(liveBook, Option.isSome))
        assert.strictEqual(value.bids.length, 1)
      })
    )
  )
})

describe("tickers and trades over a WebSocket", () => {
  const messages: { readonly [channel: string]: object } = {
    ticker: {
      channel: "ticker",
      type: "snapshot",
      data: [
        {
          symbol: "BTC/USD",
          bid: 100.1,
          bid_qty: 1,
          ask: 100.2,
          ask_qty: 2,
          last: 100.1,
          volume: 5,
          vwap: 100,
          low: 90,
          high: 110,
          change: 1,
          change_pct: 1
        }
      ]
    },
    trade: { channel: "trade", type: "snapshot", data: [trade(1), trade(2)] }
  }

  it.effect("hold the last state, and each trade once", () =>
    run(
      ({ send }) =>
        Effect.gen(function* () {
          const data = yield* MarketData
          const { value } = Option.getOrThrow(yield* until(data.ticker(btc).live, Option.isSome))
          assert.deepInclude(value, { bid: "100.1", ask: "100.2", last: "100.1" })
          yield* until(data.trades(btc).live, Option.isSome)
          send({ channel: "trade", type: "update", data: [trade(2), trade(3)] })
          const ids = Effect.map(data.trades(btc).live, (found) => Option.getOrThrow(found).value.map(({ id }) => id))
          assert.deepStrictEqual(yield* until(ids, ({ length }) => length !== 2), ["1", "2", "3"])
        }),
      (channel) => messages[channel]
    )
  )

  it.effect("keep at most the latest hundred trades", () =>
    run(
      ({ send }) =>
        Effect.gen(function* () {
          const data = yield* MarketData
          yield* until(data.trades(btc).live, Option.isSome)
          send({ channel: "trade", type: "update", data: Array.from({ length: 500 }, (_, n) => trade(n + 10)) })
          const ids = Effect.map(data.trades(btc).live, (found) => Option.getOrThrow(found).value.map(({ id }) => id))
          const kept = yield* until(ids, ({ length }) => length !== 2)
          assert.deepStrictEqual([kept.length, kept.at(-1)], [100, "509"])
        }),
      (channel) => messages[channel]
    )
  )
})

describe("market data by REST", () => {
  it.effect("is never live, and asks again after a pause", () => {
    const { layer, rest } = makeRest()
    return Effect.gen(function* () {
      const data = yield* MarketData
      assert.isTrue(Option.isNone(yield* data.book(btc).live))
      const values = yield* Effect.fork(Stream.runCollect(Stream.take(data.book(btc).changes, 2)))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(rest.reads, 1)
      yield* TestClock.adjust("1 second")
      const sources = Chunk.map(yield* Fiber.join(values), ({ source }) => source)
      assert.deepStrictEqual(Chunk.toReadonlyArray(sources), ["rest", "rest"])
    }).pipe(Effect.provide([Layer.provide(MarketDataRest(), layer), Layer.succeed(Principal, operator("live"))]))
  })
})
