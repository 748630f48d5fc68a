import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option, Queue, Stream, TestClock, TestServices } from "effect"
import { emptyDirectory } from "../../../../src/domain/assets/directory.ts"
import { AccountDataRest, AccountDataWebSocket } from "../../../../src/layers/kraken/feed/AccountDataKraken.ts"
import { operator } from "../../../../src/layers/access/principals.ts"
import { AccountData } from "../../../../src/services/AccountData.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenPermissionError } from "../../../../src/services/KrakenErrors.ts"
import { Names } from "../../../../src/services/Names.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { makeTestFeed } from "../../../doubles/TestFeed.ts"

const executions = (rows: ReadonlyArray<object>, sequence: number, type = "update") => ({
  channel: "executions",
  type,
  data: rows,
  sequence
})

const opened = (id: string) => ({
  order_id: id,
  symbol: "BTC/USD",
  side: "buy",
  order_type: "limit",
  order_qty: 2,
  exec_type: "new",
  order_status: "new"
})

const fill = (id: string, order: string) => ({
  order_id: order,
  exec_id: id,
  exec_type: "trade",
  symbol: "BTC/USD",
  side: "buy",
  last_price: 100.5,
  last_qty: 1,
  cum_qty: 1,
  order_status: "partially_filled",
  timestamp: "2026-11-29T12:00:00Z"
})

const balancesMessage = {
  channel: "balances",
  type: "snapshot",
  sequence: 1,
  data: [
    {
      asset: "BTC",
      balance: 1.5,
      wallets: [
        { type: "spot", id: "main", balance: 1.2 },
        { type: "earn", id: "flex", balance: 0.3 }
      ]
    }
  ]
}

const restFill = (order: string) => ({
  ordertxid: order,
  pair: "BTC/USD",
  time: Date.parse("2026-11-29T12:00:00Z") / 1000,
  type: "buy",
  price: "100.5",
  vol: "1"
})

const restOrder = (filled: string) => ({
  status: "open",
  descr: { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "100.5" },
  vol: "2",
  vol_exec: filled
})

/** Makes an account that answers by REST. */
const makeAccount = (within = 0) => {
  const account = {
    tokens: 0,
    /** True if the key may not use the WebSocket. */
    isRefused: false,
    reads: new Array<string>(),
    open: {} as { [id: string]: object },
    trades: {} as { [id: string]: object }
  }
  const answers: { readonly [endpoint: string]: () => unknown } = {
    "private/GetWebSocketsToken": () => ({ token: `token ${++account.tokens}`, expires: 900 }),
    "private/OpenOrders": () => ({ open: account.open }),
    "private/TradesHistory": () => ({ trades: account.trades, count: 0 }),
    "private/Balance": () => ({ ZUSD: "5.0000" })
  }
  const client = Layer.succeed(KrakenClient, {
    read: (endpoint) =>
      Effect.suspend(() => {
        account.reads.push(endpoint)
        return endpoint === "private/GetWebSocketsToken" && account.isRefused
          ? new KrakenPermissionError({ endpoint, needed: [["create-ws-token"]], refusedBy: "Kraken", hints: [] })
          : Effect.succeed(answers[endpoint]?.())
      }),
    write: () => Effect.dieMessage("nothing writes"),
    download: () => Effect.dieMessage("nothing downloads"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within })
  })
  const names = Layer.succeed(Names, {
    pair: Effect.succeed,
    asset: Effect.succeed,
    directory: Effect.succeed(emptyDirectory),
    stale: Effect.void
  })
  return { account, layer: Layer.mergeAll(client, names) }
}

const moment = TestServices.provideLive(Effect.sleep("5 millis"))

const until = <A, R>(look: Effect.Effect<A, never, R>, is: (value: A) => boolean) =>
  Effect.gen(function* () {
    for (let n = 0; n < 1000; n++) {
      const value = yield* look
      if (is(value)) return value
      yield* moment
    }
    return yield* Effect.dieMessage("it did not come to this")
  })

const run = <A, E>(
  test: (
    context: Effect.Effect.Success<ReturnType<typeof makeTestFeed>> & ReturnType<typeof makeAccount>
  ) => Effect.Effect<A, E, AccountData | Principal>,
  snapshot: () => object = () => executions([opened("A")], 1, "snapshot"),
  { at = "2026-11-29T11:59:59Z", within = 0 } = {}
) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.parse(at))
    const feed = yield* makeTestFeed((channel) => (channel === "balances" ? balancesMessage : snapshot()))
    const { account, layer } = makeAccount(within)
    account.open = { A: restOrder("0") }
    return yield* Effect.provide(test({ ...feed, account, layer }), [
      Layer.provide(AccountDataWebSocket(feed.url), layer),
      Layer.succeed(Principal, operator("live"))
    ])
  }).pipe(Effect.scoped)

