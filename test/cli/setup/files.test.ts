import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { keepCopy, readConfig, writeConfig } from "../../../src/cli/setup/configFile.ts"
import { makeKeyFile } from "../../../src/cli/setup/keyFile.ts"
import { readNamed } from "../../../src/layers/settings/dotenvFile.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

describe("a client's file", () => {
  it.scoped("is replaced at once, and all copies are kept", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "mcp.json")
      writeFileSync(path, "one")
      const copies: Array<string | undefined> = []
      for (const text of ["two", "three"]) copies.push(yield* writeConfig(yield* readConfig(path), text))
      // The clock stands still, so the second copy has a number.
      assert.deepStrictEqual(
        copies.map((copy) => readFileSync(copy ?? "", "utf8")),
        ["one", "two"]
      )
      assert.strictEqual(readFileSync(path, "utf8"), "three")
      assert.lengthOf(readdirSync(folder), 3)
    })
  )

  it.scoped("that another program changed meanwhile is left alone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "mcp.json")
      writeFileSync(path, "one")
      const read = yield* readConfig(path)
      writeFileSync(path, "theirs")
      assert.include((yield* Effect.flip(writeConfig(read, "two"))).message, path)
      assert.strictEqual(readFileSync(path, "utf8"), "theirs")
      assert.deepStrictEqual(readdirSync(folder), ["mcp.json"])
    })
  )

  it.scoped("that was made meanwhile is left alone", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "mcp.json")
      const read = yield* readConfig(path)
      assert.isUndefined(yield* keepCopy(read))
      writeFileSync(path, "theirs")
      yield* Effect.flip(writeConfig(read, "two"))
      assert.strictEqual(readFileSync(path, "utf8"), "theirs")
    })
  )

  it.scoped("is refused if it is a folder, a link to nothing, or no text in UTF-8", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "folder"))
      symlinkSync(join(folder, "nothing"), join(folder, "link"))
      writeFileSync(join(folder, "utf16"), Buffer.from([0xff, 0xfe, 0x7b, 0x00]))
      for (const name of ["folder", "link", "utf16"])
        assert.strictEqual((yield* Effect.flip(readConfig(join(folder, name))))._tag, "SetupRefusal")
    })
  )
})

describe("the file for an API key", () => {
  it.scoped("is for its owner only, reads the account, and never replaces another", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "new", "live.env")
      yield* makeKeyFile(file, { key: Redacted.make("public"), secret: Redacted.make("private") })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepStrictEqual(Object.fromEntries(readNamed(file).source), {
        KRAKEN_API_KEY: "public",
        KRAKEN_API_SECRET: "private",
        MCP_KRAKEN_MODE: "live",
        MCP_KRAKEN_READ_ONLY: "true"
      })
      const refusal = yield* Effect.flip(makeKeyFile(file))
      assert.notInclude(refusal.message, "private")
      assert.include(readFileSync(file, "utf8"), "private")
    })
  )
})
