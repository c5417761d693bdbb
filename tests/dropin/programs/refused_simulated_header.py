"""A program that asks okx for simulated trading with a header, over sockets."""

# as: okx
# refused: this program points elsewhere (the header x-simulated-trading)
# sent: nothing
# exit: 1
import asyncio

import ccxt.pro


async def main():
    exchange = ccxt.pro.okx({"apiKey": "k", "secret": "s", "password": "p", "headers": {"x-simulated-trading": "1"}})
    try:
        print(await exchange.watch_balance())
    finally:
        await exchange.close()


asyncio.run(main())
