import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { bundle } from "../../Bundle.ts"
import { freePort } from "../../freePort.ts"
import { makeCommandLine } from "../commandLine.ts"

/** Names of a token's lists are not looked up at Kraken. */
const offline = { KRAKEN_BASE_URL: "http://127.0.0.1:1" }

/** A command line in a home with the files of some clients. */
const makeHome = (files: Readonly<Record<string, string>>) =>
  Effect.map(makeCommandLine, (commandLine) => {
    const at = (file: string) => join(commandLine.folder, file)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(at(file)), { recursive: true })
      writeFileSync(at(file), text, { mode: 0o640 })
      chmodSync(at(file), 0o640)
    }
    return {
      ...commandLine,
      at,
      read: (file: string) => readFileSync(at(file), "utf8"),
      parsed: (file: string): unknown => JSON.parse(readFileSync(at(file), "utf8")),
      setup: (words: string, env: Readonly<Record<string, string>> = {}) =>
        commandLine.run(["setup", ...words.split(" ").filter((word) => word !== "")], { ...offline, ...env })
    }
  })

const paper = "--market synthetic"
const other = '{\n  // mine\n  "mcpServers": { "other": { "command": "x" } }\n}\n'

describe("setup without a terminal", () => {
  it.scopedLive("lists the clients that it finds, and ends with 2, since it would have to ask", () =>
    Effect.gen(function* () {
      const { setup } = yield* makeHome({ ".cursor/mcp.json": "{}", ".codex/config.toml": "" })
      const { code, stderr, stdout } = yield* setup("")
      assert.deepStrictEqual(stdout.match(/^ {2}(?:cursor|codex|vscode) /gm)?.slice(), ["  cursor ", "  codex "])
      assert.include(stdout, "--client cursor")
      assert.match(stderr, /^setup .*\n$/)
      assert.strictEqual(code, 2)
    })
  )

  it.scopedLive("prints the configuration of a client, and changes nothing", () =>
    Effect.gen(function* () {
      const { folder, setup } = yield* makeHome({})
      const { code, stderr, stdout } = yield* setup("--client cursor")
      const { mcpServers } = JSON.parse(/^\{[^]*^\}$/m.exec(stdout)?.[0] ?? "")
      assert.strictEqual(mcpServers.kraken.command, process.execPath)
      assert.deepStrictEqual(mcpServers.kraken.args.slice(1), ["serve", "--stdio", "--paper"])
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.isFalse(existsSync(join(folder, ".cursor")))
    })
  )

  it.scopedLive("prints a client's own command where it has one, and no token that it would have to make", () =>
    Effect.gen(function* () {
      const { folder, setup } = yield* makeHome({})
      assert.match((yield* setup("--client claude-code")).stdout, /^claude mcp add --scope user kraken -- .*--paper$/m)
      const { stdout } = yield* setup("--client claude-code --http http://localhost:8765/mcp")
      assert.include(stdout, '"Bearer mck_…"')
      assert.notInclude(stdout, "claude mcp add")
      assert.isFalse(existsSync(join(folder, "data")))
    })
  )

  it.scopedLive.each([
    "--client kursor",
    "--paper --live",
    "--http localhost:8765",
    "--http http://user:word@localhost/mcp",
    "--http http://localhost/mcp --market live",
    "--live --market live",
    "--budget 5USD",
    "--http http://localhost/mcp --expires-in soon",
    "--http http://localhost/mcp --budget -5USD"
  ])("refuses %s", (words) =>
    Effect.gen(function* () {
      const { setup } = yield* makeHome({ ".cursor/mcp.json": other })
      assert.deepInclude(yield* setup(words), { code: 2, stdout: "" })
    })
  )
})

