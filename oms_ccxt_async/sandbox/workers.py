"""Several server processes on one port and one database."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from oms_ccxt_async.sandbox.background import event_loop_factory
from oms_ccxt_async.sandbox.listening import listen
from oms_ccxt_async.sandbox.process import run, told_to_stop
from oms_ccxt_async.sandbox.server import Sandbox
from oms_ccxt_async.sandbox.storage import is_postgres

__all__ = ["serve_workers"]

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long a worker has to end."""
RESTART_SECONDS = 0.5
"""How long after its start a worker that ended is replaced, at the earliest."""


def serve_workers(*, workers: int, on_ready: Callable[[Sandbox], None], **options: Any) -> None:
    """Serve with so many processes until SIGINT or SIGTERM; must be called on the main thread.

    This process serves nobody: it makes the database, starts the others and replaces those that end.

    Args:
        workers: how many processes serve.
        on_ready: called once with a sandbox that does not serve, but knows address, keys and accounts.
        **options: those of `Sandbox`; the database has to be one that processes share, the OMS a full one.

    Raises:
        OSError, StorageUnavailable: as `Sandbox`; or the system starts no more processes.
        ValueError: as `Sandbox`; or processes cannot share this database, this OMS or this system's ports.
    """
    if options.get("prices") is not None or options.get("candles") is not None:
        raise ValueError("several workers trade on simulated prices only: real and recorded ones are one process's")
    if options.get("profile", "full") != "full":
        raise ValueError("a legacy OMS is one process: --workers needs the full profile")
    if not is_postgres(options.get("database")):
        raise ValueError("a SQLite file belongs to one process: --workers needs --database postgresql://...")
    if sys.platform == "win32":
        raise ValueError("--workers needs a system whose processes can listen on one port")

    async def supervise() -> None:
        loop = asyncio.get_running_loop()
        with told_to_stop() as stopping:
            host = options.get("host", "127.0.0.1")
            # bound and not listening: the port is ours from now on, and nobody is connected to this process
            with listen(host, options.get("port", 0), shared=True, backlog=None) as held:
                port = held.getsockname()[1]
                sandbox = Sandbox(**{**options, "port": port})
                await sandbox.prepare(held)
                served = {**options, "port": port, "share_port": True, "api_key": sandbox.keys["trader"]}
                ready = [loop.create_future() for _ in range(workers)]
                tasks = [asyncio.create_task(_keep(served, listening)) for listening in ready]
                stopped = asyncio.create_task(stopping.wait())
                started = asyncio.gather(*ready)
                ends: list[asyncio.Future[Any]] = [stopped, *tasks]
                try:
                    await asyncio.wait([started, *ends], return_when=asyncio.FIRST_COMPLETED)
                    if started.done():
                        on_ready(sandbox)
                        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for future in (started, *ends):
                        future.cancel()
                    ended = await asyncio.gather(*tasks, return_exceptions=True)
                for error in ended:
                    if isinstance(error, Exception):  # no process could be started
                        raise error

    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(supervise())


async def _keep(options: dict[str, Any], listening: asyncio.Future[None]) -> None:
    """Have one process serve, and another one when it ends, until this is canceled.

    Args:
        options: those of `Sandbox`.
        listening: done when the first one listens.
    """
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    while True:
        began = loop.time()
        ready, tell = context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(options, tell), daemon=True)
        process.start()
        tell.close()
        try:
            await _readable(ready.fileno())
            with suppress(EOFError):  # it ended before it was ready
                ready.recv_bytes()
                if not listening.done():
                    listening.set_result(None)
            await _readable(process.sentinel)
        except asyncio.CancelledError:
            process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await _readable(process.sentinel)
            process.kill()
            raise
        finally:
            ready.close()
        process.join()
        logger.error("worker %s ended with %s and is replaced", process.pid, process.exitcode)
        await asyncio.sleep(max(0.0, began + RESTART_SECONDS - loop.time()))


async def _readable(number: int) -> None:
    """Wait until a descriptor has something to read, or its other end is gone."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(number, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(number)


def _serve(options: dict[str, Any], ready: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()
    run(on_ready=lambda sandbox: ready.send_bytes(b"ready"), **options)
