import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { OperatorSecretSql } from "../../../../src/layers/access/secret/OperatorSecretSql.ts"
import { NoPassphrase, OperatorSecret, Passphrase } from "../../../../src/services/OperatorSecret.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { describeInEachHome } from "../../../homes.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const right = "correct horse battery"

/** Answers with a passphrase. */
const answering = (passphrase: string) => {
  const answer = () => Effect.succeed(Redacted.make(passphrase))
  return Effect.provideService(Passphrase, { ask: answer, choose: answer })
}

/** Nobody can be asked. */
const unanswered = Effect.provideService(Passphrase, {
  ask: (act) => new NoPassphrase({ act, reason: "nobody is there." }),
  choose: (act) => new NoPassphrase({ act, reason: "nobody is there." })
})

const makeFolder = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const open = Effect.map(
    Layer.build(Layer.fresh(OperatorSecretSql).pipe(Layer.provide(TestConfig({ stateDir: folder })))),
    Context.get(OperatorSecret)
  )
  const secret = yield* open
  const set = Effect.flatMap(secret.prepare(Redacted.make(right)), (prepared) => secret.store(prepared, Option.none()))
  return { file: join(folder, "authority.db"), open, secret, set }
})

describe("OperatorSecretSql", () => {
  it.scoped("asks nothing before a secret is set, and makes no file", () =>
    Effect.gen(function* () {
      const { file, secret } = yield* makeFolder
      assert.deepStrictEqual(yield* unanswered(secret.require("Trying")), Option.none())
      assert.isFalse(existsSync(file))
    })
  )

  it.scoped("asks for each act once it is set, in every process, and stores no passphrase", () =>
    Effect.gen(function* () {
      const { file, open, secret, set } = yield* makeFolder
      assert.isTrue(yield* set)
      const other = yield* open
      for (const one of [secret, other]) {
        assert.isTrue(Option.isSome(yield* answering(right)(one.require("Trying"))))
        assert.strictEqual((yield* Effect.flip(answering(`${right}!`)(one.require("Trying"))))._tag, "WrongPassphrase")
        assert.strictEqual((yield* Effect.flip(unanswered(one.require("Trying"))))._tag, "NoPassphrase")
      }
      assert.notInclude(readFileSync(file).toString("latin1") + readFileSync(`${file}-wal`).toString("latin1"), right)
    })
  )

  it.scoped("takes a letter with its accent for the same however it is composed", () =>
    Effect.gen(function* () {
      const { secret } = yield* makeFolder
      yield* secret.store(yield* secret.prepare(Redacted.make("caf\u00e9 caf\u00e9 caf\u00e9")), Option.none())
      yield* secret.verify(Redacted.make("cafe\u0301 cafe\u0301 cafe\u0301"), "Trying")
    })
  )

  it.scoped("fails if the secret was replaced by hand, and passes nothing", () =>
    Effect.gen(function* () {
      const { file, open, set } = yield* makeFolder
      yield* set
      const db = new Sqlite(file)
      db.prepare("UPDATE secret SET hash = ?").run("00".repeat(32))
      db.close()
      const error = yield* Effect.flip(answering(right)((yield* open).require("Trying")))
      assert.strictEqual(error._tag, "OperatorSecretUnavailable")
    })
  )
})

describeInEachHome("the operator secret", (makeHome) => {
  const makeSecret = Effect.gen(function* () {
    const { start } = yield* makeHome
    const open = start(OperatorSecret, OperatorSecretSql)
    const secret = yield* open
    const prepared = yield* secret.prepare(Redacted.make(right))
    return { open, secret, set: secret.store(prepared, Option.none()) }
  })

  it.scoped("stores a secret only in place of the one that was looked at", () =>
    Effect.gen(function* () {
      const { secret, set } = yield* makeSecret
      yield* set
      const before = yield* secret.current
      const [one, two] = yield* Effect.all([
        secret.prepare(Redacted.make("another passphrase")),
        secret.prepare(Redacted.make("yet another passphrase"))
      ])
      assert.isFalse(yield* secret.store(one, Option.none()))
      assert.isTrue(yield* secret.store(one, before))
      assert.isFalse(yield* secret.store(two, before))
      assert.deepStrictEqual(yield* secret.current, Option.some({ fingerprint: one.fingerprint }))
    })
  )

  it.scoped("is asked for in every process once it is set", () =>
    Effect.gen(function* () {
      const { open, set } = yield* makeSecret
      yield* set
      const other = yield* open
      assert.isTrue(Option.isSome(yield* answering(right)(other.require("Trying"))))
      assert.strictEqual((yield* Effect.flip(answering(`${right}!`)(other.require("Trying"))))._tag, "WrongPassphrase")
    })
  )
})
