"""A program that replaces the addresses of the API by those of the test network."""

# as: binance
# refused: this program points elsewhere (urls["api"])
# sent: nothing
# exit: 1
import ccxt

exchange = ccxt.binance(
    {
        "apiKey": "testnet key",
        "secret": "secret",
        "urls": {
            "api": {
                "public": "https://testnet.binance.vision/api/v3",
                "private": "https://testnet.binance.vision/api/v3",
            }
        },
    }
)
exchange.load_markets()
exchange.create_limit_buy_order("BTC/USDT", 0.01, 50000)
