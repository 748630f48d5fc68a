import { Clock, Effect, Either, Queue, Stream } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import type { OpenOrders } from "../../domain/live/values.ts"
import { report } from "../../services/CallContext.ts"
import { KrakenRateLimitError } from "../../services/KrakenErrors.ts"
import type { Feed, Snapshot } from "../../services/MarketData.ts"

/** Orders by their ids, as far as they are known. */
export type Orders = { readonly [txid: string]: Result<"private/QueryOrders">[string] | undefined }

/** A reading of orders. `unknown` are those of which no state will be found. */
export interface Reading {
  readonly orders: Orders
  readonly unknown: ReadonlyArray<string>
}

/** The part of the feed of open orders that is used here. */
interface OpenOrdersFeed<R> extends Pick<Feed<OpenOrders>, "isPrompt"> {
  readonly pushed: Stream.Stream<Snapshot<OpenOrders>, unknown, R>
}

/** The pause after the first reading, and the longest one, in milliseconds. */
const [firstPause, longestPause] = [1000, 5000]

/** The least and the longest time between two reports of progress, in milliseconds. */
const reports = { least: 1000, longest: 5000 }

const ended: ReadonlySet<string> = new Set(["closed", "canceled", "expired"])

/** Checks that an order cannot change any more. */
export const hasEnded = (order: Orders[string]): boolean => order !== undefined && ended.has(order.status)

/**
 * Waits until all orders have ended, for at most `seconds`, and gives the last reading.
 *
 * While the feed of open orders is prompt, Kraken is asked at the beginning, once none of the orders is among the open
 * ones, and at the end of the time. An order that is missing there although a reading shows it open, such as one that was
 * just placed, is read again after a pause.
 *
 * Otherwise readings are one second apart at first and five later: at most thirteen in 45 s. One that fails, after another
 * succeeded, is left out; one that Kraken's rate limit refuses is made again when the limit allows. Interrupting it ends
 * the readings.
 */
export const awaitOrders = Effect.fnUntraced(function* <E extends { readonly _tag: string }, R, R2>(
  txids: ReadonlyArray<string>,
  seconds: number,
  read: (txids: ReadonlyArray<string>) => Effect.Effect<Reading, E, R>,
  { isPrompt, pushed }: OpenOrdersFeed<R2>
) {
  const until = (yield* Clock.currentTimeMillis) + seconds * 1000
  const woken = yield* Queue.sliding<void>(1)
  const feed: { open: OpenOrders | undefined } = { open: undefined }
  const note = (open: OpenOrders | undefined) =>
    Effect.sync(() => {
      feed.open = open
      Queue.unsafeOffer(woken, undefined)
    })
  // The feed is followed before the first reading, so that nothing happens in between unseen.
  if (seconds > 0)
    yield* Stream.runForEach(pushed, ({ value }) => note(value)).pipe(
      Effect.catchAll(() => note(undefined)),
      Effect.forkScoped
    )
  let reading: Reading = yield* read(txids)
  const open = () => txids.filter((txid) => !hasEnded(reading.orders[txid]) && !reading.unknown.includes(txid))

  let pause = firstPause
  let nextRead = (yield* Clock.currentTimeMillis) + pause
  let heldUntil = 0
  let wereGone = false
  let [reported, reportedAt] = [0, -Infinity]
  while (open().length > 0) {
    const waiting = open()
    const now = yield* Clock.currentTimeMillis
    const known = (yield* isPrompt) ? feed.open : undefined
    const areGone = known !== undefined && waiting.every((txid) => !known.has(txid))
    if (areGone && !wereGone) nextRead = Math.max(now, heldUntil)
    wereGone = areGone
    const due = known !== undefined && !areGone ? until : Math.min(nextRead, until)
    if (now < due) {
      if (now - reportedAt >= reports.least) {
        reportedAt = now
        yield* report({ progress: ++reported, message: `${waiting.length} of ${txids.length} orders open` })
      }
      yield* Effect.timeoutOption(Queue.take(woken), Math.min(due - now, reports.longest))
      continue
    }
    const next = yield* Effect.either(read(waiting))
    if (Either.isRight(next)) {
      reading = {
        orders: { ...reading.orders, ...next.right.orders },
        unknown: [...reading.unknown, ...next.right.unknown]
      }
    }
    if (now >= until) break
    pause = Math.min(longestPause, pause * 1.5)
    const after = yield* Clock.currentTimeMillis
    const held =
      Either.isLeft(next) && next.left instanceof KrakenRateLimitError ? next.left.retryAfterSeconds * 1000 : 0
    heldUntil = after + held
    nextRead = after + Math.max(pause, held)
  }
  return reading
}, Effect.scoped)
