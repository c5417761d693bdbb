"""A history of positions that the OMS breaks down over (fact 28) is read around what cannot be read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import ccxt
import pytest
from aiohttp import web

from tests.oms_ccxt_async.support import fake_oms, listed

pytestmark = pytest.mark.asyncio(loop_scope="session")

HISTORY = "GET /oms/positions/history"
TODAY = datetime.now(UTC).date()
QUICK = {"attempts": 1}


def position(key: int, days_ago: int) -> dict[str, Any]:
    """A closed position that was last changed so many days ago."""
    at = f"{TODAY - timedelta(days=days_ago)}T12:00:00"
    row = {"id": key, "account_id": 1, "symbol": "BTC/USDT", "strategy_id": 0, "side": "buy", "state": "closed"}
    money = {"qty": "0.000000000000000000", "avg_price": "100.000000000000000000"}
    return {**row, **money, "stop_loss": None, "stop_gain": None, "opened_at": at, "updated_at": at, "closed_at": at}


class History:
    """Rows by the day of their last change, and the days over which the OMS breaks down."""

    def __init__(self, rows: list[dict[str, Any]], broken: list[int]) -> None:
        self.rows = rows
        self.broken = [f"{TODAY - timedelta(days=ago)}" for ago in broken]
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: web.Request) -> Any:
        start, end = request.query["start_date"], request.query["end_date"]
        self.asked.append((start, end))
        if any(start <= day <= end for day in self.broken):
            return web.Response(status=500, text="Internal Server Error")
        return listed([row for row in self.rows if start <= row["updated_at"][:10] <= end])(request)


def answers(history: History) -> dict[str, Any]:
    return {HISTORY: history, "GET /oms/positions/open": listed([])}


@pytest.mark.parametrize("broken", [[0], [3], [100], [0, 1, 40]])
async def test_what_can_be_read_is_found(broken: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """Every position of every other day is listed, and one warning names the days that are missing."""
    ages = [0, 1, 2, 3, 4, 39, 40, 41, 99, 100, 101, 900]
    rows = [position(key, ago) for key, ago in enumerate(reversed(ages), 1)]
    history = History(rows, broken)
    async with fake_oms(answers(history), retry=QUICK) as (exchange, _):
        found = await exchange.fetch_positions_history()
    expected = [row["id"] for row in rows if row["updated_at"][:10] not in history.broken]
    assert [int(each["id"]) for each in found] == expected
    assert len(history.asked) < 60
    [told] = [record.getMessage() for record in caplog.records if "breaks down" in record.message]
    assert all(day in told for day in history.broken)


async def test_since_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    """Days before `since` are not read."""
    history = History([position(1, 9), position(2, 5), position(3, 1)], [2])
    since = int(datetime.combine(TODAY - timedelta(days=6), datetime.min.time(), UTC).timestamp() * 1000)
    async with fake_oms(answers(history), retry=QUICK) as (exchange, _):
        found = await exchange.fetch_positions_history(None, since)
    assert [each["id"] for each in found] == ["2", "3"]
    assert min(start for start, _ in history.asked) == f"{TODAY - timedelta(days=6)}"


async def test_a_position_of_another_day_is_found_by_its_id() -> None:
    """What cannot be read is not asked for again at once."""
    history = History([position(1, 5), position(2, 1)], [0])
    async with fake_oms(answers(history), retry=QUICK) as (exchange, _):
        assert (await exchange.fetch_position("", {"position_id": 1}))["id"] == "1"
        both = await asyncio.gather(*(exchange.fetch_position("", {"position_id": each}) for each in (1, 2)))
        assert [each["id"] for each in both] == ["1", "2"]
        days = (f"{TODAY}", f"{TODAY}")
        assert history.asked.count(days) == 1
        await exchange.fetch_positions_history()
        assert history.asked.count(days) == 1


async def test_a_history_that_is_broken_altogether_is_given_up() -> None:
    """An OMS that breaks down over every window is not asked for each of its days."""
    history = History([], list(range(21_000)))
    async with fake_oms(answers(history), retry=QUICK) as (exchange, _):
        with pytest.raises(ccxt.ExchangeNotAvailable):
            await exchange.fetch_positions_history()
    assert len(history.asked) < 60


async def test_a_position_that_may_be_there_is_not_denied() -> None:
    """What is asked for may lie in a day that cannot be read: the error says so."""
    history = History([position(1, 5), position(2, 0)], [0])
    async with fake_oms(answers(history), retry=QUICK) as (exchange, _):
        with pytest.raises(ccxt.ExchangeNotAvailable, match=f"{TODAY}.*may be there"):
            await exchange.fetch_position("", {"position_id": 2})


async def test_another_error_is_not_read_around() -> None:
    """An OMS that is away is not asked for a hundred windows."""
    asked: list[str] = []

    def away(request: web.Request) -> Any:
        asked.append(request.path)
        return web.Response(status=503)

    async with fake_oms({HISTORY: away}, retry=QUICK) as (exchange, _):
        with pytest.raises(ccxt.NetworkError):
            await exchange.fetch_positions_history()
    assert len(asked) == 1
