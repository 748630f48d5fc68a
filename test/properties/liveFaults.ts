import * as fc from "fast-check"
import type { LiveFault } from "../doubles/LiveEvents.ts"

/** The fates of live events: most come, others are lost, come twice, or come up to a minute later. */
export const liveFaults: fc.Arbitrary<ReadonlyArray<LiveFault>> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant("pass" as const) },
    { weight: 1, arbitrary: fc.constantFrom("drop" as const, "twice" as const) },
    { weight: 2, arbitrary: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 900, max: 60_000 })) }
  ),
  { minLength: 1, maxLength: 12 }
)
