import { Duration, Effect } from "effect"

/** Makes a preparation that runs at its first use. One that failed runs again at the next. */
export const prepareOnce = <E>(prepare: Effect.Effect<void, E>): Effect.Effect<Effect.Effect<void, E>> =>
  Effect.map(Effect.cachedInvalidateWithTTL(prepare, Duration.infinity), ([once, again]) =>
    Effect.tapError(once, () => again)
  )

/** The advisory lock of servers that prepare the database: any constant of this program. */
const preparing = 7_263_188

/**
 * Makes one transaction of statements that create what is missing. One server at a time runs it, since of two at once one
 * would fail.
 */
export const exclusive = (statements: string): string => `SELECT pg_advisory_xact_lock(${preparing});\n${statements}`
