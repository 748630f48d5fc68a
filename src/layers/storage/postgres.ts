import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Exit, Redacted, type Scope } from "effect"
import { readFileSync } from "node:fs"
import type { Pool, PoolClient, PoolConfig } from "pg"
import { isLoopback } from "../network/loopback.ts"
import type { DatabaseUnavailable } from "./databaseFile.ts"
import { noAuthority, postgresUnavailable } from "./postgresErrors.ts"

/** A statement with the values of `$1`, `$2` … */
export interface PostgresStatement {
  /** A name by which each connection plans the text once. One name has one text. */
  readonly name: string
  readonly text: string
  readonly values: ReadonlyArray<string | number | bigint | boolean | null>
}

/** The rows that a statement returned, and the number of those that it returned or changed. */
export interface PostgresResult<R> {
  readonly rows: ReadonlyArray<R>
  readonly changes: number
}

/** Something that runs statements. The caller says which columns its text selects. */
export interface PostgresConnection {
  readonly query: <R = unknown>(statement: PostgresStatement) => Effect.Effect<PostgresResult<R>, DatabaseUnavailable>
  /** Runs a text without values, such as `COMMIT`. It can consist of several statements. */
  readonly execute: (text: string) => Effect.Effect<void, DatabaseUnavailable>
}

/** A database of PostgreSQL. Each of its own statements is a transaction, on any of its connections. */
export interface Postgres extends PostgresConnection {
  /** Takes a connection for a transaction. It is closed, which ends its transaction, if its use fails or is interrupted. */
  readonly connection: Effect.Effect<PostgresConnection, DatabaseUnavailable, Scope.Scope>
  /** The same database for code that also runs on SQLite. */
  readonly sql: Effect.Effect<SqlClient, DatabaseUnavailable, Scope.Scope>
}

interface PostgresOptions {
  /**
   * False if a transaction may be lost when the database ends abruptly, so that no commit waits for the disk. It is kept if
   * a later one of another connection was kept.
   */
  readonly isDurable?: boolean
}

/** The most connections of a process. */
const mostConnections = 10

/** The longest wait for a connection, in milliseconds. */
const connectTimeout = 5000

/** The longest time of a statement, and of its wait for another transaction, in milliseconds. */
const statementTimeout = 10_000

/** The time after which the database ends the transaction of a server that vanished, in milliseconds. */
const idleTransactionTimeout = 15_000

/** The time after which an unused connection is closed, in milliseconds. */
const idleTimeout = 60_000

/**
 * Opens a database of PostgreSQL. The driver is loaded here. Nothing connects before the first statement, so a database
 * that is away can be opened, and one that comes back is used again.
 */
export const openPostgres = Effect.fn("storage.openPostgres")(function* (
  url: Redacted.Redacted,
  { isDurable = true }: PostgresOptions = {}
): Effect.fn.Return<Postgres, DatabaseUnavailable, Scope.Scope> {
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: postgresUnavailable })
  const { Pool, TypeOverrides } = yield* attempt(() => import("pg"))
  const types = new TypeOverrides()
  types.setTypeParser(bigInteger, wholeNumber)
  const config = yield* Effect.try({ try: () => configOf(new URL(Redacted.value(url))), catch: noAuthority })
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new Pool({ ...config, types, ...(!isDurable && { options: "-c synchronous_commit=off" }) }).on("error", ignore)
    ),
    (pool) => Effect.promise(() => pool.end())
  )
  return {
    ...runOn(pool),
    connection: Effect.acquireRelease(
      attempt(() => pool.connect()).pipe(Effect.map((client) => client.on("error", ignore))),
      (client, exit) =>
        Effect.sync(() => {
          client.removeListener("error", ignore)
          client.release(Exit.isFailure(exit))
        })
    ).pipe(Effect.map(runOn)),
    sql: Effect.gen(function* () {
      const [{ fromPool }, Reactivity] = yield* attempt(() =>
        Promise.all([import("@effect/sql-pg/PgClient"), import("@effect/experimental/Reactivity")])
      )
      return yield* fromPool({ acquire: Effect.succeed(pool) }).pipe(
        Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
        Effect.mapError(postgresUnavailable)
      )
    })
  }
})

/** The type BIGINT in the protocol. */
const bigInteger = 20

/** Reads a BIGINT as a number if a number holds it exactly, as the driver of SQLite does for most columns. */
const wholeNumber = (text: string): number | bigint => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** Lets a connection that breaks fail the statement that uses it, rather than the process. */
const ignore = (): void => {}

const runOn = (on: Pool | PoolClient): PostgresConnection => ({
  query: <R>({ name, text, values }: PostgresStatement) =>
    Effect.tryPromise({
      try: () => on.query({ name, text, values: [...values] }),
      catch: postgresUnavailable
    }).pipe(Effect.map(({ rowCount, rows }) => ({ rows: rows as ReadonlyArray<R>, changes: rowCount ?? 0 }))),
  execute: (text) => Effect.asVoid(Effect.tryPromise({ try: () => on.query(text), catch: postgresUnavailable }))
})

const configOf = (url: URL): PoolConfig => ({
  host: url.hostname.replace(/^\[|\]$/g, ""),
  ...(url.port !== "" && { port: Number(url.port) }),
  user: decodeURIComponent(url.username),
  password: decodeURIComponent(url.password),
  database: decodeURIComponent(url.pathname.slice(1)),
  ssl: tlsOf(url),
  application_name: "mcp-kraken",
  max: mostConnections,
  connectionTimeoutMillis: connectTimeout,
  idleTimeoutMillis: idleTimeout,
  query_timeout: statementTimeout,
  statement_timeout: statementTimeout,
  lock_timeout: statementTimeout,
  idle_in_transaction_session_timeout: idleTransactionTimeout,
  keepAlive: true
})

/** The encryption that an address asks for. Without `sslmode`, only a database on this machine needs none. */
const tlsOf = ({ hostname, searchParams }: URL): PoolConfig["ssl"] => {
  const mode = searchParams.get("sslmode") ?? (isLoopback(hostname) ? "disable" : "verify-full")
  if (mode === "disable") return false
  const authority = searchParams.get("sslrootcert")
  return {
    rejectUnauthorized: mode !== "no-verify",
    ...(authority !== null && { ca: readFileSync(authority, "utf8") }),
    // The name in the certificate counts, too, unless only its authority is asked for.
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined })
  }
}
