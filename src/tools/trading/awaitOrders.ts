import { Clock, Effect, Either } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { report } from "../../services/CallContext.ts"
import { KrakenRateLimitError } from "../../services/KrakenErrors.ts"

/** Orders by their ids, as far as they are known. */
export type Orders = { readonly [txid: string]: Result<"private/QueryOrders">[string] | undefined }

/** A reading of orders. `unknown` are those of which no state will be found. */
export interface Reading {
  readonly orders: Orders
  readonly unknown: ReadonlyArray<string>
}

/** The pause after the first reading, and the longest one, in milliseconds. */
const [firstPause, longestPause] = [1000, 5000]

const ended: ReadonlySet<string> = new Set(["closed", "canceled", "expired"])

/** Checks that an order cannot change any more. */
export const hasEnded = (order: Orders[string]): boolean => order !== undefined && ended.has(order.status)

/**
 * Waits until all orders have ended, for at most `seconds`, and gives the last reading. Readings are one second apart at
 * first and five later: at most thirteen in 45 s. One that fails, after another succeeded, is left out;
 * one that Kraken's rate limit refuses is made again when the limit allows. Interrupting it ends the readings.
 */
export const awaitOrders = Effect.fnUntraced(function* <E extends { readonly _tag: string }, R>(
  txids: ReadonlyArray<string>,
  seconds: number,
  read: (txids: ReadonlyArray<string>) => Effect.Effect<Reading, E, R>
) {
  const until = (yield* Clock.currentTimeMillis) + seconds * 1000
  let reading: Reading = yield* read(txids)
  const open = () => txids.filter((txid) => !hasEnded(reading.orders[txid]) && !reading.unknown.includes(txid))
  let pause = firstPause
  let held = 0
  for (let n = 1; open().length > 0; n++) {
    const left = until - (yield* Clock.currentTimeMillis)
    if (left <= 0) break
    const waiting = open()
    yield* report({ progress: n, message: `${waiting.length} of ${txids.length} orders open` })
    yield* Effect.sleep(Math.min(Math.max(pause, held), left))
    pause = Math.min(longestPause, pause * 1.5)
    const next = yield* Effect.either(read(waiting))
    held = Either.isLeft(next) && next.left instanceof KrakenRateLimitError ? next.left.retryAfterSeconds * 1000 : 0
    if (Either.isRight(next)) {
      reading = {
        orders: { ...reading.orders, ...next.right.orders },
        unknown: [...reading.unknown, ...next.right.unknown]
      }
    }
  }
  return reading
})
