import { Effect, Queue } from "effect"
import type { Observed } from "../../../services/AccountData.ts"

/** The observed orders of an account without live events. */
export const nothingObserved: Observed = {
  keep: Effect.void,
  find: () => Effect.succeed([]),
  subscribe: Effect.acquireRelease(Queue.unbounded(), Queue.shutdown)
}
