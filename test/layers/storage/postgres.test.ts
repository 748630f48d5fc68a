import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { openPostgres } from "../../../src/layers/storage/postgres.ts"
import { makeDatabaseProxy } from "../../databaseProxy.ts"
import { freePort } from "../../freePort.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../postgres.ts"

const select = (text: string, ...values: ReadonlyArray<string | number | bigint>) => ({ name: text, text, values })

const count = select("SELECT count(*) AS count FROM things")

const opened = Effect.gen(function* () {
  const database = yield* openPostgres(yield* newPostgresDatabase)
  yield* database.execute("CREATE TABLE things (id BIGINT PRIMARY KEY)")
  return database
})

describe.skipIf(isPostgresMissing)(`a database ${inPostgres}`, () => {
  it.scopedLive("returns whole numbers, exact ones beyond those of a number", () =>
    Effect.gen(function* () {
      const { query } = yield* opened
      const changed = yield* query(select("INSERT INTO things VALUES ($1), ($2)", 1, 1_764_440_000_000_000_001n))
      assert.deepStrictEqual(changed, { rows: [], changes: 2 })
      const { rows } = yield* query(select("SELECT id FROM things ORDER BY id"))
      assert.deepStrictEqual(rows, [{ id: 1 }, { id: 1_764_440_000_000_000_001n }])
    })
  )

  it.scopedLive("runs transactions on a connection, and undoes one that is not finished", () =>
    Effect.gen(function* () {
      const { connection, query } = yield* opened
      const inserted = (id: number, end: Effect.Effect<string, string>) =>
        Effect.gen(function* () {
          const { execute, query } = yield* connection
          yield* execute("BEGIN")
          yield* query(select("INSERT INTO things VALUES ($1)", id))
          yield* execute(yield* end)
        }).pipe(Effect.scoped, Effect.exit)
      assert.isTrue(Exit.isSuccess(yield* inserted(1, Effect.succeed("COMMIT"))))
      assert.isTrue(Exit.isFailure(yield* inserted(2, Effect.fail("stopped"))))
      assert.deepStrictEqual((yield* query(count)).rows, [{ count: 1 }])
    })
  )

  it.scopedLive("serves code of SQLite, too", () =>
    Effect.gen(function* () {
      const { sql } = yield* opened
      const client = yield* sql
      yield* client`INSERT INTO things VALUES (${7})`
      assert.deepStrictEqual(yield* client`SELECT id FROM things`, [{ id: 7 }])
    })
  )

  it.scopedLive("can be away when it is opened and while it is used, and is used again once it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      yield* proxy.cut
      const { connection, execute, query } = yield* openPostgres(proxy.url)
      const one = query(select("SELECT 1 AS one"))
      assert.strictEqual((yield* Effect.flip(one))._tag, "DatabaseUnavailable")
      yield* proxy.mend
      assert.deepStrictEqual((yield* one).rows, [{ one: 1 }])
      const held = Effect.scoped(
        Effect.gen(function* () {
          const { execute } = yield* connection
          yield* execute("BEGIN")
          yield* proxy.cut
          yield* execute("COMMIT")
        })
      )
      assert.strictEqual((yield* Effect.flip(held))._tag, "DatabaseUnavailable")
      assert.strictEqual((yield* Effect.flip(execute("SELECT 1")))._tag, "DatabaseUnavailable")
      yield* proxy.mend
      assert.deepStrictEqual((yield* one).rows, [{ one: 1 }])
    })
  )

  it.scopedLive("tells why it fails without its address, its user or their password", () =>
    Effect.gen(function* () {
      const right = new URL(Redacted.value(yield* newPostgresDatabase))
      const changed = (change: (url: URL) => void) => {
        const url = new URL(right)
        change(url)
        return url
      }
      const closed = yield* freePort
      const failing = [
        changed((url) => (url.password = "hush")),
        changed((url) => (url.pathname = "nowhere")),
        changed((url) => (url.port = String(closed))),
        changed((url) => (url.search = "?sslmode=require")),
        changed((url) => (url.search = "?sslrootcert=/nowhere/ca.pem&sslmode=verify-full"))
      ]
      const reasons = yield* Effect.forEach(failing, (url) =>
        openPostgres(Redacted.make(url.href)).pipe(
          Effect.flatMap(({ execute }) => execute("SELECT 1")),
          Effect.scoped,
          Effect.flip,
          Effect.map(({ message }) => message)
        )
      )
      const secrets = ["hush", right.password, right.username, right.hostname, right.port, "nowhere"]
      for (const reason of reasons) for (const secret of secrets) assert.notInclude(reason, secret)
      const kinds = ["28P01", "3D000", "ECONNREFUSED", "sslmode=disable", "sslrootcert"]
      assert.deepStrictEqual(
        reasons.map((reason, i) => reason.includes(kinds[i] ?? "")),
        kinds.map(() => true)
      )
    })
  )
})
