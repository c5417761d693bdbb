"""A limit order that follows the best bid with edits until it is filled."""

# as: okx
# market: 1 open: ETH/USDT 3010
# market: 3 reads: ETH/USDT 3020
# market: 5 reads: ETH/USDT 3015
# orders: ETH/USDT buy limit 0.3 at 3019.98 filled
# fills: ETH/USDT buy 0.3
# positions: ETH/USDT long 0.3
# last: filled at no more than 3019.98 after 2 edits
import asyncio

import ccxt.async_support as ccxt


async def main():
    async with ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"}) as exchange:
        symbol, amount = "ETH/USDT", 0.3
        bid = (await exchange.fetch_ticker(symbol))["bid"]
        order = await exchange.create_order(symbol, "limit", "buy", amount, bid)
        edits = 0
        while order["status"] == "open":
            bid = (await exchange.fetch_ticker(symbol))["bid"]
            if bid > order["price"]:
                try:
                    order = await exchange.edit_order(order["id"], symbol, "limit", "buy", amount, bid)
                    edits += 1
                except ccxt.InvalidOrder:
                    pass
            await asyncio.sleep(0.02)
            order = await exchange.fetch_order(order["id"], symbol)
        print("filled at no more than", order["price"], "after", edits, "edits")


asyncio.run(main())
