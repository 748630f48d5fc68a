import { defineConfig } from "vitest/config"
import usual from "../../vitest.config.ts"
import { groups } from "./groups.mjs"

/** The name of the group of tests to run, which the mutation run passes to its workers. */
const { MUTATION_GROUP = "" } = process.env
const group = groups[MUTATION_GROUP]
if (group === undefined) throw new Error(`MUTATION_GROUP: expected one of ${Object.keys(groups).join(", ")}`)

export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: [...group.tests],
    // These tests start no command line.
    globalSetup: [],
    // The runner uses a new thread for each mutant, so no module keeps state from the previous one.
    pool: "threads",
    poolOptions: { threads: { isolate: false } },
    // A mutant that waits for ever counts as noticed.
    testTimeout: 20_000,
    provide: { ...usual.test?.provide, propertyScale: 0.1 },
    reporters: []
  }
})
