"""Commands over a socket of their own: a client that talks would starve its own events (fact 23).

An answer is matched to its command by an id that is never used twice. What is lost on the way is an error whose fate
is unknown, which the submission settles as it does for REST; nothing is sent a second time here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import orjson
from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OmsError, fate_of
from oms_ccxt_async.wire.endpoints import COMMANDS, Endpoints
from oms_ccxt_async.wire.hurry import LOST, loses
from oms_ccxt_async.wire.transport import Request
from oms_ccxt_pro.host import Host
from oms_ccxt_pro.status import Status
from oms_ccxt_pro.stream import Message, Stream

__all__ = ["OrderEntry", "Ways", "over_socket"]

CALLED = frozenset(
    f"fetch_{what}"
    for what in (
        *("balance", "ticker", "tickers", "order_book", "trades", "ohlcv", "trading_fees", "deposits", "withdrawals"),
    )
)
"""What is asked of the exchange over the socket: not its markets, which are read once and are large."""

_entry: ContextVar[Callable[[], OrderEntry] | None] = ContextVar("entry", default=None)


@contextlib.contextmanager
def over_socket(entry: Callable[[], OrderEntry]) -> Iterator[None]:
    """Send the commands and gateway calls of this context, and of the tasks that it begins, over the socket.

    Args:
        entry: the exchange's present socket for commands.
    """
    token = _entry.set(entry)
    try:
        yield
    finally:
        _entry.reset(token)


class Ways(Endpoints):
    """REST, or the socket where the context says so. Reads go over REST either way."""

    @property
    def route(self) -> Any:
        return _entry.get()

    async def send(self, request: Request) -> dict[str, Any]:
        entry: Callable[[], OrderEntry] | None = request.route or self.route
        if entry is not None and (request.path == COMMANDS or request.path.rpartition("/")[2] in CALLED):
            began = self._clock()
            failure: BaseException | None = None
            try:
                answer = await entry().send(request)
                if LOST and loses(request.asked, changes=request.path == COMMANDS):
                    raise errors.lost("the connection broke before the answer was whole", asked=request.asked)
                return answer
            except OmsError as error:
                failure = error
                if error.detail is None:
                    raise
                # The socket does not know the exchange's own words.
                failure = self.answered(None, error.detail, asked=request.asked, symbol=request.symbol)
                raise failure from None
            except BaseException as error:
                failure = error
                raise
            finally:
                self.telemetry.request_done(
                    request.asked,
                    request.method,
                    request.path,
                    attempt=1,
                    began=began,
                    now=self._clock(),
                    status=None,
                    error=failure,
                    over="websocket",
                    about=request.about,
                )
        return await super().send(request)


class OrderEntry:
    """The socket for commands and gateway calls, connected with the first one."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._error: BaseError | None = None
        self._connected = asyncio.Event()
        self._stream = Stream(
            host.address,
            host.settings,
            opened=self._opened,
            taker=lambda: _nothing,
            refused=self._refused,
            outage=_nothing,
            backoff=host.backoff(),
            status=Status(),
            clock=host.clock,
            name="orders",
            telemetry=host.telemetry,
            teller=host.teller,
            changed=self._changed,
        )

    async def send(self, request: Request) -> dict[str, Any]:
        """Send what a REST request would have sent; an answer of the same shape.

        Raises:
            ccxt.BaseError: with `fate`, as `Transport.send` raises it.
        """
        await self._ready(request)
        body = orjson.loads(request.body or b"{}")
        if request.path != COMMANDS:
            return await self._call(request, body)
        if not isinstance(body, list):
            answer = await self._command(body, request.asked)
            return {"results": [answer["payload"]]}
        answers = await asyncio.gather(
            *(self._command(command, request.asked) for command in body), return_exceptions=True
        )
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        for error in failed:
            if not isinstance(error, BaseError):
                raise error
        if len(failed) == len(answers) and all(fate_of(error) is Fate.NOT_DONE for error in failed):
            raise failed[0]
        return {"results": [_result(index, answer) for index, answer in enumerate(answers)]}

    async def close(self) -> None:
        """End the connection; commands under way end as lost."""
        await self._stream.close()

    async def _ready(self, request: Request) -> None:
        self._error = None
        self._stream.start()
        try:
            async with asyncio.timeout(self._host.timeout()):
                await self._connected.wait()
        except TimeoutError:
            why = self._stream.status.error or "no connection"
            raise errors.no_answer(why, asked=request.asked, timeout=True) from None
        if self._error is not None:
            self._connected.clear()
            raise self._error

    async def _command(self, command: dict[str, Any], asked: str) -> Message:
        patience = self._host.timeout()
        return await self._stream.request("command", command, namespace="position", asked=asked, patience=patience)

    async def _call(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """A unified method of the exchange behind the account, by its path at the gateway."""
        func = request.path.rpartition("/")[2]
        args = body["args"] if "args" in body else [params for params in (body.get("params"),) if params]
        payload = {"account_id": self._host.account_id(), "func": func, "args": args}
        patience = self._host.timeout()
        answer = await self._stream.request("call", payload, namespace="ccxt", asked=request.asked, patience=patience)
        return {"result": answer["payload"]["result"]}

    async def _opened(self, stream: Stream) -> None:
        # A key that is refused ends the connection without a word (fact 6): an answer is the proof that it is not.
        await stream.request("ping", {}, asked="order entry")

    def _refused(self, error: BaseError) -> None:
        self._error = error
        self._connected.set()

    def _changed(self) -> None:
        if self._stream.status.state == "live":
            self._connected.set()
        else:
            self._connected.clear()


def _result(index: int, answer: Message | BaseException) -> dict[str, Any]:
    """The row that a batch over REST would have; an empty one where it is not known what became of the command."""
    if not isinstance(answer, BaseException):
        return {**answer["payload"], "index": index}
    error = getattr(answer, "detail", None)
    if error is None and fate_of(answer) is not Fate.REFUSED:
        return {}
    error = error or {"code": "internal_error", "message": str(answer)}
    return {"index": index, "ok": False, "command_id": None, "order_id": None, "error": error}


def _nothing(_: Any) -> None:
    """What comes unasked on this socket is of no use."""
