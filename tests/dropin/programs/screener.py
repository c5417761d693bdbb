"""Which markets are worth a look: active, quoted in dollars, liquid, with a narrow spread."""

# as: okx
# last: 6 of 6 markets, BTC/USDT
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.okx({"enableRateLimit": True})
    markets = await exchange.load_markets()
    symbols = [s for s, m in markets.items() if m["active"] is not False and m["quote"] == "USDT" and m["spot"]]
    tickers = await asyncio.gather(*[exchange.fetch_ticker(s) for s in symbols], return_exceptions=True)
    found = []
    for ticker in tickers:
        if isinstance(ticker, Exception):
            print(type(ticker).__name__)
            continue
        spread = (ticker["ask"] - ticker["bid"]) / ticker["ask"]
        if spread < 0.0005 and (ticker["quoteVolume"] or 0) > 0:
            found.append(ticker["symbol"])
    await exchange.close()
    print(len(found), "of", len(symbols), "markets, BTC/USDT" if "BTC/USDT" in found else "")


asyncio.run(main())
