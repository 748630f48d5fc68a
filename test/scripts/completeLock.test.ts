import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { completeLock } from "../../scripts/complete-lock.mjs"

const parent = {
  version: "1.2.3",
  dev: true,
  optionalDependencies: { "@p/p-linux-x64-musl": "1.2.3", "p-win32": "^1.0.0", "p-windows-armv7": "1.2.3" }
}

interface Lock {
  readonly packages: Record<string, unknown>
}

describe("complete-lock", () => {
  it("finds nothing to do in the committed lock", () => {
    const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package-lock.json"), "utf8"))
    assert.deepStrictEqual(completeLock(lock), [])
  })

  it("adds the platform packages that a parent names, once", () => {
    const lock: Lock = { packages: { "": {}, "node_modules/p": parent } }
    assert.lengthOf(completeLock(lock), 3)
    assert.deepStrictEqual(Object.entries(lock.packages), [
      ["", {}],
      [
        "node_modules/@p/p-linux-x64-musl",
        { version: "1.2.3", cpu: ["x64"], dev: true, libc: ["musl"], optional: true, os: ["linux"] }
      ],
      ["node_modules/p", parent],
      ["node_modules/p-win32", { version: "1.0.0", dev: true, optional: true, os: ["win32"] }],
      ["node_modules/p-windows-armv7", { version: "1.2.3", cpu: ["arm"], dev: true, optional: true, os: ["win32"] }]
    ])
    assert.deepStrictEqual(completeLock(lock), [])
  })

  it("takes an outdated platform package of another parent for missing", () => {
    const lock: Lock = {
      packages: {
        "node_modules/a": { version: "1.0.0", optionalDependencies: { "a-linux-arm64": "1.0.0" } },
        "node_modules/a-linux-arm64": { version: "1.0.0", optional: true },
        "node_modules/b/node_modules/a": { version: "2.0.0", optionalDependencies: { "a-linux-arm64": "2.0.0" } }
      }
    }
    assert.lengthOf(completeLock(lock), 1)
    assert.deepStrictEqual(Object.entries(lock.packages).at(-1), [
      "node_modules/b/node_modules/a/node_modules/a-linux-arm64",
      { version: "2.0.0", cpu: ["arm64"], optional: true, os: ["linux"] }
    ])
  })

  it("names no registry", () => {
    const lock: Lock = {
      packages: { "node_modules/a": { version: "1.0.0", resolved: "https://registry.test/a/-/a-1.0.0.tgz" } }
    }
    assert.lengthOf(completeLock(lock), 1)
    assert.deepStrictEqual(lock, { packages: { "node_modules/a": { version: "1.0.0" } } })
  })
})
