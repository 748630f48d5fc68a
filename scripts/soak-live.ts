// Receives one hour of live messages, 200 a second, as fast as they are read, and fails if the memory grows.
//
//   npm run soak            runs it before the property tests
//   SOAK_MINUTES=600 …      takes so many minutes of messages
import { Effect, Option, Stream } from "effect"
import { env, exit } from "node:process"
import { makeTestFeed } from "../test/doubles/TestFeed.ts"
import { feedsOf } from "../bench/liveFeeds.ts"
import { btcUsd as pair } from "../test/fixtures/btcUsd.ts"
import { makeLiveMessages } from "../bench/liveMessages.ts"
import { AccountData } from "../src/services/AccountData.ts"
import { MarketData } from "../src/services/MarketData.ts"

const minutes = Number(env["SOAK_MINUTES"] ?? "60")
const perSecond = { book: 100, ticker: 60, executions: 40 } as const

/** The growth of the heap from the first to the last tenth that still counts as flat, in MB. */
const allowed = 8

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}

const soak = Effect.gen(function* () {
  const source = makeLiveMessages()
  const feed = yield* makeTestFeed(source.snapshot)
  const program = Effect.gen(function* () {
    const account = yield* AccountData
    const market = yield* MarketData
    let fills = 0
    yield* Effect.fork(
      Stream.runForEach(account.events, ({ _tag }) => Effect.sync(() => void (fills += _tag === "Filled" ? 1 : 0)))
    )
    yield* Effect.fork(Stream.runDrain(market.ticker(pair).changes))
    while (Option.isNone(yield* account.orders.live)) yield* Effect.sleep("10 millis")
    const sizes: Array<number> = []
    const began = performance.now()
    for (let second = 0; second < minutes * 60; second++) {
      for (const [channel, count] of [
        ["ticker", perSecond.ticker],
        ["executions", perSecond.executions]
      ] as const)
        for (let n = 0; n < count; n++) feed.send(source[channel]())
      for (let n = 0; n < perSecond.book; n++) feed.send(source.book())
      // Waits until all of them were read.
      while (fills < (second + 1) * (perSecond.executions / 4)) yield* Effect.sleep(0)
      if (second % (minutes * 6) === minutes * 6 - 1) sizes.push(heap())
    }
    return { fills, seconds: (performance.now() - began) / 1000, sizes }
  })
  return yield* Effect.provide(program, [feedsOf(feed.url)])
}).pipe(Effect.scoped)

const { fills, seconds, sizes } = await Effect.runPromise(soak)
const messages = minutes * 60 * 200
console.log(
  `${messages} live messages (${minutes} minutes at 200 a second) in ${seconds.toFixed(0)} s, ${fills} fills. ` +
    `Heap in MB: ${sizes.map((size) => size.toFixed(1)).join(" ")}`
)
const grown = (sizes.at(-1) ?? 0) - (sizes[0] ?? 0)
if (grown > allowed) {
  console.error(`The heap grew by ${grown.toFixed(1)} MB.`)
  exit(1)
}
exit(0)