describe("setup --write", () => {
  it.scopedLive("connects the clients that it finds, keeps a copy, and changes nothing when run again", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": other, ".codex/config.toml": "# mine\n" })
      const { code, stderr, stdout } = yield* home.setup(`--write ${paper}`)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /^ {2}Checked .* \d+ tools, in paper mode/m)
      const text = home.read(".cursor/mcp.json")
      assert.include(text, "// mine")
      assert.include(text, '"other": { "command": "x" }')
      assert.match(home.read(".codex/config.toml"), /^# mine\n\n\[mcp_servers\.kraken\]\n/)
      // The copy and the new file have the mode of the old one.
      const [copy = "", ...more] = readdirSync(home.at(".cursor")).filter((name) => name !== "mcp.json")
      assert.match(copy, /^mcp\.json\.backup-\d{8}T\d{6}Z$/)
      assert.deepStrictEqual(more, [])
      assert.strictEqual(home.read(`.cursor/${copy}`), other)
      for (const name of [copy, "mcp.json"])
        assert.strictEqual(statSync(home.at(`.cursor/${name}`)).mode & 0o777, 0o640)

      const again = yield* home.setup(`--write ${paper}`)
      assert.deepStrictEqual([again.code, home.read(".cursor/mcp.json")], [0, text])
      assert.lengthOf(readdirSync(home.at(".cursor")), 2)
    })
  )

  it.scopedLive("makes a new file for its owner only, and leaves out other clients", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".gemini/settings.json": other })
      assert.deepInclude(yield* home.setup(`--client cursor --write ${paper}`), { code: 0 })
      assert.strictEqual(statSync(home.at(".cursor/mcp.json")).mode & 0o777, 0o600)
      assert.strictEqual(home.read(".gemini/settings.json"), other)
    })
  )

  it.scopedLive("follows a symbolic link, and keeps a byte order mark", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ "dotfiles/mcp.json": `\uFEFF${other}`, ".cursor/.keep": "" })
      symlinkSync(home.at("dotfiles/mcp.json"), home.at(".cursor/mcp.json"))
      assert.deepInclude(yield* home.setup(`--client cursor --write ${paper}`), { code: 0 })
      assert.match(home.read("dotfiles/mcp.json"), /^\uFEFF\{[^]*"kraken"/)
      assert.lengthOf(readdirSync(home.at("dotfiles")), 2)
      assert.deepStrictEqual(readdirSync(home.at(".cursor")), [".keep", "mcp.json"])
    })
  )

  it.scopedLive("leaves a file alone that it can't read, and connects the others", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": "{ nonsense", ".gemini/settings.json": "{}" })
      const { code, stderr } = yield* home.setup(`--write ${paper}`)
      assert.match(stderr, /^Cursor: .*mcp\.json is left alone/)
      assert.strictEqual(home.read(".cursor/mcp.json"), "{ nonsense")
      assert.deepStrictEqual(readdirSync(home.at(".cursor")), ["mcp.json"])
      assert.property(Object(home.parsed(".gemini/settings.json")).mcpServers, "kraken")
      assert.strictEqual(code, 1)
    })
  )

  it.scopedLive("changes no client if the server does not start", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": other, "wrong.env": "MCP_KRAKEN_REED_ONLY=true\n" })
      const { code, stderr } = yield* home.setup(`--client cursor --write --env-file ${home.at("wrong.env")}`)
      assert.include(stderr, "MCP_KRAKEN_REED_ONLY")
      assert.deepStrictEqual([code, home.read(".cursor/mcp.json")], [1, other])
    })
  )

  it.scopedLive("makes a file for the API key that only its owner can read, and asks to fill it in", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": other })
      const first = yield* home.setup("--client cursor --write --live")
      const file = ".config/mcp-kraken/live.env"
      assert.include(first.stderr, home.at(file))
      assert.strictEqual(statSync(home.at(file)).mode & 0o777, 0o600)
      assert.match(home.read(file), /^KRAKEN_API_KEY=$[^]*^MCP_KRAKEN_READ_ONLY=true$/m)
      const second = yield* home.setup("--client cursor --write --live")
      assert.include(second.stderr, "KRAKEN_API_KEY")
      assert.deepStrictEqual([first.code, second.code, home.read(".cursor/mcp.json")], [1, 1, other])

      // A key that Kraken would refuse is enough to start.
      const secret = Buffer.alloc(64).toString("base64")
      const filled = home.read(file).replace("KEY=", "KEY=key").replace("SECRET=", `SECRET=${secret}`)
      writeFileSync(home.at(file), `${filled}KRAKEN_BASE_URL=http://127.0.0.1:1\n`)
      const { code, stdout } = yield* home.setup("--client cursor --write --live")
      assert.match(stdout, /in live mode/)
      assert.strictEqual(code, 0)
      const text = home.read(".cursor/mcp.json")
      assert.include(text, home.at(file))
      assert.notInclude(text, secret)
    })
  )

  it.scopedLive("writes no path into the cache of npx, which npm can empty", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": other })
      mkdirSync(home.at("_npx"))
      symlinkSync(dirname(bundle()), home.at("_npx/dist"))
      const child = spawnSync(process.execPath, [home.at("_npx/dist/main.mjs"), "setup", "--write"], {
        env: { HOME: home.folder },
        encoding: "utf8"
      })
      assert.include(child.stderr, "npm install --global mcp-kraken")
      assert.deepStrictEqual([child.status, home.read(".cursor/mcp.json")], [1, other])
    })
  )

  it.scopedLive("prefers the command of a client, and runs it once", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".claude.json": JSON.stringify({ mcpServers: { kraken: { command: "old" } } }) })
      mkdirSync(home.at("bin"))
      // Does with its file as Claude Code does, and fails if the name is taken.
      const claude = `#!${process.execPath}
        const { appendFileSync, readFileSync, writeFileSync } = require("node:fs")
        const [, verb, , , name, , command, ...args] = process.argv.slice(2)
        const file = process.env.HOME + "/.claude.json"
        const config = JSON.parse(readFileSync(file, "utf8"))
        appendFileSync(process.env.HOME + "/calls", verb + "\\n")
        if (verb === "add" && name in config.mcpServers) process.exit(1)
        if (verb === "add") config.mcpServers[name] = { type: "stdio", command, args, env: {} }
        else delete config.mcpServers[name]
        writeFileSync(file, JSON.stringify(config))
      `
      writeFileSync(home.at("bin/claude"), claude, { mode: 0o755 })
      const words = `--client claude-code --write ${paper}`
      for (const changed of [true, false]) {
        const { code, stdout } = yield* home.setup(words, { PATH: home.at("bin") })
        assert.strictEqual(stdout.includes("claude mcp add"), changed)
        assert.strictEqual(code, 0)
      }
      assert.strictEqual(home.read("calls"), "remove\nadd\n")
      const { command, args } = Object(home.parsed(".claude.json")).mcpServers.kraken
      assert.deepStrictEqual([command, args.at(-1)], [process.execPath, "synthetic"])

      // If it fails, its words are passed on, with the copy of its file.
      writeFileSync(home.at("bin/claude"), "#!/bin/sh\necho not today >&2\nexit 3\n")
      writeFileSync(home.at("none.env"), "")
      const { code, stderr } = yield* home.setup(`${words} --env-file ${home.at("none.env")}`, {
        PATH: home.at("bin")
      })
      assert.match(stderr, /not today.*backup-/)
      assert.strictEqual(code, 1)
    })
  )
})

