import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { openPostgres } from "../../../src/layers/storage/postgres.ts"
import { hasBinaries } from "../../postgres.ts"
import { startPostgres } from "../../postgresServer.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

/** Makes a certificate for `localhost` that signs itself. */
const selfSigned = Effect.map(temporaryFolder, (folder) => {
  const [keyFile, certFile] = [join(folder, "server.key"), join(folder, "server.pem")]
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
  const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
  execFileSync("openssl", [...made, ...named, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" })
  return { keyFile, certFile }
})

/** Tells if the connection is encrypted. The message says why there is none. */
const connection = (url: URL) =>
  openPostgres(Redacted.make(url.href)).pipe(
    Effect.flatMap(({ query }) =>
      query<{ readonly ssl: boolean }>({
        name: "ssl",
        text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        values: []
      })
    ),
    Effect.scoped,
    Effect.match({
      onFailure: ({ message }) => /\((\w+)\)/.exec(message)?.[1],
      onSuccess: ({ rows }) => rows[0]?.ssl
    })
  )

// A server of somebody else has a certificate of its own.
describe.skipIf(!hasBinaries())("a connection to a PostgreSQL with a certificate for localhost", () => {
  it.scopedLive(
    "is encrypted and checked as sslmode says",
    () =>
      Effect.gen(function* () {
        const tls = yield* selfSigned
        const server = new URL(yield* startPostgres(tls))
        const to = (hostname: string, search: string) => {
          const url = new URL(server)
          return connection(Object.assign(url, { hostname, search: search.replace("CA", tls.certFile) }))
        }
        const expected = [
          ["localhost", "", false],
          ["localhost", "?sslmode=disable", false],
          ["localhost", "?sslmode=verify-full&sslrootcert=CA", true],
          ["localhost", "?sslmode=require&sslrootcert=CA", true],
          ["localhost", "?sslmode=require", "DEPTH_ZERO_SELF_SIGNED_CERT"],
          ["localhost", "?sslmode=verify-ca", "DEPTH_ZERO_SELF_SIGNED_CERT"],
          ["localhost", "?sslmode=no-verify", true],
          ["127.0.0.1", "?sslmode=verify-full&sslrootcert=CA", "ERR_TLS_CERT_ALTNAME_INVALID"],
          ["127.0.0.1", "?sslmode=require&sslrootcert=CA", "ERR_TLS_CERT_ALTNAME_INVALID"],
          ["127.0.0.1", "?sslmode=verify-ca&sslrootcert=CA", true]
        ] satisfies ReadonlyArray<[string, string, boolean | string]>
        const found = yield* Effect.forEach(expected, ([hostname, search]) =>
          Effect.map(to(hostname, search), (found) => [hostname, search, found])
        )
        assert.deepStrictEqual(found, expected)
      }),
    120_000
  )
})
