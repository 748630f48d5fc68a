import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, TestClock } from "effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RequestStateKeyInStateFolder } from "../../../../src/layers/mcp/multiRoundTrip/RequestStateKeySqlite.ts"
import { RequestStateKey } from "../../../../src/services/RequestStateKey.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"

/** The key service of one more process with this state folder. */
const seals = (stateDir: string, mode: "live" | "paper" = "live") =>
  Effect.map(
    Layer.build(Layer.fresh(RequestStateKeyInStateFolder).pipe(Layer.provide(TestConfig({ stateDir, mode })))),
    (context) => Context.get(context, RequestStateKey)
  )

describe("RequestStateKeyInStateFolder", () => {
  it.scoped("gives all processes of a user one key, and accepts a state once among them", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [one, two] = [yield* seals(folder), yield* seals(folder)]
      const key = Redacted.value(yield* one.key)
      assert.strictEqual(key.length, 32)
      assert.deepStrictEqual(Redacted.value(yield* two.key), key)
      assert.isTrue(yield* one.redeem("a", 1_000))
      assert.isFalse(yield* two.redeem("a", 1_000))
      assert.isTrue(yield* two.redeem("b", 1_000))
      assert.strictEqual(statSync(join(folder, "seals.db")).mode & 0o777, 0o600)
    })
  )

  it.scoped("has a separate key in paper mode", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [live, paper] = [yield* seals(folder), yield* seals(folder, "paper")]
      assert.notDeepEqual(Redacted.value(yield* paper.key), Redacted.value(yield* live.key))
    })
  )

  it.scoped("deletes used states that have expired", () =>
    Effect.gen(function* () {
      const { redeem } = yield* seals(yield* temporaryFolder)
      assert.isTrue(yield* redeem("a", 1_000))
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* redeem("a", 1_000))
    })
  )

  it.scoped("uses a key of its own if the file can't be used", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "seals.db"), "this is no database, whatever its name says".repeat(100))
      const { key, redeem } = yield* seals(folder)
      assert.strictEqual(Redacted.value(yield* key).length, 32)
      assert.isTrue(yield* redeem("a", 1_000))
      assert.isFalse(yield* redeem("a", 1_000))
    })
  )
})
