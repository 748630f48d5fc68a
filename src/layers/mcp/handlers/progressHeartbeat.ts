import { Effect, Fiber } from "effect"
import { report } from "../../../services/CallContext.ts"
import type { Call } from "../protocol/serverDefinition.ts"

/** Seconds after which a client first hears that its call goes on, and seconds from then to then. */
const [first, then] = [1, 5]

/** Tells a client that asked for progress that its call goes on, though nothing else is to be told. */
export const withProgressHeartbeat = <A, E, R>(call: Call, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  call.meta["progressToken"] === undefined
    ? effect
    : Effect.acquireUseRelease(
        // What is forked while a resource is acquired could not be interrupted.
        Effect.fork(Effect.interruptible(beat(first))),
        () => effect,
        Fiber.interrupt
      )

const beat = (seconds: number, passed = 0): Effect.Effect<never> =>
  Effect.sleep(`${seconds} seconds`).pipe(
    Effect.zipRight(report({ progress: 0, message: `Waiting for Kraken, ${passed + seconds} s so far` })),
    Effect.zipRight(Effect.suspend(() => beat(then, passed + seconds)))
  )
