"""The life of a sandbox."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.server import Profile
from oms_ccxt_async.sandbox.sqlite import SQLite
from tests.faults.eventually import eventually
from tests.sandbox.conftest import Client, healthy


async def test_it_starts_and_leaves_nothing_behind() -> None:
    """It listens on a free port when entered; after it, port, tasks and temporary file are gone within a second."""
    before = asyncio.all_tasks()
    async with Sandbox() as sandbox:
        assert await healthy(sandbox.url)
        if not isinstance(sandbox.oms.storage, SQLite):
            pytest.skip("a temporary file is SQLite's")
        file = Path(sandbox.oms.storage.path)
        assert file.exists()  # noqa: ASYNC240 - a test may block
        leaving = time.monotonic()
    assert time.monotonic() - leaving < 1
    assert asyncio.all_tasks() == before
    assert not file.parent.exists()
    with pytest.raises(aiohttp.ClientConnectionError):
        await healthy(sandbox.url)


async def test_it_stops_while_clients_are_connected() -> None:
    """Idle connections do not hold it up."""
    async with aiohttp.ClientSession() as session:
        async with Sandbox() as sandbox:
            async with session.get(sandbox.url + "/healthz") as response:
                await response.read()
            leaving = time.monotonic()
        assert time.monotonic() - leaving < 1


async def test_it_ends_with_an_error_inside() -> None:
    """An exception in the block comes out of it, after the server has stopped."""
    with pytest.raises(ZeroDivisionError):
        async with Sandbox() as sandbox:
            raise ZeroDivisionError
    with pytest.raises(aiohttp.ClientConnectionError):
        await healthy(sandbox.url)


async def test_two_run_side_by_side() -> None:
    """Sandboxes do not know of each other."""
    async with Sandbox() as one, Sandbox(profile="legacy") as other:
        assert one.url != other.url
        assert await healthy(one.url)
        assert await healthy(other.url)


async def test_config_is_ready_to_use() -> None:
    """The config names key, account, strategy and address as the driver reads them."""
    async with Sandbox(api_key="mine") as sandbox:
        assert sandbox.config(account_id=2, strategy_id=1) == {
            "apiKey": "mine",
            "options": {"account_id": 2, "strategy_id": 1, "base_url": sandbox.url},
        }
        assert sandbox.config(role="admin")["apiKey"] == sandbox.keys["admin"]


@pytest.mark.parametrize(("lag", "shown"), [(60_000, {0, 1}), (20, {1})])
async def test_lists_may_lag(session: aiohttp.ClientSession, lag: int, shown: set[int]) -> None:
    """Of two lists of a legacy OMS one shows what is stored, the other what its copy holds."""
    async with Sandbox(profile="legacy", lists_lag=lag) as sandbox:
        client = Client(sandbox, session)
        await client.order("buy", "0.01", price="50000")

        async def listed() -> int:
            return len((await client.get("/oms/orders/open?account_ids=1&cache=false"))["items"])

        async def as_expected() -> bool:
            return {await listed(), await listed()} == shown

        await eventually(as_expected)


@pytest.mark.parametrize(("profile", "lag"), [("full", 100), ("legacy", 0), ("legacy", -1)])
def test_a_lag_that_makes_no_sense_is_refused(profile: Profile, lag: int) -> None:
    """A full OMS's lists do not lag, and a lag is some time."""
    with pytest.raises(ValueError, match="lists_lag"):
        Sandbox(profile=profile, lists_lag=lag)


async def test_a_database_is_taken_up(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    """A file outlives its sandbox; the next one has the data, takes the old key or adds a new one."""
    file = tmp_path / "oms.sqlite"
    async with Sandbox(database=file, api_key="first") as sandbox:
        await Client(sandbox, session).order("buy", "0.01", price="50000")
    for key in ("first", "second", None):
        async with Sandbox(database=str(file), api_key=key) as sandbox:
            assert key in (None, sandbox.keys["trader"])
            for each in {"first", sandbox.keys["trader"]}:
                assert (await Client(sandbox, session, each).row("orders", 1))["status"] == "SUBMITTED"


async def test_a_database_belongs_to_one_sandbox(tmp_path: Path) -> None:
    """A second sandbox on the same file is refused, and so is one of the other profile."""
    file = tmp_path / "oms.sqlite"
    async with Sandbox(database=file):
        with pytest.raises(StorageUnavailable, match="locked"):
            async with Sandbox(database=file):
                pass
    with pytest.raises(ValueError, match="full sandbox, not of a legacy one"):
        async with Sandbox(database=file, profile="legacy"):
            pass


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file that SQLite does not know is left alone."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and long enough not to look like an empty one\n" * 100)
    with pytest.raises(StorageUnavailable, match="not a database"):
        async with Sandbox(database=file):
            pass


def test_an_unknown_profile_is_refused() -> None:
    """There are two profiles."""
    with pytest.raises(ValueError, match="full or legacy"):
        Sandbox(profile="half")  # type: ignore[arg-type]


async def test_the_exchange_may_have_another_name(session: aiohttp.ClientSession) -> None:
    """Accounts claim to be on the exchange that was named, and its messages begin with the name."""
    async with Sandbox(exchange="binance") as sandbox:
        client = Client(sandbox, session)
        assert (await client.get("/oms/accounts"))["items"][0]["exchange_id"] == "ccxt.binance"
        _, _, message = await client.error("send_order", symbol="NOPE", side="buy", order_type="market", qty="1")
        assert message == "binance does not have market symbol NOPE"


async def test_the_market_moves_by_itself(session: aiohttp.ClientSession) -> None:
    """Without being asked, the market comes to resting orders."""
    async with Sandbox(volatility=0, tick_seconds=0.01) as sandbox:
        client = Client(sandbox, session)
        await client.order("buy", "0.01", price="59000")
        sandbox.oms.exchange.move("BTC/USDT", sandbox.oms.exchange.last_price("BTC/USDT") - 2000)
        async with asyncio.timeout(5):
            while sandbox.oms.storage.select(Order)[0].status != "FILLED":  # noqa: ASYNC110 - what is waited for
                await asyncio.sleep(0.01)


async def test_a_market_does_not_move_to_nonsense() -> None:
    """A price must be one that the market can have."""
    async with Sandbox() as sandbox:
        with pytest.raises(ValueError, match="price"):
            sandbox.move("BTC/USDT", -1)
