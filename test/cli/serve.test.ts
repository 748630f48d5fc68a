import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer, type Server } from "node:net"
import { join } from "node:path"
import { freePort } from "../freePort.ts"
import { makeCommandLine } from "./commandLine.ts"

const loopback = { MCP_KRAKEN_HOST: "127.0.0.1" }

/** The address that the server printed. */
const address = (port: number, path = "/mcp") => `http://127.0.0.1:${port}${path}`

const status = (url: string) => Effect.promise(() => fetch(url, { method: "POST" }).then(({ status }) => status))

/** Another program that listens on a port. */
const listening = Effect.acquireRelease(
  Effect.async<{ readonly server: Server; readonly port: number }>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ server, port }))
    })
  }),
  ({ server }) => Effect.sync(() => server.close())
)

/** Writes a request as a line. */
const asked = (method: string, id: number) => `${JSON.stringify({ jsonrpc: "2.0", id, method, params: {} })}\n`

describe("serve", () => {
  it.scopedLive("explains how to create a token and connect, only if there is none", () =>
    Effect.gen(function* () {
      const { run, serve } = yield* makeCommandLine
      const port = yield* freePort
      const first = yield* serve(["--port", String(port)], loopback)
      const told = yield* first.told("tools/list")
      const url = address(port)
      assert.match(told, / token create my-client$/m)
      for (const [client, ...parts] of [
        ["Claude Code", `http kraken ${url} `, "Bearer mck_…"],
        ["Claude Desktop", `"mcp-remote", "${url}"`, "Bearer mck_…"],
        ["MCP Inspector", `--cli ${url} `, "Bearer mck_…"]
      ]) {
        const line = told.split("\n").find((line) => line.includes(`  ${client}  `))
        for (const part of parts) assert.include(line, part)
      }
      assert.match(told, /public market data/)
      assert.deepInclude(yield* first.stop, { code: 0, stdout: "" })

      yield* run(["token", "create", "expired", "-e", "1s"])
      yield* run(["token", "create", "desk"])
      const second = yield* serve(["--port", String(port)], loopback)
      assert.notInclude(yield* second.told("serves"), "token create")
      assert.strictEqual(yield* status(address(port)), 401)
      assert.strictEqual((yield* second.stop).code, 0)
    })
  )

  it.scopedLive("prefers flags to settings", () =>
    Effect.gen(function* () {
      const { serve } = yield* makeCommandLine
      const port = yield* freePort
      const env = { MCP_KRAKEN_HOST: "203.0.113.1", MCP_KRAKEN_PORT: "1", MCP_KRAKEN_PATH: "/environment" }
      const server = yield* serve(["--host", "127.0.0.1", "--port", String(port), "--path", "/flag/"], env)
      yield* server.told(address(port, "/flag"))
      assert.strictEqual(yield* status(address(port, "/flag")), 401)
      assert.strictEqual(yield* status(address(port, "/environment")), 404)
    })
  )

  it.scopedLive("prints its port if it may choose any", () =>
    Effect.gen(function* () {
      const { serve } = yield* makeCommandLine
      const server = yield* serve(["--port", "0"], loopback)
      const told = yield* server.told("tools/list")
      assert.strictEqual(yield* status(/serves (\S+)/.exec(told)?.[1] ?? ""), 401)
    })
  )

  it.scopedLive(
    "says at its start that other machines reach it without TLS, and that its tools can move money out",
    () =>
      Effect.gen(function* () {
        const { folder, serve } = yield* makeCommandLine
        writeFileSync(
          join(folder, ".env"),
          `KRAKEN_API_KEY=key\nKRAKEN_API_SECRET=${Buffer.alloc(64, "kraken").toString("base64")}\n`,
          { mode: 0o644 }
        )
        const warnings = (env: Readonly<Record<string, string>>) =>
          Effect.gen(function* () {
            const port = yield* freePort
            const server = yield* serve(["--port", String(port)], { MCP_KRAKEN_LOG_FORMAT: "json", ...env })
            const told = yield* server.told("mcp-kraken serves")
            const logged = told.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []))
            return logged.filter(({ logLevel }) => logLevel === "WARN").map(({ message }) => String(message))
          })
        const [file, open, out, ...others] = yield* warnings({})
        assert.deepStrictEqual(others, [])
        assert.include(file, "chmod 600 .env")
        assert.include(open, "0.0.0.0")
        assert.include(out, "withdraw")
        assert.lengthOf(yield* warnings({ MCP_KRAKEN_HOST: "localhost", MCP_KRAKEN_READ_ONLY: "true" }), 1)
      })
  )

  it.scopedLive("warns if authentication is off, and logs notices about the settings", () =>
    Effect.gen(function* () {
      const { serve } = yield* makeCommandLine
      const port = yield* freePort
      const env = {
        ...loopback,
        MCP_KRAKEN_AUTH_DISABLED: "True",
        MCP_KRAKEN_API: "spot",
        MCP_KRAKEN_LOG_FORMAT: "json"
      }
      const server = yield* serve(["--port", String(port)], env)
      const told = yield* server.told(address(port))
      const logged = told.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []))
      assert.deepStrictEqual(
        logged.map(({ logLevel, message }) => [logLevel, /^[A-Z_]+(?: [A-Z]+\b)*/.exec(message)?.[0]]),
        [
          ["WARN", "MCP_KRAKEN_API"],
          ["WARN", "AUTHENTICATION IS OFF"],
          ["INFO", "LIVE MODE"]
        ]
      )
      assert.notInclude(told, "token create")
      assert.notStrictEqual(yield* status(address(port)), 401)
    })
  )

  it.scopedLive("explains in a sentence why it can't listen", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const { port: taken } = yield* listening
      const quiet = { ...loopback, MCP_KRAKEN_LOG_LEVEL: "ERROR" }
      const { code, stderr, stdout } = yield* run(["serve", "--port", String(taken)], quiet)
      assert.strictEqual(stdout, "")
      assert.match(stderr, new RegExp(`^[^\\n]*\\b127\\.0\\.0\\.1:${taken}\\b[^\\n]*\\n$`))
      assert.strictEqual(code, 1)
      const file = join(folder, "missing.pem")
      const tls = yield* run(["serve", "--port", "0", "--ssl-keyfile", file, "--ssl-certfile", file], quiet)
      assert.match(tls.stderr, /^[^\n]*ENOENT[^\n]*\n$/)
      assert.strictEqual(tls.code, 1)
      const half = yield* run(["serve", "--ssl-keyfile", file])
      assert.include(half.stderr, "MCP_KRAKEN_SSL_CERTFILE")
      assert.strictEqual(half.code, 2)
    })
  )

  it.scopedLive("over stdio tells the client why it has no tools, and ends even if the client does not", () =>
    Effect.gen(function* () {
      const { folder, runOpen } = yield* makeCommandLine
      const file = join(folder, "a-file")
      writeFileSync(file, "")
      const env = { MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_PAPER_MARKET: "synthetic", MCP_KRAKEN_STATE_DIR: file }
      const { code, stderr, stdout } = yield* runOpen(["serve", "--stdio"], env, ({ stdin }) =>
        stdin.write(["initialize", "tools/list", "prompts/list"].map(asked).join(""))
      )
      const [hello, ...others] = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.strictEqual(hello.result.serverInfo.name, "mcp-kraken")
      assert.lengthOf(others, 2)
      for (const { error } of others) {
        assert.strictEqual(error.code, -32603)
        assert.isTrue(error.message.endsWith(` ${stderr.trim()}`), error.message)
      }
      assert.include(stderr, join(file, "paper.db"))
      assert.strictEqual(code, 1)
    })
  )

  it.scopedLive("over stdio sends the client the errors of the settings", () =>
    Effect.gen(function* () {
      const { runOpen } = yield* makeCommandLine
      const { code, stderr, stdout } = yield* runOpen(["serve", "--stdio"], { MCP_KRAKEN_READ_ONLY: "tru" }, (child) =>
        child.stdin.write(asked("server/discover", 1) + asked("initialize", 2))
      )
      const answers = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
      const { message } = answers[0].error
      assert.isTrue(message.endsWith(` ${stderr.trim()}`), message)
      assert.deepStrictEqual(
        answers,
        [1, 2].map((id) => ({ jsonrpc: "2.0", id, error: { code: -32603, message } }))
      )
      assert.match(stderr, /MCP_KRAKEN_READ_ONLY: .*"tru"/)
      assert.strictEqual(code, 2)
    })
  )

  it.scopedLive("over stdio ends when its output is closed, even if its input stays open", () =>
    Effect.gen(function* () {
      const { runOpen } = yield* makeCommandLine
      const { code } = yield* runOpen(["serve", "--stdio"], {}, ({ stdin, stdout }) => {
        stdout.destroy()
        stdin.write(asked("initialize", 1))
      })
      assert.strictEqual(code, 0)
    })
  )

  it.scopedLive("over stdio ends with its input and opens no token database", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      assert.deepInclude(yield* run(["serve", "--stdio"]), { code: 0, stdout: "" })
      assert.isFalse(existsSync(join(folder, "data")))
    })
  )

  it.scopedLive.each([{ MCP_KRAKEN_STATE_DIR: "/proc/mcp-kraken/state" }, { HOME: "/proc/mcp-kraken" }])(
    "ends with the path of a state folder that can't be made: %o",
    (variables) =>
      Effect.gen(function* () {
        const { run } = yield* makeCommandLine
        const { code, stderr } = yield* run(["serve", "--paper", "--market", "synthetic"], variables)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^The database \/proc\/mcp-kraken\/.*paper\.db can't be created: [A-Z]+: .*\.$/m)
      })
  )

  it.scopedLive.each(["", "relative"])("asks for a state folder if HOME is '%s', and keeps nothing here", (HOME) =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const { code, stderr } = yield* run(["serve", "--paper", "--market", "synthetic"], { HOME })
      assert.strictEqual(code, 2)
      assert.include(stderr, "MCP_KRAKEN_STATE_DIR")
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )
})
