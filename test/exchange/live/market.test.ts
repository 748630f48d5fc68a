import { assert, describe, it } from "@effect/vitest"
import { crc32 } from "node:zlib"
import { administer } from "../../../src/exchange/rest/admin.ts"
import { answer, type RestExchange } from "../../../src/exchange/rest/restExchange.ts"
import { type Json, moment, ok } from "../rest/asking.ts"
import { connect, subscribe } from "./sessions.ts"

const symbol = "BTC/USD"

const read = (rest: RestExchange, path: string, query: string): Json => {
  const request = { method: "GET", path: `/0/public/${path}`, query, headers: {}, body: new Uint8Array() }
  const { reply } = answer(rest, request, moment)
  return reply === "cut" ? assert.fail("cut") : Object.values(JSON.parse(String(reply.body)).result)[0]
}

const admin = (rest: RestExchange, path: string, body: object): Json => {
  const reply = administer(
    rest,
    { method: "POST", path, query: "", headers: {}, body: Buffer.from(JSON.stringify(body)) },
    moment
  )
  return JSON.parse(String(reply.body))
}

/** A client's book, with prices and volumes as they were written. */
const makeBook = (depth: number) => {
  const sides: Record<"asks" | "bids", Map<string, string>> = { asks: new Map(), bids: new Map() }
  const sorted = (side: "asks" | "bids") =>
    [...sides[side]]
      .toSorted(([one], [other]) => (side === "asks" ? 1 : -1) * (Number(one) - Number(other)))
      .slice(0, depth)
  return {
    sorted,
    /** Applies the text of a message, and returns true if its checksum is that of the book. */
    apply: (text: string): boolean => {
      for (const side of ["asks", "bids"] as const) {
        const [, list = ""] = new RegExp(`"${side}":\\[(.*?)\\]`).exec(text) ?? []
        for (const [, price = "", qty = ""] of list.matchAll(/"price":([\d.]+),"qty":([\d.]+)/g))
          if (Number(qty) === 0) sides[side].delete(price)
          else sides[side].set(price, qty)
        sides[side] = new Map(sorted(side))
      }
      const digits = ([price, qty]: readonly [string, string]) =>
        [price, qty].map((number) => number.replace(".", "").replace(/^0+/, "")).join("")
      const top = (["asks", "bids"] as const).flatMap((side) => sorted(side).slice(0, 10).map(digits))
      return crc32(top.join("")) === Number(/"checksum":(\d+)/.exec(text)?.[1])
    }
  }
}

