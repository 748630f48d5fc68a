import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { KrakenPermissionError } from "../../../src/services/KrakenErrors.ts"
import { getAccountBalance } from "../../../src/tools/account/tools.ts"
import * as Fields from "../../../src/tools/kit/fields.ts"
import * as Answers from "../../../src/tools/kit/answerFields.ts"
import * as NameFields from "../../../src/tools/kit/nameFields.ts"
import * as Numbers from "../../../src/tools/kit/numberFields.ts"
import * as Times from "../../../src/tools/kit/timeFields.ts"
import { getServerTime } from "../../../src/tools/market/tools.ts"
import * as Tool from "../../../src/tools/kit/tool.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { noNames, TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const place = Tool.endpoint("place", {
  title: "Place",
  description: "A write with every kind of field.",
  endpoint: "private/AmendOrder",
  input: {
    pair: NameFields.PairName,
    volume: Numbers.Decimal,
    flags: Fields.optional(Fields.list(Schema.Literal("post", "fciq"), "Flags")),
    validate: Fields.withDefault(Schema.Boolean.annotations({ description: "Check only" }), false)
  },
  reads: ({ validate }) => validate,
  rules: ({ volume }) => (volume === "0" ? [{ path: "volume", fault: "must be above 0" }] : []),
  output: Schema.Struct({ txid: Schema.String, ...Answers.Written })
})

const looks = { title: "Look", description: "A read.", output: Schema.Struct({}) } as const

const nested = Tool.endpoint("nested", {
  ...looks,
  endpoint: "public/MaintenanceSchedule",
  lists: "json",
  input: {
    orders: Fields.list(
      Schema.Struct({
        volume: Numbers.Positive,
        price: Fields.optional(Numbers.Decimal),
        flags: Fields.optional(Fields.list(Schema.String, "Flags")),
        reduce: Fields.optional(Fields.boolean("Reduce")),
        userref: Fields.optional(Schema.Int)
      }),
      "Orders"
    ),
    start: Fields.optional(Times.orderTime("A time", "end")),
    ofs: Fields.optional(Times.orderTime("A time", "end"))
  }
})

const timed = Tool.endpoint("timed", {
  ...looks,
  endpoint: "public/MaintenanceSchedule",
  input: {
    symbol: Fields.optional(NameFields.SymbolName),
    since: Fields.optional(Times.time("A time")),
    from: Fields.optional(Times.isoTime("A time"))
  }
})

const checked = Tool.endpoint("checked", {
  ...looks,
  endpoint: "public/MaintenanceSchedule",
  input: { pair: NameFields.PairName },
  check: ({ pair }, { directory }) =>
    Effect.succeed([{ path: "pair", fault: `is ${directory.findPair(pair)?.assetClass}` }])
})

const classed = Tool.endpoint("classed", {
  ...looks,
  endpoint: "public/MaintenanceSchedule",
  input: { pair: NameFields.PairName, asset_class: Fields.optional(Fields.AssetClass) }
})

const tokenized = { ...noNames, findPair: () => ({ altname: "AAPLxUSD", assetClass: "tokenized_asset" }) as never }

