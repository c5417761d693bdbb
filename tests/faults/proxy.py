"""A TCP proxy on loopback that understands just enough HTTP/1.1 and WebSocket to do harm at the right place.

async with FaultProxy(("127.0.0.1", server_port)) as proxy:
    lost = proxy.plan(Cut("down", 0, "rst"), on("POST", "/oms/commands"))
    ...                                            # a client talks to proxy.url
    assert len(lost.hits) == 1
    assert [request.forwarded for request in proxy.requests] == [True, True]
"""

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeVar

from tests.faults.plan import (
    ANY,
    Cut,
    Delay,
    Direction,
    Fault,
    How,
    Late,
    Plan,
    Replay,
    Reply,
    Request,
    Schedule,
    Slice,
    Trigger,
)
from tests.faults.wire import Head, Piece, decode_chunked, read_answer, read_body, read_frames, read_head

__all__ = ["FaultProxy"]

T = TypeVar("T")

BUFFER = 2**20  # the largest head that can be read, too


class FaultProxy:
    """Stand between clients and a server, pass everything on unchanged, and inject the faults that are planned.

    What is unlike a real network: a request is passed on only when the proxy has the whole of it, the answer as it
    comes; a client that goes away while its request is being served is noticed when the answer is written; what a
    half-open connection is sent is acknowledged by the kernel until its buffers are full. Beyond that each client
    connection has its own connection to the server, and either one's end ends the other in the same manner.

    Every wait of the proxy ends with it: leaving the context closes all connections and leaves no task behind.

    Attributes:
        requests: everything that arrived whole, in the order of arrival.
        accepted: number of client connections so far.
        schedules: asked in this order about each request; the first that names a fault wins, and the later ones do not
            hear of that request. Append a `Chaos`, or clear the list to heal.
    """

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.requests: list[Request] = []
        self.accepted = 0
        self.schedules: list[Schedule] = []
        self.port = 0
        self._upstream = upstream
        self._flowing: dict[Direction, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._turned_away: How | None = None
        self._live: dict[asyncio.Task[None], _Connection] = {}
        self._errors: list[Exception] = []

    @property
    def url(self) -> str:
        """Where clients connect, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self.thaw("up")
        self.thaw("down")
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close everything; raises what went wrong in the proxy itself, an unreadable request say."""
        self._shut()
        await self.close_connections("rst")
        if self._errors:
            raise ExceptionGroup("the proxy failed", self._errors)

    def plan(self, fault: Fault, when: Trigger = ANY, *, skip: int = 0, times: int | None = 1) -> Plan:
        """Inject a fault into `times` requests that match, after the first `skip`; None: into all of them."""
        plan = Plan(fault, when, skip, times)
        self.schedules.append(plan)
        return plan

    def freeze(self, direction: Direction) -> None:
        """Hold back whatever goes in a direction, on all connections, ends of connections included (half-open)."""
        self._flowing[direction].clear()

    def thaw(self, direction: Direction) -> None:
        """Let a direction flow again, beginning with what was held back."""
        self._flowing[direction].set()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse new connections; those that exist live on."""
        self._shut()
        try:
            yield
        finally:
            self._open()

    @contextmanager
    def turning_away(self, how: How) -> Iterator[None]:
        """Accept new connections and end them at once, or with `silence`: never answer on them."""
        self._turned_away = how
        try:
            yield
        finally:
            self._turned_away = None

    async def close_connections(self, how: Literal["fin", "rst"] = "fin") -> None:
        """End every connection, idle or not, on both sides."""
        live = dict(self._live)
        for task, connection in live.items():
            await connection.begun.wait()  # it may just have been accepted
            connection.sever(how)
            task.cancel()
        await asyncio.gather(*live, return_exceptions=True)

    def _record(self, request: Request) -> None:
        self.requests.append(request)
        choices = (schedule.choose(request) for schedule in self.schedules)
        request.fault = next((fault for fault in choices if fault), None)

    # The listening socket is not left to `asyncio.start_server`: in Python 3.11 that loses, unclosed, a connection it
    # accepts while it is being closed.

    def _open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _shut(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        # asyncio does it only where a socket names its protocol; without it an answer may wait 40 ms for an ACK
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted += 1
        connection = _Connection(self, self.accepted)
        task = asyncio.create_task(connection.serve(accepted, self._turned_away))
        self._live[task] = connection
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._live[task]
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._errors.append(error)


class _Severed(Exception):  # not an error: the way out of wherever the connection was
    """The connection is to end now, in this manner."""

    def __init__(self, how: How) -> None:
        super().__init__(how)
        self.how = how


@dataclass
class _Side:
    """The connection to one of the two, client or server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, **where: Any) -> Self:
        reader, writer = await asyncio.open_connection(limit=BUFFER, **where)
        writer.transport.set_write_buffer_limits(high=0)  # drained means: all of it is in the kernel
        return cls(reader, writer)

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def sever(self, how: Literal["fin", "rst"]) -> None:
        if self.writer.is_closing():
            return
        if how == "rst":
            linger = struct.pack("ii", 1, 0)  # on, for no time: close() resets
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.writer.transport.abort()
        else:
            with suppress(OSError):  # the peer was first
                self.writer.write_eof()  # close() alone resets if there is unread input
            self.writer.close()

    async def close(self) -> None:
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()


