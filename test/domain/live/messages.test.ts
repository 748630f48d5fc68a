import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { readMessage } from "../../../src/domain/live/messages.ts"

describe("a message of the feed", () => {
  it("keeps the digits of its numbers", () => {
    assert.deepStrictEqual(
      readMessage(
        '{"channel":"balances","type":"update","sequence":7,"data":[{"balance": 1.20000000,"small":1e-8,"text":"a:1,\\"b\\":2","n":null}]}'
      ),
      {
        _tag: "Data",
        channel: "balances",
        isSnapshot: false,
        sequence: 7,
        rows: [{ balance: "1.20000000", small: "1e-8", text: 'a:1,"b":2', n: null }]
      }
    )
  })

  it.each([
    ['{"channel":"heartbeat"}', { _tag: "Heartbeat" }],
    ['{"method":"pong","req_id":3}', { _tag: "Pong" }],
    [
      '{"error":"Currency pair not supported XYZ/USD","method":"subscribe","req_id":4,"success":false}',
      { _tag: "Acknowledged", method: "subscribe", requestId: 4, error: "Currency pair not supported XYZ/USD" }
    ],
    [
      '{"method":"subscribe","req_id":5,"result":{"channel":"ticker"},"success":true}',
      { _tag: "Acknowledged", method: "subscribe", requestId: 5, error: undefined }
    ]
  ])("%s is read", (text, expected) => {
    assert.deepStrictEqual<unknown>(readMessage(text), expected)
  })

  it.each([
    "",
    "{",
    "[]",
    "null",
    '{"a":1}',
    '{"channel":"book","data":{}}',
    '{"channel":"book","data":[1]}',
    "x".repeat(100)
  ])("%s is unreadable", (text) => {
    assert.strictEqual(readMessage(text)._tag, "Unreadable")
  })

  it("is unreadable if it is nested too deep", () => {
    const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`
    assert.strictEqual(readMessage(`{"channel":"book","data":[${deep}]}`)._tag, "Unreadable")
  })

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.isString(readMessage(text)._tag)
      })
    )
  })
})
