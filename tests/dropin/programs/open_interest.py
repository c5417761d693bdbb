"""Market data of swaps side by side: open interest, funding, mark and index price."""

# as: binance
# last: SOL/USDT:USDT 0.000100 +0.0333%
import asyncio

import ccxt.async_support as ccxt


async def main():
    exchange = ccxt.binance({"options": {"defaultType": "swap"}})
    symbols = ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
    interests, rates = await asyncio.gather(
        asyncio.gather(*map(exchange.fetch_open_interest, symbols)),
        asyncio.gather(*map(exchange.fetch_funding_rate, symbols)),
    )
    for symbol, interest, rate in zip(symbols, interests, rates):
        assert interest["openInterestAmount"] > 0
        assert rate["markPrice"] > 0
        premium = rate["markPrice"] / rate["indexPrice"] - 1
        print(f"{symbol} {rate['fundingRate']:.6f} {premium:+.4%}")
    await exchange.close()


asyncio.run(main())
