"""Orders, fills and balance in three loops of their own, while a fourth one trades."""

# as: okx
# orders: 3 ETH/USDT buy market 0.1 filled
# fills: ETH/USDT buy 0.3
# positions: ETH/USDT long 0.3
# last: fills 0.3 orders told: True
import asyncio

import ccxt.pro

told = {"orders": 0, "fills": 0.0, "balance": 0}


async def orders(exchange):
    while True:
        told["orders"] += len(await exchange.watch_orders())


async def fills(exchange):
    while told["fills"] < 0.3:
        for trade in await exchange.watch_my_trades():
            told["fills"] = round(told["fills"] + trade["amount"], 8)


async def balance(exchange):
    while True:
        told["balance"] = (await exchange.watch_balance())["ETH"]["total"]


async def main():
    async with ccxt.pro.okx({"apiKey": "k", "secret": "s", "password": "p"}) as exchange:
        loops = [asyncio.create_task(loop(exchange)) for loop in (orders, balance)]
        watching = asyncio.create_task(fills(exchange))
        await asyncio.sleep(0.2)
        for _ in range(3):
            await exchange.create_order("ETH/USDT", "market", "buy", 0.1)
        await asyncio.wait_for(watching, 20)
        for task in loops:
            task.cancel()
        print("fills", told["fills"], "orders told:", told["orders"] > 0)


asyncio.run(main())
