"""A program whose config says sandbox, on futures."""

# as: bybit
# refused: this program points elsewhere (set_sandbox_mode(True))
# sent: nothing
# exit: 1
import asyncio

import ccxt.async_support as ccxt


async def main():
    async with ccxt.bybit(
        {"apiKey": "k", "secret": "s", "sandbox": True, "options": {"defaultType": "swap"}}
    ) as exchange:
        await exchange.load_markets()
        print(await exchange.create_order("BTC/USDT:USDT", "market", "buy", 0.01))


asyncio.run(main())
