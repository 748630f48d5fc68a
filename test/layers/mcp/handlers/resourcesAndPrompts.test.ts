import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Names, UnknownName } from "../../../../src/services/Names.ts"
import { prompts } from "../../../../src/tools/prompts.ts"
import * as Resources from "../../../../src/tools/resources.ts"
import { tools } from "../../../../src/tools/toolsets.ts"
import { directory } from "../../../fixtures/krakenLists.ts"
import { TestKraken } from "../../../doubles/TestKraken.ts"
import { handshake, stateless, TestMcpHttpHandler } from "../../../doubles/TestMcp.ts"

const edge = TestMcpHttpHandler({
  directory,
  answers: { "public/SystemStatus": { status: "online", timestamp: "now" } }
})

const read = (uri: string) => stateless("resources/read", { uri })

describe("resources", () => {
  it.effect("are listed: public ones, and those of the account", () =>
    Effect.gen(function* () {
      const { body } = yield* stateless("resources/list")
      assert.deepStrictEqual(
        body.result.resources.map(({ uri }: { uri: string }) => uri),
        ["kraken://assets", "kraken://pairs", "kraken://system-status", "kraken://balances", "kraken://orders/open"]
      )
      const templates = yield* stateless("resources/templates/list")
      assert.deepStrictEqual(
        templates.body.result.resourceTemplates.map(({ uriTemplate }: { uriTemplate: string }) => uriTemplate),
        [
          "kraken://pairs/{pair}",
          "kraken://ticker/{pair}",
          "kraken://book/{pair}",
          "kraken://pnl/{year}.csv{?currency,method}"
        ]
      )
    }).pipe(Effect.provide(edge))
  )

  it.effect("of the account are neither listed nor read if its tools are not served", () =>
    Effect.gen(function* () {
      const { body } = yield* handshake("resources/list")
      assert.notInclude(JSON.stringify(body), "balances")
      const balances = yield* handshake("resources/read", { uri: "kraken://balances" })
      assert.strictEqual(balances.body.error.code, -32002)
    }).pipe(Effect.provide(TestMcpHttpHandler({ directory }, { toolsets: ["market"] })))
  )

  it.effect("are JSON; a pair is read by any of its spellings", () =>
    Effect.gen(function* () {
      for (const uri of ["kraken://pairs/BTC%2FUSD", "kraken://pairs/xbtusd", "kraken://pairs/BTC/USD"]) {
        const [content] = (yield* read(uri)).body.result.contents
        assert.deepStrictEqual([content.uri, content.mimeType], [uri, "application/json"])
        assert.strictEqual(JSON.parse(content.text).tickSize, "0.1")
      }
      const [assets] = (yield* read("kraken://assets")).body.result.contents
      assert.deepInclude(JSON.parse(assets.text).assets, { name: "BTC", id: "XXBT", status: "enabled" })
    }).pipe(Effect.provide(edge))
  )

  it.effect("that do not exist are distinguished from those that are unavailable", () =>
    Effect.gen(function* () {
      for (const uri of ["kraken://nothing", "file:///etc/passwd", "kraken://pairs/%E0%A4%A"]) {
        const { body, status } = yield* read(uri)
        assert.deepStrictEqual([status, body.error.code, body.error.data], [400, -32602, { uri }])
        assert.strictEqual((yield* handshake("resources/read", { uri })).body.error.code, -32002)
      }
      const denied = yield* read("kraken://balances")
      assert.include(denied.body.error.message, "KrakenPermissionError")
    }).pipe(Effect.provide(edge))
  )
})

