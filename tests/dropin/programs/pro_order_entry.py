"""Orders over the socket."""

import asyncio

from ccxt.pro import oms


async def main():
    exchange = oms()
    try:
        if exchange.has["createOrderWs"]:
            order = await exchange.create_order_ws("ETH/USDT", "limit", "buy", 0.5, 1000)
            assert order["status"] == "open"
            order = await exchange.edit_order_ws(order["id"], "ETH/USDT", "limit", "buy", 0.5, 1100)
            assert order["price"] == 1100
            order = await exchange.cancel_order_ws(order["id"], "ETH/USDT")
            assert order["status"] == "canceled"
            assert (await exchange.fetch_order_ws(order["id"], "ETH/USDT"))["id"] == order["id"]
    finally:
        await exchange.close()
    assert order["status"] == "canceled"


asyncio.run(main())
