import { assert, describe, it } from "@effect/vitest"
import { self } from "../../../src/layers/process/self.ts"

describe("the command that a user is told to type", () => {
  it.each([
    ["/home/me/mcp-kraken/dist/main.mjs", "node dist/main.mjs"],
    ["/usr/local/bin/mcp-kraken", "mcp-kraken"],
    ["/home/me/.npm/_npx/0a1b/node_modules/.bin/mcp-kraken", "npx mcp-kraken"],
    ["/home/me/app/node_modules/.bin/mcp-kraken", "npx mcp-kraken"],
    ["C:\\npm-cache\\_npx\\0a1b\\node_modules\\mcp-kraken\\dist\\main.mjs", "npx mcp-kraken"]
  ])("fits a process that was started as %s", (script, typed) => {
    assert.strictEqual(self(script, "/home/me/mcp-kraken"), typed)
  })
})
