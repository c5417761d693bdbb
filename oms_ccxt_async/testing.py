"""For the tests of programs that trade through the driver: no backoffs, few retries, answers that get lost.

    from oms_ccxt_async import testing

    with testing.set_testing():
        testing.lose_next_answer()
        order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)  # placed once all the same

All of it is of the whole process, and none of it on unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from oms_ccxt_async.wire.hurry import LOST, MODE, Losing

__all__ = ["is_testing", "lose_next_answer", "lost_answers", "set_testing"]


class _Testing:
    """What `set_testing` returns: as a context manager it brings back, at its end, what was before."""

    def __init__(self, before: int | None) -> None:
        self._before = before

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        MODE.attempts = self._before


def set_testing(testing: bool = True, *, attempts: int = 1) -> _Testing:
    """Have every exchange of this process hurry, or not, from now on; within a `with` block, only there.

    Backoffs, of retries and of streams, and the cooldown of the circuit take a millisecond; a wait that the OMS asks
    for (Retry-After) is kept. What becomes of orders in doubt is found out as ever.

    Args:
        testing: whether to.
        attempts: how often a request is sent at most, where `options["retry"]["attempts"]` is not less.

    Raises:
        ValueError: `attempts` is below 1.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be 1 or more, not {attempts!r}")
    before, MODE.attempts = MODE.attempts, attempts if testing else None
    return _Testing(before)


def is_testing() -> bool:
    """Whether the exchanges of this process hurry."""
    return MODE.attempts is not None


def lose_next_answer(to: str | None = None) -> None:
    """Lose the next answer of the OMS: it has done what was asked, and the driver sees the connection break.

    Args:
        to: the answer to which method, such as `create_order`; None: to the next request that changes something.
    """
    LOST.append(Losing(to, 1))


@contextmanager
def lost_answers(to: str | None = None) -> Iterator[None]:
    """Lose every answer within the block: an order becomes `OrderOutcomeUnknown`, as nothing tells of it.

    Args:
        to: only the answers to this method; the driver finds out by others what became of an order.
    """
    losing = Losing(to, None, reads=True)
    LOST.append(losing)
    try:
        yield
    finally:
        LOST[:] = [each for each in LOST if each is not losing]
