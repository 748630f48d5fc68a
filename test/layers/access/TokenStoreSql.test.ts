import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Option, Redacted, Scope, TestClock } from "effect"
import Database from "better-sqlite3"
import { createHash } from "node:crypto"
import { statSync } from "node:fs"
import { join } from "node:path"
import { TokenDatabase, TokenStoreSql } from "../../../src/layers/access/TokenStoreSql.ts"
import type { Config } from "../../../src/services/Config.ts"
import { KrakenAccountName } from "../../../src/services/KrakenAccount.ts"
import { TokenStore } from "../../../src/services/TokenStore.ts"
import { makeDatabaseProxy } from "../../databaseProxy.ts"
import { databases } from "../../databases.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../postgres.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"

const open = (settings: Partial<typeof Config.Service>, mode: "live" | "paper" = "live") =>
  Effect.map(
    Layer.build(TokenStoreSql.pipe(Layer.provide(TokenDatabase), Layer.provide(TestConfig({ ...settings, mode })))),
    Context.get(TokenStore)
  )

/** Looks again until a background write is there. */
const eventually = <A>(look: Effect.Effect<A>, expected: A) =>
  look.pipe(
    Effect.map((found) => assert.deepStrictEqual(found, expected)),
    Effect.sandbox,
    Effect.retry({ times: 1000 })
  )

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

const hashOf = (secret: Redacted.Redacted) => sha256(Redacted.value(secret))

