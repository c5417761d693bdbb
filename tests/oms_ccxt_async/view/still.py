"""An account at one moment, for views that are compared with what they looked like."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.candles import SEEN
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.rows import Balance, Price
from tests.oms_ccxt_async.view.made import NOON, SPOT, SWAP, fill, order, position, view

NOW = NOON + 300_000


class Still:
    """Stands for a follower; nothing moves, and the market to chart is noted."""

    def __init__(self, account: AccountView) -> None:
        self.view = account
        self.exchange: Any = None

    def chart(self, symbol: str, frame: str) -> None:
        """Chart another market."""
        self.view.chart(symbol, frame)


def traded() -> AccountView:
    """Five minutes of a bot that bought and sold around 60,000."""
    account = view()
    account.label = "paper-netting"
    account.strategies = {"1": "alpha", "2": "beta"}
    account.saw_status({"state": "live", "lastMessage": NOW - 300}, {}, NOON)
    account.chart(SWAP, SEEN)
    for step in range(60):
        at, price = NOON + step * 5_000, Decimal(60_000 + (step * 37) % 90 - (step * 11) % 40)
        account.saw_price(Price(SWAP, price, price - 1, price + 1, at))
        if step % 9 == 4:
            number = str(step)
            side = "buy" if step % 2 else "sell"
            made = order(
                number, symbol=SWAP, side=side, price=price, created=at, strategy="1", client_id=f"bot-{number}"
            )
            account.saw_order(made, at)
            bought = fill(number, side, "0.5", str(price), order=number, at=at, fee=Decimal("1.5"))
            account.saw_fill(bought, at)
            account.saw_order(replace(made, status="closed", filled=Decimal("0.5")), at)
    account.saw_order(order("70", side="buy", price=Decimal(59_950), created=NOW - 4_000), NOW - 4_000)
    account.saw_order(order("71", side="sell", price=Decimal("60080.5"), created=NOW - 3_000), NOW - 3_000)
    account.saw_order(order("72", symbol=SPOT, price=Decimal(2_900), created=NOW - 2_000, strategy="2"), NOW - 2_000)
    account.saw_position(position("-0.5", "60041"))
    account.saw_price(Price(SPOT, Decimal(3_000), None, None, NOW))
    account.saw_balances(
        [
            Balance("BTC", Decimal(10), Decimal(0), Decimal(10)),
            Balance("USDT", Decimal("969000.25"), Decimal("30020.5"), Decimal("999020.75")),
        ]
    )
    stats = {"requests": 42, "latency": {"count": 42, "sum": 210.0, "max": 31.0}, "orders": {"accepted": 7}}
    account.saw_status({"state": "live", "lastMessage": NOW - 300}, stats, NOON)
    return account
