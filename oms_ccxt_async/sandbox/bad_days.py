"""Bad days to rehearse: orders that are refused, answers that are lost, hours at which the exchange is closed.

What happens follows from the seed and from how many orders and answers there were before. Pure: the time is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from oms_ccxt_async.sandbox.exchange.path import draws

__all__ = ["BadDays", "Maintenance"]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The exchange is closed for the first `length_ms` of every `every_ms`, counted from the epoch."""

    length_ms: int
    every_ms: int

    def __post_init__(self) -> None:
        if not 0 < self.length_ms < self.every_ms:
            raise ValueError(
                f"maintenance is shorter than what it recurs in, and above 0: {self.length_ms} ms of {self.every_ms} ms"
            )

    def until(self, now: int) -> int | None:
        """When it is over, in epoch milliseconds; None: it is not on."""
        into = now % self.every_ms
        return now - into + self.length_ms if into < self.length_ms else None


class BadDays:
    """What goes wrong.

    Args:
        seed: from which it follows.
        reject_rate: of how many orders and changes the exchange refuses one, as a share.
        lose_answers: of how many commands the answer is lost, as a share; they are carried out.
        maintenance: when the exchange is closed.

    Raises:
        ValueError: a share that is not from 0 to 1.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        reject_rate: float = 0.0,
        lose_answers: float = 0.0,
        maintenance: Maintenance | None = None,
    ) -> None:
        for name, share in (("reject_rate", reject_rate), ("lose_answers", lose_answers)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {share}")
        self._seed = seed
        self._reject_rate = reject_rate
        self._lose_answers = lose_answers
        self._maintenance = maintenance
        self._orders, self._answers = count(), count()

    def refuses_order(self) -> str | None:
        """Whether the exchange refuses the next order, in words that exchanges have for it."""
        if self._reject_rate and self._drawn("order", next(self._orders)) < self._reject_rate:
            return "filter failure: PERCENT_PRICE_BY_SIDE (refused at random: reject rate)"
        return None

    def loses_answer(self) -> bool:
        """Whether the next answer to a command gets lost."""
        return bool(self._lose_answers) and self._drawn("answer", next(self._answers)) < self._lose_answers

    def closed_until(self, now: int) -> int | None:
        """Until when the exchange is closed, if it is."""
        return None if self._maintenance is None else self._maintenance.until(now)

    def why_closed(self, now: int) -> str | None:
        """The same, as a refusal goes on after the exchange's name."""
        until = self.closed_until(now)
        return None if until is None else f"trading is halted until {_clock(until)}"

    def why_silent(self, now: int) -> str | None:
        """Why reads are not answered, as a refusal goes on after the exchange's name."""
        until = self.closed_until(now)
        return None if until is None else f"is under maintenance until {_clock(until)}"

    def _drawn(self, what: str, number: int) -> float:
        return draws(self._seed, "bad days", what, number)[0]


def _clock(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
