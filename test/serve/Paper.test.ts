import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { temporaryFolder } from "../temporaryFolder.ts"
import { overHttp, overHttpNewest, overStdio, run, serveHttp } from "./Server.ts"

const paper = ["--paper", "--market", "synthetic"]

const house = Effect.map(temporaryFolder, (folder) => ({
  folder,
  variables: { MCP_KRAKEN_STATE_DIR: folder, MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db"), MCP_KRAKEN_TIER: "off" }
}))

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.001", price: "1000" }

interface AnyClient {
  readonly callTool: (call: { readonly name: string; readonly arguments: Record<string, unknown> }) => Promise<unknown>
}

const call = (client: AnyClient, name: string, args: Record<string, unknown> = {}) =>
  Effect.map(
    Effect.promise(() => client.callTool({ name, arguments: args })),
    (result): ReturnType<typeof JSON.parse> => result
  )

const openOrders = (client: AnyClient) =>
  Effect.map(call(client, "get_open_orders"), ({ structuredContent }) =>
    structuredContent.orders.map(({ txid }: { readonly txid: string }) => txid)
  )

it.scopedLive(
  "an acknowledged order survives kill -9, and belongs to one token only",
  () =>
    Effect.gen(function* () {
      const home = yield* house
      const first = yield* serveHttp(home, paper)
      const client = yield* overHttp(first)
      assert.include(client.getInstructions() ?? "", "PAPER MODE")
      const placed = yield* call(client, "add_order", order)
      const [txid] = placed.structuredContent.txid
      yield* first.stop("SIGKILL")

      const second = yield* serveHttp(home, paper)
      const same = yield* overHttpNewest({ url: second.url, token: first.token })
      assert.deepStrictEqual(yield* openOrders(same), [txid])
      const other = yield* overHttp(second)
      assert.deepStrictEqual(yield* openOrders(other), [])
      const refused = yield* call(other, "cancel_order", { txid })
      assert.isTrue(refused.isError)

      // Another process serves the same account at the same time.
      const third = yield* serveHttp(home, paper)
      const beside = yield* overHttp({ url: third.url, token: first.token })
      yield* call(beside, "cancel_order", { txid })
      assert.deepStrictEqual(yield* openOrders(same), [])
    }),
  // Three servers start one after the other, which takes long on a busy machine.
  120_000
)

it.scopedLive("says everywhere that it is simulated", () =>
  Effect.gen(function* () {
    const home = yield* house
    const more = { MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_PAPER_MARKET: "synthetic", MCP_KRAKEN_TOOLSETS: "trading" }
    const client = yield* overStdio(home, more)
    const { tools } = yield* Effect.promise(() => client.listTools())
    assert.include(
      tools.map(({ name }) => name),
      "get_trading_mode"
    )
    const mode = yield* call(client, "get_trading_mode")
    assert.deepInclude(mode.structuredContent, { mode: "paper", simulated: true, market: "synthetic market (seed 1)" })
    const meta = { mode: "paper", simulated: true, market: "synthetic market (seed 1)" }
    const note = { type: "text", text: "Simulated, no real money: synthetic market (seed 1)." }
    for (const args of [order, { ...order, volume: "900000" }]) {
      const { _meta, content } = yield* call(client, "add_order", args)
      assert.deepStrictEqual(_meta["mcp-kraken/trading-mode"], meta)
      assert.deepStrictEqual(content.at(-1), note)
    }
    const { contents } = yield* Effect.promise(() => client.readResource({ uri: "kraken://orders/open" }))
    assert.deepInclude(JSON.parse(String(Object(contents[0]).text)), { simulated: true })
    const { code, stderr } = yield* run(["serve", "--stdio"], { ...home.variables, MCP_KRAKEN_MODE: "live" })
    assert.strictEqual(code, 2)
    assert.match(stderr, /MCP_KRAKEN_MODE: .*KRAKEN_API_KEY/)
  })
)
