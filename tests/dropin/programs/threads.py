"""One exchange, many threads."""

from concurrent.futures import ThreadPoolExecutor

import ccxt

exchange = ccxt.oms()
exchange.load_markets()


def trade(step):
    order = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, 30000 + step)
    assert order["price"] == 30000 + step
    assert exchange.fetch_order(order["id"])["price"] == 30000 + step
    return exchange.cancel_order(order["id"])["status"]


with ThreadPoolExecutor(8) as pool:
    assert set(pool.map(trade, range(24))) == {"canceled"}
assert len(exchange.fetch_orders("BTC/USDT")) == 24
exchange.close()
