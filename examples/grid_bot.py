"""A grid bot: limit orders below and above the price; where one is filled, its opposite is placed one step away.

    python examples/grid_bot.py --symbol BTC/USDT --levels 5 --step 0.0005

It knows of time only what the OMS tells, so that it does the same on a live OMS, on the sandbox, and on one that
replays candles faster than they were. Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt
sandbox` prints them); Ctrl-C ends it, and takes its orders back.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from decimal import Decimal
from typing import Any

from oms_ccxt_pro import oms

logger = logging.getLogger("grid")


class Grid:
    """Buys at each level below the price it began at, sells one step above each buy, and buys again.

    Args:
        exchange: any exchange of ccxt.pro's kind.
        symbol: the market.
        levels: how many on either side.
        step: between two levels, as a fraction of the price.
        amount: of each order.
    """

    def __init__(self, exchange: Any, symbol: str, *, levels: int, step: float, amount: float) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.levels = levels
        self.step = step
        self.amount = amount
        self.resting: dict[str, dict[str, Any]] = {}
        self.rounds = 0
        self.cash = Decimal(0)
        self.held = Decimal(0)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Let `run` come to its end, not in the middle of an order."""
        self._stopped.set()

    async def run(self) -> None:
        """Keep the grid until `stop` is called; then no order of it is left open."""
        ticker = await self.exchange.fetch_ticker(self.symbol)
        middle = ticker["last"]
        watching = asyncio.create_task(self.exchange.watch_orders(self.symbol))  # from here on no change is missed
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            for level in range(1, self.levels + 1):
                await self.place("buy", middle * (1 - self.step) ** level)
                await self.place("sell", middle * (1 + self.step) ** level)
            while not self._stopped.is_set():
                await asyncio.wait({watching, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not watching.done():
                    break
                changed = watching.result()
                watching = asyncio.create_task(self.exchange.watch_orders(self.symbol))
                for order in changed:
                    if order["id"] in self.resting and order["status"] != "open":
                        await self.replace(order)
        finally:
            watching.cancel()
            stopped.cancel()
            await self.exchange.cancel_orders(list(self.resting), self.symbol)

    async def place(self, side: str, price: float) -> None:
        """Rest one order."""
        order = await self.exchange.create_order(self.symbol, "limit", side, self.amount, price)
        self.resting[order["id"]] = order

    async def replace(self, order: dict[str, Any]) -> None:
        """Place the opposite of an order that is over, one step away; one that somebody canceled is not replaced."""
        placed = self.resting.pop(order["id"])
        filled = Decimal(str(order["filled"]))
        self.held += filled if order["side"] == "buy" else -filled
        self.cash += Decimal(str(order["cost"])) * (-1 if order["side"] == "buy" else 1)
        if order["status"] != "closed":
            return
        self.rounds += order["side"] == "sell"
        logger.info(
            "%s %s at %s; held %s, cash %s", order["side"], order["filled"], order["average"], self.held, self.cash
        )
        if order["side"] == "buy":
            await self.place("sell", placed["price"] * (1 + self.step))
        else:
            await self.place("buy", placed["price"] / (1 + self.step))


async def main(arguments: argparse.Namespace) -> None:
    async with oms() as exchange:
        await exchange.load_markets()
        bot = Grid(exchange, arguments.symbol, levels=arguments.levels, step=arguments.step, amount=arguments.amount)
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(bot.stop))
        if arguments.seconds:
            loop.call_later(arguments.seconds, bot.stop)
        await bot.run()
        print(f"{bot.rounds} sold, held {bot.held}, cash {bot.cash}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbol", default="BTC/USDT")
    parser.add_argument("--levels", type=int, default=5)
    parser.add_argument("--step", type=float, default=0.0005)
    parser.add_argument("--amount", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=None, help="how long; without it, until Ctrl-C")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main(parser.parse_args()))
