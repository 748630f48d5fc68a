import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import { servedExchange } from "../exchange/rest/served.ts"
import { houseBeside, overHttp, overHttpNewest, overStdio, run, serveHttp } from "./Server.ts"

const ticker = "kraken://ticker/BTC%2FUSD"

/** The simulated exchange, and the settings of a server that follows it by WebSocket. */
const makeExchange = Effect.gen(function* () {
  const exchange = yield* servedExchange()
  const { folder, variables } = yield* houseBeside(exchange.url, exchange.keys["full"] ?? { key: "", secret: "" })
  const feeds = {
    MCP_KRAKEN_FEED: "auto",
    KRAKEN_WS_URL: `${exchange.wsUrl}/v2`,
    KRAKEN_WS_AUTH_URL: `${exchange.wsUrl}/auth/v2`
  }
  const setPrice = (price: string, pair = "BTC/USD") => exchange.admin("price", { pair, price })
  return { ...exchange, setPrice, house: { folder, variables: { ...variables, ...feeds } } }
})

/** Waits in real time. */
const until = (is: () => boolean, what: string) =>
  Effect.gen(function* () {
    for (let n = 0; n < 500; n++) {
      if (is()) return
      yield* Effect.sleep("20 millis")
    }
    return yield* Effect.dieMessage(what)
  })

/** Collects the URIs of the notifications that a client gets. */
const updatesOf = (client: Client) => {
  const uris: Array<string> = []
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void uris.push(params.uri))
  return uris
}

const subscribe = (client: Client, uri: string) => Effect.promise(() => client.subscribeResource({ uri }))

const read = (client: Client, uri: string) =>
  Effect.map(
    Effect.promise(() => client.readResource({ uri })),
    ({ contents: [first] }) => JSON.parse(first !== undefined && "text" in first ? String(first.text) : "null")
  )

/** Subscribes to a price, sees it change, and sees nothing after it has unsubscribed. */
const followPrice = (client: Client, setPrice: (price: string, pair?: string) => Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    assert.isTrue(client.getServerCapabilities()?.resources?.subscribe)
    const uris = updatesOf(client)
    yield* subscribe(client, ticker)
    yield* setPrice("61000")
    yield* until(() => uris.length > 0, "no change of the price is told")
    assert.deepStrictEqual([...new Set(uris)], [ticker])
    const answer = yield* read(client, ticker)
    assert.oneOf(answer.source, ["websocket", "rest"])
    assert.isNumber(answer.age_ms)
    assert.include(JSON.stringify(answer.tickers), "BTC/USD")
    yield* Effect.promise(() => client.unsubscribeResource({ uri: ticker }))
    const other = "kraken://book/ETHUSD"
    yield* subscribe(client, other)
    uris.splice(0)
    yield* setPrice("62000")
    yield* setPrice("3100", "ETH/USD")
    yield* until(() => uris.includes(other), "no change of the book is told")
    assert.notInclude(uris, ticker)
  })

describe("a real client subscribes", () => {
  it.scopedLive("of the revisions before 2026-07-28, over HTTP", () =>
    Effect.gen(function* () {
      const { house, setPrice } = yield* makeExchange
      yield* followPrice(yield* overHttp(yield* serveHttp(house)), setPrice)
    })
  )

  it.scopedLive("over stdio", () =>
    Effect.gen(function* () {
      const { house, setPrice } = yield* makeExchange
      yield* followPrice(yield* overStdio(house), setPrice)
    })
  )

  it.scopedLive("of 2026-07-28, with a stream of its own", () =>
    Effect.gen(function* () {
      const { house, setPrice } = yield* makeExchange
      const client = yield* overHttpNewest(yield* serveHttp(house))
      const uris: Array<string> = []
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => void uris.push(params.uri))
      const stream = yield* Effect.promise(() =>
        client.listen({ resourceSubscriptions: [ticker, "kraken://ticker/NO%2FPAIR", "kraken://assets"] })
      )
      assert.deepStrictEqual(stream.honoredFilter, { resourceSubscriptions: [ticker] })
      yield* setPrice("61000")
      yield* until(() => uris.length > 0, "no change of the price is told")
      assert.deepStrictEqual([...new Set(uris)], [ticker])
      yield* Effect.promise(() => stream.close())
      const refused = yield* Effect.flip(
        Effect.tryPromise(() => client.listen({ resourceSubscriptions: ["kraken://ticker/NO%2FPAIR"] }))
      )
      assert.strictEqual(Object(refused.error).code, -32602)
    })
  )

  it.scopedLive("to the orders of the account, and is told of one that was placed", () =>
    Effect.gen(function* () {
      const { house } = yield* makeExchange
      const client = yield* overStdio(house)
      const uris = updatesOf(client)
      const orders = "kraken://orders/open"
      const balances = "kraken://balances"
      yield* Effect.all([subscribe(client, orders), subscribe(client, balances)])
      const before = (yield* read(client, orders)).orders.length
      const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "1000", volume: "0.01" }
      const placed = yield* Effect.promise(() => client.callTool({ name: "add_order", arguments: order }))
      assert.isNotTrue(placed.isError, JSON.stringify(placed.content))
      yield* until(() => uris.includes(orders) && uris.includes(balances), "the order is not told")
      assert.lengthOf((yield* read(client, orders)).orders, before + 1)
    })
  )

  it.scopedLive("in paper mode, to its own simulated account", () =>
    Effect.gen(function* () {
      const { house } = yield* makeExchange
      const client = yield* overStdio(house, { MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_PAPER_MARKET: "synthetic" })
      const uris = updatesOf(client)
      const balances = "kraken://balances"
      yield* subscribe(client, balances)
      assert.isTrue((yield* read(client, balances)).simulated)
      const order = { pair: "BTC/USD", type: "buy", ordertype: "market", volume: "0.001" }
      const placed = yield* Effect.promise(() => client.callTool({ name: "add_order", arguments: order }))
      assert.isNotTrue(placed.isError, JSON.stringify(placed.content))
      yield* until(() => uris.includes(balances), "the trade is not told")
    })
  )
})

describe("a subscription", () => {
  it.scopedLive("of a token that is revoked is told nothing more, and another token's goes on", () =>
    Effect.gen(function* () {
      const { house, setPrice } = yield* makeExchange
      const served = yield* serveHttp(house)
      const made = JSON.parse((yield* run(["token", "create", "other", "--json"], house.variables)).stdout)
      const [first, second] = [yield* overHttp(served), yield* overHttp({ ...served, token: made.token })]
      const [ofFirst, ofSecond] = [updatesOf(first), updatesOf(second)]
      yield* subscribe(first, ticker)
      yield* setPrice("61000")
      yield* until(() => ofFirst.length > 0, "no change is told")
      assert.deepStrictEqual(ofSecond, [])
      yield* subscribe(second, ticker)
      assert.strictEqual((yield* run(["token", "revoke", made.id], house.variables)).code, 0)
      for (const price of ["62000", "63000"]) {
        ofFirst.splice(0)
        yield* setPrice(price)
        yield* until(() => ofFirst.length > 0, "no change is told")
      }
      assert.deepStrictEqual(ofSecond, [])
    })
  )
})
