"""Copies every fill of one account to another one at once, from the first one's stream."""

# as: binance
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 2
# settings: when = { apiKey = "leader" }
# settings: [[account]]
# settings: as = "binance"
# settings: account_id = 3
# settings: when = { apiKey = "follower" }
# orders: BTC/USDT sell market 0.02 filled
# orders: ETH/USDT buy market 0.5 filled
# orders: account 3: BTC/USDT sell market 0.04 filled
# orders: account 3: ETH/USDT buy market 1 filled
# fills: BTC/USDT sell 0.02
# fills: ETH/USDT buy 0.5
# fills: account 3: BTC/USDT sell 0.04
# fills: account 3: ETH/USDT buy 1
# positions: BTC/USDT short 0.02
# positions: ETH/USDT long 0.5
# positions: account 3: BTC/USDT short 0.04
# positions: account 3: ETH/USDT long 1
# last: copied 2
import asyncio

import ccxt.pro

FACTOR = 2


async def copy(leader, follower, wanted):
    copied = 0
    while copied < wanted:
        for trade in await leader.watch_my_trades():
            await follower.create_order(trade["symbol"], "market", trade["side"], trade["amount"] * FACTOR)
            copied += 1
    return copied


async def main():
    leader = ccxt.pro.binance({"apiKey": "leader", "secret": "s"})
    follower = ccxt.pro.binance({"apiKey": "follower", "secret": "s"})
    await asyncio.gather(leader.load_markets(), follower.load_markets())
    task = asyncio.create_task(copy(leader, follower, 2))
    await asyncio.sleep(0.2)
    await leader.create_order("ETH/USDT", "market", "buy", 0.5)
    await leader.create_order("BTC/USDT", "market", "sell", 0.02)
    print("copied", await asyncio.wait_for(task, 20))
    await asyncio.gather(leader.close(), follower.close())


asyncio.run(main())
