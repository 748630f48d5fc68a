import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, TestClock } from "effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RequestStateKeyOfState } from "../../../../src/layers/mcp/multiRoundTrip/RequestStateKeySql.ts"
import { RequestStateKey } from "../../../../src/services/RequestStateKey.ts"
import type { Config } from "../../../../src/services/Config.ts"
import { makeDatabaseProxy } from "../../../databaseProxy.ts"
import { databases } from "../../../databases.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../../postgres.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"

/** The key service of one more process with this state. */
const seals = (settings: Partial<typeof Config.Service>, mode: "live" | "paper" = "live") =>
  Effect.map(
    Layer.build(Layer.fresh(RequestStateKeyOfState).pipe(Layer.provide(TestConfig({ ...settings, mode })))),
    (context) => Context.get(context, RequestStateKey)
  )

for (const { isMissing, make, title } of databases)
  describe.skipIf(isMissing)(`the key of states ${title}`, () => {
    it.scoped("is the same for all processes, which accept a state once among them", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [one, two] = [yield* seals(settings), yield* seals(settings)]
        const keys = yield* Effect.all([one.key, two.key], { concurrency: "unbounded" })
        assert.strictEqual(Redacted.value(keys[0]).length, 32)
        assert.deepStrictEqual(Redacted.value(keys[1]), Redacted.value(keys[0]))
        const uses = yield* Effect.all([one.redeem("a", 1_000), two.redeem("a", 1_000)], { concurrency: "unbounded" })
        assert.sameMembers(uses, [true, false])
        assert.isTrue(yield* two.redeem("b", 1_000))
      })
    )

    it.scoped("is another one in paper mode", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [live, paper] = [yield* seals(settings), yield* seals(settings, "paper")]
        assert.notDeepEqual(Redacted.value(yield* paper.key), Redacted.value(yield* live.key))
      })
    )

    it.scoped("forgets used states that have expired", () =>
      Effect.gen(function* () {
        const { redeem } = yield* seals((yield* make).settings)
        assert.isTrue(yield* redeem("a", 1_764_440_000_000))
        yield* TestClock.setTime(1_764_440_001_000)
        assert.isTrue(yield* redeem("a", 1_764_440_000_000))
      })
    )
  })

describe("the key of states", () => {
  it.scoped("in a file is its owner's", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      yield* (yield* seals({ stateDir })).key
      assert.strictEqual(statSync(join(stateDir, "seals.db")).mode & 0o777, 0o600)
    })
  )

  it.scoped("is this process's own if the file can't be used", () =>
    Effect.gen(function* () {
      const stateDir = yield* temporaryFolder
      writeFileSync(join(stateDir, "seals.db"), "this is no database, whatever its name says".repeat(100))
      const { key, redeem } = yield* seals({ stateDir })
      assert.strictEqual(Redacted.value(yield* key).length, 32)
      assert.isTrue(yield* redeem("a", 1_000))
      assert.isFalse(yield* redeem("a", 1_000))
    })
  )
})

describe.skipIf(isPostgresMissing)(`the key of states ${inPostgres} that is away`, () => {
  it.scoped("is read once the database is back, and no state is accepted without it", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const proxy = yield* makeDatabaseProxy(url)
      const [here, there] = [yield* seals({ databaseUrl: proxy.url }), yield* seals({ databaseUrl: url })]
      const key = Redacted.value(yield* there.key)
      yield* proxy.cut
      assert.notDeepEqual(Redacted.value(yield* here.key), key)
      yield* proxy.mend
      assert.deepStrictEqual(Redacted.value(yield* here.key), key)
      yield* proxy.cut
      assert.isFalse(yield* here.redeem("a", 1_000))
    })
  )
})
