"""python-kraken-sdk 3.5 against the simulated exchange."""

from calls import KEY, SECRET, URL, Calls, only, steer
from kraken.spot import Earn, Funding, Market, Trade, User

calls = Calls("python-kraken-sdk", lambda answer: repr(answer) if isinstance(answer, Exception) else None)
market = Market(url=URL)
trade, user, funding, earn = (client(key=KEY, secret=SECRET, url=URL) for client in (Trade, User, Funding, Earn))
ok, refused = calls.ok, calls.refused

# Public data
ok("system status", market.get_system_status, lambda it: it["status"] == "online")
ok("assets", lambda: market.get_assets(assets=["BTC", "USD"]), lambda it: set(it) == {"XXBT", "ZUSD"})
ok("all assets", market.get_assets, lambda it: "XETH" in it)
ok("tokenized assets", lambda: market.get_assets(aclass="tokenized_asset"), lambda it: "AAPLx" in it)
ok("all pairs", market.get_asset_pairs, lambda it: "XXBTZUSD" in it)
ok("all tickers", market.get_ticker, lambda it: "XXBTZUSD" in it)
for name, id in [("BTCUSD", "XXBTZUSD"), ("DOGEUSD", "XDGUSD"), ("BTCEUR", "XXBTZEUR"), ("ETHBTC", "XETHXXBT")]:
    ok(f"pair {name}", lambda: market.get_asset_pairs(pair=name), lambda it: list(it) == [id])
    ok(f"ticker {name}", lambda: market.get_ticker(pair=name), lambda it: list(it) == [id])
    ok(f"candles {name}", lambda: market.get_ohlc(pair=name, interval=240), lambda it: len(it[id]) == 720)
    ok(f"book {name}", lambda: market.get_order_book(pair=name, count=10), lambda it: len(it[id]["bids"]) == 10)
    ok(f"trades {name}", lambda: market.get_recent_trades(pair=name, count=10), lambda it: len(it[id]) == 10)
    ok(f"spreads {name}", lambda: market.get_recent_spreads(pair=name), lambda it: it[id])
for interval in [1, 5, 15, 30, 60, 240, 1440, 10080, 21600]:
    candles = ok(f"candles of {interval}", lambda: market.get_ohlc(pair="XBTUSD", interval=interval))
    since = candles["XXBTZUSD"][-1][0] + 1
    ok(f"running candle of {interval}", lambda: market.get_ohlc(pair="XBTUSD", interval=interval, since=since), lambda it: len(it["XXBTZUSD"]) >= 1)

# The account
ok("balance", user.get_account_balance, lambda it: float(it["ZUSD"]) > 0)
ok("balances", user.get_balances, lambda it: "hold_trade" in it["ZUSD"])
ok("balance of one", lambda: user.get_balance(currency="XBT"), lambda it: it["available_balance"] > 0)
ok("trade balance", user.get_trade_balance, lambda it: float(it["tb"]) > 0)
ok("trade volume", lambda: user.get_trade_volume(pair=["BTCUSD", "ETHUSD"]), lambda it: set(it["fees"]) == {"XXBTZUSD", "XETHZUSD"})
refused("fee schedule", lambda: user.get_trade_volume(pair="XBTUSD", extra_params={"fee_schedule": True}), "Invalid")
ok("open orders", lambda: user.get_open_orders(trades=True), lambda it: len(it["open"]) == 1)
closed = ok("closed orders", lambda: user.get_closed_orders(trades=True), lambda it: len(it["closed"]) == 50)
ok("orders by id", lambda: user.get_orders_info(txid=list(closed["closed"])[:3], trades=True), lambda it: len(it) == 3)
refused("unknown order", lambda: user.get_orders_info(txid="OAAAAA-BBBBB-CCCCCC"), "Invalid|Unknown")
history = ok("trades", lambda: user.get_trades_history(ledgers=True), lambda it: all(isinstance(row["time"], float) for row in it["trades"].values()))
ok("trades by id", lambda: user.get_trades_info(txid=list(history["trades"])[:2]), lambda it: len(it) == 2)
refused("unknown trade", lambda: user.get_trades_info(txid="TAAAAA-BBBBB-CCCCCC"), "Invalid|Unknown")
ok("positions", user.get_open_positions)
entries = ok("ledger", lambda: user.get_ledgers_info(asset=["XBT", "USD"]), lambda it: len(it["ledger"]) == 50)
ok("ledger of one type", lambda: user.get_ledgers_info(type_="deposit"), lambda it: it["ledger"])
ok("ledger by id", lambda: user.get_ledgers(id_=list(entries["ledger"])[0]), lambda it: len(it) == 1)

