import { Deferred, Effect, FiberId, type Scope } from "effect"
import type { Priority } from "../../../services/KrakenClient.ts"
import type { Turn } from "../../../services/NonceSource.ts"

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Takes the next nonce. `restore` marks the waits that can be interrupted. */
export type Take<E = never> = (restore: Restore) => Effect.Effect<bigint, E>

/** Notes that the request with a nonce was answered, or that its time is over. */
export type GiveBack<E = never> = (nonce: bigint) => Effect.Effect<unknown, E>

/** How long a turn lasts at the most. A request that is overtaken later is refused for its nonce, which is safe. */
export const longestTurn = 3000

/** Turns of this process, one after the other; the most urgent waits least. */
export const makeNonceLane = (giveBack: GiveBack) => {
  const lane = makeLane()
  return <E>(priority: Priority, take: Take<E>): Effect.Effect<Turn, E, Scope.Scope> =>
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
