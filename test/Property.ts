import { inject } from "@effect/vitest"
import * as fc from "fast-check"

// Sets the seed of all property tests: the same in every `npm test`, a new one in every round of `npm run soak`.
// `PROPERTY_SEED=42 npm test` repeats the cases of a round.
fc.configureGlobal({ seed: inject("propertySeed") })

/** Computes the number of cases of a property: `usual`, or ten times as many with `PROPERTY_SCALE=10`. */
export const runs = (usual: number) => Math.max(1, Math.round(usual * inject("propertyScale")))
