import type { HttpClient } from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Either, Fiber, Layer, Logger, LogLevel, Option, Redacted, TestClock } from "effect"
import type { Endpoint, Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { haltFileIn, removeHaltFile, writeHaltFile } from "../../../../src/layers/access/halt/haltFile.ts"
import { HttpClientKeepAlive } from "../../../../src/layers/kraken/client/HttpClientKeepAlive.ts"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { KrakenAccountName } from "../../../../src/services/KrakenAccount.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import type { Key } from "../../../doubles/fake/Keys.ts"
import * as Fault from "../../../doubles/fake/Faults.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { serve } from "../../../doubles/fake/Serve.ts"
import { type FakeKraken, makeFakeKraken } from "../../../doubles/FakeKraken.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

/** Provides the client with a key of the double, over a real socket. */
const client = (url: string, key?: Key, httpTimeout?: Duration.Duration) =>
  clientOver(HttpClientKeepAlive, url, key, httpTimeout)

const clientOver = (
  http: Layer.Layer<HttpClient>,
  url: string,
  key: Key | undefined,
  httpTimeout = Duration.seconds(30)
) =>
  KrakenClientHttp.pipe(
    Layer.provide([http, NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        baseUrl: url,
        httpTimeout,
        credentials: Option.map(Option.fromNullable(key), ({ key, otp, secret }) => ({
          key: Redacted.make(key),
          secret: Redacted.make(secret),
          otp: Option.map(Option.fromNullable(otp), Redacted.make)
        }))
      })
    ),
    Layer.merge(Operated)
  )

const makeServed = Effect.gen(function* () {
  const fake = makeFakeKraken()
  return { fake, ...(yield* serve(fake)) }
})

const limit = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.10", price: "50000" }

const write = (kraken: typeof KrakenClient.Service, params: Params = limit) => kraken.write("private/AddOrder", params)

/** Provides the client in a state folder, in this process. */
const clientIn = (stateDir: string, fake: FakeKraken) =>
  KrakenClientHttp.pipe(
    Layer.provide([inProcess(fake), NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        stateDir,
        credentials: Option.some({
          key: Redacted.make(fake.keys.full.key),
          secret: Redacted.make(fake.keys.full.secret),
          otp: Option.none()
        })
      })
    ),
    Layer.merge(Operated)
  )

describe("an emergency stop", () => {
  const stop = { since: 1000, by: "local", reason: "odd orders" }

  it.scoped("keeps a write that waits for its turn from leaving, lets cancels and reads pass, and its own timer", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        yield* kraken.read("private/OpenOrders", {})
        fake.misbehave("private/Balance", Fault.delayAfter(2000))
        const first = yield* Effect.fork(kraken.read("private/Balance", {}))
        yield* TestClock.adjust(100)
        const waiting = yield* Effect.fork(Effect.flip(write(kraken)))
        yield* TestClock.adjust(100)
        writeHaltFile(haltFileIn(folder), stop)
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(first)
        assert.deepInclude(yield* Fiber.join(waiting), { _tag: "Frozen", scope: "everything", by: "local" })
        assert.strictEqual(fake.count("private/AddOrder"), 0)
        yield* kraken.write("private/CancelAll", {}, { priority: "cancel" })
        const timer = (timeout: number, options: object = {}) =>
          Effect.either(kraken.write("private/CancelAllOrdersAfter", { timeout }, { priority: "cancel", ...options }))
        for (const timeout of [15, 0]) assert.isTrue(Either.isLeft(yield* timer(timeout)))
        assert.isTrue(Either.isRight(yield* timer(15, { isOfStop: true })))
        removeHaltFile(haltFileIn(folder))
        yield* write(kraken)
        assert.strictEqual(fake.count("private/AddOrder"), 1)
      }).pipe(Effect.provide(clientIn(folder, fake)))
    })
  )

  it.scoped("keeps a write from being sent again after a refused nonce", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        yield* kraken.read("private/OpenOrders", {})
        fake.misbehave("private/AddOrder", { ...Fault.invalidNonce, ...Fault.delayAfter(1000) })
        const sending = yield* Effect.fork(Effect.flip(write(kraken)))
        yield* TestClock.adjust(100)
        writeHaltFile(haltFileIn(folder), stop)
        yield* TestClock.adjust("5 seconds")
        assert.deepInclude(yield* Fiber.join(sending), { _tag: "Frozen" })
        assert.strictEqual(fake.count("private/AddOrder"), 1)
      }).pipe(Effect.provide(clientIn(folder, fake)))
    })
  )
})

