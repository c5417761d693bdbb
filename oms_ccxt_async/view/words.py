"""Numbers, times and what an account did, as a person reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

__all__ = ["ago", "clock", "count", "money", "number", "several", "signed"]


def number(value: Decimal | None) -> str:
    """A number with all its digits, thousands apart; a dash for none."""
    if value is None:
        return "-"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal, currency: str = "") -> str:
    """An amount of money: two digits behind the point, or four significant ones where that would be too few."""
    digits = 2
    if value and abs(value) < 1:
        digits = min(8, max(2, 3 - value.adjusted()))
    text = (
        f"{value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN):,f}" if abs(value) < 10**20 else f"{value:.6E}"
    )
    return f"{text} {currency}".rstrip()


def signed(value: Decimal, currency: str = "") -> str:
    """An amount of money with its sign."""
    text = money(value, currency)
    return text if value < 0 else f"+{text}"


def several(amounts: Mapping[str, Decimal], *, sign: bool = False) -> str:
    """Amounts of several currencies; `0` for none."""
    say = signed if sign else money
    return ", ".join(say(amount, currency) for currency, amount in amounts.items()) or "0"


def count(many: int, one: str, more: str = "") -> str:
    """So many of something: `1 order`, `2 orders`."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def ago(ms: float) -> str:
    """How long something took, or is ago, in one unit."""
    seconds = max(0.0, ms / 1000)
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit in ((60, "s"), (3600, "min"), (86_400, "h")):
        if seconds < size:
            return f"{seconds / {'s': 1, 'min': 60, 'h': 3600}[unit]:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def clock(at: int, *, millis: bool = False) -> str:
    """The time of day, UTC; a dash for none."""
    if not at:
        return "-"
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%H:%M:%S}" + (f".{at % 1000:03d}" if millis else "")
