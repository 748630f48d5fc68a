import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { KrakenPermissionError } from "../../src/services/KrakenErrors.ts"
import { CallFacts } from "../../src/services/CallFacts.ts"
import { getAccountBalance } from "../../src/tools/Account.ts"
import * as Fields from "../../src/tools/Fields.ts"
import { getServerTime } from "../../src/tools/Market.ts"
import * as Tool from "../../src/tools/Tool.ts"
import { noNames, TestKraken } from "../TestKraken.ts"

const place = Tool.endpoint("place", {
  title: "Place",
  description: "A write with every kind of field.",
  endpoint: "private/Place",
  permissions: [["modify-trades"], ["close-trades"]],
  intent: "write",
  input: {
    pair: Fields.PairName,
    volume: Fields.Decimal,
    flags: Fields.optional(Fields.list(Schema.Literal("post", "fciq"), "Flags")),
    validate: Fields.withDefault(Schema.Boolean.annotations({ description: "Check only" }), false)
  },
  reads: ({ validate }) => validate,
  rules: ({ volume }) => (volume === "0" ? [{ path: "volume", fault: "must be above 0" }] : []),
  output: Schema.Struct({ txid: Schema.String, ...Fields.Written })
})

describe("Tool", () => {
  it("carries its types from schema to error channel", () => {
    expectTypeOf(getServerTime.name).toEqualTypeOf<"get_server_time">()
    type Failure = Effect.Effect.Error<ReturnType<typeof getAccountBalance.run>>
    expectTypeOf<KrakenPermissionError>().toExtend<Failure>()
  })

  it.effect("a private tool fails, typed, before Kraken is asked", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(getAccountBalance.run({}))
      assert.strictEqual(error._tag, "KrakenPermissionError")
      assert.include(error.message, 'query-funds (query_funds; "Funds permissions – Query" in Kraken\'s key form)')
    }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("any one of several sets of permissions is enough", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* place.run({ pair: "XBTUSD", volume: "1", validate: false })).txid, "O1")
    }).pipe(Effect.provide(TestKraken({ granted: ["close-trades"], answers: { "private/Place": { txid: "O1" } } })))
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
          answers: { "private/Place": { txid: "O1" } },
          directory: { ...noNames, findPair: () => ({ altname: "XBTUSD" }) as never },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  it.effect("bad arguments name every fault at once, and rules of the tool are faults too", () =>
    Effect.gen(function* () {
      const wrong = yield* Effect.flip(place.call({ volume: 0.5, flags: ["no"], fly: true, validate: null }))
      assert.strictEqual(
        wrong.message,
        [
          "Invalid arguments for place:",
          '- fly: is unexpected, expected: "pair" | "volume" | "flags" | "validate"',
          "- pair: is missing",
          '- volume: must be a decimal number in a string, e.g. "0.5", got 0.5',
          '- flags.0: expected "post" | "fciq", got "no"'
        ].join("\n")
      )
      const zero = yield* Effect.flip(place.call({ pair: "XBTUSD", volume: "0" }))
      assert.strictEqual(zero.message, "Invalid arguments for place:\n- volume: must be above 0")
    }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("a server that only reads refuses what writes, and lets the same tool read", () =>
    Effect.gen(function* () {
      const write = yield* Effect.flip(place.run({ pair: "XBTUSD", volume: "1", validate: false }))
      assert.strictEqual(write._tag, "ReadOnlyMode")
      assert.strictEqual((yield* place.run({ pair: "XBTUSD", volume: "1", validate: true })).txid, "O1")
    }).pipe(
      Effect.provideService(CallFacts, { ...CallFacts.defaultValue(), readOnly: true }),
      Effect.provide(TestKraken({ granted: ["modify-trades"], answers: { "private/Place": { txid: "O1" } } }))
    )
  )

  it.effect("an answer of another shape says whether the call was carried out", () =>
    Effect.gen(function* () {
      const write = yield* Effect.flip(place.run({ pair: "XBTUSD", volume: "1", validate: false }))
      assert.include(
        write.message,
        "Kraken carried out private/Place, but the answer does not have the documented shape"
      )
      const read = yield* Effect.flip(getServerTime.run({}))
      assert.include(
        read.message,
        "Kraken answered public/Time, and the answer does not have the documented shape: null"
      )
    }).pipe(
      Effect.provide(
        TestKraken({
          granted: ["modify-trades"],
          answers: { "private/Place": ["odd"], "public/Time": null }
        })
      )
    )
  )
})