describe("KrakenClientHttp", () => {
  it.scopedLive("calls public endpoints with a query and a User-Agent", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.answer("public/Ticker", { XXBTZUSD: {} })
      const result = yield* Effect.flatMap(KrakenClient, (kraken) =>
        kraken.read("public/Ticker", { pair: "BTC/USD,ETH/USD", since: undefined })
      ).pipe(Effect.provide(client(url)))
      assert.deepStrictEqual(result, { XXBTZUSD: {} })
      const [seen] = fake.seen
      assert.deepStrictEqual(seen?.params, { pair: "BTC/USD,ETH/USD" })
      assert.match(seen?.request.headers["user-agent"] ?? "", /^mcp-kraken\/\d/)
      assert.strictEqual(seen?.request.headers["accept"], "application/json")
      assert.notProperty(seen?.request.headers, "api-key")
      assert.notProperty(seen?.request.headers, "traceparent")
    })
  )

  it.scopedLive("signs any parameters", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.answer("private/AddOrder", true)
      const bodies = [
        {},
        { price: "+5%", price2: "#10%", text: "a+b c&d=ü€" },
        { orders: [{ price: "-5%" }, { close: { price: "#1" } }], validate: true },
        { cl_ord_ids: ["ü"] }
      ]
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        for (const body of bodies) yield* write(kraken, body)
      }).pipe(Effect.provide(client(url, fake.keys.otp)))
      assert.deepStrictEqual(
        fake.seen.map(({ outcome }) => outcome),
        ["done", "done", "done", "done"]
      )
      assert.deepStrictEqual(
        fake.seen.map(({ params }) => params),
        bodies
      )
    })
  )

  it.scopedLive("sends the close of an order in brackets, and the closes of a batch nested", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      const close = { ordertype: "stop-loss-limit", price: "45000", price2: "#1%" }
      const batch = { pair: limit.pair, orders: [{ ...limit, close }, limit] }
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        assert.deepNestedInclude(yield* write(kraken, { ...limit, close }), {
          "descr.close": "close position @ stop loss 45000 -> limit #1%"
        })
        assert.deepNestedInclude(yield* kraken.write("private/AddOrderBatch", batch), {
          "orders[0].close": "close position @ stop loss 45000 -> limit #1%"
        })
      }).pipe(Effect.provide(client(url, fake.keys.full)))
      const [single] = fake.seen
      const body = new URLSearchParams(Buffer.from(single?.request.body ?? []).toString())
      assert.deepStrictEqual(
        ["close[ordertype]", "close[price]", "close[price2]"].map((name) => body.get(name)),
        ["stop-loss-limit", "45000", "#1%"]
      )
    })
  )

  it.scopedLive("uses one connection for calls that follow each other", () =>
    Effect.gen(function* () {
      const { connections, fake, url } = yield* makeServed
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        for (let i = 0; i < 10; i++) yield* kraken.read("private/Balance", {})
      }).pipe(Effect.provide(client(url, fake.keys.full)))
      assert.strictEqual(fake.count(), 10)
      assert.strictEqual(connections(), 1)
    })
  )

  it.scopedLive("sends a hundred calls at once in the order of their nonces", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        yield* Effect.all(
          Array.from({ length: 100 }, (_, ofs) => kraken.read("private/Ledgers", { ofs })),
          { concurrency: "unbounded" }
        )
      }).pipe(Effect.provide(client(url, fake.keys.full)))
      assert.strictEqual(fake.seen.filter(({ outcome }) => outcome === "done").length, 100)
      assert.strictEqual(fake.count(), 100)
    })
  )

  it.effect.each([
    ["full", 1],
    ["windowed", 6]
  ] as const)("has under way, of six reads at once with the %s key, %d", ([name, expected]) => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      const kraken = yield* KrakenClient
      yield* kraken.read("private/GetApiKeyInfo", {})
      fake.misbehave("*", ...Array.from({ length: 6 }, () => Fault.delayAfter(80)))
      const reads = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 6 }, (_, ofs) => kraken.read("private/Ledgers", { ofs })),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust(1)
      assert.strictEqual(fake.count(), 1 + expected)
      yield* TestClock.adjust(6 * 80)
      assert.lengthOf(yield* Fiber.join(reads), 6)
      assert.deepStrictEqual([...new Set(fake.seen.map(({ outcome }) => outcome))], ["done"])
    }).pipe(Effect.provide(clientOver(inProcess(fake), "https://kraken.test", fake.keys[name])))
  })

  it.scopedLive("does not let the look-up of a write wait for an equal read of less urgency", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const { url } = yield* serve(fake)
      yield* Effect.flatMap(KrakenClient, (kraken) =>
        Effect.all(
          (["read", "write", "read"] as const).map((priority) => kraken.read("public/Time", {}, { priority })),
          { concurrency: "unbounded" }
        )
      ).pipe(Effect.provide(client(url)))
      assert.strictEqual(fake.count(), 2)
    })
  )

  it.scopedLive("asks once for equal public reads at once, and again for later ones", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.answer("public/Ticker", { XXBTZUSD: {} })
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        const readAll = (endpoint: Endpoint, all: ReadonlyArray<Params>) =>
          Effect.forEach(all, (params) => kraken.read(endpoint, params), { concurrency: "unbounded" })
        const pairs = [{ pair: "XBTUSD" }, { pair: "XBTUSD", since: undefined }, { pair: "ETHUSD" }]
        assert.lengthOf(new Set((yield* readAll("public/Ticker", pairs)).map((answer) => JSON.stringify(answer))), 1)
        assert.strictEqual(fake.count("public/Ticker"), 2)
        yield* readAll("public/Ticker", pairs)
        assert.strictEqual(fake.count("public/Ticker"), 4)
      }).pipe(Effect.provide(client(url, fake.keys.full)))
    })
  )

  it.effect("asks once for equal private reads that wait to leave, and again for those after it has left", () => {
    const fake = makeFakeKraken()
    let balance = 0
    fake.answer("private/Balance", () => ({ ZUSD: String(++balance) }))
    return Effect.gen(function* () {
      const kraken = yield* KrakenClient
      const start = Effect.tap(Effect.fork(kraken.read("private/Balance", {})), () => TestClock.adjust(1))
      fake.misbehave("*", Fault.delayAfter(80), Fault.delayAfter(80), Fault.delayAfter(80))
      const left = yield* start
      const [second, third] = [yield* start, yield* start]
      yield* TestClock.adjust(80)
      const fourth = yield* start
      yield* TestClock.adjust(200)
      const answers = yield* Effect.forEach([left, second, third, fourth], Fiber.join)
      assert.deepStrictEqual(answers, [{ ZUSD: "1" }, { ZUSD: "2" }, { ZUSD: "2" }, { ZUSD: "3" }])
      assert.strictEqual(fake.count("private/Balance"), 3)
    }).pipe(Effect.provide(clientOver(inProcess(fake), "https://kraken.test", fake.keys.full)))
  })

  it.effect("tells a private read of every write that ended before it, also if it shares a request", () => {
    const fake = makeFakeKraken()
    let placed = 0
    fake.answer("private/AddOrder", () => ({ txid: [`O${++placed}`] }))
    fake.answer("private/OpenOrders", () => ({ placed }))
    return Effect.gen(function* () {
      const kraken = yield* KrakenClient
      const start = <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.tap(Effect.fork(call), () => TestClock.adjust(1))
      fake.misbehave("*", Fault.delayAfter(80), Fault.delayAfter(10), Fault.delayAfter(80))
      yield* start(kraken.read("private/Balance", {}))
      const before = yield* start(kraken.read("private/OpenOrders", {}))
      // Writes are more urgent than the read that waits already.
      const written = yield* start(write(kraken))
      yield* start(write(kraken, { ...limit, volume: "0.20" }))
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* Fiber.join(written), { txid: ["O1"] })
      const after = yield* start(kraken.read("private/OpenOrders", {}))
      yield* TestClock.adjust(200)
      assert.deepStrictEqual(yield* Effect.forEach([before, after], Fiber.join), [{ placed: 2 }, { placed: 2 }])
      assert.strictEqual(fake.count("private/OpenOrders"), 1)
    }).pipe(Effect.provide(clientOver(inProcess(fake), "https://kraken.test", fake.keys.full)))
  })

  it.scopedLive("needs credentials only for private calls", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        assert.strictEqual((yield* Effect.flip(kraken.read("private/Balance", {})))._tag, "KrakenCredentialsMissing")
        assert.property(yield* kraken.read("public/Time", {}), "unixtime")
      }).pipe(Effect.provide(client(url)))
      assert.strictEqual(fake.count(), 1)
    })
  )

  it.effect("names the settings of its own account if it has no credentials", () =>
    Effect.gen(function* () {
      const ofAccount = (name: string) =>
        KrakenClientHttp.pipe(
          Layer.provide([inProcess(makeFakeKraken()), NonceSourceMemory, RateBudgetOff]),
          Layer.provide(TestConfig({ account: KrakenAccountName(name) })),
          Layer.merge(Operated)
        )
      const named = (name: string) =>
        Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const error = yield* Effect.flip(kraken.read("private/Balance", {}))
          return error._tag === "KrakenCredentialsMissing" ? error.settings : error._tag
        }).pipe(Effect.provide(ofAccount(name)))
      assert.strictEqual(yield* named("default"), "KRAKEN_API_KEY and KRAKEN_API_SECRET")
      assert.strictEqual(yield* named("cold-store"), "KRAKEN_COLD_STORE_API_KEY and KRAKEN_COLD_STORE_API_SECRET")
    })
  )

  describe("judges answers", { concurrent: true }, () => {
    const results: ReadonlyArray<readonly [string, string, unknown]> = [
      ["an object", `{"error":[],"result":{"a":"1.10","n":1}}`, { a: "1.10", n: 1 }],
      ["an array", `{"error":[],"result":[1]}`, [1]],
      ["a boolean", `{"error":[],"result":true}`, true],
      ["null", `{"error":[],"result":null}`, null],
      ["no result", `{"error":[]}`, null],
      ["a warning beside the result", `{"error":["WGeneral:Danger"],"result":1}`, 1],
      ["unknown fields", `{"error":[],"result":1,"trace":"x"}`, 1],
      [
        "digits that a double can't hold",
        `{"error":[],"result":{"timestamp":1616492376594123457}}`,
        { timestamp: "1616492376594123457" }
      ]
    ]
    for (const [name, body, result] of results) {
      it.scopedLive(`takes ${name} for success, reading and writing`, () =>
        Effect.gen(function* () {
          const { fake, url } = yield* makeServed
          fake.misbehave("*", Fault.reply(200, body), Fault.reply(202, body))
          yield* Effect.gen(function* () {
            const kraken = yield* KrakenClient
            assert.deepStrictEqual(yield* kraken.read("private/Balance", {}), result)
            assert.deepStrictEqual(yield* write(kraken), result)
          }).pipe(Effect.provide([client(url, fake.keys.full), Logger.remove(Logger.defaultLogger)]))
        })
      )
    }

    const open: ReadonlyArray<readonly [string, Fault.Fault, number, string]> = [
      ["an HTML page with HTTP 502", Fault.html(502), 3, "HTTP 502 with an HTML page"],
      ["an HTML page with HTTP 200", Fault.html(200), 3, "HTTP 200 with an HTML page"],
      ["an HTML page with HTTP 403", Fault.html(403), 1, "HTTP 403 with an HTML page"],
      ["an HTML page with HTTP 451", Fault.html(451), 1, "HTTP 451 with an HTML page"],
      ["half an answer", Fault.garbage(), 3, "HTTP 200 with a broken answer"],
      ["a warning without a result", Fault.error("WGeneral:Danger"), 1, 'HTTP 200 with "WGeneral:Danger"'],
      ["an empty answer", Fault.reply(200, ""), 3, "HTTP 200 with an empty answer"],
      ["text", Fault.reply(200, "error code: 1020"), 3, "HTTP 200 with an answer that is not JSON"],
      ["JSON without an envelope", Fault.reply(200, "{}"), 3, "HTTP 200 with a broken answer"],
      ["success with HTTP 500", Fault.reply(500, `{"error":[],"result":1}`), 3, "HTTP 500 with a broken answer"],
      [
        "words with HTTP 503",
        Fault.reply(503, `{"error":["EOrder:Invalid price"]}`),
        3,
        'HTTP 503 with "EOrder:Invalid price"'
      ],
      ["a redirect", Fault.redirect("http://127.0.0.1:1/"), 1, "HTTP 302 with a redirect, which is not followed"],
      ["a cut connection", Fault.dropBefore, 3, "the connection broke (ECONNRESET)"],
      ["EService:Unavailable", Fault.error("EService:Unavailable"), 3, 'Kraken said "EService:Unavailable"'],
      ["EService:Busy", Fault.error("EService:Busy"), 3, 'Kraken said "EService:Busy"'],
      ["EGeneral:Internal error", Fault.error("EGeneral:Internal error"), 1, 'Kraken said "EGeneral:Internal error"'],
      [
        "EService:Deadline elapsed",
        Fault.error("EService:Deadline elapsed"),
        1,
        'Kraken said "EService:Deadline elapsed"'
      ]
    ]
    for (const [name, fault, times, reason] of open) {
      it.scopedLive(`asks ${times === 1 ? "once" : "three times"} when reading gives ${name}, and writes once`, () =>
        Effect.gen(function* () {
          const { fake, url } = yield* makeServed
          fake.misbehave("private/Balance", fault, fault, fault)
          fake.misbehave("private/AddOrder", fault)
          yield* Effect.gen(function* () {
            const kraken = yield* KrakenClient
            const unread = yield* Effect.flip(kraken.read("private/Balance", {}))
            assert.deepInclude(unread, { _tag: "KrakenUnavailable", endpoint: "private/Balance", reason })
            assert.strictEqual(fake.count("private/Balance"), times)
            const unwritten = yield* Effect.flip(write(kraken))
            assert.deepInclude(unwritten, { _tag: "KrakenOutcomeUnknown", endpoint: "private/AddOrder", reason })
            assert.strictEqual(fake.count("private/AddOrder"), 1)
          }).pipe(Effect.provide(client(url, fake.keys.full)))
        })
      )
    }

    const refusals: ReadonlyArray<readonly [string, Fault.Fault, object]> = [
      [
        "a wrong key",
        Fault.error("EAPI:Invalid key"),
        { _tag: "KrakenAuthError", reason: "key", codes: ["EAPI:Invalid key"] }
      ],
      [
        "a permission",
        Fault.error("EGeneral:Permission denied"),
        { _tag: "KrakenPermissionError", refusedBy: "Kraken" }
      ],
      ["funds", Fault.error("EOrder:Insufficient funds"), { _tag: "KrakenOrderError" }],
      ["funding", Fault.error("EFunding:Unknown withdraw key"), { _tag: "KrakenFundingError" }],
      [
        "arguments, as a plain text",
        Fault.reply(200, `{"error":"EGeneral: Invalid arguments:volume"}`),
        { _tag: "KrakenArgumentsError", codes: ["EGeneral: Invalid arguments:volume"] }
      ],
      [
        "a market mode",
        Fault.error("EService:Market in post_only mode"),
        { _tag: "KrakenMarketModeError", mode: "post_only" }
      ],
      ["an unknown path", Fault.reply(200, `{"error":["EGeneral:Unknown method"]}`), { _tag: "KrakenRejection" }],
      [
        "the key's rate",
        Fault.error("EAPI:Rate limit exceeded"),
        { _tag: "KrakenRateLimitError", limiter: "rest", retryAfterSeconds: 10 }
      ]
    ]
    for (const [name, fault, error] of refusals) {
      it.scopedLive(`hands on the refusal of ${name}, and does not ask again`, () =>
        Effect.gen(function* () {
          const { fake, url } = yield* makeServed
          fake.misbehave("*", fault, fault)
          yield* Effect.gen(function* () {
            const kraken = yield* KrakenClient
            assert.deepInclude(yield* Effect.flip(kraken.read("private/Balance", {})), error)
            assert.deepInclude(yield* Effect.flip(write(kraken)), error)
          }).pipe(Effect.provide(client(url, fake.keys.full)))
          assert.strictEqual(fake.count(), 2)
        })
      )
    }

    it.scopedLive("hands on the refusal of a lockout, and sends no private call until it is over", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.misbehave("*", Fault.error("EGeneral:Temporary lockout"))
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          assert.deepInclude(yield* Effect.flip(kraken.read("private/Balance", {})), { _tag: "KrakenLockout" })
          assert.deepInclude(yield* Effect.flip(write(kraken)), { _tag: "KrakenLockout" })
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.strictEqual(fake.count(), 1)
      })
    )

    const refusedReads: ReadonlyArray<readonly [string, Fault.Fault, object, string]> = [
      [
        "words that nobody knows",
        Fault.error(["ENew:Something", "Oops"]),
        { _tag: "KrakenRejection", codes: ["ENew:Something", "Oops"] },
        'Kraken said "ENew:Something"; "Oops"'
      ],
      [
        "an unknown path with HTTP 404",
        Fault.reply(404, `{"error":["EGeneral:Unknown method"]}`),
        { _tag: "KrakenRejection" },
        'HTTP 404 with "EGeneral:Unknown method"'
      ],
      [
        "HTTP 429",
        Fault.tooManyRequests,
        { _tag: "KrakenRateLimitError", limiter: "public", retryAfterSeconds: 5 },
        "HTTP 429 with an answer that is not JSON"
      ],
      [
        "HTTP 429 that says how long",
        Fault.reply(429, "", { "retry-after": "17" }),
        { _tag: "KrakenRateLimitError", limiter: "public", retryAfterSeconds: 17 },
        "HTTP 429 with an empty answer"
      ],
      ...[400, 403, 408, 422, 429, 499].map(
        (status) =>
          [
            `a refusal with HTTP ${status}`,
            Fault.reply(status, `{"error":["EOrder:Insufficient funds"]}`),
            { _tag: "KrakenOrderError" },
            `HTTP ${status} with "EOrder:Insufficient funds"`
          ] as const
      ),
      [
        "a refusal with HTTP 202",
        Fault.reply(202, `{"error":["EGeneral:Permission denied"]}`),
        { _tag: "KrakenPermissionError" },
        'HTTP 202 with "EGeneral:Permission denied"'
      ],
      [
        "a refusal beside an id",
        Fault.reply(200, `{"error":["EOrder:Insufficient funds"],"result":{"txid":["O1"]}}`),
        { _tag: "KrakenOrderError" },
        'HTTP 200 with "EOrder:Insufficient funds" beside a result'
      ],
      [
        "a known refusal beside unknown words",
        Fault.error(["EOrder:Insufficient funds", "ENew:Something"]),
        { _tag: "KrakenOrderError" },
        'Kraken said "EOrder:Insufficient funds"; "ENew:Something"'
      ]
    ]
    for (const [name, fault, error, reason] of refusedReads) {
      it.scopedLive(`takes ${name} for the refusal of a read, and for none of a write`, () =>
        Effect.gen(function* () {
          const { fake, url } = yield* makeServed
          fake.misbehave("*", fault, fault)
          yield* Effect.gen(function* () {
            const kraken = yield* KrakenClient
            assert.deepInclude(yield* Effect.flip(kraken.read("private/Balance", {})), error)
            assert.deepInclude(yield* Effect.flip(write(kraken)), { _tag: "KrakenOutcomeUnknown", reason })
          }).pipe(Effect.provide(client(url, fake.keys.full)))
          assert.strictEqual(fake.count(), 2)
        })
      )
    }

    it.scopedLive("sends a write again for its nonce only if Kraken says so with HTTP 200, and beside no result", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        const faults = [
          Fault.reply(400, `{"error":["EAPI:Invalid nonce"]}`),
          Fault.reply(200, `{"error":["EAPI:Invalid nonce"],"result":{"txid":["O1"]}}`)
        ]
        fake.misbehave("private/AddOrder", ...faults)
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          for (const _ of faults) assert.strictEqual((yield* Effect.flip(write(kraken)))._tag, "KrakenOutcomeUnknown")
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.strictEqual(fake.count("private/AddOrder"), faults.length)
      })
    )

    it.scopedLive("counts the seconds until the end of a throttling on Kraken's clock", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.state.skew = 3600_000
        const until = Math.floor((yield* fake.now) / 1000) + 60
        fake.misbehave("*", {}, Fault.error(`EService: Throttled: ${until}`))
        const error = yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          yield* kraken.read("private/Balance", {})
          return yield* Effect.flip(kraken.read("private/Balance", {}))
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.deepInclude(error, { _tag: "KrakenRateLimitError", limiter: "concurrency" })
        if (error._tag === "KrakenRateLimitError") assert.approximately(error.retryAfterSeconds, 60, 5)
      })
    )
  })

  describe("downloads", () => {
    const zip = Uint8Array.from([0x50, 0x4b, 3, 4, 0, 255])
    it.scopedLive("returns the bytes of a ZIP file, and fails if the response is JSON", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.answer("private/RetrieveExport", zip)
        fake.misbehave(
          "private/RetrieveExport",
          {},
          Fault.error("EGeneral:Invalid arguments:id"),
          Fault.reply(200, `{"error":[],"result":{}}`)
        )
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          assert.deepStrictEqual(yield* kraken.download("private/RetrieveExport", { id: "TCJA" }), zip)
          assert.strictEqual(
            (yield* Effect.flip(kraken.download("private/RetrieveExport", {})))._tag,
            "KrakenArgumentsError"
          )
          assert.strictEqual(
            (yield* Effect.flip(kraken.download("private/RetrieveExport", {})))._tag,
            "KrakenUnavailable"
          )
        }).pipe(Effect.provide(client(url, fake.keys.full)))
      })
    )
  })

  describe("nonces", () => {
    it.scopedLive("sends a write again, once, when its nonce was refused", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.misbehave("private/AddOrder", Fault.invalidNonce, {}, Fault.invalidNonce, Fault.invalidNonce)
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          yield* write(kraken)
          assert.strictEqual(fake.journal.length, 1)
          assert.deepInclude(yield* Effect.flip(write(kraken)), { _tag: "KrakenAuthError", reason: "nonce" })
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.strictEqual(fake.count("private/AddOrder"), 4)
        assert.strictEqual(fake.journal.length, 1)
      })
    )

    it.scopedLive("evaluates the parameters of a write once for each request", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        let evaluations = 0
        const stamped = Effect.sync(() => ({ ...limit, userref: evaluations++ }))
        fake.misbehave("private/AddOrder", Fault.invalidNonce)
        yield* Effect.flatMap(KrakenClient, (kraken) => kraken.write("private/AddOrder", limit, { stamped })).pipe(
          Effect.provide(client(url, fake.keys.full))
        )
        const sent = fake.seen.map(({ request }) => new URLSearchParams(String(request.body)).get("userref"))
        assert.deepStrictEqual(sent, ["0", "1"])
        assert.strictEqual(evaluations, 2)
      })
    )

    it.scopedLive("continues with a key that has seen nonces in nanoseconds", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.keys.full.highestNonce = BigInt((yield* Clock.currentTimeMillis) - 60_000) * 1_000_000n
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          yield* kraken.read("private/Balance", {})
          yield* write(kraken)
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.deepStrictEqual(
          fake.seen.map(({ outcome }) => outcome),
          ["EAPI:Invalid nonce", "EAPI:Invalid nonce", "done", "done"]
        )
      })
    )
  })

  it.scopedLive.each([403, 451, 502])("tells HTTP %d by its status, since a retry helps with some only", (status) =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.misbehave("public/Time", ...Array.from({ length: 3 }, () => Fault.html(status)))
      const error = yield* Effect.flip(Effect.flatMap(KrakenClient, (kraken) => kraken.read("public/Time", {}))).pipe(
        Effect.provide(client(url))
      )
      assert.deepInclude(error, { _tag: "KrakenUnavailable", status })
    })
  )

  describe("a clock that is two hours behind Kraken's", () => {
    const hours = 2 * 3_600_000

    /** A key that was used until now with a right clock, at a Kraken that locks out after two refused nonces. */
    const ahead = Effect.gen(function* () {
      const fake = makeFakeKraken({ lockoutAfter: 2 })
      fake.state.dateOff = hours
      fake.keys.full.highestNonce = BigInt((yield* Clock.currentTimeMillis) + hours - 5000) * 1000n
      return { fake, ...(yield* serve(fake)) }
    })

    it.scopedLive("costs one refused nonce at most, whatever waits in the lane", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* ahead
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const reads = Array.from({ length: 5 }, (_, ofs) => kraken.read("private/Ledgers", { ofs }))
          yield* Effect.all([...reads, write(kraken)], { concurrency: "unbounded" })
        }).pipe(Effect.provide([client(url, fake.keys.full), Logger.remove(Logger.defaultLogger)]))
        const outcomes = fake.seen.map(({ outcome }) => outcome)
        assert.deepStrictEqual(outcomes, ["EAPI:Invalid nonce", ...Array.from({ length: 6 }, () => "done")])
      })
    )

    it.scopedLive("costs none if a public answer came before, and counts in microseconds", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* ahead
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          yield* kraken.read("public/Time", {})
          yield* write(kraken)
          yield* kraken.read("private/Balance", {})
        }).pipe(Effect.provide([client(url, fake.keys.full), Logger.remove(Logger.defaultLogger)]))
        assert.deepStrictEqual(
          fake.seen.map(({ outcome }) => outcome),
          ["done", "done", "done"]
        )
        assert.isBelow(Number(fake.keys.full.highestNonce), ((yield* Clock.currentTimeMillis) + hours + 5000) * 1000)
      })
    )

    it.scopedLive("is not assumed after the page of a proxy whose clock is ahead", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* ahead
        fake.keys.full.highestNonce = 0n
        fake.misbehave("public/Time", Fault.html(403))
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          yield* Effect.flip(kraken.read("public/Time", {}))
          fake.state.dateOff = 0
          yield* kraken.read("private/Balance", {})
        }).pipe(Effect.provide([client(url, fake.keys.full), Logger.remove(Logger.defaultLogger)]))
        assert.isBelow(Number(fake.keys.full.highestNonce), ((yield* Clock.currentTimeMillis) + 5000) * 1000)
      })
    )

    it.scopedLive("is named by the error, if Kraken refuses the nonce all the same", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* ahead
        fake.misbehave("private/AddOrder", Fault.invalidNonce, Fault.invalidNonce)
        const error = yield* Effect.flip(Effect.flatMap(KrakenClient, (kraken) => write(kraken))).pipe(
          Effect.provide([client(url, fake.keys.full), Logger.remove(Logger.defaultLogger)])
        )
        assert.strictEqual(error._tag, "KrakenAuthError")
        assert.match(error.message, /clock of this machine is 2 h behind/)
      })
    )
  })

  describe("timeouts", () => {
    it.scopedLive("ends a read and a write that take too long", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.misbehave("*", Fault.delayAfter(5000), Fault.delayAfter(5000), Fault.delayBefore(5000))
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const reason = "timed out after 0.1 s"
          assert.deepInclude(yield* Effect.flip(kraken.read("public/Time", {})), { _tag: "KrakenUnavailable", reason })
          assert.deepInclude(yield* Effect.flip(kraken.read("private/Balance", {})), {
            _tag: "KrakenUnavailable",
            reason
          })
          assert.deepInclude(yield* Effect.flip(write(kraken)), { _tag: "KrakenOutcomeUnknown", reason })
        }).pipe(Effect.provide(client(url, fake.keys.full, Duration.millis(100))))
      })
    )

    it.scopedLive("sends the next call when a caller is interrupted", () =>
      Effect.gen(function* () {
        const { fake, url } = yield* makeServed
        fake.misbehave("private/Balance", Fault.delayAfter(60_000))
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const caller = yield* Effect.fork(kraken.read("private/Balance", {}))
          yield* Effect.repeat(Effect.sleep(5), { until: () => fake.count() === 1 })
          yield* Fiber.interrupt(caller)
          yield* kraken.read("private/Balance", {})
        }).pipe(Effect.provide(client(url, fake.keys.full)))
        assert.strictEqual(fake.count(), 2)
      })
    )
  })

  it.effect("gives a write ten seconds once its turn has come, and a read its whole timeout", () => {
    const fake = makeFakeKraken()
    fake.misbehave("*", Fault.delayAfter(11_000), Fault.delayAfter(29_000))
    return Effect.gen(function* () {
      const kraken = yield* KrakenClient
      const written = yield* Effect.fork(Effect.flip(write(kraken)))
      yield* TestClock.adjust(10_000)
      assert.match((yield* Fiber.join(written)).message, /timed out.* 10 s/)
      assert.strictEqual(fake.journal.length, 1)
      const read = yield* Effect.fork(kraken.read("private/Balance", {}))
      yield* TestClock.adjust(29_000)
      assert.property(yield* Fiber.join(read), "ZUSD")
    }).pipe(Effect.provide(clientOver(inProcess(fake), "https://kraken.test", fake.keys.full)))
  })

  it.scopedLive("reports that nothing was sent if there is no connection", () =>
    Effect.gen(function* () {
      const { fake } = yield* makeServed
      for (const url of ["http://127.0.0.1:1", "http://kraken.invalid"]) {
        yield* Effect.gen(function* () {
          const kraken = yield* KrakenClient
          const error = yield* Effect.flip(write(kraken))
          assert.strictEqual(error._tag, "KrakenUnavailable")
          assert.match(error.message, /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/)
        }).pipe(Effect.provide(client(url, fake.keys.full)))
      }
    })
  )

  it.scopedLive("learns Kraken's clock from its responses", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.state.skew = -7_200_000
      const ahead = yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        yield* kraken.read("public/Time", {})
        return (yield* kraken.now).epochMillis - (yield* fake.now)
      }).pipe(Effect.provide(client(url)))
      assert.approximately(ahead, 0, 1000)
    })
  )

  it.scopedLive("shows no secret: not in logs, not in errors", () =>
    Effect.gen(function* () {
      const { fake, url } = yield* makeServed
      fake.misbehave(
        "*",
        Fault.dropBefore,
        Fault.html(),
        Fault.error("EAPI:Invalid signature"),
        Fault.redirect("http://x/")
      )
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make((entry) => lines.push(Logger.logfmtLogger.log(entry)))
      )
      const { otp } = fake.keys
      const failures = yield* Effect.gen(function* () {
        const kraken = yield* KrakenClient
        const each = Array.from({ length: 4 }, () => Effect.either(write(kraken, { volume: "777.5", pair: "XBTUSD" })))
        return yield* Effect.all(each)
      }).pipe(Effect.provide([client(url, otp), logger, Logger.minimumLogLevel(LogLevel.All)]))
      const said = failures.map(
        Either.match({ onLeft: (error) => JSON.stringify(error) + String(error), onRight: () => "" })
      )
      assert.strictEqual(failures.filter(Either.isLeft).length, 4)
      assert.isAbove(lines.filter((line) => line.includes("pair")).length, 0)
      const sent = fake.seen.flatMap(({ request }) => [request.headers["api-sign"] ?? "?", String(request.body)])
      for (const secret of [otp.key, otp.secret, otp.otp ?? "?", "777.5", ...sent]) {
        assert.notInclude(lines.join("\n"), secret)
        assert.notInclude(said.join("\n"), secret)
      }
    })
  )
})
