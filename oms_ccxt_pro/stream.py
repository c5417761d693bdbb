"""One authenticated WebSocket: connected, kept alive, connected again, without anybody having to call.

Everything above sees messages and ccxt's exceptions. Which ends of a session are final, and which are followed by the
next one, is decided in `ends.py`.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from ccxt.base.errors import BaseError
from websockets.exceptions import ConnectionClosed, WebSocketException

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.instrumentation.telemetry import Telemetry, failed
from oms_ccxt_async.wire.answer import decoded
from oms_ccxt_async.wire.secret import SECRET_HEADERS
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.connection import Connect, Connection, Redacting
from oms_ccxt_pro.ends import end_of_session
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.status import Status

__all__ = ["Address", "Message", "Reconnect", "Stream", "Teller"]

Message = dict[str, Any]
Teller = Callable[[], Callable[[str, bytes | str], None] | None]
"""What is told what is done with what goes over a socket, and its text; None while nothing is."""
IN_A_ROW = 100
"""Messages after which watchers have their turn: the first of a flood need not wait for the last, what is read is used
while it is in the processor's cache, and what they drop is not yet taken for long-lived by the garbage collector."""
REFUSALS = 5
"""How many connections in a row have to be refused until a stream that was accepted before believes it: while an OMS
restarts, it or what stands before it may know no key at all."""


