"""Post only: an order that would take is refused, and tried again at a price where it rests."""

# as: okx
# legacy: the order that is refused stays pending at the OMS; otherwise the same
# orders: SOL/USDT buy limit 5 at 149.48 submitted
# orders: SOL/USDT buy limit 5 at 150.52 rejected
# legacy orders: SOL/USDT buy limit 5 at 149.48 submitted
# legacy orders: SOL/USDT buy limit 5 at 150.52 pending_submit
# last: open at 149.48
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"})
    symbol = "SOL/USDT"
    ticker = await exchange.fetch_ticker(symbol)
    for price in (ticker["ask"] + 0.5, ticker["bid"] - 0.5):
        try:
            order = await exchange.create_order(symbol, "limit", "buy", 5, price, {"postOnly": True})
        except ccxt.InvalidOrder:
            print("would have taken at", price)
            continue
        if order["status"] in ("rejected", "canceled", "expired"):
            print("would have taken at", price)
            continue
        break
    print(order["status"], "at", order["price"])
    await exchange.close()


asyncio.run(main())
