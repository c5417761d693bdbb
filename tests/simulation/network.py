"""Machines and the network between them, in memory: latency, partitions, resets, and what TCP makes of them.

A connection is two pipes. What is written arrives whole and in order, or the connection breaks; how far what was on its
way still gets is what faults decide.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, Literal

from tests.simulation.clocks import HOST
from tests.simulation.loop import Loop

__all__ = ["Connection", "Host", "Listener", "Network", "Transport"]

Direction = Literal["up", "down"]
HIGH = 256 * 1024
"""Bytes on their way at which a writer is asked to pause."""


class Host:
    """A machine: what it runs is its tasks, and nothing of them is left when it dies.

    Attributes:
        skew: by how many seconds its wall clock is off.
        tasks: what it was given to do; kept, so that nothing of a dead machine is finalized.
    """

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.alive = True
        self.skew = 0.0
        self.tasks: list[asyncio.Task[Any]] = []


class Listener:
    """What a server listens with: the part of a socket that uvicorn looks at."""

    family = socket.AF_INET

    def __init__(self, address: str, port: int, *, shared: bool = False) -> None:
        self.at = address, port
        self.server: _Server | None = None

    def getsockname(self) -> tuple[str, int]:
        """Where it listens."""
        return self.at

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more."""
        if self.server is not None:
            self.server.close()


class _Server:
    def __init__(self, network: Network, factory: Callable[[], Any], listener: Listener) -> None:
        self.network = network
        self.factory = factory
        self.listener = listener
        self.context = copy_context()
        self.sockets = [listener]

    def close(self) -> None:
        if self.network.servers.get(self.listener.at) is self:
            del self.network.servers[self.listener.at]

    def is_serving(self) -> bool:
        return self.network.servers.get(self.listener.at) is self

    async def wait_closed(self) -> None: ...


