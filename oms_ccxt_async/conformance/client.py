"""A plain client of an OMS: one request, one answer; one socket, and what it hears. Nothing is retried."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import ssl
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import aiohttp
import yarl

from oms_ccxt_async.conformance.rule import Answer, Broken, Unanswered

__all__ = ["PATIENCE", "Client", "Message", "Socket"]

PATIENCE = 10.0
"""Seconds for which an answer, or an event that has to come, is waited for."""
MOST = 64 * 1024 * 1024
"""Bytes of the largest answer or message."""

Message = dict[str, Any]


class Client:
    """Talks to an OMS with one key, until the end of `async with`.

    Args:
        base_url: the OMS's address.
        key: goes into the header `x-api-key`.
        cafile: whom to trust beside whom the system trusts.
    """

    def __init__(self, base_url: str, key: str, cafile: str | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._key = key
        self._ssl = ssl.create_default_context(cafile=cafile) if base_url.startswith("https") else True

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, *, key: str | None = None) -> Answer:
        """The answer to a GET, with another key where one is given."""
        return await self._asked("GET", path, None, key)

    async def post(self, path: str, body: Any, *, key: str | None = None) -> Answer:
        """The answer to a POST of JSON; bytes are sent as they are."""
        return await self._asked("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), key)

    async def _asked(self, method: str, path: str, body: bytes | None, key: str | None) -> Answer:
        asked = f"{method} {path[:80]}"
        headers = {"x-api-key": self._key if key is None else key, "content-type": "application/json"}
        url = yarl.URL(self._base + path, encoded=True)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False, ssl=self._ssl
            ) as response:
                status, raw = response.status, b""
                async for chunk in response.content.iter_any():
                    raw += chunk
                    if len(raw) > MOST:
                        raise Broken(f"{asked}: an answer of more than {MOST} bytes")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unanswered(f"{asked}: no answer ({type(error).__name__}: {error})") from error
        try:
            value = json.loads(raw)
        except ValueError:
            value = None
        return Answer(asked, status, value, self.hidden(raw.decode(errors="replace")))

    def hidden(self, text: str) -> str:
        """A text without the key, which an OMS may repeat."""
        return text.replace(self._key, "***") if self._key else text

    @contextlib.asynccontextmanager
    async def socket(self, *, key: str | None = None) -> AsyncIterator[Socket]:
        """A connection to `/ws`, with this key, another one, or with an empty text none in its header.

        Raises:
            Broken: it was not made.
        """
        key = self._key if key is None else key
        try:
            connection = await self._session.ws_connect(
                self._base + "/ws",
                headers={"x-api-key": key} if key else {},
                autoping=False,
                max_msg_size=MOST,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                ssl=self._ssl,
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Broken(f"no WebSocket at /ws ({type(error).__name__}: {self.hidden(str(error))})") from error
        try:
            yield Socket(connection, self)
        finally:
            await connection.close()


class Socket:
    """One connection; what was heard and not asked for yet is kept in `heard`."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse, client: Client) -> None:
        self._connection = connection
        self._client = client
        self._ids = (f"conformance-{number}" for number in itertools.count(1))
        self.heard: list[Message] = []

    async def send(self, text: str) -> None:
        """Send a text as it is."""
        try:
            await self._connection.send_str(text)
        except ConnectionError as error:
            raise Unanswered("the socket is closed") from error

    async def ask(self, action: str, payload: Any = None) -> Message:
        """The answer to a message.

        Raises:
            Broken: none came, or the socket was closed.
        """
        key = next(self._ids)
        await self.send(json.dumps({"id": key, "action": action, "payload": {} if payload is None else payload}))
        while (message := await self.hear(f"an answer to {action}")).get("id") != key:
            self.heard.append(message)
        if message.get("type") != "ws_response":
            raise Broken(f"the answer to {action} has the type {message.get('type')!r}, not 'ws_response'")
        return message

    async def event(self, *names: str, within: float = PATIENCE, order_id: int | None = None) -> Message:
        """The next message that is one of these events, about one order where one is named."""
        what = " or ".join(names)
        while True:
            for message in self.heard:
                if message.get("event") in names and order_id in (None, (message.get("payload") or {}).get("order_id")):
                    self.heard.remove(message)
                    return message
            self.heard.append(await self.hear(f"the event {what}", within=within))

    async def hear(self, what: str, *, within: float = PATIENCE) -> Message:
        """The next message from the wire.

        Raises:
            Broken: none came in time, the socket was closed, or it is no JSON object.
        """
        message = await self.frame(what, within=within)
        if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise Broken(f"the socket was closed ({self._connection.close_code}) instead of {what}")
        try:
            value = json.loads(message.data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Broken(f"a message that is no JSON object: {self._client.hidden(str(message.data)[:100])}")
        return value

    async def frame(self, what: str, *, within: float = PATIENCE) -> aiohttp.WSMessage:
        """The next frame that is no ping; pings are answered."""
        try:
            async with asyncio.timeout(within):
                while (message := await self._connection.receive()).type is aiohttp.WSMsgType.PING:
                    await self._connection.pong(message.data)
        except TimeoutError:
            raise Unanswered(f"{what} did not come within {within:g} s") from None
        return message

    async def closed(self) -> int | None:
        """The code with which the OMS closes; what it says before is passed over."""
        ends = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        while (await self.frame("the end of the connection")).type not in ends:
            pass
        return self._connection.close_code

    async def pinged(self) -> None:
        """Send a ping of the protocol and wait for its pong."""
        await self._connection.ping(b"conformance")
        while (message := await self.frame("a pong")).type is not aiohttp.WSMsgType.PONG:
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                raise Broken(f"the socket was closed ({self._connection.close_code}) instead of a pong")
