"""What tests of programs set: no backoffs, few retries, answers that get lost."""

from __future__ import annotations

import time

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import testing
from tests.faults.desk import LIMIT, Profile, desk
from tests.faults.plan import Reply, on

HALF_A_MINUTE = {"base": 30_000, "cap": 30_000}


async def test_retries_are_few_and_do_not_wait() -> None:
    """An OMS that answers 503 is asked so often, at once; and as patiently as ever when the block is over."""
    async with desk("full") as made:
        exchange = await made.exchange(retry=HALF_A_MINUTE, timeout=60_000)
        made.proxy.plan(Reply(503), on("GET", "/oms/orders/*"), times=None)
        made.proxy.requests.clear()
        began = time.monotonic()
        with testing.set_testing(attempts=3):
            assert testing.is_testing()
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await exchange.fetch_open_orders()
        assert time.monotonic() - began < 5
        assert len([request for request in made.proxy.requests if request.path.startswith("/oms/orders")]) == 3
    assert not testing.is_testing()


def test_blocks_may_stand_in_one_another() -> None:
    """Each brings back what was before; nonsense is refused."""
    with testing.set_testing(attempts=3):
        with testing.set_testing(False):
            assert not testing.is_testing()
        assert testing.is_testing()
        with pytest.raises(ValueError, match="attempts"):
            testing.set_testing(attempts=0)
    assert not testing.is_testing()


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_an_order_whose_answer_is_lost_is_placed_once(profile: Profile) -> None:
    """The OMS has done it, the driver finds out, and the program has its order."""
    async with desk(profile) as made:
        exchange = await made.exchange()
        with testing.set_testing():
            testing.lose_next_answer()
            order = await exchange.create_order(*LIMIT)
            second = await exchange.create_order("BTC/USDT", "limit", "buy", 0.02, 40_000)
        assert [str(row["id"]) for row in sorted(await made.orders(), key=lambda row: row["id"])] == [
            order["id"],
            second["id"],
        ]
        assert sum(exchange.stats()["failures"].values()) == 1


async def test_where_all_answers_are_lost_an_order_is_unknown() -> None:
    """A program can be tested on `OrderOutcomeUnknown`, and on what it does after that."""
    async with desk("full") as made:
        exchange = await made.exchange(settleTimeout=100)
        unknown = pytest.raises(oms_ccxt_async.OrderOutcomeUnknown)
        with testing.set_testing(), testing.lost_answers(), unknown as raised:
            await exchange.create_order(*LIMIT)
        order = await raised.value.resolve()
        assert len(await made.orders()) == 1
        assert order["status"] == "open"


async def test_the_answer_to_a_read_can_be_lost() -> None:
    """By the method's name."""
    async with desk("full") as made:
        exchange = await made.exchange()
        testing.lose_next_answer("fetch_open_orders")
        assert await exchange.fetch_open_orders() == []
        assert exchange.stats()["retries"] == 1


async def test_answers_of_the_socket_can_be_lost() -> None:
    """An order over the WebSocket is settled, too."""
    async with desk("full") as made, oms_ccxt_pro.oms(made.sandbox.config()) as exchange:
        await exchange.load_markets()
        testing.lose_next_answer()
        order = await exchange.create_order_ws(*LIMIT)
        assert [str(row["id"]) for row in await made.orders()] == [order["id"]]
        assert sum(exchange.stats()["failures"].values()) == 1