for (const { isMissing, make, title } of databases)
  describe.skipIf(isMissing)(`tokens ${title}`, () => {
    it.scoped("accepts a token until it expires or is revoked", () =>
      Effect.gen(function* () {
        const tokens = yield* open((yield* make).settings)
        const short = yield* tokens.create({
          name: "short",
          paperOnly: false,
          expiresIn: Option.some(Duration.minutes(1))
        })
        const long = yield* tokens.create({ name: "long", paperOnly: false, expiresIn: Option.none() })
        const good = (secret: Redacted.Redacted) => Effect.map(tokens.verify(secret), Option.isSome)
        assert.isTrue(yield* good(short.secret))
        assert.isFalse(yield* good(Redacted.make("mck_unknown")))
        yield* TestClock.adjust("1 minute")
        assert.isFalse(yield* good(short.secret))
        assert.isTrue(yield* good(long.secret))
        assert.isFalse((yield* tokens.revoke(long.token.id)).wasRevoked)
        assert.isFalse(yield* good(long.secret))
        assert.isTrue((yield* tokens.revoke(long.token.id)).wasRevoked)
        assert.strictEqual((yield* Effect.flip(tokens.revoke("nope")))._tag, "TokenNotFound")
      })
    )

    it.scoped("refuses a token within a second after another process has revoked it", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [here, there] = [yield* open(settings), yield* open(settings)]
        const { secret, token } = yield* here.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
        assert.isTrue(Option.isSome(yield* here.verify(secret)))
        yield* there.revoke(token.id)
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isNone(yield* here.verify(secret)))
      })
    )

    it.scoped("writes the use of a token once a minute, and the last one at the end", () =>
      Effect.gen(function* () {
        const { rows, settings } = yield* make
        const scope = yield* Scope.make()
        const tokens = yield* Scope.extend(open(settings), scope)
        const { secret } = yield* tokens.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
        yield* tokens.verify(secret)
        yield* TestClock.adjust("10 seconds")
        yield* tokens.verify(secret)
        yield* tokens.verify(secret)
        const read = rows("tokens.db", "SELECT last_used_at FROM tokens")
        yield* eventually(read, [{ last_used_at: "1970-01-01T00:00:00.000000+00:00" }])
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* read, [{ last_used_at: "1970-01-01T00:00:10.000000+00:00" }])
      })
    )

    it.scoped("writes the uses of many tokens together, each with its own time", () =>
      Effect.gen(function* () {
        const { order, rows, settings } = yield* make
        const tokens = yield* open(settings)
        const secrets = yield* Effect.replicateEffect(
          tokens.create({ name: "desk", paperOnly: false, expiresIn: Option.none() }),
          3
        )
        for (const { secret } of secrets) {
          yield* tokens.verify(secret)
          yield* TestClock.adjust("40 millis")
        }
        yield* eventually(
          rows("tokens.db", `SELECT last_used_at FROM tokens ORDER BY ${order}`),
          ["000000", "040000", "080000"].map((micros) => ({ last_used_at: `1970-01-01T00:00:00.${micros}+00:00` }))
        )
      })
    )

    it.scoped("accepts a token for paper only on paper, and says so only to its bearer", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [paper, live] = [yield* open(settings, "paper"), yield* open(settings, "live")]
        const made = { name: "trial", paperOnly: true, expiresIn: Option.some(Duration.minutes(1)) }
        const { secret, token } = yield* paper.create(made)
        assert.isTrue(Option.isSome(yield* paper.verify(secret)))
        for (const seconds of [0, 2]) {
          yield* TestClock.adjust(`${seconds} seconds`)
          assert.deepInclude(yield* Effect.flip(live.verify(secret)), { _tag: "TokenForPaper", id: token.id })
        }
        assert.deepStrictEqual(
          (yield* live.list).map(({ id, paperOnly }) => ({ id, paperOnly })),
          [{ id: token.id, paperOnly: true }]
        )
        assert.isTrue(Option.isNone(yield* live.verify(Redacted.make(`${Redacted.value(secret)}x`))))
        yield* TestClock.adjust("1 minute")
        assert.isTrue(Option.isNone(yield* live.verify(secret)))

        const other = yield* paper.create({ ...made, expiresIn: Option.none() })
        assert.isTrue(Option.isSome(yield* paper.verify(other.secret)))
        yield* paper.revoke(other.token.id)
        assert.isTrue(Option.isNone(yield* paper.verify(other.secret)))
        assert.isTrue(Option.isNone(yield* live.verify(other.secret)))
      })
    )

    it.scoped("notes no use of a token that it refuses", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const live = yield* open(settings)
        const { secret } = yield* live.create({ name: "trial", paperOnly: true, expiresIn: Option.none() })
        yield* Effect.flip(live.verify(secret))
        yield* TestClock.adjust("1 minute")
        assert.isTrue(Option.isNone((yield* live.list)[0]!.lastUsedAt))
      })
    )

    it.scoped("accepts a token for both modes in both", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [paper, live] = [yield* open(settings, "paper"), yield* open(settings, "live")]
        const { secret } = yield* live.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
        for (const tokens of [live, paper]) assert.isTrue(Option.isSome(yield* tokens.verify(secret)))
      })
    )

    it.scoped("stores a token for paper so that the Python server finds no hash of it", () =>
      Effect.gen(function* () {
        const { order, rows, settings } = yield* make
        const tokens = yield* open(settings)
        const paper = yield* tokens.create({ name: "trial", paperOnly: true, expiresIn: Option.none() })
        const both = yield* tokens.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
        const found = yield* rows("tokens.db", `SELECT id, token_hash AS hash FROM tokens ORDER BY ${order}`)
        assert.deepStrictEqual(found, [
          { id: hashOf(paper.secret).slice(0, 12), hash: `paper:${hashOf(paper.secret)}` },
          { id: both.token.id, hash: hashOf(both.secret) }
        ])
      })
    )

    it.scoped("finds a token with marks only by all of its marks, so that no other program finds it", () =>
      Effect.gen(function* () {
        const { order, rows, settings } = yield* make
        const tokens = yield* open(settings, "paper")
        const options = { name: "agent", expiresIn: Option.none(), hasMandate: true }
        const agent = yield* tokens.create({ ...options, paperOnly: false })
        const trial = yield* tokens.create({ ...options, paperOnly: true })
        const stored = yield* rows("tokens.db", `SELECT token_hash AS hash FROM tokens ORDER BY ${order}`)
        assert.deepStrictEqual(stored, [
          { hash: `v2:mandate:${hashOf(agent.secret)}` },
          { hash: `v2:mandate,paper:${hashOf(trial.secret)}` }
        ])
        for (const { secret, token } of [agent, trial])
          assert.deepInclude(Option.getOrThrow(yield* tokens.verify(secret)), { id: token.id, marks: token.marks })
      })
    )

    it.scoped("finds a token of a Kraken account only on a server that has the account", () =>
      Effect.gen(function* () {
        const { settings } = yield* make
        const [desk, cold] = ["desk", "cold"].map((name) => KrakenAccountName(name))
        const accounts = (names: ReadonlyArray<KrakenAccountName | undefined>) =>
          names.map((name) => ({ name: name!, credentials: Option.none(), tier: "starter" }) as const)
        const [one, two, all] = [
          yield* open(settings),
          yield* open({ ...settings, accounts: accounts([cold]) }),
          yield* open({ ...settings, accounts: accounts([cold, desk]) })
        ]
        const options = { name: "agent", account: desk, paperOnly: false, expiresIn: Option.none() }
        for (const hasMandate of [false, true]) {
          const { secret, token } = yield* one.create({ ...options, hasMandate })
          assert.strictEqual(token.account, "desk")
          assert.deepStrictEqual([yield* one.verify(secret), yield* two.verify(secret)], [Option.none(), Option.none()])
          assert.strictEqual(Option.getOrThrow(yield* all.verify(secret)).account, "desk")
          const { secret: next } = yield* one.replace(token.id)
          assert.strictEqual(Option.getOrThrow(yield* all.verify(next)).account, "desk")
        }
      })
    )

    it.scoped("refuses a token whose account was edited in the database, and takes it back as it was", () =>
      Effect.gen(function* () {
        const { rows, settings } = yield* make
        const [desk, cold] = [KrakenAccountName("desk"), KrakenAccountName("cold")]
        const accounts = [desk, cold].map((name) => ({ name, credentials: Option.none(), tier: "starter" }) as const)
        const tokens = yield* open({ ...settings, accounts })
        const { secret, token } = yield* tokens.create({
          name: "agent",
          account: desk,
          paperOnly: false,
          hasMandate: true,
          expiresIn: Option.none()
        })
        const [row] = yield* rows("tokens.db", "SELECT token_hash FROM tokens")
        const stored: string = Object(row).token_hash
        const bound = stored.slice(stored.lastIndexOf(":") + 1)
        const accepts = Effect.fnUntraced(function* (form: string) {
          yield* rows("tokens.db", `UPDATE tokens SET token_hash = '${form}'`)
          yield* TestClock.adjust("1 second")
          return Option.isSome(yield* tokens.verify(secret))
        })
        assert.isTrue(yield* accepts(stored))
        for (const marks of ["v2:account=cold,mandate:", "v2:mandate:", "v2:account=cold:", "paper:", ""])
          assert.isFalse(yield* accepts(marks + bound), marks)
        assert.isFalse(yield* accepts(`v2:account=cold,mandate:${hashOf(secret)}`))
        assert.isTrue(yield* accepts(stored))
        assert.deepStrictEqual((yield* tokens.markMandate(token.id, false)).account, desk)
        assert.isTrue(Option.isSome(yield* tokens.verify(secret)))
        yield* tokens.revoke(token.id)
        assert.isTrue(Option.isNone(yield* tokens.verify(secret)))
      })
    )

    it.scoped.each(["v2:account:", "v2:mandate,vault:", "v2:paper,mandate:", "v3:mandate:", "v2::"])(
      "refuses a token that a newer version stored as %s",
      (prefix) =>
        Effect.gen(function* () {
          const { rows, settings } = yield* make
          const tokens = yield* open(settings)
          const { secret, token } = yield* tokens.create({ name: "new", paperOnly: false, expiresIn: Option.none() })
          yield* rows("tokens.db", `UPDATE tokens SET token_hash = '${prefix}' || token_hash`)
          assert.isTrue(Option.isNone(yield* tokens.verify(secret)))
          assert.lengthOf(yield* tokens.list, 1)
          assert.isFalse((yield* tokens.revoke(token.id)).wasRevoked)
        })
    )

    it.scoped("sets and removes the mark of a mandate, and keeps the others", () =>
      Effect.gen(function* () {
        const tokens = yield* open((yield* make).settings, "paper")
        const { secret, token } = yield* tokens.create({ name: "trial", paperOnly: true, expiresIn: Option.none() })
        const marks = Effect.map(
          tokens.verify(secret),
          Option.map(({ marks }) => marks)
        )
        assert.deepStrictEqual(yield* marks, Option.some(["paper"]))
        for (const _ of [1, 2]) yield* tokens.markMandate(token.id, true)
        assert.deepStrictEqual(yield* marks, Option.some(["mandate", "paper"]))
        yield* tokens.markMandate(token.id, false)
        assert.deepStrictEqual(yield* marks, Option.some(["paper"]))
        assert.strictEqual((yield* Effect.flip(tokens.markMandate("nope", true)))._tag, "TokenNotFound")
      })
    )

    it.scoped("replaces a token by one with the same name, marks and expiry", () =>
      Effect.gen(function* () {
        const tokens = yield* open((yield* make).settings)
        const made = { name: "agent", paperOnly: false, hasMandate: true, expiresIn: Option.some(Duration.days(1)) }
        const old = yield* tokens.create(made)
        yield* TestClock.adjust("1 hour")
        const { secret, token } = yield* tokens.replace(old.token.id)
        assert.notStrictEqual(token.id, old.token.id)
        const { expiresAt, marks, name } = token
        assert.deepStrictEqual(
          { expiresAt, marks, name },
          { expiresAt: old.token.expiresAt, marks: ["mandate"], name: "agent" }
        )
        for (const one of [secret, old.secret]) assert.isTrue(Option.isSome(yield* tokens.verify(one)))
      })
    )
  })

