import { bearer, type Connection, serverName, type Start } from "../kit/connection.ts"
import { folderIn, inHome, inSettings, pathsOf, type Place } from "../kit/place.ts"

/** A server in the configuration of a client. */
export type Entry = Readonly<Record<string, string | ReadonlyArray<string> | Readonly<Record<string, string>>>>

/** A client's own command that adds a server. It is preferred to its file, since the client might have it open. */
export interface OwnCommand {
  readonly program: string
  /** The arguments that add a server which the client starts. Absent for an address, whose token others would see. */
  readonly add: (start: Start) => ReadonlyArray<string>
  readonly remove: ReadonlyArray<string>
}

/** A program that uses MCP servers. */
export interface Client {
  /** Its name on the command line. */
  readonly id: string
  readonly title: string
  /** The files that can hold its servers, the usual one first. */
  readonly files: (place: Place) => ReadonlyArray<string>
  /** Files and folders that show that it is installed, besides the folder of its file. */
  readonly traces?: (place: Place) => ReadonlyArray<string>
  readonly format: "json" | "toml"
  /** The key under which its file lists servers. */
  readonly key: string
  readonly entry: (connection: Connection) => Entry
  readonly own?: OwnCommand
}

const started = ({ args, command }: Start) => ({ command, args })

const headersOf = (token: string) => ({ Authorization: bearer(token) })

/** Makes the entry of a client that names the address in a field of its own. */
const withAddress =
  (field: string) =>
  (connection: Connection): Entry =>
    connection._tag === "Stdio"
      ? started(connection)
      : { [field]: connection.url, headers: headersOf(connection.token) }

/** Makes the entry of a client that wants the transport named. */
const withType = (connection: Connection): Entry =>
  connection._tag === "Stdio"
    ? { type: "stdio", ...started(connection) }
    : { type: "http", url: connection.url, headers: headersOf(connection.token) }

/** Starts a bridge, since Claude Desktop's file takes no addresses. No argument has a space, which Windows would split. */
const withBridge = (connection: Connection): Entry => {
  if (connection._tag === "Stdio") return started(connection)
  const { token, url } = connection
  const { hostname, protocol } = new URL(url)
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
  return {
    command: "npx",
    args: [
      "-y",
      "mcp-remote",
      url,
      "--header",
      "Authorization:${BEARER}",
      ...(protocol === "http:" && !isLocal ? ["--allow-http"] : [])
    ],
    env: { BEARER: bearer(token) }
  }
}

/**
 * The clients that are known, in the order in which they are listed. Paths and fields are from their documents.
 *
 * @see https://code.claude.com/docs/en/mcp read 2026-11-29
 * @see https://code.visualstudio.com/docs/agents/reference/mcp-configuration read 2026-11-29
 * @see https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md read 2026-11-29
 */
export const clients: ReadonlyArray<Client> = [
  {
    id: "claude-code",
    title: "Claude Code",
    files: (place) => [pathsOf(place).join(folderIn(place, "CLAUDE_CONFIG_DIR", place.home), ".claude.json")],
    traces: (place) => [folderIn(place, "CLAUDE_CONFIG_DIR", inHome(place, ".claude")), inHome(place, ".claude.json")],
    format: "json",
    key: "mcpServers",
    entry: withType,
    own: {
      program: "claude",
      add: ({ args, command }) => ["mcp", "add", "--scope", "user", serverName, "--", command, ...args],
      remove: ["mcp", "remove", "--scope", "user", serverName]
    }
  },
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    files: (place) => {
      const usual = inSettings(place, "Claude", "claude_desktop_config.json")
      if (place.platform !== "win32") return [usual]
      // The Store's version sees a folder of its own in place of %APPDATA%.
      const local = folderIn(place, "LOCALAPPDATA", inHome(place, "AppData", "Local"))
      const packaged = ["Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming", "Claude"]
      return [pathsOf(place).join(local, ...packaged, "claude_desktop_config.json"), usual]
    },
    format: "json",
    key: "mcpServers",
    entry: withBridge
  },
  {
    id: "cursor",
    title: "Cursor",
    files: (place) => [inHome(place, ".cursor", "mcp.json")],
    format: "json",
    key: "mcpServers",
    entry: withAddress("url")
  },
  {
    id: "vscode",
    title: "VS Code",
    files: (place) => [inSettings(place, "Code", "User", "mcp.json")],
    format: "json",
    key: "servers",
    entry: withType
  },
  {
    id: "windsurf",
    title: "Windsurf",
    files: (place) => [inHome(place, ".codeium", "windsurf", "mcp_config.json")],
    format: "json",
    key: "mcpServers",
    entry: withAddress("serverUrl")
  },
  {
    id: "gemini-cli",
    title: "Gemini CLI",
    files: (place) => [inHome(place, ".gemini", "settings.json")],
    format: "json",
    key: "mcpServers",
    entry: withAddress("httpUrl")
  },
  {
    id: "codex",
    title: "Codex CLI",
    files: (place) => [pathsOf(place).join(folderIn(place, "CODEX_HOME", inHome(place, ".codex")), "config.toml")],
    format: "toml",
    key: "mcp_servers",
    entry: (connection) =>
      connection._tag === "Stdio"
        ? started(connection)
        : { url: connection.url, http_headers: headersOf(connection.token) },
    own: {
      program: "codex",
      add: ({ args, command }) => ["mcp", "add", serverName, "--", command, ...args],
      remove: ["mcp", "remove", serverName]
    }
  },
  {
    id: "lm-studio",
    title: "LM Studio",
    files: (place) => [inHome(place, ".lmstudio", "mcp.json")],
    format: "json",
    key: "mcpServers",
    entry: withAddress("url")
  }
]

/** Lists the paths whose existence shows that a client is installed. */
export const tracesOf = ({ files, traces }: Client, place: Place): ReadonlyArray<string> =>
  traces?.(place) ?? files(place).map((file) => pathsOf(place).dirname(file))

/** Chooses the file of a client: the first whose folder exists, else the last, which is the usual one. */
export const fileOf = ({ files }: Client, place: Place, exists: (path: string) => boolean): string => {
  const all = files(place)
  return all.find((file) => exists(pathsOf(place).dirname(file))) ?? all.at(-1) ?? ""
}
