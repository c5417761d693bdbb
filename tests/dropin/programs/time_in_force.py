"""Immediate or cancel, fill or kill, good till canceled."""
# legacy: a legacy OMS does not learn that the exchange has canceled an order

import asyncio

import ccxt.async_support as ccxt


async def over(exchange, order):
    while order["status"] == "open":
        await asyncio.sleep(0.02)
        order = await exchange.fetch_order(order["id"])
    return order


async def main():
    async with ccxt.oms() as exchange:
        ticker = await exchange.fetch_ticker("BTC/USDT")
        crossing, resting = ticker["ask"] * 1.01, ticker["bid"] * 0.9
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, resting, {"timeInForce": "GTC"})
        assert (order["timeInForce"], order["status"]) == ("GTC", "open")
        for time_in_force in ("IOC", "FOK"):
            params = {"timeInForce": time_in_force}
            order = await over(
                exchange, await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, crossing, params)
            )
            assert (order["status"], order["timeInForce"]) == ("closed", time_in_force)
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, resting, {"timeInForce": "IOC"})
        order = await exchange.fetch_order(order["id"])
        assert (order["filled"], order["status"]) == (0, "canceled")


asyncio.run(main())