class _Lane:
    """One direction of one exchange: counts what passes, holds it, slices it, and cuts at the planned point."""

    def __init__(self, direction: Direction, to: _Side, flowing: asyncio.Event, request: Request) -> None:
        fault = request.fault
        self._direction = direction
        self._to = to
        self._flowing = flowing
        self._passed = request.passed
        self._fault = fault if isinstance(fault, Cut | Delay | Slice) and fault.direction == direction else None
        self._units = 0

    async def forward(self, piece: Piece) -> None:
        match self._fault:
            case Cut(after=after, unit=unit):
                weight = _weight(piece, unit)
                if weight and self._units + weight >= after:
                    whole_message = unit == "messages" and after
                    await self._write(piece.data if whole_message else piece.data[: after - self._units])
                    self.end()
                self._units += weight
            case Delay(until=until):
                self._fault = None
                await (until.wait() if isinstance(until, asyncio.Event) else asyncio.sleep(until))
        await self._write(piece.data)

    def end(self) -> None:
        """Nothing more will pass: a cut that is still to come is due now."""
        if isinstance(self._fault, Cut):
            raise _Severed(self._fault.how)

    async def _write(self, data: bytes) -> None:
        size = self._fault.size if isinstance(self._fault, Slice) else max(len(data), 1)
        for start in range(0, len(data), size):
            await self._flowing.wait()
            run = data[start : start + size]
            await self._to.write(run)
            self._passed[self._direction] += len(run)
            if size < len(data):
                # A turn of the loop polls its sockets, then runs what was ready before: a reader needs two.
                await asyncio.sleep(0)
                await asyncio.sleep(0)


def _weight(piece: Piece, unit: Literal["bytes", "body", "messages"]) -> int:
    if unit == "messages":
        return int(piece.kind == "message")
    return len(piece.data) if unit == "bytes" or piece.kind == "body" else 0


