"""Buys for a hundred dollars in okx's own words."""

# as: okx
# refused: tgtCcy 'quote_ccy': the OMS takes the amount of an order, not its cost: divide it by a price
# exit: 1
import asyncio

import ccxt.async_support as ccxt


async def main():
    async with ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"}) as okx:
        await okx.create_order("ETH/USDT", "market", "buy", 100, None, {"tgtCcy": "quote_ccy"})


asyncio.run(main())
