"""Reads positions with binance's own endpoint, as programs do that are older than ccxt's unified method."""

# as: binance
# orders: BTC/USDT:USDT sell market 0.01 filled
# fills: BTC/USDT:USDT sell 0.01
# positions: BTC/USDT:USDT short 0.01
# last: BTCUSDT -0.01
import ccxt

exchange = ccxt.binance({"apiKey": "key", "secret": "secret", "options": {"defaultType": "swap"}})
exchange.create_market_sell_order("BTC/USDT", 0.01)
try:
    for row in exchange.fapiPrivateV2GetPositionRisk({"symbol": "BTCUSDT"}):
        print(row["symbol"], row["positionAmt"])
except ccxt.NotSupported:
    print("this OMS does not let the call through")
    for position in exchange.fetch_positions(["BTC/USDT"]):
        print(position["symbol"], position["side"], position["contracts"])
