"""An account's facts are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import orjson
import pytest

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.settings import Settings
from tests.faults.plan import Reply, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.scripted import driving


@asynccontextmanager
async def watched(**sandbox: Any) -> AsyncIterator[tuple[FaultProxy, Account, Sandbox]]:
    """An account of a real OMS, seen through a proxy that counts requests."""
    async with Sandbox(volatility=0, **sandbox) as oms:
        host, port = oms.url.removeprefix("http://").split(":")
        async with (
            FaultProxy((host, int(port))) as proxy,
            driving(proxy.url, apiKey=oms.keys["trader"], options={"account_id": 1}) as (exchange, transport),
        ):
            yield proxy, Account(transport, Settings(exchange, {})), oms


def asked(proxy: FaultProxy) -> list[str]:
    return sorted(request.path for request in proxy.requests)


async def test_facts_are_asked_once_for_concurrent_callers() -> None:
    """Any number of callers share two requests, and later ones send none."""
    async with watched(exchange="binance") as (proxy, account, _):
        assert account.known is None
        found = await asyncio.gather(*(account.facts() for _ in range(20)))
        again = await account.facts()
        assert asked(proxy) == ["/healthz", "/oms/accounts"]
    assert all(facts is found[0] for facts in [*found, again, account.known])
    assert (found[0].exchange_id, found[0].position_mode, found[0].hedged) == ("binance", "hedge", True)
    assert (found[0].by_ids, found[0].idempotent, found[0].full) == (True, True, True)


async def test_facts_of_a_legacy_oms() -> None:
    """An OMS whose health lists no features has none."""
    async with watched(profile="legacy") as (_, account, _):
        facts = await account.facts()
    assert (facts.features, facts.by_ids, facts.idempotent, facts.full) == (frozenset(), False, False, False)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"detail":"Not Found"}', 404),
        (b'{"status":"ok"}', 200),
        (b'{"status":"ok","features":null}', 200),
        (b'{"status":"ok","features":"by_ids"}', 200),
    ],
)
async def test_health_that_lists_no_features(body: bytes, status: int) -> None:
    """Without a list of features there are none, and without the endpoint too."""
    async with watched() as (proxy, account, _):
        proxy.plan(Reply(status, body), on(path="/healthz"))
        assert (await account.facts()).features == frozenset()


async def test_facts_are_asked_again_after_a_failure() -> None:
    """A failure is everyone's who waits for it, and nobody's afterwards."""
    async with watched() as (proxy, account, _):
        failing = proxy.plan(Reply(403, b'{"detail":{"code":"permission_denied"}}'), on(path="/oms/accounts"))
        outcomes = await asyncio.gather(*(account.facts() for _ in range(3)), return_exceptions=True)
        assert [isinstance(outcome, ccxt.PermissionDenied) for outcome in outcomes] == [True] * 3
        assert len(failing.hits) == 1
        assert account.known is None
        assert (await account.facts()).position_mode == "hedge"


async def test_caller_that_gives_up_does_not_hurt_the_others() -> None:
    """The question goes on when the one who asked it first is cancelled."""
    async with watched() as (proxy, account, _):
        first = asyncio.create_task(account.facts())
        second = asyncio.create_task(account.facts())
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).position_mode == "hedge"
        assert asked(proxy) == ["/healthz", "/oms/accounts"]


async def test_facts_can_be_forgotten() -> None:
    """After `forget()` the OMS is asked again, and an answer that was under way by then is not kept."""
    async with watched() as (proxy, account, _):
        await account.facts()
        account.forget()
        assert account.known is None
        under_way = asyncio.create_task(account.facts())
        await asyncio.sleep(0)
        account.forget()
        await under_way
        assert account.known is None
        await account.facts()
        assert len(proxy.requests) == 6


@pytest.mark.parametrize("account_id", [99, 2**40])
async def test_unknown_account(account_id: int) -> None:
    """An account that the key may not see is named together with those that it may."""
    async with Sandbox(volatility=0) as oms:
        config = oms.config()
        config["options"]["account_id"] = account_id
        async with oms_ccxt_async.oms(config) as exchange:
            with pytest.raises(ccxt.AccountNotEnabled, match=rf"{account_id} is not among .* \(1, 2, 3\)"):
                await exchange.fetch_open_orders()


@pytest.mark.parametrize(
    ("row", "exchange_id", "mode"),
    [
        ({"exchange_id": "ccxt.binance", "position_mode": "netting"}, "binance", "netting"),
        ({"exchange_id": "ccxtpro.binance", "position_mode": "strategy_netting"}, "binance", "strategy_netting"),
        ({"exchange_id": "kraken", "position_mode": "hedge"}, "kraken", "hedge"),
        ({"exchange_id": None}, "", ""),
        ({}, "", ""),
    ],
)
async def test_account_row(row: dict[str, Any], exchange_id: str, mode: str) -> None:
    """The exchange id is what follows the library's name; what a row lacks is empty (fact 20)."""
    rows = {"items": ["nonsense", {"account_id": 2}, {"account_id": 1, **row}]}
    async with watched() as (proxy, account, _):
        proxy.plan(Reply(200, orjson.dumps(rows)), on(path="/oms/accounts"))
        facts = await account.facts()
    assert (facts.exchange_id, facts.position_mode) == (exchange_id, mode)


async def test_accounts_and_health() -> None:
    """The plain lists are what the OMS answers."""
    async with watched() as (_, account, _):
        assert [row["account_id"] for row in await account.rows()] == [1, 2, 3]
        assert (await account.health())["status"] == "ok"
