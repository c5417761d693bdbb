"""With `defaultType` swap, "BTC/USDT" is the perpetual swap everywhere: market, order, position, balance."""

# as: binance
# orders: BTC/USDT:USDT buy limit 0.01 at 60612.3 filled
# fills: BTC/USDT:USDT buy 0.01
# positions: BTC/USDT:USDT long 0.01
# last: BTC/USDT:USDT BTC/USDT:USDT long 0.01 60012.2
import ccxt

exchange = ccxt.binance(
    {
        "apiKey": "key",
        "secret": "secret",
        "enableRateLimit": True,
        "options": {"defaultType": "swap", "adjustForTimeDifference": True},
    }
)
exchange.load_markets()
market = exchange.market("BTC/USDT")
print(market["symbol"], market["type"], market["linear"])
balance = exchange.fetch_balance()
assert balance["USDT"]["free"] > 1000
order = exchange.create_limit_buy_order("BTC/USDT", 0.01, exchange.fetch_ticker("BTC/USDT")["ask"] * 1.01)
while order["status"] != "closed":
    order = exchange.fetch_order(order["id"], "BTC/USDT")
position = exchange.fetch_positions(["BTC/USDT"])[0]
print(order["symbol"], position["symbol"], position["side"], position["contracts"], position["entryPrice"])
