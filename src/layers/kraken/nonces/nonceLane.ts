import { Deferred, Effect, FiberId, type Scope } from "effect"
import type { Priority } from "../../../services/KrakenClient.ts"
import type { Turn } from "../../../services/NonceSource.ts"

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Where nonces come from, one at a time. */
export interface Counter<E = never> {
  /** The next nonce; `restore` marks where waiting for it may be interrupted. */
  readonly take: (restore: Restore) => Effect.Effect<bigint, E>
  /** What was sent with the nonce has been answered, or has had its time. */
  readonly giveBack: (nonce: bigint) => Effect.Effect<unknown, E>
}

/** How long a turn lasts at the most. A request that is overtaken later is refused for its nonce, which is safe. */
export const longestTurn = 3000

/** Turns of this process, one after the other; the most urgent waits least. */
export const makeNonceLane = ({ giveBack, take }: Counter) => {
  const lane = makeLane()
  return (priority: Priority): Effect.Effect<Turn, never, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* lane.enter(priority, restore)
        const nonce = yield* Effect.onError(take(restore), () => lane.leave)
        const end = yield* Effect.once(Effect.zipRight(giveBack(nonce), lane.leave))
        yield* Effect.addFinalizer(() => end)
        yield* Effect.forkScoped(Effect.interruptible(Effect.delay(Effect.uninterruptible(end), longestTurn)))
        return { nonce }
      })
    )
}

interface Waiter {
  readonly rank: number
  readonly admitted: Deferred.Deferred<void>
}

const ranks: Record<Priority, number> = { cancel: 0, settlement: 1, write: 2, read: 3 }

const makeLane = () => {
  let taken = false
  /** The most urgent first, then as they came. */
  const waiting: Array<Waiter> = []

  const leave = Effect.suspend(() => {
    const next = waiting.shift()
    taken = next !== undefined
    return next === undefined ? Effect.void : Deferred.succeed(next.admitted, undefined)
  })

  const enter = (priority: Priority, restore: Restore) =>
    Effect.suspend(() => {
      if (!taken) {
        taken = true
        return Effect.void
      }
      const waiter: Waiter = { rank: ranks[priority], admitted: Deferred.unsafeMake(FiberId.none) }
      const behind = waiting.findIndex(({ rank }) => rank > waiter.rank)
      waiting.splice(behind === -1 ? waiting.length : behind, 0, waiter)
      return restore(Deferred.await(waiter.admitted)).pipe(Effect.onInterrupt(() => giveUp(waiter)))
    })

  /** Who is admitted and interrupted at once passes the place on. */
  const giveUp = (waiter: Waiter) =>
    Effect.suspend(() => {
      const place = waiting.indexOf(waiter)
      if (place === -1) return leave
      waiting.splice(place, 1)
      return Effect.void
    })

  return { enter, leave }
}
