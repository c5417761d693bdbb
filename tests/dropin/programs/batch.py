"""Several orders with one call; each has an outcome of its own."""

import asyncio

import ccxt.async_support as ccxt


async def main():
    async with ccxt.oms() as exchange:
        requests = [
            {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 30000},
            {
                "symbol": "ETH/USDT",
                "type": "limit",
                "side": "sell",
                "amount": 1,
                "price": 9000,
                "params": {"postOnly": True},
            },
            {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 900, "price": 30000},
        ]
        orders = await exchange.create_orders(requests)
        assert [order["status"] for order in orders] == ["open", "open", "rejected"]
        ids = [order["id"] for order in orders if order["id"]]
        assert [order["status"] for order in await exchange.cancel_orders(ids)] == ["canceled", "canceled"]


asyncio.run(main())
