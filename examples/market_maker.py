"""A market-making bot in plain CCXT: a bid and an ask around the mid price, moved along with it.

Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints them); Ctrl-C ends it.
"""

import asyncio
import logging
import signal
from decimal import Decimal
from typing import Any

import ccxt

from oms_ccxt_async import oms

logger = logging.getLogger("market_maker")


class MarketMaker:
    """Quotes both sides of one swap market, on an account where nobody else trades that market.

    When it is long it quotes lower, when it is short higher; with too much of a position it crosses the spread to be
    flat again. What it knows, it knows through the exchange object: `orders` are the ids of all orders that it sent,
    `fills` its trades by id, `position` is in contracts, negative when short.

    Args:
        exchange: any exchange of ccxt's async kind.
        symbol: a swap market.
        amount: of each quote, in contracts.
        half_spread: how far a quote is from the mid price, as a fraction of it.
        max_position: where it crosses, in contracts.
        pause: between two looks at the market, in seconds.
    """

    def __init__(
        self,
        exchange: Any,
        symbol: str,
        *,
        amount: float = 0.05,
        half_spread: float = 0.00002,
        max_position: float = 0.1,
        pause: float = 0.2,
    ) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.amount = amount
        self.half_spread = half_spread
        self.max_position = max_position
        self.pause = pause
        self.orders: set[str] = set()
        self.edits = 0
        self.crossings = 0
        self.open_orders: list[dict[str, Any]] = []
        self.fills: dict[str, dict[str, Any]] = {}
        self.mid = 0.0
        self.position = Decimal(0)
        self.balance: dict[str, Any] = {}
        self._since = exchange.milliseconds()
        self._stopped = False

    async def run(self) -> None:
        """Make a market until `stop` is called; however it ends, no order is left open."""
        try:
            while not self._stopped:
                try:
                    await self.look()
                    await self.act()
                except ccxt.NetworkError as error:
                    logger.warning("%s; trying again", error)
                await asyncio.sleep(self.pause)
        finally:
            await self.exchange.cancel_all_orders(self.symbol)
        await self.look()

    def stop(self) -> None:
        """Let `run` come to its end after the step that it is in."""
        self._stopped = True

    async def look(self) -> None:
        """Learn what there is now: the market, the open orders, new fills, the position, the balance."""
        answers = await asyncio.gather(
            self.exchange.fetch_order_book(self.symbol, 5),
            self.exchange.fetch_open_orders(self.symbol),
            self.exchange.fetch_my_trades(self.symbol, self._since),
            self.exchange.fetch_positions([self.symbol]),
            self.exchange.fetch_balance(),
        )
        book, self.open_orders, trades, positions, self.balance = answers
        self.mid = (book["bids"][0][0] + book["asks"][0][0]) / 2
        for trade in trades:
            if trade["id"] not in self.fills:
                logger.info("filled: %s %s at %s", trade["side"], trade["amount"], trade["price"])
                self.fills[trade["id"]] = trade
            # The last minute is read again and again, because a fill may be reported late.
            self._since = max(self._since, trade["timestamp"] - 60_000)
        self.position = Decimal(0)
        for position in positions:
            contracts = Decimal(str(position["contracts"]))
            self.position += contracts if position["side"] == "long" else -contracts

    async def act(self) -> None:
        """Quote, or get rid of a position that has become too large."""
        if any(order["type"] == "market" for order in self.open_orders):
            return  # crossing already
        load = float(self.position) / self.max_position
        if abs(load) >= 1:
            side = "sell" if load > 0 else "buy"
            order = await self.exchange.create_order(self.symbol, "market", side, float(abs(self.position)))
            self.orders.add(order["id"])
            self.crossings += 1
            return
        center = self.mid * (1 - self.half_spread * load)
        await self.quote("buy", center * (1 - self.half_spread))
        await self.quote("sell", center * (1 + self.half_spread))

    async def quote(self, side: str, price: float) -> None:
        """Have an order on this side, at a price that is close enough to `price`."""
        price = float(self.exchange.price_to_precision(self.symbol, price))
        order = next((order for order in self.open_orders if order["side"] == side), None)
        if order is None:
            order = await self.exchange.create_order(self.symbol, "limit", side, self.amount, price)
            self.orders.add(order["id"])
        elif abs(order["price"] - price) > price * self.half_spread / 4:
            try:
                await self.exchange.edit_order(order["id"], self.symbol, "limit", side, order["amount"], price)
                self.edits += 1
            except ccxt.InvalidOrder as error:
                logger.info("not moved, it may just have been filled: %s", error)


async def main() -> None:
    async with oms() as exchange:
        await exchange.load_markets()
        bot = MarketMaker(exchange, "BTC/USDT:USDT")
        signal.signal(signal.SIGINT, lambda *_: bot.stop())
        await bot.run()
        print(f"{len(bot.orders)} orders, {bot.edits} edits, {len(bot.fills)} fills, position {bot.position}")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main())