describe("resources with live data", () => {
  const answers = {
    "public/Ticker": { XXBTZUSD: { a: ["101", "1", "1"], b: ["100", "1", "1"], c: ["100.5", "1"], o: "100" } },
    "public/Depth": { XXBTZUSD: { asks: [["101.0", "2.000", 1]], bids: [["100.0", "1.000", 1]] } },
    "private/OpenOrders": { open: {} },
    "private/BalanceEx": { ZUSD: { balance: "60", hold_trade: "10" } }
  }
  const granted = ["query-funds", "query-open-trades"] as const
  const live = TestMcpHttpHandler({ directory, answers, granted: [...granted] })

  it.effect("have the words of the tools, with their source and age", () =>
    Effect.gen(function* () {
      for (const spelling of ["BTC%2FUSD", "BTC/USD", "xbtusd"]) {
        const [content] = (yield* read(`kraken://ticker/${spelling}`)).body.result.contents
        const { age_ms, columns, source, tickers } = JSON.parse(content.text)
        assert.deepStrictEqual([content.uri, source, age_ms], [`kraken://ticker/${spelling}`, "rest", 0])
        assert.strictEqual(tickers[0][columns.indexOf("pair")], "BTC/USD")
      }
      const [book] = (yield* read("kraken://book/BTCUSD")).body.result.contents
      assert.deepInclude(JSON.parse(book.text), { pair: "BTC/USD", source: "rest", age_ms: 0 })
      const [orders] = (yield* read("kraken://orders/open")).body.result.contents
      assert.deepInclude(JSON.parse(orders.text), { orders: [], source: "rest" })
      const [balances] = (yield* read("kraken://balances")).body.result.contents
      assert.strictEqual(JSON.parse(balances.text).balances[0].asset, "USD")
    }).pipe(Effect.provide(live))
  )

  it.effect("are neither listed nor read by who is not offered their tools, and essential tools are enough", () =>
    Effect.gen(function* () {
      const listed = JSON.stringify([
        (yield* handshake("resources/list")).body,
        (yield* handshake("resources/templates/list")).body
      ])
      for (const uri of ["kraken://ticker/{pair}", "kraken://orders/open"]) assert.include(listed, uri)
      assert.notInclude(listed, "kraken://pnl")
      assert.isDefined((yield* handshake("resources/read", { uri: "kraken://ticker/BTCUSD" })).body.result)
    }).pipe(
      Effect.provide(TestMcpHttpHandler({ directory, answers, granted: [...granted] }, { toolsets: ["essential"] }))
    )
  )

  it.effect("are not read with a toolset that lacks their tool", () =>
    Effect.gen(function* () {
      assert.notInclude(JSON.stringify((yield* handshake("resources/templates/list")).body), "kraken://ticker")
      for (const uri of ["kraken://ticker/BTCUSD", "kraken://book/BTCUSD", "kraken://orders/open"]) {
        const { body } = yield* handshake("resources/read", { uri })
        assert.strictEqual(body.error.code, -32002, uri)
      }
    }).pipe(
      Effect.provide(TestMcpHttpHandler({ directory, answers, granted: [...granted] }, { toolsets: ["account"] }))
    )
  )
})

describe("the tax year", () => {
  const ledger = {
    L2: { refid: "T", time: 1_700_000_100, type: "trade", asset: "ZUSD", amount: "60", fee: "0.1", balance: "59.9" },
    L1: { refid: "T", time: 1_700_000_100, type: "trade", asset: "XXBT", amount: "-0.001", fee: "0", balance: "0" },
    L0: { refid: "D", time: 1_700_000_000, type: "deposit", asset: "XXBT", amount: "0.001", fee: "0", balance: "0.001" }
  }
  const answers = {
    "private/BalanceEx": { ZUSD: { balance: "59.9" }, XXBT: { balance: "0" } },
    "private/Ledgers": { ledger, count: 3 },
    "public/OHLC": { XXBTZUSD: [[1_699_920_000, "50000", "0", "0", "50000", "0", "0", 1]], last: 1_699_920_000 }
  }
  const granted = ["query-funds", "query-ledger"] as const

  it.effect("is CSV, with its own media type", () =>
    Effect.gen(function* () {
      const [content] = (yield* read("kraken://pnl/2023.csv")).body.result.contents
      assert.strictEqual(content.mimeType, "text/csv")
      assert.include(content.text, "USD,sale,BTC,0.001,2023-11-14T22:13:20Z,2023-11-14T22:15:00Z,59.9,50,9.9,")
    }).pipe(Effect.provide(TestMcpHttpHandler({ directory, answers, granted: [...granted] })))
  )

  it.effect("is neither listed nor read if its tools are not served", () =>
    Effect.gen(function* () {
      const listed = yield* handshake("resources/templates/list")
      assert.notInclude(JSON.stringify(listed.body), "pnl")
      const year = yield* handshake("resources/read", { uri: "kraken://pnl/2023.csv" })
      assert.strictEqual(year.body.error.code, -32002)
    }).pipe(
      Effect.provide(TestMcpHttpHandler({ directory, answers, granted: [...granted] }, { toolsets: ["account"] }))
    )
  )
})

