"""Two strategies on one account: each has orders, fills and positions of its own, and neither can touch the other's.

Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints them); account 3 of the
sandbox gives each strategy a position of its own in a symbol, account 2 has one position for both.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import ccxt

from oms_ccxt_async import oms

SYMBOL = "ETH/USDT:USDT"


class Strategy:
    """A strategy's own view of the account.

    Args:
        number: its number at the OMS.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.exchange = oms({"options": {"strategy_id": number}})

    async def trade(self, side: str, amount: float) -> dict[str, Any]:
        """An order at market."""
        order: dict[str, Any] = await self.exchange.create_order(SYMBOL, "market", side, amount)
        return order

    async def traded(self) -> Decimal:
        """What it has bought, less what it has sold: of its own fills, whatever becomes of positions."""
        fills = await self.exchange.fetch_my_trades(SYMBOL)
        signed = ((1 if fill["side"] == "buy" else -1) * Decimal(str(fill["amount"])) for fill in fills)
        return sum(signed, Decimal(0))

    async def positions(self) -> str:
        """The positions that are its own, in words."""
        held = await self.exchange.fetch_positions([SYMBOL])
        return ", ".join(f"{each['side']} {each['contracts']:g}" for each in held) or "none"


async def main() -> None:
    trend, reversion = Strategy(1), Strategy(2)
    try:
        await trend.trade("buy", 1)
        await reversion.trade("buy", 1)
        await trend.trade("sell", 0.5)
        theirs = await reversion.trade("sell", 2)
        for strategy in (trend, reversion):
            print(f"strategy {strategy.number} traded {await strategy.traded():g}, holds: {await strategy.positions()}")
        try:
            await trend.exchange.fetch_order(theirs["id"])
        except ccxt.OrderNotFound as error:
            print("not its order:", error)
        everything = await trend.exchange.fetch_positions([SYMBOL], {"strategy_id": None})
        print("the account holds", ", ".join(f"{each['side']} {each['contracts']:g}" for each in everything))
    finally:
        await asyncio.gather(trend.exchange.close(), reversion.exchange.close())


if __name__ == "__main__":
    asyncio.run(main())
