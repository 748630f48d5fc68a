import {
  delayAfter,
  dropBefore,
  html,
  invalidNonce,
  redirect,
  unreachable,
  warning
} from "../../doubles/fake/Faults.ts"
import { Option } from "effect"
import { filled } from "../answers.ts"
import type { Scenarios } from "../transcript.ts"
import { all, answered, faults, first, lost, open, refused } from "./given.ts"

const balance = "private/Balance"

/** Scenarios of the account's tools, and of those that read orders and trades. */
export const account: Readonly<Record<string, Scenarios>> = {
  get_trading_mode: { "it answers": {}, "without an API key": { key: "missing" } },
  get_activity: { "it answers": {} },
  get_my_mandate: {
    "it answers": {},
    "limits of the server": {
      settings: {
        serverLimits: Option.some({
          spending: { currency: "USD", max: { day: "1000" } },
          ask: { kinds: ["funds"] }
        })
      }
    }
  },
  create_alert: {
    "a price": { args: { kind: "price", pair: "BTC/USD", above: "120000" } },
    "an order that is not open": { args: { kind: "fill", txid: "OQCLML-BW3P3-BUCMWZ" } },
    "arguments that are none": { args: { kind: "balance", pair: "BTC/USD", days: 99 } }
  },
  list_alerts: { "it answers that there are none": {} },
  delete_alert: { "it answers that there is none": { args: { id: 7 } } },
  wait_for_alert: { "it answers that none waits": {} },
  get_approval: { "it answers that there is none": { args: { id: 7 } } },
  freeze_my_token: { "it answers": { args: { reason: "odd orders" } } },
  get_account_balance: {
    "it answers": {},
    "a process that has asked nothing yet": { cold: true },
    "without an API key": { key: "missing" },
    "a key with a password": { key: "otp" },
    "a key that is not known": { given: refused(balance, "EAPI:Invalid key") },
    "a signature that is wrong": { given: refused(balance, "EAPI:Invalid signature") },
    "a nonce that is refused once": { given: faults(balance, invalidNonce) },
    "a nonce that is refused each time": { given: faults(balance, invalidNonce, invalidNonce, invalidNonce) },
    "a permission that the key lacks": { key: "none" },
    "a permission that Kraken says is missing": { given: refused(balance, "EGeneral:Permission denied") },
    "the counter of the key is exhausted": { given: refused(balance, "EAPI:Rate limit exceeded") },
    "the key is locked out": { given: refused(balance, "EGeneral:Temporary lockout") },
    "too many at once": { given: refused(balance, "EService:Throttled: 1767225610") },
    "Kraken is away, three times": {
      given: all(...Array.from({ length: 3 }, () => refused(balance, "EService:Unavailable")))
    },
    "the connection breaks once": { given: faults(balance, dropBefore) },
    "there is no connection": { given: faults(balance, unreachable, unreachable, unreachable) },
    "no answer in time": { given: faults(balance, delayAfter(40_000)) },
    "a page of the proxy, three times": { given: faults(balance, html(), html(), html(520)) },
    "a redirection": { given: faults(balance, redirect("https://example.com/"), redirect("/"), redirect("/")) },
    "words that nobody knows": { given: refused(balance, "EFuture:Not invented yet") },
    "a warning beside the answer": { given: faults(balance, warning("WGeneral:Deprecated")) },
    "an answer of another shape": { given: answered(balance, null) }
  },
  get_extended_balance: {
    "it answers": {},
    "Kraken does not know it": { given: refused("private/BalanceEx", "EGeneral:Unknown method") }
  },
  get_trade_balance: { "it answers": { args: { asset: "usd" } } },
  get_trade_volume: { "it answers": { args: { pair: ["BTC/USD"], fee_schedule: true } } },
  get_portfolio: { "it answers": {}, "a key that reads no ledger": { key: "none" } },
  get_pnl: { "it answers": { args: { since: "-365d", method: "lifo" } } },
  get_chart: {
    "it answers": { args: { pair: "xbtusd", interval: "1h", since: "-30d" } },
    "a key that reads no orders": { key: "none", args: { pair: "BTC/USD" } }
  },
  get_fee_schedule: { "it answers": { args: { pair: "BTC/USD" } } },
  plan_rebalance: {
    "it answers": { args: { targets: { BTC: "50%", ETH: "10%" }, min_trade: "20" } },
    "shares that are none": { args: { targets: { BTC: "0.5" }, min_trade: "-1" } }
  },
  get_ledgers: {
    "it answers": {
      args: {
        asset: ["BTC", "usd"],
        type: "trade",
        start: "2025-10-09T08:53:20Z",
        ofs: 0,
        without_count: true,
        limit: 5
      }
    },
    "arguments that are none": { args: { type: "swap", ofs: -1, limit: 51 } }
  },
  query_ledgers: { "it answers": { args: { id: ["LABCDE-12345-FGHIJK"] } } },
  get_credit_lines: { "it answers": {}, "there is none": { given: answered("private/CreditLines", null) } },
  get_api_key_info: { "it answers": {}, "a key that has expired": { key: "expired" } },
  list_wallet_accounts: { "it answers": {} },
  request_export_report: {
    "it is begun": {
      args: {
        report: "trades",
        description: "October trades",
        fields: ["time", "price"],
        starttm: "2025-10-01T00:00:00Z",
        endtm: "1761000000"
      }
    },
    "Kraken refuses": {
      args: { report: "trades", description: "x" },
      given: refused("private/AddExport", "EExport:Too many reports")
    },
    "the answer is lost": { args: { report: "trades", description: "x" }, given: lost("private/AddExport") }
  },
  get_export_status: { "it answers": { args: { report: "trades" } } },
  retrieve_export: {
    "a file": { args: { id: "TCJA" } },
    "its rows": { args: { id: "TCJA", as: "rows", offset: 1, limit: 1 } },
    "a file that is not there": {
      args: { id: "GONE" },
      given: refused("private/RetrieveExport", "EExport:Not ready")
    }
  },
  remove_export: {
    "it is removed": { args: { id: "TCJA" } },
    "Kraken refuses": { args: { id: "TCJA" }, given: refused("private/RemoveExport", "EExport:Not ready") },
    "the answer is lost": { args: { id: "TCJA", type: "cancel" }, given: lost("private/RemoveExport") }
  },
  get_open_orders: {
    "it answers": { args: { trades: true, limit: 1 }, given: all(open(), open({ userref: "7", volume: "1" })) },
    "an answer of another shape": { given: answered("private/OpenOrders", { count: 0 }) }
  },
  get_closed_orders: {
    "it answers": {
      args: { start: "2025-10-01", end: "2025-11-01T00:00:00Z", closetime: "close", ofs: 0, limit: 5 },
      given: answered("private/ClosedOrders", { closed: filled, count: 1 })
    }
  },
  query_orders: {
    "it answers": { args: { txid: [first], trades: true }, given: open() },
    "an order that does not exist": { args: { txid: ["OGONE1-GONE2-GONE33"] } }
  },
  get_trade_history: { "it answers": { args: { type: "all", trades: true, ledgers: true, limit: 5 } } },
  query_trades: { "it answers": { args: { txid: ["TZX2WP-XSEOP-FP7WYR"] } } },
  get_open_positions: { "it answers": { args: { docalcs: true } } },
  get_order_amends: { "it answers": { args: { txid: first }, given: open() } },
  get_level3_order_book: { "it answers": { args: { pair: "btc/usd", depth: 10 } } }
}
