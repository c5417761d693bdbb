"""One strategy in a replay, on paper, and live: only the address differs, and the program does not know.

A replay, in one terminal, a day in a minute:

    oms-ccxt sandbox --candles sample --speed 1440

Paper on real prices:

    oms-ccxt sandbox --prices binance

Live: your OMS. In another terminal, with the address, key and account that the sandbox prints, or your OMS's:

    export OMS_BASE_URL=http://127.0.0.1:8000 OMS_API_KEY=... OMS_ACCOUNT_ID=2
    python examples/same_strategy.py

It holds a little BTC while the last price is above the mean of the last candles, looks at every new candle, takes its
time from the exchange, and stops where a replay ends, or at Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import ccxt

import oms_ccxt_async

SYMBOL, AMOUNT, CANDLES = "BTC/USDT", 0.01, 20


async def trade(exchange: Any, timeframe: str = "1m") -> list[dict[str, Any]]:
    """Trade until a replay ends; the orders that were made."""
    orders: list[dict[str, Any]] = []
    seen, holds = 0, False
    pause = 0.02
    while not over(await exchange.fetch_status()):
        candles = await exchange.fetch_ohlcv(SYMBOL, timeframe, limit=CANDLES + 1)
        closed = candles[:-1]  # the last one is not over yet
        if not closed or closed[-1][0] == seen:
            pause = min(pause * 1.5, 5.0)
            await asyncio.sleep(pause)
            continue
        seen, pause = closed[-1][0], 0.02
        mean = sum(candle[4] for candle in closed) / len(closed)
        wants = closed[-1][4] > mean
        if wants == holds:
            continue
        try:
            order = await exchange.create_order(SYMBOL, "market", "buy" if wants else "sell", AMOUNT)
        except (ccxt.OperationRejected, ccxt.ExchangeNotAvailable) as error:
            print(f"{exchange.iso8601(seen)}  not now: {error}")
            continue
        orders.append(order)
        holds = wants
        print(f"{exchange.iso8601(seen)}  {order['side']:4} {order['amount']} at {order['average']}")
    return orders


def over(status: dict[str, Any]) -> bool:
    """Whether the OMS says that its replay has ended; a live one says nothing of that kind."""
    return bool(status["info"].get("prices", {}).get("state") == "ended")


async def main(timeframe: str) -> None:
    async with oms_ccxt_async.oms() as exchange:  # OMS_BASE_URL, OMS_API_KEY, OMS_ACCOUNT_ID
        before = await exchange.fetch_balance()
        orders = await trade(exchange, timeframe)
        after = await exchange.fetch_balance()
        print(f"{len(orders)} orders, {after['USDT']['total'] - before['USDT']['total']:+.2f} USDT")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timeframe", default="1m", help="of the candles that it looks at")
    asyncio.run(main(parser.parse_args().timeframe))
