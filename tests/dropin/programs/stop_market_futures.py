"""A futures position with a stop and a target as reduce-only orders; whichever is left is canceled."""

# as: binance
# legacy: it counts its positions, and a legacy OMS makes one of every fill that it finds; the orders are the same
# market: 2 open: BTC/USDT:USDT 62500
# orders: BTC/USDT:USDT buy market 0.03 filled
# orders: BTC/USDT:USDT sell limit 0.03 at 62412.7 filled
# orders: BTC/USDT:USDT sell stop_market 0.03 canceled
# fills: BTC/USDT:USDT buy 0.03
# fills: BTC/USDT:USDT sell 0.03
# last: positions left: 0 orders left: 0
# legacy last: positions left: 2 orders left: 0
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.binance({"apiKey": "k", "secret": "s", "options": {"defaultType": "swap"}})
    symbol = "BTC/USDT"
    await exchange.load_markets()
    await exchange.set_leverage(3, symbol)
    entry = await exchange.create_order(symbol, "MARKET", "buy", 0.03)
    price = entry["average"]
    stop = await exchange.create_order(
        symbol, "STOP_MARKET", "sell", 0.03, None, {"stopPrice": round(price * 0.97, 1), "reduceOnly": True}
    )
    target = await exchange.create_order(symbol, "limit", "sell", 0.03, round(price * 1.04, 1), {"reduceOnly": "true"})
    print(entry["symbol"], stop["status"], target["status"])
    while target["status"] == "open":
        await asyncio.sleep(0.02)
        target = await exchange.fetch_order(target["id"], symbol)
    await exchange.cancel_order(stop["id"], symbol)
    left = [p for p in await exchange.fetch_positions() if p["contracts"]]
    print("positions left:", len(left), "orders left:", len(await exchange.fetch_open_orders(symbol)))
    await exchange.close()


asyncio.run(main())