class Transport(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, connection: Connection, protocol: Any, context: Context, names: tuple[Any, Any]) -> None:
        super().__init__({"sockname": names[0], "peername": names[1]})
        self._connection = connection
        self._protocol = protocol
        self._waiting: deque[bytes | None] = deque()
        self._reading = True
        self._paused = False
        self._closing = False
        self.lost = False
        self.context = context
        self.out: Pipe
        self.into: Pipe

    def get_protocol(self) -> Any:
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._soon(self._read)

    def get_write_buffer_size(self) -> int:
        return self.out.size

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return HIGH // 4, HIGH

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.out.send(None)

    def write(self, data: Any) -> None:
        if self._closing or not data:
            return
        self.out.send(bytes(data))
        if self.out.size > HIGH and not self._paused:
            self._paused = True
            self._soon(self._protocol.pause_writing)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.out.send(None)
            self._soon(self._end, None)

    def abort(self) -> None:
        if not self.lost:
            self._closing = True
            self.out.reset()
            self._soon(self._end, None)

    # -- what the network does

    def arrived(self, data: bytes | None) -> None:
        """Bytes, or the end of them."""
        if not self.lost:
            self._waiting.append(data)
            self._read()

    def broken(self) -> None:
        """The connection was reset."""
        self._closing = True
        self._end(ConnectionResetError(104, "Connection reset by peer"))

    def written(self) -> None:
        """What this end wrote has been taken in."""
        if self._paused and self.out.size < HIGH // 4:
            self._paused = False
            self._soon(self._protocol.resume_writing)

    def _read(self) -> None:
        while self._waiting and self._reading and not self.lost:
            data = self._waiting.popleft()
            if self._closing:
                continue
            if data is not None:
                self._protocol.data_received(data)
            elif not self._protocol.eof_received():
                self.close()

    def _end(self, error: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            self._protocol.connection_lost(error)
            self._connection.ended(self)

    def _soon(self, callback: Callable[..., Any], *args: Any) -> None:
        self._connection.network.loop.call_soon(callback, *args, context=self.context)


class Pipe:
    """One direction of a connection.

    Attributes:
        size: bytes on their way.
        total: bytes that were ever sent.
    """

    def __init__(self, connection: Connection, direction: Direction, sender: Transport, receiver: Transport) -> None:
        self.connection = connection
        self.direction = direction
        self.sender, self.receiver = sender, receiver
        self.size = self.total = 0
        self.broken = False
        self._free_at = 0.0
        self._way: deque[bytes | None] = deque()
        sender.out = receiver.into = self

    def send(self, data: bytes | None) -> None:
        """Put bytes, or their end, on the way; the network's faults may have their say."""
        if self.broken:
            return
        for each in self.connection.network.meddle(self, data):
            self._put(each)

    def _put(self, data: bytes | None) -> None:
        network = self.connection.network
        self.size += len(data or b"")
        self.total += len(data or b"")
        self._way.append(data)
        self._free_at = max(self._free_at, network.loop.time() + network.latency(self))
        network.loop.call_at(self._free_at, self._arrive, context=self.receiver.context)

    def _arrive(self) -> None:
        network = self.connection.network
        if not self._way:
            return
        if network.is_cut(self):
            network.hold(self)
            return
        data = self._way.popleft()
        self.size -= len(data or b"")
        network.note(self, data)
        self.sender.written()
        self.receiver.arrived(data)

    def resume(self) -> None:
        """The way is free again: what was held arrives."""
        loop = self.connection.network.loop
        for _ in self._way:
            self._free_at = max(self._free_at, loop.time() + self.connection.network.latency(self))
            loop.call_at(self._free_at, self._arrive, context=self.receiver.context)

    def reset(self, after: float = 0.0) -> None:
        """Nothing more is sent; the receiver finds the connection reset, what is on its way lost or not."""
        if not self.broken:
            self.broken = True
            loop = self.connection.network.loop
            loop.call_at(loop.time() + after, self._break, context=self.receiver.context)

    def _break(self) -> None:
        network = self.connection.network
        if network.is_cut(self):
            network.hold(self, broken=True)
        else:
            self._way.clear()
            self.size = 0
            network.note(self, b"RST")
            self.receiver.broken()


class Connection:
    """A connection between a client and a server.

    Attributes:
        client, server: its ends.
        up, down: its directions.
        kind: `ws` once it was switched to WebSocket, `http` before.
    """

    def __init__(self, network: Network, number: int) -> None:
        self.network = network
        self.number = number
        self.kind: Literal["http", "ws"] = "http"
        self.client: Transport
        self.server: Transport
        self.up: Pipe
        self.down: Pipe
        self.hosts: tuple[Host, Host]

    def ended(self, end: Transport) -> None:
        """One end is done with it."""
        if self.client.lost and self.server.lost:
            self.network.connections.pop(self.number, None)

    def cut(self, late: float | None = None, gap: float = 0.0) -> None:
        """Reset it.

        Args:
            late: after how many seconds what the client had sent still reaches the server; None: never.
            gap: how many seconds later than the client the server finds out.
        """
        self.down.reset()
        self.up.broken = True
        if late is None:
            self.up._way.clear()
            self.up.size = 0
        else:
            self.up._free_at = max(self.up._free_at, self.network.loop.time() + late)
            self.network.late_until = max(self.network.late_until, self.up._free_at)
        loop = self.network.loop
        wait = max(gap, (late or 0) + 0.05)
        loop.call_at(loop.time() + wait, self.up._break, context=self.server.context)


class Network:
    """All machines, what they listen on, and the ways between them.

    Attributes:
        servers, connections: what there is now.
        cut_off: pairs of addresses between which nothing arrives, from the first to the second.
        refusing: addresses that refuse connections.
        meddlers: asked in turn what becomes of bytes that are sent.
        delay: seconds that bytes take beyond the usual, by (sender, receiver).
        late: what arrived after its sender had been told that the connection broke.
        late_until: when the last of that arrives.
        trace: a hash over everything that arrived, and when.
    """

    def __init__(self, loop: Loop, seed: int) -> None:
        self.loop = loop
        loop.network = self
        self.rng = random.Random(seed)
        self.servers: dict[tuple[str, int], _Server] = {}
        self.connections: dict[int, Connection] = {}
        self.sockets: dict[int, tuple[str, int]] = {}
        self.cut_off: set[tuple[str, str]] = set()
        self.refusing: set[str] = set()
        self.meddlers: list[Callable[[Pipe, bytes | None], list[bytes | None] | None]] = []
        self.delay: dict[tuple[str, str], float] = {}
        self.requests = 0
        self.late: list[bytes] = []
        self.late_until = 0.0
        self.trace = hashlib.sha256()
        self.verbose = False
        self._held: list[tuple[Pipe, bool]] = []
        self._numbers = 0
        self._changed: set[asyncio.Future[None]] = set()

    def resolve(self, host: Any, port: Any) -> list[Any]:
        """Every name is an address."""
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (str(host), int(port or 0)))]

    async def reach(self, address: str, port: int) -> None:
        """Shake hands; raises `ConnectionRefusedError` where nobody listens, and waits while the way is cut."""
        here: Any = HOST.get()
        await asyncio.sleep(self.rng.uniform(0.0005, 0.003))
        while (here.address, address) in self.cut_off or (address, here.address) in self.cut_off:
            changed = self.loop.create_future()
            self._changed.add(changed)
            await changed
            await asyncio.sleep(self.rng.uniform(0, 0.5))
        if (address, port) not in self.servers or address in self.refusing:
            raise ConnectionRefusedError(111, f"Connect call failed ({address!r}, {port})")

    def listen(self, factory: Callable[[], Any], listener: Listener) -> _Server:
        """Serve there from now on."""
        server = listener.server = self.servers[listener.at] = _Server(self, factory, listener)
        return server

    def connect(self, factory: Callable[[], Any], address: str, port: int) -> tuple[Transport, Any]:
        """Connect to who listens there."""
        server = self.servers.get((address, port))
        if server is None:
            raise ConnectionResetError(104, "Connection reset by peer")
        here: Any = HOST.get()
        there: Any = server.context.get(HOST)
        self._numbers += 1
        connection = self.connections[self._numbers] = Connection(self, self._numbers)
        connection.hosts = here, there
        mine, theirs = (here.address, 20_000 + self._numbers), (address, port)
        client = connection.client = Transport(connection, factory(), copy_context(), (mine, theirs))
        context = server.context.copy()
        accepted = connection.server = Transport(connection, context.run(server.factory), context, (theirs, mine))
        connection.up = Pipe(connection, "up", client, accepted)
        connection.down = Pipe(connection, "down", accepted, client)
        client.get_protocol().connection_made(client)
        self.loop.call_soon(accepted.get_protocol().connection_made, accepted, context=context)
        return client, client.get_protocol()

    # -- what is on its way

    def ends(self, pipe: Pipe) -> tuple[str, str]:
        """The addresses of who sends and who receives."""
        client, server = pipe.connection.hosts
        return (client.address, server.address) if pipe.direction == "up" else (server.address, client.address)

    def latency(self, pipe: Pipe) -> float:
        """Seconds that bytes take which are sent now."""
        return self.rng.uniform(0.0002, 0.004) + self.delay.get(self.ends(pipe), 0.0)

    def is_cut(self, pipe: Pipe) -> bool:
        """Whether nothing arrives on this way now."""
        return self.ends(pipe) in self.cut_off

    def hold(self, pipe: Pipe, broken: bool = False) -> None:
        """Keep what is on its way until the way is free."""
        if (pipe, broken) not in self._held:
            self._held.append((pipe, broken))

    def meddle(self, pipe: Pipe, data: bytes | None) -> list[bytes | None]:
        """What is sent in the place of these bytes."""
        if pipe.direction == "up" and data is not None and pipe.connection.kind == "http":
            self.requests += 1
            if b"\r\nupgrade: websocket" in data[:2000].lower():
                pipe.connection.kind = "ws"
        for meddler in self.meddlers:
            instead = meddler(pipe, data)
            if instead is not None:
                return instead
        return [data]

    def note(self, pipe: Pipe, data: bytes | None) -> None:
        """Write down that something arrived."""
        if pipe.direction == "up" and pipe.sender.lost and data:
            self.late.append(data)
        ends = self.ends(pipe)
        line = f"{self.loop.time():.9f} {pipe.connection.number} {ends[0]}>{ends[1]} "
        self.trace.update(line.encode() + (data if data is not None else b"FIN"))
        if self.verbose:
            print(line + ("FIN" if data is None else repr(data[:20_000])[2:-1]), flush=True)

    # -- faults

    def part(self, one: str, other: str, direction: Literal["both", "there", "back"] = "both") -> None:
        """Cut the way between two machines."""
        if direction != "back":
            self.cut_off.add((one, other))
        if direction != "there":
            self.cut_off.add((other, one))

    def heal(self) -> None:
        """Free every way; what was held arrives."""
        self.cut_off.clear()
        held, self._held = self._held, []
        for pipe, broken in held:
            if broken:
                self.loop.call_soon(pipe._break, context=pipe.receiver.context)
            else:
                pipe.resume()
        changed, self._changed = self._changed, set()
        for future in sorted(changed, key=hash):
            if not future.done():
                future.set_result(None)

    def between(self, one: str, other: str) -> list[Connection]:
        """The connections of a client machine to a server machine."""
        return [each for each in self.connections.values() if tuple(h.address for h in each.hosts) == (one, other)]

    def kill(self, host: Host) -> None:
        """Let a machine die here and now: who is connected to it finds the connection reset."""
        host.alive = False
        host.tasks += self.loop.tasks_of(host)
        self.loop.bury(host)
        for at, server in list(self.servers.items()):
            if server.context.get(HOST) is host:
                del self.servers[at]
        for connection in list(self.connections.values()):
            client, server_host = connection.hosts
            if client is host:
                connection.up.reset(self.rng.uniform(0, 0.01))
                connection.client.lost = True
            if server_host is host:
                connection.down.reset(self.rng.uniform(0, 0.01))
                connection.server.lost = True

    def replay(self, connection: Connection, request: bytes) -> None:
        """Send a request again, over a connection of its own, as proxies do; nobody hears the answer."""
        server = self.servers.get(connection.server.get_extra_info("sockname"))
        if server is None:
            return
        context = connection.client.context.copy()
        transport, _ = context.run(self.connect, asyncio.Protocol, *server.listener.at)
        transport.out._put(request)
        self.loop.call_later(1.0, transport.abort, context=context)
