"""What every HTTP request goes through before anything of it is parsed or its key is looked at."""

from __future__ import annotations

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oms_ccxt_async.sandbox.http_socket import CUT
from oms_ccxt_async.sandbox.oms import OMS

__all__ = ["MAX_BODY", "MAX_UNREAD", "Gate"]

MAX_BODY = 256 * 1024
"""Bytes of a body: room for a batch of 500 commands with every field."""
MAX_UNREAD = 16 * 1024 * 1024
"""Bytes of a body that is too large that are still taken off the wire, so that its client hears why it is refused."""
COMMANDS = "/oms/commands"
WITHOUT_DISPATCHER = frozenset({"/", "/healthz", "/docs", "/openapi.json"})


class Gate:
    """Middleware that takes in a request's whole body, and refuses one that is too large without keeping it.

    Args:
        app: what the other requests go to.
        oms: whose dispatcher may not answer yet (fact 35), and whose answers may get lost.
    """

    def __init__(self, app: ASGIApp, oms: OMS) -> None:
        self._app = app
        self._oms = oms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []
        size, more = 0, True
        while more and size <= MAX_UNREAD:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            part = message.get("body", b"")
            size += len(part)
            if size <= MAX_BODY:
                parts.append(part)
            more = message.get("more_body", False)
        if size > MAX_BODY:
            refusal = _refusal(413, "payload_too_large", f"a body has at most {MAX_BODY} bytes")
            if more:
                refusal.headers["connection"] = "close"
            await refusal(scope, receive, send)
            return
        if self._oms.empty_responses and scope["path"] not in WITHOUT_DISPATCHER:
            self._oms.empty_responses -= 1
            code = "dispatcher_empty_response"
            await _refusal(502, code, code)(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

        async def received() -> Message:
            return whole.pop() if whole else await receive()

        loses = scope["method"] == "POST" and scope["path"] == COMMANDS and self._oms.bad_days.loses_answer()
        if not loses:
            await self._app(scope, received, send)
            return

        async def lose(message: Message) -> None:
            pass

        await self._app(scope, received, lose)
        scope["extensions"][CUT]()
        while (await receive())["type"] != "http.disconnect":
            pass


def _refusal(status: int, code: str, message: str) -> Response:
    body = {"detail": {"code": code, "message": message}}
    return Response(orjson.dumps(body), status, media_type="application/json")
