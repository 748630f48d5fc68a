"""ccxt 4.5 for Python against the simulated exchange."""

import ccxt
from calls import KEY, SECRET, URL, Calls, steer

kraken = ccxt.kraken({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
kraken.urls["api"] = {"public": URL, "private": URL}

calls = Calls("ccxt", lambda answer: f"{type(answer).__name__}: {answer}" if isinstance(answer, Exception) else None)
ok, refused = calls.ok, calls.refused
symbol = "BTC/USD"

# Public data
ok("markets", kraken.load_markets, lambda it: symbol in it)
ok("time", kraken.fetch_time, lambda it: it > 1.7e12)
ok("status", kraken.fetch_status, lambda it: it["status"] == "ok")
ok("currencies", kraken.fetch_currencies, lambda it: "BTC" in it)
ok("ticker", lambda: kraken.fetch_ticker(symbol), lambda it: it["bid"] < it["ask"])
ok("tickers", kraken.fetch_tickers, lambda it: symbol in it)
ok("two tickers", lambda: kraken.fetch_tickers([symbol, "ETH/BTC"]), lambda it: set(it) == {symbol, "ETH/BTC"})
ok("book", lambda: kraken.fetch_order_book(symbol, 5), lambda it: len(it["bids"]) == 5)
for timeframe in ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]:
    candles = ok(f"candles of {timeframe}", lambda: kraken.fetch_ohlcv(symbol, timeframe), lambda it: it[0][0] > 1.37e12)
    ok(f"running candle of {timeframe}", lambda: kraken.fetch_ohlcv(symbol, timeframe, candles[-1][0]), lambda it: len(it) >= 1)
ok("trades", lambda: kraken.fetch_trades(symbol, None, 20), lambda it: len(it) == 20)
now = ok("time again", kraken.fetch_time)
ok("trades of a minute", lambda: kraken.fetch_trades(symbol, now - 60_000), lambda it: it and it[0]["timestamp"] >= now - 60_000)
for name, id in [("BTCUSD", "XXBTZUSD"), ("DOGEUSD", "XDGUSD"), ("BTCEUR", "XXBTZEUR"), ("ETHBTC", "XETHXXBT")]:
    ok(f"ticker of {name}", lambda: kraken.publicGetTicker({"pair": name}), lambda it: list(it["result"]) == [id])
    ok(f"spread of {name}", lambda: kraken.publicGetSpread({"pair": name}), lambda it: id in it["result"])
ok("ticker of all", lambda: kraken.publicGetTicker({"pair": ""}), lambda it: len(it["result"]) > 5)

# The account
ok("balance", kraken.fetch_balance, lambda it: it["USD"]["total"] > 0)
ok("ledger", kraken.fetch_ledger, lambda it: len(it) == 50)
ok("ledger of one", lambda: kraken.fetch_ledger("SOL"), lambda it: all(row["currency"] == "SOL" for row in it))
ok("fee", lambda: kraken.fetch_trading_fee(symbol), lambda it: it["taker"] > 0)
ok("own trades", kraken.fetch_my_trades, lambda it: len(it) == 50)
ok("closed orders", kraken.fetch_closed_orders, lambda it: it)
ok("open orders", kraken.fetch_open_orders, lambda it: len(it) == 1)
refused("fee schedule", lambda: kraken.privatePostTradeVolume({"pair": "XBTUSD", "fee_schedule": "True"}), "fee_schedule")
refused("unknown order", lambda: kraken.fetch_order("OAAAAA-BBBBB-CCCCCC"), "Order")
refused("unknown trade", lambda: kraken.privatePostQueryTrades({"txid": "TAAAAA-BBBBB-CCCCCC"}), "Invalid order")

# Orders
order = ok("limit", lambda: kraken.create_order(symbol, "limit", "buy", 0.01, 50_000), lambda it: it["id"])
ok("order by id", lambda: kraken.fetch_order(order["id"]), lambda it: it["status"] == "open" and it["price"] == 50_000)
ok("edit", lambda: kraken.edit_order(order["id"], symbol, "limit", "buy", 0.02, 51_000), lambda it: it["id"])
ok("cancel", lambda: kraken.cancel_order(order["id"]))
refused("cancel again", lambda: kraken.cancel_order(order["id"]), "OrderNotFound|Unknown order")
refused("no funds", lambda: kraken.create_order(symbol, "limit", "buy", 100, 50_000), "InsufficientFunds")
ok("client id", lambda: kraken.create_order("ETH/USD", "limit", "sell", 1, 9000, {"clientOrderId": "eth"}))
ok("cancel by client id", lambda: kraken.cancel_order("", symbol, {"clientOrderId": "eth"}))
ok("market", lambda: kraken.create_order(symbol, "market", "sell", 0.01), lambda it: it["id"])
ok("cost", lambda: kraken.create_market_buy_order_with_cost(symbol, 250), lambda it: it["id"])
stop = ok("stop", lambda: kraken.create_order(symbol, "market", "sell", 0.01, None, {"stopLossPrice": 60_000}))
ok("edit a stop", lambda: kraken.edit_order(stop["id"], symbol, "market", "sell", 0.01, None, {"stopLossPrice": 59_000}))
add = {"pair": "BTCUSD", "type": "sell", "volume": "0.01"}
ok("validate without funds", lambda: kraken.privatePostAddOrder({**add, "volume": "1000", "ordertype": "market", "validate": "true"}), lambda it: list(it["result"]) == ["descr"])
refused("too many digits", lambda: kraken.privatePostAddOrder({**add, "pair": "BTCEUR", "ordertype": "limit", "price": "90000.12"}), "XXBTZEUR price can only be specified up to 1 decimals")
trailing = ok("trailing stop", lambda: kraken.privatePostAddOrder({**add, "ordertype": "trailing-stop-limit", "price": "+1000", "price2": "+0"}), lambda it: "trailing stop +1000.0 -> limit +0.0" in it["result"]["descr"]["order"])
[txid] = trailing["result"]["txid"]
ok("amend a trailing stop", lambda: kraken.privatePostAmendOrder({"txid": txid, "trigger_price": "+2%", "limit_price": "-60"}), lambda it: it["result"]["amend_id"])
refused("amend without a direction", lambda: kraken.privatePostAmendOrder({"txid": txid, "trigger_price": "#5%"}), "trigger_price")
rows = [{"symbol": symbol, "type": "limit", "side": "buy", "amount": 0.01, "price": 50_000 + each} for each in range(3)]
batch = ok("batch", lambda: kraken.create_orders(rows), lambda it: len(it) == 3)
ok("cancel two", lambda: kraken.cancel_orders([each["id"] for each in batch[:2]]))
ok("cancel after", lambda: kraken.cancel_all_orders_after(60_000))
ok("cancel never", lambda: kraken.cancel_all_orders_after(0))
ok("cancel all", kraken.cancel_all_orders)

# Funds
ok("deposit methods", lambda: kraken.fetch_deposit_methods("BTC"))
ok("deposit address", lambda: kraken.fetch_deposit_address("BTC"), lambda it: it["address"])
steer("deposit", asset="XBT", amount="0.5", at_once=True)
ok("deposits", lambda: kraken.fetch_deposits("BTC"), lambda it: it)
ok("page of deposits", lambda: kraken.privatePostDepositStatus({"asset": "XBT", "cursor": "True"}), lambda it: "next_cursor" in it["result"])
ok("withdraw", lambda: kraken.privatePostWithdraw({"asset": "XBT", "key": "btc-wallet-1", "amount": "0.1"}), lambda it: it["result"]["refid"])
ok("withdrawals", lambda: kraken.fetch_withdrawals("BTC"), lambda it: it)
ok("transfer", lambda: kraken.transfer_out("BTC", 0.01))

# Exports
report = ok("export", lambda: kraken.privatePostAddExport({"report": "trades", "description": "interop"}), lambda it: it["result"]["id"])
steer("advance", seconds=120)
ok("export status", lambda: kraken.privatePostExportStatus({"report": "trades"}), lambda it: it["result"])
ok("remove the export", lambda: kraken.privatePostRemoveExport({"id": report["result"]["id"], "type": "delete"}), lambda it: it["result"]["delete"])

calls.end()
