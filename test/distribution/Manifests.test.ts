import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb"
import { assert, describe, it } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Ajv } from "ajv"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { statSync } from "node:fs"
import { join } from "node:path"
import { stamp } from "../../scripts/stamp.mjs"
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
    for (const it of [server, stamp({ manifest, server }, "1.2.3", "octo/mcp-kraken").server]) {
      assert.isTrue(fits(it), JSON.stringify(fits.errors))
    }
    assert.isFalse(fits({ ...server, name: "mcp-kraken" }))
  })

  it("names the npm package, and variables that there are", () => {
    assert.strictEqual(server.packages[0].identifier, manifest.name)
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

        const { fake, variables } = yield* makeHouse
        const { key, secret } = fake.keys.full
        const start = (userConfig: Record<string, string | boolean>) =>
          Effect.gen(function* () {
            const options = { manifest, extensionPath, systemDirs: {}, userConfig, pathSeparator: "/" }
            const config = yield* Effect.promise(() => getMcpConfigForManifest(options))
            if (config === undefined) return yield* Effect.dieMessage("The manifest asks for more than it was given")
            // In the folder where the program happens to be, with a home and little else.
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
        assert.include(JSON.stringify(balance.structuredContent), "1.5000000000")
        // The native module came along.
        assert.isAbove(statSync(join(variables["MCP_KRAKEN_STATE_DIR"] ?? "", "nonces.db")).size, 0)
        const { tools } = yield* Effect.promise(() => client.listTools())
        assert.notInclude(
          tools.map(({ name }) => name),
          "add_order"
        )
      }),
    // It is built first.
    120_000
  )
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
