import { inject } from "@effect/vitest"
import * as fc from "fast-check"

// The one place that says which cases are tried, and how many. The seed is the same in every `npm test`, another one in
// every round of `npm run soak`, and `PROPERTY_SEED=42 npm test` tries the cases of a round again.
fc.configureGlobal({ seed: inject("propertySeed") })

/** Gives how often a property is tried: `usual` times, and ten times as often with `PROPERTY_SCALE=10`. */
export const runs = (usual: number) => Math.max(1, Math.round(usual * inject("propertyScale")))
