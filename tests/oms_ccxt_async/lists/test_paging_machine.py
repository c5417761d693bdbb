"""Lists read page by page while rows come, go and move, against a model: what was there throughout is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from oms_ccxt_async.lists import history
from oms_ccxt_async.lists.history import DAY, Lists, Row
from oms_ccxt_async.wire.transport import Request

NOW = 20_000 * DAY
PAGE = 3


class Oms:
    """Orders by id; between two pages of one read happens what `meanwhile` says.

    Attributes:
        there: the ids that have been there, open or not, since the read began.
    """

    base_url = "http://oms"
    account_id = 1

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.meanwhile: list[tuple[str, int]] = []
        self.there: set[int] = set()

    def add(self, days: int, is_open: bool) -> None:
        """A row, which is listed by a day; ids go up."""
        key = max(self.rows, default=0) + 1
        status = "SUBMITTED" if is_open else "FILLED"
        self.rows[key] = {"id": key, "status": status, "day": NOW // DAY - days, "client_order_id": f"c{key % 4}"}

    def change(self, what: str, place: int) -> None:
        """A row comes, one is filled, or one goes, deleted by hand."""
        key = sorted(self.rows)[place % len(self.rows)] if self.rows else None
        if what == "come":
            self.add(place % 3, is_open=True)
        elif key is not None and what == "end":
            self.rows[key]["status"] = "FILLED"
        elif key is not None:
            del self.rows[key]
            self.there.discard(key)

    async def send(self, request: Request) -> dict[str, Any]:
        """A list's answer, as it is at this moment."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if "/open" in request.path:
            rows = [row for row in self._listed() if row["status"] == "SUBMITTED"][: int(query["limit"])]
            answer = {"items": [dict(row) for row in rows], "total": len(rows)}
        else:
            days = (_day(query["start_date"]), _day(query["end_date"]))
            rows = [row for row in self._listed() if days[0] <= row["day"] <= days[1]]
            start = (int(query["page"]) - 1) * int(query["page_size"])
            answer = {"items": [dict(row) for row in rows[start : start + int(query["page_size"])]], "total": len(rows)}
        if self.meanwhile:
            self.change(*self.meanwhile.pop(0))
        return answer

    def _listed(self) -> list[Row]:
        return [self.rows[key] for key in sorted(self.rows)]


def _day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) // DAY


class PagingMachine(RuleBasedStateMachine):
    """An OMS whose lists change, and a program that reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.oms = Oms()
        lists: Any = Lists(cast(Any, self.oms), cast(Any, self.oms), lambda: NOW)
        self.lists = lists
        self.patches = [mock.patch.object(history, "PAGE", PAGE), mock.patch.object(history, "OPEN_LIMIT", PAGE)]
        for patch in self.patches:
            patch.start()

    def teardown(self) -> None:
        for patch in self.patches:
            patch.stop()

    @rule(days=st.integers(0, 3), is_open=st.booleans(), count=st.integers(1, 4))
    def come(self, days: int, is_open: bool, count: int) -> None:
        """Rows come while nobody reads."""
        for _ in range(count):
            self.oms.add(days, is_open)

    @rule(places=st.lists(st.tuples(st.sampled_from(["come", "end", "go"]), st.integers(0, 20)), max_size=4))
    def change_during_the_next_read(self, places: list[tuple[str, int]]) -> None:
        """What will happen between the pages of the next read."""
        self.oms.meanwhile = places

    def read(self, reading: Callable[[], Any]) -> Any:
        """Read, while what was arranged happens."""
        self.oms.there = set(self.oms.rows)
        found = asyncio.run(reading())
        self.oms.meanwhile = []
        return found

    @rule(days=st.integers(0, 3))
    @precondition(lambda self: self.oms.rows)
    def read_days(self, days: int) -> None:
        """Everything of these days that was there throughout; no row that never was."""

        async def reading() -> list[int]:
            pages = self.lists.since("orders", NOW - days * DAY, None, "orders")
            return [row["id"] for page in [page async for page in pages] for row in page]

        wanted = {key for key, row in self.oms.rows.items() if row["day"] >= NOW // DAY - days}
        found = set(self.read(reading))
        assert wanted & self.oms.there <= found

    @rule()
    @precondition(lambda self: self.oms.rows)
    def read_open(self) -> None:
        """Every order that was open all the time is in the open list, past its limit; each once, by id."""

        async def reading() -> list[Row]:
            rows: list[Row] = await self.lists.open("orders", None, "orders")
            return rows

        # Where rows are deleted by hand while pages are read from the end, one may slip (fact 16).
        self.oms.meanwhile = [(what, place) for what, place in self.oms.meanwhile if what != "go"]
        found = [row["id"] for row in self.read(reading)]
        still = {key for key in self.oms.there if self.oms.rows[key]["status"] == "SUBMITTED"}
        assert still <= set(found)
        assert found == sorted(set(found))

    @rule(key=st.integers(0, 3))
    @precondition(lambda self: self.oms.rows)
    def find_by_client_order_id(self, key: int) -> None:
        """The newest open order under an id, or else the newest there is."""
        sought = f"c{key}"

        async def reading() -> dict[str, Row]:
            found: dict[str, Row] = await self.lists.by_client_order_id({sought}, None, None, "orders")
            return found

        self.oms.meanwhile = []
        under = [row for row in self.oms.rows.values() if row["client_order_id"] == sought]
        opened = [row["id"] for row in under if row["status"] == "SUBMITTED"]
        found = self.read(reading)
        assert (
            [row["id"] for row in found.values()] == [max(opened or [row["id"] for row in under])]
            if under
            else not found
        )

    @rule(places=st.sets(st.integers(0, 30), min_size=1, max_size=4))
    @precondition(lambda self: self.oms.rows)
    def find_by_ids(self, places: set[int]) -> None:
        """What is there is found by its id, wherever rows before it have gone; what is not, is not."""

        async def reading() -> dict[int, Row]:
            found: dict[int, Row] = await self.lists.find("orders", set(places), None, "orders")
            return found

        self.oms.meanwhile = []
        assert self.read(reading).keys() == places & self.oms.rows.keys()


TestPagingMachine = PagingMachine.TestCase
TestPagingMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None, derandomize=True)
