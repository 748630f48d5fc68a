import { Effect } from "effect"
import { pairRow } from "../../exchange/listing.ts"
import type { Call } from "../../doubles/fake/Journal.ts"
import { assetPairs, assets } from "../../doubles/fake/Market.ts"
import { makeFakeKraken } from "../../doubles/FakeKraken.ts"
import { asset } from "../../fixtures/krakenLists.ts"

type Json = ReturnType<typeof JSON.parse>

/** Operations that a history is made with: one account's tools, its clock and its deposits. */
interface Operations<R = never> {
  /** Calls a tool and returns its structured content. Dies if the tool fails. */
  readonly use: (tool: string, args?: object) => Effect.Effect<Json, never, R>
  /** Calls a tool and expects a refusal. */
  readonly refused: (tool: string, args: object) => Effect.Effect<unknown, never, R>
  readonly pass: (seconds: number) => Effect.Effect<void>
  /** Deposits as `mcp-kraken paper deposit` does. */
  readonly deposit: (asset: string, amount: string) => Effect.Effect<void>
}

const pair = "BTC/USD"

/**
 * Makes a small history of an account with dollars, Bitcoin and Ether: every command that a journal keeps, in every
 * form, and some refused ones. Orders, a withdrawal and an allocation stay open.
 */
export const makeHistory = Effect.fnUntraced(function* <R>({ deposit, pass, refused, use }: Operations<R>) {
  yield* use("get_account_balance")
  yield* deposit("USD", "25000")
  const { bids } = yield* use("get_order_book", { pair, count: 1 })
  const near = (share: number) => String(Math.round(Number(bids[0][0]) * share))
  const buy = { pair, type: "buy", ordertype: "limit", volume: "0.01" }

  // Orders that trade.
  yield* use("add_order", { pair, type: "buy", ordertype: "market", volume: "0.05", userref: 7 })
  yield* use("add_order", { pair: "ETH/USD", type: "sell", ordertype: "market", volume: "1.5", oflags: "fcib" })
  yield* use("add_order", { ...buy, price: near(1.05), timeinforce: "IOC", oflags: "fciq" })
  yield* use("add_order", { ...buy, price: near(0.9), userref: 6 })
  yield* use("cancel_all_orders")
  yield* pass(60)

  // Resting orders, which are then filled, changed or cancelled.
  const first = yield* use("add_order", { ...buy, price: near(0.8), cl_ord_id: "kept-one" })
  yield* use("amend_order", { txid: first.txid[0], order_qty: "0.02", limit_price: near(0.81) })
  yield* use("amend_order", { cl_ord_id: "kept-one", limit_price: near(0.82), post_only: true, pair })
  const iceberg = { ...buy, ordertype: "iceberg", volume: "1", displayvol: "0.1", price: near(0.7) }
  const hidden = yield* use("add_order", iceberg)
  yield* use("amend_order", { txid: hidden.txid[0], display_qty: "0.2", limit_price: near(0.71) })
  const stop = { pair, type: "sell", ordertype: "stop-loss-limit", volume: "0.02" }
  const stopped = { ...stop, price: near(0.75), price2: near(0.74), trigger: "last", userref: 8 }
  const { txid } = yield* use("add_order", stopped)
  yield* use("amend_order", { txid: txid[0], trigger_price: near(0.76) })
  yield* use("add_order", { ...stop, ordertype: "trailing-stop", price: "+10%" })
  yield* use("add_order", {
    ...buy,
    price: near(0.6),
    oflags: ["post"],
    timeinforce: "GTD",
    expiretm: "+86400",
    starttm: "+5",
    stptype: "cancel-both",
    close_ordertype: "stop-loss-limit",
    close_price: near(0.5),
    close_price2: near(0.49),
    validate: false
  })
  yield* pass(10)
  const other = { type: "buy", ordertype: "limit", volume: "0.01", price: near(0.65) }
  const batch = yield* use("add_order_batch", {
    pair,
    orders: [
      { ...other, userref: 9 },
      { ...other, cl_ord_id: "in-batch", oflags: "post" },
      { ...other, volume: "0.03" }
    ]
  })
  const [one, two] = batch.orders.map(({ txid }: Json) => txid)
  yield* use("edit_order", { txid: one, pair, price: near(0.64), volume: "0.015", oflags: "post", userref: 10 })
  yield* use("cancel_order", { txid: two })
  yield* use("cancel_order_batch", { orders: [batch.orders[2].txid], cl_ord_ids: ["in-batch"] })
  yield* use("cancel_order", { txid: "10" })
  yield* use("cancel_all_orders_after", { timeout: 3600 })
  yield* use("cancel_all_orders_after", { timeout: 0 })
  yield* refused("add_order", { ...buy, volume: "10000", price: near(0.9) })
  yield* refused("cancel_order", { txid: "OGONE1-GONE2-GONE33" })

  // Funds.
  yield* use("get_deposit_addresses", { asset: "BTC", method: "Bitcoin", new: true })
  const { addresses } = yield* use("get_withdrawal_addresses", { asset: "BTC" })
  const out = { asset: "BTC", key: addresses[0].key, amount: "0.25" }
  const given = yield* use("withdraw", out)
  yield* use("cancel_withdrawal", { asset: "BTC", refid: given.refid })
  yield* use("withdraw", { ...out, amount: "0.5", address: addresses[0].address, max_fee: "0.01" })
  yield* use("wallet_transfer", {
    asset: "BTC",
    from_wallet: "Spot Wallet",
    to_wallet: "Futures Wallet",
    amount: "0.1"
  })
  const { strategies } = yield* use("list_earn_strategies", { asset: "ETH" })
  const strategy_id = strategies[0].id
  yield* use("allocate_earn", { strategy_id, amount: "2" })
  yield* pass(10)
  yield* use("deallocate_earn", { strategy_id, amount: "0.5" })
  yield* use("create_subaccount", { username: "desk2", email: "desk2@example.com" })
  const { accounts } = yield* use("list_wallet_accounts")
  const [from_account, to_account] = accounts.map(({ account_id }: Json) => account_id)
  yield* use("account_transfer", { asset: "BTC", amount: "0.1", from_account, to_account })

  // Reports and tokens.
  const report = { report: "trades", description: "kept", format: "CSV", starttm: "0", endtm: "today" }
  yield* use("request_export_report", { ...report, fields: ["time", "price"] })
  const { id } = yield* use("request_export_report", { report: "ledgers", description: "gone" })
  yield* pass(10)
  yield* use("remove_export", { id, type: "delete" })
  yield* use("get_websockets_token")
})

