"""Hooks: who is told, and whom they hurt."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from oms_ccxt_async.instrumentation import Event, GapFound, get_hooks, set_hooks
from oms_ccxt_async.instrumentation.hooks import tell

GAP = GapFound(exchange="oms", account_id=1, stream="account")


@pytest.fixture(autouse=True)
def _no_hooks_are_left() -> Iterator[None]:
    yield
    set_hooks(None)


def test_none_is_active_unless_asked_for() -> None:
    """Nobody is told before somebody asks, and nobody after it was taken back."""
    assert get_hooks() == ()
    told: list[Event] = []
    set_hooks([told.append])
    tell(GAP)
    set_hooks(None)
    tell(GAP)
    assert told == [GAP]


@pytest.mark.parametrize("error", [ValueError("no"), asyncio.CancelledError()])
def test_a_hook_that_raises_hurts_nobody_and_is_named_once(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are told, the caller goes on, and the log has one line of it."""

    def breaks(_: Event) -> None:
        raise error

    told: list[Event] = []
    set_hooks([breaks, told.append])
    tell(GAP)
    tell(GAP)
    assert told == [GAP, GAP]
    [record] = caplog.records
    assert (record.name, record.levelno) == ("oms_ccxt", logging.ERROR)
    assert "breaks" in record.getMessage()


def test_what_nobody_would_await_is_refused() -> None:
    """A coroutine function, also as `__call__`, and what cannot be called, are mistakes; the old hooks stay."""

    async def hook(_: Event) -> None: ...

    class Awaited:
        async def __call__(self, _: Event) -> None: ...

    wrong: list[Any] = [hook, Awaited(), "hook"]
    for each in wrong:
        with pytest.raises(TypeError, match="plain callable"):
            set_hooks([each])
    assert get_hooks() == ()


def test_hooks_are_told_in_the_thread_in_which_it_happens() -> None:
    """Exchanges in several threads tell at the same time, and nothing is lost."""
    told: list[int] = []
    set_hooks([lambda event: told.append(threading.get_ident())])
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        for _ in range(500):
            tell(GAP)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told.count(thread.ident or 0) for thread in threads) == [500] * 4
