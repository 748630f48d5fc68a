import { Duration, Effect } from "effect"

/** Makes a preparation that runs at its first use. One that failed runs again at the next. */
export const prepareOnce = <E>(prepare: Effect.Effect<void, E>): Effect.Effect<Effect.Effect<void, E>> =>
  Effect.map(Effect.cachedInvalidateWithTTL(prepare, Duration.infinity), ([once, again]) =>
    Effect.tapError(once, () => again)
  )
