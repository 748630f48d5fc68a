import { Effect, Fiber } from "effect"
import { report } from "../../../services/CallContext.ts"
import type { Call } from "../protocol/serverDefinition.ts"

/** Seconds before the first progress notification, and between later ones. */
const [firstDelay, laterDelay] = [1, 5]

/** Sends progress notifications while a call runs, if the client asked for progress. */
export const withProgressHeartbeat = <A, E, R>(call: Call, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  call.meta["progressToken"] === undefined
    ? effect
    : Effect.acquireUseRelease(
        // A fiber inherits that acquisition can't be interrupted, and the release interrupts this one.
        Effect.fork(Effect.interruptible(heartbeat(firstDelay))),
        () => effect,
        Fiber.interrupt
      )

const heartbeat = (seconds: number, passed = 0): Effect.Effect<never> =>
  Effect.sleep(`${seconds} seconds`).pipe(
    Effect.zipRight(report({ progress: 0, message: `Waiting for Kraken, ${passed + seconds} s so far` })),
    Effect.zipRight(Effect.suspend(() => heartbeat(laterDelay, passed + seconds)))
  )
