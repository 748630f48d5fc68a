import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request as httpRequest } from "node:http"
import { answer } from "../../../src/exchange/rest/restExchange.ts"
import { mayAdminister } from "../../../src/layers/exchange/adminPolicy.ts"
import { urlHost } from "../../../src/layers/network/urlHost.ts"
import { servedExchange } from "../../exchange/rest/served.ts"
import { makeFastClock } from "../../doubles/fake/FastClock.ts"
import { signature } from "../../doubles/fake/Wire.ts"

type Json = ReturnType<typeof JSON.parse>

const fetched = (url: string, init: RequestInit = {}) =>
  Effect.gen(function* () {
    const response = yield* Effect.promise(() => fetch(url, init))
    const text = yield* Effect.promise(() => response.text())
    const json: Json = text.startsWith("{") ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, json }
  })

const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers }
})

describe("ExchangeHttp", () => {
  it.scopedLive("serves private calls of old clients, which name no content type", () =>
    Effect.gen(function* () {
      const { keys, url } = yield* servedExchange()
      const { key, secret } = keys["full"]!
      const body = Buffer.from("nonce=5&asset=USD")
      const path = "/0/private/TradeBalance"
      const headers = { "API-Key": key, "API-Sign": signature(path, "5", body, secret) }
      // Fetch adds no content type to bytes.
      const { json, status } = yield* fetched(url + path, { method: "POST", body, headers })
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(json.error, [])
      assert.match(json.result.eb, /^\d+\.\d{4}$/)
    })
  )

  it.scopedLive("sends its own time in Date, also after a jump", () =>
    Effect.gen(function* () {
      const { url } = yield* servedExchange()
      const { json } = yield* fetched(`${url}/admin/advance`, post({ seconds: 86_400 }))
      const { headers, json: time } = yield* fetched(`${url}/0/public/Time`)
      const ahead = Date.parse(headers.get("date") ?? "") - Date.parse(json.result.now)
      assert.isAtLeast(ahead, -1000)
      assert.isAtMost(Math.abs(Date.parse(headers.get("date") ?? "") / 1000 - time.result.unixtime), 1)
    })
  )

  it.scopedLive("cuts connections and delays answers on request", () =>
    Effect.gen(function* () {
      const { url } = yield* servedExchange()
      yield* fetched(`${url}/admin/faults`, post({ endpoint: "Time", kind: "drop-before" }))
      const cut = yield* Effect.flip(Effect.tryPromise(() => fetch(`${url}/0/public/Time`)))
      assert.isDefined(cut)
      yield* fetched(`${url}/admin/faults`, post({ endpoint: "Time", kind: "delay", seconds: 60 }))
      const before = yield* Effect.clock.pipe(Effect.flatMap((clock) => clock.currentTimeMillis))
      yield* fetched(`${url}/0/public/Time`)
      const after = yield* Effect.clock.pipe(Effect.flatMap((clock) => clock.currentTimeMillis))
      assert.isAtLeast(after - before, 60_000)
    }).pipe(Effect.withClock(makeFastClock(500)))
  )

  it.scopedLive("carries calls out late and sends a wrong Date on request", () =>
    Effect.gen(function* () {
      const { rest, keys, url } = yield* servedExchange()
      yield* fetched(`${url}/admin/faults`, post({ endpoint: "AddOrder", kind: "arrive-late", seconds: 60 }))
      yield* fetched(`${url}/admin/faults`, post({ endpoint: "Time", kind: "wrong-date", seconds: 3000 }))
      const time = yield* fetched(`${url}/0/public/Time`)
      const ahead = Date.parse(time.headers.get("date") ?? "") / 1000 - time.json.result.unixtime
      assert.approximately(ahead, 3000, 1000)

      const { key, secret } = keys["full"]!
      const body = Buffer.from("nonce=5&pair=XBTUSD&type=buy&ordertype=limit&volume=0.01&price=%235%25")
      const path = "/0/private/AddOrder"
      const headers = { "API-Key": key, "API-Sign": signature(path, "5", body, secret) }
      const before = rest.exchange.orders.size
      yield* Effect.flip(Effect.tryPromise(() => fetch(url + path, { method: "POST", body, headers })))
      yield* Effect.repeat(Effect.sleep("10 seconds"), { until: () => rest.exchange.orders.size > before })
    }).pipe(Effect.withClock(makeFastClock(500)))
  )

  it.scopedLive("refuses bodies that are too large for Kraken", () =>
    Effect.gen(function* () {
      const { url } = yield* servedExchange()
      const { status } = yield* fetched(`${url}/0/private/Balance`, { method: "POST", body: "x".repeat(5_000_000) })
      assert.strictEqual(status, 413)
    })
  )

  it.scopedLive("is administered only by programs of this machine, not by pages or proxies", () =>
    Effect.gen(function* () {
      const { url } = yield* servedExchange()
      assert.strictEqual((yield* fetched(`${url}/admin`)).json.result.status, "online")
      for (const headers of [
        { origin: url },
        { origin: "null" },
        { "sec-fetch-site": "none" },
        { "x-forwarded-for": "127.0.0.1" }
      ]) {
        const { json, status } = yield* fetched(`${url}/admin/status`, post({ status: "maintenance" }, headers))
        assert.strictEqual(status, 403, JSON.stringify(headers))
        assert.lengthOf(json.error, 1, JSON.stringify(headers))
      }
      // A foreign name that resolves to this machine. Fetch would not send it.
      const rebound = yield* Effect.async<number | undefined>((resume) => {
        const sent = httpRequest(`${url}/admin`, { headers: { host: "evil.example" } }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        })
        sent.end()
      })
      assert.strictEqual(rebound, 403)
      assert.strictEqual((yield* fetched(`${url}/admin`)).json.result.status, "online")
    })
  )

  it("refuses administration from other machines", () => {
    const host = "localhost:8766"
    assert.isTrue(mayAdminister("127.0.0.1", { host }))
    assert.isTrue(mayAdminister("::1", { host: "[::1]:8766" }))
    assert.isTrue(mayAdminister("::ffff:127.0.0.1", { host: "127.0.0.1" }))
    assert.isFalse(mayAdminister("192.0.2.7", { host }))
    assert.isFalse(mayAdminister(undefined, { host }))
    assert.isFalse(mayAdminister("127.0.0.1", {}))
    assert.isFalse(mayAdminister("127.0.0.1", { host: "localhost.evil.example" }))
    assert.isFalse(mayAdminister("127.0.0.1", { host, forwarded: "for=192.0.2.7" }))
  })

  it("prints an address that this machine can use", () => {
    assert.strictEqual(urlHost("0.0.0.0"), "localhost")
    assert.strictEqual(urlHost("::"), "localhost")
    assert.strictEqual(urlHost("::1"), "[::1]")
    assert.strictEqual(urlHost("127.0.0.1"), "127.0.0.1")
  })

  it.scopedLive("answers an unexpected error with an internal error, and ends", () =>
    Effect.gen(function* () {
      const { ended, rest, url } = yield* servedExchange()
      rest.exchange.accounts.clear()
      Object.defineProperty(rest, "faults", {
        get: () => {
          throw new Error("broken")
        }
      })
      assert.throws(() =>
        answer(rest, { method: "GET", path: "/0/public/Time", query: "", headers: {}, body: new Uint8Array() }, 0)
      )
      const { json, status } = yield* fetched(`${url}/0/public/Time`)
      assert.deepStrictEqual([status, json.error], [500, ["EGeneral:Internal error"]])
      assert.strictEqual((yield* Effect.exit(ended))._tag, "Failure")
    })
  )
})
