"""Reads everything with ccxt's safe helpers, which never raise for what is missing."""

# as: bybit
# orders: XRP/USDT buy limit 100 at 2.1598 canceled
# last: OPEN then canceled {'y': 2}
import ccxt

exchange = ccxt.bybit({"apiKey": "key", "secret": "secret"})
ticker = exchange.fetch_ticker("XRP/USDT")
last = exchange.safe_float(ticker, "last", 0)
bid = exchange.safe_number_2(ticker, "bid", "last")
assert exchange.safe_string(ticker["info"], "there is no such key", "none") == "none"
order = exchange.create_order("XRP/USDT", "limit", "buy", 100, exchange.price_to_precision("XRP/USDT", bid * 0.9))
order_id = exchange.safe_string(order, "id")
status = exchange.safe_string_upper(order, "status")
created = exchange.safe_integer(order, "timestamp")
fee = exchange.safe_dict(order, "fee", {})
assert exchange.safe_value(fee, "rate") is None
assert exchange.safe_timestamp({"at": created // 1000}, "at") <= created
by_id = exchange.index_by(exchange.fetch_open_orders("XRP/USDT"), "id")
assert exchange.in_array(order_id, list(by_id))
assert exchange.extend({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
assert exchange.sum(0.5, None, 0.25) == 0.75
canceled = exchange.cancel_order(order_id, "XRP/USDT")
print(status, "then", exchange.safe_string(canceled, "status"), exchange.omit({"x": 1, "y": 2}, "x"))
