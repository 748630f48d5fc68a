import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { cpSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { connect, makeHouse } from "../serve/Server.ts"
import { install } from "./installed.ts"

describe("the package", () => {
  let installed: ReturnType<typeof install>
  beforeAll(() => {
    installed = install()
  }, 120_000)
  afterAll(() => rmSync(installed.folder, { recursive: true }))

  it("holds the bundle, the renderer of pictures, the licences and the README alone, and depends on nothing but the native module", () => {
    const others = installed.files.filter((path) => !/^dist\/[\w-]+\.mjs$/.test(path))
    assert.deepStrictEqual(others, [
      "LICENSE",
      "README.md",
      "dist/inter.woff2",
      "dist/pictures-licenses.txt",
      "dist/resvg.wasm",
      "dist/sbom.cdx.json",
      "dist/third-party-licenses.txt",
      "package.json"
    ])
    assert.include(installed.files, "dist/main.mjs")
    const file = join(installed.app, "node_modules/mcp-kraken/package.json")
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(file, "utf8"))
    assert.deepStrictEqual(Object.keys(dependencies), ["better-sqlite3-13"])
    assert.deepStrictEqual(Object.keys(optionalDependencies), ["better-sqlite3"])
  })

  it("is a command that says its version", () => {
    const { status, stderr, stdout } = spawnSync(installed.bin, ["version"], { encoding: "utf8" })
    assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
    assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/)
  })

  /** Calls a server over stdio, and returns the balance and its output on stderr. */
  const balanceFrom = Effect.fnUntraced(function* (command: string, ...args: ReadonlyArray<string>) {
    const { fake, folder, variables } = yield* makeHouse
    const transport = new StdioClientTransport({
      command,
      args: ["serve", "--stdio", ...args],
      env: { ...variables, PATH: process.env["PATH"] ?? "" },
      cwd: folder,
      stderr: "pipe"
    })
    let told = ""
    transport.stderr?.on("data", (chunk: Buffer) => {
      told += String(chunk)
    })
    const client = yield* connect(transport)
    const answer = yield* Effect.promise(() => client.callTool({ name: "get_account_balance", arguments: {} }))
    // After the process has ended, all of its output has arrived.
    yield* Effect.promise(() => client.close())
    return { fake, folder, told, balances: Object(answer.structuredContent).balances }
  })

  const btc = { asset: "BTC", balance: "1.5" }

  it.scopedLive("serves a client over stdio, with nonces that outlive it", () =>
    Effect.gen(function* () {
      const { balances, folder, told } = yield* balanceFrom(installed.bin)
      assert.deepInclude(balances, btc)
      assert.notInclude(told, "better-sqlite3")
      assert.isAbove(statSync(join(folder, "nonces.db")).size, 0)
    })
  )

  it.scopedLive("serves a simulated account over stdio, of which Kraken hears nothing", () =>
    Effect.gen(function* () {
      const { balances, fake } = yield* balanceFrom(installed.bin, "--paper")
      assert.isNotEmpty(balances)
      assert.notDeepInclude(balances, btc)
      assert.strictEqual(fake.count("private/Balance"), 0)
    })
  )

  it.scopedLive("draws a chart with the renderer that it brings", () =>
    Effect.gen(function* () {
      const { folder, variables } = yield* makeHouse
      const args = ["serve", "--stdio", "--paper", "--market", "synthetic"]
      const env = { ...variables, PATH: process.env["PATH"] ?? "" }
      const client = yield* connect(
        new StdioClientTransport({ command: installed.bin, args, env, cwd: folder, stderr: "ignore" })
      )
      const answer = yield* Effect.promise(() => client.callTool({ name: "get_chart", arguments: { pair: "BTC/USD" } }))
      const content: ReadonlyArray<{ readonly type: string; readonly mimeType?: string }> = Object(answer).content
      assert.deepStrictEqual(
        content.map(({ mimeType, type }) => [type, mimeType]),
        [
          ["text", undefined],
          ["image", "image/png"]
        ]
      )
    })
  )

  it.scopedLive("serves over stdio where the native module does not load, and says that nonces are its own", () =>
    Effect.gen(function* () {
      const alone = join(installed.folder, "alone")
      cpSync(join(installed.app, "node_modules/mcp-kraken/dist"), alone, { recursive: true })
      const { balances, folder, told } = yield* balanceFrom(join(alone, "main.mjs"))
      assert.deepInclude(balances, btc)
      assert.match(told, /without the native module better-sqlite3.* Nonces are counted in this process only/)
      assert.strictEqual(statSync(join(folder, "nonces.db")).size, 0)
    })
  )
})
