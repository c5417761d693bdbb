"""A grid of the perpetual swap, laid with one batch, that goes long as the price falls."""

# as: okx
# market: 4 open: ETH/USDT:USDT 2935
# orders: ETH/USDT:USDT buy limit 0.5 at 2880.58 canceled
# orders: ETH/USDT:USDT buy limit 0.5 at 2910.58 canceled
# orders: ETH/USDT:USDT buy limit 0.5 at 2940.59 filled
# orders: ETH/USDT:USDT buy limit 0.5 at 2970.59 filled
# fills: ETH/USDT:USDT buy 1
# positions: ETH/USDT:USDT long 1
# last: long 1.0 and 2 bids canceled
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.okx({"apiKey": "key", "secret": "secret", "password": "pass", "options": {"defaultType": "swap"}})
    try:
        await exchange.load_markets()
        symbol = "ETH/USDT:USDT"
        ticker = await exchange.fetch_ticker(symbol)
        mid = (ticker["bid"] + ticker["ask"]) / 2
        orders = await exchange.create_orders(
            [
                {
                    "symbol": symbol,
                    "type": "limit",
                    "side": "buy",
                    "amount": 0.5,
                    "price": float(exchange.price_to_precision(symbol, mid * (1 - 0.01 * level))),
                }
                for level in range(1, 5)
            ]
        )
        print("placed", len(orders), "bids")
        while True:
            positions = await exchange.fetch_positions([symbol])
            contracts = sum(position["contracts"] for position in positions)
            if contracts >= 1:
                break
            await asyncio.sleep(0.03)
        open_orders = await exchange.fetch_open_orders(symbol)
        await asyncio.gather(*[exchange.cancel_order(order["id"], symbol) for order in open_orders])
        print("long", contracts, "and", len(open_orders), "bids canceled")
    finally:
        await exchange.close()


asyncio.run(main())
