import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { Refusal } from "../../../src/exchange/base/refusal.ts"
import { authenticate, lockout } from "../../../src/exchange/rest/authenticate.ts"
import { makeKeys } from "../../../src/exchange/rest/keys.ts"
import { administer } from "../../../src/exchange/rest/admin.ts"
import { ask, keyNamed, moment, ok, open, refusal } from "./asking.ts"

const secret = Redacted.make("kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==")
const form = "application/x-www-form-urlencoded"
const json = "application/json"
const orders = ["OG5V2Y-RYKVL-DT3V3B", "OP5V2Y-RYKVL-ET3V3B"]
const order = { ordertype: "limit", pair: "XBTUSD", price: "37500", type: "buy", volume: "1.25" }

/**
 * Path, type, body, signature (the first printed by Kraken, the others computed from its description), and the result.
 */
const vectors: ReadonlyArray<readonly [string, string | undefined, string, string, object]> = [
  [
    "AddOrder",
    form,
    "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
    "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
    order
  ],
  [
    "Balance",
    undefined,
    "nonce=1616492376594",
    "1nH4vwR+8FHiYh1QT649xXkGd3JR3x0DWkgv3u9Ed/Qqv6KPtgQpEU4m+Emb/VgpEji3j1XNwI+HCbfXxmrTOg==",
    {}
  ],
  [
    "Balance",
    `${form}; charset=utf-8`,
    "nonce=1616492376594&otp=123456",
    "jbyoyzbCFde1u0Rnp3ChMEofg5y4E4qpI247mcYicXoAi4c201b8GKM5LmshBvKP9WVm+UFHd710qkGBE0tRJw==",
    {}
  ],
  [
    "AddOrder",
    json,
    `{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}`,
    "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg==",
    order
  ],
  [
    "AddOrder",
    json,
    `{"nonce":1616492376594,"ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}`,
    "kMkTQfyYJH05IdnWQ9TIqL9Kq+dKqcD5O/TGPPLRwwy1is/YvqEYtMAHf7tXsqwfbLwp7pbzJzWHxzKPnL8rfA==",
    order
  ],
  [
    "CancelOrderBatch",
    json,
    `{"nonce":"1616492376594","orders":["OG5V2Y-RYKVL-DT3V3B","OP5V2Y-RYKVL-ET3V3B"]}`,
    "7Ay2V+Mk86knhHj308x4X+OnfemQMEAzS2qyCQuPjFkfyR0s5UiDLQGmF663YuPKjgmh6OlXXgLvgrCijrC9pA==",
    { orders }
  ],
  [
    "CancelOrderBatch",
    form,
    "nonce=1616492376594&orders%5B0%5D=OG5V2Y-RYKVL-DT3V3B&orders%5B1%5D=OP5V2Y-RYKVL-ET3V3B",
    "Kjru2LFm2v/rIP3xkZrchcBCR/z0nbX36gXmp3F2IRlXjNHwDEDtUphS6ndXsCyKdQkoSQCg+Tl21BZhrBV7ww==",
    { orders: { ...orders } }
  ],
  [
    "AddOrder",
    form,
    "nonce=1616492376594&pair=XBTUSD&type=sell&ordertype=trailing-stop&volume=0.1&price=%2B1.5%25&close%5Bordertype%5D=limit&close%5Bprice%5D=%2310%25",
    "rZDrZapQRPE4kQHu/DSbXwnjwQQ7Hr2Yfg2mVvA0n0vA/1aXjcRJN3wCTAtA/rUYVViqjdxAcCIzuyCrTewmAg==",
    {
      pair: "XBTUSD",
      type: "sell",
      ordertype: "trailing-stop",
      volume: "0.1",
      price: "+1.5%",
      close: { ordertype: "limit", price: "#10%" }
    }
  ]
]

