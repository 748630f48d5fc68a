import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import type { Params } from "../../../src/domain/endpoints/endpoints.ts"
import { likeness, oneSpelling, OrderRow, OrderRows } from "../../../src/domain/orders/orderMatch.ts"
import { limit, listed } from "../../doubles/WriterAccount.ts"

const decode = Schema.decodeUnknownSync(OrderRow)

const sentAt = 1000

/** Makes the order that Kraken lists for the one that was sent, changed by `more`. */
const judge = (params: Params, more: object = {}, { hasOwnId = false, inDoubt = false } = {}) =>
  likeness(
    decode(listed({ ...limit, ...params }, { opentm: sentAt, ...more })),
    { params: { ...limit, ...params }, hasOwnId, time: { sentAt, inDoubt } },
    (a, b) => a === b
  )

describe("an order that Kraken lists", () => {
  it("is the one that was sent if it has its cl_ord_id, or its userref and terms", () => {
    assert.strictEqual(judge({ cl_ord_id: "mine" }, { vol: "0.01000000" }), "same")
    assert.strictEqual(judge({ cl_ord_id: "mine" }, { cl_ord_id: "yours" }), "other")
    assert.strictEqual(judge({ userref: 7 }, { vol: "0.01000000" }), "same")
    assert.strictEqual(judge({ userref: 7 }, { vol: "0.02" }), "other")
    for (const userref of [undefined, null, ""])
      assert.strictEqual(judge({ userref: 7 }, { userref }), "perhaps", String(userref))
  })

  it("is another one if side, pair, volume or price differ", () => {
    const { descr } = listed(limit)
    const differing = { type: "sell", pair: "ETHUSD", price: "99999.0" }
    for (const [name, value] of Object.entries(differing))
      assert.strictEqual(judge({ userref: 7 }, { descr: { ...descr, [name]: value } }), "other", name)
    assert.strictEqual(judge({ userref: 7, volume: "1" }, { vol: "2" }), "other")
    assert.strictEqual(judge({ userref: 7, type: undefined }, { descr }), "same", "an edit names no side")
  })

  it("may be it if it is a little older than the request, as far as clocks can be trusted", () => {
    assert.strictEqual(judge({ userref: 7 }, { opentm: sentAt - 2 }), "same")
    assert.strictEqual(judge({ userref: 7 }, { opentm: sentAt - 10 }), "perhaps")
    assert.strictEqual(judge({ cl_ord_id: "mine" }, { opentm: sentAt - 10 }), "perhaps")
    assert.strictEqual(judge({ userref: 7 }, { opentm: sentAt - 60 }), "perhaps")
    assert.strictEqual(judge({ cl_ord_id: "mine" }, { opentm: sentAt - 100 }), "other")
  })

  it("is it, however old it looks, if it bears an id that only this request was given", () => {
    const own = { hasOwnId: true }
    for (const inDoubt of [false, true])
      for (const opentm of [sentAt - 3600, sentAt + 3600]) {
        assert.strictEqual(judge({ cl_ord_id: "own" }, { opentm }, { ...own, inDoubt }), "same")
        assert.strictEqual(judge({ userref: 7 }, { opentm }, { ...own, inDoubt }), "same")
      }
    assert.strictEqual(judge({ cl_ord_id: "own" }, { cl_ord_id: "yours" }, own), "other")
    assert.strictEqual(judge({ userref: 7 }, { vol: "0.02" }, own), "perhaps")
    assert.strictEqual(judge({ cl_ord_id: "own" }, { cl_ord_id: null, opentm: sentAt - 100 }, own), "other")
  })

  it("may be it, however old it looks, once a clock was set", () => {
    for (const opentm of [sentAt - 3600, sentAt, sentAt + 3600]) {
      assert.strictEqual(judge({ cl_ord_id: "mine" }, { opentm }, { inDoubt: true }), "perhaps")
      assert.strictEqual(judge({ userref: 7 }, { opentm }, { inDoubt: true }), "perhaps")
      assert.strictEqual(judge({ userref: 7 }, { opentm, vol: "0.02" }, { inDoubt: true }), "other")
    }
  })

  it("is not ruled out by what can't be compared: relative prices, volumes in quote currency", () => {
    const descr = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49995.0" }
    for (const price of ["-5", "+5", "#5", "-0.5%"])
      assert.strictEqual(judge({ userref: 7, price }, { descr }), "same", price)
    assert.strictEqual(judge({ userref: 7, oflags: "fciq,viqc", volume: "100" }, { vol: "0.002" }), "same")
  })

  it("shows at least its status, its time, and what is traded on which side", () => {
    const rows = Schema.decodeUnknownEither(OrderRows)
    const row = listed(limit)
    assert.isTrue(Either.isRight(rows({ O1: row, O2: { ...row, new_field: 1 } })))
    for (const lacking of [{ status: undefined }, { opentm: undefined }, { descr: undefined }, { descr: {} }])
      assert.isTrue(Either.isLeft(rows({ O1: { ...row, ...lacking } })), JSON.stringify(lacking))
  })
})

describe("oneSpelling", () => {
  it("is the same for equal numbers, and leaves relative prices and other text as they are", () => {
    assert.strictEqual(oneSpelling("27500.00"), oneSpelling(27500))
    for (const text of ["+1.50", "1.50%", "1.50x", "", undefined]) assert.strictEqual(oneSpelling(text), text)
  })
})
