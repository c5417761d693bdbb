"""An order is sent, and its stream is read until it is over."""

import asyncio

import ccxt.pro


async def main():
    exchange = ccxt.pro.oms({"newUpdates": True})
    seen = []

    async def watch(symbol):
        while "closed" not in seen:
            for order in await exchange.watch_orders(symbol):
                seen.append(order["status"])
                assert order["symbol"] == symbol
                assert 0 <= order["filled"] <= order["amount"]

    async def trade(symbol):
        while not seen:
            order = await exchange.create_order(symbol, "limit", "buy", 0.01, 30000)
            await asyncio.sleep(0.1)
        ticker = await exchange.fetch_ticker(symbol)
        await exchange.edit_order(order["id"], symbol, "limit", "buy", 0.01, ticker["ask"] + 10)

    await asyncio.gather(watch("BTC/USDT"), trade("BTC/USDT"))
    assert seen[0] == "open"
    await exchange.close()


asyncio.run(main())
