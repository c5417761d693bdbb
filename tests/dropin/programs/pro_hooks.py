"""A subclass looks at what the sockets bring before anybody is told of it."""

import asyncio

import ccxt.pro

connected = []
intercepted = []


class Listening(ccxt.pro.oms):
    def on_connected(self, client, message=None):
        connected.append(client.url)

    def handle_order_book(self, client, message):
        super().handle_order_book(client, message)
        intercepted.append(self.orderbooks["BTC/USDT"]["asks"][0][0])

    def handle_ohlcv(self, client, message):
        intercepted.append(message)
        return super().handle_ohlcv(client, message)


async def main():
    exchange = Listening()
    book = await exchange.watch_order_book("BTC/USDT")
    assert book["asks"][0][0] in intercepted
    before = len(intercepted)
    await exchange.watch_ohlcv("BTC/USDT", "1m")
    assert len(intercepted) > before
    assert connected[0].startswith("ws")
    await exchange.close()


asyncio.run(main())
