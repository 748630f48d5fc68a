import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, LogLevel, Option } from "effect"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { DatabaseUnavailable } from "../../../../src/layers/storage/databaseFile.ts"
import { openPostgres, type Postgres } from "../../../../src/layers/storage/postgres.ts"
import { SharedPostgres } from "../../../../src/layers/storage/SharedPostgres.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { Record } from "../../../../src/services/Record.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../../postgres.ts"
import { happened, order, withdrawal } from "./records.ts"

const local = <A, E, R>(effect: Effect.Effect<A, E, R | Principal>) =>
  Effect.provideService(effect, Principal, testOperator).pipe(Logger.withMinimumLogLevel(LogLevel.None))
const once = { repeat: false } as const

/** A record whose database can go away, before or after it has ended a transaction. */
const makeRecord = Effect.gen(function* () {
  const databaseUrl = yield* newPostgresDatabase
  const postgres = yield* openPostgres(databaseUrl)
  let isAway = false
  let losesNext = false
  const away = new DatabaseUnavailable({ reason: "The PostgreSQL database can't be reached.", cause: undefined })
  const unlessAway = <A, R>(effect: Effect.Effect<A, DatabaseUnavailable, R>) =>
    Effect.suspend((): Effect.Effect<A, DatabaseUnavailable, R> => (isAway ? away : effect))
  const flaky: Postgres = {
    ...postgres,
    query: (statement) => unlessAway(postgres.query(statement)),
    connection: Effect.map(unlessAway(postgres.connection), (connection) => ({
      query: (statement) => unlessAway(connection.query(statement)),
      execute: (text) =>
        Effect.tap(unlessAway(connection.execute(text)), () => {
          if (text !== "COMMIT" || !losesNext) return Effect.void
          losesNext = false
          isAway = true
          return away
        })
    }))
  }
  const start = Effect.map(
    Layer.build(
      Layer.fresh(RecordSql).pipe(
        Layer.provide([TestConfig({ databaseUrl, mode: "paper" }), Layer.succeed(SharedPostgres, flaky)])
      )
    ),
    Context.get(Record)
  )
  return {
    start,
    goAway: Effect.sync(() => void (isAway = true)),
    /** Goes away with the answer to the end of the next transaction. */
    loseNext: Effect.sync(() => void (losesNext = true)),
    comeBack: Effect.sync(() => void (isAway = false))
  }
})

describe.skipIf(isPostgresMissing)(`a record ${inPostgres}`, () => {
  it.scopedLive("refuses writes and readings while its database is away, and goes on when it is back", () =>
    Effect.gen(function* () {
      const { comeBack, goAway, start } = yield* makeRecord
      const record = yield* start
      const first = yield* record.begin(order, once)
      assert.strictEqual(first._tag, "Begun")
      yield* goAway
      assert.strictEqual((yield* Effect.flip(record.begin(withdrawal, once)))._tag, "RecordUnavailable")
      assert.strictEqual((yield* Effect.flip(record.activity({ limit: 1 })))._tag, "RecordUnavailable")
      if (first._tag === "Begun")
        assert.strictEqual((yield* Effect.flip(record.end(first.intent, happened)))._tag, "RecordUnavailable")
      yield* comeBack
      assert.strictEqual((yield* record.begin(withdrawal, once))._tag, "Begun")
      assert.deepInclude(Option.getOrThrow(yield* record.outcome(1)), { outcome: "happened" })
    }).pipe(local)
  )

  it.scopedLive("is opened later if its database is away at the start", () =>
    Effect.gen(function* () {
      const { comeBack, goAway, start } = yield* makeRecord
      yield* goAway
      const record = yield* start
      assert.strictEqual((yield* Effect.flip(record.begin(order, once)))._tag, "RecordUnavailable")
      yield* comeBack
      assert.strictEqual((yield* record.begin(order, once))._tag, "Begun")
    }).pipe(local)
  )

  it.scopedLive("ends an intent of which nothing said that it was recorded, since it was not sent", () =>
    Effect.gen(function* () {
      const { comeBack, loseNext, start } = yield* makeRecord
      const record = yield* start
      yield* record.begin(withdrawal, once)
      yield* loseNext
      assert.strictEqual((yield* Effect.flip(record.begin(order, once)))._tag, "RecordUnavailable")
      yield* comeBack
      assert.strictEqual((yield* record.begin(order, once))._tag, "Begun")
      assert.deepInclude(Option.getOrThrow(yield* record.outcome(2)), { outcome: "did-not-happen" })
    }).pipe(local)
  )
})