class _Connection:
    """A client's connection and, from its first request that is passed on, the one to the server."""

    def __init__(self, proxy: FaultProxy, number: int) -> None:
        self._proxy = proxy
        self._number = number
        self._requests = 0
        self.begun = asyncio.Event()
        self._sides: dict[Direction, _Side] = {}  # each under the direction that leads to it

    async def serve(self, accepted: socket.socket, turned_away: How | None) -> None:
        """Carry requests and answers until either side or a fault ends the connection."""
        self._client = self._sides["down"] = await _Side.connect(sock=accepted)
        self.begun.set()
        try:
            await self._part(turned_away or await self._converse())
        finally:
            for side in self._sides.values():
                await side.close()

    def sever(self, how: Literal["fin", "rst"]) -> None:
        for side in self._sides.values():
            side.sever(how)

    async def _part(self, how: How) -> None:
        if how == "silence":
            with suppress(ConnectionError):
                while await self._client.reader.read(BUFFER):
                    pass
        ending: Literal["fin", "rst"] = "rst" if how == "rst" else "fin"

        async def end(direction: Direction, side: _Side) -> None:
            await self._proxy._flowing[direction].wait()
            side.sever(ending)

        await asyncio.gather(*(end(direction, side) for direction, side in self._sides.items()))

    async def _converse(self) -> How:
        """Exchange requests and answers until a fault or either side puts an end to it; return in which manner."""
        try:
            while True:
                await self._exchange(*await self._next_request())
        except _Severed as severed:
            return severed.how
        except asyncio.IncompleteReadError:
            return "fin"
        except ConnectionError:
            return "rst"

    async def _next_request(self) -> tuple[Request, bytes, bytes]:
        head = await self._next_head()
        body = b"".join([data async for data in read_body(self._client.reader, head.headers)])
        method, target, _ = head.start
        path, _, query = target.partition("?")
        request = Request(
            method=method,
            path=path,
            query=query,
            headers=head.headers,
            body=decode_chunked(body) if "transfer-encoding" in head.headers else body,
            connection=self._number,
            position=self._requests,
            at=asyncio.get_running_loop().time(),
            size=len(head.raw) + len(body),
        )
        self._requests += 1
        self._proxy._record(request)
        return request, head.raw, body

    async def _next_head(self) -> Head:
        head = read_head(self._client.reader)
        return await (_first(head, self._gone(self._sides["up"])) if "up" in self._sides else head)

    async def _gone(self, server: _Side) -> NoReturn:
        await server.reader.read(1)  # a server that was asked nothing says nothing: this is its end
        raise _Severed("fin")

    async def _exchange(self, request: Request, head: bytes, body: bytes) -> None:
        match request.fault:
            case Late(until=until, how=how):
                if how != "silence":
                    self._client.sever(how)
                await until.wait()
                await self._deliver(request, head + body)
                raise _Severed(how)
            case Reply() as reply:
                if reply.forward:
                    await self._deliver(request, head + body)
                await self._lane("down", self._client, request).forward(Piece(reply.encode(), "head"))
                if reply.close:
                    raise _Severed(reply.close)
                return
            case Replay():
                await self._deliver(request, head + body)
        await self._relay(request, head, body)

    async def _relay(self, request: Request, head: bytes, body: bytes) -> None:
        if "up" not in self._sides:
            self._sides["up"] = await self._connect()
        server = self._sides["up"]
        up, down = self._lane("up", server, request), self._lane("down", self._client, request)
        await up.forward(Piece(head, "head"))
        await up.forward(Piece(body, "body"))
        if "upgrade" not in request.headers:
            up.end()
        async with aclosing(read_answer(server.reader, request.method)) as answer:
            async for piece in answer:
                _note_status(request, piece)
                await down.forward(piece)
        if request.status == 101:
            await _first(self._stream(self._client, up), self._stream(server, down))
        up.end()
        down.end()

    async def _stream(self, source: _Side, lane: _Lane) -> None:
        async with aclosing(read_frames(source.reader)) as frames:
            async for frame in frames:
                await lane.forward(frame)

    async def _deliver(self, request: Request, raw: bytes) -> None:
        """Have the server serve a request, on a connection of its own, and keep the answer from the client."""
        server = await self._connect()
        try:
            await server.write(raw)
            request.passed["up"] += len(raw)
            async for piece in read_answer(server.reader, request.method):
                _note_status(request, piece)
        finally:
            await server.close()

    async def _connect(self) -> _Side:
        host, port = self._proxy._upstream
        return await _Side.connect(host=host, port=port)

    def _lane(self, direction: Direction, to: _Side, request: Request) -> _Lane:
        return _Lane(direction, to, self._proxy._flowing[direction], request)


def _note_status(request: Request, piece: Piece) -> None:
    if piece.kind == "head":
        request.status = int(piece.data.split(b" ", 2)[1])


async def _first(*contenders: Coroutine[Any, Any, T]) -> T:
    """The outcome of the contender that ends first; the others are cancelled, and none is left running."""
    tasks = [asyncio.create_task(contender) for contender in contenders]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(task for task in tasks if not task.cancelled()).result()
