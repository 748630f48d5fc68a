import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect } from "effect"
import { mkdirSync, realpathSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { bundle } from "../Bundle.ts"
import { connect, makeHouse, run } from "./Server.ts"

/** A server that counts its requests. No API key should be sent to it. */
const foreignServer = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly asked: () => number; readonly close: () => void }>((resume) => {
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.end("{}")
    }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      const url = `http://127.0.0.1:${port}`
      resume(Effect.succeed({ url, asked: () => asked, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

/** A folder of an unrelated project, in which a client starts the server over stdio. */
const project = Effect.gen(function* () {
  const house = yield* makeHouse
  const folder = join(realpathSync(house.folder), "project")
  mkdirSync(folder)
  const dotenv = join(folder, ".env")
  const serve = (args: ReadonlyArray<string>, env: Record<string, string>) =>
    Effect.gen(function* () {
      let log = ""
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [bundle(), "serve", "--stdio", ...args],
        env,
        cwd: folder,
        stderr: "pipe"
      })
      transport.stderr?.on("data", (chunk: Buffer) => {
        log += String(chunk)
      })
      const client = yield* connect(transport)
      return { client, log: () => log }
    })
  return { ...house, project: folder, dotenv, serve }
})

const call = (client: Client, name: string) =>
  Effect.map(
    Effect.promise(() => client.callTool({ name, arguments: {} })),
    ({ content, isError, structuredContent }) => ({
      isError,
      text: String(Object(content)[0]?.text),
      structured: Object(structuredContent)
    })
  )

describe("a .env in the folder where a client starts the server over stdio", () => {
  it.scopedLive("is not read, whatever its content, and is named to the user", () =>
    Effect.gen(function* () {
      const { url, asked } = yield* foreignServer
      const { dotenv, folder, project: cwd, serve } = yield* project
      const bait = join(cwd, "id_rsa")
      writeFileSync(bait, "a+private+key\n")
      writeFileSync(
        dotenv,
        [
          `KRAKEN_BASE_URL=${url}`,
          `KRAKEN_API_KEY_FILE=${bait}`,
          `KRAKEN_API_SECRET=${Buffer.alloc(64).toString("base64")}`,
          `MCP_KRAKEN_STATE_DIR=${cwd}`,
          "MCP_KRAKEN_MODE=live",
          "MCP_KRAKEN_LOG_LEVEL=CRITICAL",
          "MCP_KRAKEN_TIER=gold",
          "MCP_KRAKEN_HTTP_TIMEOUT=0",
          "MCP_KRAKEN_ORDER_DEADLINE never",
          ""
        ].join("\n")
      )
      const { client, log } = yield* serve([], { HOME: folder })
      const mode = yield* call(client, "get_trading_mode")
      assert.deepInclude(mode.structured, { mode: "live", market: "Kraken" })
      assert.include(mode.structured.account, JSON.stringify(dotenv))
      const denied = yield* call(client, "get_account_balance")
      assert.isTrue(denied.isError)
      assert.include(denied.text, "KrakenCredentialsMissing")
      assert.include(denied.text, JSON.stringify(dotenv))
      assert.notInclude(denied.text, "--env-file")
      assert.lengthOf(log().split(dotenv), 2)
      assert.strictEqual(asked(), 0)
    })
  )

  it.scopedLive("is read when --env-file names it, and an address that is not Kraken's is named", () =>
    Effect.gen(function* () {
      const { dotenv, folder, serve, variables } = yield* project
      const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"`)
      writeFileSync(dotenv, lines.join("\n"))
      const { client, log } = yield* serve(["--env-file", ".env"], { HOME: folder })
      const { structured } = yield* call(client, "get_trading_mode")
      assert.include(structured.market, variables["KRAKEN_BASE_URL"])
      assert.notInclude(structured.account, ".env")
      assert.isUndefined((yield* call(client, "get_account_balance")).isError)
      assert.notInclude(log(), "not read")
    })
  )

  it.scopedLive("is named beside the errors of the settings", () =>
    Effect.gen(function* () {
      const { dotenv, project: cwd } = yield* project
      writeFileSync(dotenv, "KRAKEN_API_KEY=key\n")
      const { code, stderr } = yield* run(["serve", "--stdio"], { HOME: cwd, MCP_KRAKEN_MODE: "live" }, cwd)
      assert.include(stderr, dotenv)
      assert.strictEqual(code, 2)
    })
  )
})

describe("--env-file", () => {
  it.scopedLive("names a file that must exist, over stdio and over HTTP", () =>
    Effect.gen(function* () {
      const { project: cwd } = yield* project
      for (const args of [["serve", "--stdio"], ["serve"], ["token", "list"]]) {
        const { code, stderr } = yield* run([...args, "--env-file", "missing.env"], { HOME: cwd }, cwd)
        // Some versions of Node.js read the flag themselves, at any position, and exit with 9.
        assert.match(stderr, /missing\.env: (can't be read \(ENOENT\)|not found)/)
        assert.include([2, 9], code)
      }
    })
  )

  it.scopedLive("is read instead of .env by the other commands, too", () =>
    Effect.gen(function* () {
      const { dotenv, project: cwd } = yield* project
      writeFileSync(dotenv, "MCP_KRAKEN_TOKEN_DB=/nowhere/tokens.db\n")
      writeFileSync(join(cwd, "my.env"), `MCP_KRAKEN_TOKEN_DB=${join(cwd, "mine.db")}\n`)
      const env = { HOME: cwd }
      const create = ["token", "create", "one", "--json", "--env-file", "my.env"]
      const { id } = JSON.parse((yield* run(create, env, cwd)).stdout)
      const list = yield* run(["token", "list", "--json", "--env-file", "my.env"], env, cwd)
      assert.deepStrictEqual(
        JSON.parse(list.stdout).map((token: { readonly id: string }) => token.id),
        [id]
      )
      assert.strictEqual((yield* run(["token", "revoke", id, "--env-file", "my.env"], env, cwd)).code, 0)
      const health = yield* run(["health", "--env-file", "my.env"], { ...env, MCP_KRAKEN_PORT: "1" }, cwd)
      assert.strictEqual(health.code, 1)
      const show = yield* run(["paper", "show", "--env-file", "my.env"], { ...env, MCP_KRAKEN_STATE_DIR: cwd }, cwd)
      assert.include(show.stderr, "paper account")
    })
  )
})
