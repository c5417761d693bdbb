"""Many calls at once, on several exchanges in one event loop."""

import asyncio

import ccxt.async_support as ccxt


async def main():
    exchanges = [ccxt.oms({"options": {"account_id": account}}) for account in (1, 2, 3)]
    await asyncio.gather(*[exchange.load_markets() for exchange in exchanges])
    prices = range(30000, 30010)
    for exchange in exchanges:
        made = await asyncio.gather(*[exchange.create_limit_buy_order("BTC/USDT", 0.001, price) for price in prices])
        assert [order["price"] for order in made] == list(prices)
        found = await asyncio.gather(*[exchange.fetch_order(order["id"]) for order in made])
        assert [order["id"] for order in found] == [order["id"] for order in made]
    results = await asyncio.gather(*[exchange.fetch_order("0") for exchange in exchanges], return_exceptions=True)
    assert all(isinstance(result, ccxt.OrderNotFound) for result in results)
    canceled = await asyncio.gather(*[exchange.cancel_all_orders() for exchange in exchanges])
    assert [len(orders) for orders in canceled] == [10, 10, 10]
    await asyncio.gather(*[exchange.close() for exchange in exchanges])


asyncio.run(main())
