import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { watchNpmShell } from "../../../src/layers/process/npmShell.ts"

/** Watches a shell that has ended after a second, and counts the calls of `onExit` in the next ten. */
const exits = (env: NodeJS.ProcessEnv) => {
  let parent = 7
  let count = 0
  watchNpmShell(
    () => count++,
    env,
    () => parent
  )
  vi.advanceTimersByTime(1000)
  assert.strictEqual(count, 0)
  parent = 1
  vi.advanceTimersByTime(10_000)
  return count
}

describe("watchNpmShell", () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it("notices once that the shell of npm has ended", () => {
    assert.strictEqual(exits({ npm_lifecycle_event: "npx" }), 1)
    assert.strictEqual(exits({ npm_lifecycle_event: "start", npm_package_name: "mcp-kraken" }), 1)
    assert.strictEqual(exits({ npm_lifecycle_event: "mcp-kraken", npm_package_name: "mcp-kraken" }), 1)
  })

  it("lets a server outlive any other program that started it", () => {
    assert.strictEqual(exits({}), 0)
    assert.strictEqual(exits({ npm_lifecycle_event: "start", npm_package_name: "another" }), 0)
    assert.strictEqual(exits({ npm_lifecycle_event: "test", npm_package_name: "mcp-kraken" }), 0)
  })
})
