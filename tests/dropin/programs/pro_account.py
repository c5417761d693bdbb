"""Fills, balance and positions are watched beside each other, each in its own task."""

import asyncio

import ccxt.pro as ccxtpro


async def trades(exchange):
    return (await exchange.watch_my_trades("BTC/USDT:USDT"))[0]


async def positions(exchange):
    while True:
        for position in await exchange.watch_positions(["BTC/USDT:USDT"]):
            if position["contracts"]:
                return position


async def balances(exchange):
    return await exchange.watch_balance()


async def main():
    async with ccxtpro.oms() as exchange:
        watching = asyncio.gather(trades(exchange), positions(exchange), balances(exchange))
        ids = []
        while not watching.done():
            order = await exchange.create_market_order("BTC/USDT:USDT", "sell", 0.02)
            ids.append(order["id"])
            await asyncio.sleep(0.1)
        trade, position, balance = await watching
        assert trade["order"] in ids
        assert (trade["side"], trade["amount"]) == ("sell", 0.02)
        assert position["side"] == "short"
        assert balance["USDT"]["total"] == balance["total"]["USDT"]


asyncio.run(main())
