import { assert } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { env as environment } from "node:process"
import { settings } from "../../src/layers/settings/settingDefinitions.ts"
import { connect } from "../serve/Server.ts"
import type { Workspace } from "./workspace.ts"

/** The way to a server in a client's configuration: the fields that all clients share. */
interface Reach {
  readonly command?: string
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
}

const names: ReadonlySet<string> = new Set(Object.values(settings).map(({ name }) => name))

/** Checks if a configuration has an account, real or on paper. */
const hasAccount = ({ args = [], env = {} }: Reach) =>
  env["KRAKEN_API_KEY"] !== undefined || env["MCP_KRAKEN_MODE"] === "paper" || args.includes("--paper")

/** Fills in a client's configuration as a reader would. The SDK's client then lists the tools and calls one. */
export const use = (
  reach: Reach,
  workspace: Workspace,
  tool = hasAccount(reach) ? "get_account_balance" : "get_server_time"
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const filled = JSON.parse(yield* workspace.fill(JSON.stringify(reach))) as Reach
      const bridged = filled.args?.includes("mcp-remote") ? bridge(filled) : filled
      const client = yield* bridged.url === undefined ? overStdio(bridged, workspace) : overHttp(bridged)
      yield* firstCall(client, tool)
    })
  )

const firstCall = (client: Client, tool: string) =>
  Effect.promise(() =>
    client
      .listTools()
      .then(({ tools }) => assert.isAbove(tools.length, 5))
      .then(() => client.callTool({ name: tool, arguments: {} }))
      .then(({ content, isError }) => assert.isUndefined(isError, JSON.stringify(content)))
  )

const overHttp = ({ headers = {}, url = "" }: Reach) => {
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  return connect(transport as Transport)
}

const overStdio = ({ args = [], command = "", env = {} }: Reach, workspace: Workspace) => {
  const { folder } = workspace
  const credentials = workspace.credentials()
  for (const name of Object.keys(env)) assert.isTrue(names.has(name), `${name} is no setting`)
  const filled = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value === "…" ? (credentials[name] ?? value) : value])
  )
  const [script, ...rest] = commandOf(command, args)
  return connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(folder, "dist", "main.mjs"), ...rest],
      // Desktop clients start servers in a folder of their own.
      cwd: join(folder, "home"),
      env: {
        PATH: environment["PATH"] ?? "",
        HOME: join(folder, "home"),
        KRAKEN_BASE_URL: credentials["KRAKEN_BASE_URL"] ?? "",
        ...filled
      },
      stderr: "ignore"
    })
  ).pipe(Effect.tap(() => Effect.sync(() => checkScript(script, folder))))
}

/**
 * Splits a command into the program that runs our command line and its arguments: `node FILE …` or `mcp-kraken …`.
 * Refuses `npx`, since the files of a folder can make it run something else.
 */
const commandOf = (command: string, args: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (command === "mcp-kraken") return [command, ...args]
  if (command === "node") return args
  return assert.fail(`${command} starts no server that is known here`)
}

const checkScript = (script: string | undefined, folder: string) => {
  if (script === "mcp-kraken") return
  assert.strictEqual(script, join(folder, "dist", "main.mjs"))
  assert.include(readdirSync(join(folder, "dist")), "main.mjs")
}

/** Resolves `npx mcp-remote URL --header HEADER` to the server that this bridge calls over HTTP. */
const bridge = ({ args = [], env = {} }: Reach): Reach => {
  const words = args.filter((word) => word !== "-y" && word !== "mcp-remote")
  const [url = "", flag, header = "", ...more] = words
  assert.strictEqual(flag, "--header")
  assert.deepStrictEqual(more, [])
  // Claude Desktop on Windows splits arguments at spaces. The bridge fills in variables of its environment.
  assert.notMatch(header, /\s/)
  return { url, headers: headersOf([header.replaceAll(/\$\{(\w+)\}/g, (all, name: string) => env[name] ?? all)]) }
}

/** Parses header lines such as `Authorization: Bearer …`. */
export const headersOf = (lines: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.map((line) => {
      const { name = "", value = "" } = /^(?<name>[\w-]+): ?(?<value>.+)$/.exec(line)?.groups ?? {}
      assert.notStrictEqual(name, "", `${line} is no header`)
      return [name, value]
    })
  )

/** Lists all servers in a client's configuration, under any of the keys that clients use. */
export const reachesOf = (configuration: unknown): ReadonlyArray<Reach> => {
  const { mcpServers, servers } = Object(configuration) as { mcpServers?: object; servers?: object }
  return Object.values({ ...mcpServers, ...servers })
}
