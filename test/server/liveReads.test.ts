import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, LogLevel } from "effect"
import { OperatedOnPaper } from "../doubles/TestPrincipal.ts"
import { liveProduct, look, lookUntilLive } from "./liveProduct.ts"

type Product = Effect.Effect.Success<ReturnType<typeof liveProduct>>

const run = <A, E, R>(test: (product: Product) => Effect.Effect<A, E, R>, ...options: Parameters<typeof liveProduct>) =>
  Effect.gen(function* () {
    const product = yield* liveProduct(...options)
    return yield* Effect.provide(test(product), product.layer)
  }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "50000" }

const idsIn = ({ answer }: Effect.Effect.Success<ReturnType<typeof look>>): ReadonlyArray<string> =>
  answer.orders.map(({ txid }: { readonly txid: string }) => txid)

describe("reads of live data", () => {
  it.live("cost no request by REST, and answer the same", () =>
    run(({ requests }) =>
      Effect.gen(function* () {
        const calls: ReadonlyArray<readonly [string, object]> = [
          ["get_ticker", { pair: "BTC/USD,ETH/USD" }],
          ["get_order_book", { pair: "BTC/USD", count: 10 }],
          ["get_open_orders", {}],
          ["get_account_balance", {}],
          ["get_extended_balance", {}]
        ]
        for (const [name, args] of calls) {
          const first = yield* look(name, args)
          assert.strictEqual(first.source, "rest")
          assert.strictEqual(first.age, 0)
          const live = yield* lookUntilLive(name, args)
          assert.deepStrictEqual(Object.keys(live.answer), Object.keys(first.answer))
          if (name.endsWith("balance")) assert.deepStrictEqual(live.answer, first.answer)
          requests.length = 0
          const looks = yield* Effect.all(
            Array.from({ length: 50 }, () => look(name, args)),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual([...new Set(looks.map(({ source }) => source))], ["websocket"])
          assert.isTrue(looks.every(({ age }) => Number.isInteger(age)))
          assert.deepStrictEqual(requests, [])
        }
      })
    )
  )

  it.live("ask REST for what live data does not have", () =>
    run(() =>
      Effect.gen(function* () {
        const cases: ReadonlyArray<readonly [string, object, object]> = [
          ["get_ticker", { pair: "BTC/USD" }, { detail: "full" }],
          ["get_order_book", { pair: "BTC/USD" }, { count: 200 }],
          ["get_order_book", { pair: "BTC/USD" }, { volume: "1" }],
          ["get_order_book", { pair: "BTC/USD" }, { detail: "full" }],
          ["get_open_orders", {}, { trades: true }],
          ["get_account_balance", {}, { rebase_multiplier: "base" }]
        ]
        for (const [name, args, more] of cases) {
          yield* lookUntilLive(name, args)
          const { isError, source } = yield* look(name, { ...args, ...more })
          assert.isFalse(isError)
          assert.strictEqual(source, "rest")
        }
      })
    )
  )

  it.live("are never older than a write of the server", () =>
    run(() =>
      Effect.gen(function* () {
        yield* lookUntilLive("get_open_orders")
        yield* lookUntilLive("get_account_balance")
        for (let n = 0; n < 3; n++) {
          const { answer } = yield* look("add_order", { ...order, userref: n + 1 })
          const [txid] = answer.txid
          assert.include(idsIn(yield* look("get_open_orders")), txid)
          yield* lookUntilLive("get_open_orders")
          yield* look("cancel_order", { txid })
          assert.notInclude(idsIn(yield* look("get_open_orders")), txid)
        }
        const before = yield* lookUntilLive("get_account_balance")
        yield* look("add_order", { pair: "BTC/USD", type: "buy", ordertype: "market", volume: "0.01" })
        const after = yield* look("get_account_balance")
        assert.notDeepEqual(after.answer, before.answer)
        assert.deepStrictEqual((yield* lookUntilLive("get_account_balance")).answer, after.answer)
      })
    )
  )

  it.live("follow what others do", () =>
    run(({ admin, requests }) =>
      Effect.gen(function* () {
        const { answer } = yield* look("add_order", { ...order, volume: "0.02" })
        const [txid] = answer.txid
        yield* lookUntilLive("get_open_orders")
        yield* lookUntilLive("get_account_balance")
        requests.length = 0
        yield* admin("deposit", { asset: "USD", amount: "5", at_once: true })
        yield* Effect.sleep("300 millis")
        const balance = yield* look("get_account_balance")
        assert.strictEqual(balance.source, "websocket")
        assert.deepStrictEqual(balance.answer.balances[0], { asset: "USD", balance: "50005" })
        assert.deepStrictEqual(requests, [])
        // The price fills the order, which is then gone.
        yield* admin("price", { pair: "XBTUSD", price: "40000" })
        yield* Effect.sleep("300 millis")
        const orders = yield* look("get_open_orders")
        assert.strictEqual(orders.source, "websocket")
        assert.notInclude(idsIn(orders), txid)
      })
    )
  )

  it.live("ask REST while the connection is lost, and then again the live data", () =>
    run(({ admin }) =>
      Effect.gen(function* () {
        const depth = { pair: "BTC/USD", count: 5 }
        yield* lookUntilLive("get_open_orders")
        yield* lookUntilLive("get_order_book", depth)
        yield* admin("faults", { endpoint: "executions", kind: "drop", count: 1 })
        yield* admin("faults", { endpoint: "book", kind: "drop", count: 1 })
        const { answer } = yield* look("add_order", order)
        yield* admin("price", { pair: "XBTUSD", price: "90000" })
        yield* Effect.sleep("300 millis")
        assert.strictEqual((yield* look("get_order_book", depth)).source, "rest")
        const orders = yield* look("get_open_orders")
        assert.strictEqual(orders.source, "rest")
        assert.include(idsIn(orders), answer.txid[0])
        assert.include(idsIn(yield* lookUntilLive("get_open_orders")), answer.txid[0])
        yield* lookUntilLive("get_order_book", depth)
      })
    )
  )

  it.live("begin with the server if the settings say so", () =>
    run(
      ({ requests }) =>
        Effect.gen(function* () {
          while (!requests.includes("private/GetWebSocketsToken")) yield* Effect.sleep("20 millis")
          yield* lookUntilLive("get_open_orders")
        }),
      { feed: "on" }
    )
  )

  it.live("begin with the first look otherwise", () =>
    run(({ requests }) =>
      Effect.gen(function* () {
        yield* look("get_ticker", { pair: "BTC/USD" })
        yield* Effect.sleep("500 millis")
        assert.notInclude(requests, "private/GetWebSocketsToken")
        yield* lookUntilLive("get_open_orders")
        assert.lengthOf(
          requests.filter((endpoint) => endpoint === "private/GetWebSocketsToken"),
          1
        )
      })
    )
  )

  it.live("ask for one token if the key may not use the WebSocket, and are answered by REST", () =>
    run(
      ({ requests }) =>
        Effect.gen(function* () {
          for (let n = 0; n < 20; n++) {
            const { isError, source } = yield* look("get_open_orders")
            assert.deepStrictEqual([isError, source], [false, "rest"])
            yield* Effect.sleep("100 millis")
          }
          assert.lengthOf(
            requests.filter((endpoint) => endpoint === "private/GetWebSocketsToken"),
            1
          )
        }),
      {},
      "read-only"
    )
  )

  it.live("are refused to a key without the permission, and without a key nothing is tried", () =>
    Effect.gen(function* () {
      for (const key of ["no-permission", "none"]) {
        yield* run(
          ({ requests }) =>
            Effect.gen(function* () {
              for (const name of ["get_open_orders", "get_account_balance", "get_extended_balance"]) {
                const { isError, source } = yield* look(name)
                assert.deepStrictEqual([isError, source], [true, undefined])
              }
              assert.deepStrictEqual(
                requests.filter((endpoint) => endpoint.startsWith("private/") && !endpoint.endsWith("GetApiKeyInfo")),
                []
              )
            }),
          {},
          key
        )
      }
    })
  )

  it.live("serve paper orders on the live market, whose trades REST tells only at first", () =>
    run(
      ({ requests }) =>
        Effect.gen(function* () {
          const order = { pair: "BTC/USD", type: "buy", ordertype: "market", volume: "0.001" }
          yield* lookUntilLive("get_order_book", { pair: "BTC/USD" })
          for (const cost of [["public/Trades"], [], []]) {
            requests.length = 0
            const { isError } = yield* look("add_order", { ...order, userref: cost.length, repeat: true })
            assert.isFalse(isError)
            assert.deepStrictEqual(requests, cost)
            yield* Effect.sleep("1100 millis")
          }
        }).pipe(Effect.provide(OperatedOnPaper)),
      { mode: "paper", paperMarket: "live", paperBalances: { USD: "10000" } }
    )
  )
})
