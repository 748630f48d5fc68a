import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { postgres } from "../../databases.ts"
import { makeHealthyHome } from "./healthyHome.ts"

describe.skipIf(postgres.isMissing)(`doctor, with the state ${postgres.title}`, () => {
  it.scopedLive(
    "looks at the database, makes nothing in it, and leaves the files of before alone",
    () =>
      Effect.gen(function* () {
        const { doctor, file, run, env } = yield* makeHealthyHome
        const { rows, settings } = yield* postgres.make
        const shared = { MCP_KRAKEN_DATABASE_URL: Redacted.value(settings.databaseUrl ?? Redacted.make("")) }
        file("state/nonces.db", "damaged")
        file("data/tokens.db", "damaged", 0o644)
        const empty = yield* doctor(shared)
        assert.includeMembers(empty.ids, ["tokens.none", "record.none"])
        assert.notIncludeMembers(empty.ids, ["database.damaged"])
        assert.notIncludeMembers(empty.ids, ["file.database-exposed"])
        assert.deepStrictEqual(yield* rows("", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), [])
        const created = yield* run(["token", "create", "agent", "--access", "read"], { ...env, ...shared })
        assert.strictEqual(created.code, 0, created.stderr)
        const limited = yield* doctor(shared)
        for (const id of ["tokens.none", "tokens.limits-missing"] as const) assert.notInclude(limited.ids, id)
        yield* rows("", "DELETE FROM mandates")
        assert.include((yield* doctor(shared)).ids, "tokens.limits-missing")
        yield* rows("", "UPDATE mcp_kraken_layouts SET version = version + 1")
        assert.include((yield* doctor(shared)).ids, "database.away")
      }),
    120_000
  )
})
