import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Context, Effect, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { request } from "node:http"
import { join } from "node:path"
import { CallersByToken } from "../../src/layers/access/callers/CallersByToken.ts"
import { MandatesSql } from "../../src/layers/access/mandates/MandatesSql.ts"
import { TokenDatabase, TokenStoreSql } from "../../src/layers/access/TokenStoreSql.ts"
import { HttpListener, Listening } from "../../src/layers/http/HttpListener.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { Products } from "../../src/server/accounts.ts"
import type { Config } from "../../src/services/Config.ts"
import { KrakenAccountName } from "../../src/services/KrakenAccount.ts"
import { Metrics } from "../../src/services/Metrics.ts"
import { TokenStore } from "../../src/services/TokenStore.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { overHttp } from "./Server.ts"

/** Accounts of a server, by the kinds of their keys at the simulated exchange. */
const kinds = { desk: "full", cold: "read-only", gone: "expired" } as const
type Account = keyof typeof kinds

/** A server with these accounts, of which none is without a name, and a client of each. */
const makeServer = Effect.fnUntraced(function* (changes: Partial<typeof Config.Service> = {}) {
  const exchange = yield* servedExchange()
  const folder = yield* temporaryFolder
  const names = Object.keys(kinds) as ReadonlyArray<Account>
  const accounts = names.map((name) => {
    const { key = "", secret = "" } = exchange.keys[kinds[name]] ?? {}
    const credentials = Option.some({ key: Redacted.make(key), secret: Redacted.make(secret), otp: Option.none() })
    return { name: KrakenAccountName(name), credentials, tier: "off" as const }
  })
  const paper = { paperMarket: "synthetic" as const, paperBalances: { USD: "1000" } }
  const config = TestConfig({
    accounts: changes.mode === "paper" ? accounts.map((one) => ({ ...one, credentials: Option.none() })) : accounts,
    baseUrl: exchange.url,
    stateDir: folder,
    tokenDb: join(folder, "tokens.db"),
    tier: "off",
    metrics: { host: "127.0.0.1", port: 0 },
    ...paper,
    ...changes
  })
  const server = HttpListener.pipe(
    Layer.provide(McpHttpHandlerStreamable),
    Layer.provideMerge(Products(CallersByToken)),
    Layer.provide(McpServerEarly),
    Layer.provide(MandatesSql),
    Layer.provideMerge(TokenStoreSql),
    Layer.provide(TokenDatabase),
    Layer.provide(config)
  )
  const context = yield* Layer.build(server)
  const { port } = Context.get(context, Listening)
  const { create } = Context.get(context, TokenStore)
  const tokenOf = (account: string) =>
    Effect.map(
      create({ name: account, account: KrakenAccountName(account), paperOnly: false, expiresIn: Option.none() }),
      ({ secret }) => Redacted.value(secret)
    )
  const url = `http://127.0.0.1:${port}`
  const clientOf = (account: string) =>
    Effect.flatMap(tokenOf(account), (token) => overHttp({ url: `${url}/mcp`, token }))
  return { clientOf, context, exchange, tokenOf, url }
})

const call = (client: Client, name: string, args: Record<string, unknown> = {}) =>
  Effect.map(
    Effect.promise(() => client.callTool({ name, arguments: args })),
    ({ content, isError, structuredContent }) => ({
      isError: isError === true,
      text: JSON.stringify(content),
      answer: Object(structuredContent)
    })
  )

/** Sends a GET. */
const get = (url: string, token?: string) =>
  Effect.async<{ readonly status: number | undefined; readonly text: string }>((resume) => {
    request(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => {
        text += part.toString()
      })
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, text })))
    }).end()
  })

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "10000" }

describe("a server with several Kraken accounts", () => {
  it.scopedLive("answers each caller from its own account, while the key of another one is refused", () =>
    Effect.gen(function* () {
      const { clientOf, tokenOf, url } = yield* makeServer()
      const [desk, cold, gone] = [yield* clientOf("desk"), yield* clientOf("cold"), yield* clientOf("gone")]
      for (const [client, name] of [
        [desk, "desk"],
        [cold, "cold"],
        [gone, "gone"]
      ] as const) {
        const { answer } = yield* call(client, "get_trading_mode")
        assert.include(String(answer.account), name)
        for (const other of ["desk", "cold", "gone"].filter((other) => other !== name))
          assert.notInclude(String(answer.account), other)
      }
      assert.isTrue((yield* call(gone, "get_account_balance")).isError)
      const placed = yield* call(desk, "add_order", order)
      assert.isFalse(placed.isError, placed.text)
      const refused = yield* call(cold, "add_order", order)
      assert.isTrue(refused.isError)
      assert.include(refused.text, "KrakenPermissionError")
      assert.isFalse((yield* call(cold, "get_account_balance")).isError)
      // Prices need no key.
      assert.isFalse((yield* call(gone, "get_ticker", { pairs: ["BTC/USD"] })).isError)

      assert.strictEqual((yield* get(`${url}/ready`)).status, 200)
      assert.strictEqual((yield* get(`${url}/ready`, yield* tokenOf("desk"))).status, 200)
      const unready = yield* get(`${url}/ready`, yield* tokenOf("gone"))
      assert.deepStrictEqual([unready.status, JSON.parse(unready.text).reason], [503, "key"])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )

  it.scopedLive("keeps the writes of an account from the callers of another one", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* makeServer()
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      yield* call(desk, "add_order", order)
      yield* call(cold, "add_order", order)
      const endpoints = (client: Client) =>
        Effect.map(call(client, "get_activity"), ({ text }) => (text.match(/happened/g) ?? []).length)
      assert.deepStrictEqual([yield* endpoints(desk), yield* endpoints(cold)], [1, 0])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )

  it.scopedLive("refuses the token of an account that it does not have", () =>
    Effect.gen(function* () {
      const { tokenOf, url } = yield* makeServer()
      const { status } = yield* Effect.promise(() =>
        fetch(`${url}/mcp`, { method: "POST", headers: { "content-type": "application/json" } })
      )
      const other = yield* tokenOf("vault")
      const sent = yield* Effect.promise(() =>
        fetch(`${url}/mcp`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${other}` }
        })
      )
      assert.deepStrictEqual([status, sent.status], [401, 401])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )

  it.scopedLive("names the account in its metrics", () =>
    Effect.gen(function* () {
      const { clientOf, context } = yield* makeServer({ tier: "starter" })
      yield* call(yield* clientOf("desk"), "add_order", order)
      const text = yield* Context.get(context, Metrics).text
      assert.include(text, 'mcp_kraken_intents{state="open",account="desk"} 0')
      assert.include(text, 'mcp_kraken_intents{state="open"} 0')
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )

  it.scopedLive("simulates an account for each caller on paper", () =>
    Effect.gen(function* () {
      const { clientOf } = yield* makeServer({ mode: "paper" })
      const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
      const placed = yield* call(desk, "add_order", order)
      assert.isFalse(placed.isError, placed.text)
      const open = (client: Client) => Effect.map(call(client, "get_open_orders"), ({ text }) => text)
      assert.include(yield* open(desk), String(placed.answer.txid?.[0] ?? placed.answer.txids?.[0]))
      assert.notInclude(yield* open(cold), String(placed.answer.txid?.[0] ?? placed.answer.txids?.[0]))
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
  )
})
