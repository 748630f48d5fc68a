import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Either, Exit, Fiber, Layer, Logger, Option, Schema, Scope, TestClock } from "effect"
import {
  KrakenOrderError,
  KrakenPermissionError,
  KrakenRateLimitError,
  type KrakenWriteError
} from "../../../../src/services/KrakenErrors.ts"
import type { Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, limit, listed, noAnswer, send } from "../../../doubles/WriterAccount.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { Principal } from "../../../../src/services/Principal.ts"

const toLines = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
  )

describe("an order", () => {
  it.effect("gets a cl_ord_id and a deadline, and its answer shows them", () => {
    const { layer, sent } = account({ write: () => Effect.succeed({ txid: ["O1"] }) })
    return Effect.gen(function* () {
      const { result } = Either.getOrThrow(yield* send("private/AddOrder", limit))
      assert.strictEqual(sent.length, 1)
      assert.strictEqual(sent[0]?.["deadline"], "1970-01-01T00:00:05.000Z")
      assert.isTrue(Schema.is(Schema.UUID)(sent[0]?.["cl_ord_id"]))
      assert.deepStrictEqual(result, {
        txid: ["O1"],
        cl_ord_id: sent[0]?.["cl_ord_id"],
        deadline: "1970-01-01T00:00:05.000Z"
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("that was accepted without an answer is found and reported as placed", () => {
    const { layer, open, sent } = account({
      write: (endpoint, params) => {
        open["O1"] = listed(params)
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrder", limit))
      assert.deepInclude(answer.result, { txid: ["O1"], cl_ord_id: sent[0]?.["cl_ord_id"] })
      assert.strictEqual(answer.settled?.state, "open")
      assert.strictEqual(sent.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is looked up no sooner than Kraken's rate limit allows: refused look-ups would use up the limit", () => {
    let free = 60_000
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          if (now >= free) return Effect.succeed({ open: {}, closed: {} })
          free = Math.max(free, now + 5000)
          return new KrakenRateLimitError({ endpoint, limiter: "rest", retryAfterSeconds: 10, refusedBy: "Kraken" })
        })
    })
    return Effect.gen(function* () {
      assert.strictEqual(failure(yield* send("private/AddOrder", limit))._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect("that is found shows its conditional close, and none if it has none", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        const row = listed(params, { opentm: 200 })
        open[`O${String(params["volume"])}`] = {
          ...row,
          descr: { ...row.descr, close: params["close"] === undefined ? "" : "close position" }
        }
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const close = { ordertype: "limit", price: "110000" }
      const answer = Either.getOrThrow(yield* send("private/AddOrder", { ...limit, close }))
      assert.deepNestedInclude(answer.result, { "descr.close": "close position" })
      const without = Either.getOrThrow(yield* send("private/AddOrder", { ...limit, volume: "0.02" }))
      assert.notNestedProperty(without.result, "descr.close")
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "that never arrived is definitely not placed once a later nonce was accepted and its deadline has passed",
    () => {
      const { layer, sent } = account({ write: (endpoint) => noAnswer(endpoint) })
      return Effect.gen(function* () {
        const error = failure(yield* send("private/AddOrder", { ...limit, userref: 7 }))
        assert.strictEqual(error._tag, "KrakenNotPlaced")
        assert.include(error.message, "userref 7")
        assert.strictEqual(sent.length, 1)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("that arrives late, just before its deadline, is still found", () => {
    const { layer, open } = account({
      write: (endpoint, params) =>
        Effect.zipRight(
          Effect.forkDaemon(
            Effect.delay(
              Effect.sync(() => (open["O1"] = listed(params, { opentm: 4.9 }))),
              "4900 millis"
            )
          ),
          noAnswer(endpoint)
        )
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrder", limit))
      assert.deepInclude(answer.result, { txid: ["O1"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a key with a nonce window might still arrive: unknown, with what to look for", () => {
    const { layer } = account({ write: (endpoint) => noAnswer(endpoint), nonceWindow: 5000n })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/AddOrder", { ...limit, cl_ord_id: "mine" }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, "nonce window")
      for (const named of ["cl_ord_id mine", "get_open_orders", "get_closed_orders"])
        assert.include(Object(error).check, named)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a key without permission to read orders stays unknown", () => {
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/AddOrder", limit))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
      assert.include(error.message, "cannot be read")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stays unknown if two orders match its userref", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        open["O1"] = listed(params)
        open["O2"] = listed(params)
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/AddOrder", { ...limit, userref: 7 }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", safeToRepeat: false })
      assert.include(error.message, "O1, O2")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not mistaken for an older one of the same userref and terms", () => {
    let n = 0
    const { layer, open } = account({
      write: (endpoint, params) => {
        open[`O${++n}`] = listed(params, { opentm: n === 1 ? 0 : 121 })
        return n === 1 ? Effect.succeed({ txid: ["O1"] }) : noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      yield* send("private/AddOrder", { ...limit, userref: 7 })
      const answer = Either.getOrThrow(yield* send("private/AddOrder", { ...limit, userref: 7 }))
      assert.deepInclude(answer.result, { txid: ["O2"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("is found although Kraken's clock was not known yet when it was sent, and ours is wrong", () => {
    let skew = 0
    const { layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      skew: () => skew,
      read: (endpoint, params) => {
        skew = -40_000
        const row = listed({ ...limit, ...params }, { opentm: -40 })
        return Effect.succeed(endpoint === "private/OpenOrders" ? { open: { O1: row } } : { closed: {} })
      }
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrder", limit))
      assert.deepInclude(answer.result, { txid: ["O1"] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("stays unknown if an equal one is in flight and only one of the two is found", () => {
    let n = 0
    const { layer, open } = account({
      write: (endpoint, params) => {
        if (n++ === 0) open["O1"] = listed(params)
        return Effect.delay(noAnswer(endpoint), "1 seconds")
      }
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const order = { ...limit, userref: 7 }
      const both = yield* Effect.fork(
        Effect.forEach(
          [order, { ...order, repeat: true }],
          (one) => Effect.flip(writer.send("private/AddOrder", one)),
          {
            concurrency: 2
          }
        )
      )
      yield* TestClock.adjust("1 minutes")
      for (const error of yield* Fiber.join(both)) {
        assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
        assert.include(error.message, "Found: {")
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("goes on when its caller leaves, and its outcome is logged", () => {
    const lines: Array<string> = []
    const { layer, sent } = account({
      write: (_, params) =>
        Effect.delay(
          Effect.sync(() => (sent.push({ done: true, ...params }), { txid: ["O1"] })),
          "3 seconds"
        )
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const caller = yield* Effect.fork(writer.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.interrupt(caller)
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(sent[1]?.["done"])
      const others = lines.filter((line) => !line.includes("receipt"))
      assert.lengthOf(others, 1)
      assert.match(others[0] ?? "", /private\/AddOrder.*ok/)
    }).pipe(Effect.provide([layer, toLines(lines)]))
  })
})

describe("the log", () => {
  /** Gives the log of a write that ends two seconds after its caller left, without the heads of the record. */
  const logged = (write: Effect.Effect<unknown, KrakenWriteError>) => {
    const entries: Array<unknown> = []
    const { layer } = account({ write: () => Effect.delay(write, "3 seconds") })
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ logLevel, message }) => {
        const entry = [logLevel.label, ...[message].flat()]
        if (entry[1] !== "Recorded") entries.push(entry)
      })
    )
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const caller = yield* Effect.fork(writer.send("private/AddOrder", limit))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.interrupt(caller)
      yield* TestClock.adjust("1 minutes")
      return entries
    }).pipe(Effect.provide([layer, logger]))
  }
  const endpoint = "private/AddOrder"
  const message = "A write went on after its caller had left"

  it.effect("has the outcome of a write whose caller left", () =>
    Effect.gen(function* () {
      const refusal = new KrakenOrderError({ endpoint, codes: [] })
      assert.deepStrictEqual(yield* logged(refusal), [["WARN", message, { endpoint, outcome: "KrakenOrderError" }]])
      assert.deepStrictEqual(yield* logged(Effect.dieMessage("a defect")), [
        ["WARN", message, { endpoint, outcome: "unknown" }]
      ])
    })
  )

  it.effect("says that a write is not confirmed, and how it was settled", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* logged(noAnswer(endpoint)), [
        [
          "WARN",
          "A write is not confirmed; looking up what became of it",
          { endpoint, reason: "timed out after 10 s" }
        ],
        ["INFO", "Looked up what became of a write", { endpoint, settlement: "NotPlaced" }],
        ["WARN", message, { endpoint, outcome: "KrakenNotPlaced" }]
      ])
    })
  )
})

describe("the lists of orders", () => {
  const named = { ...limit, userref: 7 }
  const page = (from: number, size: number) =>
    Object.fromEntries(
      Array.from({ length: size }, (_, n) => [`X${from + n}`, listed(limit, { status: "closed", userref: 1 })] as const)
    )

  /** Makes a Kraken with pages of fifty closed orders, of which the last one is the order that was sent. */
  const withClosed = (others: number, params: Params) => {
    const all = Object.entries({
      ...page(0, others),
      O1: listed({ ...limit, ...params }, { status: "closed", opentm: 1000 })
    })
    return account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint, { ofs }) =>
        Effect.succeed(
          endpoint === "private/ClosedOrders"
            ? { closed: Object.fromEntries(all.slice(Number(ofs), Number(ofs) + 50)) }
            : { open: {} }
        )
    })
  }

  it.effect.each([48, 49, 50, 998])("show an order after %s closed ones", (others) => {
    const { reads, layer } = withClosed(others, named)
    return Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const answer = Either.getOrThrow(yield* send("private/AddOrder", named))
      assert.deepInclude(answer.result, { txid: ["O1"] })
      assert.strictEqual(answer.settled?.state, "closed")
      const pages = reads.flatMap(({ endpoint, params }) => (endpoint === "private/ClosedOrders" ? [params] : []))
      assert.deepStrictEqual(
        pages,
        pages.map((_, n) => ({ userref: 7, start: 1000 - 60, closetime: "both", ofs: n * 50 }))
      )
      assert.lengthOf(pages, Math.floor((others + 1) / 50) + 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("leave an order unknown if more than a thousand were closed since", () => {
    const { layer } = withClosed(999, named)
    return Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const error = failure(yield* send("private/AddOrder", named))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.match(error.message, /private\/ClosedOrders.*more than 1000 orders were closed since/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("are read without a time if the id was generated, and with the priority of settlement", () => {
    const { reads, layer, sent } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      yield* send("private/AddOrder", limit)
      const id = { cl_ord_id: sent[0]?.["cl_ord_id"] }
      assert.deepStrictEqual(
        reads.slice(0, 2).map(({ endpoint, params, priority }) => ({ endpoint, params, priority })),
        [
          { endpoint: "private/OpenOrders", params: id, priority: "settlement" },
          {
            endpoint: "private/ClosedOrders",
            params: { ...id, start: undefined, closetime: "both", ofs: 0 },
            priority: "settlement"
          }
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("can both show an order that closes in between, which then counts once, as closed", () => {
    const { closed, layer, open } = account({
      write: (endpoint, params) => {
        open["O1"] = listed(params)
        closed["O1"] = listed(params, { status: "closed" })
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/AddOrder", named))
      assert.deepInclude(answer.result, { txid: ["O1"] })
      assert.strictEqual(answer.settled?.state, "closed")
    }).pipe(Effect.provide(layer))
  })

  it.effect("can show an order of an earlier write, which is not taken for a later one", () => {
    let n = 0
    const { layer, open } = account({
      write: (endpoint, params) => {
        if (n++ > 0) return noAnswer(endpoint)
        open["O1"] = listed(params)
        return Effect.succeed({ txid: ["O1"] })
      }
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      yield* writer.send("private/AddOrder", named)
      const error = failure(yield* send("private/AddOrder", { ...named, repeat: true }))
      assert.strictEqual(error._tag, "KrakenNotPlaced")
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    ["BTC/USD", "XBTUSD", "placed"],
    ["xdg/usd", "DOGEUSD", "placed"],
    ["ETH/USD", "XBTUSD", "KrakenNotPlaced"]
  ] as const)("can spell pairs in another way: %s is listed as %s", ([pair, shown, ending]) => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        open["O1"] = listed({ ...params, pair: shown })
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const answer = yield* send("private/AddOrder", { ...named, pair })
      assert.strictEqual(Either.isRight(answer) ? "placed" : answer.left._tag, ending)
    }).pipe(Effect.provide(layer))
  })

  it.effect("can show neither id of an order with the same terms, which leaves it unknown", () => {
    const { layer, open } = account({
      write: (endpoint, params) => {
        for (const txid of ["O1", "O2"]) open[txid] = { ...listed(params), userref: null }
        return noAnswer(endpoint)
      }
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/AddOrder", named))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, "it might be O1 or O2")
    }).pipe(Effect.provide(layer))
  })
})

describe("shutdown", () => {
  const close = (hangs: Effect.Effect<unknown>) =>
    Effect.gen(function* () {
      const { layer } = account({ write: () => hangs })
      const scope = yield* Scope.make()
      const writer = Context.get(yield* Layer.buildWithScope(layer, scope), KrakenWriter)
      yield* Effect.fork(Effect.provideService(writer.send("private/AddOrder", limit), Principal, testOperator))
      yield* TestClock.adjust("1 seconds")
      return yield* Effect.fork(Scope.close(scope, Exit.void))
    })

  it.effect("waits for writes in flight", () =>
    Effect.gen(function* () {
      const closing = yield* close(Effect.delay(Effect.succeed({ txid: ["O1"] }), "10 seconds"))
      yield* TestClock.adjust("8 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(closing)))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(closing)
    })
  )

  it.effect("gives up after thirty seconds", () =>
    Effect.gen(function* () {
      const closing = yield* close(Effect.never)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(closing)
    })
  )
})
