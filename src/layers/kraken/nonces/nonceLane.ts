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

/** Ends the turn of a nonce: its request was answered, or its time is over. */
export type GiveBack<E = never> = (nonce: bigint) => Effect.Effect<unknown, E>

/**
 * The longest turn, in milliseconds. A request that takes longer can be overtaken by the next one. Kraken then refuses
 * it for its nonce, which is safe.
 */
export const longestTurn = 3000

/**
 * Makes the lane of this process: turns follow each other, and the most urgent waiter gets the next one. A turn that ends
 * while others wait is not given back, but passed on.
 */
export const makeNonceLane = (giveBack: GiveBack) => {
  const queue = makePriorityQueue({ canOvertakeFirst: false })
  let kept: bigint | undefined

  /** Leaves the lane, and passes the last nonce on to the next waiter, or gives it back if there is none. */
  const leave = (waiter: Waiter<void>) =>
    Effect.suspend(() => {
      if (kept === undefined || !queue.isAlone(waiter)) return queue.leave(waiter)
      const nonce = kept
      kept = undefined
      return Effect.zipRight(giveBack(nonce), queue.leave(waiter))
    })

  const inTurn = <A, E, R>(
    restore: Restore,
    waiter: Waiter<void>,
    nonce: bigint,
    use: (turn: Turn) => Effect.Effect<A, E, R>
  ) => {
    let ended = false
    const end = Effect.suspend(() => {
      if (ended) return Effect.void
      ended = true
      kept = nonce
      return leave(waiter)
    })
    return Effect.flatMap(timers(), (startTimer) => {
      const stop = startTimer(longestTurn, end)
      return Effect.onExit(restore(use({ nonce, end })), () => {
        stop()
        return end
      })
    })
  }

  return <A, E, R, E1>(
    priority: Priority,
    take: Take<E1>,
    use: (turn: Turn) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | E1, R> =>
    Effect.uninterruptibleMask((restore) => {
      const waiter = queue.enter(priority, undefined)
      const taken = Effect.flatMap(restore(queue.untilFirst(waiter)), () => {
        const last = kept
        kept = undefined
        return take(restore, last)
      })
      return Effect.flatMap(
        Effect.onError(taken, () => leave(waiter)),
        (nonce) => inTurn(restore, waiter, nonce, use)
      )
    })
}
