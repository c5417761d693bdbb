import asyncio

from oms_ccxt_async import oms


async def main() -> None:
    async with oms() as exchange:  # OMS_BASE_URL, OMS_API_KEY, OMS_ACCOUNT_ID
        ticker = await exchange.fetch_ticker("BTC/USDT")
        price = float(ticker["last"] or 0) * 0.99
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, round(price, 2))
        order = await exchange.fetch_order(order["id"])
        print("order", order["id"], order["status"], order["price"])
        order = await exchange.cancel_order(order["id"])
        print("order", order["id"], order["status"])


asyncio.run(main())
