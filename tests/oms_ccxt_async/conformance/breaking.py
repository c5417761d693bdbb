"""A proxy before an OMS that changes what comes and goes, so that the OMS seems to break one rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

Message = dict[str, Any]


@dataclass
class Lie:
    """How an OMS seems to be another one than it is; what is left out is passed on as it is.

    Attributes:
        asks: changes the body of a request: path with query, JSON body (None if there is none).
        moves: changes the path of a GET.
        answers: changes status and JSON body of an answer: path with query, what was asked, status, body.
        hears: changes a client's text before the OMS gets it; None keeps it back.
        tells: changes a message of the OMS before the client gets it; None keeps it back.
        ends_after: a text of the client's after which the connection is cut.
        memory: what it remembers.
    """

    asks: Callable[[str, Any], Any] = lambda path, body: body
    moves: Callable[[str], str] = lambda path: path
    answers: Callable[[str, Any, int, Any], tuple[int, Any]] = lambda path, asked, status, body: (status, body)
    hears: Callable[[str], str | None] = lambda text: text
    tells: Callable[[Message], Message | None] = lambda message: message
    ends_after: str | None = None
    handshake: Callable[[dict[str, str]], dict[str, str]] = lambda headers: headers
    memory: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def lying(url: str, lie: Lie) -> AsyncIterator[str]:
    """The address at which an OMS seems to be as the lie has it."""
    async with aiohttp.ClientSession() as session:

        async def rest(request: web.Request) -> web.StreamResponse:
            if request.headers.get("upgrade", "").lower() == "websocket":
                return await socket(request)
            raw = await request.read()
            sent = _json(raw)
            path = lie.moves(request.path_qs) if request.method == "GET" else request.path_qs
            changed = lie.asks(path, sent)
            data = raw if sent is None else json.dumps(changed).encode()
            headers = {name: request.headers[name] for name in ("x-api-key", "content-type") if name in request.headers}
            async with session.request(request.method, url + path, data=data, headers=headers) as response:
                body, status = await response.read(), response.status
            found = _json(body)
            if found is None:
                return web.Response(status=status, body=body)
            status, found = lie.answers(path, sent, status, found)
            return web.json_response(found, status=status)

        async def socket(request: web.Request) -> web.WebSocketResponse:
            here = web.WebSocketResponse(autoping=True)
            await here.prepare(request)
            key = {"x-api-key": request.headers["x-api-key"]} if "x-api-key" in request.headers else {}
            async with session.ws_connect(url + "/ws", headers=lie.handshake(key)) as there:

                async def up() -> None:
                    async for message in here:
                        if message.data == lie.ends_after:
                            return
                        text = lie.hears(message.data)
                        if text is not None:
                            await there.send_str(text)

                async def down() -> None:
                    async for message in there:
                        told = lie.tells(json.loads(message.data))
                        if told is not None:
                            await here.send_str(json.dumps(told))

                tasks = [asyncio.create_task(up()), asyncio.create_task(down())]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with suppress(ConnectionError):
                    await here.close(code=there.close_code or 1000)
            return here

        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", rest)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
