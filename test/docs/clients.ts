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

/** The way to a server in a client's configuration. */
interface Reach {
  readonly command?: string
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Variable of the client's environment that holds the token. */
  readonly tokenVariable?: string
  /** Tools that the client is told to offer, of those that the server has. */
  readonly only?: ReadonlyArray<string>
}

const names: ReadonlySet<string> = new Set(Object.values(settings).map(({ name }) => name))

/** Checks if a configuration has an account, real or on paper. */
const hasAccount = ({ args = [], env = {} }: Reach) =>
  env["KRAKEN_API_KEY"] !== undefined || env["MCP_KRAKEN_MODE"] === "paper" || args.includes("--paper")

/**
 * Fills in a client's configuration as a reader would. The SDK's client then lists the tools, and calls the first of
 * `tools` that is offered.
 */
export const use = (
  reach: Reach,
  workspace: Workspace,
  tools: ReadonlyArray<string> = hasAccount(reach) ? ["get_account_balance", "get_portfolio"] : ["get_server_time"]
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const text = yield* workspace.fill(JSON.stringify(reach).replaceAll(/\{\{\w+\}\}/g, "mck_…"))
      const filled = withToken(JSON.parse(expanded(text, workspace.exported)), workspace.exported)
      const bridged = filled.args?.includes("mcp-remote") ? bridge(filled) : filled
      const client = yield* bridged.url === undefined ? overStdio(bridged, workspace) : overHttp(bridged)
      yield* firstCall(client, tools, reach.only ?? [])
    })
  )

/** Expands variables of the client's environment, which clients write as `${env:NAME}`, `${NAME}` or `$NAME`. */
const expanded = (text: string, variables: Readonly<Record<string, string>>) =>
  text.replaceAll(
    /\$(?:\{(?:env:)?(\w+)\}|(\w+))/g,
    (all, braced?: string, bare?: string) => variables[braced ?? bare ?? ""] ?? all
  )

/** Adds the header that a client makes of the token in a variable. */
const withToken = (reach: Reach, variables: Readonly<Record<string, string>>): Reach => {
  if (reach.tokenVariable === undefined) return reach
  assert.property(variables, reach.tokenVariable)
  return { ...reach, headers: { ...reach.headers, Authorization: `Bearer ${variables[reach.tokenVariable]}` } }
}

const firstCall = Effect.fnUntraced(function* (
  client: Client,
  wanted: ReadonlyArray<string>,
  only: ReadonlyArray<string>
) {
  const { tools } = yield* Effect.promise(() => client.listTools())
  const offered = tools.map(({ name }) => name)
  assert.isAbove(offered.length, 5)
  assert.includeMembers(offered, [...only])
  const name = wanted.find((name) => offered.includes(name)) ?? assert.fail(`None of ${wanted.join(", ")} is offered`)
  const { content, isError } = yield* Effect.promise(() => client.callTool({ name, arguments: {} }))
  assert.isUndefined(isError, JSON.stringify(content))
})

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
  const { ofNode, rest, script } = commandOf(command, args)
  return connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...ofNode, join(folder, "dist", "main.mjs"), ...rest],
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
 * Splits a command into the options of Node, the program that runs our command line, and its arguments: `node FILE …` or
 * `mcp-kraken …`. Refuses `npx`, since the files of a folder can make it run something else.
 */
const commandOf = (command: string, args: ReadonlyArray<string>) => {
  if (command === "mcp-kraken") return { ofNode: [], script: command, rest: args }
  if (command !== "node") return assert.fail(`${command} starts no server that is known here`)
  const at = args.findIndex((arg) => !arg.startsWith("--"))
  return { ofNode: args.slice(0, at), script: args[at], rest: args.slice(at + 1) }
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

/** An entry of a client's configuration: the fields of a reach, or the words that one client has for them. */
interface Entry extends Reach {
  /** Windsurf. */
  readonly serverUrl?: string
  /** Gemini CLI. */
  readonly httpUrl?: string
  readonly includeTools?: ReadonlyArray<string>
  /** Codex. */
  readonly http_headers?: Readonly<Record<string, string>>
  readonly bearer_token_env_var?: string
  readonly enabled_tools?: ReadonlyArray<string>
}

const reachOf = (entry: Entry): Reach => {
  const url = entry.url ?? entry.serverUrl ?? entry.httpUrl
  const headers = entry.headers ?? entry.http_headers
  const only = entry.includeTools ?? entry.enabled_tools
  return {
    ...(entry.command !== undefined && { command: entry.command }),
    ...(entry.args !== undefined && { args: entry.args }),
    ...(entry.env !== undefined && { env: entry.env }),
    ...(url !== undefined && { url }),
    ...(headers !== undefined && { headers }),
    ...(entry.bearer_token_env_var !== undefined && { tokenVariable: entry.bearer_token_env_var }),
    ...(only !== undefined && { only })
  }
}

/** A node of n8n that calls an MCP server. Its token is in a credential, beside the workflow. */
interface Node {
  readonly type: string
  readonly parameters: { readonly endpointUrl: string; readonly includeTools?: ReadonlyArray<string> }
}

const reachOfNode = ({ parameters }: Node): Reach => ({
  url: parameters.endpointUrl,
  headers: { Authorization: "Bearer mck_…" },
  only: parameters.includeTools ?? []
})

/** Lists all servers in a client's configuration, under any of the keys that clients use. */
export const reachesOf = (configuration: unknown): ReadonlyArray<Reach> => {
  const { mcp_servers, mcpServers, nodes, servers } = Object(configuration) as {
    readonly mcpServers?: Readonly<Record<string, Entry>>
    readonly servers?: Readonly<Record<string, Entry>>
    readonly mcp_servers?: Readonly<Record<string, Entry>>
    readonly nodes?: ReadonlyArray<Node>
  }
  return [
    ...Object.values({ ...mcpServers, ...servers, ...mcp_servers }).map(reachOf),
    ...(nodes ?? []).filter(({ type }) => type.endsWith(".mcpClientTool")).map(reachOfNode)
  ]
}
