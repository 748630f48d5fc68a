import { assert, describe, it } from "@effect/vitest"
import { type Client, clients, fileOf, tracesOf } from "../../../src/cli/setup/clients/clients.ts"
import { type Place, programPaths } from "../../../src/cli/setup/kit/place.ts"
import { shellText } from "../../../src/cli/setup/kit/shellText.ts"

const mac: Place = { platform: "darwin", home: "/Users/ann", environment: {} }
const linux: Place = { platform: "linux", home: "/home/ann", environment: {} }
const windows: Place = {
  platform: "win32",
  home: "C:\\Users\\ann",
  environment: { APPDATA: "C:\\Users\\ann\\AppData\\Roaming", LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local" }
}

const none = () => false

const filesAt = (place: Place) => Object.fromEntries(clients.map((client) => [client.id, fileOf(client, place, none)]))

const named = (id: string): Client => {
  const client = clients.find((client) => client.id === id)
  assert.isDefined(client)
  return client
}

describe("the files of clients", () => {
  it("are in the user's home on macOS", () => {
    assert.deepStrictEqual(filesAt(mac), {
      "claude-code": "/Users/ann/.claude.json",
      "claude-desktop": "/Users/ann/Library/Application Support/Claude/claude_desktop_config.json",
      cursor: "/Users/ann/.cursor/mcp.json",
      vscode: "/Users/ann/Library/Application Support/Code/User/mcp.json",
      windsurf: "/Users/ann/.codeium/windsurf/mcp_config.json",
      "gemini-cli": "/Users/ann/.gemini/settings.json",
      codex: "/Users/ann/.codex/config.toml",
      "lm-studio": "/Users/ann/.lmstudio/mcp.json"
    })
  })

  it("are in the user's home on Linux", () => {
    assert.deepStrictEqual(filesAt(linux), {
      "claude-code": "/home/ann/.claude.json",
      "claude-desktop": "/home/ann/.config/Claude/claude_desktop_config.json",
      cursor: "/home/ann/.cursor/mcp.json",
      vscode: "/home/ann/.config/Code/User/mcp.json",
      windsurf: "/home/ann/.codeium/windsurf/mcp_config.json",
      "gemini-cli": "/home/ann/.gemini/settings.json",
      codex: "/home/ann/.codex/config.toml",
      "lm-studio": "/home/ann/.lmstudio/mcp.json"
    })
  })

  it("are in the user's home on Windows", () => {
    assert.deepStrictEqual(filesAt(windows), {
      "claude-code": String.raw`C:\Users\ann\.claude.json`,
      "claude-desktop": String.raw`C:\Users\ann\AppData\Roaming\Claude\claude_desktop_config.json`,
      cursor: String.raw`C:\Users\ann\.cursor\mcp.json`,
      vscode: String.raw`C:\Users\ann\AppData\Roaming\Code\User\mcp.json`,
      windsurf: String.raw`C:\Users\ann\.codeium\windsurf\mcp_config.json`,
      "gemini-cli": String.raw`C:\Users\ann\.gemini\settings.json`,
      codex: String.raw`C:\Users\ann\.codex\config.toml`,
      "lm-studio": String.raw`C:\Users\ann\.lmstudio\mcp.json`
    })
  })

  it("are where variables of the clients say, if those are absolute paths", () => {
    const environment = { CODEX_HOME: "/etc/codex", CLAUDE_CONFIG_DIR: "/etc/claude", XDG_CONFIG_HOME: "relative" }
    const files = filesAt({ ...linux, environment })
    assert.deepInclude(files, {
      codex: "/etc/codex/config.toml",
      "claude-code": "/etc/claude/.claude.json",
      vscode: "/home/ann/.config/Code/User/mcp.json"
    })
  })

  it("are those of the packaged Claude Desktop where it is installed", () => {
    const packaged = String.raw`C:\Users\ann\AppData\Local\Packages\Claude_pzs8sxrjxfjjc\LocalCache\Roaming\Claude`
    assert.strictEqual(
      fileOf(named("claude-desktop"), windows, (path) => path === packaged),
      `${packaged}\\claude_desktop_config.json`
    )
  })

  it("show by their folder that a client is installed, and Claude Code by its own", () => {
    assert.deepStrictEqual(tracesOf(named("vscode"), mac), ["/Users/ann/Library/Application Support/Code/User"])
    assert.deepStrictEqual(tracesOf(named("claude-code"), linux), ["/home/ann/.claude", "/home/ann/.claude.json"])
  })
})

describe("the entry of a client", () => {
  const start = { _tag: "Stdio", command: "/usr/bin/node", args: ["/opt/main.mjs", "serve", "--stdio"] } as const
  const address = { _tag: "Http", url: "https://kraken.example/mcp", token: "mck_1" } as const
  const headers = { Authorization: "Bearer mck_1" }

  it("has the command of a server that it starts", () => {
    const { _tag, ...command } = start
    assert.deepStrictEqual(named("cursor").entry(start), command)
    assert.deepStrictEqual(named("vscode").entry(start), { type: "stdio", ...command })
    assert.deepStrictEqual(named("claude-code").own?.add(start).slice(0, 6), [
      "mcp",
      "add",
      "--scope",
      "user",
      "kraken",
      "--"
    ])
  })

  it("names the address in the client's own field", () => {
    const entries = Object.fromEntries(clients.map((client) => [client.id, client.entry(address)]))
    assert.deepInclude(entries, {
      "claude-code": { type: "http", url: address.url, headers },
      cursor: { url: address.url, headers },
      vscode: { type: "http", url: address.url, headers },
      windsurf: { serverUrl: address.url, headers },
      "gemini-cli": { httpUrl: address.url, headers },
      codex: { url: address.url, http_headers: headers }
    })
  })

  it.each([
    ["https://kraken.example/mcp", false],
    ["http://localhost:8765/mcp", false],
    ["http://192.168.1.2:8765/mcp", true]
  ])("of Claude Desktop starts a bridge to %s", (url, allowsHttp) => {
    const { args, command, env } = named("claude-desktop").entry({ ...address, url })
    assert.deepStrictEqual([command, env], ["npx", { BEARER: "Bearer mck_1" }])
    assert.include(args, url)
    assert.strictEqual(String(args).includes("--allow-http"), allowsHttp)
    assert.notInclude(String(args), "mck_1")
  })
})

describe("a program", () => {
  it("is looked for in the absolute folders of the path", () => {
    const environment = { PATH: "/usr/bin:relative::/opt/bin" }
    assert.deepStrictEqual(programPaths({ ...linux, environment }, "claude"), ["/usr/bin/claude", "/opt/bin/claude"])
  })

  it("has an ending on Windows, where the path has any spelling", () => {
    const environment = { Path: String.raw`C:\Tools;D:\more` }
    assert.deepStrictEqual(programPaths({ ...windows, environment }, "claude"), [
      String.raw`C:\Tools\claude.exe`,
      String.raw`D:\more\claude.exe`
    ])
  })
})

describe("a command to paste", () => {
  it.each([
    ["linux", ["a", "/opt/my node", "it's"], String.raw`a '/opt/my node' 'it'\''s'`],
    [
      "win32",
      ["a", String.raw`C:\Program Files\node.exe`, String.raw`C:\main.mjs`],
      String.raw`a "C:\Program Files\node.exe" C:\main.mjs`
    ]
  ] as const)("is quoted for %s", (platform, words, text) => {
    assert.strictEqual(shellText(words, platform), text)
  })
})