describe.skipIf(isPostgresMissing)(`tokens ${inPostgres} that is away`, () => {
  it.scoped("stay valid for five minutes after their last check, unless they expire; others are not known", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      const tokens = yield* open({ databaseUrl: proxy.url })
      const make = (expiresIn: Option.Option<Duration.Duration>) =>
        Effect.map(tokens.create({ name: "desk", paperOnly: false, expiresIn }), ({ secret }) => secret)
      const [lasting, short, unseen] = [
        yield* make(Option.none()),
        yield* make(Option.some(Duration.minutes(2))),
        yield* make(Option.none())
      ]
      const good = (secret: Redacted.Redacted) => Effect.map(tokens.verify(secret), Option.isSome)
      for (const secret of [lasting, short]) assert.isTrue(yield* good(secret))
      yield* proxy.cut
      yield* TestClock.adjust("1 minute")
      for (const secret of [lasting, short]) assert.isTrue(yield* good(secret))
      assert.strictEqual((yield* Effect.flip(tokens.verify(unseen)))._tag, "TokenStoreError")
      yield* TestClock.adjust("1 minute")
      assert.isFalse(yield* good(short))
      yield* TestClock.adjust("3 minutes")
      const error = yield* Effect.flip(tokens.verify(lasting))
      assert.strictEqual(error._tag, "TokenStoreError")
      assert.notInclude(error.message, "127.0.0.1")
      yield* proxy.mend
      for (const secret of [lasting, unseen]) assert.isTrue(yield* good(secret))
    })
  )

  it.scoped("are revoked once it is back", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const proxy = yield* makeDatabaseProxy(url)
      const [here, there] = [yield* open({ databaseUrl: proxy.url }), yield* open({ databaseUrl: url })]
      const { secret, token } = yield* here.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
      assert.isTrue(Option.isSome(yield* here.verify(secret)))
      yield* proxy.cut
      yield* there.revoke(token.id)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isSome(yield* here.verify(secret)))
      yield* proxy.mend
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* here.verify(secret)))
    })
  )
})

