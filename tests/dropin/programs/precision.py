"""Numbers are cut to what a market takes, and its limits are looked at first."""

import ccxt

exchange = ccxt.oms()
exchange.load_markets()
market = exchange.market("BTC/USDT")
assert exchange.precisionMode == ccxt.TICK_SIZE
assert exchange.price_to_precision("BTC/USDT", 50000.123456) == "50000.12"
assert exchange.amount_to_precision("BTC/USDT", 0.0123456789) == "0.012345"
assert exchange.decimal_to_precision(1.2345, ccxt.ROUND, 2, ccxt.DECIMAL_PLACES) == "1.23"
assert market["limits"]["amount"]["min"] <= 0.01 <= market["limits"]["amount"]["max"]
assert market["precision"]["price"] == 0.01
assert exchange.markets_by_id[market["id"]][0]["symbol"] == "BTC/USDT"
assert exchange.safe_symbol(market["id"], None, None, "spot") == "BTC/USDT"
fee = exchange.calculate_fee("BTC/USDT", "limit", "buy", 0.01, 50000, "maker")
assert fee == {"type": "maker", "currency": "USDT", "rate": market["maker"], "cost": 50000 * 0.01 * market["maker"]}
assert exchange.currency("BTC")["code"] == "BTC"
