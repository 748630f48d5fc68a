import { Data, Duration, Effect } from "effect"
import type { Limit } from "../../../domain/endpoints/rateCosts.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import { makePriorityQueue, type Waiter } from "../priorities/priorityQueue.ts"

interface Demand {
  readonly cost: number
  /** The part of the limit that is reserved for other requests. */
  readonly reserved: number
}

/** A request to be counted. */
export interface BucketRequest extends Demand {
  readonly priority: Priority
}

/** The same counter, as all servers of a key keep it together. */
export interface SharedLevel {
  /** Counts a cost unless the level would rise above `most`. Returns the level afterwards. Undefined: it is not known. */
  readonly take: (
    cost: number,
    most: number
  ) => Effect.Effect<{ readonly isTaken: boolean; readonly level: number } | undefined>
  /** Raises the level to `most`. */
  readonly fill: (most: number) => Effect.Effect<void>
}

/** The wait for the bucket would be too long. `seconds` is its length. */
export class WaitTooLong extends Data.TaggedError("WaitTooLong")<{ readonly seconds: number }> {}

/** A report of a wait, in seconds. */
type OnWait = (seconds: number) => Effect.Effect<void>

/** The longest wait, in seconds. */
const longestWait = 10

/** The pause between two slowdowns, in milliseconds. Refusals of calls that left before the first one are not counted. */
const slowdownPause = 2000

/** The time without a refusal after which a slowdown is halved, in milliseconds. */
const recovery = 30_000

/** The largest slowdown. With a decay of one a second, a single call then waits eight seconds. */
const slowest = 16

/**
 * Makes a counter as Kraken keeps it, with a queue of the requests that wait until it has fallen far enough.
 *
 * Effect's `RateLimiter` does not fit. Its calls have fixed costs, while here a refusal of Kraken's or the age of an
 * order changes the counter. It also cannot say how long a wait would be, nor let a cancel overtake. Only the first
 * waiter in the queue watches the clock.
 */
export const makeLeakyBucket = (limit: Limit, shared?: SharedLevel) => {
  let level = 0
  let at = 0
  /** The slowdown, a power of two, and the time of its last change. */
  let slowness = 1
  let slowedAt = -Infinity
  // A cancel overtakes the waiter that watches the clock.
  const queue = makePriorityQueue<Demand>({ canOvertakeFirst: true })

  const maximum = () => (slowness === 1 ? limit.maximum : Math.max(1, limit.maximum / slowness))

  /** The first slowdown makes bursts shorter, since calls at this pace were likely not the cause of the refusal. */
  const decayPerSecond = () => limit.decayPerSecond / Math.max(1, slowness / 2)

  const decayUntil = (time: number): void => {
    level = Math.max(0, level - (Math.max(0, time - at) / 1000) * decayPerSecond())
    at = Math.max(at, time)
  }

  const levelAt = (now: number): number => {
    while (slowness > 1 && now - slowedAt >= recovery) {
      slowedAt += recovery
      decayUntil(slowedAt)
      slowness /= 2
    }
    decayUntil(now)
    return level
  }

  const change = (to: (level: number) => number, now: number): void => {
    level = to(levelAt(now))
  }

  const secondsUntil = ({ cost, reserved }: Demand, now: number) => {
    const missing = levelAt(now) + cost - (maximum() - reserved)
    return missing > rounding ? missing / decayPerSecond() : 0
  }

  const wait = (waiter: Waiter<Demand>): Effect.Effect<void, WaitTooLong> =>
    Effect.flatMap(monotonic, (now) => {
      if (!queue.isFirst(waiter)) return Effect.zipRight(queue.untilFirst(waiter), wait(waiter))
      const seconds = secondsUntil(waiter.value, now)
      if (seconds >= longestWait) return tooLong(seconds)
      if (seconds > 0) return Effect.zipRight(Effect.sleep(Duration.millis(Math.ceil(seconds * 1000))), wait(waiter))
      change((level) => level + waiter.value.cost, now)
      // Removed in the same step, so that the cost is not counted twice for a request that arrives now.
      queue.remove(waiter)
      return Effect.void
    })

  const takeHere = ({ cost, priority, reserved }: BucketRequest, onWait: OnWait) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(monotonic, (now): Effect.Effect<void, WaitTooLong> => {
        const costs = queue.before(priority).reduce((sum, before) => sum + before.cost, cost)
        const seconds = secondsUntil({ cost: costs, reserved }, now)
        if (seconds >= longestWait) return tooLong(seconds)
        const waiter = queue.enter(priority, { cost, reserved })
        // Forked, so that a client that is slow to listen does not hold up the queue.
        const notify = seconds > 0 ? Effect.fork(onWait(seconds)) : Effect.void
        return Effect.ensuring(restore(Effect.zipRight(notify, wait(waiter))), queue.leave(waiter))
      })
    )

  /** Counts a cost that this server has counted among all servers, too, and takes over what the others have counted. */
  const countTogether = (cost: number, most: number): Effect.Effect<boolean> =>
    shared === undefined
      ? Effect.succeed(true)
      : Effect.flatMap(shared.take(cost, most), (found) =>
          Effect.map(monotonic, (now) => {
            if (found === undefined) return true
            change((level) => Math.max(found.isTaken ? level : level - cost, found.level), now)
            return found.isTaken
          })
        )

  /** Counts a request here first, where it waits, and then among all servers. Waits again if the others were faster. */
  const take = (request: BucketRequest, onWait: OnWait): Effect.Effect<void, WaitTooLong> =>
    takeHere(request, onWait).pipe(
      Effect.zipRight(Effect.suspend(() => countTogether(request.cost, maximum() - request.reserved))),
      Effect.flatMap((isTaken) => (isTaken ? Effect.void : take(request, onWait)))
    )

  return {
    /**
     * Counts a request, now or after a wait of less than ten seconds. `onWait` is called with the seconds to wait. Fails
     * at once if the wait would be longer.
     */
    take,
    /** Counts a request at once, whatever the level. It does not wait until the other servers know. */
    add: (cost: number): Effect.Effect<void> =>
      Effect.flatMap(monotonic, (now) => {
        change((level) => level + cost, now)
        return shared === undefined
          ? Effect.void
          : Effect.asVoid(Effect.forkDaemon(countTogether(cost, Number.MAX_SAFE_INTEGER)))
      }),
    /** Raises the counter to its maximum, after Kraken has said that it is full. */
    fill: Effect.flatMap(monotonic, (now) => {
      change((level) => Math.max(level, maximum()), now)
      return shared === undefined ? Effect.void : shared.fill(maximum())
    }),
    /**
     * Lowers a limit that is only assumed, after Kraken has refused a call, and fills the counter. Without further
     * refusals the limit recovers.
     */
    slowDown: Effect.map(monotonic, (now) => {
      levelAt(now)
      if (now - slowedAt >= slowdownPause) slowness = Math.min(slowest, slowness * 2)
      slowedAt = now
      level = maximum()
    }),
    level: Effect.map(monotonic, levelAt)
  }
}

export type LeakyBucket = ReturnType<typeof makeLeakyBucket>

/** The error of levels, which are sums of fractions. */
const rounding = 1e-9

const tooLong = (seconds: number) => new WaitTooLong({ seconds: Math.ceil(seconds - rounding) })
