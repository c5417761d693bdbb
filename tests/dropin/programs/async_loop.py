"""A bot that asks for the price, moves its order after it, and ends."""

import asyncio

import ccxt.async_support as ccxt


async def main():
    async with ccxt.oms({"enableRateLimit": True}) as exchange:
        await exchange.load_markets()
        order = None
        for step in range(3):
            ticker = await exchange.fetch_ticker("BTC/USDT")
            price = exchange.price_to_precision("BTC/USDT", ticker["bid"] * (0.95 - step / 100))
            if order is None:
                order = await exchange.create_limit_buy_order("BTC/USDT", 0.01, price)
            else:
                order = await exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.01, price)
            assert order["price"] == float(price)
            assert [order["id"]] == [order["id"] for order in await exchange.fetch_open_orders("BTC/USDT")]
        order = await exchange.cancel_order(order["id"], "BTC/USDT")
        assert order["status"] == "canceled"


asyncio.run(main())