describe("tokens in a file", () => {
  it.scoped("makes tokens of the published form, and stores only their hashes", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "data", "tokens.db")
      const tokens = yield* open({ tokenDb: file })
      const { secret, token } = yield* tokens.create({ name: "desk", paperOnly: false, expiresIn: Option.none() })
      const plain = Redacted.value(secret)
      assert.match(plain, /^mck_[A-Za-z0-9_-]{43}$/)
      const hash = createHash("sha256").update(plain).digest("hex")
      assert.strictEqual(token.id, hash.slice(0, 12))
      const row = new Database(file, { readonly: true }).prepare("SELECT * FROM tokens").get()
      assert.deepInclude(row, {
        id: token.id,
        name: "desk",
        token_hash: hash,
        created_at: "1970-01-01T00:00:00.000000+00:00"
      })
      for (const name of [file, `${file}-wal`, `${file}-shm`])
        assert.strictEqual(statSync(name).mode & 0o777, 0o600, name)
    })
  )

  it.scoped("opens a database of the Python server and leaves its rows as they are", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "tokens.db")
      const hash = (plain: string) => createHash("sha256").update(plain).digest("hex")
      const db = new Database(file)
      db.exec(`CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT, last_used_at TEXT);
        CREATE INDEX idx_tokens_hash ON tokens(token_hash);`)
      const insert = db.prepare("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)")
      const row = (plain: string, ...more: Array<string | null>) =>
        insert.run(hash(plain).slice(0, 12), "python", hash(plain), ...more)
      row("mck_good", "2026-04-01T10:00:00.123456+00:00", null, null, null)
      row("mck_expired", "2026-04-01T10:00:00+00:00", "1969-12-31T23:59:59.999999+00:00", null, null)
      row(
        "mck_revoked",
        "2026-04-02T10:00:00.123456+00:00",
        null,
        "2026-04-02T10:00:00.123456+00:00",
        "2026-04-02T10:00:00+00:00"
      )
      db.close()
      const tokens = yield* open({ tokenDb: file })
      assert.isTrue(Option.isSome(yield* tokens.verify(Redacted.make("mck_good"))))
      assert.isTrue(Option.isNone(yield* tokens.verify(Redacted.make("mck_expired"))))
      assert.isTrue(Option.isNone(yield* tokens.verify(Redacted.make("mck_revoked"))))
      assert.strictEqual((yield* tokens.list).length, 3)
      const created = new Database(file).prepare("SELECT created_at FROM tokens WHERE id = ?").pluck()
      assert.strictEqual(created.get(hash("mck_good").slice(0, 12)), "2026-04-01T10:00:00.123456+00:00")
    })
  )

  it.scoped("names the file that can't be used", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const error = yield* Effect.flip(open({ tokenDb: folder }))
      assert.strictEqual(error._tag, "TokenStoreError")
      assert.include(error.message, folder)
    })
  )
})
