import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as Fault from "./fake/Faults.ts"
import { inProcess } from "./fake/InProcess.ts"
import { serve } from "./fake/Serve.ts"
import { signature } from "./fake/Wire.ts"
import { makeFakeKraken } from "./FakeKraken.ts"

const published = {
  secret: "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
  body: "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
  signature: "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
}

/** Makes a private call that the double itself has signed. */
const call = (
  key: { key: string; secret: string },
  name: string,
  nonce: number,
  fields = "",
  url = "http://kraken.test"
) =>
  Effect.gen(function* () {
    const path = `/0/private/${name}`
    const body = `nonce=${nonce}${fields}`
    const response = yield* HttpClientRequest.post(url + path).pipe(
      HttpClientRequest.bodyText(body, "application/x-www-form-urlencoded"),
      HttpClientRequest.setHeaders({
        "API-Key": key.key,
        "API-Sign": signature(path, String(nonce), Buffer.from(body), key.secret)
      }),
      HttpClient.execute
    )
    return yield* response.json
  })

const refusal = (code: string) => ({ error: [code] })
const order = "&pair=XBTUSD&type=buy&ordertype=limit&volume=0.01&price=50000&cl_ord_id=mine"

describe("FakeKraken", () => {
  it("signs as Kraken's documentation does", () => {
    const { body, secret } = published
    const signed = signature("/0/private/AddOrder", "1616492376594", Buffer.from(body), secret)
    assert.strictEqual(signed, published.signature)
  })

  it.effect("refuses wrong keys, signatures, nonces, passwords and permissions", () => {
    const fake = makeFakeKraken()
    const { elsewhere, expired, full, none, otp } = fake.keys
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0))
      assert.deepStrictEqual(yield* call({ ...full, key: "who" }, "Balance", 1), refusal("EAPI:Invalid key"))
      assert.deepStrictEqual(yield* call({ ...full, secret: "AAAA" }, "Balance", 1), refusal("EAPI:Invalid signature"))
      assert.deepStrictEqual(yield* call(expired, "Balance", 1), refusal("EAPI:Invalid key"))
      assert.deepStrictEqual(yield* call(elsewhere, "Balance", 1), refusal("EGeneral:Permission denied"))
      assert.deepStrictEqual(yield* call(none, "Balance", 1), refusal("EGeneral:Permission denied"))
      assert.deepStrictEqual(yield* call(otp, "Balance", 1), refusal("EAuth:Failed"))
      assert.deepStrictEqual(yield* call(full, "Nonsense", 1), refusal("EGeneral:Unknown method"))
      yield* call(full, "Balance", 7)
      assert.deepStrictEqual(yield* call(full, "Balance", 7), refusal("EAPI:Invalid nonce"))
    }).pipe(Effect.provide(inProcess(fake)))
  })

  it.effect("takes a late nonce within the window of the key, once", () => {
    const fake = makeFakeKraken()
    const { windowed } = fake.keys
    return Effect.gen(function* () {
      yield* call(windowed, "Balance", 10_000_000)
      yield* call(windowed, "Balance", 9_000_000)
      assert.deepStrictEqual(yield* call(windowed, "Balance", 9_000_000), refusal("EAPI:Invalid nonce"))
      assert.deepStrictEqual(yield* call(windowed, "Balance", 4_000_000), refusal("EAPI:Invalid nonce"))
    }).pipe(Effect.provide(inProcess(fake)))
  })

  it.effect("carries an order out although its caller has gone", () => {
    const fake = makeFakeKraken()
    fake.misbehave("private/AddOrder", Fault.delayBefore(4000))
    return Effect.gen(function* () {
      const caller = yield* Effect.fork(call(fake.keys.full, "AddOrder", 1, order))
      yield* TestClock.adjust(1000)
      yield* Fiber.interrupt(caller)
      assert.deepStrictEqual(fake.journal, [])
      yield* TestClock.adjust(3000)
      assert.deepStrictEqual(
        fake.journal.map(({ endpoint }) => endpoint),
        ["AddOrder"]
      )
    }).pipe(Effect.provide(inProcess(fake)))
  })

  it.effect("refuses an order whose deadline has passed on the way", () => {
    const fake = makeFakeKraken()
    fake.misbehave("private/AddOrder", Fault.delayBefore(6000))
    return Effect.gen(function* () {
      const caller = yield* Effect.fork(call(fake.keys.full, "AddOrder", 1, `${order}&deadline=1970-01-01T00:00:05Z`))
      yield* TestClock.adjust(6000)
      assert.deepStrictEqual(yield* Fiber.join(caller), refusal("EService:Deadline elapsed"))
    }).pipe(Effect.provide(inProcess(fake)))
  })

  it.scoped("speaks HTTP: an order is placed, the answer is lost, the order is listed", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const { url } = yield* serve(fake)
      fake.misbehave("private/AddOrder", Fault.dropAfter)
      const failed = yield* Effect.flip(call(fake.keys.trade, "AddOrder", 1, order, url))
      assert.strictEqual(failed._tag, "RequestError")
      const listed = yield* call(fake.keys.trade, "OpenOrders", 2, "", url)
      assert.deepNestedPropertyVal(listed, "error", [])
      assert.include(JSON.stringify(listed), `"cl_ord_id":"mine"`)
      assert.strictEqual(fake.journal.length, 1)
    }).pipe(Effect.provide(NodeHttpClient.layer))
  )
})
