import { Effect, Schema, Struct } from "effect"
import { type Activity, Record } from "../../services/Record.ts"
import { isoSeconds } from "../kit/timeText.ts"
import { paged, rowPaging } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

export const getActivity = Tool.make("get_activity", {
  title: "Own writes",
  description:
    "Writes of this caller, newest first, including refused ones. state: open (no outcome yet), happened, did-not-happen, unknown (do what check says, do not repeat it) or refused.",
  input: rowPaging(20, 50),
  handler: Effect.fn("Tool.get_activity")(function* ({ cursor, limit }) {
    const record = yield* Record
    const rows = yield* record.activity({ limit: limit + 1, ...(cursor !== undefined && { before: Number(cursor) }) })
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    return {
      writes: shown.map(rowOf),
      ...(rows.length > limit && last !== undefined && { next_cursor: String(last.seq) })
    }
  }),
  output: Schema.Struct({
    writes: Schema.Array(
      Schema.Struct({
        seq: Schema.Number,
        time: Schema.String,
        endpoint: Schema.String,
        state: Schema.String,
        ids: Schema.Array(Schema.String),
        request: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
        error: optional(Schema.String),
        reason: optional(Schema.String),
        check: optional(Schema.String)
      })
    ),
    next_cursor: paged.next_cursor
  })
})

const rowOf = (row: Activity) => ({ ...Struct.omit(row, "at", "caller"), time: isoSeconds(row.at / 1000) })