const liveOrders = Effect.flatMap(AccountData, ({ orders }) => orders.live)

/** Collects the events as text, `Filled T1`. */
const collect = Effect.gen(function* () {
  const { events } = yield* AccountData
  const seen = yield* Queue.unbounded<string>()
  yield* events.pipe(
    Stream.runForEach((event) => {
      const id = event._tag === "Filled" ? event.fill.id : event._tag === "Closed" ? event.id : event.order.id
      return Queue.offer(seen, `${event._tag} ${id}`)
    }),
    Effect.fork
  )
  yield* until(liveOrders, Option.isSome)
  return seen
})

describe("account data over a WebSocket", () => {
  it.effect("tells what happens to orders, and holds the open ones", () =>
    run(({ account, requests, send }) =>
      Effect.gen(function* () {
        const seen = yield* collect
        assert.strictEqual(requests[0]?.params.token, "token 1")
        send(executions([opened("B")], 2))
        send(executions([fill("T1", "B")], 3))
        send(executions([{ order_id: "A", exec_type: "canceled", order_status: "canceled" }], 4))
        assert.deepStrictEqual(
          [yield* Queue.take(seen), yield* Queue.take(seen), yield* Queue.take(seen), yield* Queue.take(seen)],
          ["Opened B", "Filled T1", "Changed B", "Closed A"]
        )
        const { value } = yield* Effect.flatMap(AccountData, ({ orders }) => orders.snapshot)
        assert.deepStrictEqual([...value.keys()], ["B"])
        assert.deepStrictEqual(account.reads, ["private/GetWebSocketsToken"])
      })
    )
  )

  it.effect("tells a fill right after the beginning, although our estimate of Kraken's clock is ahead", () =>
    run(
      ({ send }) =>
        Effect.gen(function* () {
          const seen = yield* collect
          send(executions([fill("T1", "A")], 2))
          assert.strictEqual(yield* Queue.take(seen), "Filled T1")
        }),
      undefined,
      { at: "2026-11-29T12:00:00.500Z", within: 1000 }
    )
  )

  it.effect("finds by REST what a missing message held, and tells it once", () =>
    run(({ account, send }) =>
      Effect.gen(function* () {
        const seen = yield* collect
        account.open = { A: restOrder("1") }
        account.trades = { T1: restFill("A") }
        send(executions([opened("B")], 3))
        account.open = { A: restOrder("1"), B: restOrder("0") }
        assert.deepStrictEqual(
          [yield* Queue.take(seen), yield* Queue.take(seen), yield* Queue.take(seen)],
          ["Opened B", "Filled T1", "Changed A"]
        )
        // The missing message comes late.
        send(executions([fill("T1", "A")], 2))
        send(executions([fill("T2", "A")], 4))
        assert.strictEqual(yield* until(Queue.take(seen), (text) => text.startsWith("Filled")), "Filled T2")
      })
    )
  )

  it.effect("does not show orders that REST proved wrong, until the next snapshot", () => {
    let first: object | undefined = executions([opened("A")], 1, "snapshot")
    const snapshot = () => {
      const message = first ?? { channel: "heartbeat" }
      first = undefined
      return message
    }
    return run(
      ({ account, send }) =>
        Effect.gen(function* () {
          const seen = yield* collect
          // The message that A has ended was lost, and none came after it.
          account.open = {}
          yield* until(
            Effect.zipRight(TestClock.adjust("2 seconds"), Queue.poll(seen)),
            (told) => Option.getOrUndefined(told) === "Closed A"
          )
          assert.isTrue(Option.isNone(yield* liveOrders))
          account.open = { B: restOrder("0") }
          send(executions([opened("B")], 1, "snapshot"))
          const { value } = Option.getOrThrow(yield* until(liveOrders, Option.isSome))
          assert.deepStrictEqual([...value.keys()], ["B"])
        }),
      snapshot
    )
  })

  it.effect("gets a new token for each connection, and tells the fills in between", () =>
    run(({ account, cut, requests }) =>
      Effect.gen(function* () {
        const seen = yield* collect
        account.open = { A: restOrder("1") }
        account.trades = { T1: restFill("A") }
        cut()
        yield* until(liveOrders, Option.isNone)
        yield* TestClock.adjust("2 seconds")
        yield* until(liveOrders, Option.isSome)
        assert.strictEqual(yield* until(Queue.take(seen), (text) => text.startsWith("Filled")), "Filled T1")
        assert.deepStrictEqual([...new Set(requests.map(({ params }) => params.token))], ["token 1", "token 2"])
      })
    )
  )

  it.effect("gets a new token after Kraken refused one", () =>
    run(({ connections, requests, state }) =>
      Effect.gen(function* () {
        state.refusal = "ESession:Invalid session"
        yield* liveOrders
        yield* until(
          Effect.sync(() => requests.length),
          (length) => length === 1
        )
        yield* moment
        state.refusal = undefined
        yield* until(Effect.zipRight(TestClock.adjust("500 millis"), liveOrders), Option.isSome)
        assert.strictEqual(connections(), 2)
        assert.strictEqual(requests.at(-1)?.params.token, "token 2")
      })
    )
  )

  it.effect("asks for a token once in ten minutes while the key may not use the WebSocket", () =>
    run(({ account }) =>
      Effect.gen(function* () {
        account.isRefused = true
        const tokens = () => account.reads.filter((endpoint) => endpoint === "private/GetWebSocketsToken").length
        const lookFor = (minutes: number) =>
          Effect.forEach(
            Array.from({ length: minutes * 2 }),
            () => Effect.zipRight(Effect.zipRight(liveOrders, moment), TestClock.adjust("30 seconds")),
            { discard: true }
          )
        yield* liveOrders
        yield* until(Effect.sync(tokens), (asked) => asked === 1)
        yield* lookFor(9)
        assert.strictEqual(tokens(), 1)
        account.isRefused = false
        yield* lookFor(2)
        yield* until(liveOrders, Option.isSome)
        assert.strictEqual(tokens(), 2)
      })
    )
  )

  it.effect("does not connect again for a channel that the key may not read", () =>
    run(({ account, connections, requests, state }) =>
      Effect.gen(function* () {
        state.refusal = "EGeneral:Permission denied"
        for (let n = 0; n < 20; n++) {
          assert.isTrue(Option.isNone(yield* liveOrders))
          yield* moment
          yield* TestClock.adjust("2 seconds")
        }
        assert.deepStrictEqual([connections(), account.tokens], [1, 1])
        assert.lengthOf(
          requests.filter(({ method }) => method === "subscribe"),
          1
        )
      })
    )
  )

  it.effect("shows orders to writes, which keep it connected for more than a minute and cost no other request", () =>
    run(({ account, open, send }) =>
      Effect.gen(function* () {
        const { observed } = yield* AccountData
        const changes = yield* observed.subscribe
        yield* observed.keep
        // The snapshot shows A.
        assert.deepInclude(yield* Queue.take(changes), { id: "A", wasOpen: true, openedAt: undefined })
        send(executions([{ ...opened("B"), cl_ord_id: "ours" }], 2))
        assert.deepInclude(yield* Queue.take(changes), { id: "B", clientId: "ours", status: "open" })
        const found = yield* observed.find(({ clientId }) => clientId === "ours")
        assert.deepStrictEqual(
          found.map(({ id }) => id),
          ["B"]
        )
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("5 seconds"), moment), 14)
        assert.strictEqual(open(), 1)
        assert.deepStrictEqual([...new Set(account.reads)], ["private/GetWebSocketsToken"])
      }).pipe(Effect.scoped)
    )
  )

  it.effect("survives 10,000 events at once, and text that is no JSON, and tells each fill once", () =>
    run(({ send }) =>
      Effect.gen(function* () {
        const seen = yield* collect
        send("{{{")
        for (let n = 0; n < 10_000; n++) send(executions([fill(`T${n % 5000}`, "A")], n + 2))
        const fills = new Set<string>()
        let count = 0
        while (fills.size < 5000) {
          const text = yield* Queue.take(seen)
          if (!text.startsWith("Filled")) continue
          count++
          fills.add(text)
        }
        assert.strictEqual(count, 5000)
      })
    )
  )

  it.effect("adds up the wallets of a balance", () =>
    run(() =>
      Effect.gen(function* () {
        const { balances } = yield* AccountData
        const found = yield* until(balances.live, Option.isSome)
        assert.deepStrictEqual([...Option.getOrThrow(found).value], [["BTC", "1.5"]])
      })
    )
  )
})

describe("account data by REST", () => {
  it.effect("tells the fills between two readings", () => {
    const { account, layer } = makeAccount()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-11-29T11:59:59Z"))
      account.open = { A: restOrder("0") }
      const { events } = yield* AccountData
      const seen = yield* Queue.unbounded<string>()
      yield* events.pipe(
        Stream.runForEach(({ _tag }) => Queue.offer(seen, _tag)),
        Effect.fork
      )
      yield* until(
        Effect.sync(() => account.reads.length),
        (length) => length === 2
      )
      account.open = {}
      account.trades = { T1: restFill("A") }
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual([yield* Queue.take(seen), yield* Queue.take(seen)], ["Filled", "Closed"])
    }).pipe(Effect.provide([Layer.provide(AccountDataRest(), layer), Layer.succeed(Principal, operator("live"))]))
  })
})