describe("setup --http", () => {
  it.scopedLive("makes a token with limits for each client, and keeps it when run again", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": "{}" })
      const port = String(yield* freePort)
      const server = yield* home.serve(["--host", "127.0.0.1", "--paper", "--market", "synthetic"], {
        MCP_KRAKEN_PORT: port
      })
      yield* server.told("mcp-kraken serves")
      const words = `--client cursor --http http://127.0.0.1:${port}/mcp --write`
      const { code, stdout } = yield* home.setup(`${words} --max 50USD/order --budget 400USD`)
      assert.strictEqual(code, 0)
      const { headers, url } = Object(home.parsed(".cursor/mcp.json")).mcpServers.kraken
      assert.strictEqual(url, `http://127.0.0.1:${port}/mcp`)
      assert.match(headers.Authorization, /^Bearer mck_[\w-]{43}$/)
      assert.notInclude(stdout, headers.Authorization)
      const tokens = () =>
        Effect.map(home.run(["token", "list", "--all", "--json"]), ({ stdout }) => JSON.parse(stdout))
      const [token, ...more] = yield* tokens()
      assert.deepInclude(token, { name: "cursor", modes: ["paper"], status: "active" })
      assert.deepStrictEqual(token.mandate.terms.spending, { currency: "USD", max: { order: "50", day: "400" } })
      assert.deepStrictEqual(more, [])

      assert.deepInclude(yield* home.setup(words), { code: 0 })
      assert.lengthOf(yield* tokens(), 1)

      // A token that the server does not take any more is replaced.
      yield* home.run(["token", "revoke", token.id])
      const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
      const accept = "application/json, text/event-stream"
      yield* Effect.promise(() =>
        fetch(url, { method: "POST", headers: { ...headers, accept, "content-type": "application/json" }, body: ping })
      ).pipe(Effect.repeat({ until: ({ status }) => status === 401, schedule: Schedule.spaced("50 millis") }))
      assert.deepInclude(yield* home.setup(words), { code: 0 })
      assert.deepStrictEqual(
        (yield* tokens()).map(({ status }: { status: string }) => status),
        ["active", "revoked"]
      )
    })
  )

  it.scopedLive("revokes a token that the server does not take, and changes no client", () =>
    Effect.gen(function* () {
      const home = yield* makeHome({ ".cursor/mcp.json": other })
      const { code, stderr } = yield* home.setup("--client cursor --http http://127.0.0.1:1/mcp --write")
      assert.include(stderr, "ECONNREFUSED")
      assert.deepStrictEqual([code, home.read(".cursor/mcp.json")], [1, other])
      const { stdout } = yield* home.run(["token", "list", "--all", "--json"])
      assert.deepStrictEqual(
        JSON.parse(stdout).map(({ status }: { status: string }) => status),
        ["revoked"]
      )
    })
  )
})
