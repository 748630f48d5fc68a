import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb"
import { assert, describe, it } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Ajv } from "ajv"
import { Effect } from "effect"
import { unzipSync } from "fflate"
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { stamp, stampDocument } from "../../scripts/stamp.mjs"
import { connect, makeHouse } from "../serve/Server.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { read, readJson, root, unknownVariables } from "./files.ts"

describe("server.json", () => {
  const fits = new Ajv({ strict: false, validateFormats: false }).compile(
    readJson("test/fixtures/mcp-server.schema.json")
  )
  const server = readJson("server.json")
  const manifest = readJson("package.json")

  it("follows the registry's schema, before and after a release is stamped on it", () => {
    const bundles = ["linux-x64", "darwin-arm64"].map((machine) => ({
      name: `mcp-kraken-1.2.3-${machine}.mcpb`,
      bytes: Buffer.from(machine)
    }))
    for (const it of [server, stamp({ manifest, server }, "1.2.3", "octo/mcp-kraken", bundles).server]) {
      assert.isTrue(fits(it), JSON.stringify(fits.errors))
    }
    assert.isFalse(fits({ ...server, name: "mcp-kraken" }))
  })

  it("names bundles by address and hash, and no package that npx would look for in the folder of a client", () => {
    const bundles = [{ name: "mcp-kraken-1.2.3-linux-x64.mcpb", bytes: Buffer.from("abc") }]
    const { packages } = stamp({ manifest, server }, "1.2.3", "octo/mcp-kraken", bundles).server
    assert.lengthOf(packages, 1)
    assert.deepInclude(packages[0], {
      registryType: "mcpb",
      identifier: "https://github.com/octo/mcp-kraken/releases/download/v1.2.3/mcp-kraken-1.2.3-linux-x64.mcpb",
      version: "1.2.3",
      fileSha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    })
    assert.notProperty(packages[0], "runtimeHint")
  })

  it("names variables that there are", () => {
    assert.deepStrictEqual(unknownVariables(read("server.json")), [])
  })

  it("gets version and owner from the release, and so does package.json", () => {
    const stamped = stamp({ manifest, server }, "1.2.3-rc1", "octo/mcp-kraken")
    assert.deepInclude(stamped.server, {
      name: "io.github.octo/mcp-kraken",
      version: "1.2.3-rc1",
      repository: { url: "https://github.com/octo/mcp-kraken", source: "github" }
    })
    assert.strictEqual(stamped.server.packages[0].version, "1.2.3-rc1")
    assert.deepInclude(stamped.manifest, {
      version: "1.2.3-rc1",
      mcpName: stamped.server.name,
      bugs: "https://github.com/octo/mcp-kraken/issues",
      repository: { type: "git", url: "git+https://github.com/octo/mcp-kraken.git" }
    })
  })
})

it("the README gets the address of the repository from the release", () => {
  assert.include(read("README.md"), "git clone https://github.com/OWNER/mcp-kraken.git")
  assert.notInclude(stampDocument(read("README.md"), "octo/mcp-kraken"), "OWNER")
})

