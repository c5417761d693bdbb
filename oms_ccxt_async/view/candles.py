"""Candles of one market, read from the exchange or made of the prices that were seen. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.rows import exact

__all__ = ["FRAMES", "SEEN", "Candles"]

SEEN = "5s"
"""The timeframe whose candles are made of public trades and of prices that were seen: no exchange is asked for them."""
FRAMES = {SEEN: 5_000, "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000}
"""Timeframes that a view offers, in milliseconds."""
KEPT = 400

Bar = tuple[int, Decimal, Decimal, Decimal, Decimal]
"""Epoch milliseconds, open, high, low, close."""


@dataclass(slots=True)
class Candles:
    """The latest candles of one market in one timeframe.

    Attributes:
        symbol, frame: which.
        bars: by time, the oldest first.
        version: grows with every change.
    """

    symbol: str
    frame: str
    bars: list[Bar] = field(default_factory=list)
    version: int = 0

    def read(self, rows: Iterable[Sequence[Any]]) -> None:
        """Candles as `fetch_ohlcv` and `watch_ohlcv` return them: they take the place of those of the same time."""
        known = {bar[0]: bar for bar in self.bars}
        for row in rows:
            numbers = [exact(each) for each in row[1:5]]
            if row[0] is not None and all(number is not None for number in numbers):
                known[int(row[0])] = (int(row[0]), *numbers)  # type: ignore[assignment]
        self.bars = [known[at] for at in sorted(known)][-KEPT:]
        self.version += 1

    def traded(self, at: int, price: Decimal) -> None:
        """The market traded at a price: an earlier candle's time counts, a gap between stays one."""
        size = FRAMES[self.frame]
        at -= at % size
        place = bisect_left(self.bars, at, key=lambda bar: bar[0])
        if place < len(self.bars) and self.bars[place][0] == at:
            _, first, high, low, _ = self.bars[place]
            self.bars[place] = (at, first, max(high, price), min(low, price), price)
        else:
            first = self.bars[place - 1][4] if place else price
            self.bars.insert(place, (at, first, max(first, price), min(first, price), price))
            del self.bars[:-KEPT]
        self.version += 1
