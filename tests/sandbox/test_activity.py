"""What a sandbox tells of itself while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox

SWAP = "BTC/USDT:USDT"


class Told:
    """A sandbox and what it has told."""

    def __init__(self, sandbox: Sandbox, lines: list[str]) -> None:
        self.sandbox = sandbox
        self.lines = lines

    async def send(self, command: str, role: str = "trader", **payload: Any) -> None:
        """Post a command for account 2."""
        body = {"command": command, "account_id": 2, "payload": payload}
        headers = {"x-api-key": self.sandbox.keys[role]}
        async with (
            aiohttp.ClientSession(self.sandbox.url, headers=headers) as session,
            session.post("/oms/commands", json=body) as response,
        ):
            await response.read()


@pytest.fixture(params=["full", "legacy"])
async def told(request: pytest.FixtureRequest) -> AsyncIterator[Told]:
    """A sandbox of each profile, whose market stands still."""
    lines: list[str] = []
    options: Any = {"reconcile": 20} if request.param == "legacy" else {}
    async with Sandbox(profile=request.param, volatility=0, activity=lines.append, **options) as sandbox:
        yield Told(sandbox, lines)


async def test_a_line_for_each(told: Told) -> None:
    """Commands with what came of them, fills, refusals with their code: each once, in their sequence."""
    order: dict[str, Any] = {
        "symbol": SWAP,
        "side": "buy",
        "order_type": "limit",
        "qty": "0.5",
        "price": "1000",
        "strategy_id": 1,
    }
    await told.send("send_order", **order)
    await told.send("change_order", order_id=1, new_price="1001.5", new_qty="0.4")
    await told.send("cancel_order", order_id=1)
    await told.send("send_order", "readonly", **order)
    await told.send("send_order", **{**order, "order_type": "market", "price": None})
    first = [
        f"account 2  limit buy 0.5 {SWAP} at 1000  -> order 1",
        "account 2  edit order 1: price 1001.5, amount 0.4",
        "account 2  cancel order 1",
    ]
    assert told.lines[:3] == first
    assert told.lines[3].startswith(f"account 2  limit buy 0.5 {SWAP} at 1000  REFUSED: ")
    while not any("FILL" in line for line in told.lines):
        await told.send("cancel_all_orders")
    fills = [line for line in told.lines if "FILL" in line]
    assert len(fills) == 1
    assert fills[0].startswith(f"account 2  FILL buy 0.5 {SWAP} at 6")
    assert fills[0].endswith("(order 2)")


async def test_a_client_cannot_write_on_the_terminal(told: Told) -> None:
    """What a client sends stays one line, without anything that a terminal would obey."""
    symbol = "\x1b[2J\nFILL buy 1 BTC/USDT"
    await told.send("send_order", symbol=symbol, side="buy", order_type="limit", qty="1", price="1")
    assert "?[2J?FILL" in told.lines[0]
    assert all(line.isprintable() for line in told.lines)


async def test_what_the_exchange_rejects(told: Told) -> None:
    """An order that the OMS takes and the exchange does not is told of as rejected or refused."""
    await told.send("send_order", symbol="NO/SUCH", side="buy", order_type="limit", qty="1", price="1")
    assert any("REJECTED by the exchange: order 1" in line or "REFUSED" in line for line in told.lines)
