import { Effect, Schema } from "effect"
import type { KeyInfo } from "../../../domain/keys/keyInfo.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { Postgres } from "../../storage/postgres.ts"
import { exclusive, prepareOnce } from "../../storage/prepareOnce.ts"

/** A description of a key in the database. Each answer of Kraken is another version. */
export interface SharedInfo {
  readonly info: KeyInfo
  readonly version: number
  /** Its age in milliseconds, by the clock of the database. */
  readonly age: number
}

/** The description of a key that all servers of the key keep together. */
export interface SharedKeyInfo {
  /** Reads it. Undefined if there is none. */
  readonly read: Effect.Effect<SharedInfo | undefined, DatabaseUnavailable>
  /** Replaces it, and returns its version. */
  readonly write: (info: KeyInfo) => Effect.Effect<number | undefined, DatabaseUnavailable>
  /** Removes it, so that each server asks Kraken before it goes on. */
  readonly drop: Effect.Effect<void, DatabaseUnavailable>
}

const preparation = exclusive(`
  CREATE TABLE IF NOT EXISTS key_permissions (key TEXT PRIMARY KEY, info TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)`)

/** The time of the database in seconds, which all servers share. */
const now = "extract(epoch FROM clock_timestamp())::double precision"

/** The text of a row. It names permissions, addresses and limits of the key, and holds nothing to sign a call with. */
const Info = Schema.parseJson(
  Schema.Struct({
    name: Schema.String,
    permissions: Schema.ReadonlySet(Schema.String),
    nonce: Schema.BigInt,
    nonceWindow: Schema.BigInt,
    validUntil: Schema.Number,
    queryFrom: Schema.Number,
    queryTo: Schema.Number,
    ipAllowlist: Schema.Array(Schema.String)
  })
)

const decode = Schema.decodeUnknownOption(Info)
const encode = Schema.encodeSync(Info)

/** Makes the place of the description in a database of PostgreSQL, under a hash of the key. */
export const makePostgresKeyInfo = Effect.fnUntraced(function* (
  { execute, query }: Postgres,
  key: string
): Effect.fn.Return<SharedKeyInfo> {
  const prepared = yield* prepareOnce(execute(preparation))
  const run = <R>(name: string, text: string, ...values: ReadonlyArray<string>) =>
    Effect.zipRight(prepared, query<R>({ name, text, values: [key, ...values] }))
  return {
    read: run<{ readonly info: string; readonly version: number; readonly age: number }>(
      "key_permissions",
      `SELECT info, at AS version, (${now} - at) * 1000 AS age FROM key_permissions WHERE key = $1`
    ).pipe(
      Effect.map(({ rows: [row] }) => {
        const info = decode(row?.info)
        // A row of the future is one before the clock was set back, and its age is not known.
        return row === undefined || info._tag === "None" || row.age < 0
          ? undefined
          : { info: info.value, version: row.version, age: row.age }
      })
    ),
    write: (info) =>
      run<{ readonly version: number }>(
        "note_key_permissions",
        `INSERT INTO key_permissions VALUES ($1, $2, ${now})
          ON CONFLICT (key) DO UPDATE SET info = excluded.info, at = excluded.at RETURNING at AS version`,
        encode(info)
      ).pipe(Effect.map(({ rows: [row] }) => row?.version)),
    drop: Effect.asVoid(run("drop_key_permissions", "DELETE FROM key_permissions WHERE key = $1"))
  }
})
