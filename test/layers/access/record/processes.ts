import { Effect } from "effect"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { Record } from "../../../../src/services/Record.ts"
import { homeInFile, type MakeHome } from "../../../homes.ts"

/** A home, and processes that share the record in it. */
export const makeRecordsIn = (home: MakeHome) =>
  Effect.map(home, ({ database, file, start }) => ({
    file,
    database,
    /** Starts a process. It ends with the scope. */
    start: start(Record, RecordSql, { mode: "paper" })
  }))

/** The same with the record in a file. */
export const makeRecords = makeRecordsIn(homeInFile)
