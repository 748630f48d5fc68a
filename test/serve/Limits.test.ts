import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../temporaryFolder.ts"
import { overHttp, overStdio, run, serveHttp } from "./Server.ts"

/** Limits on simulated accounts, over each transport. */

const paper = { MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_PAPER_MARKET: "synthetic", MCP_KRAKEN_TIER: "off" }

const house = Effect.map(temporaryFolder, (folder) => ({
  folder,
  variables: { ...paper, MCP_KRAKEN_STATE_DIR: folder, MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db") }
}))

/** An order for 60 dollars. A budget of 500 dollars permits 100 an order. */
const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.06", price: "1000" }
const later = { ...order, volume: "0.05" }
const tooLarge = { ...order, volume: "0.2" }

interface AnyClient {
  readonly callTool: (call: { readonly name: string; readonly arguments: Record<string, unknown> }) => Promise<unknown>
}

const call = (client: AnyClient, name: string, args: Record<string, unknown> = {}) =>
  Effect.map(
    Effect.promise(() => client.callTool({ name, arguments: args })),
    (result): ReturnType<typeof JSON.parse> => result
  )

const refusalOf = (answer: ReturnType<typeof JSON.parse>) => answer._meta["mcp-kraken/refusal"]

const listed = (client: { readonly listTools: () => Promise<{ readonly tools: ReadonlyArray<{ name: string }> }> }) =>
  Effect.map(
    Effect.promise(() => client.listTools()),
    ({ tools }) => new Set(tools.map(({ name }) => name))
  )

/** Places an order within a budget of 500 dollars, and is refused one above it. */
const spendBudget = Effect.fnUntraced(function* (client: AnyClient) {
  assert.isUndefined((yield* call(client, "add_order", order)).isError)
  assert.deepInclude(refusalOf(yield* call(client, "add_order", tooLarge)), {
    _tag: "LimitReached",
    layer: "mandate",
    limit: "max/order",
    allowed: "100",
    unit: "USD"
  })
  const { limits } = (yield* call(client, "get_my_mandate")).structuredContent
  const day = limits.find(({ limit }: { readonly limit: string }) => limit === "max/day")
  assert.deepInclude(day, { layer: "mandate", allowed: "500", unit: "USD" })
  // The fee is reserved with the order.
  assert.isAtLeast(Number(day.used), 60)
  assert.isBelow(Number(day.used), 61)
})

describe("a server with limits", () => {
  it.scopedLive("over stdio takes them from settings, with any of Kraken's names", () =>
    Effect.gen(function* () {
      const limits = { MCP_KRAKEN_BUDGET: "500ZUSD", MCP_KRAKEN_PAIRS: "XXBT/ZUSD,ETH/*" }
      const home = yield* house
      const client = yield* overStdio(home, limits)
      const tools = yield* listed(client)
      assert.isTrue(tools.has("add_order"))
      assert.isFalse(tools.has("withdraw"))
      yield* spendBudget(client)
      const other = { ...order, pair: "SOL/USD", volume: "1", price: "20" }
      assert.deepInclude(refusalOf(yield* call(client, "add_order", other)), { _tag: "NotAllowed", rule: "pairs" })
      // Usage survives a restart.
      const again = (yield* call(yield* overStdio(home, limits), "get_my_mandate")).structuredContent
      assert.isAtLeast(Number(again.limits.find(({ limit }: { limit: string }) => limit === "max/day").used), 60)
    })
  )

  it.scopedLive("over HTTP takes them from the token, which can freeze itself", () =>
    Effect.gen(function* () {
      const home = yield* house
      const { stdout } = yield* run(["token", "create", "agent", "--budget", "500USD", "--json"], home.variables)
      const { id, token } = JSON.parse(stdout)
      const { token: plain, url } = yield* serveHttp(home)
      const agent = yield* overHttp({ token, url })
      yield* spendBudget(agent)
      const unlimited = yield* overHttp({ token: plain, url })
      assert.isUndefined((yield* call(unlimited, "add_order", tooLarge)).isError)

      assert.isUndefined((yield* call(agent, "freeze_my_token", { reason: "odd prices" })).isError)
      assert.deepInclude(refusalOf(yield* call(agent, "add_order", later)), { _tag: "Frozen", scope: "caller" })
      assert.isUndefined((yield* call(agent, "cancel_all_orders")).isError)
      assert.isUndefined((yield* call(unlimited, "add_order", order)).isError)
      assert.strictEqual((yield* run(["token", "unfreeze", id], home.variables)).code, 0)
      assert.isUndefined((yield* call(agent, "add_order", later)).isError)
    })
  )

  it.scopedLive("refuses tokens with limits while the record is damaged; others read", () =>
    Effect.gen(function* () {
      const home = yield* house
      const { stdout } = yield* run(["token", "create", "agent", "--budget", "500USD", "--json"], home.variables)
      writeFileSync(join(home.folder, "authority.db"), "not a database, but longer than its header".repeat(100))
      const { token: plain, url } = yield* serveHttp(home)
      const status = (token: string) =>
        Effect.promise(() =>
          fetch(url, {
            method: "POST",
            headers: {
              authorization: `Bearer ${token}`,
              "content-type": "application/json",
              accept: "application/json, text/event-stream"
            },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })
          }).then(({ status }) => status)
        )
      assert.strictEqual(yield* status(JSON.parse(stdout).token), 401)
      const unlimited = yield* overHttp({ token: plain, url })
      assert.isUndefined((yield* call(unlimited, "get_open_orders")).isError)
      assert.isUndefined((yield* call(unlimited, "cancel_all_orders")).isError)
      assert.isTrue((yield* call(unlimited, "add_order", order)).isError)
    })
  )

  it.scopedLive.each([
    ["a pair of the settings", { MCP_KRAKEN_BUDGET: "500USD", MCP_KRAKEN_PAIRS: "BTC/USDD" }, /MCP_KRAKEN_PAIRS/],
    ["a currency of all callers", { MCP_KRAKEN_SERVER_MAX: "5USDD/day" }, /MCP_KRAKEN_SERVER_MAX/]
  ] as const)("does not start if Kraken lacks %s", ([, limits, setting]) =>
    Effect.gen(function* () {
      const { folder, variables } = yield* house
      for (const args of [["--stdio"], ["--host", "127.0.0.1", "--port", "0"]]) {
        const input = [
          { jsonrpc: "2.0", id: 1, method: "initialize", params: initialize },
          { jsonrpc: "2.0", method: "notifications/initialized" },
          { jsonrpc: "2.0", id: 2, method: "tools/list" }
        ]
        const env = { ...variables, ...limits, MCP_KRAKEN_AUTH_DISABLED: "true" }
        const lines = input.map((message) => `${JSON.stringify(message)}\n`).join("")
        const { code, stderr } = yield* run(["serve", ...args], env, folder, lines)
        assert.strictEqual(code, 2, stderr)
        assert.match(stderr, setting)
      }
    })
  )
})

const initialize = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "0" }
}
