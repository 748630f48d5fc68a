import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { objects } from "../tools/tables.ts"

type Json = ReturnType<typeof JSON.parse>

/** The methods that both clients have. */
export interface AnyClient {
  readonly listTools: () => Promise<{ readonly tools: ReadonlyArray<{ readonly name: string }> }>
  readonly callTool: (call: { readonly name: string; readonly arguments: Record<string, unknown> }) => Promise<Json>
}

/** Calls every tool on an account with dollars, Bitcoin and Ether. `pass` moves the clock of its exchange by seconds. */
export const useEveryTool = Effect.fnUntraced(function* (
  client: AnyClient,
  pass: (seconds: number) => Effect.Effect<void>
) {
  const { tools } = yield* Effect.promise(() => client.listTools())
  const left = new Set(tools.map(({ name }) => name))

  /** Calls a tool. The SDK's client checks the answer against the tool's output schema, and fails if it does not match. */
  const use = (name: string, args: Record<string, unknown> = {}) =>
    Effect.promise(() => client.callTool({ name, arguments: args })).pipe(
      Effect.map((result): Json => {
        assert.isNotTrue(result.isError, `${name}: ${JSON.stringify(result.content)}`)
        left.delete(name)
        return result.structuredContent
      })
    )

  yield* use("get_trading_mode")
  yield* use("get_my_mandate")

  // The market.
  const pair = "BTC/USD"
  yield* use("get_server_time")
  yield* use("get_system_status")
  yield* use("get_maintenance_schedule")
  yield* use("get_assets", { asset: ["BTC"] })
  yield* use("get_asset_pairs", { pair: [pair] })
  yield* use("get_ticker", { pair: [pair, "eth/usd"] })
  assert.isTrue((yield* use("wait_for_price", { pair, above: "1" })).reached)
  yield* use("get_ohlc", { pair, interval: 60 })
  yield* use("get_order_book", { pair, count: 5, volume: "0.1" })
  yield* use("get_recent_trades", { pair, count: 5 })
  yield* use("get_recent_spreads", { pair })
  yield* use("get_grouped_order_book", { pair })
  yield* use("get_pre_trade_data", { pair })
  yield* use("get_post_trade_data", { pair, count: 5 })

  // Orders.
  const { asks, bids } = yield* use("get_order_book", { pair, count: 5 })
  assert.isAbove(Number(asks[0][0]), Number(bids[0][0]))
  const low = String(Math.floor(Number(bids[0][0]) * 0.8))
  const order = { pair, type: "buy", ordertype: "limit", volume: "0.01", price: low }
  const preview = yield* use("preview_order", order)
  assert.deepInclude(preview, { happens: "rest", filled: "0" })
  const checked = yield* use("add_order", { ...order, validate: true })
  assert.deepInclude(checked.preview, { happens: "rest", filled: "0" })
  const first = yield* use("add_order", order)
  assert.isFalse((yield* use("wait_for_orders", { txid: first.txid, timeout_s: 0 })).done)
  yield* use("amend_order", { txid: first.txid[0], order_qty: "0.02" })
  yield* use("get_order_amends", { txid: first.txid[0] })
  yield* use("cancel_order", { txid: first.txid[0] })
  const other = { type: "buy", ordertype: "limit", volume: "0.01", price: low, userref: 7 }
  const batch = yield* use("add_order_batch", { pair, orders: [other, { ...other, volume: "0.03" }] })
  const edited = yield* use("edit_order", { txid: batch.orders[0].txid, pair, price: String(Number(low) - 1) })
  yield* use("query_orders", { txid: [edited.txid] })
  yield* use("get_open_orders")
  yield* use("get_activity")
  yield* use("cancel_order_batch", { orders: [edited.txid, batch.orders[1].txid] })
  yield* use("add_order", { pair, type: "buy", ordertype: "market", volume: "0.01" })
  const [trade] = objects(yield* use("get_trade_history", { pair }), "trades")
  yield* use("query_trades", { txid: [trade.txid] })
  yield* use("get_closed_orders", { pair, detail: "full" })
  yield* use("get_open_positions")
  yield* use("get_level3_order_book", { pair, depth: 10 })
  yield* use("cancel_all_orders_after", { timeout: 0 })
  yield* use("cancel_all_orders")

  // The account.
  yield* use("get_account_balance")
  yield* use("get_extended_balance")
  yield* use("get_trade_balance")
  yield* use("get_trade_volume", { pair: [pair] })
  const { entries } = yield* use("get_ledgers", { detail: "full" })
  yield* use("query_ledgers", { id: [entries[0].id] })
  yield* use("get_credit_lines")
  yield* use("get_api_key_info")
  yield* use("list_wallet_accounts")
  const report = yield* use("request_export_report", { report: "trades", description: "all" })
  yield* use("get_export_status", { report: "trades" })
  yield* pass(10)
  yield* use("retrieve_export", { id: report.id })
  yield* use("remove_export", { id: report.id })

  // The portfolio.
  yield* use("get_portfolio")
  yield* use("get_pnl", { since: "-1d" })
  yield* use("get_fee_schedule")
  assert.isAbove((yield* use("get_chart", { pair })).candles, 0)
  yield* use("plan_rebalance", { targets: { BTC: "50%" } })

  // Funds.
  const { methods } = yield* use("get_deposit_methods", { asset: "BTC" })
  yield* use("get_deposit_addresses", { asset: "BTC", method: methods[0].method, new: true })
  yield* use("get_deposit_status", { asset: "BTC" })
  yield* use("get_withdrawal_methods", { asset: "BTC" })
  const { addresses } = yield* use("get_withdrawal_addresses", { asset: "BTC" })
  const out = { asset: "BTC", key: addresses[0].key, amount: "0.5" }
  yield* use("get_withdrawal_info", out)
  const { refid } = yield* use("withdraw", out)
  yield* use("get_withdrawal_status", { asset: "BTC" })
  yield* use("cancel_withdrawal", { asset: "BTC", refid })
  yield* use("wallet_transfer", {
    asset: "BTC",
    from_wallet: "Spot Wallet",
    to_wallet: "Futures Wallet",
    amount: "0.1"
  })
  const { strategies } = yield* use("list_earn_strategies", { asset: "ETH" })
  const strategy_id = strategies[0].id
  yield* use("allocate_earn", { strategy_id, amount: "2" })
  yield* use("get_earn_allocation_status", { strategy_id })
  yield* use("list_earn_allocations")
  yield* use("get_earn_deallocation_status", { strategy_id })
  yield* pass(10)
  yield* use("deallocate_earn", { strategy_id, amount: "1" })
  yield* use("create_subaccount", { username: "desk2", email: "desk2@example.com" })
  const { accounts } = yield* use("list_wallet_accounts")
  const [from_account, to_account] = accounts.map(({ account_id }: Json) => account_id)
  yield* use("account_transfer", { asset: "BTC", amount: "0.1", from_account, to_account })
  yield* use("get_websockets_token")

  const alert = yield* use("create_alert", { kind: "price", pair, above: "1" })
  const { fired } = yield* use("wait_for_alert", { timeout_s: 45 })
  assert.deepInclude(fired[0], { id: alert.id, state: "fired", bound: "above" })
  assert.lengthOf((yield* use("list_alerts")).alerts, 1)
  assert.isTrue((yield* use("delete_alert", { id: alert.id })).deleted)

  // Nothing here needs a person, so that there is no approval to get.
  const missing = yield* Effect.promise(() => client.callTool({ name: "get_approval", arguments: { id: 1 } }))
  assert.isTrue(missing.isError)
  assert.include(missing.content[0].text, "no such approval")
  left.delete("get_approval")

  // The last one, since no write works after it.
  yield* use("freeze_my_token", { reason: "the end of the test" })

  assert.deepStrictEqual([...left], [])
})
