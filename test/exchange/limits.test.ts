import { assert, describe, it } from "@effect/vitest"
import type { Key } from "../../src/exchange/wire/call.ts"
import { endpoints, isEndpoint, isPrivate } from "../../src/domain/endpoints/endpoints.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const key = (...permissions: ReadonlyArray<string>): Key => ({ id: "K", name: "key", permissions })
const limited = () => makeTestExchange({ settings: { rateLimits: true } })
const cheap = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "0.001" }

describe("the REST counter", () => {
  it("allows 15 points, counts histories as two, and decays by 0.33 a second", () => {
    const v = limited()
    for (let i = 0; i < 13; i++) v.ok("Balance")
    v.ok("Ledgers")
    assert.strictEqual(v.refused("Balance"), "EAPI:Rate limit exceeded")
    v.ok("AddOrder", cheap)
    // The refused call counts too.
    v.wait(7)
    v.ok("Balance")
  })
})

describe("the engine counter", () => {
  it("allows 60 points on a pair, and decays by one a second", () => {
    const v = limited()
    for (let i = 0; i < 60; i++) v.ok("AddOrder", { ...cheap, timeinforce: "IOC" })
    assert.strictEqual(v.refused("AddOrder", cheap), "EOrder:Rate limit exceeded")
    v.ok("AddOrder", { ...cheap, pair: "ETHUSD", price: "4000", volume: "0.01", timeinforce: "IOC" })
    v.wait(1)
    v.ok("AddOrder", cheap)
  })

  it("charges an order that is then refused, and charges more for changing a young order", () => {
    const v = limited()
    for (let i = 0; i < 50; i++) v.refused("AddOrder", { ...cheap, volume: "100" })
    const txid = v.ok("AddOrder", cheap).txid[0]
    v.ok("AmendOrder", { txid, order_qty: "0.002" })
    assert.strictEqual(v.refused("CancelOrder", { txid }), "EOrder:Rate limit exceeded")
    v.wait(5)
    v.ok("CancelOrder", { txid })
  })

  it("charges an amendment that cancels what is left as a cancel", () => {
    const v = limited()
    for (let i = 0; i < 51; i++) v.refused("AddOrder", { ...cheap, volume: "100" })
    const txid = v.order("buy 1.5 limit 50010")
    assert.strictEqual(v.refused("AmendOrder", { txid, order_qty: "0.9" }), "EOrder:Rate limit exceeded")
    v.ok("AmendOrder", { txid, order_qty: "1.4" })
  })

  it("allows a cancel of many orders over the limit, and refuses the next call", () => {
    const v = limited()
    for (let i = 0; i < 10; i++) v.ok("AddOrder", cheap)
    assert.deepStrictEqual(v.ok("CancelAll"), { count: 10 })
    assert.strictEqual(v.refused("AddOrder", cheap), "EOrder:Rate limit exceeded")
  })

  it("allows 60 open orders on a pair", () => {
    const v = limited()
    for (let i = 0; i < 60; i++) {
      v.ok("AddOrder", cheap)
      v.wait(1)
    }
    assert.strictEqual(v.refused("AddOrder", cheap), "EOrder:Orders limit exceeded")
  })
})

describe("permissions", () => {
  it("a key without them is refused before anything else", () => {
    const v = makeTestExchange()
    const names = Object.keys(endpoints)
      .filter(isEndpoint)
      .filter((endpoint) => isPrivate(endpoint) && endpoints[endpoint].permissions.every((set) => set.length > 0))
      .map((endpoint) => endpoint.replace("private/", ""))
      .filter((name) => name !== "WithdrawCancel")
    const refusals = names.map((name) => v.refused(name, {}, { key: key() }))
    assert.deepStrictEqual(
      refusals,
      Array.from(names, () => "EGeneral:Permission denied")
    )
  })

  it("a batch needs both trading permissions", () => {
    const v = makeTestExchange()
    assert.strictEqual(v.refused("AddOrderBatch", {}, { key: key("modify-trades") }), "EGeneral:Permission denied")
    const both = { key: key("modify-trades", "close-trades") }
    assert.strictEqual(v.refused("AddOrderBatch", {}, both), "EGeneral:Invalid arguments:pair")
  })

  it("any key can read its own description", () => {
    const v = makeTestExchange()
    const answer = v.ask("GetApiKeyInfo", {}, { key: key("query-funds") })
    assert.deepInclude("result" in answer ? answer.result : {}, { api_key_name: "key", permissions: ["query-funds"] })
  })
})

describe("the state of the service", () => {
  it("cancel_only, post_only and maintenance refuse the calls that Kraken refuses in them", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.1 limit 49000")
    v.ok("control/SystemStatus", { status: "post_only" })
    assert.strictEqual(v.refused("AddOrder", cheap), "EService:Market in post_only mode")
    const amend = { txid, order_qty: "0.2" }
    const edit = { txid, pair: "XBTUSD", price: "49001" }
    assert.strictEqual(v.refused("AmendOrder", amend), "EService:Market in post_only mode")
    assert.strictEqual(v.refused("EditOrder", edit), "EService:Market in post_only mode")
    v.ok("AmendOrder", { ...amend, post_only: true })
    v.ok("AddOrder", { ...cheap, oflags: "post" })
    v.ok("control/SystemStatus", { status: "cancel_only" })
    assert.strictEqual(v.refused("AddOrder", { ...cheap, oflags: "post" }), "EService:Market in cancel_only mode")
    assert.strictEqual(v.refused("AmendOrder", { ...amend, post_only: true }), "EService:Market in cancel_only mode")
    assert.strictEqual(v.refused("EditOrder", { ...edit, oflags: "post" }), "EService:Market in cancel_only mode")
    v.ok("CancelOrder", { txid })
    v.ok("control/SystemStatus", { status: "maintenance" })
    assert.strictEqual(v.refused("Balance"), "EService:Unavailable")
    assert.strictEqual(v.ok("public/SystemStatus").status, "maintenance")
  })

  it("unknown names are refused, also a known name in the wrong case", () => {
    const v = makeTestExchange()
    assert.strictEqual(v.refused("GetAPIKeyInfo"), "EGeneral:Unknown method")
    assert.strictEqual(v.refused("public/ticker"), "EGeneral:Unknown method")
    assert.strictEqual(v.refused("Balance", {}, { account: "nobody" }), "EAPI:Invalid key")
  })
})
