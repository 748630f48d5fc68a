"""krakenex 2.2 against the simulated exchange."""

import krakenex
from calls import KEY, SECRET, URL, Calls, only, steer

api = krakenex.API(key=KEY, secret=SECRET)
api.uri = URL

calls = Calls("krakenex", lambda answer: ", ".join(answer.get("error", [])) or None if isinstance(answer, dict) else None)


def public(endpoint, holds=lambda result: True, /, **params):
    answer = calls.ok(f"{endpoint} {params}", lambda: api.query_public(endpoint, params), lambda it: holds(it["result"]))
    return (answer or {}).get("result")


def private(endpoint, holds=lambda result: True, /, **params):
    answer = calls.ok(f"{endpoint} {params}", lambda: api.query_private(endpoint, params), lambda it: holds(it["result"]))
    return (answer or {}).get("result")


def refused(endpoint, pattern, /, **params):
    calls.refused(f"{endpoint} {params}", lambda: api.query_private(endpoint, params), pattern)


# Public data
public("Time", lambda it: it["unixtime"] > 0)
public("SystemStatus", lambda it: it["status"] == "online")
public("Assets", lambda it: it["XXBT"]["altname"] == "XBT")
public("Assets", lambda it: "ZUSD" in it, asset="")
public("AssetPairs", lambda it: len(it) > 5)
public("AssetPairs", lambda it: len(it) > 5, pair="")
public("AssetPairs", lambda it: list(it) == ["XXBTZUSD"], pair="BTCUSD")
public("Ticker", lambda it: len(it) > 5)
public("Ticker", lambda it: len(it) > 5, pair="")
for name, id in [("BTCUSD", "XXBTZUSD"), ("DOGEUSD", "XDGUSD"), ("BTCEUR", "XXBTZEUR"), ("ETHBTC", "XETHXXBT")]:
    public("Ticker", lambda it: list(it) == [id], pair=name)
    public("Depth", lambda it: list(it) == [id], pair=name, count=5)
    public("Spread", lambda it: set(it) == {id, "last"}, pair=name)
public("Ticker", lambda it: float(only(it)["v"][0]) <= float(only(it)["v"][1]), pair="XBTUSD")
hours = public("OHLC", lambda it: len(it["XXBTZUSD"]) == 720, pair="BTCUSD", interval=60)
running = hours["XXBTZUSD"][-1][0]
public("OHLC", lambda it: len(it["XXBTZUSD"]) >= 1, pair="BTCUSD", interval=60, since=running + 60)
public("OHLC", lambda it: it["XXBTZUSD"][0][0] > 1.37e9, pair="BTCUSD", interval=10080)
trades = public("Trades", lambda it: all(row[2] % 1 > 0 for row in it["XXBTZUSD"]), pair="XBTUSD", count=50)
public("Trades", lambda it: all(row[6] > trades["XXBTZUSD"][-1][6] for row in it["XXBTZUSD"]), pair="XBTUSD", since=trades["last"])
public("Trades", lambda it: it["XXBTZUSD"][0][2] > 1.38e9, pair="XBTUSD", since=0, count=1)

# The account
private("Balance", lambda it: float(it["ZUSD"]) > 0)
private("BalanceEx", lambda it: "hold_trade" in it["ZUSD"])
private("TradeBalance", lambda it: float(it["tb"]) > 0, asset="ZUSD")
private("TradeVolume", lambda it: "XXBTZUSD" in it["fees"], pair="BTCUSD")
private("TradeVolume", lambda it: "schedules" in it, pair="XBTUSD", fee_schedule="true")
refused("TradeVolume", "fee_schedule", pair="XBTUSD", fee_schedule=True)
private("OpenOrders", lambda it: len(it["open"]) == 1, trades=True)
closed = private("ClosedOrders", lambda it: len(it["closed"]) == 50)
private("ClosedOrders", lambda it: "count" not in it, without_count=True, ofs=50)
private("QueryOrders", lambda it: len(it) == 2, txid=",".join(list(closed["closed"])[:2]), trades=True)
refused("QueryOrders", "EOrder:Invalid order", txid="OAAAAA-BBBBB-CCCCCC")
history = private("TradesHistory", lambda it: all(row["time"] % 1 > 0 for row in it["trades"].values()))
private("QueryTrades", lambda it: len(it) == 1, txid=list(history["trades"])[0])
refused("QueryTrades", "EOrder:Invalid order", txid="TAAAAA-BBBBB-CCCCCC")
entries = private("Ledgers", lambda it: len(it["ledger"]) == 50, asset="all")
private("Ledgers", lambda it: all(row["type"] == "deposit" for row in it["ledger"].values()), type="deposit")
private("QueryLedgers", lambda it: len(it) == 1, id=list(entries["ledger"])[0])

