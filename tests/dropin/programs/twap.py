"""A large order in slices over time, each sent, awaited and added up."""

# as: okx
# orders: 6 ETH/USDT sell market 0.714285 filled
# orders: ETH/USDT sell market 0.71429 filled
# fills: ETH/USDT sell 5
# positions: ETH/USDT short 5
# last: sold 5.0000 at 2999.98
import asyncio

import ccxt.async_support as ccxt


async def twap(exchange, symbol, side, total, slices, pause):
    done, cost = 0.0, 0.0
    size = float(exchange.amount_to_precision(symbol, total / slices))
    for n in range(slices):
        amount = size if n < slices - 1 else float(exchange.amount_to_precision(symbol, total - done))
        order = await exchange.create_order(symbol, "market", side, amount)
        while order["status"] == "open":
            order = await exchange.fetch_order(order["id"], symbol)
        done += order["filled"]
        cost += order["cost"]
        await asyncio.sleep(pause)
    return done, cost / done


async def main():
    async with ccxt.okx({"apiKey": "k", "secret": "s", "password": "p"}) as exchange:
        await exchange.load_markets()
        done, average = await twap(exchange, "ETH/USDT", "sell", 5, 7, 0.02)
        print(f"sold {done:.4f} at {exchange.price_to_precision('ETH/USDT', average)}")


asyncio.run(main())
