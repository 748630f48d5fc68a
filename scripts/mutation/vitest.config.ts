import { defineConfig } from "vitest/config"
import usual from "../../vitest.config.ts"
import { groups } from "./groups.mjs"

/** Which group of tests runs; the mutation run tells its workers by this variable. */
const { MUTATION_GROUP = "" } = process.env
const group = groups[MUTATION_GROUP]
if (group === undefined) throw new Error(`MUTATION_GROUP: expected one of ${Object.keys(groups).join(", ")}`)

export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: [...group.tests],
    // These tests spawn no command line.
    globalSetup: [],
    // The runner takes a new thread for each mutant, so that no module remembers the one before.
    pool: "threads",
    poolOptions: { threads: { isolate: false } },
    // A mutant that waits for ever is noticed.
    testTimeout: 20_000,
    provide: { ...usual.test?.provide, propertyScale: 0.1 },
    reporters: []
  }
})
