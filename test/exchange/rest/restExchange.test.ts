import { assert, describe, it } from "@effect/vitest"
import { unzipSync } from "fflate"
import * as fc from "fast-check"
import { control } from "../../../src/cli/exchange/exchange.ts"
import { administer } from "../../../src/exchange/rest/admin.ts"
import { faultKinds, parseFault, readFault } from "../../../src/exchange/rest/faults.ts"
import { answer, arrive, type RestExchange, type Outcome } from "../../../src/exchange/rest/restExchange.ts"
import { balances } from "../../../src/exchange/rest/seedAccount.ts"
import { endpoints as table, isEndpoint, isPrivate } from "../../../src/domain/endpoints/endpoints.ts"
import { runs } from "../../Property.ts"
import { ask, type Json, moment, ok, open, read, refusal, send, signed } from "./asking.ts"

const nothing = new Uint8Array()

const get = (rest: RestExchange, path: string, method = "GET") => {
  const [bare = "", query = ""] = path.split("?")
  return answer(rest, { method, path: bare, query, headers: {}, body: nothing }, moment)
}

const admin = (rest: RestExchange, method: string, path: string, body: unknown = {}): Json => {
  const request = { method, path, query: "", headers: {}, body: Buffer.from(JSON.stringify(body)) }
  const { body: text } = administer(rest, request, moment)
  return JSON.parse(String(text))
}

