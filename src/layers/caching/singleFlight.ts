import { Deferred, Effect, Exit, FiberId, Option } from "effect"

/**
 * Makes a function that runs an effect once for all calls with an equal key that come while it runs, or before it runs
 * `close`. All of them end as it does. If the caller that runs it is interrupted, the next one runs it again for the others.
 *
 * Effect's `Cache` does not fit: it interrupts all who wait together with the first caller, and does not forget a value
 * as soon as it is there.
 */
export const makeSingleFlight = <A, E, R>() => {
  const flights = new Map<string, Deferred.Deferred<Option.Option<Exit.Exit<A, E>>>>()

  const share = (key: string, run: (close: Effect.Effect<void>) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) => {
      const flight = flights.get(key)
      if (flight !== undefined) {
        return restore(
          Effect.flatMap(
            Deferred.await(flight),
            Option.getOrElse((): Effect.Effect<A, E, R> => share(key, run))
          )
        )
      }
      const made = Deferred.unsafeMake<Option.Option<Exit.Exit<A, E>>>(FiberId.none)
      flights.set(key, made)
      const close = () => {
        if (flights.get(key) === made) flights.delete(key)
      }
      return Effect.onExit(restore(Effect.suspend(() => run(Effect.sync(close)))), (exit) =>
        Effect.suspend(() => {
          close()
          return Deferred.succeed(made, Exit.isInterrupted(exit) ? Option.none() : Option.some(exit))
        })
      )
    })
  return share
}
