import { assert, describe, it } from "@effect/vitest"
import { encodeBody, encodeQuery, namesOf } from "../../../src/domain/wire/requests.ts"

describe("encodeBody", () => {
  it("makes a form that begins with the nonce", () => {
    assert.deepStrictEqual(encodeBody("7", { pair: "XBTUSD", volume: "0.10" }), {
      contentType: "application/x-www-form-urlencoded",
      text: "nonce=7&pair=XBTUSD&volume=0.10"
    })
  })

  it("escapes what relative prices and passwords hold", () => {
    assert.strictEqual(
      encodeBody("7", { price: "+1.5%", price2: "#10%" }, "a&b=ü").text,
      "nonce=7&otp=a%26b%3D%C3%BC&price=%2B1.5%25&price2=%2310%25"
    )
  })

  it("leaves out what is absent, and writes booleans and numbers as text", () => {
    const params = { trades: true, ofs: 0, userref: undefined, start: null }
    assert.strictEqual(encodeBody("7", params).text, "nonce=7&trades=true&ofs=0")
  })

  it("writes the fields of an object in a form, as AddOrder documents its close", () => {
    const close = { ordertype: "stop-loss-limit", price: "95000", price2: "#1%", none: undefined }
    const body = encodeBody("7", { pair: "XBTUSD", close, volume: "1" })
    assert.strictEqual(body.contentType, "application/x-www-form-urlencoded")
    assert.strictEqual(
      decodeURIComponent(body.text),
      "nonce=7&pair=XBTUSD&close[ordertype]=stop-loss-limit&close[price]=95000&close[price2]=#1%&volume=1"
    )
  })

  it("makes JSON of a list, and of all that is nested in it", () => {
    const orders = [{ volume: "1", close: { ordertype: "limit", price: "2" } }]
    assert.deepStrictEqual(encodeBody("7", { orders }), {
      contentType: "application/json",
      text: `{"nonce":"7","orders":[{"volume":"1","close":{"ordertype":"limit","price":"2"}}]}`
    })
  })

  it("leaves out what is absent in JSON, too", () => {
    assert.deepStrictEqual(encodeBody("7", { orders: [{ volume: "1", price: undefined }, "O1"], dry: false }, "x"), {
      contentType: "application/json",
      text: `{"nonce":"7","otp":"x","orders":[{"volume":"1"},"O1"],"dry":false}`
    })
  })

  it("writes whole numbers of any length as text, in JSON too", () => {
    const id = 2n ** 64n
    assert.strictEqual(encodeBody("7", { id }).text, "nonce=7&id=18446744073709551616")
    assert.strictEqual(encodeBody("7", { ids: [id] }).text, '{"nonce":"7","ids":["18446744073709551616"]}')
  })

  it("lets no parameter stand in for the nonce or the password", () => {
    assert.strictEqual(encodeBody("7", { nonce: "1", otp: "stolen", a: "b" }).text, "nonce=7&a=b")
  })
})

describe("encodeQuery", () => {
  it("escapes values and leaves out absent ones", () =>
    assert.strictEqual(encodeQuery({ pair: "BTC/USD", since: undefined, count: 5 }), "pair=BTC%2FUSD&count=5"))
})

describe("namesOf", () => {
  it("names what is sent, sorted, without values", () =>
    assert.deepStrictEqual(namesOf({ volume: "1", pair: "XBTUSD", price: undefined }), ["pair", "volume"]))
})
