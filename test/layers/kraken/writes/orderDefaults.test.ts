import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import type { Params } from "../../../../src/domain/endpoints/endpoints.ts"
import type { UnconfirmedWrite } from "../../../../src/layers/kraken/writes/writeProcedure.ts"
import {
  deadlineOf,
  isNamed,
  fingerprintOf,
  withClientId,
  withUserref
} from "../../../../src/layers/kraken/writes/orderDefaults.ts"
import { limit } from "../../../doubles/WriterAccount.ts"

describe("the deadline of a write", () => {
  const departure = { at: DateTime.unsafeMake(100_000), window: 0, timing: Effect.never }
  const of = (deadline: unknown) => deadlineOf({ params: { deadline }, departure } as unknown as UnconfirmedWrite)

  it.each([
    ["1970-01-01T00:01:45Z", 5000],
    ["1970-01-01T00:02:40Z", 60_000],
    ["1970-01-01T00:10:00Z", 60_000],
    ["1970-01-01T00:01:00Z", 0]
  ] as const)("at %s is %s ms after it has left, and never more than a minute", (text, span) => {
    const deadline = Option.getOrThrow(of(text))
    assert.strictEqual(deadline.span, span)
    assert.strictEqual(DateTime.toEpochMillis(deadline.at), Date.parse(text))
    assert.strictEqual(deadline.departure, departure)
  })

  it.each([undefined, "soon", 105])("is none if it was sent as %s", (deadline) => {
    assert.isTrue(Option.isNone(of(deadline)))
  })
})

describe("a generated id", () => {
  it("is added to an order that its caller has not named, and differs each time", () => {
    const [one, two] = [withClientId(limit), withClientId(limit)]
    assert.isTrue(isNamed(one))
    assert.notStrictEqual(one["cl_ord_id"], two["cl_ord_id"])
    for (const order of [
      { ...limit, userref: 0 },
      { ...limit, cl_ord_id: "mine" }
    ])
      assert.strictEqual(withClientId(order), order)
  })

  it("is a userref for an edit", () => {
    assert.match(String(withUserref({ txid: "O1" })["userref"]), /^[1-9]\d*$/)
    assert.deepStrictEqual(withUserref({ txid: "O1", userref: 0 }), { txid: "O1", userref: 0 })
  })
})

describe("the fingerprints of two orders", () => {
  const named = { ...limit, userref: 7 }
  const others: ReadonlyArray<readonly [string, Params, Params, boolean]> = [
    ["their userref and terms are the same", named, { ...named, volume: "0.010", price: "100000.0" }, true],
    ["the userref differs", named, { ...named, userref: 8 }, false],
    ["the pair differs", named, { ...named, pair: "ETHUSD" }, false],
    ["the side differs", named, { ...named, type: "sell" }, false],
    ["the volume differs", named, { ...named, volume: "0.02" }, false],
    ["the price differs", named, { ...named, price: "1" }, false],
    ["their cl_ord_id is the same", { ...limit, cl_ord_id: "a" }, { ...named, cl_ord_id: "a", volume: "1" }, true],
    ["the cl_ord_id differs", { ...limit, cl_ord_id: "a" }, { ...limit, cl_ord_id: "b" }, false]
  ]
  it.each(others)("are equal or not when %s", (_, one, other, isSame) => {
    assert.strictEqual(fingerprintOf(one) === fingerprintOf(other), isSame)
  })
})
