import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  haltFileIn,
  lookAtHaltFile,
  removeHaltFile,
  writeHaltFile
} from "../../../../src/layers/access/halt/haltFile.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const stop = { since: 1000, by: "local", reason: "odd orders" }

const makeFile = Effect.map(temporaryFolder, haltFileIn)

describe("the file of the stop", () => {
  it.scoped("says when and why, for its owner only, and stops until it is removed", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      assert.deepStrictEqual(lookAtHaltFile(file), Option.none())
      assert.isTrue(writeHaltFile(file, stop))
      assert.deepStrictEqual(lookAtHaltFile(file), Option.some(stop))
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      removeHaltFile(file)
      removeHaltFile(file)
      assert.deepStrictEqual(lookAtHaltFile(file), Option.none())
    })
  )

  it.scoped("keeps the beginning of a stop that is in force, and makes the folder that is missing", () =>
    Effect.gen(function* () {
      const file = haltFileIn(join(yield* temporaryFolder, "state"))
      assert.isTrue(writeHaltFile(file, stop))
      assert.isFalse(writeHaltFile(file, { since: 2000, by: "local" }))
      assert.deepStrictEqual(lookAtHaltFile(file), Option.some(stop))
      assert.deepStrictEqual(readdirSync(join(file, "..")), ["halt.json"])
    })
  )

  it.scoped.each(["", "{", "{}", `{"since":"soon","by":"local"}`, `{"since":1e300,"by":"local"}`, "\u0000"])(
    "stops although it holds %j",
    (text) =>
      Effect.gen(function* () {
        const file = yield* makeFile
        writeFileSync(file, text)
        assert.deepInclude(Option.getOrThrow(lookAtHaltFile(file)), { by: "unknown" })
        assert.isFalse(writeHaltFile(file, stop))
      })
  )

  it.scoped("stops if a folder or a name that leads nowhere stands in its place", () =>
    Effect.gen(function* () {
      const [file, other, missing] = [yield* makeFile, yield* makeFile, yield* makeFile]
      mkdirSync(file)
      assert.isTrue(Option.isSome(lookAtHaltFile(file)))
      symlinkSync(other, other)
      assert.isTrue(Option.isSome(lookAtHaltFile(other)))
      symlinkSync(`${missing}.gone`, missing)
      assert.isTrue(Option.isSome(lookAtHaltFile(missing)))
    })
  )

  it.scoped("cannot be written where no file can be made", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "state"), "")
      assert.throws(() => writeHaltFile(haltFileIn(join(folder, "state")), stop))
    })
  )
})
