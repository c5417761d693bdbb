"""An OMS in a thread of its own, for tests whose own thread blocks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from oms_ccxt_async import sync
from tests.faults.desk import QUICK, Desk, Profile, desk

__all__ = ["Elsewhere", "elsewhere", "soon"]

T = TypeVar("T")
_BUILDING = threading.Lock()
"""An app is built by one thread at a time: pydantic silences warnings meanwhile, for all threads."""


class Elsewhere:
    """A desk in another thread's event loop.

    Attributes:
        desk: the sandbox, the proxy before it, and the ledger.
    """

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self.desk = desk
        self._loop = loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns in the desk's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def do(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a plain function in the desk's loop."""

        async def called() -> T:
            return function(*args, **kwargs)

        return self.run(called())

    def config(self, account_id: int = 1, **options: Any) -> dict[str, Any]:
        """A config of an exchange that trades through the proxy."""
        config = self.desk.sandbox.config(account_id)
        config["options"] |= {**QUICK, "base_url": self.desk.proxy.url, "ws": {"backoff": 20}, **options}
        return config

    def exchange(self, **options: Any) -> sync.oms:
        """A sync exchange that trades through the proxy."""
        return sync.oms(self.config(**options))

    def orders(self) -> list[dict[str, Any]]:
        """The OMS's orders, all of them."""
        return self.run(self.desk.orders())


@contextmanager
def elsewhere(profile: Profile, **sandbox_options: Any) -> Iterator[Elsewhere]:
    """A desk in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    entered = desk(profile, reconcile=50, **sandbox_options)
    try:
        with _BUILDING:
            made = asyncio.run_coroutine_threadsafe(entered.__aenter__(), loop).result(10)
        try:
            yield Elsewhere(made, loop)
        finally:
            asyncio.run_coroutine_threadsafe(entered.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def soon(condition: Callable[[], T], within: float = 5.0) -> T:
    """Ask until the answer is true, and return it; the thread's own `eventually`."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
        time.sleep(0.005)
    return answer
