import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, TestClock } from "effect"
import { Alerts } from "../../../src/services/Alerts.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { createAlert, deleteAlert, listAlerts, waitForAlert } from "../../../src/tools/alerts/tools.ts"
import * as Cancelling from "../../../src/tools/trading/cancelOrders.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import { limitedTo } from "../../doubles/TestMandate.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"
import { backends, use } from "../backends.ts"

const price = { kind: "price", pair: "btc-usd", above: "100000.50" }

for (const [where, backend] of Object.entries(backends)) {
  describe(`alerts ${where}`, () => {
    it.effect("are made, listed and deleted", () =>
      backend(() =>
        Effect.gen(function* () {
          const made = yield* use(createAlert, price)
          assert.deepInclude(made, { id: 1, kind: "price", pair: "BTC/USD", above: "100000.50", state: "waiting" })
          const again = yield* use(createAlert, price)
          assert.strictEqual(again.id, 1)
          yield* use(createAlert, { kind: "balance", asset: "xbt", below: "1", days: 1 })
          yield* use(createAlert, { kind: "fill" })
          const { alerts } = yield* use(listAlerts)
          assert.deepStrictEqual(
            alerts.map(({ id, kind }: { readonly id: number; readonly kind: string }) => [id, kind]),
            [
              [3, "fill"],
              [2, "balance"],
              [1, "price"]
            ]
          )
          assert.strictEqual(alerts[1].asset, "BTC")
          assert.isTrue((yield* use(deleteAlert, { id: 2 })).deleted)
          assert.isFalse((yield* use(deleteAlert, { id: 2 })).deleted)
          assert.lengthOf((yield* use(listAlerts)).alerts, 2)
        })
      )
    )

    it.effect("are refused with bounds or fields that make no sense, and for orders that have ended", () =>
      backend(() =>
        Effect.gen(function* () {
          const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "1000" }
          const { txid } = yield* use(Placing.addOrder, order)
          assert.strictEqual((yield* use(createAlert, { kind: "fill", txid: txid[0] })).txid, txid[0])
          yield* use(Cancelling.cancelOrder, { txid: txid[0] })
          for (const input of [
            { kind: "price", pair: "BTC/USD" },
            { kind: "price", above: "5" },
            { kind: "price", pair: "BTC/USD", above: "5", below: "6" },
            { kind: "price", pair: "BTC/USD", above: "5", asset: "BTC" },
            { kind: "price", pair: "BTC/USD", above: "-5" },
            { kind: "price", pair: "BTC/USD", below: "0" },
            { kind: "balance", asset: "USD", below: "-1" },
            { kind: "balance", above: "5" },
            { kind: "fill", above: "5" },
            { kind: "fill", txid: txid[0] },
            { ...price, days: 31 },
            { ...price, days: 0 }
          ])
            assert.strictEqual((yield* Effect.flip(createAlert.call(input)))._tag, "InvalidArguments")
          const unknown = yield* Effect.flip(createAlert.call({ ...price, pair: "NO/PAIR" }))
          assert.strictEqual(unknown._tag, "UnknownName")
        })
      )
    )

    it.effect("of fills count from the earliest time that Kraken's clock can show", () =>
      backend(() =>
        Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const doubtful = { ...kraken, clock: Effect.succeed({ epoch: 0, within: 500 }) }
          yield* Effect.provideService(use(createAlert, { kind: "fill" }), KrakenClient, doubtful)
          const { watched } = yield* Alerts
          assert.deepStrictEqual(
            (yield* watched).map(({ since }) => since),
            [DateTime.toEpochMillis(yield* kraken.now) - 500]
          )
        })
      )
    )

    it.effect("can be had by a caller of a server that only reads", () =>
      backend(() =>
        Effect.gen(function* () {
          const { id } = yield* readOnly(use(createAlert, price))
          assert.strictEqual((yield* readOnly(use(waitForAlert, { timeout_s: 0 }))).waiting, 1)
          assert.isTrue((yield* readOnly(use(deleteAlert, { id }))).deleted)
        })
      )
    )

    it.effect("under a mandate with toolsets, tell only of what these show", () =>
      backend(() =>
        Effect.gen(function* () {
          const prices = limitedTo({ toolsets: ["market", "alerts"] })
          assert.strictEqual((yield* prices(use(createAlert, price))).kind, "price")
          for (const input of [{ kind: "balance", asset: "BTC", below: "1" }, { kind: "fill" }])
            assert.deepInclude(yield* Effect.flip(prices(createAlert.call(input))), {
              _tag: "NotAllowed",
              layer: "mandate",
              rule: "toolsets"
            })
          const trading = limitedTo({ toolsets: ["trading", "alerts"] })
          assert.strictEqual((yield* trading(use(createAlert, { kind: "fill" }))).kind, "fill")
        })
      )
    )

    it.effect("are waited for, and told once", () =>
      backend(() =>
        Effect.gen(function* () {
          const { fire } = yield* Alerts
          assert.deepStrictEqual(yield* use(waitForAlert), { fired: [], waiting: 0 })
          yield* use(createAlert, price)
          const late = yield* Effect.fork(use(waitForAlert, { timeout_s: 5 }))
          yield* TestClock.adjust("6 seconds")
          assert.deepStrictEqual(yield* Fiber.join(late), { fired: [], waiting: 1 })
          const fiber = yield* Effect.fork(use(waitForAlert, { timeout_s: 45 }))
          yield* TestClock.adjust("3 seconds")
          yield* fire(1, { value: "100001.0", bound: "above", unwatchedSince: 1000 })
          yield* TestClock.adjust("250 millis")
          const { fired, waiting } = yield* Fiber.join(fiber)
          assert.strictEqual(waiting, 0)
          assert.deepInclude(fired[0], {
            id: 1,
            state: "fired",
            value: "100001.0",
            bound: "above",
            missed: true,
            unwatched_since: "1970-01-01T00:00:01Z"
          })
          assert.deepStrictEqual(yield* use(waitForAlert), { fired: [], waiting: 0 })
          assert.strictEqual((yield* use(listAlerts)).alerts[0].state, "fired")
        })
      )
    )
  })
}
