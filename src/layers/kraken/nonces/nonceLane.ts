import { Effect } from "effect"
import type { Priority } from "../../../services/KrakenClient.ts"
import type { Turn } from "../../../services/NonceSource.ts"
import { timers } from "../../process/timer.ts"
import { makePriorityQueue, type Waiter } from "../priorities/priorityQueue.ts"

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * Takes the next nonce. `restore` marks the waits that can be interrupted. `kept` is the nonce of an earlier turn that was
 * not given back; the take gives it back if it cannot go on from it.
 */
export type Take<E = never> = (restore: Restore, kept?: bigint) => Effect.Effect<bigint, E>

/** The counter of the lane. */
export interface LaneCounter {
  /** Ends the turn of a nonce: its request was answered, or its time is over. */
  readonly giveBack: GiveBack
  /** Takes the number after `latest`, which this process holds. Undefined if others wait for the lane. */
  readonly takeAfter: (latest: bigint) => Effect.Effect<bigint | undefined>
}

/** Ends the turn of a nonce. */
export type GiveBack<E = never> = (nonce: bigint) => Effect.Effect<unknown, E>

/**
 * The longest turn, in milliseconds. A request that takes longer can be overtaken by the next one. Kraken then refuses
 * it for its nonce, which is safe.
 */
export const longestTurn = 3000

/** The turns that overlap: one, or some reads of a key with a nonce window. */
interface Overlap {
  readonly waiter: Waiter<void>
  /** The nonces whose turns have not ended, from the lowest. */
  readonly open: Set<bigint>
  latest: bigint
  /** Another read may join. */
  isOpen: boolean
}

/** A nonce that was taken, with the turns that it overlaps. */
interface Taken {
  readonly nonce: bigint
  readonly overlap: Overlap
}

/**
 * Makes the lane of this process: turns follow each other, and the most urgent waiter gets the next one. A turn that ends
 * while others wait is not given back, but passed on.
 *
 * Reads of a key with a nonce window overlap, as long as nobody more urgent waits and their nonces are within the window.
 * Everything else is alone.
 */
export const makeNonceLane = ({ giveBack, takeAfter }: LaneCounter) => {
  const queue = makePriorityQueue({ canOvertakeFirst: false })
  let kept: bigint | undefined
  let window = 0n
  /** The turns that are being served, which hold the first place in the queue. */
  let served: Overlap | undefined

  /** Leaves the lane, and passes the last nonce on to the next waiter, or gives it back if there is none. */
  const leave = (waiter: Waiter<void>) =>
    Effect.suspend(() => {
      if (kept === undefined || !queue.isAlone(waiter)) return queue.leave(waiter)
      const nonce = kept
      kept = undefined
      return Effect.zipRight(giveBack(nonce), queue.leave(waiter))
    })

  const fits = ({ isOpen, latest, open }: Overlap): boolean => {
    const [lowest = latest] = open
    return isOpen && latest + 1n - lowest < window
  }

  const use = <A, E, R>(
    restore: Restore,
    overlap: Overlap,
    nonce: bigint,
    use: (turn: Turn) => Effect.Effect<A, E, R>
  ) => {
    const end = Effect.suspend(() => {
      if (!overlap.open.delete(nonce)) return Effect.void
      if (overlap.open.size > 0) return queue.wakeNext
      kept = overlap.latest
      served = undefined
      return leave(overlap.waiter)
    })
    return Effect.flatMap(timers(), (startTimer) => {
      const stop = startTimer(longestTurn, end)
      return Effect.onExit(restore(use({ nonce, end })), () => {
        stop()
        return end
      })
    })
  }

  const canJoin = (waiter: Waiter<void>): boolean => served !== undefined && queue.isNext(waiter) && fits(served)

  /** Joins the reads that are being served. Undefined if that is not possible. */
  const join = (waiter: Waiter<void>) =>
    Effect.suspend((): Effect.Effect<Taken | undefined> => {
      const overlap = served
      if (overlap === undefined || !canJoin(waiter)) return Effect.succeed(undefined)
      return Effect.flatMap(takeAfter(overlap.latest), (nonce) => {
        if (nonce === undefined) {
          overlap.isOpen = false
          return Effect.succeed(undefined)
        }
        overlap.open.add(nonce)
        overlap.latest = nonce
        queue.remove(waiter)
        return Effect.as(queue.wakeNext, { nonce, overlap })
      })
    })

  return {
    /** Sets the distance between nonces that may arrive out of order. 0: none. */
    setWindow: (size: bigint): void => {
      window = size
    },

    turn: <A, E, R, E1>(
      priority: Priority,
      take: Take<E1>,
      using: (turn: Turn) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | E1, R> =>
      Effect.uninterruptibleMask((restore) => {
        const waiter = queue.enter(priority, undefined)
        const lead = Effect.suspend(() => {
          const last = kept
          kept = undefined
          return Effect.flatMap(take(restore, last), (nonce) => {
            const overlap = { waiter, open: new Set([nonce]), latest: nonce, isOpen: priority === "read" }
            served = overlap
            return Effect.as(fits(overlap) ? queue.wakeNext : Effect.void, { nonce, overlap })
          })
        })
        const isReady = () => queue.isFirst(waiter) || (priority === "read" && canJoin(waiter))
        const wait: Effect.Effect<Taken, E1> = Effect.flatMap(restore(queue.untilWoken(waiter, isReady)), () => taken)
        const taken: Effect.Effect<Taken, E1> = Effect.suspend(() => {
          if (queue.isFirst(waiter)) return lead
          if (priority !== "read") return wait
          return Effect.flatMap(join(waiter), (joined) => (joined === undefined ? wait : Effect.succeed(joined)))
        })
        return Effect.flatMap(
          Effect.onError(taken, () => Effect.zipRight(leave(waiter), queue.wakeNext)),
          ({ nonce, overlap }) => use(restore, overlap, nonce, using)
        )
      })
  }
}
