import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { WebSocket } from "ws"
import { liveLimits } from "../../../src/layers/exchange/ExchangeLive.ts"
import { signature } from "../../doubles/fake/Wire.ts"
import { servedExchange } from "../../exchange/rest/served.ts"

type Json = ReturnType<typeof JSON.parse>

/** Opens a WebSocket. `next` waits for the next message of a channel or method. */
const connect = Effect.fnUntraced(function* (url: string) {
  const messages = yield* Queue.unbounded<Json>()
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(url)),
    (open) => Effect.sync(() => open.terminate())
  )
  socket.on("message", (data) => void Queue.unsafeOffer(messages, JSON.parse(String(data))))
  socket.on("error", () => undefined)
  const closed = Effect.async<number>((resume) => void socket.once("close", (code) => resume(Effect.succeed(code))))
  const next = (name: string): Effect.Effect<Json> =>
    Effect.repeat(Queue.take(messages), { until: ({ channel, method }) => channel === name || method === name })
  return {
    closed,
    next,
    socket,
    send: (message: object) => Effect.sync(() => socket.send(JSON.stringify(message)))
  }
})

const trades = { method: "subscribe", params: { channel: "trade", symbol: ["BTC/USD"] } }

describe("ExchangeLive", () => {
  it.scopedLive("serves market data at /v2, also at the address of the REST API", () =>
    Effect.gen(function* () {
      const { url, wsUrl } = yield* servedExchange()
      assert.notStrictEqual(new URL(url).port, new URL(wsUrl).port)
      for (const base of [wsUrl, url.replace("http", "ws")]) {
        const { next, send } = yield* connect(`${base}/v2`)
        assert.strictEqual((yield* next("status")).data[0].system, "online")
        yield* send(trades)
        assert.isTrue((yield* next("subscribe")).success)
        assert.strictEqual((yield* next("trade")).type, "update")
      }
    })
  )

  it.scopedLive("publishes at once what an operator changes", () =>
    Effect.gen(function* () {
      const { admin, wsUrl } = yield* servedExchange()
      const { next, send } = yield* connect(`${wsUrl}/v2`)
      yield* next("status")
      yield* send({ method: "subscribe", params: { channel: "instrument", snapshot: false } })
      yield* next("subscribe")
      yield* admin("status", { pair: "ETHUSD", status: "post_only" })
      assert.deepInclude((yield* next("instrument")).data.pairs[0], { symbol: "ETH/USD", status: "post_only" })
    })
  )

  it.scopedLive("cuts a connection on request, and serves the next one", () =>
    Effect.gen(function* () {
      const { admin, wsUrl } = yield* servedExchange()
      const first = yield* connect(`${wsUrl}/v2`)
      yield* first.next("status")
      yield* first.send(trades)
      yield* admin("faults", { endpoint: "trade", kind: "drop" })
      assert.strictEqual(yield* first.closed, 1006)
      const second = yield* connect(`${wsUrl}/v2`)
      yield* second.next("status")
      yield* second.send(trades)
      yield* second.next("trade")
    })
  )

  it.scopedLive("ends a connection whose message is too long, and answers binary ones with an error", () =>
    Effect.gen(function* () {
      const { wsUrl } = yield* servedExchange()
      const long = yield* connect(`${wsUrl}/v2`)
      yield* long.next("status")
      yield* long.send({ method: "x".repeat(liveLimits.message) })
      assert.strictEqual(yield* long.closed, 1009)
      const binary = yield* connect(`${wsUrl}/v2`)
      yield* binary.next("status")
      binary.socket.send(Buffer.from(JSON.stringify(trades)))
      assert.strictEqual((yield* binary.next("error")).success, false)
    })
  )

  it.scopedLive("refuses other paths, and more connections than its limit", () =>
    Effect.gen(function* () {
      const { wsUrl } = yield* servedExchange()
      assert.strictEqual(yield* (yield* connect(`${wsUrl}/v1`)).closed, 1006)
      const open = yield* Effect.forEach(Array.from({ length: liveLimits.connections }), () => connect(`${wsUrl}/v2`), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(open, ({ next }) => next("status"))
      assert.strictEqual(yield* (yield* connect(`${wsUrl}/v2`)).closed, 1006)
      open[0]!.socket.close()
      yield* open[0]!.closed
      yield* (yield* connect(`${wsUrl}/auth/v2`)).next("status")
    })
  )

  it.scopedLive("drops a client that does not read", () =>
    Effect.gen(function* () {
      const { keys, rest, url, wsUrl } = yield* servedExchange()
      const { key, secret } = keys["full"]!
      const path = "/0/private/GetWebSocketsToken"
      const headers = { "API-Key": key, "API-Sign": signature(path, "5", Buffer.from("nonce=5"), secret) }
      yield* Effect.promise(() => fetch(url + path, { method: "POST", body: Buffer.from("nonce=5"), headers }))
      const [token, kept] = [...rest.tokens][0] ?? assert.fail("no token")
      const { next, send, socket } = yield* connect(`${wsUrl}/auth/v2`)
      yield* next("status")
      yield* send({ method: "subscribe", params: { channel: "balances", token } })
      yield* next("balances")
      assert.strictEqual(kept.uses, 1)
      socket.pause()
      // Each snapshot of fills has about 20 KB; the system buffers a few hundred of them.
      for (let i = 0; i < 1000; i++)
        for (const method of ["subscribe", "unsubscribe"])
          yield* send({ method, params: { channel: "executions", snap_trades: true, token } })
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => kept.uses === 0 })
    })
  )
})