describe("the bundle for Claude Desktop", () => {
  it.scopedLive(
    "starts as Claude Desktop starts it, with what the user has filled in",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const script = join(root, "scripts/mcpb.mjs")
        const file =
          execFileSync(process.execPath, [script, folder], { encoding: "utf8" }).trim().split("\n").at(-1) ?? ""
        assert.match(file, new RegExp(`/mcp-kraken-\\S+-${process.platform}-${process.arch}\\.mcpb$`))
        const extensionPath = join(folder, "unpacked")
        yield* Effect.promise(() => unpackExtension({ mcpbPath: file, outputDir: extensionPath, silent: true }))
        const manifest = readJson(join(extensionPath, "manifest.json"))
        assert.deepStrictEqual(manifest.compatibility.platforms, [process.platform])
        assert.strictEqual(readFileSync(join(extensionPath, manifest.icon)).toString("latin1", 1, 4), "PNG")

        const { fake, variables } = yield* makeHouse
        const { key, secret } = fake.keys.full
        const start = Effect.fnUntraced(function* (userConfig: Record<string, string | boolean>) {
          const options = { manifest, extensionPath, systemDirs: {}, userConfig, pathSeparator: "/" }
          const config = yield* Effect.promise(() => getMcpConfigForManifest(options))
          if (config === undefined) return yield* Effect.dieMessage("The manifest asks for more than it was given")
          // Runs in the program's folder, with little more than a home in the environment.
          const { KRAKEN_BASE_URL = "", MCP_KRAKEN_STATE_DIR = "" } = variables
          return yield* connect(
            new StdioClientTransport({
              command: process.execPath,
              args: config.args ?? [],
              env: { HOME: folder, KRAKEN_BASE_URL, MCP_KRAKEN_STATE_DIR, ...config.env },
              stderr: "ignore"
            })
          )
        })
        const onPaper = yield* start({})
        const simulated = yield* Effect.promise(() => onPaper.callTool({ name: "get_account_balance", arguments: {} }))
        assert.isNotEmpty(Object(simulated.structuredContent).balances)
        assert.strictEqual(fake.count("private/Balance"), 0)
        const client = yield* start({ mode: "live", api_key: key, api_secret: secret })
        const balance = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
        assert.include(JSON.stringify(balance.structuredContent), "1.5")
        // The native module is included.
        assert.isAbove(statSync(join(variables["MCP_KRAKEN_STATE_DIR"] ?? "", "nonces.db")).size, 0)
        const { tools } = yield* Effect.promise(() => client.listTools())
        assert.notInclude(
          tools.map(({ name }) => name),
          "add_order"
        )
      }),
    // The build comes first.
    120_000
  )
})

