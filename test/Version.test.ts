import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { bundle } from "./Bundle.ts"

describe("the bundle", () => {
  it("is a program of its own, which says its version wherever it lies", () => {
    const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bundle-"))
    try {
      cpSync(dirname(bundle()), folder, { recursive: true })
      const { status, stderr, stdout } = spawnSync(join(folder, "main.mjs"), ["version"], { encoding: "utf8" })
      assert.strictEqual(stderr, "")
      assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/)
      assert.strictEqual(status, 0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