/** Makes a history on a live market, with a pair that only Kraken's lists have. */
export const makeLiveHistory = Effect.fnUntraced(function* <R>({ use }: Pick<Operations<R>, "use">) {
  const order = { pair, type: "buy", volume: "0.2" }
  yield* use("add_order", { ...order, ordertype: "market" })
  yield* use("add_order", { ...order, ordertype: "limit", price: "90000.0", cl_ord_id: "kept-live" })
  yield* use("add_order", { pair: "USDC/USD", type: "buy", ordertype: "market", volume: "100" })
})

/** Makes a Kraken with the market of that history. */
export const makeMarket = () => {
  const fake = makeFakeKraken()
  const pairs: Record<string, unknown> = { ...assetPairs, USDCUSD: pairRow("USDC/USD", "USDC", "ZUSD", [4, 8]) }
  const known: Record<string, unknown> = { ...assets, USDC: asset("USDC", 8) }
  const ofClass =
    (field: string, rows: object) =>
    ({ params }: Call) =>
      params[field] === "tokenized_asset" ? {} : rows
  fake.answer("public/Assets", ofClass("aclass", known))
  fake.answer("public/AssetPairs", ofClass("aclass_base", pairs))
  const price = (name: unknown, share = 1) => {
    if (name === "USDCUSD") return share.toFixed(4)
    return String(name).includes("ETH") ? (4000 * share).toFixed(2) : (112_350 * share).toFixed(1)
  }
  const idOf = (name: unknown) => (name === "XBTUSD" ? "XXBTZUSD" : String(name))
  fake.answer("public/Depth", ({ now, params: { pair } }: Call) => {
    const level = (share: number) => [price(pair, share), "500", Math.floor(now / 1000)]
    return { [idOf(pair)]: { asks: [level(1.0001)], bids: [level(0.9999)] } }
  })
  fake.answer("public/Trades", ({ now, params: { pair } }: Call) => ({
    [idOf(pair)]: [[price(pair), "0.5", now / 1000 - 1, "b", "m", "", 1]],
    last: `${now - 1000}000000`
  }))
  return fake
}

const all = { detail: "full" }

/** Arguments of the tools that read an account's state. */
export const reads: Readonly<Record<string, object>> = {
  get_extended_balance: all,
  get_open_orders: all,
  get_closed_orders: all,
  get_trade_history: all,
  get_ledgers: all,
  get_deposit_status: all,
  get_withdrawal_status: all,
  list_earn_allocations: all,
  list_wallet_accounts: {},
  get_export_status: { report: "trades" }
}