describe("a pair that Kraken does not list", () => {
  it.effect("is a resource that does not exist, with similar names", () => {
    const uri = "kraken://pairs/BTC/USX"
    const unknown = new UnknownName({ kind: "pair", given: "BTC/USX", nearest: ["BTC/USD"] })
    const names = Layer.mock(Names, { pair: () => unknown, directory: Effect.succeed(directory) })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Resources.read({ resources: [], templates: [], page: false }, uri))
      assert.deepInclude(error, { _tag: "ResourceNotFound", uri })
      assert.include(error.message, unknown.message)
    }).pipe(Effect.provide(Layer.merge(TestKraken({}), names)))
  })
})

describe("completion", () => {
  const complete = (ref: object, name: string, value: string) =>
    Effect.map(
      stateless("completion/complete", { ref, argument: { name, value } }),
      ({ body }) => body.result?.completion.values
    )
  const template = { type: "ref/resource", uri: "kraken://pairs/{pair}" }
  const ticker = { type: "ref/resource", uri: "kraken://ticker/{pair}" }

  it.effect("suggests pairs, for the template and for prompts with a pair", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* complete(template, "pair", "btc/us"), ["BTC/USD", "BTC/USDC", "BTC/USDT"])
      assert.deepStrictEqual(yield* complete(template, "pair", "XXBTZUSD"), ["BTC/USD"])
      assert.deepStrictEqual(yield* complete(ticker, "pair", "btc/us"), ["BTC/USD", "BTC/USDC", "BTC/USDT"])
      assert.deepStrictEqual(yield* complete({ type: "ref/prompt", name: "pre_trade_checklist" }, "pair", "xrp"), [
        "XRP/USD"
      ])
      assert.deepStrictEqual(yield* complete({ type: "ref/prompt", name: "pre_trade_checklist" }, "order", "buy"), [])
      assert.isUndefined(yield* complete({ type: "ref/prompt", name: "no_such_prompt" }, "pair", ""))
    }).pipe(Effect.provide(edge))
  )
})

describe("prompts", () => {
  it.effect("turn their arguments into text for the model", () =>
    Effect.gen(function* () {
      const { body } = yield* stateless("prompts/list")
      assert.deepStrictEqual(
        body.result.prompts.map(({ name }: { name: string }) => name),
        ["portfolio_review", "pre_trade_checklist", "order_post_mortem", "tax_year_export"]
      )
      const review = yield* stateless("prompts/get", { name: "portfolio_review", arguments: { currency: "CHF" } })
      assert.include(review.body.result.messages[0].content.text, "in CHF")
      const missing = yield* stateless("prompts/get", { name: "pre_trade_checklist", arguments: { pair: "BTC/USD" } })
      assert.deepStrictEqual([missing.status, missing.body.error.code], [400, -32602])
      assert.include(missing.body.error.message, "needs order")
    }).pipe(Effect.provide(edge))
  )

  it.effect("are offered only with all tools that they need", () =>
    Effect.gen(function* () {
      const { body } = yield* stateless("prompts/list")
      assert.deepStrictEqual(
        body.result.prompts.map(({ name }: { name: string }) => name),
        ["portfolio_review", "tax_year_export"]
      )
      const hidden = yield* stateless("prompts/get", { name: "order_post_mortem", arguments: { txid: "O" } })
      assert.strictEqual(hidden.body.error.code, -32602)
      assert.include(hidden.body.error.message, "order_post_mortem")
    }).pipe(Effect.provide(TestMcpHttpHandler({ directory }, { toolsets: ["market", "account"] })))
  )

  it("name only existing tools, and list the tools that they need", () => {
    for (const { arguments: args, name, text, tools: needed } of prompts) {
      const words = text(Object.fromEntries(args.map(({ name }) => [name, "it"]))).match(/[a-z]+(?:_[a-z]+)+/g) ?? []
      const named = words.filter((word) => tools.has(word))
      assert.includeMembers(named, [...needed], name)
      assert.isTrue(
        needed.every((tool) => tools.has(tool)),
        name
      )
    }
  })
})
