import { Clock, Effect } from "effect"

/** Milliseconds on a clock that nobody can set: only differences mean something. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) =>
  Number(nanos / 1_000_000n)
)
