import { assert, describe, it } from "@effect/vitest"
import { unavailable } from "../../../src/layers/storage/databaseFile.ts"

describe("a database that can't be opened", () => {
  it.each([
    "Could not locate the bindings file. Tried:\n → /a\n → /b",
    "Cannot find module 'better-sqlite3-13'\nRequire stack:\n- /x",
    "The module was compiled against a different Node.js version using\nNODE_MODULE_VERSION 115.",
    "/x/better_sqlite3.node: invalid ELF header"
  ])("for lack of the native module names a remedy: %s", (reason) => {
    const { message } = unavailable("/data/tokens.db", "opened")(new Error(reason))
    assert.include(message, "docs/troubleshooting.md")
    assert.include(message, "/data/tokens.db")
    assert.notInclude(message, "\n")
  })

  it("for lack of the native module has a reason that names no remedy, since models read it", () => {
    const error = unavailable(
      "/data/authority.db",
      "opened"
    )(new Error("Could not locate the bindings file. Tried:\n → /a"))
    assert.strictEqual(
      error.reason,
      "The database /data/authority.db can't be opened: Could not locate the bindings file."
    )
    assert.strictEqual(error.message, `${error.reason} ${error.remedy}`)
  })

  it("for another reason names only that", () => {
    assert.strictEqual(
      unavailable("/data/tokens.db", "opened")(new Error("disk I/O error")).message,
      "The database /data/tokens.db can't be opened: disk I/O error."
    )
  })
})
