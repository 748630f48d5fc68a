import { Data, Deferred, Duration, Effect, FiberId } from "effect"
import type { Limit } from "../../../domain/endpoints/rateCosts.ts"
import { monotonic } from "../../../services/Clocks.ts"

/** What somebody who wants to pass brings. */
export interface BucketRequest {
  readonly cost: number
  /** Smaller goes first; equals in order of arrival. */
  readonly rank: number
  /** How much of the limit is kept for others. */
  readonly keep: number
}

/** It would take too long. */
export class WaitTooLong extends Data.TaggedError("TooLong")<{ readonly seconds: number }> {}

/** Nobody waits this long, in seconds. */
const patience = 10

interface Waiter extends BucketRequest {
  /** Done when those before have left. */
  turn: Deferred.Deferred<void>
}

/**
 * A counter as Kraken keeps it, and those who wait until it has fallen far enough.
 *
 * Effect's `RateLimiter` does not fit: its calls cost what they cost whatever happens meanwhile, while here a refusal
 * of Kraken's or an order's age changes the counter; and it can't tell how long a wait would be, nor let a cancel
 * overtake. Only the first in the queue watches the clock; whoever leaves, by passing or interrupted, wakes the next.
 */
export const makeLeakyBucket = ({ decayPerSecond, maximum }: Limit) => {
  let level = 0
  let at = 0
  const queue: Array<Waiter> = []

  const levelAt = (now: number) => Math.max(0, level - (Math.max(0, now - at) / 1000) * decayPerSecond)

  const raise = (to: (level: number) => number) =>
    Effect.map(monotonic, (now) => {
      level = to(levelAt(now))
      at = now
    })

  const secondsUntil = ({ cost, keep }: Omit<BucketRequest, "rank">, now: number) => {
    const missing = levelAt(now) + cost - (maximum - keep)
    return missing > rounding ? missing / decayPerSecond : 0
  }

  const leave = (waiter: Waiter) =>
    Effect.suspend(() => {
      const place = queue.indexOf(waiter)
      if (place >= 0) queue.splice(place, 1)
      const next = queue[0]
      return next === undefined ? Effect.void : Deferred.succeed(next.turn, undefined)
    })

  /** Passes if it is the waiter's turn and the counter allows it; else the seconds to wait, or what to wait for. */
  const step = (waiter: Waiter, now: number): "passed" | "not first" | number => {
    if (queue[0] !== waiter) return "not first"
    const seconds = secondsUntil(waiter, now)
    if (seconds > 0) return seconds
    level = levelAt(now) + waiter.cost
    at = now
    queue.shift()
    return "passed"
  }

  const wait = (waiter: Waiter): Effect.Effect<void, WaitTooLong> =>
    Effect.flatMap(monotonic, (now) => {
      const next = step(waiter, now)
      if (next === "passed") return Effect.void
      if (next === "not first") {
        waiter.turn = Deferred.unsafeMake(FiberId.none)
        return Effect.zipRight(Deferred.await(waiter.turn), wait(waiter))
      }
      if (next >= patience) return tooLong(next)
      return Effect.zipRight(Effect.sleep(Duration.millis(Math.ceil(next * 1000))), wait(waiter))
    })

  return {
    /** Passes now, or after a wait of less than ten seconds, which `onWait` hears of. */
    pass: (
      passage: BucketRequest,
      onWait: (seconds: number) => Effect.Effect<void>
    ): Effect.Effect<void, WaitTooLong> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(monotonic, (now) => {
          const before = queue.filter(({ rank }) => rank <= passage.rank)
          const cost = before.reduce((sum, { cost }) => sum + cost, passage.cost)
          const seconds = secondsUntil({ cost, keep: passage.keep }, now)
          if (seconds >= patience) return tooLong(seconds)
          const waiter: Waiter = { ...passage, turn: Deferred.unsafeMake(FiberId.none) }
          queue.splice(before.length, 0, waiter)
          // A client that is slow to listen does not hold up the queue.
          const tell = seconds > 0 ? Effect.fork(onWait(seconds)) : Effect.void
          return Effect.ensuring(restore(Effect.zipRight(tell, wait(waiter))), leave(waiter))
        })
      ),
    /** Counts what happens whatever the counter says. */
    add: (cost: number): Effect.Effect<void> => raise((level) => level + cost),
    /** Kraken says that the counter is full. */
    fill: raise((level) => Math.max(level, maximum)),
    level: Effect.map(monotonic, levelAt),
    /** Whether it is as good as new, at `now` (monotonic, ms). */
    isIdle: (now: number): boolean => queue.length === 0 && levelAt(now) === 0
  }
}

export type LeakyBucket = ReturnType<typeof makeLeakyBucket>

/** A counter of fractions is never met exactly. */
const rounding = 1e-9

const tooLong = (seconds: number) => new WaitTooLong({ seconds: Math.ceil(seconds - rounding) })
