import { Deferred, Effect, FiberId } from "effect"
import type { Priority } from "../../../services/KrakenClient.ts"

/** Priorities from the most to the least urgent, as ranks. */
const ranks: Record<Priority, number> = { cancel: 0, settlement: 1, write: 2, read: 3 }

/** A waiter in a queue, with what it waits for. */
export interface Waiter<A> {
  readonly rank: number
  readonly value: A
  /** Completes when the waiter might have become the first. */
  wakeUp: Deferred.Deferred<void> | undefined
}

/**
 * Makes a queue in which the most urgent waiter comes first, and waiters of one priority in the order of arrival. The
 * waiter that leaves, served or interrupted, wakes up the next one.
 */
export const makePriorityQueue = <A = void>(options: {
  /** Lets a more urgent waiter in before the first one. Without it, the first one is being served until it leaves. */
  readonly canOvertakeFirst: boolean
}) => {
  const waiters: Array<Waiter<A>> = []

  /** Counts the waiters that a new one has to wait for. */
  const placeOf = (priority: Priority): number => {
    const place = waiters.findIndex(
      ({ rank }, index) => rank > ranks[priority] && (index > 0 || options.canOvertakeFirst)
    )
    return place === -1 ? waiters.length : place
  }

  const isFirst = (waiter: Waiter<A>): boolean => waiters[0] === waiter

  const remove = (waiter: Waiter<A>): void => {
    const place = waiters.indexOf(waiter)
    if (place !== -1) waiters.splice(place, 1)
  }

  const untilFirst = (waiter: Waiter<A>): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (isFirst(waiter)) return Effect.void
      waiter.wakeUp = Deferred.unsafeMake(FiberId.none)
      return Effect.zipRight(Deferred.await(waiter.wakeUp), untilFirst(waiter))
    })

  return {
    /** Returns the values of the waiters that a new one has to wait for. */
    before: (priority: Priority): ReadonlyArray<A> => waiters.slice(0, placeOf(priority)).map(({ value }) => value),
    enter: (priority: Priority, value: A): Waiter<A> => {
      const waiter = { rank: ranks[priority], value, wakeUp: undefined }
      waiters.splice(placeOf(priority), 0, waiter)
      return waiter
    },
    isFirst,
    /** Returns true if nobody but the waiter is in the queue. */
    isAlone: (waiter: Waiter<A>): boolean => waiters.length === 1 && isFirst(waiter),
    /** Returns true if only the waiter that is being served comes before this one. */
    isNext: (waiter: Waiter<A>): boolean => waiters[1] === waiter,
    /** Waits until the waiter is the first. */
    untilFirst,
    /** Waits, unless the waiter is ready, until somebody wakes it up. Its place is then to be looked at again. */
    untilWoken: (waiter: Waiter<A>, isReady: () => boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (isReady()) return Effect.void
        waiter.wakeUp = Deferred.unsafeMake(FiberId.none)
        return Deferred.await(waiter.wakeUp)
      }),
    /** Wakes up the waiter that comes after the one that is being served. */
    wakeNext: Effect.suspend(() => {
      const next = waiters[1]?.wakeUp
      return next === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(next, undefined))
    }),
    /** Removes a waiter that was served. It still has to leave, so that the next one wakes up. */
    remove,
    /** Removes the waiter if it is still in the queue, and wakes up the first one. */
    leave: (waiter: Waiter<A>): Effect.Effect<void> =>
      Effect.suspend(() => {
        remove(waiter)
        const next = waiters[0]?.wakeUp
        return next === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(next, undefined))
      })
  }
}
