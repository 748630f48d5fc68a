import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeFolder } from "../../../src/layers/process/makeFolder.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

describe("makeFolder", () => {
  it.scoped("makes a folder and those above it for their owner only, and leaves alone those that exist", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      makeFolder(join(folder, "a", "b", "c"))
      makeFolder(join(folder, "a", "b", "c"))
      for (const path of ["a", "a/b", "a/b/c"])
        assert.strictEqual(statSync(join(folder, path)).mode & 0o777, 0o700, path)
    })
  )

  it.scoped("throws if a file is in the way", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      assert.throws(() => makeFolder(file), /EEXIST/)
      assert.throws(() => makeFolder(join(file, "below")), /ENOTDIR/)
    })
  )

  it("throws in a file system that makes no folders, instead of trying for ever", () => {
    assert.throws(() => makeFolder("/proc/mcp-kraken"))
    assert.throws(() => makeFolder("/proc/mcp-kraken/state/below"))
    assert.throws(() => makeFolder("/proc/self/mcp-kraken"))
  })
})
