"""A bot for kraken started with `--as binance`, which asks kraken's own endpoint."""

# as: binance
# for: kraken
# refused: kraken may only do what is public, and nothing was sent; nothing stands in for kraken: say --as kraken
# sent: nothing
# exit: 1
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.kraken({"apiKey": "k", "secret": "c2VjcmV0"})
    try:
        print(
            await exchange.private_post_addorder(
                {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.1"}
            )
        )
    finally:
        await exchange.close()


asyncio.run(main())
