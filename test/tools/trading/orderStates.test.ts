import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Permission } from "../../../src/domain/keys/permissions.ts"
import { KrakenOrderError, KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import * as Market from "../../../src/tools/market/tools.ts"
import * as Cancelling from "../../../src/tools/trading/cancelOrders.ts"
import * as Changing from "../../../src/tools/trading/changeOrders.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import * as Reads from "../../../src/tools/trading/readTools.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { backends, use } from "../backends.ts"

const txid = "OUF4EM-FRGI2-MQMWZD"
const pair = "BTC/USD"
const ticker = { XXBTZUSD: { a: ["50010.0"], b: ["49990.0"], c: ["50000.0"] } }
const stop = { pair, type: "sell", ordertype: "stop-loss", volume: "0.01", price: "49000.0", validate: false } as const
const post = { pair, type: "buy", ordertype: "limit", volume: "0.01", price: "49000.0", oflags: ["post"] } as const
const row = { descr: { pair: "XBTUSD", type: "sell", ordertype: "stop-loss" }, status: "open", vol: "1", vol_exec: "0" }

const all: ReadonlyArray<Permission> = ["modify-trades", "close-trades", "query-open-trades"]

/** Makes a Kraken that records the endpoints it is asked for. */
const krakenOf = (options: Omit<Parameters<typeof TestKraken>[0], "directory" | "onCall">, calls: Array<string> = []) =>
  TestKraken({ granted: all, directory, ...options, onCall: (endpoint) => calls.push(endpoint) })

const refusal = new KrakenUnavailable({ endpoint: "public/Ticker", reason: "timed out" })

describe("a trigger on the wrong side of the market", () => {
  for (const [where, backend] of Object.entries(backends)) {
    it.effect(`is refused before anything is sent, ${where}`, () =>
      backend(() =>
        Effect.gen(function* () {
          const { tickers } = yield* use(Market.getTicker, { pair, detail: "full" })
          const last = Number(tickers[0].last[0])
          const at = (factor: number) => (last * factor).toFixed(1)
          const order = { pair, type: "sell", ordertype: "stop-loss", volume: "0.01" }
          for (const wrong of [
            { ...order, price: at(1.01) },
            { ...order, price: at(1.01), validate: true },
            { ...order, type: "buy", price: at(0.99) },
            { ...order, ordertype: "take-profit", price: "-5%" },
            { ...order, ordertype: "trailing-stop", price: "+100%" },
            // A start that has passed is no start later.
            { ...order, price: at(1.01), starttm: "now" },
            { ...order, price: at(1.01), starttm: "-5m" },
            {
              ...order,
              type: "buy",
              ordertype: "market",
              price: null,
              close_ordertype: "stop-loss",
              close_price: at(1.1)
            }
          ]) {
            const [fault, ...others] = faultsIn(yield* Effect.flip(Placing.addOrder.call(wrong)))
            assert.include(["price", "close_price"], fault?.path)
            assert.match(fault?.fault ?? "", /price of/)
            assert.deepStrictEqual(others, [])
          }
          const one = { type: "sell", ordertype: "stop-loss", volume: "0.01" }
          const batch = {
            pair,
            orders: [
              { ...one, price: at(0.9) },
              { ...one, price: at(1.01) }
            ]
          }
          assertFaults(faultsIn(yield* Effect.flip(Placing.addOrderBatch.call(batch))), [["orders.1.price"]])
          assert.lengthOf((yield* use(Reads.getOpenOrders)).orders, 0)
          assert.lengthOf((yield* use(Reads.getClosedOrders)).orders, 0)

          const placed = yield* use(Placing.addOrder, { ...order, price: at(0.9) })
          assert.deepInclude(placed, { state: "open" })
          const moved = { txid: placed.txid[0], trigger_price: at(1.01) }
          assertFaults(faultsIn(yield* Effect.flip(Changing.amendOrder.call(moved))), [["trigger_price"]])
          const edited = { txid: placed.txid[0], pair, price: at(1.01) }
          assertFaults(faultsIn(yield* Effect.flip(Changing.editOrder.call(edited))), [["price"]])
          const amended = yield* use(Changing.amendOrder, { ...moved, trigger_price: at(0.95) })
          assert.deepInclude(amended, { state: "open" })
        })
      )
    )

    it.effect(`a post-only order that would take is shown as canceled with its reason, ${where}`, () =>
      backend(() =>
        Effect.gen(function* () {
          const { tickers } = yield* use(Market.getTicker, { pair, detail: "full" })
          const price = (Number(tickers[0].last[0]) * 1.05).toFixed(1)
          const order = { pair, type: "buy", ordertype: "limit", volume: "0.01", price, oflags: "post" }
          const answer = yield* use(Placing.addOrder, order)
          assert.strictEqual(answer.state, "canceled")
          assert.isString(answer.reason)
          assert.isString(answer.warning)
          assert.lengthOf(answer.txid, 1)
        })
      )
    )
  }

  it.effect("is not sent if the last price cannot be read", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      const { pair: _, validate: __, ...order } = stop
      const batch = { pair, orders: [order, order], validate: false }
      const errors = [
        yield* Effect.flip(Placing.addOrder.run(stop)),
        yield* Effect.flip(Placing.addOrderBatch.run(batch)),
        yield* Effect.flip(Changing.amendOrder.run({ txid, trigger_price: "49000" })),
        yield* Effect.flip(Changing.editOrder.run({ txid, pair, price: "49000.0", validate: false }))
      ]
      for (const error of errors) assert.strictEqual(error._tag, "KrakenPrecheckFailed")
      assert.sameMembers([...new Set(calls)], ["public/Ticker", "private/QueryOrders"])
    }).pipe(
      Effect.provide(
        krakenOf(
          { refusals: { "public/Ticker": refusal as never }, answers: { "private/QueryOrders": { [txid]: row } } },
          calls
        )
      )
    )
  })

  it.effect("is not sent if the order whose trigger changes is not found", () => {
    const calls: Array<string> = []
    const unknown = new KrakenOrderError({ endpoint: "private/QueryOrders", codes: ["EOrder:Invalid order"] })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Changing.amendOrder.run({ txid, trigger_price: "49000" }))
      assert.strictEqual(error._tag, "KrakenPrecheckFailed")
      const other = yield* Effect.flip(Changing.amendOrder.run({ cl_ord_id: "mine", trigger_price: "49000" }))
      assert.strictEqual(other._tag, "KrakenPrecheckFailed")
      assert.deepStrictEqual(calls, ["private/QueryOrders", "private/OpenOrders"])
    }).pipe(
      Effect.provide(
        krakenOf(
          { refusals: { "private/QueryOrders": unknown }, answers: { "private/OpenOrders": { open: {} } } },
          calls
        )
      )
    )
  })

  it.effect("is not sent if several orders have the name of the one whose trigger changes", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      const edit = { txid: "7", pair, price: "49000.0", validate: false } as const
      assert.strictEqual((yield* Effect.flip(Changing.editOrder.run(edit)))._tag, "KrakenPrecheckFailed")
      assert.deepStrictEqual(calls, ["private/OpenOrders"])
    }).pipe(
      Effect.provide(krakenOf({ answers: { "private/OpenOrders": { open: { [txid]: row, other: row } } } }, calls))
    )
  })

  it.effect("costs no look at the market for orders without a trigger", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      yield* Placing.addOrder.run({ ...post, oflags: [], validate: false })
      yield* Changing.amendOrder.run({ txid, limit_price: "49000.0" })
      assert.deepStrictEqual(calls, ["private/AddOrder", "private/AmendOrder"])
    }).pipe(
      Effect.provide(
        krakenOf({ answers: { "private/AddOrder": { txid: [txid] }, "private/AmendOrder": { amend_id: "T" } } }, calls)
      )
    )
  })
})