# Orders
limit = {"pair": "BTCUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "-10%"}
private("AddOrder", lambda it: it["descr"]["order"].endswith("limit -10.0000%") and "txid" not in it, validate=True, **limit)
private("AddOrder", lambda it: list(it) == ["descr"], validate=True, **{**limit, "volume": "1000"})
refused("AddOrder", "EOrder:Insufficient funds", **{**limit, "volume": "1000"})
refused("AddOrder", "EOrder:Invalid price:XXBTZEUR price can only be specified up to 1 decimals", **{**limit, "pair": "BTCEUR", "price": "40000.12"})
placed = private("AddOrder", lambda it: len(it["txid"]) == 1, userref=17, **limit)
[txid] = placed["txid"]
private("AmendOrder", lambda it: it["amend_id"], txid=txid, order_qty="0.02", limit_price="-11%")
edited = private("EditOrder", lambda it: it["originaltxid"] == txid, pair="BTCUSD", txid=txid, volume="0.03", price="-12%")
private("QueryOrders", lambda it: only(it)["price"] == "0.00000", txid=edited["txid"])
private("CancelOrder", lambda it: it["count"] == 1, txid=edited["txid"])
refused("CancelOrder", "EOrder:Unknown order", txid=edited["txid"])
trailing = {"pair": "XBTUSD", "type": "sell", "ordertype": "trailing-stop-limit", "volume": "0.01", "price": "+1000", "price2": "+0"}
placed = private("AddOrder", lambda it: "trailing stop +1000.0 -> limit +0.0" in it["descr"]["order"], **trailing)
private("AmendOrder", lambda it: it["amend_id"], txid=placed["txid"][0], trigger_price="+600", limit_price="-60")
private("AmendOrder", lambda it: it["amend_id"], txid=placed["txid"][0], trigger_price="+2%")
placed = private("AddOrder", pair="XBTUSD", type="sell", ordertype="stop-loss", volume="0.01", price="-5%")
private("AmendOrder", lambda it: it["amend_id"], txid=placed["txid"][0], trigger_price="-6000")
refused("AmendOrder", "trigger_price", txid=placed["txid"][0], trigger_price="#5%")
private("OrderAmends", lambda it: it["count"] == 2, order_id=placed["txid"][0])
private("AddOrder", lambda it: "buy 50.00000000 XBTUSD @ market" in it["descr"]["order"], pair="BTCUSD", type="buy", ordertype="market", volume="50", oflags="viqc")
private("CancelAllOrdersAfter", lambda it: it["triggerTime"] != "0", timeout=60)
private("CancelAllOrdersAfter", lambda it: it["triggerTime"] == "0", timeout=0)
private("CancelAll", lambda it: it["count"] >= 2)

# Funds
private("DepositMethods", lambda it: it[0]["method"] == "Bitcoin", asset="XBT")
private("DepositAddresses", lambda it: it[0]["address"], asset="XBT", method="Bitcoin", new=True)
steer("deposit", asset="XBT", amount="0.5", at_once=True)
for endpoint in ["DepositStatus", "WithdrawStatus"]:
    private(endpoint, lambda it: isinstance(it, list), cursor=False)
    private(endpoint, lambda it: "next_cursor" in it, cursor=True)
private("WithdrawInfo", lambda it: float(it["fee"]) > 0, asset="XBT", key="btc-wallet-1", amount="0.1")
withdrawn = private("Withdraw", lambda it: it["refid"], asset="XBT", key="btc-wallet-1", amount="0.1")
private("WithdrawCancel", lambda it: it is True, asset="XBT", refid=withdrawn["refid"])

# Exports
report = private("AddExport", lambda it: it["id"], report="trades", description="interop", format="CSV")
steer("advance", seconds=120)
private("ExportStatus", lambda it: any(row["id"] == report["id"] for row in it), report="trades")
private("RemoveExport", lambda it: it["delete"] is True, id=report["id"], type="delete")

calls.end()
