/** A request that a user selects from a menu. Its text instructs the model, which calls the tools. */
export interface Prompt {
  readonly name: string
  readonly title: string
  readonly description: string
  /** The tools that it requires. */
  readonly tools: ReadonlyArray<string>
  readonly arguments: ReadonlyArray<{
    readonly name: string
    readonly description: string
    readonly required: boolean
    /** True if values are completed from Kraken's pairs. */
    readonly isPair?: true
  }>
  readonly text: (given: { readonly [name: string]: string }) => string
}

export const prompts: ReadonlyArray<Prompt> = [
  {
    name: "portfolio_review",
    title: "Portfolio review",
    description: "Holdings of the account, their value and their concentration",
    tools: ["get_extended_balance", "get_trade_balance", "get_ticker"],
    arguments: [{ name: "currency", description: "Currency to value in, e.g. USD or EUR", required: false }],
    text: ({ currency = "USD" }) =>
      `Review my Kraken account. Call get_extended_balance, get_trade_balance (asset ${currency}) and, if available, ` +
      "get_open_orders and list_earn_allocations; value each holding with get_ticker against " +
      `${currency}. Show one table: asset, amount, value in ${currency}, share of the whole, held by orders, earning. Then say ` +
      "in a few sentences what is concentrated, idle or at risk. Keep amounts as the decimal strings you got; do not place, " +
      "change or cancel anything."
  },
  {
    name: "pre_trade_checklist",
    title: "Pre-trade checklist",
    description: "Checks before an order on a pair, with a validation that places nothing",
    tools: [
      "get_system_status",
      "get_asset_pairs",
      "get_order_book",
      "get_ticker",
      "get_extended_balance",
      "get_trade_volume",
      "get_open_orders",
      "add_order"
    ],
    arguments: [
      { name: "pair", description: "e.g. BTC/USD", required: true, isPair: true },
      { name: "order", description: "What you want to do, e.g. buy 0.01 at 60000", required: true }
    ],
    text: ({ order = "", pair = "" }) =>
      `I want to: ${order} (${pair}). Before anything is placed, check: get_system_status; get_asset_pairs for ${pair} (status, ` +
      "tick size, minima); get_order_book and get_ticker (spread, depth at my size, expected slippage); get_extended_balance " +
      "(is it available?); get_trade_volume (fee of this order in quote currency); get_open_orders (does one already do this?). " +
      "Then call add_order with validate: true. Report each point in a line, then the exact order you would send, and wait " +
      "for my confirmation."
  },
  {
    name: "order_post_mortem",
    title: "Order post-mortem",
    description: "History of an order and the reason for its outcome",
    tools: ["query_orders", "get_order_amends", "query_trades", "get_ohlc"],
    arguments: [{ name: "txid", description: "Kraken's order id, e.g. OUF4EM-FRGI2-MQMWZD", required: true }],
    text: ({ txid = "" }) =>
      `Explain what happened to order ${txid}. Call query_orders with trades: true, get_order_amends, query_trades for its ` +
      "fills and get_ohlc around its time. Show a timeline, the average price against the market then, fees in percent of " +
      "cost, and why it ended as it did (reason). Say what could be done better next time."
  },
  {
    name: "tax_year_export",
    title: "Tax-year export",
    description: "Reports of all trades and ledger entries of a year",
    tools: ["request_export_report", "get_export_status", "retrieve_export"],
    arguments: [{ name: "year", description: "e.g. 2025", required: true }],
    text: ({ year = "" }) =>
      `Get my Kraken history of ${year} for the tax return. Call request_export_report twice, for trades and for ledgers, with ` +
      `starttm ${year}-01-01T00:00:00Z and endtm one second before the next year begins, format CSV. Poll get_export_status ` +
      "until both are Processed, then give me both files with retrieve_export (as: zip; one that is too large page by page), and their number of " +
      "rows. This is no tax advice."
  }
]