describe("the plugin for Claude Code", () => {
  const { args, command, env } = readJson("plugin/.mcp.json").mcpServers.kraken as {
    readonly args: ReadonlyArray<string>
    readonly command: string
    readonly env: Readonly<Record<string, string>>
  }

  /** Fills in the plugin's folder and the user's configuration, as Claude Code does. */
  const filled = (plugin: string, userConfig: Readonly<Record<string, string>>) => {
    const fill = (text: string) =>
      text
        .replaceAll("${CLAUDE_PLUGIN_ROOT}", plugin)
        .replaceAll(/\$\{user_config\.(\w+)\}/g, (_, name: string) => userConfig[name] ?? "")
    const variables = Object.entries(env).map(([name, value]) => [name, fill(value)])
    return { args: args.map(fill), env: Object.fromEntries(variables) as Record<string, string> }
  }

  /** Makes a hostile project: everything that npm or npx would run from it records that it ran. */
  const strangersProject = (folder: string) => {
    const trap = join(folder, "trapped")
    const script = `#!/usr/bin/env node\nrequire("fs").writeFileSync(${JSON.stringify(trap)}, "")\n`
    for (const path of ["node_modules/.bin/mcp-kraken", "node_modules/better-sqlite3-13/index.js", "server/main.mjs"]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), script, { mode: 0o755 })
    }
    writeFileSync(join(folder, ".npmrc"), "registry=http://127.0.0.1:9/\n")
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "mcp-kraken", bin: "server/main.mjs" }))
    return trap
  }

  it("starts the file that it carries, and leaves nothing to the folder in which Claude Code is", () => {
    assert.strictEqual(command, "node")
    assert.deepStrictEqual(args, ["--max-semi-space-size=4", "${CLAUDE_PLUGIN_ROOT}/start.mjs", "serve", "--stdio"])
    assert.isTrue(existsSync(join(root, "plugin/start.mjs")))
  })

  it.scopedLive(
    "of a release runs its own server and native module, in a stranger's project",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const script = join(root, "scripts/plugin.mjs")
        const variables = { ...process.env, MCP_KRAKEN_VERSION: "v1.2.3" }
        execFileSync(process.execPath, [script, folder], { env: variables })
        const files = unzipSync(readFileSync(join(folder, "mcp-kraken-plugin-1.2.3.zip")))
        for (const [path, bytes] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, path)), { recursive: true })
          writeFileSync(join(folder, path), bytes)
        }
        const market = join(folder, "mcp-kraken-plugin-1.2.3")
        const { plugins } = readJson(join(market, ".claude-plugin/marketplace.json"))
        const plugin = join(market, plugins[0].source)
        assert.strictEqual(readJson(join(plugin, ".claude-plugin/plugin.json")).version, "1.2.3")
        const machines = readdirSync(join(plugin, "server/node_modules/better-sqlite3-13/prebuilds"))
        assert.includeMembers(machines, ["darwin-arm64.node", "linux-arm64.node", "linux-x64.node", "win32-x64.node"])

        assert.includeMembers(readdirSync(join(plugin, "skills")), readdirSync(join(root, "plugin/skills")))

        const project = join(folder, "project")
        mkdirSync(project)
        const trap = strangersProject(project)
        const { fake, variables: house } = yield* makeHouse
        const { KRAKEN_BASE_URL = "", MCP_KRAKEN_STATE_DIR = "" } = house
        const { key, secret } = fake.keys.full
        const start = filled(plugin, { mode: "live", read_only: "true", api_key: key, api_secret: secret })
        const client = yield* connect(
          new StdioClientTransport({
            command: process.execPath,
            args: start.args,
            cwd: project,
            env: { HOME: folder, KRAKEN_BASE_URL, MCP_KRAKEN_STATE_DIR, ...start.env },
            stderr: "ignore"
          })
        )
        assert.strictEqual(client.getServerVersion()?.version, "1.2.3")
        const balance = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
        assert.include(JSON.stringify(balance.structuredContent), "1.5")

        const called = fake.count("private/Balance")
        for (const { fill, manifest, servers } of others) {
          assert.strictEqual(readJson(join(plugin, manifest)).version, "1.2.3")
          const { args, env } = readJson(join(plugin, servers)).mcpServers.kraken
          const client = yield* connect(
            new StdioClientTransport({
              command: process.execPath,
              args: args.map((text: string) => fill(text, plugin)),
              cwd: project,
              env: { HOME: folder, KRAKEN_BASE_URL, MCP_KRAKEN_STATE_DIR, ...env },
              stderr: "ignore"
            })
          )
          assert.strictEqual(client.getServerVersion()?.version, "1.2.3")
          const simulated = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
          assert.isNotEmpty(Object(simulated.structuredContent).balances)
          const { tools } = yield* Effect.promise(() => client.listTools())
          assert.notInclude(
            tools.map(({ name }) => name),
            "add_order"
          )
        }
        assert.strictEqual(fake.count("private/Balance"), called)
        assert.isFalse(existsSync(trap))
      }),
    // The build comes first.
    120_000
  )

  it.scopedLive("of the sources says how it gets its server, to people and to the client", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      copyFileSync(join(root, "plugin/start.mjs"), join(folder, "start.mjs"))
      const { status, stderr, stdout } = spawnSync(process.execPath, filled(folder, {}).args, {
        encoding: "utf8",
        input: `${JSON.stringify({ jsonrpc: "2.0", id: 7, method: "initialize", params: {} })}\n`
      })
      assert.strictEqual(status, 1)
      const { error, id } = JSON.parse(stdout)
      assert.strictEqual(id, 7)
      const advice = /run: npm ci && npm run (\w+)\./
      assert.match(stderr, advice)
      assert.property(readJson("package.json").scripts, advice.exec(error.message)?.[1] ?? "")
    })
  )
})

