"""An event loop in a thread of its own, for programs that have none, or have another."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import functools
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from oms_ccxt_async import errors

__all__ = ["SyncLoop"]

P = ParamSpec("P")
Result = TypeVar("Result")


class SyncLoop:
    """Runs coroutines for threads that wait for them, in a loop that begins with the first one and ends with `close()`.

    Safe from any number of threads. A loop that nobody closes is closed when the interpreter exits. It belongs to the
    process that began it: a fork inherits its sockets, and two processes on one socket would garble both.

    Args:
        end: awaited in the loop as the last thing, with what `close()` is given.
    """

    def __init__(self, end: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self._end = end
        self._life: _Life | None = None
        self._lock = threading.RLock()  # reentrant: garbage collection may call leave() anywhere

    def call(
        self, function: Callable[P, Coroutine[Any, Any, Result]], *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[Result]:
        """Run a coroutine function in the loop, and wait for it.

        Whatever ends the waiting, such as a KeyboardInterrupt, cancels it.

        Returns:
            The future, done and not cancelled.

        Raises:
            ccxt.ExchangeClosedByUser: the loop is being closed, or was meanwhile.
            ccxt.ExchangeNotAvailable: there is no thread or no file left for a loop; nothing was begun.
            ccxt.NotSupported: the loop belongs to the process from which this one was forked.
            RuntimeError: this is the loop's own thread, which would wait for itself.
        """
        self._refuse(function)
        # Made first, unlike that of run_coroutine_threadsafe: an interrupt may come before that returns its future.
        future: concurrent.futures.Future[Result] = concurrent.futures.Future()
        try:
            with self._lock:
                self._living().loop.call_soon_threadsafe(_begin, future, functools.partial(function, *args, **kwargs))
            future.exception()
        except concurrent.futures.CancelledError:
            raise errors.ExchangeClosedByUser("oms was closed by the user") from None
        except BaseException:
            future.cancel()
            raise
        return future

    def look(self, function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """Call a plain function while the loop does nothing else, without beginning one for it; from any thread."""
        life = self._life
        if life is None or not life.is_alive() or life.ending or threading.current_thread() is life:
            return function(*args, **kwargs)

        async def called() -> Result:
            return function(*args, **kwargs)

        return self.call(called).result()

    def tell(self, function: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have a plain function called in the loop, after everything that was asked of it before; without waiting."""
        life = self._life
        if life is not None and life.is_ours():
            with contextlib.suppress(RuntimeError):  # the loop is closed
                life.loop.call_soon_threadsafe(functools.partial(function, *args, **kwargs))

    def close(self, *args: Any) -> None:
        """End the loop and join its thread; what still waits gets `ExchangeClosedByUser`. The next call begins anew.

        Idempotent, and without effect in a process that was forked from the loop's own.

        Raises:
            RuntimeError: this is the loop's own thread.
            BaseException: what `end` raises.
        """
        life = self._life
        if life is None or life.ident is None or not life.is_ours():
            return
        self._refuse(self.close)
        self._leave(life, args)
        life.join()
        with self._lock:
            if self._life is life:
                self._life = None
        life.outcome.result()

    def leave(self) -> None:
        """Have the loop closed, without waiting for it."""
        life = self._life
        if life is not None and life.is_ours():
            self._leave(life, ())

    def _leave(self, life: _Life, args: tuple[Any, ...]) -> None:
        with self._lock:  # no call is taken after the end, so that none is forgotten
            life.end(args)

    def _refuse(self, function: Callable[..., Any]) -> None:
        life = self._life
        if life is None:
            return
        if threading.current_thread() is life:
            name = getattr(function, "__name__", "call")
            raise RuntimeError(
                f"oms {name}() would wait for itself: hooks run in the exchange's own event loop, whose thread "
                f"({life.name}) must not block; hand the work to another thread"
            )
        if not life.is_ours():
            raise errors.NotSupported(
                f"oms: this exchange has worked in process {life.process}, from which this one was forked; make "
                "another one here, or fork before the first call"
            )

    def _living(self) -> _Life:
        life = self._life
        if life is not None and life.is_alive():
            if life.ending:
                raise errors.ExchangeClosedByUser("oms is being closed")
            return life
        try:
            life = _Life(self._end)
        except OSError as error:
            raise errors.ExchangeNotAvailable(f"oms cannot make an event loop: {error}") from error
        self._life = life
        try:
            life.start()
        except RuntimeError as error:
            life.loop.close()
            raise errors.ExchangeNotAvailable(f"oms cannot start a thread for its event loop: {error}") from error
        return life


def _begin(future: concurrent.futures.Future[Result], function: Callable[[], Coroutine[Any, Any, Result]]) -> None:
    """Start what a thread waits for."""
    if future.cancelled():
        return
    loop = asyncio.get_running_loop()

    async def called() -> Result:
        return await function()

    task = loop.create_task(called())
    task.add_done_callback(functools.partial(_tell, future))
    future.add_done_callback(lambda _: task.done() or loop.call_soon_threadsafe(task.cancel))


def _tell(future: concurrent.futures.Future[Result], task: asyncio.Task[Result]) -> None:
    """Tell the thread what came of it, unless it has gone away."""
    if task.cancelled():
        future.cancel()
    failure = None if task.cancelled() else task.exception()
    if not future.set_running_or_notify_cancel():
        return
    if failure is None:
        future.set_result(task.result())
    else:
        future.set_exception(failure)


class _Life(threading.Thread):
    """One loop from its beginning to its end. A daemon: it lets the program exit, which ends it by `_end_all`."""

    def __init__(self, end: Callable[..., Coroutine[Any, Any, None]]) -> None:
        super().__init__(name="oms-sync", daemon=True)
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()  # made here, so that its failure reaches the caller
        self.ending = False
        self._end = end
        self._asked: asyncio.Future[tuple[Any, ...]] = self.loop.create_future()
        self.outcome: concurrent.futures.Future[None] = concurrent.futures.Future()

    def is_ours(self) -> bool:
        """Whether this process began it."""
        return self.process == os.getpid()

    def end(self, args: tuple[Any, ...]) -> None:
        """Ask it to end, once."""
        if not self.ending:
            self.ending = True
            with contextlib.suppress(RuntimeError):  # the loop broke down, and is closed already
                self.loop.call_soon_threadsafe(self._asked.set_result, args)

    def run(self) -> None:
        _lives.add(self)
        try:
            # The runner cancels what `_end` has left, so that nobody waits for ever.
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._live())
            self.outcome.set_result(None)
        except BaseException as error:
            self.outcome.set_exception(error)
        finally:
            _lives.discard(self)

    async def _live(self) -> None:
        args = await self._asked
        await self._end(*args)


_lives: set[_Life] = set()


@atexit.register
def _end_all() -> None:
    """Close what the program has left open; exceptions are told by the interpreter."""
    with contextlib.ExitStack() as stack:
        for life in list(_lives):
            if life.is_ours():
                life.end(())
                stack.callback(life.outcome.result)
                stack.callback(life.join)
