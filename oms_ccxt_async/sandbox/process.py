"""A process that does nothing but serve: its event loop, and the signals that end it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from oms_ccxt_async.sandbox.background import event_loop_factory
from oms_ccxt_async.sandbox.server import Sandbox

__all__ = ["run", "told_to_stop"]


def run(*, on_ready: Callable[[Sandbox], None], **options: Any) -> None:
    """Serve until SIGINT or SIGTERM, then shut down cleanly; must be called on the main thread.

    Args:
        on_ready: called once with the sandbox when it listens.
        **options: those of `Sandbox`.

    Raises:
        OSError, StorageUnavailable, ValueError: as `Sandbox`.
    """

    async def serve() -> None:
        with told_to_stop() as stopping:
            async with Sandbox(**options) as sandbox:
                on_ready(sandbox)
                await stopping.wait()

    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(serve())


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """An event of the running loop that SIGINT or SIGTERM sets; on the main thread only."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
