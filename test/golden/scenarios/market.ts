import { garbage, html, reply, tooManyRequests } from "../../doubles/fake/Faults.ts"
import type { Scenarios } from "../transcript.ts"
import { faults, refused } from "./given.ts"

const pair = "BTC/USD"

export const market: Readonly<Record<string, Scenarios>> = {
  get_server_time: { "it answers": {} },
  get_system_status: { "it answers": {} },
  get_maintenance_schedule: { "it answers": {} },
  get_assets: {
    "the first of all": { args: { limit: 2 } },
    "one by its name": { args: { asset: ["btc"], limit: 1 } },
    "a name that does not exist": { args: { asset: ["BTX"] }, given: refused("public/Assets", "EQuery:Unknown asset") }
  },
  get_asset_pairs: {
    "the first of all": { args: { limit: 2 } },
    "one by its name": { args: { pair: ["xbt/usd"], limit: 1 } }
  },
  get_ticker: {
    "it answers": { args: { pair: [pair] } },
    "a process that has asked nothing yet": { args: { pair: [pair] }, cold: true },
    "without an API key": { args: { pair: [pair] }, key: "missing" },
    "a pair that does not exist": {
      args: { pair: ["BTX/USD"] },
      given: refused("public/Ticker", "EQuery:Unknown asset pair")
    },
    "too many calls of this address": { args: { pair: [pair] }, given: faults("public/Ticker", tooManyRequests) },
    "a page of the proxy, three times": {
      args: { pair: [pair] },
      given: faults("public/Ticker", html(), html(), html())
    },
    "half an answer, then a whole one": { args: { pair: [pair] }, given: faults("public/Ticker", garbage()) },
    "an answer of another shape": {
      args: { pair: [pair] },
      given: faults("public/Ticker", reply(200, `{"error":[],"result":{"XXBTZUSD":{"a":1}}}`))
    },
    "arguments that are none": { args: { pair: 7, limit: 0, sort: "up" } }
  },
  wait_for_price: {
    "a price that is reached": { args: { pair, above: "1" } },
    "a price that is not reached": { args: { pair, above: "1000000", below: "1", timeout_s: 7 } },
    "a pair that does not exist": {
      args: { pair: "BTX/USD", above: "1" },
      given: refused("public/Ticker", "EQuery:Unknown asset pair")
    },
    "arguments that are none": { args: { pair, timeout_s: 60 } }
  },
  get_ohlc: { "it answers": { args: { pair, interval: "60", since: "2025-10-20T09:00:00Z", limit: 2 } } },
  get_order_book: { "it answers": { args: { pair, count: 2 } } },
  get_recent_trades: { "it answers": { args: { pair, since: "1761000000000000001", count: 2 } } },
  get_recent_spreads: { "it answers": { args: { pair, limit: 1 } } },
  get_grouped_order_book: { "it answers": { args: { pair, depth: 10, grouping: 100 } } },
  get_pre_trade_data: { "it answers": { args: { pair: "XXBTZUSD" } } },
  get_post_trade_data: {
    "it answers": { args: { pair, from_ts: "2025-09-21T09:00:00Z", to_ts: "2025-09-21T10:00:00Z", count: 1 } }
  }
}
