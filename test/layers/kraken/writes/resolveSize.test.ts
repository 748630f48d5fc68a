import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, TestClock } from "effect"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { makeTestExchange } from "../../../doubles/TestExchange.ts"
import { exchangeOf } from "../../../tools/backends.ts"
import { dollars, mandate } from "../../access/record/spending.ts"
import { withAgent } from "../limits/agentOnExchange.ts"

const pair = "XBTUSD"
const limit = { pair, type: "sell", ordertype: "limit", price: "60000.0" }

const send = (params: object) =>
  Effect.flatMap(KrakenWriter, (writer) => writer.send("private/AddOrder", { ...params }))

/** Runs a test on an exchange with 100,000 USD and 10 BTC, at 50,000. */
const onExchange = <A, E>(test: (v: ReturnType<typeof makeTestExchange>) => Effect.Effect<A, E, Needs>) =>
  Effect.suspend(() => {
    const v = makeTestExchange()
    return Effect.provide(test(v), exchangeOf(v))
  })

type Needs = Layer.Layer.Success<ReturnType<typeof exchangeOf>>

const idOf = ({ result }: { readonly result: unknown }): string => Object(result).txid[0]

describe("the size of an order", () => {
  it.effect("is a part of what is free at the time of the call, and is shown", () =>
    onExchange((v) =>
      Effect.gen(function* () {
        const half = yield* send({ ...limit, volume: "50%" })
        assert.deepStrictEqual(half.resolved, { asked: "50%", free: "10 BTC", volume: "5" })
        assert.strictEqual(v.see(idOf(half)).vol, "5.00000000")
        const all = yield* send({ ...limit, price: "61000.0", volume: "all" })
        assert.deepStrictEqual(all.resolved, { asked: "all", free: "5 BTC", volume: "5" })
        const nothing = yield* Effect.flip(send({ ...limit, price: "62000.0", volume: "all" }))
        assert.strictEqual(nothing._tag, "KrakenWriteRefused")
      })
    )
  )

  it.effect("of a buy leaves room for the fee, and spends all but a step", () =>
    onExchange((v) =>
      Effect.gen(function* () {
        const bought = yield* send({ pair, type: "buy", ordertype: "limit", price: "40000.0", volume: "all" })
        const volume = Number(bought.resolved?.["volume"])
        assert.isAtMost(volume * 40000 * 1.004, 100_000)
        assert.isAbove((volume + 1e-8) * 40000 * 1.004, 100_000)
        assert.strictEqual(v.see(idOf(bought)).status, "open")
      })
    )
  )

  it.effect("of a buy at the market spends all", () =>
    onExchange((v) =>
      Effect.gen(function* () {
        const { resolved } = yield* send({ pair, type: "buy", ordertype: "market", volume: "all" })
        assert.deepInclude(resolved, { free: "100000 USD", oflags: "viqc" })
        const { XXBT, ZUSD } = v.ok("Balance")
        assert.isBelow(Number(ZUSD), 0.01)
        assert.isAbove(Number(XXBT), 11.9)
      })
    )
  )

  it.effect("can be a cost: at the limit, at the trigger, by Kraken, or at the book", () =>
    onExchange((v) =>
      Effect.gen(function* () {
        for (const [order, volume] of [
          [{ type: "buy", ordertype: "limit", price: "30000.0" }, "0.03333333"],
          [{ type: "sell", ordertype: "stop-loss", price: "40000.0" }, "0.025"],
          [{ type: "buy", ordertype: "market" }, "1000"],
          [{ type: "sell", ordertype: "market" }, "0.020004"]
        ] as const) {
          const sent = yield* send({ pair, ...order, cost: "1000" })
          assert.deepInclude(sent.resolved, { asked: "cost 1000 USD", volume })
          assert.strictEqual(Number(v.see(idOf(sent)).vol), Number(volume))
        }
      })
    )
  )

  it.effect("is resolved after an identical call is recognized", () =>
    onExchange(() =>
      Effect.gen(function* () {
        const first = yield* send({ ...limit, volume: "all" })
        yield* TestClock.adjust("1 second")
        const second = yield* send({ ...limit, volume: "all" })
        assert.deepStrictEqual(second.duplicateOf, [idOf(first)])
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* Effect.flip(send({ ...limit, volume: "all" })))._tag, "KrakenWriteRefused")
        const order = { pair, type: "buy", ordertype: "market", cost: "100" }
        const [one, other] = yield* Effect.all([send(order), send(order)], { concurrency: "unbounded" })
        assert.deepStrictEqual(
          [one.duplicateOf, other.duplicateOf].filter((ids) => ids !== undefined),
          [[idOf(one)]]
        )
      })
    )
  )

  it.effect("that the pair does not take is refused, with its minimum", () =>
    onExchange((v) =>
      Effect.gen(function* () {
        for (const order of [
          { ...limit, volume: "0.0001%" },
          { ...limit, cost: "1" },
          { pair, type: "buy", ordertype: "market", volume: "0.0001%" },
          { pair, type: "sell", ordertype: "market", cost: "900000" },
          { ...limit, volume: "101%" },
          { ...limit, volume: "1", cost: "1" },
          { ...limit, ordertype: "trailing-stop", price: "+1%", cost: "100" },
          { ...limit, leverage: "2", volume: "all" }
        ])
          assert.strictEqual((yield* Effect.flip(send(order)))._tag, "KrakenWriteRefused")
        assert.deepStrictEqual(v.ok("OpenOrders").open, {})
      })
    )
  )
})

describe("under a mandate", () => {
  const none = { order: "none", day: "none" } as const

  it("with capital, all is what the caller owns", () =>
    withAgent(
      { terms: mandate({ capital: { amount: "1000", asset: "USD" }, spending: { max: none }, slippage: "1" }) },
      ({ send }) =>
        Effect.gen(function* () {
          const bought = yield* send("private/AddOrder", {
            pair,
            type: "buy",
            ordertype: "limit",
            price: "50010.0",
            cost: "500"
          })
          assert.deepInclude(bought.resolved, { volume: "0.009998" })
          yield* Effect.sleep("3 seconds")
          const sold = yield* send("private/AddOrder", { ...limit, volume: "all" })
          assert.deepInclude(sold.resolved, { free: "0.009998 BTC", volume: "0.009998" })
        })
    ))

  it("the resolved amount is judged", () =>
    withAgent({ terms: mandate({ spending: dollars({ order: "100", day: "1000" }) }) }, ({ activity, send }) =>
      Effect.gen(function* () {
        const order = { pair, type: "buy", ordertype: "limit", price: "40000.0", volume: "50%" }
        assert.deepInclude(yield* Effect.flip(send("private/AddOrder", order)), { _tag: "LimitReached" })
        const [refused] = yield* activity
        assert.match(String(refused?.request["volume"]), /^1\.2/)
      })
    ))
})