class Reconnect(Exception):
    """The session has to be begun anew."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and with what: nothing secret is in the URL."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    ssl: Any = None
    proxy: str | None = field(default=None, repr=False)

    def redacted(self, text: str) -> str:
        """A text without the key and what else is secret in the headers."""
        for name, value in self.headers.items():
            if name.lower() in SECRET_HEADERS and value:
                text = text.replace(value, "***")
        return text


def _expected(error: BaseException) -> bool:
    return isinstance(error, BaseError | OSError | WebSocketException)


class Stream:
    """A connection to `/ws` that is always there, or is being made again.

    Args:
        address: asked for every connection.
        opened: what begins a session: subscriptions and what is read with them. It runs while messages arrive.
        taker: asked, for the messages that have arrived together, what takes those that answer no request. What that
            raises is counted and logged.
        room: awaited after a message when `crowded` is true: the socket is not read until it returns.
        crowded: whether too much waits to be fetched.
        refused: told of the error when the stream ends because it was refused.
        outage: told of the error when the connection has been away for `maxOutage`, once.
        instead: given the error that ended a session; where there is another way than a connection it calls `polls`,
            goes that way until a connection should be tried again, and returns true.
        backoff: how long to wait between connections.
        status: where is counted; `changed` is called when the state changes.
        clock: epoch milliseconds.
        teller: asked, for the messages that have arrived together, what is told of what goes over the socket.
        name, telemetry: which stream it is, and what is told of it.

    Attributes:
        name: which stream it is, for who reads logs and numbers.
        accepted: whether the present session has begun: `opened` has run to its end.
        sessions: how many have begun.
        number: of the present connection, or of the last one.
        url: where it goes; empty before the first one.
        listeners: told of the error after `refused` or `outage`.
    """

    def __init__(
        self,
        address: Callable[[], Address],
        settings: StreamSettings,
        *,
        opened: Callable[[Stream], Awaitable[None]],
        taker: Callable[[], Callable[[Message], None]],
        refused: Callable[[BaseError], None],
        outage: Callable[[BaseError], None],
        backoff: Backoff,
        status: Status,
        clock: Callable[[], int],
        name: str,
        telemetry: Telemetry,
        teller: Teller,
        changed: Callable[[], None] = lambda: None,
        instead: Callable[[BaseError], Awaitable[bool]] | None = None,
        crowded: Callable[[], bool] = lambda: False,
        room: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._address = address
        self._settings = settings
        self._opened = opened
        self._taker = taker
        self._refused = refused
        self._outage = outage
        self._instead = instead
        self._backoff = backoff
        self.status = status
        self._clock = clock
        self.name = name
        self.sessions = 0
        self._telemetry = telemetry
        self._logger = telemetry.stream
        self._away: float | None = None  # since when there is no session; told when it was, once
        self._redacted: Callable[[str], str] = str
        status.told = self._told
        self._teller = teller
        self._changed = changed
        self._crowded = crowded
        self._room = room
        self._task: asyncio.Task[None] | None = None
        self._socket: Connection | None = None
        self._answers: dict[str, tuple[str, asyncio.Future[Message]]] = {}
        self._ids = (f"{prefix}-{number}" for prefix in (uuid.uuid4().hex[:12],) for number in itertools.count(1))
        self._outage_timer: asyncio.TimerHandle | None = None
        self.accepted = False
        self.number = 0
        self.url = ""
        self.listeners: list[Callable[[BaseError], None]] = []
        self._refusals = 0  # the last connections that were refused, one after the other
        self.too_big = False  # whether the last session ended because of a message larger than `maxSize`

    @property
    def running(self) -> bool:
        """Whether the stream is connected or being connected."""
        return self._task is not None and not self._task.done()

    @property
    def latency(self) -> float | None:
        """Milliseconds that the last ping took; None before the first."""
        return self._socket.latency * 1000 if self._socket is not None and self._socket.latency else None

    def start(self) -> None:
        """Connect in the background, unless that is so already."""
        if not self.running:
            self._backoff.reset()
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the connection and everything that waits for it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._up()
        self._to("idle")

    def polls(self, reason: BaseError) -> None:
        """There is another way than a connection, for now."""
        self._up()
        self._backoff.reset()
        self._back("is read instead of connected")
        self._to("polling", reason)

    async def reconnect(self) -> None:
        """Give up the present connection: another one is made."""
        if self._socket is not None:
            await self._socket.close(1001)

    async def request(
        self,
        action: str,
        payload: dict[str, Any],
        *,
        asked: str,
        namespace: str = "system",
        patience: float | None = None,
    ) -> Message:
        """Send a message and wait for its answer, at most `patience` seconds.

        Raises:
            ccxt.BaseError: the OMS's refusal, or `Fate.UNKNOWN` if no answer came.
        """
        socket = self._socket
        if socket is None:
            raise errors.no_answer("the stream is not connected", asked=asked)
        key = next(self._ids)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[key] = asked, answer
        text = orjson.dumps({"id": key, "namespace": namespace, "action": action, "payload": payload}).decode()
        try:
            try:
                if (tell := self._teller()) is not None:
                    tell("sending", text)
            except Exception as error:
                raise errors.no_answer(f"`verbose` could not be told of it ({error!r})", asked=asked) from error
            async with asyncio.timeout(self._settings.openTimeout / 1000 if patience is None else patience):
                await socket.send(text)
                return await answer
        except TimeoutError:
            raise errors.lost("no answer came in time", asked=asked, timeout=True) from None
        except ConnectionClosed as error:
            raise errors.lost(f"the connection was lost ({error})", asked=asked) from error
        finally:
            self._answers.pop(key, None)
            if answer.done() and not answer.cancelled():
                answer.exception()

    # The connection's life

    async def _run(self) -> None:
        first = True
        while True:
            if self.status.state != "polling":
                self._to("connecting" if first else "down")
            self.accepted = False
            try:
                await self._connect()
            except Exception as failure:
                if not _expected(failure):
                    self._logger.exception("the stream's session failed")
                error, final = end_of_session(failure, accepted=self.accepted)
                self._refusals = self._refusals + 1 if final else 0
                self.too_big = isinstance(failure, ConnectionClosed) and getattr(failure.sent, "code", None) == 1009
            self._socket = None
            self.status.connectedSince = None
            error.args = tuple(self._redacted(arg) if isinstance(arg, str) else arg for arg in error.args)
            self._lose(error)
            if self._instead is not None and await self._instead(error):
                first = False
                continue
            if final and (self.sessions == 0 or self._refusals >= REFUSALS):
                self._up()
                self._away = None
                self._logger.error("the %s stream was refused, and is not connected again: %s", self.name, error)
                self._to("refused", error)
                self._refused(error)
                self._tell_listeners(error)
                return
            self._down(error)
            first = False
            self._to("down", error)
            wait = self._backoff.next()
            if self._away is None:
                self._away = self._clock()
                self._logger.warning("the %s stream is down, and is connected again: %s", self.name, error)
            self._logger.debug("the %s stream is connected again in %.3f s: %s", self.name, wait, error)
            await asyncio.sleep(wait)

    async def _connect(self) -> None:
        address, settings = self._address(), self._settings
        self._redacted = address.redacted
        self._told_of("connecting to", address.url)
        self.url = address.url
        async with Connect(
            address.url,
            additional_headers=address.headers,
            ssl=address.ssl,
            proxy=address.proxy,
            compression=None,
            open_timeout=settings.openTimeout / 1000,
            user_agent_header=None,  # it is among the headers
            ping_interval=settings.pingInterval / 1000,
            ping_timeout=settings.pingTimeout / 1000,
            close_timeout=0.3,
            max_size=settings.maxSize,
            logger=Redacting(address.redacted),
        ) as socket:
            self._socket = socket
            self.number += 1
            reading = asyncio.create_task(self._read(socket, address))
            opening = asyncio.create_task(self._open())
            try:
                await asyncio.wait([reading, opening], return_when=asyncio.FIRST_COMPLETED)
                refusal = opening.exception() if opening.done() else None
                if refusal is not None and (not reading.done() or fate_of(refusal) is Fate.REFUSED):
                    raise refusal
                await reading
            finally:
                reading.cancel()
                opening.cancel()
                await asyncio.gather(reading, opening, return_exceptions=True)

    async def _open(self) -> None:
        await self._opened(self)
        self.accepted = True
        self.sessions += 1
        if self.sessions > 1:
            self.status.reconnects += 1
            self._telemetry.reconnected()
        self._back("is live again")
        self._up()
        self.status.connectedSince = self._clock()
        self._to("live")

    async def _read(self, socket: Connection, address: Address) -> None:
        while True:
            messages = await socket.arrived()
            self.status.lastMessage = self._clock()
            take, is_told, bad = self._taker(), self._teller() is not None, self.status.bad
            for count, raw in enumerate(messages, 1):
                if is_told:
                    self._told_of("message", raw)
                try:
                    self._take(raw, take)
                except Reconnect as reason:
                    raise errors.ExchangeNotAvailable(f"oms stream: {reason}") from None
                except Exception:
                    self.status.failed(self._logger, address.redacted(raw[:500].decode(errors="replace")))
                if self._crowded() and self.accepted and self._room is not None:
                    await self._room()
                if count % IN_A_ROW == 0:
                    await asyncio.sleep(0)
            if self.accepted and self.status.bad - bad < len(messages):  # one of them made sense
                self._backoff.reset()

    def _take(self, raw: bytes, take: Callable[[Message], None]) -> None:
        message = decoded(raw, self._settings.maxSize)
        if message.get("type") != "ws_response" or (waiting := self._answers.get(message.get("id"))) is None:
            take(message)
            return
        asked, answer = waiting
        if answer.done():
            return
        if message.get("ok") is False and message.get("event") != "resync_required":
            payload = message.get("payload") or {}
            answer.set_exception(errors.answered(None, payload.get("error") or payload, asked=asked))
        else:
            answer.set_result(message)

    def _told_of(self, what: str, raw: bytes | str) -> None:
        try:
            if (tell := self._teller()) is not None:
                tell(what, raw)
        except Exception as error:
            failed("`verbose` could not be told of a message", error)

    def _lose(self, error: BaseError) -> None:
        """Whoever waits for an answer of a connection that is gone has to know that none will come."""
        for asked, answer in self._answers.values():
            if not answer.done():
                answer.set_exception(errors.lost(f"the connection was lost ({error})", asked=asked))

    def _down(self, error: BaseError) -> None:
        if self._settings.maxOutage is not None and self._outage_timer is None:
            loop = asyncio.get_running_loop()
            self._outage_timer = loop.call_later(self._settings.maxOutage / 1000, self._gone_too_long, error)

    def _gone_too_long(self, error: BaseError) -> None:
        self._outage(error)
        self._tell_listeners(
            errors.NetworkError(f"oms stream: no connection for {self._settings.maxOutage} ms: {error}")
        )

    def _tell_listeners(self, error: BaseError) -> None:
        for listener in self.listeners:
            listener(error)

    def _up(self) -> None:
        if self._outage_timer is not None:
            self._outage_timer.cancel()
            self._outage_timer = None

    def _back(self, how: str) -> None:
        """The outage that was told of, if there was one, is over."""
        if self._away is not None:
            ms, self._away = self._clock() - self._away, None
            self._logger.info("the %s stream %s, after %.3f s", self.name, how, ms / 1000, ms=ms)

    def _told(self, what: str) -> None:
        if what == "gap":
            self._telemetry.gap(self.name)
        else:
            self._telemetry.resync(self.name)

    def _to(self, state: str, error: BaseError | None = None) -> None:
        self.status.error = None if error is None else str(error)
        if self.status.state != state:
            self.status.state = state
            self._telemetry.stream_changed(self.name, state, self.status.error)
            try:
                self._changed()
            except Exception:
                self._logger.exception("the status callback failed")