describe("the REST endpoint", () => {
  it("answers public calls with a query, and keeps every digit of numbers", () => {
    const rest = open()
    const { result } = read(get(rest, "/0/public/Ticker?pair=XBTUSD,ETH%2FUSD"))
    assert.hasAllKeys(result, ["XXBTZUSD", "ETH/USD"])
    assert.strictEqual(read(get(rest, "/0/public/Time")).result.unixtime, moment / 1000)
    const order = ok(rest, "AddOrder", {
      pair: "XBTUSD",
      type: "buy",
      ordertype: "limit",
      volume: "0.1",
      price: "#5%"
    })
    const { reply } = send(rest, "OrderAmends", { order_id: order.txid[0] })
    assert.include(reply === "cut" ? "" : String(reply.body), `"timestamp":${moment}000000}`)
  })

  it("answers Unknown method for unknown paths, another case and another HTTP method", () => {
    const rest = open()
    const unknown: ReadonlyArray<readonly [string, string?]> = [
      ["/"],
      ["/0/public/Nothing"],
      ["/0/public/ticker"],
      ["/0/public/"],
      ["/1/public/Time"],
      ["/0/private/Balance"],
      ["/0/private/GetAPIKeyInfo", "POST"],
      ["/0/control/Deposit", "POST"],
      ["/0/public/Time", "POST"]
    ]
    for (const [path, method] of unknown) {
      const outcome = get(rest, path, method)
      assert.deepStrictEqual(read(outcome), { error: ["EGeneral:Unknown method"] }, path)
      assert.propertyVal(outcome.reply, "status", 404)
    }
  })

  it("starts with an account that has a history", () => {
    const rest = open()
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(ok(rest, "Balance")).map(([asset, amount]) => [asset, Number(amount)])),
      Object.fromEntries(Object.entries(balances).map(([asset, amount]) => [asset, Number(amount)]))
    )
    for (const [name, field] of [
      ["ClosedOrders", "closed"],
      ["TradesHistory", "trades"],
      ["Ledgers", "ledger"]
    ] as const) {
      const first = ok(rest, name)
      const second = ok(rest, name, { ofs: 50 })
      assert.lengthOf(Object.keys(first[field]), 50)
      assert.isAbove(first.count, 50)
      assert.lengthOf(Object.keys(second[field]), Math.min(50, first.count - 50))
    }
    const statuses = [0, 50].flatMap((ofs) => Object.values<Json>(ok(rest, "ClosedOrders", { ofs }).closed))
    assert.sameMembers([...new Set(statuses.map(({ status }) => status))], ["closed", "canceled"])
    assert.lengthOf(Object.keys(ok(rest, "OpenOrders").open), 1)
    assert.isNotEmpty(ok(rest, "DepositStatus"))
    assert.deepInclude(
      ok(rest, "WithdrawAddresses").map(({ verified }: Json) => verified),
      false
    )
    const [report] = ok(rest, "ExportStatus", { report: "trades" })
    assert.strictEqual(report.status, "Processed")
    const { reply } = send(rest, "RetrieveExport", { id: report.id })
    if (reply === "cut" || typeof reply.body === "string") return assert.fail("no file")
    assert.strictEqual(reply.contentType, "application/octet-stream")
    assert.match(new TextDecoder().decode(unzipSync(reply.body)["trades.csv"]), /^"txid",.*\n"T/)
  })

  it("starts in the same state for the same seed and time, including keys", () => {
    const text = () => {
      const rest = open()
      return [...rest.keys.keys(), JSON.stringify(ok(rest, "Ledgers"))].join()
    }
    assert.strictEqual(text(), text())
  })

  it("applies configured faults as often as configured, to one endpoint or to all", () => {
    const rest = open()
    const buy = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "#5%" }
    const openOrders = () => Object.keys(ok(rest, "OpenOrders").open).length
    const store = (fault: object) => assert.deepStrictEqual(admin(rest, "POST", "/admin/faults", fault).error, [])
    const before = openOrders()

    store({ endpoint: "AddOrder", kind: "drop-before" })
    assert.deepStrictEqual(send(rest, "AddOrder", buy), { reply: "cut", after: 0 })
    assert.strictEqual(openOrders(), before)
    store({ endpoint: "AddOrder", kind: "drop-after-accept", count: 2 })
    for (let i = 1; i <= 2; i++) assert.deepStrictEqual(send(rest, "AddOrder", buy), { reply: "cut", after: 0 })
    assert.strictEqual(openOrders(), before + 2)
    store({ endpoint: "AddOrder", kind: "delay", seconds: 12 })
    const late = send(rest, "AddOrder", buy)
    assert.strictEqual(late.after, 12_000)
    assert.property(read({ ...late, after: 0 }).result, "txid")
    assert.strictEqual(openOrders(), before + 3)
    store({ endpoint: "*", kind: "html-502" })
    const { reply } = get(rest, "/0/public/Time")
    assert.deepInclude(reply, { status: 502, contentType: "text/html" })

    const words = {
      "rate-limit": "EAPI:Rate limit exceeded",
      "invalid-nonce": "EAPI:Invalid nonce",
      "service-unavailable": "EService:Unavailable",
      busy: "EService:Busy",
      lockout: "EGeneral:Temporary lockout"
    }
    for (const kind of Object.keys(words)) store({ endpoint: "Earn/Allocations", kind })
    for (const word of Object.values(words)) assert.strictEqual(refusal(rest, "Earn/Allocations"), word)
    assert.sameMembers(
      Object.keys(faultKinds),
      Object.keys(words).concat(
        "drop-before",
        "drop-after-accept",
        "delay",
        "html-502",
        "arrive-late",
        "list-late",
        "wrong-date"
      )
    )
    store({ endpoint: "AddOrder", kind: "busy", count: 5 })
    assert.strictEqual(admin(rest, "DELETE", "/admin/faults").result.faults.length, 0)
    ok(rest, "AddOrder", buy)
  })

  it("receives a delayed request, and refuses it if a later nonce arrived first", () => {
    const rest = open()
    const buy = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "#5%" }
    const openOrders = () => Object.keys(ok(rest, "OpenOrders").open).length
    const before = openOrders()
    for (const overtaken of [false, true]) {
      admin(rest, "POST", "/admin/faults", { endpoint: "AddOrder", kind: "arrive-late", seconds: 7 })
      const request = signed(rest, "AddOrder", buy)
      assert.deepStrictEqual(answer(rest, request, moment), { reply: "cut", after: 0, arrivesAfter: 7000 })
      if (overtaken) assert.strictEqual(openOrders(), before + 1)
      arrive(rest, request, moment + 7000)
      assert.strictEqual(openOrders(), before + 1)
    }
  })

  it("lists new orders, amendments and withdrawals late, although they exist", () => {
    const rest = open()
    const advance = (seconds: number) => admin(rest, "POST", "/admin/advance", { seconds })
    const late = (endpoint: string, seconds = 7) =>
      admin(rest, "POST", "/admin/faults", { endpoint, kind: "list-late", seconds })
    const cut: Outcome = { reply: "cut", after: 0 }
    const listed = () => [
      Object.keys(ok(rest, "OpenOrders").open).length,
      Object.keys(ok(rest, "ClosedOrders", { start: moment / 1000 - 1 }).closed).length,
      ok(rest, "WithdrawStatus").length
    ]
    const [open_ = 0, closed = 0, withdrawn = 0] = listed()
    const market = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.01" }
    const limit = { ...market, ordertype: "limit", price: "#5%", cl_ord_id: "mine" }
    for (const name of ["AddOrder", "Withdraw"]) late(name)
    assert.deepStrictEqual(send(rest, "AddOrder", limit), cut)
    assert.deepStrictEqual(send(rest, "Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.1" }), cut)
    assert.deepStrictEqual(listed(), [open_, closed, withdrawn])
    late("AddOrder")
    assert.deepStrictEqual(send(rest, "AddOrder", market), cut)
    assert.deepStrictEqual(listed(), [open_, closed, withdrawn])
    advance(8)
    assert.deepStrictEqual(listed(), [open_ + 1, closed + 1, withdrawn + 1])

    const [order_id] = Object.entries<Json>(ok(rest, "OpenOrders").open).find(([, row]) => row.cl_ord_id === "mine")!
    late("AmendOrder")
    assert.deepStrictEqual(send(rest, "AmendOrder", { txid: order_id, order_qty: "0.02" }), cut)
    assert.lengthOf(ok(rest, "OrderAmends", { order_id }).amends, 1)
    assert.strictEqual(Number(ok(rest, "QueryOrders", { txid: order_id })[order_id].vol), 0.02)
    advance(8)
    assert.lengthOf(ok(rest, "OrderAmends", { order_id }).amends, 2)
  })

  it("sends a wrong Date with one answer", () => {
    const rest = open()
    admin(rest, "POST", "/admin/faults", { endpoint: "Time", kind: "wrong-date", seconds: 90 })
    assert.deepInclude(get(rest, "/0/public/Time"), { after: 0, dateAhead: 90_000 })
    assert.notProperty(get(rest, "/0/public/Time"), "dateAhead")
  })

  it("reads a fault from an option, and describes an invalid one", () => {
    const once = { endpoint: "AddOrder", kind: "busy" as const, count: 1, seconds: 30 }
    assert.deepStrictEqual(parseFault("AddOrder=busy"), once)
    assert.deepStrictEqual(parseFault("*=delay,count=3,seconds=0.5"), {
      endpoint: "*",
      kind: "delay",
      count: 3,
      seconds: 0.5
    })
    for (const [text, told] of [
      ["AddOrder", "write ENDPOINT=KIND"],
      ["AddOrder=", "write ENDPOINT=KIND"],
      ["addorder=busy", "is no endpoint"],
      ["AddOrder=boom", "is no fault"],
      ["AddOrder=busy,count=0", "count is"],
      ["AddOrder=busy,count=1.5", "count is"],
      ["AddOrder=delay,seconds=-1", "seconds is"],
      ["AddOrder=busy,colour=red", "has no colour"]
    ] as const) {
      assert.include(String(parseFault(text)), told)
    }
    assert.isString(readFault({ endpoint: "AddOrder", kind: "toString" }))
  })

  it("has operator commands for status, time and deposits", () => {
    const rest = open()
    assert.deepStrictEqual(admin(rest, "POST", "/admin/status", { status: "maintenance" }).result, {
      status: "maintenance"
    })
    assert.strictEqual(refusal(rest, "Balance", {}, { signature: "wrong" }), "EService:Unavailable")
    assert.strictEqual(read(get(rest, "/0/public/SystemStatus")).result.status, "maintenance")
    admin(rest, "POST", "/admin/status", { status: "cancel_only" })
    const buy = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.01" }
    assert.strictEqual(refusal(rest, "AddOrder", buy), "EService:Market in cancel_only mode")
    admin(rest, "POST", "/admin/status", { status: "online" })
    const limited = { pair: "XXBTZUSD", status: "limit_only" }
    assert.deepStrictEqual(admin(rest, "POST", "/admin/status", { ...limited, pair: "BTC/USD" }).result, limited)
    assert.strictEqual(refusal(rest, "AddOrder", buy), "EGeneral:Invalid arguments:ordertype")
    assert.deepInclude(admin(rest, "GET", "/admin").result, { status: "online" })

    const { result } = admin(rest, "POST", "/admin/deposit", { asset: "ADA", amount: "12.5" })
    assert.notProperty(ok(rest, "Balance"), "ADA")
    const { now } = admin(rest, "POST", "/admin/advance", { seconds: 300 }).result
    assert.strictEqual(now, new Date(moment + 300_000).toISOString())
    assert.strictEqual(ok(rest, "Balance").ADA, "12.50000000")
    assert.deepInclude(ok(rest, "DepositStatus")[0], { refid: result.refid, status: "Success" })
    assert.strictEqual(read(get(rest, "/0/public/Time")).result.unixtime, moment / 1000 + 300)
    assert.deepInclude(admin(rest, "GET", "/admin").result, { status: "online", ahead_seconds: 300, faults: [] })
  })

  it("does what its help says", () => {
    for (const kind of Object.keys(faultKinds)) assert.include(control, kind)
    const rest = open()
    const commands = Array.from(control.matchAll(/^ +(GET|POST|DELETE) +(\S+) +(\{.*?\})?/gm))
    assert.lengthOf(commands, 8)
    for (const [line, method = "", path = "", body = "{}"] of commands) {
      assert.deepStrictEqual(admin(rest, method, path, JSON.parse(body)).error, [], line)
    }
    for (const status of /\{"status": "(\w+)"\}, or (.*)/.exec(control)!.slice(1).join(", ").split(", ")) {
      assert.deepStrictEqual(admin(rest, "POST", "/admin/status", { status }).result, { status })
    }
  })

  it("refuses calls for another wallet account, which is not simulated", () => {
    const query = "account_id=AA88-N84G-WOAK-NMOI"
    assert.strictEqual(refusal(open(), "Balance", {}, { query }), "EGeneral:Invalid arguments:account_id")
  })

  it("describes an invalid operator command", () => {
    const rest = open()
    for (const [path, body, told] of [
      ["/admin/status", { status: "party" }, "EGeneral:Invalid arguments:status"],
      ["/admin/advance", { seconds: -1 }, "seconds is"],
      ["/admin/advance", {}, "seconds is"],
      ["/admin/deposit", { asset: "XBT" }, "EGeneral:Invalid arguments:amount"],
      ["/admin/deposit", { asset: "MOON", amount: "1" }, "EQuery:Unknown asset"],
      ["/admin/faults", [], "Send a JSON object"],
      ["/admin/sing", {}, "There is no POST /admin/sing"]
    ] as const) {
      assert.include(admin(rest, "POST", path, body).error.join(), told)
    }
  })

  it("answers any body with an error instead of throwing", () => {
    const fields = fc.constantFrom(
      ..."pair type ordertype volume price price2 orders txid asset amount key id ofs start end close oflags".split(
        " "
      ),
      ..."cl_ord_id cl_ord_ids userref report description fields strategy_id lock_type timeout from to".split(" ")
    )
    const plain = fc.oneof(
      fc.constantFrom("XBTUSD", "XBT", "buy", "limit", "0.1", "1e99", "-1", "", "true", "#5%", "trades", "0"),
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null)
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        plain,
        fc.array(tie("any")),
        fc.dictionary(fc.oneof(fields, fc.string()), tie("any"))
      )
    })).any
    const endpoints = fc.constantFrom(...named("private"))
    const rest = open()
    fc.assert(
      fc.property(endpoints, fc.dictionary(fields, value), (name, params) => {
        const nonce = ++last
        const body = JSON.stringify({ ...params, nonce })
        const { error } = ask(rest, name, {}, { nonce, contentType: "application/json", body })
        assert.isArray(error)
      }),
      { numRuns: runs(400) }
    )
    fc.assert(
      fc.property(fc.constantFrom(...named("public")), fc.dictionary(fields, plain), (name, params) => {
        const query = new URLSearchParams(
          Object.entries(params).map(([name, value]) => [name, String(value)] as [string, string])
        )
        assert.isArray(read(get(rest, `/0/public/${name}?${query.toString()}`)).error)
      }),
      { numRuns: runs(60) }
    )
  })
})

/** Lists the names of endpoints as a request's path has them. */
const named = (scope: "public" | "private") =>
  Object.keys(table)
    .filter(isEndpoint)
    .filter((endpoint) => isPrivate(endpoint) === (scope === "private"))
    .map((endpoint) => endpoint.slice(scope.length + 1))

let last = moment * 2
