"""A scan of two exchanges for the same coin at two prices; the orders go to both sides at once."""

# as: binance, kraken
# legacy: the order that is refused stays pending at the OMS; otherwise the same
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 2
# settings: [[account]]
# settings: as = "kraken"
# settings: account_id = 3
# orders: SOL/USDT buy limit 3 at 150.17 filled
# orders: account 3: SOL/USDT sell limit 3 at 179.98 rejected
# fills: SOL/USDT buy 3
# positions: SOL/USDT long 3
# legacy orders: SOL/USDT buy limit 3 at 150.17 filled
# legacy orders: account 3: SOL/USDT sell limit 3 at 179.98 pending_submit
# last: kraken InsufficientFunds
import asyncio

import ccxt.async_support as ccxt

KEYS = {"binance": ("a", "b"), "kraken": ("c", "ZA==")}


async def price(exchange, symbol):
    book = await exchange.fetch_order_book(symbol)
    return exchange.id, book["bids"][0][0], book["asks"][0][0]


async def main():
    exchanges = [getattr(ccxt, id)({"apiKey": key, "secret": secret}) for id, (key, secret) in KEYS.items()]
    symbol = "SOL/USDT"
    prices = await asyncio.gather(*[price(exchange, symbol) for exchange in exchanges])
    cheap, dear = min(prices, key=lambda p: p[2]), max(prices, key=lambda p: p[1])
    print("spread", dear[1] - cheap[2])
    buyer, seller = exchanges
    orders = await asyncio.gather(
        buyer.create_limit_buy_order(symbol, 3, prices[0][2] * 1.001),
        seller.create_limit_sell_order(symbol, 3, prices[1][1] * 1.2),
        return_exceptions=True,
    )
    for exchange, order in zip(exchanges, orders):
        print(exchange.id, order["status"] if isinstance(order, dict) else type(order).__name__)
    for exchange in exchanges:
        await exchange.close()


asyncio.run(main())
