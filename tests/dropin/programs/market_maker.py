"""A market maker that quotes both sides and quotes again when the price has moved too far."""

# as: bybit
# market: 2 open: BTC/USDT 60300
# market: 4 orders: BTC/USDT 60000
# orders: 2 BTC/USDT buy limit 0.02 at 59940 canceled
# orders: BTC/USDT buy limit 0.02 at 60239.7 filled
# orders: BTC/USDT sell limit 0.02 at 60060 canceled
# orders: BTC/USDT sell limit 0.02 at 60060 filled
# orders: BTC/USDT sell limit 0.02 at 60360.3 canceled
# fills: BTC/USDT buy 0.02
# fills: BTC/USDT sell 0.02
# last: inventory 0
import asyncio

import ccxt.async_support as ccxt

SYMBOL, SIZE, SPREAD, TOLERANCE = "BTC/USDT", 0.02, 0.002, 0.001


async def quote(exchange, mid):
    return await asyncio.gather(
        exchange.create_limit_buy_order(SYMBOL, SIZE, exchange.price_to_precision(SYMBOL, mid * (1 - SPREAD / 2))),
        exchange.create_limit_sell_order(SYMBOL, SIZE, exchange.price_to_precision(SYMBOL, mid * (1 + SPREAD / 2))),
    )


async def main():
    exchange = ccxt.bybit({"apiKey": "key", "secret": "secret"})
    await exchange.load_markets()
    quotes, quoted_at, requotes = [], None, 0
    while requotes < 3:
        book = await exchange.fetch_order_book(SYMBOL, limit=5)
        mid = (book["bids"][0][0] + book["asks"][0][0]) / 2
        if quoted_at is None or abs(mid / quoted_at - 1) > TOLERANCE:
            for order in quotes:
                try:
                    await exchange.cancel_order(order["id"], SYMBOL)
                except ccxt.OrderNotFound:
                    print("already gone:", order["side"])
            quotes, quoted_at, requotes = await quote(exchange, mid), mid, requotes + 1
        await asyncio.sleep(0.02)
    await exchange.cancel_all_orders(SYMBOL)
    trades = await exchange.fetch_my_trades(SYMBOL)
    inventory = sum(t["amount"] if t["side"] == "buy" else -t["amount"] for t in trades)
    print("inventory", exchange.decimal_to_precision(inventory, ccxt.ROUND, 8, ccxt.DECIMAL_PLACES))
    await exchange.close()


asyncio.run(main())
