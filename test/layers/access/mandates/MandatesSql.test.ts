import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Context, Effect, Layer, Option, TestClock } from "effect"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { budgetMandate } from "../../../../src/domain/mandates/termDefaults.ts"
import { holdingOf, remove, save } from "../../../../src/layers/access/mandates/administer.ts"
import { authorityInFile } from "../../../../src/layers/access/record/authority.ts"
import { makeAuthorityFile } from "../../../../src/layers/access/mandates/authorityFile.ts"
import { MandatesSql } from "../../../../src/layers/access/mandates/MandatesSql.ts"
import { Mandates } from "../../../../src/services/Mandates.ts"
import { TokenId } from "../../../../src/services/TokenStore.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { as } from "../../../doubles/TestPrincipal.ts"
import { describeInEachHome } from "../../../homes.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const token = TokenId.make("aaaaaaaaaaaa")

/** A state folder with an operator at `operator`, and servers that read mandates in it. */
const makeInstallation = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const file = join(folder, "authority.db")
  const server = Effect.map(
    Layer.build(Layer.fresh(MandatesSql).pipe(Layer.provide(TestConfig({ stateDir: folder })))),
    Context.get(Mandates)
  )
  return { file, server, operator: yield* makeAuthorityFile(authorityInFile(file)) }
})

describe("MandatesSql", () => {
  it.scoped("finds no mandate if there is no file, and makes none", () =>
    Effect.gen(function* () {
      const { file, server } = yield* makeInstallation
      assert.deepStrictEqual(yield* (yield* server).ofToken(token), Option.none())
      assert.isFalse(existsSync(file))
    })
  )

  const damages: ReadonlyArray<readonly [string, (file: string) => void]> = [
    [
      "a newer version",
      (file) => {
        const db = new Sqlite(file)
        db.pragma("user_version = 99")
        db.close()
      }
    ],
    [
      "a term that this version does not know",
      (file) => {
        const db = new Sqlite(file)
        db.prepare("UPDATE mandates SET terms = json_set(terms, '$.moonPhase', 'full')").run()
        db.close()
      }
    ],
    ["damage", (file) => writeFileSync(file, "no database ".repeat(1000))]
  ]
  it.scoped.each(damages)("fails on %s", ([, damage]) =>
    Effect.gen(function* () {
      const { file, server } = yield* makeInstallation
      yield* makeAuthorityFile(authorityInFile(file)).pipe(
        Effect.flatMap(({ write }) => write(() => save(1, { token, expected: 0, terms: budgetMandate }))),
        Effect.scoped
      )
      damage(file)
      const error = yield* Effect.flip((yield* server).ofToken(token))
      assert.strictEqual(error._tag, "RecordUnavailable")
      assert.include(error.reason, file)
    })
  )

  it.scoped("fails once the file was removed under it", () =>
    Effect.gen(function* () {
      const { file, operator, server } = yield* makeInstallation
      yield* operator.write(() => save(1, { token, expected: 0, terms: budgetMandate }))
      const mandates = yield* server
      yield* mandates.ofToken(token)
      rmSync(file)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(mandates.ofToken(token)))._tag, "RecordUnavailable")
    })
  )
})

describeInEachHome("mandates", (makeHome) => {
  const installation = Effect.gen(function* () {
    const { database, start } = yield* makeHome
    return { server: start(Mandates, MandatesSql), operator: yield* database }
  })

  it.scoped("reads a mandate of another process within a second, and again after a restart", () =>
    Effect.gen(function* () {
      const { operator, server } = yield* installation
      const mandates = yield* server
      assert.isTrue(Option.isNone(yield* mandates.ofToken(token)))
      yield* operator.write(() => save(1, { token, expected: 0, terms: budgetMandate }))
      assert.isTrue(Option.isNone(yield* mandates.ofToken(token)))
      yield* TestClock.adjust("1 second")
      const expected = Option.some({ subject: token, revision: 1, terms: budgetMandate })
      assert.deepStrictEqual(yield* mandates.ofToken(token), expected)
      assert.deepStrictEqual(yield* (yield* server).ofToken(token), expected)
      yield* operator.write(() => remove(2, { token, expected: 1 }))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* mandates.ofToken(token)))
    })
  )

  it.scoped("lets a caller freeze itself, in its own name, and only once", () =>
    Effect.gen(function* () {
      const { operator, server } = yield* installation
      const mandates = yield* server
      yield* TestClock.setTime(5000)
      for (const reason of ["I lost count.", "again"]) yield* as(token)(mandates.freezeSelf(reason))
      const holding = yield* operator.read(() => holdingOf(token))
      assert.deepInclude(holding, { frozen: { at: 5000, by: token, why: "I lost count." } })
    })
  )
})
