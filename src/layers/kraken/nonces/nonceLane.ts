import { Effect, type Scope } from "effect"
import type { Priority } from "../../../services/KrakenClient.ts"
import type { Turn } from "../../../services/NonceSource.ts"
import { makePriorityQueue } from "../priorities/priorityQueue.ts"

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Takes the next nonce. `restore` marks the waits that can be interrupted. */
export type Take<E = never> = (restore: Restore) => Effect.Effect<bigint, E>

/** Ends the turn of a nonce: its request was answered, or its time is over. */
export type GiveBack<E = never> = (nonce: bigint) => Effect.Effect<unknown, E>

/**
 * The longest turn, in milliseconds. A request that takes longer can be overtaken by the next one. Kraken then refuses
 * it for its nonce, which is safe.
 */
export const longestTurn = 3000

/** Makes the lane of this process: turns follow each other, and the most urgent waiter gets the next one. */
export const makeNonceLane = (giveBack: GiveBack) => {
  const queue = makePriorityQueue({ canOvertakeFirst: false })
  return <E>(priority: Priority, take: Take<E>): Effect.Effect<Turn, E, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const waiter = queue.enter(priority, undefined)
        yield* Effect.onInterrupt(restore(queue.untilFirst(waiter)), () => queue.leave(waiter))
        const nonce = yield* Effect.onError(take(restore), () => queue.leave(waiter))
        const end = yield* Effect.once(Effect.zipRight(giveBack(nonce), queue.leave(waiter)))
        yield* Effect.addFinalizer(() => end)
        yield* Effect.forkScoped(Effect.interruptible(Effect.delay(Effect.uninterruptible(end), longestTurn)))
        return { nonce }
      })
    )
}
