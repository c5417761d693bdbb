"""The same coin moves between two accounts of one exchange: one sells what the other buys."""

# as: binance
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 2
# settings: when = { apiKey = "first key" }
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 3
# settings: when = { apiKey = "second key" }
# orders: ETH/USDT sell market 1.5 filled
# orders: account 3: ETH/USDT buy market 1.5 filled
# fills: ETH/USDT sell 1.5
# fills: account 3: ETH/USDT buy 1.5
# positions: ETH/USDT short 1.5
# positions: account 3: ETH/USDT long 1.5
# last: second 101.5
import asyncio

import ccxt.async_support as ccxt


async def main():
    first = ccxt.binance({"apiKey": "first key", "secret": "s1"})
    second = ccxt.binance({"apiKey": "second key", "secret": "s2"})
    accounts = {"first": first, "second": second}
    await asyncio.gather(*(account.load_markets() for account in accounts.values()))
    symbol = "ETH/USDT"
    sold, bought = await asyncio.gather(
        first.create_market_sell_order(symbol, 1.5), second.create_market_buy_order(symbol, 1.5)
    )
    print("slippage", round(bought["average"] - sold["average"], 2))
    for name, account in accounts.items():
        balance = await account.fetch_balance()
        print(name, balance["ETH"]["total"])
    await asyncio.gather(*(account.close() for account in accounts.values()))


asyncio.run(main())
