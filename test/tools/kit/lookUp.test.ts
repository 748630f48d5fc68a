import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { KrakenClient, type ReadError } from "../../../src/services/KrakenClient.ts"
import { KrakenOrderError, KrakenRateLimitError, KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import * as Account from "../../../src/tools/account/tools.ts"
import * as Trading from "../../../src/tools/trading/readTools.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"

const order = { descr: { pair: "XBTUSD" }, status: "open", vol: "1", vol_exec: "0" }
const trade = { pair: "XBTUSD", price: "1", vol: "1", cost: "1" }
const entry = { time: 1, type: "trade", asset: "ZUSD", amount: "1" }

/** Makes a Kraken that answers requests for ids. */
const krakenOf = (read: (ids: ReadonlyArray<string>, requests: number) => Effect.Effect<unknown, ReadError>) => {
  const requests: Array<number> = []
  const layer = TestKraken({ granted: ["query-open-trades", "query-closed-trades", "query-ledger"] })
  const client = Layer.succeed(KrakenClient, {
    read: (_, { id, txid }) =>
      Effect.suspend(() => {
        const ids = String(txid ?? id).split(",")
        requests.push(ids.length)
        return read(ids, requests.length)
      }),
    write: () => Effect.die("a write"),
    download: () => Effect.die("a download"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  return { requests, layer: Layer.merge(layer, client) }
}

const refusal = new KrakenOrderError({ endpoint: "private/QueryOrders", codes: ["EOrder:Invalid order"] })

/** Refuses a list with an id that begins with X, as Kraken does. */
const refusing = (row: object) => (ids: ReadonlyArray<string>) =>
  ids.some((id) => id.startsWith("X")) ? refusal : Effect.succeed(Object.fromEntries(ids.map((id) => [id, row])))

const ids = (count: number) => Array.from({ length: count }, (_, n) => `O${n}`)

describe("rows by id", () => {
  it.effect("ids that Kraken leaves out are missing, in each tool that reads by ids", () =>
    Effect.gen(function* () {
      const { layer } = krakenOf(() => Effect.succeed({}))
      const [txid, id] = [
        ["A", "B"],
        ["A", "B"]
      ]
      const answers = yield* Effect.all([
        Trading.queryOrders.run({ txid }),
        Trading.queryTrades.run({ txid }),
        Trading.getOpenPositions.run({ txid }),
        Account.queryLedgers.run({ id })
      ]).pipe(Effect.provide(layer))
      for (const { missing, note } of answers) {
        assert.deepStrictEqual(missing, ["A", "B"])
        assert.match(note ?? "", /get_(closed_orders|trade_history|ledgers)/)
      }
    })
  )

  it.effect("an unknown id does not cost the answer about the others, though Kraken refuses the whole list", () =>
    Effect.gen(function* () {
      const given = ["A", "X", "B"]
      const orders = yield* Effect.provide(Trading.queryOrders.run({ txid: given }), krakenOf(refusing(order)).layer)
      const trades = yield* Effect.provide(Trading.queryTrades.run({ txid: given }), krakenOf(refusing(trade)).layer)
      const ledgers = yield* Effect.provide(Account.queryLedgers.run({ id: given }), krakenOf(refusing(entry)).layer)
      for (const answer of [orders, trades, ledgers]) {
        assert.deepStrictEqual(answer.missing, ["X"])
        assert.notProperty(answer, "unchecked")
      }
      assert.deepStrictEqual([orders.orders.length, trades.trades.length, ledgers.entries.length], [2, 2, 2])
    })
  )

  it.effect("one unknown id is missing and no error", () =>
    Effect.gen(function* () {
      const { layer, requests } = krakenOf(refusing(order))
      const { missing, orders } = yield* Effect.provide(Trading.queryOrders.run({ txid: ["X"] }), layer)
      assert.deepStrictEqual([missing, orders], [["X"], []])
      assert.deepStrictEqual(requests, [1])
    })
  )

  it.effect("the search for unknown ids spends few points, and says which ids are unchecked", () =>
    Effect.gen(function* () {
      const { layer, requests } = krakenOf(refusing(order))
      const txid = [...ids(49), "X"]
      const { missing = [], orders, unchecked = [] } = yield* Effect.provide(Trading.queryOrders.run({ txid }), layer)
      assert.isAtMost(requests.length, 9)
      assert.isAbove(orders.length, 40)
      assert.include([...missing, ...unchecked], "X")
      assert.strictEqual(orders.length + missing.length + unchecked.length, 50)
    })
  )

  it.effect("an exhausted rate budget ends the search and keeps what was found", () =>
    Effect.gen(function* () {
      const limit = {
        endpoint: "private/QueryOrders",
        limiter: "rest",
        retryAfterSeconds: 5,
        refusedBy: "Kraken"
      } as const
      const { layer } = krakenOf((ids, requests) =>
        requests > 2 ? new KrakenRateLimitError(limit) : refusing(order)(ids)
      )
      const answer = yield* Effect.provide(Trading.queryOrders.run({ txid: ["A", "B", "X", "C"] }), layer)
      assert.deepStrictEqual(answer.orders.map(({ txid }) => txid).toSorted(), ["A", "B"])
      assert.deepStrictEqual(answer.unchecked, ["X", "C"])
    })
  )

  it.effect("a limit or a failure of the first request is an error", () =>
    Effect.gen(function* () {
      const unavailable = new KrakenUnavailable({ endpoint: "private/QueryOrders", reason: "timed out" })
      const { layer } = krakenOf(() => unavailable)
      const error = yield* Effect.flip(Effect.provide(Trading.queryOrders.run({ txid: ["A"] }), layer))
      assert.strictEqual(error._tag, "KrakenUnavailable")
    })
  )

  it.effect("an answer without rows is unreadable, and no id is called missing for it", () =>
    Effect.gen(function* () {
      for (const answer of [null, "busy", [order]]) {
        const { layer } = krakenOf(() => Effect.succeed(answer))
        const error = yield* Effect.flip(Effect.provide(Trading.queryOrders.run({ txid: ["A"] }), layer))
        assert.strictEqual(error._tag, "KrakenUnreadable")
      }
      const { layer } = krakenOf(() => Effect.succeed([]))
      const { missing } = yield* Effect.provide(Trading.queryOrders.run({ txid: ["A"] }), layer)
      assert.deepStrictEqual(missing, ["A"])
    })
  )

  it.effect("consolidated positions have no ids that could be missing", () =>
    Effect.gen(function* () {
      const { layer } = krakenOf(() => Effect.succeed({ XXBTZUSD: { vol: "1" } }))
      const answer = yield* Effect.provide(
        Trading.getOpenPositions.run({ txid: ["A"], consolidation: "market" }),
        layer
      )
      assert.notProperty(answer, "missing")
      assert.lengthOf(answer.positions, 1)
    })
  )
})
