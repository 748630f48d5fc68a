import { Clock, Duration, Effect, Option, Schedule, type Scope } from "effect"
import { clocks, type Reading } from "../../services/Clocks.ts"
import { DatabaseUnavailable } from "./databaseFile.ts"
import type { Layout } from "./immediateDatabase.ts"
import type { Postgres, PostgresConnection } from "./postgres.ts"
import { definitionsInPostgres, inPostgres, type PostgresText } from "./postgresText.ts"
import type { Parameter, Parameters, Statement, Steps } from "./steps.ts"
import { type Body, type TransactionalDatabase, Unreadable } from "./transactionalDatabase.ts"

/** The clock of this machine, also in a test whose time stands still: only its difference from that of the database counts. */
const machine = Clock.make()

/** The longest wait for other transactions. */
const defaultWait = Duration.seconds(5)

/** The first part of the keys of our locks, so that those of other programs are not taken. */
const lockClass = 0x6d_63_6b_72

/** The difference of two clocks, in milliseconds, that counts as none: leases last much longer. */
const sameClock = 1000

/** Checks that the tables of a layout are there, and are those of this version. Changes nothing. */
export const hasPostgresLayout = Effect.fnUntraced(function* (
  { query }: Postgres,
  { applicationId, migrations }: Layout
): Effect.fn.Return<boolean, DatabaseUnavailable> {
  const found = yield* versionOf(query, applicationId)
  if (found === undefined || found === migrations.length) return found !== undefined
  return yield* found > migrations.length
    ? isNewer(found, migrations.length)
    : unusable("an older version of mcp-kraken wrote it, and the next server to start brings it up to date")
})

/**
 * Makes the tables of a layout in PostgreSQL, or leads them to the newest layout, and returns the database. A transaction
 * that changes rows takes one lock, as the file of SQLite has one writer: so what it reads stays true until it ends. Fails
 * on tables of a newer version.
 */
export const openPostgresDatabase = Effect.fn("storage.openPostgresDatabase")(function* (
  postgres: Postgres,
  layout: Layout
): Effect.fn.Return<TransactionalDatabase, DatabaseUnavailable> {
  yield* migrate(postgres, layout)
  const texts = new Map<string, PostgresText>()
  const translate = (sqlite: string): PostgresText => {
    const known = texts.get(sqlite)
    if (known !== undefined) return known
    const made = inPostgres(sqlite)
    texts.set(sqlite, made)
    return made
  }
  const run = Effect.fnUntraced(function* <A>({ query }: PostgresConnection, steps: Steps<A>) {
    let step = steps.next()
    while (step.done !== true) {
      const { parameters, text: sqlite, wants } = step.value
      const { name, names, text } = translate(sqlite)
      const found = yield* query<object>({ name, text, values: valuesOf(parameters, names) })
      step = steps.next(resultOf(wants, found))
    }
    return step.value
  })

  /** The time by which the clock of the database is ahead of ours, in milliseconds. Servers agree on the time by it. */
  let ahead = 0
  const reading = Effect.map(clocks, ({ monotonic, wall }): Reading => ({ monotonic, wall: wall + ahead }))

  const begin = Effect.fnUntraced(function* ({ execute, query }: PostgresConnection, wait: Duration.DurationInput) {
    // No wait at all would be one without an end.
    const longest = Math.max(1, Math.ceil(Duration.toMillis(wait)))
    yield* execute(`BEGIN; SET LOCAL lock_timeout = ${longest}`)
    const { rows } = yield* query<Locked>(lockOf(layout))
    const [locked] = rows
    if (locked === undefined) return yield* unusable("it gives no lock")
    const difference = locked.now - machine.unsafeCurrentTimeMillis()
    ahead = Math.abs(difference) < sameClock ? 0 : difference
    return locked.transaction
  })

  const write = <A>(body: Body<A>, wait: Duration.DurationInput = defaultWait) =>
    Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* connect(postgres, wait)
        const transaction = yield* begin(connection, wait)
        const result = yield* run(connection, body(yield* reading))
        yield* Effect.catchAll(connection.execute("COMMIT"), (error) => settle(postgres, transaction, error)).pipe(
          Effect.uninterruptible
        )
        return result
      })
    ).pipe(unreadable)

  const read = <A>(body: Body<A>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* connect(postgres, defaultWait)
        yield* connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        const result = yield* run(connection, body(yield* reading))
        yield* connection.execute("COMMIT")
        return result
      })
    ).pipe(unreadable)

  return { read, write }
})

/** Takes a connection, for which it waits no longer than for other transactions. */
const connect = (
  { connection }: Postgres,
  wait: Duration.DurationInput
): Effect.Effect<PostgresConnection, DatabaseUnavailable, Scope.Scope> =>
  Effect.timeoutFail(Effect.disconnect(connection), {
    duration: wait,
    onTimeout: () => unusable("it can't be reached in time")
  })

