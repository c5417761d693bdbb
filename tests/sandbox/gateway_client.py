"""A client of the gateway."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Client


async def call(client: Client, func: str, *args: Any, account_id: int = 1, **kwargs: Any) -> Any:
    status, body = await client.send("POST", f"/ccxt/{account_id}/{func}", {"args": args, "kwargs": kwargs})
    assert status == 200, body
    return body["result"]


async def refusal(client: Client, func: str, *args: Any, **kwargs: Any) -> str:
    status, body = await client.send("POST", f"/ccxt/1/{func}", {"args": args, "kwargs": kwargs})
    assert (status, body["detail"]["code"]) == (502, "dispatcher_error")
    message: str = body["detail"]["message"]
    return message
