import { Deferred, Effect, Option, Stream } from "effect"
import { applyToBook } from "../src/domain/live/book.ts"
import { readMessage } from "../src/domain/live/messages.ts"
import { makeObservedOrders } from "../src/domain/live/observedOrders.ts"
import { makeOrderLedger } from "../src/domain/live/orderLedger.ts"
import { readTicker } from "../src/domain/live/readRows.ts"
import type { Book } from "../src/domain/live/values.ts"
import { AccountData } from "../src/services/AccountData.ts"
import { makeTestFeed } from "../test/doubles/TestFeed.ts"
import { feedsOf } from "./liveFeeds.ts"
import { makeLiveMessages } from "./liveMessages.ts"
import { number, print, table } from "./table.ts"

const messages = 50_000
const events = 500

/** Measures messages a second that one core reads and applies, by kind. */
const digest = (): ReadonlyArray<ReadonlyArray<string>> => {
  const source = makeLiveMessages()
  const orders = makeObservedOrders()
  const ledger = makeOrderLedger(0)
  let book: Book | undefined
  const apply = (text: string): void => {
    const message = readMessage(text)
    if (message._tag !== "Data") throw new Error("unreadable")
    const { channel, isSnapshot, rows, sequence } = message
    if (channel === "executions") {
      ledger.apply(isSnapshot, rows, sequence)
      for (const row of rows) orders.apply(isSnapshot, row)
    } else
      for (const row of rows) {
        if (channel === "ticker") readTicker(row)
        else {
          const after = applyToBook(book, isSnapshot, row, 100)
          if (typeof after === "string") throw new Error(after)
          book = after
        }
      }
  }
  return (["ticker", "book", "executions"] as const).map((channel) => {
    const first = source.snapshot(channel)
    if (first !== undefined) apply(first)
    const texts = Array.from({ length: messages }, () => source[channel]())
    const before = process.cpuUsage()
    for (const text of texts) apply(text)
    const { system, user } = process.cpuUsage(before)
    const micros = (system + user) / messages
    return [channel === "book" ? "book, with its checksum" : channel, number(1e6 / micros, 0), number(micros, 1)]
  })
}

/** Measures the time from the sending of a fill to the reader of events, in milliseconds, over a real socket. */
const latencies = Effect.gen(function* () {
  const source = makeLiveMessages()
  const feed = yield* makeTestFeed(source.snapshot)
  const program = Effect.gen(function* () {
    const account = yield* AccountData
    let waiting: { readonly id: string; readonly arrived: Deferred.Deferred<number> } | undefined
    yield* Effect.fork(
      Stream.runForEach(account.events, (event) =>
        event._tag === "Filled" && event.fill.id === waiting?.id
          ? Deferred.succeed(waiting.arrived, performance.now())
          : Effect.void
      )
    )
    while (Option.isNone(yield* account.orders.live)) yield* Effect.sleep("10 millis")
    const times: Array<number> = []
    for (let n = 0; n < events; n++) {
      const texts = Array.from({ length: 4 }, () => source.executions())
      const arrived = yield* Deferred.make<number>()
      waiting = { id: source.lastFill(), arrived }
      const sent = performance.now()
      for (const text of texts) feed.send(text)
      times.push((yield* Deferred.await(arrived)) - sent)
      yield* Effect.sleep("2 millis")
    }
    return times.toSorted((a, b) => a - b)
  })
  return yield* Effect.provide(program, [feedsOf(feed.url)])
}).pipe(Effect.scoped)

/** Measures live data: messages a second, and the time from an event to its reader. */
export const live = async (): Promise<void> => {
  print(table("17. Live messages that one core digests", ["channel", "a second", "µs each"], digest()))
  const times = await Effect.runPromise(latencies)
  const at = (share: number) => number(times[Math.floor(times.length * share)], 2)
  print(
    table(
      "17. From a fill to the reader of events, ms",
      ["by", "p50", "p99"],
      [
        ["live events", at(0.5), at(0.99)],
        ["requests each 15 s, by their pause", "7500.00", "14850.00"]
      ]
    )
  )
}
