"""A thread that is interrupted anywhere in a create, and repeats it: as many orders as it intended."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from oms_ccxt_async.sync import facade
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere


@pytest.fixture(params=["full", "legacy"])
def oms(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """An OMS of each profile in turn, in another thread."""
    with elsewhere(request.param) as oms:
        yield oms


class Interrupted(BaseException):
    """What the alarm raises, wherever the thread is."""


@pytest.fixture
def alarm() -> Iterator[Callable[[float], None]]:
    """Sets an alarm that interrupts the main thread after so many seconds; 0 sets none."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds) and None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it may ring in a destructor
@pytest.mark.timeout(120)
def test_alarms_double_nothing(oms: Elsewhere, alarm: Callable[[float], None]) -> None:
    """150 creates under an alarm near the usual latency, each interrupted one repeated: each is at the OMS once."""
    with oms.exchange() as exchange:
        exchange.load_markets()
        began = time.perf_counter()
        for number in range(10):
            exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30_000 + number)
        usual = (time.perf_counter() - began) / 10
        interrupted = 0
        for number in range(150):
            order = None
            for patience in (usual * (0.2 + number % 15 / 12), 0):
                try:
                    alarm(patience)
                    began = time.perf_counter()
                    order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000 + number)
                    alarm(0)
                    usual = min(usual, time.perf_counter() - began)  # it was measured on a busy machine, perhaps
                except Interrupted:
                    interrupted += 1
                if order is not None:  # it may ring when the order is there already
                    break
        counts = Counter(row["price"] for row in oms.run(oms.desk.orders()))
    assert interrupted > 10, "the alarm was near the latency"
    assert set(counts.values()) == {1}
    assert len(counts) == 160


@pytest.mark.parametrize("moment", ["before it says so", "after it has said so"])
def test_interrupted_when_the_result_is_there(oms: Elsewhere, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Between the end of the call in its loop and the last step of the thread, the order still belongs to the call."""
    with oms.exchange() as exchange:
        order = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
        exchange.load_markets()
        tell = exchange._loop.tell

        def interrupted(function: Any, taken: bool) -> None:
            if moment == "after it has said so" or not taken:
                tell(function, taken)
            if taken:
                raise Interrupted

        with monkeypatch.context() as patched:
            patched.setattr(exchange._loop, "tell", interrupted)
            with pytest.raises(Interrupted):
                exchange.create_order(*order)
        again = exchange.create_order(*order)
        assert [row["id"] for row in oms.run(oms.desk.orders())] == [int(again["id"])]
        assert exchange.create_order(*order)["id"] != again["id"], "it is handed out once"


def test_threads_that_are_not_interrupted_are_answered(oms: Elsewhere) -> None:
    """Identical creates of eight threads are as many orders, and nothing is left to be taken over."""
    with oms.exchange() as exchange:
        exchange.load_markets()
        ids: list[str] = []

        def create() -> None:
            ids.append(exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)["id"])

        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(ids)) == 8
        assert isinstance(exchange, facade.oms)
        assert exchange._loop.look(lambda: exchange._twin._book.live) == []
