import { assert, describe, it } from "@effect/vitest"
import { administer } from "../../../src/exchange/rest/admin.ts"
import { closeSession } from "../../../src/exchange/live/session.ts"
import { type Json, moment, ok } from "../rest/asking.ts"
import { connect, subscribe } from "./sessions.ts"

const market = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.01" }

/** Connects, and subscribes to a private channel. */
const connected = (channel: "executions" | "balances", params: object = {}) => {
  const connection = connect("private")
  const [ack, snapshot] = connection.send(subscribe(channel, { token: connection.token(), ...params }))
  return {
    ...connection,
    ack,
    snapshot,
    place: (fields: object): string => ok(connection.rest, "AddOrder", fields).txid[0]
  }
}

const events = (messages: ReadonlyArray<Json>, txid?: string) =>
  messages
    .filter(({ channel }) => channel === "executions")
    .flatMap(({ data }) => data)
    .filter((row: Json) => txid === undefined || row.order_id === txid)

describe("the simulated WebSocket's account data", () => {
  it("begins executions with the open orders, and with the last 50 fills on request", () => {
    const { ack, rest, snapshot } = connected("executions", { snap_trades: true })
    assert.deepStrictEqual(ack.result, {
      channel: "executions",
      maxratecount: 60,
      snap_orders: true,
      snap_trades: true
    })
    assert.deepInclude(snapshot, { type: "snapshot", sequence: 1 })
    const [account] = [...rest.exchange.accounts.values()]
    const of = (type: string) => snapshot.data.filter((row: Json) => row.exec_type === type)
    assert.deepStrictEqual(
      of("new").map((row: Json) => row.order_id),
      [...account!.open.keys()]
    )
    assert.deepStrictEqual(
      of("trade").map((row: Json) => row.exec_id),
      account!.trades.slice(-50).map(({ id }) => id)
    )
  })

  it("tells an order that is filled at once: validated, live, each fill, filled", () => {
    const { pass, place, rest } = connected("executions")
    const txid = place({ ...market, volume: "0.4", cl_ord_id: "abc-1" })
    const order = rest.exchange.orders.get(txid)!
    const messages = pass(0)
    assert.deepStrictEqual(
      messages.map(({ sequence }) => sequence),
      messages.map((_, i) => i + 2)
    )
    const rows = events(messages, txid)
    assert.deepStrictEqual(
      rows.map((row: Json) => row.exec_type),
      ["pending_new", "new", ...order.trades.map(() => "trade"), "filled"]
    )
    for (const row of rows) assert.deepInclude(row, { cl_ord_id: "abc-1", order_userref: 0 })
    assert.deepInclude(rows[0], { symbol: "BTC/USD", side: "buy", order_type: "market", order_qty: 0.4 })
    const fills = rows.filter((row: Json) => row.exec_type === "trade")
    assert.deepStrictEqual(
      fills.map((row: Json) => row.exec_id),
      order.trades
    )
    assert.deepInclude(fills[0], { liquidity_ind: "t", order_status: "partially_filled" })
    assert.deepInclude(rows.at(-1), { order_status: "filled", cum_qty: 0.4 })
    assert.strictEqual(fills.at(-1).cum_qty, 0.4)
    assert.strictEqual(fills.at(-1).cum_cost, rows.at(-1).cum_cost)
    assert.deepStrictEqual(pass(0), [])
  })

  it("tells an order that is amended, partly filled and cancelled", () => {
    const { pass, place, rest } = connected("executions")
    const txid = place({ pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.02", price: "#10%" })
    ok(rest, "AmendOrder", { txid, order_qty: "0.03" })
    ok(rest, "CancelOrder", { txid })
    const rows = events(pass(0), txid)
    assert.deepStrictEqual(
      rows.map((row: Json) => [row.exec_type, row.order_status]),
      [
        ["pending_new", "pending_new"],
        ["new", "new"],
        ["amended", "new"],
        ["canceled", "canceled"]
      ]
    )
    assert.strictEqual(rows.at(-1).reason, "User requested")
  })

  it("tells a stop order that is triggered before it is filled", () => {
    const { pass, place, rest } = connected("executions")
    const txid = place({ ...market, type: "sell", ordertype: "stop-loss", price: "50000" })
    assert.deepStrictEqual(events(pass(0), txid)[0].triggers, {
      reference: "last",
      price: 50000,
      price_type: "static",
      actual_price: 50000,
      status: "untriggered"
    })
    rest.exchange.market.move!(rest.exchange.catalogue.pairs.get("XXBTZUSD")!, rest.exchange.now + 1000, 49_000_0n)
    const rows = events(pass(1000), txid)
    assert.deepStrictEqual(
      rows.map((row: Json) => row.exec_type),
      ["status", "trade", "filled"]
    )
    assert.strictEqual(rows[0].triggers.status, "triggered")
  })

  it("tells a limit order that is filled as soon as the market is moved to its price", () => {
    const { pass, place, rest } = connected("executions", { snap_orders: false })
    const txid = place({ pair: "XBTUSD", type: "sell", ordertype: "limit", volume: "0.01", price: "150000" })
    pass(0)
    const body = Buffer.from(JSON.stringify({ pair: "BTC/USD", price: "150100" }))
    administer(rest, { method: "POST", path: "/admin/price", query: "", headers: {}, body }, moment)
    const rows = events(pass(0), txid)
    assert.deepStrictEqual(
      rows.map((row: Json) => [row.exec_type, row.liquidity_ind, row.last_price]),
      [
        ["trade", "m", 150_000],
        ["filled", undefined, undefined]
      ]
    )
    assert.isTrue(events(pass(10_000)).every((row: Json) => row.order_id !== txid))
  })

  it("leaves out other changes of status on request", () => {
    const { pass, place } = connected("executions", { order_status: false, snap_orders: false })
    const txid = place(market)
    assert.deepStrictEqual(
      events(pass(0), txid).map((row: Json) => row.exec_type),
      ["new", "trade", "filled"]
    )
  })

  it("sends balances with their wallets, and each transaction's ledger entries", () => {
    const { pass, place, rest, snapshot } = connected("balances")
    const held = Object.fromEntries(snapshot.data.map((row: Json) => [row.asset, row]))
    assert.deepInclude(held["USD"], { asset_class: "currency", balance: 50_000 })
    assert.deepStrictEqual(held["DOT"].wallets, [{ type: "earn", id: "bonded", balance: 40.1 }])
    const txid = place(market)
    const messages = pass(0)
    const { trades } = rest.exchange.orders.get(txid)!
    assert.deepStrictEqual(
      messages.map(({ data, sequence, type }) => [type, sequence, data.map((row: Json) => [row.ref_id, row.asset])]),
      trades.map((id, i) => [
        "update",
        i + 2,
        [
          [id, "USD"],
          [id, "BTC"]
        ]
      ])
    )
    const [account] = [...rest.exchange.accounts.values()]
    const last = messages.at(-1).data
    assert.strictEqual(last[1].balance, Number(account!.balances.get("XXBT")) / 1e10)
    assert.deepInclude(last[1], { type: "trade", category: "trade", wallet_type: "spot", wallet_id: "main" })
  })

  it("refuses an unknown or expired token, and one whose key lacks the permission", () => {
    const { pass, send, session, token } = connect("private", "full")
    const refusal = { success: false, status: "error", channel: "executions", error: "ESession:Invalid session" }
    assert.deepInclude(send(subscribe("executions", { token: "x" }))[0], refusal)
    assert.deepInclude(send(subscribe("executions"))[0], refusal)
    const [early, late] = [token(), token()]
    send(subscribe("balances", { token: early }))
    pass(901_000)
    assert.deepInclude(send(subscribe("executions", { token: late }))[0], refusal)
    // A token in use stays valid.
    assert.deepInclude(send(subscribe("executions", { token: early }))[0], { success: true })
    closeSession(session)
    assert.deepInclude(send(subscribe("executions", { token: early }))[0], refusal)
  })

  it("serves market data only at the other address", () => {
    const { send } = connect("private")
    assert.deepInclude(send(subscribe("ticker", { symbol: ["BTC/USD"] }))[0], {
      success: false,
      error: "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
    })
  })
})

describe("faults of the simulated WebSocket", () => {
  const fault = (kind: string, endpoint = "trade") => {
    const connection = connect()
    connection.send(subscribe("trade", { symbol: ["BTC/USD"] }))
    connection.rest.faults.push({ endpoint, kind: kind as "drop", count: 1, seconds: 5 })
    return { ...connection, sent: connection.passRaw(1000) }
  }

  it("cuts the connection", () => assert.deepStrictEqual(fault("drop").sent, ["cut"]))

  it("leaves an update out, once", () => {
    const { passRaw, sent } = fault("gap")
    assert.notInclude(JSON.stringify(sent), "trade_id")
    assert.include(JSON.stringify(passRaw(1000)), "trade_id")
  })

  it("sends an update twice", () => {
    const { sent } = fault("duplicate", "*")
    assert.lengthOf(sent, 2)
    assert.deepStrictEqual(sent[0], sent[1])
  })

  it.each([
    ["late", false],
    ["slow", true]
  ])("sends an update %s", (kind, holds) => {
    assert.deepInclude(fault(kind).sent[0], { after: 5000, holds })
  })

  it("sends a wrong checksum", () => {
    const [right, wrong] = [undefined, "wrong-checksum" as const].map((kind) => {
      const { passRaw, rest, send } = connect()
      send(subscribe("book", { symbol: ["BTC/USD"] }))
      if (kind !== undefined) rest.faults.push({ endpoint: "book", kind, count: 1, seconds: 5 })
      const [only] = passRaw(1000)
      return only === undefined || only === "cut" ? assert.fail("no update") : JSON.parse(only.text).data[0]
    })
    assert.notStrictEqual(wrong.checksum, right.checksum)
    assert.deepStrictEqual({ ...wrong, checksum: 0 }, { ...right, checksum: 0 })
  })

  it("leaves channels alone if the fault is one of calls", () => {
    assert.lengthOf(fault("drop-before", "*").sent, 1)
  })
})
