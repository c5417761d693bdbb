"""The event loops of a sandbox: which kind is made, and one in a thread of its own for programs that have none."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["Background", "event_loop_factory"]

T = TypeVar("T")


def event_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop's event loop where there is one."""
    if sys.platform != "win32":
        try:
            import uvloop
        except ImportError:
            pass
        else:
            return uvloop.new_event_loop
    return asyncio.new_event_loop


class Background(threading.Thread):
    """A thread whose event loop runs until `end()`.

    Args:
        loop_factory: makes the event loop.
    """

    def __init__(self, loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
        super().__init__(name="oms-sandbox", daemon=True)
        self._loop_factory = loop_factory
        self._loop: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._ended: asyncio.Event
        self.start()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns in the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop.result()).result()

    def do(self, function: Callable[..., T], *args: Any) -> T:
        """What a plain function returns while the loop does nothing else; from any thread."""
        if threading.current_thread() is self:
            return function(*args)

        async def done() -> T:
            return function(*args)

        return self.call(done())

    def end(self) -> None:
        """Cancel what still runs in the loop, and wait for the thread."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.result().call_soon_threadsafe(self._ended.set)
        self.join()

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._until_ended())
        except BaseException as error:
            if self._loop.done():
                raise
            self._loop.set_exception(error)

    async def _until_ended(self) -> None:
        self._ended = asyncio.Event()
        self._loop.set_result(asyncio.get_running_loop())
        await self._ended.wait()
