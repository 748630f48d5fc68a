/** Tools of the toolset `essential`, for clients with little room: at most 15. */
export const essential: ReadonlyArray<string> = [
  "get_portfolio",
  "get_ticker",
  "get_open_orders",
  "preview_order",
  "add_order",
  "amend_order",
  "cancel_order",
  "wait_for_orders",
  "get_trade_history",
  "get_ohlc",
  "cancel_all_orders",
  "get_trading_mode",
  "get_my_mandate",
  "get_approval",
  "freeze_my_token"
]

/**
 * Tools that come first in `tools/list`, in this order. Some clients take only the first 40. The others follow by
 * toolset.
 */
export const first: ReadonlyArray<string> = [
  ...essential,
  "get_extended_balance",
  "query_orders",
  "get_closed_orders",
  "get_asset_pairs",
  "get_order_book",
  "get_pnl",
  "plan_rebalance",
  "get_fee_schedule",
  "get_chart",
  "get_activity",
  "get_ledgers",
  "get_trade_balance",
  "get_open_positions",
  "get_trade_volume",
  "get_api_key_info",
  "get_system_status",
  "get_deposit_methods",
  "get_deposit_addresses",
  "get_deposit_status",
  "get_withdrawal_addresses",
  "get_withdrawal_info",
  "withdraw",
  "get_withdrawal_status",
  "list_earn_strategies",
  "list_earn_allocations"
]
