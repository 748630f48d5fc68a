import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option } from "effect"
import type { Directory } from "../../../src/domain/assets/model.ts"
import { KrakenClient, type ReadError } from "../../../src/services/KrakenClient.ts"
import { KrakenOrderError, KrakenOutcomeUnknown, KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import { KrakenWriter, type SendError } from "../../../src/services/KrakenWriter.ts"
import { Principal } from "../../../src/services/Principal.ts"
import { Record } from "../../../src/services/Record.ts"
import * as Cancelling from "../../../src/tools/trading/cancelOrders.ts"
import * as Market from "../../../src/tools/market/tools.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import * as Reads from "../../../src/tools/trading/readTools.ts"
import { noNames, TestKraken } from "../../doubles/TestKraken.ts"
import { bearerOf } from "../../doubles/TestPrincipal.ts"
import { mandate } from "../../layers/access/record/spending.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { backends, use } from "../backends.ts"

interface Open {
  readonly pair: string
  readonly type: "buy" | "sell"
}

type Send = (ids: ReadonlyArray<string>, account: Account) => Effect.Effect<{ readonly count: number }, SendError>

/** An account with open orders, and the states of those that ended. */
interface Account {
  readonly open: Map<string, Open>
  readonly ended: Map<string, string>
}

/** Cancels orders as Kraken does: those that are open. */
const cancel: Send = (ids, { ended, open }) =>
  Effect.sync(() => {
    const count = ids.filter((id) => open.has(id)).length
    for (const id of ids) if (open.delete(id)) ended.set(id, "canceled")
    return { count }
  })

/** Makes a Kraken with open orders `O0`, `O1`, …, whose cancels the test decides. */
const krakenOf = (
  orders: ReadonlyArray<Open>,
  options: {
    readonly send?: (request: number) => Send
    readonly readOpen?: (request: number) => Effect.Effect<void, ReadError>
    readonly lists?: Directory
  } = {}
) => {
  const account: Account = { open: new Map(orders.map((order, i) => [`O${i}`, order])), ended: new Map() }
  const sent: Array<{ readonly endpoint: string; readonly ids: ReadonlyArray<string> }> = []
  let reads = 0
  const row = (order: Open | undefined, status: string) => ({
    descr: { pair: order?.pair ?? "XBTUSD", type: order?.type ?? "buy" },
    status,
    vol: "1",
    vol_exec: "0"
  })
  const client = Layer.succeed(KrakenClient, {
    read: (endpoint, { txid }) =>
      Effect.suspend((): Effect.Effect<object, ReadError> => {
        if (endpoint === "private/QueryOrders") {
          const ids = String(txid).split(",")
          return Effect.succeed(
            Object.fromEntries(ids.map((id) => [id, row(account.open.get(id), account.ended.get(id) ?? "open")]))
          )
        }
        reads += 1
        const open = Object.fromEntries([...account.open].map(([id, order]) => [id, row(order, "open")]))
        return Effect.as(options.readOpen?.(reads) ?? Effect.void, { open })
      }),
    write: () => Effect.die("not through the writer"),
    download: () => Effect.die("a download"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  const writer = Layer.succeed(KrakenWriter, {
    send: (endpoint, { orders, txid }) =>
      Effect.suspend(() => {
        const ids = txid === undefined ? (orders as ReadonlyArray<string>) : [String(txid)]
        sent.push({ endpoint, ids })
        const send = options.send?.(sent.length) ?? cancel
        return Effect.map(send(ids, account), (result) => ({ result }))
      }),
    validate: () => Effect.die("not validated"),
    resolve: (_, params) => Effect.succeed({ params }),
    settled: Effect.void
  })
  const base = TestKraken({
    granted: ["close-trades", "query-open-trades"],
    directory: options.lists ?? directory
  })
  return { account, sent, layer: Layer.mergeAll(base, client, writer) }
}

const many = (count: number, order: Open) => Array.from({ length: count }, () => order)
const buy = { pair: "XBTUSD", type: "buy" } as const
const sell = { pair: "XBTUSD", type: "sell" } as const
const other = { pair: "ETHUSD", type: "buy" } as const

describe("cancelling only the orders of a pair or side", () => {
  for (const [where, backend] of Object.entries(backends)) {
    it.effect(`leaves all other orders open, ${where}`, () =>
      backend(() =>
        Effect.gen(function* () {
          const { tickers } = yield* use(Market.getTicker, { pair: ["BTC/USD", "ETH/USD"], detail: "full" })
          const place = (index: number, type: string, factor: number) =>
            Effect.map(
              use(Placing.addOrder, {
                pair: tickers[index].pair,
                type,
                ordertype: "limit",
                volume: "0.1",
                price: (Number(tickers[index].last[0]) * factor).toFixed(1)
              }),
              ({ txid }) => String(txid[0])
            )
          const pairs = tickers.map(({ pair }: { readonly pair: string }) => pair)
          const btc = pairs.indexOf("BTC/USD")
          const buys = [yield* place(btc, "buy", 0.9), yield* place(btc, "buy", 0.8)]
          const sold = yield* place(btc, "sell", 1.2)
          const kept = yield* place(1 - btc, "buy", 0.9)
          const first = yield* use(Cancelling.cancelAllOrders, { pair: "btc-usd", side: "buy" })
          assert.sameMembers(first.cancelled, buys)
          assert.deepStrictEqual(first.left, [])
          const second = yield* use(Cancelling.cancelAllOrders, { pair: "BTC/USD" })
          assert.deepStrictEqual(second.cancelled, [sold])
          const { orders } = yield* use(Reads.getOpenOrders)
          assert.deepStrictEqual(
            orders.map(({ txid }: { readonly txid: string }) => txid),
            [kept]
          )
          const third = yield* use(Cancelling.cancelAllOrders, { side: "sell" })
          assert.deepStrictEqual([third.count, third.cancelled, third.left], [0, [], []])
          assert.deepStrictEqual(yield* use(Cancelling.cancelAllOrders), { count: 1 })
        })
      )
    )
  }

  it.effect.each([{ pair: "" }, { side: " " }, { pair: "", side: "buy" }])(
    "is not widened by an empty filter, %j",
    (args) => {
      const { account, layer, sent } = krakenOf([buy, sell])
      return Effect.gen(function* () {
        const refused = yield* Effect.flip(Cancelling.cancelAllOrders.call(args))
        assert.strictEqual(refused._tag, "InvalidArguments")
        assert.deepStrictEqual(sent, [])
        assert.strictEqual(account.open.size, 2)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("goes in batches of at most 50, and a single one by itself", () => {
    const { layer, sent } = krakenOf([...many(101, buy), ...many(3, other)])
    return Effect.gen(function* () {
      const { cancelled, left } = yield* Cancelling.cancelAllOrders.run({ pair: "BTC/USD" })
      assert.lengthOf(cancelled ?? [], 101)
      assert.deepStrictEqual(left, [])
      assert.deepStrictEqual(
        sent.map(({ endpoint, ids }) => [endpoint, ids.length]),
        [
          ["private/CancelOrderBatch", 50],
          ["private/CancelOrderBatch", 50],
          ["private/CancelOrder", 1]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("a batch that Kraken refuses for an ended order is cancelled once more without it", () => {
    const refuse: Send = (ids, { ended, open }) =>
      Effect.suspend(() => {
        // One of the orders is filled just before the cancel arrives.
        open.delete(ids[0] ?? "")
        ended.set(ids[0] ?? "", "closed")
        return new KrakenOrderError({ endpoint: "private/CancelOrderBatch", codes: ["EOrder:Unknown order"] })
      })
    const { layer, sent } = krakenOf([...many(3, sell)], { send: (request) => (request === 1 ? refuse : cancel) })
    return Effect.gen(function* () {
      const answer = yield* Cancelling.cancelAllOrders.run({ side: "sell" })
      assert.deepStrictEqual(answer, { count: 2, cancelled: ["O1", "O2"], left: [], ended: ["O0"] })
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("orders that stay open are left, with the reason, and those of other batches are cancelled", () => {
    const unknown = new KrakenOutcomeUnknown({
      endpoint: "private/CancelOrderBatch",
      reason: "timed out",
      check: "",
      safeToRepeat: true
    })
    const { layer } = krakenOf(many(52, buy), {
      send: (request) => (request === 2 || request === 3 ? () => unknown : cancel)
    })
    return Effect.gen(function* () {
      const { cancelled, left, note } = yield* Cancelling.cancelAllOrders.run({ side: "buy" })
      assert.lengthOf(cancelled ?? [], 50)
      assert.deepStrictEqual(left, ["O50", "O51"])
      assert.include(note, "timed out")
    }).pipe(Effect.provide(layer))
  })

  it.effect("an order whose end cannot be read is not said to be filled", () => {
    const lose: Send = (ids, { open }) =>
      Effect.suspend(() => {
        for (const id of ids) open.delete(id)
        return new KrakenOutcomeUnknown({
          endpoint: "private/CancelOrderBatch",
          reason: "timed out",
          check: "",
          safeToRepeat: true
        })
      })
    const { layer } = krakenOf(many(2, buy), { send: () => lose })
    return Effect.gen(function* () {
      const { cancelled, ended, left, note } = yield* Cancelling.cancelAllOrders.run({ side: "buy" })
      assert.deepStrictEqual([cancelled, left, ended], [[], [], undefined])
      assert.include(note, "O0, O1")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is an error if no order was cancelled", () => {
    const refused = new KrakenOrderError({ endpoint: "private/CancelOrder", codes: ["EOrder:Invalid order"] })
    const { layer } = krakenOf([buy], { send: () => () => refused })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(Cancelling.cancelAllOrders.run({ side: "buy" })))._tag, "KrakenOrderError")
    }).pipe(Effect.provide(layer))
  })

  it.effect("what Kraken has counted is cancelled, also if the open orders cannot be read back", () => {
    const unavailable = new KrakenUnavailable({ endpoint: "private/OpenOrders", reason: "timed out" })
    const { layer } = krakenOf(many(2, buy), { readOpen: (request) => (request > 1 ? unavailable : Effect.void) })
    return Effect.gen(function* () {
      const { cancelled, left } = yield* Cancelling.cancelAllOrders.run({ side: "buy" })
      assert.deepStrictEqual([cancelled, left], [["O0", "O1"], []])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a pair that cannot be recognised without Kraken's lists cancels nothing, and is no success", () => {
    const { layer, sent } = krakenOf([buy], { lists: noNames })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Cancelling.cancelAllOrders.run({ pair: "BTC/USD" }))
      assert.strictEqual(error._tag, "KrakenUnavailable")
      assert.lengthOf(sent, 0)
      assert.deepStrictEqual((yield* Cancelling.cancelAllOrders.run({ pair: "xbtusd" })).cancelled, ["O0"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("leaves the orders of others open if the mandate of the caller binds its cancels", () => {
    const { account, layer, sent } = krakenOf([buy, buy, sell, buy, buy])
    const bound = { subject: "t1", revision: 1, terms: mandate({ cancel: "own" }) }
    const record = Layer.mock(Record, {
      ownOrders: (ids) => Effect.succeed(new Set(ids.filter((id) => ["O0", "O2", "O3"].includes(id)))),
      openSpends: () => Effect.succeed([])
    })
    return Effect.gen(function* () {
      const { cancelled, count } = yield* Cancelling.cancelAllOrders.run({ side: "buy" })
      assert.deepStrictEqual({ cancelled, count }, { cancelled: ["O0", "O3"], count: 2 })
      assert.deepStrictEqual([...account.open.keys()], ["O1", "O2", "O4"])
      assert.lengthOf(sent, 1)
    }).pipe(
      Effect.provideService(Principal, { ...bearerOf("t1"), mandate: Option.some(bound) }),
      Effect.provide(Layer.merge(layer, record))
    )
  })

  it.effect("shows the orders that are still open after all own ones were to be cancelled", () => {
    const { layer } = krakenOf([])
    const writer = Layer.mock(KrakenWriter, {
      send: () => Effect.succeed({ result: { count: 2 }, left: { ids: ["O1"], note: "It is locked." } })
    })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Cancelling.cancelAllOrders.run({}), {
        count: 2,
        left: ["O1"],
        note: "It is locked."
      })
    }).pipe(Effect.provide(Layer.merge(layer, writer)))
  })

  it.effect("needs the permission to read open orders, and names it", () => {
    const calls: Array<string> = []
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Cancelling.cancelAllOrders.run({ side: "buy" }))
      assert.deepInclude(error, { _tag: "KrakenPermissionError", needed: [["query-open-trades"]] })
      assert.lengthOf(calls, 0)
    }).pipe(
      Effect.provide(TestKraken({ granted: ["close-trades"], directory, onCall: (endpoint) => calls.push(endpoint) }))
    )
  })
})
