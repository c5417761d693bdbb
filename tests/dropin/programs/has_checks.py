"""Asks `has` before every call, as programs for many exchanges do, and does what is there."""

# as: kraken
# orders: LTC/USDT buy limit 1 at 51 canceled
# last: kraken has no fetchPositionHistory
import ccxt

for exchange_id in ["kraken"]:
    exchange = getattr(ccxt, exchange_id)({"apiKey": "key", "secret": "c2VjcmV0"})
    exchange.load_markets()
    symbol = "LTC/USDT" if "LTC/USDT" in exchange.symbols else exchange.symbols[0]
    if exchange.has["fetchOHLCV"] is True and "1h" in exchange.timeframes:
        assert len(exchange.fetch_ohlcv(symbol, "1h", limit=10)) == 10
    if exchange.has["createOrder"] and exchange.has.get("createLimitOrder", True):
        order = exchange.create_limit_order(symbol, "sell" if exchange.has["withdraw"] == "never" else "buy", 1, 50)
    if exchange.has["editOrder"]:
        order = exchange.edit_order(order["id"], symbol, "limit", "buy", 1, 51)
    if exchange.has["fetchOpenOrders"]:
        assert [o["id"] for o in exchange.fetch_open_orders(symbol)] == [order["id"]]
    if exchange.has["cancelAllOrders"]:
        exchange.cancel_all_orders(symbol)
    elif exchange.has["cancelOrder"]:
        exchange.cancel_order(order["id"], symbol)
    if exchange.has["fetchClosedOrders"]:
        print(exchange.id, "closed orders:", len(exchange.fetch_closed_orders(symbol)))
    if not exchange.has["fetchPositionHistory"]:
        print(exchange.id, "has no fetchPositionHistory")
