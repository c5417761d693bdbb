"""Submissions over a scripted way, in a time that passes only while somebody sleeps."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.instrumentation.telemetry import Log
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, Timing
from oms_ccxt_async.orders.journal import Keeper
from oms_ccxt_async.orders.settlement import Settlement
from oms_ccxt_async.orders.submission import Asked, Standing, Submissions
from oms_ccxt_async.orders.ways import is_of, is_pending
from tests.oms_ccxt_async.orders.test_intents import intent

BUILT = intent("x")
DUPLICATE = {"code": "duplicate_client_order_id", "message": "x", "order_id": 7}


class Script:
    """A way to an OMS that answers by a script and has the rows it is given."""

    def __init__(self, *, full: bool, answers: list[Any], rows: dict[str, dict[str, Any]] | None = None) -> None:
        self.full = full
        self.answers = deque(answers)
        self.rows = rows or {}
        self.sent: list[list[str]] = []
        self.looks = 0

    async def recognises_repeats(self) -> bool:
        return self.full

    async def send(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> list[Any]:
        self.sent.append([made.request_id for made in intents])
        await asyncio.sleep(0)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, list)
        return answer

    async def look(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        self.looks += 1
        found: list[tuple[Intent, Accepted | BaseError]] = []
        for made in intents:
            row = self.rows.get(made.client_order_id) or self.rows.get("*")
            if row is not None and is_of(made, row) and not is_pending(row):
                rejected = row["status"] == "REJECTED"
                found.append((made, errors.InvalidOrder("rejected") if rejected else Accepted(row["id"], made)))
        return found


class Desk:
    """Submissions over a script, in a time that passes only while somebody sleeps."""

    def __init__(
        self,
        script: Script,
        *,
        pay: Callable[[], bool] = lambda: True,
        journal: Path | None = None,
        recall: Callable[[Sequence[Intent]], Any] | None = None,
    ) -> None:
        self.script = script
        self.now = 1_800_000_000_000.0
        self.wall = self.now
        self.book = Book()
        self.standing: Standing | BaseError | None = Standing({"id": 5}, over=False, filled=False)
        ids = iter(f"{number:032x}" for number in range(10**9))
        shared: Any = {
            "clock": lambda: int(self.wall),
            "monotonic": lambda: self.now,
            "logger": Log(),
        }
        self.settlement = Settlement(
            {None: script},
            self.book,
            Timing(),
            sleep=self.sleep,
            pay=pay,
            answered=lambda status, detail, *, asked, symbol: errors.answered(status, detail, asked=asked),
            **shared,
        )
        self.submissions = Submissions(
            self.settlement,
            self.book,
            Keeper(lambda: journal, lambda: False),
            Timing(),
            read=self.read,
            recall=recall or script.look,
            idempotent=script.recognises_repeats,
            newest=lambda: 0,
            timeout=lambda: 10_000,
            where=lambda: "http://oms",
            new_id=lambda: next(ids),
            **shared,
        )

    async def sleep(self, ms: float) -> None:
        self.now += ms
        self.wall += ms
        await asyncio.sleep(0)

    async def read(self, _: Accepted) -> Standing | None:
        if isinstance(self.standing, BaseError):
            raise self.standing
        return self.standing

    async def create(self, client_order_id: str | None = None, amount: str = "0.01") -> Accepted:
        """As `create_order` does: place it, and return."""
        with self.submissions.call() as call:
            return await self.submissions.place(call, asked(client_order_id, amount))

    async def abandon(self, client_order_id: str | None = None) -> None:
        """As a `create_order` does that is cancelled after the OMS has taken the order."""
        with contextlib.suppress(asyncio.CancelledError), self.submissions.call() as call:
            await self.submissions.place(call, asked(client_order_id))
            raise asyncio.CancelledError


def asked(client_order_id: str | None = None, amount: str = "0.01") -> Asked:
    """The same order every time, but for its ids."""

    def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
        payload = {**BUILT.command["payload"], "qty": amount, "client_order_id": key}
        return {**BUILT.command, "request_id": request_id, "payload": payload}, {}

    return Asked(build, BUILT.request, client_order_id, None)


def taken(order_id: int = 5, index: int = 0) -> dict[str, Any]:
    """The result of a command that placed an order."""
    return {"index": index, "ok": True, "command_id": 1, "order_id": order_id, "error": None}


TAKEN = [taken()]
LOST = errors.lost("the answer was cut off", asked="x")
UNSENT = errors.no_answer("no connection", asked="x")
REFUSED = errors.answered(400, {"code": "internal_error", "message": "insufficient balance"}, asked="x")
NO_KEY = errors.answered(401, {"code": "invalid_api_key", "message": "invalid_api_key"}, asked="x")
TAKEN_ID = errors.answered(409, DUPLICATE, asked="x")
ROW = {
    "id": 5,
    "status": "SUBMITTED",
    "exchange_order_id": "9",
    "created_at": "2027-01-15T08:00:00",
    "symbol": "BTC/USDT",
    "side": "buy",
    "order_type": "limit",
    "qty": "0.010000000000000000",
}
PENDING = {**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None}
REJECTED = {**ROW, "status": "REJECTED"}


async def batch(desk: Desk, *orders: Asked) -> list[Accepted | BaseError]:
    """As `create_orders` does."""
    with desk.submissions.call() as call:
        return await desk.submissions.place_all(call, orders)