# Orders
limit = {"ordertype": "limit", "side": "buy", "pair": "BTCUSD", "volume": 0.01, "price": 50000}
ok("validate", lambda: trade.create_order(**limit, validate=True), lambda it: list(it) == ["descr"])
ok("validate without funds", lambda: trade.create_order(**{**limit, "volume": 1000}, validate=True), lambda it: list(it) == ["descr"])
refused("no funds", lambda: trade.create_order(**{**limit, "volume": 1000}), "Insufficient")
refused("too many digits", lambda: trade.create_order(**{**limit, "pair": "BTCEUR", "price": "40000.12"}), "Price|price")
relative = ok("relative limit", lambda: trade.create_order(**{**limit, "price": "-10%"}), lambda it: it["descr"]["order"].endswith("limit -10.0000%"))
[txid] = relative["txid"]
ok("amend", lambda: trade.amend_order(txid=txid, order_qty="0.02", limit_price="-11%"), lambda it: it["amend_id"])
edited = ok("edit", lambda: trade.edit_order(txid=txid, pair="BTCUSD", volume=0.03, price=45000), lambda it: it["originaltxid"] == txid)
ok("amends", lambda: user.get_order_amends(order_id=edited["txid"]), lambda it: it["count"] == 1)
ok("order by id", lambda: user.get_orders_info(txid=edited["txid"]), lambda it: only(it)["price"] == "0.00000")
ok("cancel", lambda: trade.cancel_order(txid=edited["txid"]), lambda it: it["count"] == 1)
trailing = ok("trailing stop", lambda: trade.create_order(ordertype="trailing-stop", side="sell", pair="XBTUSD", volume=0.01, price="+1000"))
ok("amend a trailing stop", lambda: trade.amend_order(txid=trailing["txid"][0], trigger_price="+600"), lambda it: it["amend_id"])
stop = ok("stop", lambda: trade.create_order(ordertype="stop-loss-limit", side="sell", pair="XBTUSD", volume=0.01, price="-5%", price2="-60", trigger="last"))
ok("amend a stop", lambda: trade.amend_order(txid=stop["txid"][0], trigger_price="-6000", limit_price="-7000"), lambda it: it["amend_id"])
refused("amend without a direction", lambda: trade.amend_order(txid=stop["txid"][0], trigger_price="#5%"), "Invalid")
ok("close", lambda: trade.create_order(**limit, close_ordertype="stop-loss-limit", close_price="-2%", close_price2="-50"), lambda it: it["descr"]["close"] == "close position @ stop loss -2.0000% -> limit -50.0")
row = {"ordertype": "limit", "type": "buy", "volume": 0.01, "price": 50000, "timeinforce": "GTC"}
batch = ok("batch", lambda: trade.create_order_batch(pair="BTCUSD", orders=[{**row, "userref": 7}, {**row, "cl_ord_id": "mine"}, {**row, "userref": 8}]), lambda it: all(each["order"] and each["txid"] for each in it["orders"]))
ok("batch, validated", lambda: trade.create_order_batch(pair="BTCUSD", orders=[row, {**row, "volume": 1000}], validate=True), lambda it: all("txid" not in each for each in it["orders"]))
ok("cancel a batch", lambda: trade.cancel_order_batch(orders=[batch["orders"][0]["txid"], 8]), lambda it: it["count"] == 2)
ok("cancel by client id", lambda: trade.cancel_order(cl_ord_id="mine"), lambda it: it["count"] == 1)
ok("market", lambda: trade.create_order(ordertype="market", side="buy", pair="BTCUSD", volume=50, oflags=["viqc"]), lambda it: "buy 50.00000000 XBTUSD @ market" in it["descr"]["order"])
ok("cancel after", lambda: trade.cancel_all_orders_after_x(timeout=60))
ok("cancel never", lambda: trade.cancel_all_orders_after_x(timeout=0), lambda it: it["triggerTime"] == "0")
ok("cancel all", trade.cancel_all_orders, lambda it: it["count"] >= 3)

# Funds
ok("deposit methods", lambda: funding.get_deposit_methods(asset="XBT"), lambda it: it[0]["method"] == "Bitcoin")
ok("deposit address", lambda: funding.get_deposit_address(asset="XBT", method="Bitcoin", new=True), lambda it: it[0]["address"])
steer("deposit", asset="XBT", amount="0.5", at_once=True)
for name, status in [("deposits", funding.get_recent_deposits_status), ("withdrawals", funding.get_recent_withdraw_status)]:
    ok(name, lambda: status(cursor=False), lambda it: isinstance(it, list))
    ok(f"first page of {name}", lambda: status(cursor=True), lambda it: "next_cursor" in it)
ok("withdrawal methods", funding.withdraw_methods, lambda it: it)
ok("withdrawal addresses", lambda: funding.withdraw_addresses(verified=True), lambda it: it)
ok("withdrawal fee", lambda: funding.get_withdrawal_info(asset="XBT", key="btc-wallet-1", amount="0.1"), lambda it: float(it["fee"]) > 0)
withdrawn = ok("withdraw", lambda: funding.withdraw_funds(asset="XBT", key="btc-wallet-1", amount="0.1"))
ok("cancel a withdrawal", lambda: funding.cancel_withdraw(asset="XBT", refid=withdrawn["refid"]), lambda it: it is True)
ok("wallet transfer", lambda: funding.wallet_transfer(asset="XBT", from_="Spot Wallet", to_="Futures Wallet", amount=0.01))

# Earn
strategies = ok("strategies", lambda: earn.list_earn_strategies(asset="DOT", limit=5, ascending=True), lambda it: it["items"])
ok("allocations", lambda: earn.list_earn_allocations(hide_zero_allocations=False, converted_asset="EUR"), lambda it: "items" in it)
ok("allocation status", lambda: earn.get_allocation_status(strategy_id=strategies["items"][0]["id"]), lambda it: it["pending"] is False)

# Exports
report = ok("export", lambda: user.request_export_report(report="ledgers", description="interop"), lambda it: it["id"])
steer("advance", seconds=120)
ok("export status", lambda: user.get_export_report_status(report="ledgers"), lambda it: any(row["id"] == report["id"] for row in it))
ok("export data", lambda: b"".join(user.retrieve_export(id_=report["id"])), lambda it: it[:2] == b"PK")
ok("delete the export", lambda: user.delete_export_report(id_=report["id"]), lambda it: it["delete"] is True)

calls.end()
