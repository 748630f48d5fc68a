import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import * as Account from "../../src/tools/account/tools.ts"
import * as Books from "../../src/tools/market/orderBooks.ts"
import * as Exports from "../../src/tools/account/exports.ts"
import * as Market from "../../src/tools/market/tools.ts"
import * as Cancelling from "../../src/tools/trading/cancelOrders.ts"
import * as Changing from "../../src/tools/trading/changeOrders.ts"
import * as Placing from "../../src/tools/trading/placeOrders.ts"
import * as Reads from "../../src/tools/trading/readTools.ts"
import * as WebSocket from "../../src/tools/trading/webSocketToken.ts"
import { type Json, parse, makeTestExchange } from "../doubles/TestExchange.ts"
import { backends, exchangeOf, use } from "./backends.ts"
import { objects } from "./tables.ts"

/** The tools as a model uses them, with the product's writer, on a simulated exchange. */
describe("a day of", () => {
  it.effect("watching: what there is, what it costs, who trades", () => {
    const v = makeTestExchange({ market: syntheticMarket() })
    return Effect.gen(function* () {
      assert.strictEqual((yield* use(Market.getSystemStatus)).status, "online")
      assert.isNumber((yield* use(Market.getServerTime)).unixtime)
      yield* use(Market.getMaintenanceSchedule)
      const { assets, next_cursor } = yield* use(Market.getAssets, { limit: 3, fields: ["id"] })
      const { assets: others } = yield* use(Market.getAssets, { limit: 3, fields: ["id"], cursor: next_cursor })
      assert.notInclude(
        others.map(({ id }: Json) => id),
        assets[2].id
      )
      const { pairs } = yield* use(Market.getAssetPairs, { pair: ["btc-usd", "ETH/USD"] })
      assert.deepInclude(pairs[1], { pair: "BTC/USD", base: "BTC", quote: "USD", status: "online" })
      assert.match(pairs[1].ordermin, /^0\.0/)
      const { pairs: margin } = yield* use(Market.getAssetPairs, { pair: "BTC/USD", info: "leverage" })
      assert.hasAllKeys(margin[0], ["pair", "leverage_buy", "leverage_sell"])

      v.ok("AddOrder", parse("buy 0.01 market"))
      v.wait(120)
      const [ticker] = objects(yield* use(Market.getTicker, { pair: "BTC/USD" }), "tickers")
      assert.strictEqual(ticker.pair, "BTC/USD")
      assert.isAbove((yield* use(Market.getTicker)).tickers.length, 1)
      assert.strictEqual((yield* use(Market.getOhlc, { pair: "BTC/USD", limit: 1 })).rows[0].length, 6)
      const { last, rows } = yield* use(Market.getRecentTrades, { pair: "BTC/USD", count: 2 })
      assert.include(["buy", "sell"], rows[0][3])
      assert.match(last, /^\d{19}$/)
      assert.lengthOf((yield* use(Market.getRecentTrades, { pair: "BTC/USD", since: last })).rows, 0)
      yield* use(Market.getRecentSpreads, { pair: "BTC/USD" })
      const { asks, bids } = yield* use(Books.getOrderBook, { pair: "BTC/USD", count: 5 })
      assert.isBelow(Number(bids[0][0]), Number(asks[0][0]))
      assert.strictEqual((yield* use(Books.getGroupedOrderBook, { pair: "BTC/USD", grouping: 10 })).grouping, 10)
      assert.strictEqual((yield* use(Books.getPreTradeData, { pair: "BTC/USD" })).pair, "BTC/USD")
      const { trades } = yield* use(Books.getPostTradeData, { pair: "BTC/USD", count: 1 })
      assert.strictEqual(trades[0][1], "BTC/USD")
    }).pipe(Effect.provide(exchangeOf(v)))
  })

  it.effect("keeping accounts: what there is, what changed it, and a file of all", () => {
    const v = makeTestExchange()
    v.order("sell 1 market")
    v.order("sell 2 limit 60000")
    return Effect.gen(function* () {
      const { balances } = yield* use(Account.getAccountBalance)
      assert.deepInclude(balances, { asset: "BTC", balance: "9" })
      const extended = yield* use(Account.getExtendedBalance)
      assert.deepInclude(
        extended.balances.find(({ asset }: Json) => asset === "BTC"),
        { hold_trade: "2", available: "7" }
      )
      const worth = yield* use(Account.getTradeBalance, { asset: "EUR" })
      assert.strictEqual(worth.asset, "EUR")
      const { fees } = yield* use(Account.getTradeVolume, { pair: ["BTC/USD"], fee_schedule: true })
      assert.strictEqual(fees[0].pair, "BTC/USD")
      assert.isAbove(Number(fees[0].taker.fee), Number(fees[0].maker.fee))

      const { count, entries, next_cursor } = yield* use(Account.getLedgers, { limit: 1, detail: "full" })
      assert.strictEqual(next_cursor, "1")
      assert.strictEqual(count, 4)
      const again = yield* use(Account.queryLedgers, { id: [entries[0].id], detail: "full" })
      assert.deepStrictEqual(again.entries, entries)
      assert.isFalse((yield* use(Account.getCreditLines)).credit_line)
      assert.isAbove((yield* use(Account.getApiKeyInfo)).permissions.length, 0)
      assert.strictEqual((yield* use(Account.listWalletAccounts)).accounts[0].type, "main")

      const about = { report: "ledgers", description: "All", fields: ["time", "asset", "amount"] }
      const { id } = yield* use(Exports.requestExportReport, about)
      v.wait(10)
      const { reports } = yield* use(Exports.getExportStatus, { report: "ledgers" })
      assert.deepInclude(reports[0], { id, descr: "All", status: "Processed" })
      assert.deepInclude(yield* use(Exports.retrieveExport, { id, as: "zip" }), { uri: `kraken://exports/${id}.zip` })
      const { columns, rows } = yield* use(Exports.retrieveExport, { id, as: "rows" })
      assert.deepStrictEqual(columns, ["txid", ...about.fields])
      assert.lengthOf(rows, count)
      assert.isTrue((yield* use(Exports.removeExport, { id })).removed)
    }).pipe(Effect.provide(exchangeOf(v)))
  })

  it.effect("trading: place, look, amend, edit, cancel, trade, and read it all back", () => {
    const v = makeTestExchange()
    return Effect.gen(function* () {
      const buy = { pair: "btc/usd", type: "buy", ordertype: "limit", volume: "0.5", price: "49000" }
      assert.isTrue((yield* use(Placing.addOrder, { ...buy, validate: true })).validated)
      assert.strictEqual((yield* use(Reads.getOpenOrders)).count, 0)

      const placed = yield* use(Placing.addOrder, { ...buy, oflags: ["post"] })
      const [txid] = placed.txid
      assert.match(placed.cl_ord_id, /^[\da-f-]{36}$/)
      const { orders } = yield* use(Reads.getOpenOrders)
      assert.deepInclude(orders[0], { txid, pair: "BTC/USD", cl_ord_id: placed.cl_ord_id, price: "49000" })

      yield* use(Changing.amendOrder, { txid, pair: "BTC/USD", limit_price: "49100", order_qty: "0.6" })
      const { amends } = yield* use(Reads.getOrderAmends, { txid })
      assert.strictEqual(amends.length, 2)
      assert.deepInclude(amends[0], { amend_type: "user", limit_price: "49100.0" })
      assert.strictEqual((yield* use(Cancelling.cancelOrder, { txid })).count, 1)

      const batch = yield* use(Placing.addOrderBatch, {
        pair: "BTC/USD",
        orders: [
          { type: "sell", ordertype: "market", volume: "0.25" },
          { type: "sell", ordertype: "limit", volume: "0.1", price: "60000", userref: 7 },
          {
            type: "sell",
            ordertype: "limit",
            volume: "0.1",
            price: "61000",
            close: { ordertype: "limit", price: "50000" }
          }
        ]
      })
      assert.strictEqual(batch.orders.length, 3)
      const edited = yield* use(Changing.editOrder, { txid: batch.orders[1].txid, pair: "BTC/USD", price: "60500" })
      assert.notStrictEqual(edited.txid, batch.orders[1].txid)
      const { orders: found } = yield* use(Reads.queryOrders, {
        txid: [edited.txid, batch.orders[0].txid],
        trades: true
      })
      assert.sameMembers(
        found.map(({ status }: Json) => status),
        ["open", "closed"]
      )

      const [trade] = objects(yield* use(Reads.getTradeHistory, { start: "2026-09-21T08:59:59Z" }), "trades")
      assert.deepInclude(trade, { pair: "BTC/USD", type: "sell" })
      assert.strictEqual((yield* use(Reads.queryTrades, { txid: trade.txid })).trades[0].vol, "0.25")

      yield* use(Cancelling.cancelOrderBatch, { orders: [edited.txid, batch.orders[2].txid] })
      const closed = yield* use(Reads.getClosedOrders, { limit: 2 })
      assert.strictEqual(closed.orders.length, 2)
      assert.strictEqual(closed.next_cursor, "2")
      const rest = yield* use(Reads.getClosedOrders, { cursor: closed.next_cursor })
      assert.strictEqual(rest.orders.length, closed.count - 2)
    }).pipe(Effect.provide(exchangeOf(v)))
  })

  it.effect("care: the switch, all orders, the book by order, the token", () => {
    const v = makeTestExchange()
    return Effect.gen(function* () {
      const { triggerTime } = yield* use(Cancelling.cancelAllOrdersAfter, { timeout: 60 })
      assert.notStrictEqual(triggerTime, "0")
      yield* use(Cancelling.cancelAllOrdersAfter, { timeout: 0 })
      yield* use(Placing.addOrder, { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "1", price: "#2%" })
      const book = yield* use(Reads.getLevel3OrderBook, { pair: "BTC/USD", depth: 10, detail: "full" })
      assert.match(book.bids[0].timestamp, /^2026-09-21T/)
      assert.deepStrictEqual(yield* use(Cancelling.cancelAllOrders), { count: 1 })
      assert.isString((yield* use(WebSocket.getWebsocketsToken)).token)
    }).pipe(Effect.provide(exchangeOf(v)))
  })
})

describe("an order with an own id", () => {
  for (const [name, backend] of Object.entries(backends))
    it.effect(`is found by it, open and closed, ${name}`, () =>
      backend(() =>
        Effect.gen(function* () {
          const order = { pair: "BTC/USD", side: "sell", type: "limit", quantity: 1, price: 200000, cl_ord_id: "mine1" }
          const { txid } = yield* use(Placing.addOrder, order)
          const open = yield* use(Reads.queryOrders, { cl_ord_id: "mine1" })
          assert.deepInclude(open.orders[0], { txid: txid[0], status: "open", cl_ord_id: "mine1" })
          yield* use(Cancelling.cancelOrder, { client_order_id: "mine1" })
          const closed = yield* use(Reads.queryOrders, { client_order_id: "mine1" })
          assert.deepInclude(closed.orders[0], { txid: txid[0], status: "canceled" })
          const other = yield* use(Reads.queryOrders, { cl_ord_id: "other" })
          assert.deepInclude(other, { orders: [], missing: ["other"] })
        })
      )
    )
})