describe("a private call", () => {
  it.each(vectors)("to %s as %s is authenticated by its signature and read", (name, type, body, signature, params) => {
    const headers = { "content-type": type, "api-key": "windowed", "api-sign": signature }
    const request = { method: "POST", path: `/0/private/${name}`, query: "", headers, body: Buffer.from(body) }
    const check = (changed: object = {}) => {
      const keys = makeKeys((name) => ({ key: name, secret }), moment)
      return authenticate({ ...request, ...changed }, keys, { now: moment, locksOut: false })
    }
    const authenticated = check()
    assert.deepStrictEqual(authenticated.params, params)
    assert.strictEqual(authenticated.key.highestNonce, 1616492376594n)
    const invalid = "EAPI:Invalid signature"
    assert.strictEqual(
      refused(() => check({ path: "/0/private/Other" })),
      invalid
    )
    assert.strictEqual(
      refused(() => check({ body: Buffer.from(body + (type === json ? " " : "&")) })),
      invalid
    )
    for (const wrong of [undefined, "", signature.slice(1), `${signature}=`, `A${signature.slice(1)}`]) {
      assert.strictEqual(
        refused(() => check({ headers: { ...headers, "api-sign": wrong } })),
        invalid
      )
    }
  })

  it("needs a known key that has not expired, its one-time password and its permission", () => {
    const rest = open()
    assert.strictEqual(refusal(rest, "Balance", {}, { key: "expired" }), "EAPI:Invalid key")
    assert.strictEqual(refusal(rest, "Balance", {}, { key: "no-permission" }), "EGeneral:Permission denied")
    assert.strictEqual(refusal(rest, "AddOrder", {}, { key: "read-only" }), "EGeneral:Permission denied")
    assert.strictEqual(refusal(rest, "Withdraw", {}, { key: "trade" }), "EGeneral:Permission denied")
    assert.strictEqual(refusal(rest, "Balance", {}, { key: "otp" }), "EAuth:Failed")
    assert.strictEqual(refusal(rest, "Balance", { otp: "654321" }, { key: "otp" }), "EAuth:Failed")
    assert.property(ok(rest, "Balance", { otp: "123456" }, { key: "otp" }), "XXBT")
    rest.keys.forEach(({ key }) => Object.assign(rest.keys.get(key)!, { key: "somebody else's" }))
    assert.strictEqual(refusal(rest, "Balance"), "EAPI:Invalid key")
  })

  it("needs a growing nonce, even after a refused call", () => {
    const rest = open()
    const nonce = 2n ** 64n - 3n
    const balance = (nonce: bigint) => refusal(rest, "Balance", {}, { nonce })
    assert.strictEqual(balance(nonce), "")
    assert.strictEqual(balance(nonce), "EAPI:Invalid nonce")
    assert.strictEqual(balance(nonce - 1n), "EAPI:Invalid nonce")
    assert.strictEqual(refusal(rest, "Withdraw", {}, { nonce: nonce + 1n }), "EGeneral:Invalid arguments:asset")
    assert.strictEqual(balance(nonce + 1n), "EAPI:Invalid nonce")
    assert.strictEqual(balance(nonce + 2n), "")
    assert.strictEqual(balance(nonce + 3n), "EAPI:Invalid nonce")
    assert.strictEqual(ok(rest, "GetApiKeyInfo", {}, { key: "trade", nonce: 7 }).nonce, "7")
    for (const body of [
      "pair=XBTUSD",
      "nonce=",
      "nonce=1e9",
      "nonce=-5",
      "nonce[0]=5",
      "nonce=123456789012345678901"
    ]) {
      assert.strictEqual(refusal(rest, "Balance", {}, { body }), "EAPI:Invalid nonce", body)
    }
  })

  it("can come late within the nonce window of its key, once", () => {
    const rest = open()
    const balance = (nonce: number) => refusal(rest, "Balance", {}, { key: "windowed", nonce })
    assert.strictEqual(balance(20_000), "")
    assert.strictEqual(balance(15_001), "")
    assert.strictEqual(balance(15_001), "EAPI:Invalid nonce")
    assert.strictEqual(balance(15_000), "EAPI:Invalid nonce")
    assert.strictEqual(balance(20_001), "")
    assert.strictEqual(balance(15_002), "")
    assert.strictEqual(ok(rest, "GetApiKeyInfo", {}, { key: "windowed", nonce: 20_002 }).nonce_window, "5000")
    assert.isAtMost(keyNamed(rest, "windowed").usedNonces.size, 5000)
  })

  it("keeps every digit of a nonce in JSON", () => {
    const rest = open()
    const contentType = json
    const nonce = 1_795_815_683_123_456_789n
    assert.property(ok(rest, "Balance", {}, { contentType, nonce, body: `{"nonce":${nonce}}` }), "ZUSD")
    assert.strictEqual(keyNamed(rest, "full").highestNonce, nonce)
  })

  it("has a body in a form or in JSON", () => {
    const rest = open()
    const bad = "EAPI:Bad request"
    assert.strictEqual(refusal(rest, "Balance", {}, { contentType: "text/plain" }), bad)
    assert.strictEqual(refusal(rest, "Balance", {}, { contentType: json }), bad)
    assert.strictEqual(refusal(rest, "Balance", {}, { contentType: json, body: `["nonce"]` }), bad)
    assert.strictEqual(refusal(rest, "Balance", {}, { contentType: json, body: "null" }), bad)
    assert.property(ok(rest, "Balance", {}, { contentType: undefined }), "XXBT")
  })

  it("locks its key out after too many consecutive failures, and again with each further attempt", () => {
    const rest = open({ rateLimits: true })
    const wrong = () => refusal(rest, "Balance", {}, { signature: "wrong" })
    for (let i = 1; i < lockout.after; i++) assert.strictEqual(wrong(), "EAPI:Invalid signature")
    ok(rest, "Balance")
    for (let i = 0; i < lockout.after; i++) assert.strictEqual(wrong(), "EAPI:Invalid signature")
    assert.strictEqual(refusal(rest, "Balance"), "EGeneral:Temporary lockout")
    assert.property(ok(rest, "Balance", {}, { key: "trade" }), "XXBT")
    const wait = (seconds: number) => {
      const body = Buffer.from(JSON.stringify({ seconds }))
      administer(rest, { method: "POST", path: "/admin/advance", query: "", headers: {}, body }, moment)
    }
    wait(lockout.lasts / 1000 - 1)
    assert.strictEqual(refusal(rest, "Balance"), "EGeneral:Temporary lockout")
    wait(lockout.lasts / 1000)
    assert.deepStrictEqual(ask(rest, "Balance").error, [])
  })

  it("is charged to the REST counter, unless rate limits are off", () => {
    const counted = open({ rateLimits: true })
    const errors = (rest = counted) => Array.from({ length: 17 }, () => refusal(rest, "Balance"))
    assert.deepStrictEqual(errors().slice(14), ["", "EAPI:Rate limit exceeded", "EAPI:Rate limit exceeded"])
    const uncounted = open()
    assert.deepStrictEqual(new Set(errors(uncounted)), new Set([""]))
    const wrong = () => refusal(uncounted, "Balance", {}, { signature: "wrong" })
    for (let i = 0; i < 3 * lockout.after; i++) assert.strictEqual(wrong(), "EAPI:Invalid signature")
  })
})

const refused = (call: () => unknown): string => {
  try {
    call()
    return ""
  } catch (refusal) {
    return refusal instanceof Refusal ? refusal.errors.join() : assert.fail(String(refusal))
  }
}
