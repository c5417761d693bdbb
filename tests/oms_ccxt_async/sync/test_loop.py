"""The event loop of the sync exchange: begun, shared, ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import ccxt
import pytest

from oms_ccxt_async.sync.loop import SyncLoop
from tests.oms_ccxt_async.elsewhere import soon


class Ended:
    """What is awaited last, and with which arguments it was."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.error: Exception | None = None

    async def __call__(self, *args: object) -> None:
        self.calls.append(args)
        if self.error is not None:
            raise self.error


@pytest.fixture
def ended() -> Ended:
    """Watches the end of `loop`."""
    return Ended()


@pytest.fixture
def loop(ended: Ended) -> Iterator[SyncLoop]:
    """A loop that is closed after the test."""
    loop = SyncLoop(ended)
    yield loop
    ended.error = None
    loop.close()


def threads() -> list[threading.Thread]:
    """The loops' threads that are alive."""
    return [thread for thread in threading.enumerate() if thread.name == "oms-sync"]


async def where() -> threading.Thread:
    """The thread in which this runs."""
    return threading.current_thread()


async def never() -> None:
    """Waits for ever."""
    await asyncio.Event().wait()


def test_begins_with_the_first_call_and_ends_with_close(loop: SyncLoop, ended: Ended) -> None:
    """There is one thread from the first call on, and none after close(), which awaits `end`; then it begins anew."""
    assert threads() == []
    first = loop.call(where).result()
    assert loop.call(where).result() is first
    assert threads() == [first]
    loop.close("an argument")
    assert threads() == []
    assert ended.calls == [("an argument",)]
    assert loop.call(where).result() is not first


def test_close_is_idempotent(loop: SyncLoop, ended: Ended) -> None:
    """Closing what never began, or twice, or from many threads at once, ends it once."""
    loop.close()
    loop.call(where)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: loop.close(), range(8)))
    loop.close()
    assert ended.calls == [()]


def test_what_end_raises_reaches_the_caller(loop: SyncLoop, ended: Ended) -> None:
    """close() raises what `end` raises, and the loop has ended all the same."""
    loop.call(where)
    ended.error = OSError("the journal is full")
    with pytest.raises(OSError, match="journal"):
        loop.close()
    assert threads() == []


def test_close_ends_what_waits(loop: SyncLoop) -> None:
    """A call that waits when the loop is closed ends with `ExchangeClosedByUser`; no thread is left waiting."""
    begun = threading.Event()

    async def waits() -> None:
        begun.set()
        await never()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(loop.call, waits)
        assert begun.wait(5)
        loop.close()
        with pytest.raises(ccxt.ExchangeClosedByUser):
            waiting.result(5)


def test_calls_that_race_with_close_all_end() -> None:
    """However calls and closing meet, every call returns or ends with `ExchangeClosedByUser`."""

    async def nothing() -> int:
        await asyncio.sleep(0)
        return 1

    async def end() -> None:
        await asyncio.sleep(0)

    loop = SyncLoop(end)
    stop = threading.Event()

    def call() -> int:
        answered = 0
        while not stop.is_set():
            with contextlib.suppress(ccxt.ExchangeClosedByUser):
                answered += loop.call(nothing).result()
        return answered

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call) for _ in range(4)]
        for _ in range(30):
            loop.close()
        stop.set()
        assert all(made.result(5) for made in calls)
    loop.close()
    assert threads() == []


def test_the_loops_own_thread_is_refused(loop: SyncLoop) -> None:
    """A call or a close() from inside the loop, which would wait for itself, says so."""

    async def calls() -> None:
        loop.call(where)

    async def closes() -> None:
        loop.close()

    for function in (calls, closes):
        failure = loop.call(function).exception()
        assert isinstance(failure, RuntimeError)
        assert "would wait for itself" in str(failure)
    loop.call(where)


def test_an_interrupt_cancels_the_coroutine(loop: SyncLoop) -> None:
    """A KeyboardInterrupt reaches the waiting thread, and cancels what it waits for."""
    main = threading.main_thread().ident
    assert main is not None
    cancelled = threading.Event()

    async def waits() -> None:
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await never()
        finally:
            cancelled.set()

    with pytest.raises(KeyboardInterrupt):
        loop.call(waits)
    assert cancelled.wait(5)


def test_failures_to_begin_reach_the_caller(loop: SyncLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file for the loop, or without a thread, the call says so; the next one tries again."""
    with monkeypatch.context() as patch:

        def no_file() -> asyncio.AbstractEventLoop:
            raise OSError(24, "Too many open files")

        patch.setattr(asyncio, "new_event_loop", no_file)
        with pytest.raises(ccxt.ExchangeNotAvailable, match="Too many open files"):
            loop.call(where)
    with monkeypatch.context() as patch:

        def no_thread(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(ccxt.ExchangeNotAvailable, match="start new thread"):
            loop.call(where)
    assert loop.call(where).result().name == "oms-sync"


def test_look_begins_no_loop(loop: SyncLoop) -> None:
    """A look runs in the loop if there is one, also from inside it, and in its own thread if there is none."""
    assert loop.look(threading.current_thread) is threading.current_thread()
    assert threads() == []
    thread = loop.call(where).result()
    assert loop.look(threading.current_thread) is thread

    async def looks() -> threading.Thread:
        return loop.look(threading.current_thread)

    assert loop.call(looks).result() is thread


def test_leaving_does_not_wait(loop: SyncLoop, ended: Ended) -> None:
    """A loop that is left ends by itself, once."""
    loop.leave()
    loop.call(where)
    loop.leave()
    loop.leave()
    soon(lambda: threads() == [])
    assert ended.calls == [()]


def test_a_loop_that_broke_down_is_replaced(loop: SyncLoop) -> None:
    """A coroutine that ends the loop's thread ends the calls that wait, and the next call has a loop again."""

    async def breaks() -> None:
        raise SystemExit

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(loop.call, never)
        with pytest.raises((SystemExit, ccxt.ExchangeClosedByUser)):
            loop.call(breaks).result()
        assert isinstance(waiting.exception(5), ccxt.ExchangeClosedByUser)
    soon(lambda: threads() == [])
    assert loop.call(where).result().name == "oms-sync"


def test_wrong_arguments_are_the_callers_error(loop: SyncLoop) -> None:
    """A call that does not fit the function ends with its TypeError, and the loop goes on."""
    assert isinstance(loop.call(where, 1).exception(), TypeError)  # type: ignore[call-arg]
    assert loop.call(where).result().name == "oms-sync"
