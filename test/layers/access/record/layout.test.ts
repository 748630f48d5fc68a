import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { all } from "../../../../src/layers/storage/steps.ts"
import { homeInFile, homeInPostgres } from "../../../homes.ts"
import { inPostgres, isPostgresMissing } from "../../../postgres.ts"

interface Column {
  readonly of: string
  readonly name: string
  readonly type: string
  readonly required: number
}

const inSqlite = `SELECT t.name AS of, c.name AS name, c.type AS type, c."notnull" OR c.pk > 0 AS required
  FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1, 2`

const inInformationSchema = `SELECT table_name AS of, column_name AS name,
    CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' ELSE data_type END AS type,
    CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS required
  FROM information_schema.columns
  WHERE table_schema = current_schema() AND table_name <> 'mcp_kraken_layouts'
  ORDER BY table_name COLLATE "C", column_name COLLATE "C"`

describe.skipIf(isPostgresMissing)(`the tables of the record ${inPostgres}`, () => {
  it.scoped("have the columns and the indices that they have in SQLite", () =>
    Effect.gen(function* () {
      const [file, postgres] = [yield* (yield* homeInFile).database, yield* (yield* homeInPostgres).database]
      const columns = yield* file.read(() => all<Column>(inSqlite))
      assert.isAbove(columns.length, 50)
      assert.deepStrictEqual(yield* postgres.read(() => all<Column>(inInformationSchema)), columns)
      const named = (text: string) => all<{ readonly name: string }>(text)
      assert.deepStrictEqual(
        yield* postgres.read(() =>
          named(
            `SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'
             ORDER BY indexname COLLATE "C"`
          )
        ),
        yield* file.read(() =>
          named("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        )
      )
    })
  )
})
