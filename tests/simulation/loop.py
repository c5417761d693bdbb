"""An event loop whose time is simulated: nothing waits, and what happens at one moment happens in a fixed order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, cast

from tests.simulation.clocks import HOST

if TYPE_CHECKING:
    from tests.simulation.network import Host, Network

__all__ = ["Loop", "StandstillError"]


class StandstillError(Exception):
    """Everybody waits for what cannot come."""


class _Task(asyncio.Task[Any]):
    """A task that sets of tasks hold by when it was made, not by where it lies in memory."""

    _number = 0
    host: Host | None = None

    def __hash__(self) -> int:
        return self._number


class _Future(asyncio.Future[Any]):
    _number = 0

    def __hash__(self) -> int:
        return self._number


class Loop(asyncio.BaseEventLoop):
    """asyncio's own loop over a clock that jumps to the next timer, and a network in memory.

    Callbacks of a machine that is dead are not run: it did not end, it is just no more.

    Attributes:
        network: what connects its machines.
        steps: how many callbacks were scheduled.
        complaints: what came to the loop's exception handler.
    """

    network: Network

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = 1e-9
        self._selector = self
        self._made = 0
        self.steps = 0
        self.complaints: list[str] = []
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """What the base class waits with."""
        if timeout is None:
            raise StandstillError
        scheduled = cast("list[asyncio.TimerHandle]", self._scheduled)  # type: ignore[attr-defined]
        if timeout > 0:
            self._now = max(self._now, scheduled[0].when())
        return []

    def _process_events(self, event_list: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, context: Context | None = None) -> _Task:
        task = _Task(coro, loop=loop, context=context)
        self._made += 1
        task._number = self._made
        task.host = cast("Host | None", (HOST.get() if context is None else context.get(HOST)))
        return task

    def create_future(self) -> _Future:
        future = _Future(loop=self)
        self._made += 1
        future._number = self._made
        return future

    # -- whose callbacks run

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]
        context = copy_context() if context is None else context
        handle = super().call_soon(callback, *args, context=context)
        return self._unless_dead(handle, context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        context = copy_context() if context is None else context
        handle = super().call_at(when, callback, *args, context=context)
        return self._unless_dead(handle, context)

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_soon(callback, *args, context=context)

    def _unless_dead(self, handle: Any, context: Context) -> Any:
        self.steps += 1
        host = cast("Host | None", context.get(HOST))
        if host is not None and not host.alive:
            handle.cancel()
        return handle

    def bury(self, host: Host) -> None:
        """Cancel every callback of a machine that died."""
        waiting: list[Any] = [*self._ready, *self._scheduled]  # type: ignore[attr-defined]
        for handle in waiting:
            if handle._context.get(HOST) is host:
                handle.cancel()

    def run_on(self, host: Host, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have a machine do something."""
        context = copy_context()
        context.run(HOST.set, host)
        task = self.create_task(work, context=context)
        host.tasks.append(task)
        return task

    # -- the outer world

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:
        return self.network.resolve(host, port)

    async def sock_connect(self, sock: Any, address: Any) -> None:
        """Remember where a socket goes; `create_connection` goes there in its stead."""
        await self.network.reach(address[0], address[1])
        self.network.sockets[sock.fileno()] = address[:2]

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **kwargs: Any) -> Any:
        sock = kwargs.get("sock")
        if sock is None:
            await self.network.reach(host, port)
        else:
            host, port = self.network.sockets.pop(sock.fileno())
            sock.close()
        return self.network.connect(protocol_factory, host, port)

    async def create_server(self, protocol_factory: Any, *_: Any, **kwargs: Any) -> Any:
        return self.network.listen(protocol_factory, kwargs["sock"])

    def tasks_of(self, host: Host) -> list[asyncio.Task[Any]]:
        """What a machine is still doing."""
        return [task for task in asyncio.all_tasks(self) if isinstance(task, _Task) and task.host is host]
