import { Clock, Context, DefaultServices, Duration, Effect, Exit, Fiber, FiberId, FiberRefs, Runtime } from "effect"

/** The clock of this machine, as opposed to one that tests set. */
const machineClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** Runs an effect after some milliseconds, unless the returned function stops that before. */
export type StartTimer<R> = (millis: number, effect: Effect.Effect<unknown, never, R>) => () => void

/**
 * Makes timers that run effects in a runtime. A fiber that sleeps does the same for ten times the processor time, and is
 * only used with a clock that tests set.
 */
const timersIn = <R>(runtime: Runtime.Runtime<R>): StartTimer<R> => {
  const services = FiberRefs.getOrDefault(runtime.fiberRefs, DefaultServices.currentServices)
  const isMachine = Context.get(services, Clock.Clock) === machineClock
  const run = Runtime.runFork(runtime)
  return (millis, effect) => {
    if (isMachine) {
      const timer = setTimeout(() => void run(effect), millis)
      return () => clearTimeout(timer)
    }
    const fiber = run(Effect.delay(effect, Duration.millis(millis)))
    return () => fiber.unsafeInterruptAsFork(FiberId.none)
  }
}

/** Makes timers that run effects as this fiber would. */
export const timers = <R = never>(): Effect.Effect<StartTimer<R>, never, R> => Effect.map(Effect.runtime<R>(), timersIn)

/**
 * Interrupts an effect after some milliseconds, and fails once it has ended. `Effect.timeoutFail` does the same for three
 * times the processor time.
 */
export const withTimeout = <A, E, R, E1>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  onTimeout: () => E1
): Effect.Effect<A, E | E1, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.async<A, E | E1>((resume) => {
      let timedOut = false
      const fiber = Runtime.runFork(runtime)(effect)
      const interrupt = Effect.sync(() => {
        timedOut = true
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      const stop = timersIn(runtime)(millis, interrupt)
      fiber.addObserver((exit) => {
        stop()
        resume(timedOut && Exit.isInterrupted(exit) ? Effect.fail(onTimeout()) : exit)
      })
      return Fiber.interrupt(fiber)
    })
  )
