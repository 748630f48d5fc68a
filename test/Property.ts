import { inject } from "@effect/vitest"

/** How often a property is tried. `PROPERTY_SCALE=10 npm test` tries ten times as many, `0.1` a tenth. */
export const runs = (usual: number) => Math.max(1, Math.round(usual * inject("propertyScale")))
