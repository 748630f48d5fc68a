import { Effect, Layer } from "effect"
import { Metrics } from "../../src/services/Metrics.ts"
import { type Fault, Readiness } from "../../src/services/Readiness.ts"

/** A server that is ready unless a test says otherwise, and has no metrics. */
export const TestStatus = (faults: Effect.Effect<ReadonlyArray<Fault>> = Effect.succeed([])) =>
  Layer.merge(
    Layer.succeed(Readiness, { faults, faultsOf: () => faults }),
    Layer.succeed(Metrics, { collect: Effect.void, text: Effect.succeed("a_total 1\n") })
  )