interface Locked {
  /** The time of the database, in Unix milliseconds. */
  readonly now: number
  readonly transaction: string
}

/** Waits for the lock. The columns are evaluated in order, so that the time is that after the wait. */
const lockOf = ({ applicationId }: Layout) => ({
  name: `lock_${applicationId}`,
  text: `SELECT pg_advisory_xact_lock(${lockClass}, ${applicationId}), pg_current_xact_id()::text AS transaction,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`,
  values: []
})

/**
 * Finds out what became of a transaction whose end was not confirmed, as when the connection breaks. Fails with `error`
 * unless it was committed.
 */
const settle = ({ query }: Postgres, transaction: string, error: DatabaseUnavailable) =>
  query<{ readonly status: string | null }>({
    name: "transaction_status",
    text: "SELECT pg_xact_status($1::text::xid8) AS status",
    values: [transaction]
  }).pipe(
    Effect.flatMap(({ rows }) => {
      const status = rows[0]?.status
      return status === "in progress" ? Effect.fail("InProgress" as const) : Effect.succeed(status)
    }),
    Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(20))),
    Effect.orElseFail(() => error),
    Effect.flatMap((status) => (status === "committed" ? Effect.void : Effect.fail(error)))
  )

const valuesOf = (parameters: Parameters, names: ReadonlyArray<string> | undefined): ReadonlyArray<Parameter> => {
  if (names === undefined)
    return parameters.map((value) => (typeof value === "object" && value !== null ? refuseNames() : textOf(value)))
  const [named] = parameters
  return names.map((name) => {
    const value = typeof named === "object" && named !== null ? named[name] : undefined
    if (value === undefined) throw new TypeError(`the parameter ${name} is missing`)
    return textOf(value)
  })
}

const refuseNames = (): never => {
  throw new TypeError("the parameters have names, and the text has none")
}

/** Stands for a character that texts of PostgreSQL cannot hold. */
const nul = "\u2400"

const textOf = (value: Parameter): Parameter => (typeof value === "string" ? value.replaceAll("\0", nul) : value)

const resultOf = (
  wants: Statement["wants"],
  { changes, rows }: { readonly changes: number; readonly rows: ReadonlyArray<object> }
): unknown => {
  if (wants === "changes") return changes
  for (const row of rows)
    for (const value of Object.values(row))
      if (typeof value === "bigint") throw new Unreadable({ message: "a number in it is too large" })
  switch (wants) {
    case "rows":
      return rows
    case "row":
      return rows[0]
    case "column":
      return rows.map(firstOf)
    case "value":
      return rows[0] && firstOf(rows[0])
  }
}

const firstOf = (row: object): unknown => Object.values(row)[0]

const unusable = (what: string) =>
  new DatabaseUnavailable({ reason: `The PostgreSQL database can't be used: ${what}.`, cause: undefined })

const isNewer = (found: number, known: number) =>
  unusable(`a newer version of mcp-kraken wrote it (layout ${found}, known up to ${known})`)

const unreadable = <A, R>(effect: Effect.Effect<A, DatabaseUnavailable, R>): Effect.Effect<A, DatabaseUnavailable, R> =>
  Effect.catchSomeDefect(effect, (defect) =>
    defect instanceof Unreadable ? Option.some(Effect.fail(unusable(defect.message))) : Option.none()
  )

/** The table of the layouts, by the ids that SQLite keeps in the header of a file. */
const layouts = "mcp_kraken_layouts"

/** Reads the number of migrations that the tables of a layout have seen. Undefined if there are none. */
const versionOf = Effect.fnUntraced(function* (query: PostgresConnection["query"], id: number) {
  const known = yield* query<{ readonly known: boolean }>({
    name: "layouts_known",
    text: `SELECT to_regclass('${layouts}') IS NOT NULL AS known`,
    values: []
  })
  if (known.rows[0]?.known !== true) return undefined
  const { rows } = yield* query<{ readonly version: number }>({
    name: "layout",
    text: `SELECT version FROM ${layouts} WHERE id = $1`,
    values: [id]
  })
  return rows[0]?.version
})

const migrate = ({ connection }: Postgres, layout: Layout) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { applicationId, migrations } = layout
      const { execute, query } = yield* connection
      if ((yield* versionOf(query, applicationId)) === migrations.length) return
      yield* execute("BEGIN")
      yield* query(lockOf(layout))
      yield* execute(`CREATE TABLE IF NOT EXISTS ${layouts} (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)`)
      const current = (yield* versionOf(query, applicationId)) ?? 0
      if (current > migrations.length) return yield* isNewer(current, migrations.length)
      if (current < migrations.length) {
        for (const migration of migrations.slice(current)) yield* execute(definitionsInPostgres(migration))
        yield* query({
          name: "layout_reached",
          text: `INSERT INTO ${layouts} (id, version) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET version = excluded.version`,
          values: [applicationId, migrations.length]
        })
      }
      yield* execute("COMMIT")
    })
  )