describe("the simulated WebSocket's market data", () => {
  it("tells its status first", () => {
    const { greeting } = connect()
    assert.lengthOf(greeting, 1)
    assert.deepInclude(greeting[0], { channel: "status", type: "update" })
    assert.deepInclude(greeting[0].data[0], { system: "online", api_version: "v2", version: "2.0.10" })
  })

  it("acknowledges each pair of a subscription, and refuses unknown ones by name", () => {
    const { send } = connect()
    const answers = send(subscribe("trade", { symbol: [symbol, "XBT/USD", "ETH/USD"] }, 7))
    assert.deepStrictEqual(
      answers.map(({ error, req_id, result, success, symbol }) => [success, req_id, result?.symbol ?? symbol, error]),
      [
        [true, 7, symbol, undefined],
        [false, 7, "XBT/USD", "Currency pair not supported XBT/USD"],
        [true, 7, "ETH/USD", undefined]
      ]
    )
    assert.deepStrictEqual(answers[0].result, { channel: "trade", snapshot: false, symbol })
  })

  it.each([10, 25, 100, 500, 1000])("sends a book of depth %d whose checksum a client computes, too", (depth) => {
    const { passRaw, rest, sendText } = connect()
    const book = makeBook(depth)
    const [, snapshot] = sendText(JSON.stringify(subscribe("book", { symbol: [symbol], depth })))
    if (snapshot === undefined || snapshot === "cut") return assert.fail("no snapshot")
    assert.isTrue(book.apply(snapshot.text))
    let updates = 0
    for (let i = 0; i < 20; i++) {
      // Our own orders join the book, take from it, and leave it.
      const type = i % 2 === 0 ? "buy" : "sell"
      if (i % 4 === 1)
        ok(rest, "AddOrder", { pair: "XBTUSD", type, ordertype: "limit", volume: "0.02", price: "#0.01%" })
      if (i % 4 === 2) ok(rest, "AddOrder", { pair: "XBTUSD", type, ordertype: "market", volume: "0.05" })
      if (i % 7 === 3) ok(rest, "CancelAll")
      for (const each of passRaw(i % 3 === 0 ? 400 : 1700)) {
        if (each === "cut") return assert.fail("cut")
        if (!each.text.includes(`"book"`)) continue
        updates++
        assert.isTrue(book.apply(each.text), each.text.slice(0, 300))
      }
    }
    assert.isAbove(updates, 10)
    const { asks, bids } = read(rest, "Depth", `pair=XBTUSD&count=${Math.min(depth, 500)}`)
    const same = (rows: ReadonlyArray<Json>) => rows.map(([price, qty]: ReadonlyArray<string>) => [Number(price), qty])
    const mine = (side: "asks" | "bids") =>
      book
        .sorted(side)
        .slice(0, 500)
        .map(([price, qty]) => [Number(price), qty])
    // The last call moved the exchange's time; the market's second is the same.
    assert.deepStrictEqual([mine("asks"), mine("bids")], [same(asks), same(bids)])
  })

  it("tells each public trade once, also after the clock was moved", () => {
    const { pass, rest, send } = connect()
    send(subscribe("trade", { symbol: [symbol] }))
    const seen = [pass(1000), pass(300), pass(2500), pass(60_000)].flat().filter(({ channel }) => channel === "trade")
    const ids: ReadonlyArray<number> = seen.flatMap(({ data }) => data.map((row: Json) => row.trade_id))
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.strictEqual(ids.length, 63)
    assert.isTrue(ids.every((id, i) => i === 0 || id === ids[i - 1]! + 1))
    const rows = rest.exchange.market.trades(rest.exchange.catalogue.pairs.get("XXBTZUSD")!, {
      after: moment,
      until: rest.exchange.now,
      count: 1000
    })
    assert.deepStrictEqual(
      rows.map(({ id }) => id).filter((id) => !ids.includes(id)),
      []
    )
  })

  it("sends 50 trades and the candles of the OHLC endpoint as snapshots", () => {
    const { rest, send } = connect()
    const [, trades] = send(subscribe("trade", { symbol: [symbol], snapshot: true }))
    assert.strictEqual(trades.type, "snapshot")
    assert.lengthOf(trades.data, 50)
    const [ack, candles] = send(subscribe("ohlc", { symbol: [symbol], interval: 5 }))
    assert.deepStrictEqual(ack.result, { channel: "ohlc", interval: 5, snapshot: true, symbol })
    const rows = read(rest, "OHLC", "pair=XBTUSD&interval=5")
    assert.deepStrictEqual(
      candles.data.map((row: Json) => [
        Date.parse(row.interval_begin) / 1000,
        row.open,
        row.high,
        row.low,
        row.close,
        row.vwap,
        row.volume,
        row.trades
      ]),
      rows.map((row: ReadonlyArray<unknown>) => row.map(Number))
    )
  })

  it("updates the running candle, and tells each candle that has ended", () => {
    const { pass, send } = connect()
    send(subscribe("ohlc", { symbol: [symbol], interval: 1, snapshot: false }))
    const begins = pass(150_000)
      .filter(({ channel }) => channel === "ohlc")
      .flatMap(({ data }) => data.map((row: Json) => Date.parse(row.interval_begin) - moment))
    assert.deepStrictEqual(begins, [0, 60_000, 120_000])
  })

  it("sends a ticker that agrees with REST, and updates it", () => {
    const { pass, rest, send } = connect()
    const [ack, { data }] = send(subscribe("ticker", { symbol: [symbol] }))
    assert.deepStrictEqual(ack.result, { channel: "ticker", event_trigger: "trades", snapshot: true, symbol })
    const row = read(rest, "Ticker", "pair=XBTUSD")
    assert.deepStrictEqual(
      [data[0].bid, data[0].ask, data[0].last, data[0].volume, data[0].vwap, data[0].low, data[0].high],
      [row.b[0], row.a[0], row.c[0], row.v[1], row.p[1], row.l[1], row.h[1]].map(Number)
    )
    assert.deepStrictEqual(
      pass(1000).map(({ channel, type }) => [channel, type]),
      [["ticker", "update"]]
    )
  })

  it("lists assets and pairs, and tells a pair whose status changes", () => {
    const { pass, rest, send } = connect()
    const [, { data }] = send(subscribe("instrument"))
    const btc = data.pairs.find((pair: Json) => pair.symbol === symbol)
    assert.deepInclude(btc, { base: "BTC", quote: "USD", status: "online", price_increment: 0.1, qty_precision: 8 })
    assert.include(
      data.assets.map(({ id }: Json) => id),
      "BTC"
    )
    admin(rest, "/admin/status", { pair: "XBTUSD", status: "limit_only" })
    const [update] = pass(100)
    assert.deepStrictEqual(
      update.data.pairs.map((pair: Json) => [pair.symbol, pair.status]),
      [[symbol, "limit_only"]]
    )
    admin(rest, "/admin/status", { status: "maintenance" })
    assert.deepInclude(pass(100)[0].data[0], { system: "maintenance" })
  })

  it("sends a heartbeat after a second of silence, and only to subscribers", () => {
    const { pass, send } = connect()
    assert.deepStrictEqual(pass(5000), [])
    send(subscribe("instrument", { snapshot: false }))
    assert.deepStrictEqual(pass(900), [])
    assert.deepStrictEqual(pass(100), [{ channel: "heartbeat" }])
  })

  it("answers pings, and ends a subscription", () => {
    const { pass, send } = connect()
    assert.deepInclude(send({ method: "ping", req_id: 101 })[0], { method: "pong", req_id: 101 })
    send(subscribe("trade", { symbol: [symbol] }))
    const [ended] = send({ method: "unsubscribe", params: { channel: "trade", symbol: [symbol] } })
    assert.deepInclude(ended, { method: "unsubscribe", success: true })
    assert.deepStrictEqual(pass(3000), [])
    const [again] = send({ method: "unsubscribe", params: { channel: "trade", symbol: [symbol] } })
    assert.deepInclude(again, { success: false, error: "Subscription Not Found" })
  })

  it.each([
    ["no JSON", "{", "error", "Malformed request"],
    ["no object", "[1]", "error", "Malformed request"],
    ["another method", JSON.stringify({ method: "add_order", params: {} }), "error", "Malformed request"],
    ["an unknown channel", JSON.stringify(subscribe("level9")), "subscribe", "Subscription name invalid"],
    [
      "another depth",
      JSON.stringify(subscribe("book", { symbol: [symbol], depth: 7 })),
      "subscribe",
      "Subscription depth not supported"
    ],
    [
      "another interval",
      JSON.stringify(subscribe("ohlc", { symbol: [symbol], interval: 2 })),
      "subscribe",
      "Subscription ohlc interval not supported"
    ],
    [
      "a private channel",
      JSON.stringify(subscribe("executions", { token: "x" })),
      "subscribe",
      "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
    ]
  ])("refuses %s", (_, text, method, error) => {
    const [only, more] = connect().sendText(text)
    assert.isUndefined(more)
    if (only === undefined || only === "cut") return assert.fail("no answer")
    assert.deepInclude(JSON.parse(only.text), { method, error, success: false })
  })

  it("refuses a second subscription to the same", () => {
    const { send } = connect()
    send(subscribe("book", { symbol: [symbol] }))
    assert.deepInclude(send(subscribe("book", { symbol: [symbol] }))[0], {
      success: false,
      error: "Already subscribed"
    })
  })

  it("moves its market to a price on request", () => {
    const { pass, rest, send } = connect()
    send(subscribe("ticker", { symbol: [symbol] }))
    const before = read(rest, "OHLC", "pair=XBTUSD&interval=1").slice(0, -1)
    assert.deepStrictEqual(admin(rest, "/admin/price", { pair: "XBTUSD", price: "150000" }), {
      error: [],
      result: { pair: "XXBTZUSD", price: "150000.0" }
    })
    const [{ data }] = pass(0)
    assert.isBelow(data[0].bid, 150_000)
    assert.isAbove(data[0].ask, 150_000)
    assert.approximately(data[0].last, 150_000, 10)
    assert.deepStrictEqual(read(rest, "OHLC", "pair=XBTUSD&interval=1").slice(0, -1), before)
    const [later] = pass(5000)
    assert.approximately(later.data[0].last, 150_000, 1500)
    assert.strictEqual(admin(rest, "/admin/price", { pair: "XBTUSD", price: "+5" }).error.length, 1)
    assert.strictEqual(admin(rest, "/admin/price", { pair: "NOPE", price: "5" }).error.length, 1)
  })
})
