import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { execFileSync } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { healthUrl } from "../../../src/cli/health/healthCheck.ts"
import { freePort } from "../../freePort.ts"
import { makeCommandLine } from "../commandLine.ts"

/** Another HTTP server. */
const stranger = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("health", () => {
  it.scopedLive("succeeds while a server with the same settings is up, without a key and a token", () =>
    Effect.gen(function* () {
      const { run, serve } = yield* makeCommandLine
      const port = yield* freePort
      const settings = { MCP_KRAKEN_PORT: String(port), MCP_KRAKEN_PATH: "/elsewhere" }
      const url = `http://localhost:${port}/health`
      const before = yield* run(["health"], settings)
      assert.strictEqual(before.stdout, "")
      assert.match(before.stderr, new RegExp(`^${url} .*ECONNREFUSED.*\\n$`))
      assert.strictEqual(before.code, 1)
      const server = yield* serve([], settings)
      yield* server.told("mcp-kraken serves")
      const after = yield* run(["health"], settings)
      assert.deepInclude(after, { code: 0, stderr: "" })
      assert.include(after.stdout, `${url} `)
      assert.strictEqual((yield* server.stop).code, 0)
    })
  )

  it.scopedLive("uses TLS if the server does, whichever host the certificate names", () =>
    Effect.gen(function* () {
      const { folder, run, serve } = yield* makeCommandLine
      const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
      const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
      const files = ["-keyout", key, "-out", cert, "-subj", "/CN=kraken.example"]
      execFileSync("openssl", [...made, ...files], { stdio: "ignore" })
      const port = yield* freePort
      const tls = { MCP_KRAKEN_SSL_KEYFILE: key, MCP_KRAKEN_SSL_CERTFILE: cert }
      const settings = { MCP_KRAKEN_PORT: String(port), MCP_KRAKEN_HOST: "127.0.0.1", ...tls }
      const server = yield* serve([], settings)
      yield* server.told("mcp-kraken serves")
      const { code, stdout } = yield* run(["health"], settings)
      assert.include(stdout, `https://127.0.0.1:${port}/health `)
      assert.strictEqual(code, 0)
    })
  )

  it.scopedLive("fails if another server answers, or if the settings are wrong", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const { port } = yield* stranger
      const url = `http://localhost:${port}/health`
      const other = yield* run(["health"], { MCP_KRAKEN_PORT: String(port) })
      assert.deepInclude(other, { code: 1, stdout: "" })
      assert.match(other.stderr, new RegExp(`^${url} .*404\\n$`))
      const wrong = yield* run(["health"], { MCP_KRAKEN_PORT: "many" })
      assert.include(wrong.stderr, "MCP_KRAKEN_PORT")
      assert.strictEqual(wrong.code, 2)
    })
  )

  it("asks at the address where the server listens", () => {
    const asked = (host: string) => healthUrl({ host, port: 1, tls: Option.none() })
    assert.deepStrictEqual(
      ["0.0.0.0", "::", "::1", "10.0.0.1", "kraken.example"].map(asked),
      ["localhost", "localhost", "[::1]", "10.0.0.1", "kraken.example"].map((host) => `http://${host}:1/health`)
    )
  })
})