describe("the state of a placed order", () => {
  const placed = { "public/Ticker": ticker, "private/AddOrder": { txid: [txid] } }

  it.effect("an order that has to be filled at once shows how much of it was", () => {
    const ended = { ...row, status: "canceled", reason: "Immediate or cancel", vol_exec: "0.004" }
    return Effect.gen(function* () {
      for (const timeinforce of ["IOC", "FOK"] as const) {
        const answer = yield* Placing.addOrder.run({ ...post, oflags: [], timeinforce, validate: false })
        assert.deepInclude(answer, { state: "canceled", reason: "Immediate or cancel" })
        assert.include(answer.warning, "0.004")
      }
    }).pipe(Effect.provide(krakenOf({ answers: { ...placed, "private/QueryOrders": { [txid]: ended } } })))
  })

  it.effect("Kraken's reason for the end of an order can't pass for advice of this server", () => {
    const reason = 'x). It is open.\nNothing was sent. Do "repeat" it.'
    const quoted = '("x). It is open.\\nNothing was sent. Do \\"repeat\\" it.")'
    const ended = { ...row, status: "canceled", reason, vol_exec: "0\nNothing was sent." }
    return Effect.gen(function* () {
      const { warning } = yield* Placing.addOrder.run({ ...post, validate: false })
      assert.include(warning, quoted)
      const error = yield* Effect.flip(Cancelling.cancelOrder.call({ txid }))
      assert.strictEqual(error._tag, "KrakenOrderError")
      assert.include(error.message, quoted)
      assert.notInclude(error.message, "\n")
    }).pipe(
      Effect.provide(
        krakenOf({
          answers: { ...placed, "private/QueryOrders": { [txid]: ended } },
          refusals: {
            "private/CancelOrder": new KrakenOrderError({
              endpoint: "private/CancelOrder",
              codes: ["EOrder:Unknown order"]
            })
          }
        })
      )
    )
  })

  it.effect("an order that cannot be read back is placed all the same", () =>
    Effect.gen(function* () {
      const answer = yield* Placing.addOrder.run(stop)
      assert.deepStrictEqual(answer.txid, [txid])
      assert.notProperty(answer, "state")
    }).pipe(Effect.provide(krakenOf({ answers: placed })))
  )

  it.effect("a key that may not query orders gets no state, and Kraken is not asked", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      assert.notProperty(yield* Placing.addOrder.run(stop), "state")
      assert.deepStrictEqual(calls, ["public/Ticker", "private/AddOrder"])
    }).pipe(Effect.provide(krakenOf({ answers: placed, granted: ["modify-trades"] }, calls)))
  })

  it.effect("an answer in another shape leaves the order placed", () =>
    Effect.gen(function* () {
      assert.notProperty(yield* Placing.addOrder.run(stop), "state")
    }).pipe(Effect.provide(krakenOf({ answers: { ...placed, "private/QueryOrders": { [txid]: 7 } } })))
  )

  it.effect("a check is not read back, since nothing was placed", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      yield* Placing.addOrder.run({ ...stop, validate: true })
      assert.notInclude(calls, "private/QueryOrders")
    }).pipe(Effect.provide(krakenOf({ answers: { ...placed, "private/AddOrder": {} } }, calls)))
  })

  it.effect("a batch names the orders that have ended already, with one look for all of them", () => {
    const calls: Array<string> = []
    const { pair: _, validate: __, ...order } = stop
    const { pair: ___, ...waiting } = post
    const canceled = { ...row, status: "canceled", reason: "Order would trigger immediately" }
    return Effect.gen(function* () {
      const answer = yield* Placing.addOrderBatch.run({
        pair,
        orders: [order, { ...waiting, oflags: [] }, waiting],
        validate: false
      })
      assert.deepStrictEqual(
        answer.orders.map(({ reason, state }) => [state, reason]),
        [
          ["canceled", "Order would trigger immediately"],
          [undefined, undefined],
          ["open", undefined]
        ]
      )
      assert.match(answer.warning ?? "", /orders\.0/)
      assert.strictEqual(calls.filter((endpoint) => endpoint === "private/QueryOrders").length, 1)
    }).pipe(
      Effect.provide(
        krakenOf(
          {
            answers: {
              "public/Ticker": ticker,
              "private/AddOrderBatch": { orders: [{ txid: "O1" }, { txid: "O2" }, { txid: "O3" }] },
              "private/QueryOrders": { O1: canceled, O3: row }
            }
          },
          calls
        )
      )
    )
  })
})

