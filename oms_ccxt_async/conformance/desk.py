"""Where the rules are looked at: one account of an OMS, and the orders that are placed on it and taken away again."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from oms_ccxt_async.conformance.client import Client
from oms_ccxt_async.conformance.rule import (
    Answer,
    Broken,
    Order,
    Skipped,
    Unanswered,
    at,
    hold,
    ids_of,
    results_of,
    rows_of,
)

__all__ = ["DAYS", "LISTS", "NEVER", "PAGE", "Desk"]

LISTS = {
    "open orders": "/oms/orders/open",
    "open positions": "/oms/positions/open",
    "orders": "/oms/orders/history",
    "deals": "/oms/deals",
    "positions": "/oms/positions/history",
}
DAYS = 30
"""How far back history is looked at."""
PAGE = 500
"""The most that a page may hold (fact 16)."""
LATE = 0.5
"""Seconds between two looks for orders that may still arrive."""
NEVER = 4_611_686_018_427_387_903
"""An id that no order has."""


class Desk:
    """One account, and what is known of its OMS.

    Args:
        client: talks to the OMS.
        account, strategy: what is asked about.
        features: the extensions that the OMS lists.
        order: what is placed for the rules that need an order; None: nothing is placed.

    Attributes:
        placed: client order ids of everything that may have been placed.
        ids: of everything that was.
    """

    def __init__(
        self, client: Client, account: int, strategy: int | None, features: frozenset[str], order: Order | None
    ) -> None:
        self.client = client
        self.account = account
        self.strategy = strategy
        self.features = features
        self._order = order
        self.run = uuid.uuid4().hex[:10]
        self.placed: list[str] = []
        self.ids: set[int] = set()

    @property
    def order(self) -> Order:
        """What is placed."""
        assert self._order is not None
        return self._order

    # Lists

    def query(self, **more: Any) -> str:
        """The query of a list: account, strategy, nothing from a cache."""
        scope = {"account_ids": self.account, **({} if self.strategy is None else {"strategy_id": self.strategy})}
        return "&".join(f"{name}={value}" for name, value in {**scope, **more, "cache": "false"}.items())

    async def listed(self, what: str, **more: Any) -> list[dict[str, Any]]:
        """The rows of a list; of those with days, the newest page of `PAGE` rows of the last `DAYS` days."""
        return (await self.newest(what, **more))[0]

    async def newest(self, what: str, **more: Any) -> tuple[list[dict[str, Any]], bool]:
        """The rows of a list, of those with pages the last page's; and whether that is all."""
        answer = await self.answer_of(what, **more)
        rows = rows_of(answer)
        total = answer.body.get("total")
        if type(total) is int and total > PAGE and "page" not in more:
            return rows_of(await self.answer_of(what, **more, page=-(-total // PAGE))), False
        return rows, True

    async def answer_of(self, what: str, **more: Any) -> Answer:
        """The answer of a list."""
        days = {} if what.startswith("open") else {**self.days(), "page": 1, "page_size": PAGE}
        return await self.client.get(f"{LISTS[what]}?{self.query(**{**days, **more})}")

    def days(self, first: datetime | None = None, last: datetime | None = None) -> dict[str, str]:
        """A window of days, both included; the last `DAYS` if none is named."""
        now = datetime.now(UTC)
        first, last = first or now - timedelta(days=DAYS), last or now + timedelta(days=1)
        return {"start_date": first.date().isoformat(), "end_date": last.date().isoformat()}

    async def every_list(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of every list. A history of positions that the OMS breaks down over is left out (fact 28)."""
        found = {}
        for name in LISTS:
            if name == "positions" and not self.features and (await self.answer_of(name)).status == 500:
                continue
            found[name] = await self.listed(name)
        return found

    async def history_of(self, row: Mapping[str, Any], what: str = "orders") -> tuple[list[dict[str, Any]], bool]:
        """The history of the day on which an order, deal or position is to be found, as `newest` has it."""
        day = at(row["executed_at" if what == "deals" else "updated_at"], "a row's time")
        return await self.newest(what, **self.days(day, day))

    async def some_symbol(self) -> str:
        """A market that can be asked about."""
        if self._order is not None:
            return self._order.symbol
        answer = await self.call("load_markets")
        hold(answer.status == 200 and isinstance(answer.body, dict), answer)
        markets = answer.body.get("result")
        if not isinstance(markets, dict) or not markets:
            raise Skipped("the exchange behind the account has no markets")
        active = [name for name, market in markets.items() if (market or {}).get("active") is not False]
        return str(next((name for name in ("BTC/USDT", *active) if name in markets), next(iter(markets))))

    async def call(self, func: str, *args: Any, key: str | None = None) -> Answer:
        """A method of the exchange behind the account, through the gateway."""
        return await self.client.post(f"/ccxt/{self.account}/{func}", {"args": args, "kwargs": {}}, key=key)

    async def foreign_account(self) -> int:
        """An account that there is not, or not for this key."""
        rows = (await self.client.get("/oms/accounts")).body
        seen = [row.get("account_id", 0) for row in rows["items"]] if isinstance(rows, dict) and "items" in rows else []
        return max([self.account, *(each for each in seen if type(each) is int)]) + 1_000_003

    # Commands

    def named(self, what: str) -> str:
        """A client order id of this run; whatever has it is canceled when the rule has been looked at."""
        name = f"conf-{self.run}-{len(self.placed)}-{what}"[:60]
        self.placed.append(name)
        return name

    def request_id(self) -> str:
        """A `request_id` that was never used."""
        return f"conf-{uuid.uuid4().hex}"

    def command(self, command: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A command for the account."""
        return {"account_id": self.account, "command": command, "payload": payload, **more}

    def send_order(self, name: str, *, request_id: str | None = None, **changed: Any) -> dict[str, Any]:
        """The command that places the order under a client order id; a field that is None is left out."""
        order = self.order
        payload = {
            "symbol": order.symbol,
            "side": "buy",
            "order_type": "limit",
            "qty": order.amount,
            "price": order.price,
            "client_order_id": name,
            **({} if self.strategy is None else {"strategy_id": self.strategy}),
            **changed,
        }
        payload = {key: value for key, value in payload.items() if value is not None}
        return self.command("send_order", payload, **({} if request_id is None else {"request_id": request_id}))

    def cancel(self, order_id: int = NEVER) -> dict[str, Any]:
        """The command that cancels an order; one that there is not, if none is named."""
        return self.command("cancel_order", {"order_id": order_id})

    async def post(self, commands: Any) -> Answer:
        """The answer to a command or several."""
        answer = await self.client.post("/oms/commands", commands)
        self.note(results_of(answer))
        return answer

    def note(self, results: Iterable[Any]) -> None:
        """Note which orders commands have made."""
        made = [result.get("order_id") for result in results if isinstance(result, Mapping)]
        self.ids.update(order_id for order_id in made if type(order_id) is int)

    async def done(self, command: dict[str, Any]) -> dict[str, Any]:
        """The result of one command that has to succeed."""
        answer = await self.post(command)
        results = results_of(answer)
        hold(answer.status == 200 and len(results) == 1 and results[0].get("ok") is True, answer)
        return results[0]

    async def place(self, what: str, **changed: Any) -> int:
        """The id of the order, placed."""
        result = await self.done(self.send_order(self.named(what), **changed))
        order_id = result.get("order_id")
        hold(type(order_id) is int, f"the result of send_order has the order_id {order_id!r}")
        assert isinstance(order_id, int)
        return order_id

    async def found(self, name: str) -> list[dict[str, Any]]:
        """The open orders with this client order id."""
        return [row for row in await self.listed("open orders", limit=5000) if row.get("client_order_id") == name]

    async def row(self, order_id: int) -> dict[str, Any]:
        """An order that has to be open."""
        rows = await self.listed("open orders", limit=5000)
        found = next((row for row in rows if row["id"] == order_id), None)
        hold(found is not None, f"order {order_id} is not in /oms/orders/open ({ids_of(rows)[-5:]} are the newest)")
        assert found is not None
        return found

    @asynccontextmanager
    async def tidy(self) -> AsyncIterator[None]:
        """Whatever was placed in here is canceled at the end of it, however it ends.

        What was on its way when the OMS did not answer, or when this was cancelled, may arrive after the first look.
        """
        began, looks = len(self.placed), 1
        try:
            yield
        except (Unanswered, asyncio.CancelledError):
            looks = 3
            raise
        finally:
            if began < len(self.placed):
                cleaning = asyncio.create_task(self._clean(looks))
                try:
                    await asyncio.shield(cleaning)
                except asyncio.CancelledError:
                    await cleaning  # first what is open, then the end
                    raise

    async def _clean(self, looks: int) -> None:
        await self.cancel_all()
        for _ in range(1, looks):
            await asyncio.sleep(LATE)
            await self.cancel_all()

    async def cancel_all(self) -> list[int]:
        """Cancel whatever of this run is open; what is still open after that."""
        try:
            for row in await self._left():
                await self.post(self.cancel(row["id"]))
            return ids_of(await self._left())
        except (Broken, Skipped):  # a rule of its own says what is wrong with the list
            return sorted(self.ids)

    async def _left(self) -> list[dict[str, Any]]:
        rows = await self.listed("open orders", limit=5000)
        return [row for row in rows if row["id"] in self.ids or row.get("client_order_id") in self.placed]
