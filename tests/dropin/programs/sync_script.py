"""A script without an event loop: markets, a price, an order, its end."""

import ccxt

exchange = ccxt.oms()
markets = exchange.load_markets()
symbol = "BTC/USDT"
assert symbol in exchange.symbols
assert markets[symbol]["quote"] == "USDT"
if exchange.has["fetchTicker"] and exchange.has["createOrder"]:
    ticker = exchange.fetch_ticker(symbol)
    price = exchange.price_to_precision(symbol, ticker["last"] * 0.9)
    order = exchange.create_order(symbol, "limit", "buy", 0.01, price)
    assert (order["status"], order["price"], order["filled"]) == ("open", float(price), 0)
    order = exchange.fetch_order(order["id"], symbol)
    assert order["remaining"] == order["amount"] == 0.01
    exchange.cancel_order(order["id"], symbol)
    assert exchange.fetch_order(order["id"], symbol)["status"] == "canceled"
    assert exchange.fetch_open_orders(symbol) == []
