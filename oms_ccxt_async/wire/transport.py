"""One request on the wire: ccxt's aiohttp session, deadlines, retries, answers checked before they are believed.

The only room that meets aiohttp's exceptions; everything above sees ccxt's. Why not ccxt's own `fetch`: it re-sends
POSTs, takes truncated and HTML answers for success, calls an answer cut off half-way a permanent error and HTTP 4xx a
network error, and lets the key follow redirects.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import yarl
from ccxt.base.errors import BaseError, NetworkError
from multidict import CIMultiDict

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OmsError, fate_of
from oms_ccxt_async.evidence import Lookup
from oms_ccxt_async.instrumentation.telemetry import Telemetry, failed
from oms_ccxt_async.wire.answer import decoded
from oms_ccxt_async.wire.exposure import distrust, exposed
from oms_ccxt_async.wire.headers import Headers
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.hurry import LOST, loses
from oms_ccxt_async.wire.proxies import Proxies
from oms_ccxt_async.wire.retry import Budget, Circuit, Kind, retry_after, verdict
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Request", "Transport"]

_NO_JSON = object()
_LISTS = frozenset({"items", "results"})
LOOKED_UP_WITHIN = 1.0
"""Seconds in which a name has to be looked up to be warned of: the first request waits for it."""
_AWAY = frozenset({502, 503, 504})
"""What stands before an OMS that is away, or the OMS that is about to be, answers."""


@dataclass(slots=True)
class Request:
    """One request.

    Attributes:
        method, path: the path starts with a slash and includes the query.
        asked: what is asked, in words for error messages and without secrets.
        key: the key that a good answer (a JSON object) must have; under `items` and `results` there must be a list.
        kind: what sending it twice would do.
        body: JSON, already encoded: a retry sends the very same bytes.
        route: by which way it goes; None is REST, others are known to subclasses.
        may_repeat: asked before it is sent again; it is not, if that is False.
        symbol: the unified symbol that it is about, if it is about one.
        about: what log records of it carry beside its path: `client_order_id`, `request_id`, `order_id`.
    """

    method: str
    path: str
    asked: str
    key: str
    kind: Kind = Kind.READ
    body: bytes | None = None
    route: Any = None
    may_repeat: Callable[[], bool] | None = None
    symbol: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


class _Body(aiohttp.BytesPayload):
    """A request body that knows whether it began to leave."""

    def __init__(self, value: bytes) -> None:
        super().__init__(value, content_type="application/json")
        self.left = False

    async def write(self, writer: Any) -> None:
        self.left = True
        await super().write(writer)

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        self.left = True
        await super().write_with_length(writer, content_length)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET again by itself: here retries are counted and paid for."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError("the connection broke") from error


class Transport:
    """Puts requests on the wire for one exchange instance, until `end()`.

    Args:
        exchange: the ccxt exchange: its session, `timeout`, proxies, `headers`, `verbose`, `logger`, rate limit and
            `apiKey` apply.
        settings: the OMS's address, asked for every request, and the options.
        clock: a monotonic clock in seconds.
        wall: the wall clock in seconds, for Retry-After dates.
        sleep, draw: how to wait (seconds), and a random number from 0 to 1.
        telemetry: what is told of requests.

    Raises:
        ccxt.BadRequest: one of the options makes no sense.
    """

    def __init__(
        self,
        exchange: Host,
        settings: Settings,
        *,
        draw: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._exchange = exchange
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._draw = draw
        self.telemetry = telemetry or Telemetry(lambda: exchange.logger)
        self._ended = asyncio.Event()
        self._looked_at = ""  # the address that was last found to be private, or told not to be
        self._headers = Headers(exchange)
        self._proxies = Proxies(exchange, self._headers)
        self.redacted = self._headers.redacted
        self._held_until = 0.0  # until then (monotonic seconds) the OMS wants no request of this instance
        self.policy = settings.options.retry
        self.table: Callable[[str | None], Lookup | None] = lambda symbol: None
        self._budget = Budget(self.policy)
        self._circuit = Circuit(self.policy)

    def answered(self, status: int | None, detail: Any, *, asked: str, symbol: str | None = None) -> OmsError:
        """`errors.answered`, with the error table of the exchange behind the account, for the symbol's type of market,
        as far as that is known: `table` is called for it."""
        return errors.answered(status, detail, asked=asked, table=self.table(symbol))

    def end(self) -> None:
        """Send nothing any more: what waits ends now, and what is under way when its connection goes, with
        `ExchangeClosedByUser`."""
        self._ended.set()

    @property
    def route(self) -> Any:
        """By which way requests of this context go."""
        return None

    def pay(self) -> bool:
        """Pay for one more request from the purse of retries; False when it is empty."""
        return self._budget.spend()

    async def send(self, request: Request) -> dict[str, Any]:
        """Send a request until it has an answer, is refused, or the verdict is to stop.

        Returns:
            The whole JSON object of a good answer, holding `request.key`.

        Raises:
            ccxt.BaseError: with `fate` and the other attributes of `oms_ccxt_async.errors`; with `attempts`, how often
                it was tried, and `doubted`, whether one of the attempts may have done something.
            ccxt.ExchangeClosedByUser: the exchange was closed meanwhile; its `fate` says whether it may have been done.
            ccxt.NotSupported: the program means something else than the OMS account.
        """
        self._settings.require_meant()
        deadline = self._clock() + self._exchange.timeout / 1000
        self._budget.earn()
        attempt = 0
        doubted = False
        failure: BaseError | None = None
        while not self._circuit.refuses(self._clock() * 1000):
            attempt += 1
            try:
                await self._hold(request, deadline)
                return await self._send_once(request, deadline, attempt)
            except BaseError as error:
                failure = error
            fate = fate_of(failure)
            doubted = doubted or (fate is Fate.UNKNOWN and isinstance(failure, OmsError))
            wait = verdict(request.kind, failure, attempt, self.policy, self._draw())
            if self._ended.is_set() and fate is not Fate.REFUSED:
                failure, wait = errors.closed(asked=request.asked, sent=doubted), None
            elif doubted and request.kind is not Kind.READ and not isinstance(failure, OmsError):
                # The program's own code refused to send it again: that says nothing of what was sent before.
                own, failure = failure, errors.lost("the answer was lost", asked=request.asked)
                failure.__cause__ = own
            failure.attempts, failure.doubted = attempt, doubted
            if wait is None or self._clock() + wait / 1000 >= deadline or not self._budget.spend():
                break
            told = request.asked, request.method, request.path, request.about
            self.telemetry.retry(*told, attempt, wait, failure)
            await self._unless_ended(self._sleep(wait / 1000), deadline)
            if request.may_repeat is not None and not request.may_repeat():
                break
        raise failure or errors.no_answer("the OMS could not be reached just now", asked=request.asked)

    async def _hold(self, request: Request, deadline: float) -> None:
        """Wait out a pause that the OMS has asked for, and the rate limit."""
        while not self._ended.is_set() and (left := self._held_until - self._clock()) > 0:
            if self._held_until >= deadline:
                raise errors.paused(left * 1000, asked=request.asked)
            await self._unless_ended(self._sleep(left), deadline)
        if not self._ended.is_set():
            with self._before_it_leaves(request, "`open` or `throttle` raised"):
                self._exchange.open()
                if self._exchange.enableRateLimit:
                    await self._unless_ended(self._exchange.throttle(1), deadline)
        if self._ended.is_set():
            raise errors.closed(asked=request.asked, sent=False)
        if self._clock() >= deadline:
            raise errors.no_answer("its turn did not come in time", asked=request.asked, timeout=True)

    @contextmanager
    def _before_it_leaves(self, request: Request, what: str) -> Iterator[None]:
        """Whatever the program's own code raises here, nothing was sent (fault 55)."""
        try:
            yield
        except BaseError as error:
            if fate_of(error) is Fate.UNKNOWN:
                error.fate = Fate.NOT_DONE
            raise
        except Exception as error:
            raise self._without_key(errors.no_answer(f"{what} {error!r}", asked=request.asked)) from error

    async def _unless_ended(self, waiting: Awaitable[Any], deadline: float) -> None:
        """Wait for something, but neither beyond `end()` nor beyond the deadline."""
        awaited, ended = asyncio.ensure_future(waiting), asyncio.ensure_future(self._ended.wait())
        try:
            left = max(deadline - self._clock(), 0)
            await asyncio.wait((awaited, ended), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if awaited.done():
                awaited.result()
        finally:
            awaited.cancel()
            ended.cancel()

    async def _send_once(self, request: Request, deadline: float, attempt: int) -> dict[str, Any]:
        url = self._settings.base_url + request.path
        with self._before_it_leaves(request, "the settings of the proxy raised"):
            proxy, session = self._proxies.way(url, request.method, request.body, request.asked)
        if self._looked_at != (address := self._settings.base_url):
            self._looked_at = address
            proxied = proxy is not None or session is not self._exchange.session
            patience = min((deadline - self._clock()) / 4, LOOKED_UP_WITHIN)
            if await exposed(address, proxied=proxied, patience=patience):
                self.telemetry.exposed(address)
        headers = self._headers.sent(request.body is not None)
        try:
            self._note_request(request, url, attempt)
        except Exception as error:
            why = f"`verbose` or the log could not be told of the request ({error!r})"
            raise self._without_key(errors.no_answer(why, asked=request.asked)) from error
        body = None if request.body is None else _Body(request.body)
        began = self._clock()
        patience = max(deadline - began, 0.001)
        try:
            response, raw = await self._fetched(session, request, url, body, headers, proxy, patience)
            if LOST and loses(request.asked, changes=request.kind is not Kind.READ):
                raise aiohttp.ServerDisconnectedError
        except (BaseError, asyncio.CancelledError) as error:
            self._done(request, attempt, began, None, error)
            # Without the frames that hold an answer: it may repeat the key.
            raise error.with_traceback(None) from error.__cause__
        except Exception as error:
            cause: Exception | None = error.with_traceback(None)
            error.__cause__ = error.__context__ = None  # its text says what they say
            failure = self._unanswered(request, body, error, patience)
            if isinstance(error, aiohttp.ClientResponseError):
                cause = None  # its text is what came instead of an answer
            self._done(request, attempt, began, None, failure)
        else:
            self._circuit.connected()
            self.telemetry.circuit(False)
            answer = self._taken(request, response, raw)
            status = response.status
            self._done(request, attempt, began, status, answer if isinstance(answer, OmsError) else None)
            self._tell(request, url, response, raw, attempt, began)
            del raw, response
            if not isinstance(answer, OmsError):
                return answer
            cause, failure = None, answer
        raise failure from cause

    def _done(
        self, request: Request, attempt: int, began: float, status: int | None, error: BaseException | None
    ) -> None:
        """Tell how one attempt ended: the numbers, the hooks, and what it says of the OMS."""
        now, telemetry = self._clock(), self.telemetry
        told = request.asked, request.method, request.path
        how: dict[str, Any] = {"attempt": attempt, "began": began, "now": now, "about": request.about}
        telemetry.request_done(*told, **how, status=status, error=error)
        refused = isinstance(error, BaseError) and fate_of(error) is Fate.REFUSED  # whatever the status (fact 1)
        if (status in _AWAY and not refused) or (status is None and isinstance(error, NetworkError)):
            telemetry.unanswered(began, now, error)
        elif status is not None:
            telemetry.answered(now)
            if status == 401 and error is not None:
                telemetry.key_refused(error)
            elif error is None:
                telemetry.key_taken()

    async def _fetched(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        url: str,
        body: _Body | None,
        headers: CIMultiDict[str],
        proxy: str | None,
        patience: float,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        async with session.request(
            request.method,
            yarl.URL(url, encoded=True),
            data=body,
            headers=headers,
            allow_redirects=False,
            raise_for_status=False,
            proxy=proxy,
            middlewares=(_once,) if self._exchange.own_session else None,
            timeout=aiohttp.ClientTimeout(total=patience),
        ) as response:
            return response, await self._read(response, request)

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> bytes:
        limit = self._settings.options.maxResponseBytes
        chunks = []
        size = 0
        while chunk := await response.content.readany():
            size += len(chunk)
            if size > limit:
                response.close()
                raise errors.unreadable(response.status, f"more than {limit} bytes", asked=request.asked)
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _unanswered(self, request: Request, body: _Body | None, cause: Exception, waited: float) -> OmsError:
        """What aiohttp's exception means; `waited` is in seconds."""
        asked = request.asked
        if isinstance(cause, aiohttp.ClientConnectorError):
            if self._circuit.failed(self._clock() * 1000):
                self.telemetry.circuit(True, self.policy.circuitCooldown)
            why = distrust(cause) or f"{cause.strerror or cause}"
            if isinstance(cause, aiohttp.ClientConnectorSSLError) and "WRONG_VERSION_NUMBER" in why:
                why = f"no TLS is spoken there, perhaps http://; {why}"
            return errors.no_answer(f"no connection to {self._settings.base_url}: {why}", asked=asked)
        if _is_of_socks(cause):
            return errors.no_answer(f"the SOCKS proxy did not let it through ({cause})", asked=asked)
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            return errors.no_answer(f"the proxy answered {cause.status}", asked=asked)
        if isinstance(cause, TimeoutError):
            if body is not None and not body.left:
                return errors.no_answer("no connection came free in time", asked=asked, timeout=True)
            why = f"no answer within {waited * 1000:.0f} ms (exchange.timeout is {self._exchange.timeout:g} ms)"
            return errors.lost(why, asked=asked, timeout=True, reads=request.kind is Kind.READ)
        if isinstance(cause, aiohttp.ClientResponseError):
            why = " ".join(cause.message.split())[:200]
            return self._without_key(errors.unreadable(None, f"an answer that is not HTTP ({why})", asked=asked))
        if isinstance(cause, ValueError):
            return errors.BadRequest(f"oms {asked}: it cannot be sent with these headers or this proxy ({cause})")
        if not isinstance(cause, aiohttp.ClientError | OSError) and body is not None and not body.left:
            return errors.no_answer(f"it did not leave ({type(cause).__name__})", asked=asked)
        why = "the connection broke before the answer was whole"
        return errors.lost(why, asked=asked, reads=request.kind is Kind.READ)

    def _taken(self, request: Request, response: aiohttp.ClientResponse, raw: bytes) -> dict[str, Any] | OmsError:
        """The answer's JSON, if status, wholeness and shape say success; the error that it names otherwise."""
        kind = response.headers.get("content-type", "")
        value = _json(raw, self._settings.options.maxResponseBytes)
        status = response.status
        detail = value.get("detail") if isinstance(value, dict) else None
        if status >= 300:
            return self._without_key(self._refusal(request, response, detail))
        if isinstance(value, dict):
            declared = not kind or "json" in kind.lower()
            if declared and value.get("ok") is not False and _holds(value, request.key):
                return value
            said = detail if isinstance(detail, dict) else value.get("error")
            if isinstance(said, dict):
                return self._without_key(self.answered(status, said, asked=request.asked, symbol=request.symbol))
        why = "a body that is not JSON" if value is _NO_JSON else f"a body without {request.key!r}"
        what = f"{why} ({kind or 'no content type'}, {len(raw)} bytes)"
        return self._without_key(errors.unreadable(status, what, asked=request.asked))

    def _tell(
        self,
        request: Request,
        url: str,
        response: aiohttp.ClientResponse,
        raw: bytes,
        attempt: int,
        began: float,
    ) -> None:
        """Note an answer. What the user's `log`, stdout or log handlers raise does not undo the answer (fault 55)."""
        try:
            self._note_answer(request, url, response, raw, attempt, began)
        except Exception as error:
            failed(f"{request.asked}: `verbose` or the log could not be told of the answer", error)

    def _refusal(self, request: Request, response: aiohttp.ClientResponse, detail: Any) -> OmsError:
        status = response.status
        error = self._meant(request, self.answered(status, detail, asked=request.asked, symbol=request.symbol))
        wait = retry_after(response.headers.get("retry-after"), self._wall()) if status in (418, 429, 503) else None
        if wait is not None:
            error.retry_after = wait
            self._held_until = max(self._held_until, self._clock() + min(wait, self.policy.retryAfterCap) / 1000)
        if 300 <= status < 400:
            error.location = self.redacted(response.headers.get("location"))
        return error

    def _meant(self, request: Request, error: OmsError) -> OmsError:
        """What an error answer means to a subclass that knows more of what was asked."""
        return error

    def _without_key(self, error: OmsError) -> OmsError:
        error.args = tuple(self.redacted(arg) for arg in error.args)
        error.code, error.detail = self.redacted(error.code), self.redacted(error.detail)
        return error

    def _note_request(self, request: Request, url: str, attempt: int) -> None:
        exchange = self._exchange
        shown = self._headers.shown(request.body is not None)
        body = None if request.body is None else self.redacted(request.body.decode())
        exchange.last_request_url = url
        exchange.last_request_headers = shown
        exchange.last_request_body = body
        exchange.lastRestRequestTimestamp = exchange.milliseconds()
        if exchange.verbose:
            told = (exchange.id, request.method, url, "RequestHeaders:", shown, "RequestBody:", body)
            exchange.log("\nfetch Request:", *told)
        log = self.telemetry.wire
        if log.is_enabled(logging.DEBUG):
            known = {**request.about, "path": request.path, "attempt": attempt}
            log.say("debug", "%s %s, Request: %s %s", request.method, url, shown, body, **known)

    def _note_answer(
        self,
        request: Request,
        url: str,
        response: aiohttp.ClientResponse,
        raw: bytes,
        attempt: int,
        began: float,
    ) -> None:
        exchange = self._exchange
        text = raw.decode(errors="replace")
        shown = self.redacted(text)
        headers = self._headers.readable(response.headers)
        if exchange.enableLastHttpResponse:
            exchange.last_http_response = shown
        if exchange.enableLastResponseHeaders:
            exchange.last_response_headers = headers
        if exchange.enableLastJsonResponse:
            value = _json(raw, self._settings.options.maxResponseBytes)
            exchange.last_json_response = None if value is _NO_JSON else self.redacted(value)
        status = response.status
        if exchange.verbose:
            told = (exchange.id, request.method, url, status, "ResponseHeaders:", headers, "ResponseBody:", shown)
            exchange.log("\nfetch Response:", *told)
        log = self.telemetry.wire
        if log.is_enabled(logging.DEBUG):
            ms = (self._clock() - began) * 1000
            known = {**request.about, "path": request.path, "attempt": attempt, "ms": ms}
            log.say("debug", "%s %s, Response: %s %s %s", request.method, url, status, headers, shown, **known)


def _json(raw: bytes, most: int) -> Any:
    try:
        return decoded(raw, most)
    except ValueError:
        return _NO_JSON


def _is_of_socks(error: Exception) -> bool:
    """Whether an exception is one of the libraries that speak SOCKS, which are optional: they only ever connect."""
    return any(each.__module__.partition(".")[0] in ("aiohttp_socks", "python_socks") for each in type(error).__mro__)


def _holds(value: Mapping[str, Any], key: str) -> bool:
    return key in value and (key not in _LISTS or isinstance(value[key], list))
