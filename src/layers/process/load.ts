import { Effect } from "effect"
import { InternalError } from "./InternalError.ts"

/** Loads a module when it is needed. */
export const load = <A>(part: () => Promise<A>): Effect.Effect<A, InternalError> =>
  Effect.tryPromise(part).pipe(
    Effect.tapErrorCause((cause) => Effect.logFatal("A part of the program can't be loaded", cause)),
    Effect.mapError(
      () => new InternalError({ message: "A part of the program can't be loaded. If it was updated, start it again." })
    )
  )
