import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { sqliteDriver } from "./scripts/build.mjs"

const { CI, GITHUB_ACTIONS, PROPERTY_SCALE = "1", PROPERTY_SEED = "1", TEST_REPORT } = process.env

/** Many tests wait for programs that they start, so that one worker more than processors keeps these busy. */
const workers = availableParallelism() + 1

export default defineConfig({
  // As in the bundle: for us, and for the library that imports it by its name.
  resolve: { alias: [{ find: /^better-sqlite3$/, replacement: sqliteDriver }] },
  test: {
    // The main process looks up other packages at each `import()`. On a virtual clock, time would run ahead meanwhile.
    server: { deps: { inline: ["@effect/sql-sqlite-node", /@effect\/sql\/.*\/Migrator\.js$/] } },
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/bundle.ts", "test/setup/postgres.ts"],
    setupFiles: ["test/setup/equality.ts", "test/setup/eventLoop.ts"],
    pool: "forks",
    // Test files share a process: Effect is loaded once. Nothing in the project keeps state in a module.
    isolate: false,
    maxWorkers: workers,
    // Tinypool ends an idle worker above the minimum, and, if two are above it, ends the same one twice: the run then stops
    // with "Terminating worker thread" before its last files. To run fewer workers, name both: --minWorkers=1 --maxWorkers=1.
    minWorkers: workers,
    // A slow machine is no failure; a test that hangs is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: !CI,
    provide: { propertyScale: Number(PROPERTY_SCALE), propertySeed: Number(PROPERTY_SEED) },
    reporters: ["default", ...(GITHUB_ACTIONS ? ["github-actions"] : []), ...(TEST_REPORT ? ["json"] : [])],
    ...(TEST_REPORT && { outputFile: { json: TEST_REPORT } })
  }
})