/** Manifests in the same folder for other clients, and their words for the folder. */
const others = [
  {
    client: "Codex, Cursor and VS Code",
    manifest: "plugin.json",
    servers: "mcp.json",
    fill: (text: string, plugin: string) => text.replaceAll("${PLUGIN_ROOT}", plugin)
  },
  {
    client: "Gemini CLI",
    manifest: "gemini-extension.json",
    servers: "gemini-extension.json",
    fill: (text: string, plugin: string) => text.replaceAll("${extensionPath}", plugin).replaceAll("${/}", "/")
  }
]

describe("the plugin for other clients", () => {
  it.each(others)("starts the same server for $client, on paper and read-only", ({ fill, servers }) => {
    const { args, command, env } = readJson(`plugin/${servers}`).mcpServers.kraken
    assert.strictEqual(command, "node")
    assert.deepStrictEqual(
      args.map((text: string) => fill(text, "plugin")),
      ["--max-semi-space-size=4", "plugin/start.mjs", "serve", "--stdio"]
    )
    assert.deepStrictEqual(env, { MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_READ_ONLY: "true" })
  })

  it.each(others)("has the name of the plugin for Claude Code with $client", ({ manifest }) => {
    assert.strictEqual(readJson(`plugin/${manifest}`).name, readJson("plugin/.claude-plugin/plugin.json").name)
  })

  /** @see https://agent-plugins.org/specification sections 5.2 and 7.2 of version 1.0.0, read 2026-11-29 */
  it("has no field that the Agent Plugins specification does not know", () => {
    const schemas = "https://agent-plugins.org/schemas/1.0.0"
    const { $schema, ...manifest } = readJson("plugin/plugin.json")
    assert.strictEqual($schema, `${schemas}/plugin.schema.json`)
    assert.includeMembers(["author", "description", "keywords", "license", "name", "version"], Object.keys(manifest))
    const { $schema: ofServers, ...servers } = readJson("plugin/mcp.json")
    assert.strictEqual(ofServers, `${schemas}/mcp.schema.json`)
    assert.hasAllKeys(servers, ["mcpServers"])
    assert.hasAllKeys(servers.mcpServers.kraken, ["type", "command", "args", "env"])
    assert.strictEqual(servers.mcpServers.kraken.type, "stdio")
  })

  it("is in the marketplace that Codex reads", () => {
    const { name, plugins } = readJson(".agents/plugins/marketplace.json")
    assert.strictEqual(name, readJson(".claude-plugin/marketplace.json").name)
    assert.lengthOf(plugins, 1)
    assert.deepInclude(plugins[0], {
      name: readJson("plugin/plugin.json").name,
      source: { source: "local", path: "./plugin" }
    })
  })
})

describe("what the user of a client is asked for", () => {
  const desktop = readJson("mcpb/manifest.json")
  const plugin = readJson("plugin/.claude-plugin/plugin.json")
  const { env } = readJson("plugin/.mcp.json").mcpServers.kraken

  it("is the same for Claude Desktop and Claude Code: an account on paper, read-only", () => {
    assert.deepStrictEqual(env, desktop.server.mcp_config.env)
    for (const asked of [desktop.user_config, plugin.userConfig]) {
      const defaults = Object.entries(asked).map(([name, field]) => [name, Object(field).default])
      assert.deepStrictEqual(Object.fromEntries(defaults), {
        mode: "paper",
        read_only: true,
        api_key: "",
        api_secret: ""
      })
      assert.isTrue(asked.api_key.sensitive && asked.api_secret.sensitive)
    }
  })

  it("goes into variables that there are", () => {
    assert.deepStrictEqual(unknownVariables(Object.keys(env).join(" ")), [])
    const names = Object.values<string>(env).map((value) => value.replace(/^\$\{user_config\.(\w+)\}$/, "$1"))
    assert.sameMembers(names, Object.keys(plugin.userConfig))
  })

  it("comes with the plugin that the marketplace names", () => {
    const { plugins } = readJson(".claude-plugin/marketplace.json")
    assert.deepStrictEqual(
      plugins.map(({ name, source }: { name: string; source: string }) => [name, source]),
      [[plugin.name, "./plugin"]]
    )
  })
})