describe("Tool", () => {
  it("carries its types from schema to error channel", () => {
    expectTypeOf(getServerTime.name).toEqualTypeOf<"get_server_time">()
    type Failure = Effect.Effect.Error<ReturnType<typeof getAccountBalance.run>>
    expectTypeOf<KrakenPermissionError>().toExtend<Failure>()
  })

  it.effect("a private tool fails, typed, before Kraken is asked", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(getAccountBalance.run({}))
      assert.deepInclude(error, {
        _tag: "KrakenPermissionError",
        needed: [["query-funds"]],
        refusedBy: "mcp-kraken",
        hints: []
      })
    }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("a permission that Kraken finds missing is explained like one that is refused here", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(getAccountBalance.run({}))
      assert.deepInclude(error, { _tag: "KrakenPermissionError", needed: [["query-funds"]], refusedBy: "Kraken" })
    }).pipe(
      Effect.provide(
        TestKraken({
          granted: ["query-funds"],
          refusals: {
            "private/Balance": new KrakenPermissionError({
              endpoint: "private/Balance",
              needed: [],
              refusedBy: "Kraken",
              hints: []
            })
          }
        })
      )
    )
  )

  it.effect("times may be Unix seconds or ISO 8601, and nothing else where no id can stand for one", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* timed.call({ since: "2025-10-20T22:40:00Z", from: "2026-09-21T09:15:02.123456Z", symbol: "xbtusd" })
      yield* timed.call({ since: 1761000000 })
      const error = yield* Effect.flip(timed.call({ since: "OUF4EM-FRGI2-MQMWZD", from: "last-week" }))
      const iso = ["8601", "2026-09-21T09:15:02Z"]
      assertFaults(faultsIn(error), [
        ["since", "Unix", ...iso, "OUF4EM-FRGI2-MQMWZD"],
        ["from", ...iso, "last-week"]
      ])
      assert.deepStrictEqual(calls, [
        { since: "1761000000", from: "2026-09-21T09:15:02.123456Z", symbol: "BTC/USD" },
        { since: "1761000000" }
      ])
    }).pipe(
      Effect.provide(
        TestKraken({
          directory,
          answers: { "public/MaintenanceSchedule": {} },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  it.effect("any one of several sets of permissions is enough", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* place.run({ pair: "XBTUSD", volume: "1", validate: false })).txid, "O1")
    }).pipe(
      Effect.provide(TestKraken({ granted: ["close-trades"], answers: { "private/AmendOrder": { txid: "O1" } } }))
    )
  )

  it.effect("names are spelled as Kraken wants them, lists are joined, defaults are sent", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* place.call({ pair: "BTC/USD", volume: "0.1", flags: "post, fciq" })
      assert.deepStrictEqual(calls, [{ pair: "XBTUSD", volume: "0.1", flags: "post,fciq", validate: false }])
    }).pipe(
      Effect.provide(
        TestKraken({
          granted: ["modify-trades"],
          answers: { "private/AmendOrder": { txid: "O1" } },
          directory: { ...noNames, findPair: () => ({ altname: "XBTUSD" }) as never },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  it.effect("bad arguments name every fault at once, and rules of the tool are faults too", () =>
    Effect.gen(function* () {
      const wrong = yield* Effect.flip(place.call({ volume: 0.5, flags: ["no"], fly: true, validate: null }))
      assertFaults(faultsIn(wrong), [
        ["fly", "pair", "volume", "flags", "validate"],
        ["pair"],
        ["flags.0", "post", "fciq", "no"]
      ])
      const zero = yield* Effect.flip(place.call({ pair: "XBTUSD", volume: "0" }))
      assertFaults(faultsIn(zero), [["volume", "0"]])
    }).pipe(Effect.provide(TestKraken({ granted: ["modify-trades"], onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("what clients send for what they mean is understood, at any depth", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* nested.call({
        orders: '[{"volume":"1","flags":"post, fciq","reduce":"true","userref":"-7","price":null}]'
      })
      yield* nested.call({ orders: [{ volume: "1", price: "", flags: [] }], start: "2026-09-21T09:15:02Z", ofs: "" })
      yield* nested.call({ orders: "[]", start: 1760900000.5 })
      assert.deepStrictEqual(calls, [
        { orders: [{ volume: "1", flags: ["post", "fciq"], reduce: true, userref: -7 }] },
        { orders: [{ volume: "1", flags: [] }], start: "1789982102" },
        { start: "1760900000.5" }
      ])
      const odd = yield* Effect.flip(nested.call({ orders: [{ volume: 0.1 + 0.2 }, { volume: "-1" }] }))
      assertFaults(faultsIn(odd), [
        ["orders.0.volume", "0.5", "0.30000000000000004"],
        ["orders.1.volume", "0", "-1"]
      ])
    }).pipe(
      Effect.provide(
        TestKraken({ answers: { "public/MaintenanceSchedule": {} }, onCall: (_, params) => calls.push(params) })
      )
    )
  })

  it.effect("what clients add to arguments for themselves is ignored, unless the tool has such an argument", () => {
    const calls: Array<object> = []
    const own = Tool.endpoint("own", {
      ...looks,
      endpoint: "public/MaintenanceSchedule",
      input: { action: Fields.optional(Fields.text("An argument of the tool")) }
    })
    const added = {
      toolCallId: 1616492376594123500,
      sessionId: "s",
      action: "sendMessage",
      chatInput: "x".repeat(2000),
      tool: { name: "timed" },
      _meta: { a: 1 }
    }
    return Effect.gen(function* () {
      yield* timed.call({ since: "1764230400", ...added })
      yield* timed.call(JSON.stringify(added))
      yield* own.call(added)
      assert.deepStrictEqual(calls, [{ since: "1764230400" }, {}, { action: "sendMessage" }])
      for (const name of ["toolcallid", "session_id", "Action", "input", "query"]) {
        const error = yield* Effect.flip(timed.call({ [name]: "x" }))
        assertFaults(faultsIn(error), [[name]])
      }
    }).pipe(
      Effect.provide(
        TestKraken({ answers: { "public/MaintenanceSchedule": {} }, onCall: (_, params) => calls.push(params) })
      )
    )
  })

  it.effect("what Kraken's lists show to be wrong is not sent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checked.call({ pair: "AAPLx/USD" }))
      assertFaults(faultsIn(error), [["pair"]])
    }).pipe(Effect.provide(TestKraken({ directory: tokenized, onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("a pair of xStocks says by itself of which class it is", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* classed.call({ pair: "AAPLx/USD" })
      yield* classed.call({ pair: "AAPLx/USD", asset_class: "currency" })
      assert.deepStrictEqual(calls, [
        { pair: "AAPLxUSD", asset_class: "tokenized_asset" },
        { pair: "AAPLxUSD", asset_class: "currency" }
      ])
    }).pipe(
      Effect.provide(
        TestKraken({
          directory: tokenized,
          answers: { "public/MaintenanceSchedule": {} },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  it.effect("a server that only reads refuses what writes, and lets the same tool read", () =>
    Effect.gen(function* () {
      const write = yield* Effect.flip(place.run({ pair: "XBTUSD", volume: "1", validate: false }))
      assert.strictEqual(write._tag, "ReadOnlyMode")
      assert.strictEqual((yield* place.run({ pair: "XBTUSD", volume: "1", validate: true })).txid, "O1")
    }).pipe(
      readOnly,
      Effect.provide(TestKraken({ granted: ["modify-trades"], answers: { "private/AmendOrder": { txid: "O1" } } }))
    )
  )

  it.effect("an answer of another shape says whether the call was carried out", () =>
    Effect.gen(function* () {
      const write = yield* Effect.flip(place.run({ pair: "XBTUSD", volume: "1", validate: false }))
      assert.deepInclude(write, { _tag: "KrakenUnreadable", endpoint: "private/AmendOrder", carriedOut: true })
      const read = yield* Effect.flip(getServerTime.run({}))
      assert.deepInclude(read, {
        _tag: "KrakenUnreadable",
        endpoint: "public/Time",
        carriedOut: false,
        answer: "null"
      })
    }).pipe(
      Effect.provide(
        TestKraken({
          granted: ["modify-trades"],
          answers: { "private/AmendOrder": ["odd"], "public/Time": null }
        })
      )
    )
  )
})