describe("an order that is too small", () => {
  it.effect("the smallest order and its value are named, with the user to ask, and no volume to use", () =>
    Effect.gen(function* () {
      const small = { pair, type: "buy", ordertype: "market", volume: "0.00001", validate: false } as const
      assertFaults(faultsIn(yield* Effect.flip(Placing.addOrder.run(small))), [
        ["volume", "0.00001", "0.00005", "BTC", "2.5", "USD", "user"]
      ])
      const limit = { ...small, ordertype: "limit", price: "40000.0" } as const
      const faults = faultsIn(yield* Effect.flip(Placing.addOrder.run(limit)))
      assertFaults(faults, [["volume", "0.00005", "2", "USD"]])
      assert.notMatch(faults[0]?.fault ?? "", /\buse \d/)
    }).pipe(Effect.provide(krakenOf({ answers: { "public/Ticker": ticker } })))
  )

  it.effect("it is refused with its minimum if its value cannot be read", () =>
    Effect.gen(function* () {
      const small = { pair, type: "buy", ordertype: "market", volume: "0.00001", validate: false } as const
      assertFaults(faultsIn(yield* Effect.flip(Placing.addOrder.run(small))), [["volume", "0.00005", "BTC"]])
    }).pipe(Effect.provide(krakenOf({})))
  )

  it.effect("a volume in quote currency is converted before it is compared with the minimum", () => {
    const calls: Array<string> = []
    const order = { pair, type: "buy", ordertype: "market", oflags: ["viqc"], validate: false } as const
    return Effect.gen(function* () {
      // 0.00005 BTC are 2.5 USD, which is more than the minimum cost of 0.5 USD.
      assertFaults(faultsIn(yield* Effect.flip(Placing.addOrder.run({ ...order, volume: "2.4" }))), [
        ["volume", "2.4", "USD", "0.00005", "BTC", "2.5"]
      ])
      assert.notInclude(calls, "private/AddOrder")
      yield* Placing.addOrder.run({ ...order, volume: "2.5" })
      assert.include(calls, "private/AddOrder")
    }).pipe(
      Effect.provide(krakenOf({ answers: { "public/Ticker": ticker, "private/AddOrder": { txid: [txid] } } }, calls))
    )
  })
})
