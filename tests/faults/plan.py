"""What goes wrong, and when: the faults, the triggers that select a request, and the schedules that join the two.

Everything here is plain data and pure functions; `tests.faults.proxy` carries it out.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, Protocol

__all__ = [
    "ANY",
    "WHOLE",
    "Chaos",
    "Cut",
    "Delay",
    "Direction",
    "Fault",
    "How",
    "Late",
    "Plan",
    "Replay",
    "Reply",
    "Request",
    "Schedule",
    "Slice",
    "Trigger",
    "cut_points",
    "on",
]

Direction = Literal["up", "down"]
"""`up` is from the client to the server, `down` is back."""

How = Literal["fin", "rst", "silence"]
"""How a connection ends: closed in order, reset, or never (half-open: nothing comes, nothing is heard)."""


WHOLE = 2**63


@dataclass(frozen=True)
class Cut:
    """End the connection, on both sides, once `after` units have passed in a direction.

    0 cuts when the first unit is about to pass: `Cut("up", 0)` after the client wrote its request and before the
    server saw any of it, `Cut("down", 0)` after the server began to answer and before the client saw any of it. A
    count beyond the end of the exchange cuts at its end: `Cut("up", WHOLE)` once the server was sent the request,
    without waiting to see what it does with it. On a connection that becomes a WebSocket bytes count on through the
    frames.

    Args:
        unit: `bytes` from the first of the request or of the answer, `body` bytes only (with a Content-Length that
            promised more), or whole WebSocket `messages` (control frames and unfinished fragments are not counted).
    """

    direction: Direction
    after: int
    how: How = "fin"
    unit: Literal["bytes", "body", "messages"] = "bytes"


@dataclass(frozen=True)
class Delay:
    """Hold the request or its answer back, before its first byte, for some seconds or until an event is set.

    The request of a client that meanwhile went away still arrives, as if it had sat in a queue.
    """

    direction: Direction
    until: float | asyncio.Event


@dataclass(frozen=True)
class Late:
    """End the client's connection at once, and deliver its request to the server when the event is set."""

    until: asyncio.Event
    how: How = "fin"


@dataclass(frozen=True)
class Reply:
    """Answer in the server's place.

    Args:
        headers: beside, or instead of, Content-Type and Content-Length.
        forward: whether the server gets the request all the same, and its own answer is dropped.
        close: how the connection ends after the answer; None keeps it alive.
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    forward: bool = True
    close: How | None = None

    def encode(self) -> bytes:
        """The answer as it goes on the wire."""
        # RFC 9110, 8.6: a 204 has no Content-Length
        length = {} if self.status == 204 else {"Content-Length": str(len(self.body))}
        headers = {"Content-Type": self.content_type, **length, **self.headers}
        lines = [f"HTTP/1.1 {self.status} Injected", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Replay:
    """Deliver the request twice, one after the other; the client gets the second answer."""


@dataclass(frozen=True)
class Slice:
    """Write a direction in runs of `size` bytes; a reader on the proxy's own event loop gets them one by one."""

    direction: Direction
    size: int = 1


Fault = Cut | Delay | Late | Reply | Replay | Slice


@dataclass
class Request:
    """A request that reached the proxy whole, and what became of it.

    Attributes:
        path: without the query, as sent (percent-encoded).
        headers: names in lower case.
        body: without chunk framing.
        connection: number of the client's connection, from 1.
        position: how many requests came before it on that connection.
        at: time of the event loop's clock, seconds.
        size: bytes on the wire, head and body.
        fault: what was done to it.
        status: of the server's answer, None before it came; the client may have seen another or none.
        passed: bytes that went on to the server (`up`) and to the client (`down`).
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    connection: int
    position: int
    at: float
    size: int
    fault: Fault | None = None
    status: int | None = None
    passed: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})

    @property
    def forwarded(self) -> bool:
        """Whether the server was sent all of it."""
        return self.passed["up"] >= self.size


Trigger = Callable[[Request], bool]


def on(method: str | None = None, path: str = "*", body: bytes = b"", reused: bool | None = None) -> Trigger:
    """Select requests by what is given; anything else that takes a `Request` serves as a trigger too.

    Args:
        path: without the query; `*`, `?` and `[...]` as in a file name, `*` also across slashes.
        body: bytes that the body contains.
        reused: whether the connection had carried a request before (a kept-alive one).
    """

    def matches(request: Request) -> bool:
        return (
            method in (None, request.method)
            and fnmatchcase(request.path, path)
            and body in request.body
            and reused in (None, request.position > 0)
        )

    return matches


ANY: Trigger = on()


class Schedule(Protocol):
    """Decides what happens to a request; it may keep count, and is asked once per request."""

    def choose(self, request: Request) -> Fault | None: ...


@dataclass
class Plan:
    """An exact schedule: the same fault for `times` matching requests after the first `skip`; None: for all.

    Attributes:
        hits: the requests that got the fault; a test asserts on it that its fault was injected at all.
    """

    fault: Fault
    when: Trigger
    skip: int = 0
    times: int | None = 1
    hits: list[Request] = field(default_factory=list)

    def choose(self, request: Request) -> Fault | None:
        """Count a matching request, and give it the fault if it is its turn."""
        if (self.times is not None and len(self.hits) >= self.times) or not self.when(request):
            return None
        if self.skip:
            self.skip -= 1
            return None
        self.hits.append(request)
        return self.fault


class Chaos:
    """A random schedule: each matching request gets one of the faults with probability `rate`.

    The n-th matching request gets the same from the same seed, whatever the requests are.
    """

    def __init__(self, seed: int, rate: float, faults: Sequence[Fault], when: Trigger = ANY) -> None:
        self._random = random.Random(seed)
        self._rate = rate
        self._faults = faults
        self._when = when

    def choose(self, request: Request) -> Fault | None:
        """Draw for a matching request."""
        if not self._when(request):
            return None
        # both draws are made every time: whether a request is hit does not shift the draws of the next one
        hit, fault = self._random.random() < self._rate, self._random.choice(self._faults)
        return fault if hit else None


def cut_points(request: Request, how: How = "fin") -> Iterator[Cut]:
    """Every way to cut an exchange: at each byte offset, both ends included, first of the request, then of its answer.

    Args:
        request: the record of an exchange that went through whole, of the same lengths as the one to be cut.
    """
    for direction, length in request.passed.items():
        for offset in range(length + 1):
            yield Cut(direction, offset, how)
