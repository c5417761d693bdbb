"""Settings and money of an account at the exchange."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.tick import tick
from tests.sandbox.conftest import Client, Clock, open_oms, send
from tests.sandbox.gateway_client import call, refusal

SWAP = "BTC/USDT:USDT"


async def test_leverage_is_kept(client: Client) -> None:
    """Leverage is set for a swap and moves the margin."""
    swap = "BTC/USDT:USDT"
    await call(client, "create_order", swap, "market", "buy", 0.1)
    used = (await call(client, "fetch_balance"))["used"]["USDT"]
    await call(client, "set_leverage", 10, swap)
    assert (await call(client, "fetch_balance"))["used"]["USDT"] == pytest.approx(used / 10)
    state = client.sandbox.oms.storage.account_state(1)
    assert state == client.sandbox.oms.exchange.state(1)
    assert state.leverages == {swap: 10}


async def test_margin_mode_is_kept(client: Client) -> None:
    """It is set for one swap, by symbol or id, told in upper case too, and stored."""
    assert (await call(client, "set_margin_mode", "ISOLATED", "BTCUSDT_USDT"))["marginMode"] == "isolated"
    assert (await call(client, "fetch_margin_mode", SWAP))["marginMode"] == "isolated"
    state = client.sandbox.oms.storage.account_state(1)
    assert state == client.sandbox.oms.exchange.state(1)
    assert state.margin_modes == {SWAP: "isolated"}
    assert (await call(client, "set_margin_mode", "cross", SWAP))["marginMode"] == "cross"


async def test_position_mode_is_one_way(client: Client) -> None:
    """It can be set to what it is."""
    assert (await call(client, "set_position_mode", False, SWAP))["hedged"] is False
    assert (await call(client, "fetch_position_mode"))["hedged"] is False


async def test_transfers_are_noted(client: Client, clock: Clock) -> None:
    """A transfer between wallets leaves the balance, which is one, and is in the list of transfers, by currency."""
    before = await call(client, "fetch_balance")
    first = await call(client, "transfer", "USDT", 100, "spot", "swap")
    clock.now += 1000
    second = await call(client, "transfer", "BTC", "0.5", "swap", "spot")
    assert (first["amount"], first["fromAccount"], first["toAccount"]) == (100.0, "spot", "swap")
    assert await call(client, "fetch_balance") == before
    assert await call(client, "fetch_transfers") == [first, second]
    assert await call(client, "fetch_transfers", "BTC") == await call(client, "fetch_transfers", limit=1) == [second]
    assert await call(client, "fetch_transfers", since=clock.now) == [second]
    assert await call(client, "fetch_transfers", account_id=2) == []


async def test_a_key_that_may_not_trade_changes_nothing(client: Client) -> None:
    """Settings and transfers are the trader's; reading them is anybody's who may read."""
    reader = client.as_role("readonly")
    for func, args in (
        ("set_margin_mode", ["isolated", SWAP]),
        ("set_position_mode", [False]),
        ("transfer", ["USDT", 1, "spot", "swap"]),
    ):
        status, body = await reader.send("POST", f"/ccxt/1/{func}", {"args": args})
        assert (status, body["detail"]["code"]) == (403, "permission_denied")
    for func in ("fetch_transfers", "fetch_ledger", "fetch_funding_history", "fetch_margin_modes"):
        await call(reader, func)


async def test_funding_is_paid_and_told(client: Client, clock: Clock) -> None:
    """At a funding time a position pays: its balance, the history, the ledger and the database say the same."""
    await call(client, "create_order", SWAP, "market", "buy", 1)
    before = (await call(client, "fetch_balance"))["total"]["USDT"]
    clock.now += FUNDING_MS
    tick(client.sandbox.oms)
    (paid,) = await call(client, "fetch_funding_history", SWAP)
    assert paid["amount"] == pytest.approx(-6.0012)
    assert (await call(client, "fetch_balance"))["total"]["USDT"] == pytest.approx(before + paid["amount"])
    assert client.sandbox.oms.storage.account_state(1) == client.sandbox.oms.exchange.state(1)
    *_, entry = await call(client, "fetch_ledger", "USDT")
    assert (entry["type"], entry["direction"], entry["amount"]) == ("fee", "out", -paid["amount"])
    assert await call(client, "fetch_funding_history", "ETH/USDT:USDT") == []
    assert await call(client, "fetch_funding_history", account_id=2) == []


async def test_the_ledger_leads_to_the_balance(client: Client) -> None:
    """Its entries are trades and fees, by currency and page; each can be fetched alone."""
    await call(client, "create_order", "ETH/BTC", "market", "buy", 2)
    await call(client, "create_order", SWAP, "market", "buy", 0.1)
    entries = await call(client, "fetch_ledger")
    balance = (await call(client, "fetch_balance"))["total"]
    for currency in ("BTC", "ETH", "USDT"):
        own = await call(client, "fetch_ledger", currency)
        assert own == [entry for entry in entries if entry["currency"] == currency]
        assert own[-1]["after"] == pytest.approx(balance[currency], abs=1e-8)
    assert await call(client, "fetch_ledger", None, None, 2) == entries[-2:]
    assert await call(client, "fetch_ledger", None, 0, 2) == entries[:2]
    assert await call(client, "fetch_ledger", None, None, 0) == []
    assert await call(client, "fetch_ledger_entry", entries[0]["id"]) == entries[0]
    assert "does not have ledger entry" in await refusal(client, "fetch_ledger_entry", entries[0]["id"], "USDT")


def test_missed_funding_is_paid_when_the_sandbox_is_back(tmp_path: Any) -> None:
    """What came due while nobody ran is paid at the first step, once."""
    clock = Clock()
    oms = open_oms(tmp_path / "oms.sqlite", clock)
    send(oms, "buy", "1", 2, symbol=SWAP)
    oms.storage.close()
    clock.now += 3 * FUNDING_MS
    for step, due in enumerate((3, 3, 4)):
        oms = open_oms(tmp_path / "oms.sqlite", clock)
        tick(oms)
        tick(oms)
        rows = oms.storage._rows("SELECT id, timestamp_ms FROM exchange_fundings", ())
        assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == len(rows) == due
        oms.storage.close()
        clock.now += FUNDING_MS * (step == 1)


def test_funding_that_is_not_stored_is_paid_later(oms: OMS, clock: Clock) -> None:
    """If the database does not take it, the exchange takes it back too, and the next step pays it once."""
    send(oms, "buy", "1", 2, symbol=SWAP)
    before = oms.exchange.state(2)
    clock.now += FUNDING_MS
    store, oms.storage.set_meta = oms.storage.set_meta, fail  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        tick(oms)
    assert oms.exchange.state(2) == before
    oms.storage.set_meta = store  # type: ignore[method-assign]
    tick(oms)
    assert oms.exchange.state(2) == oms.storage.account_state(2) != before


def fail(name: str, value: str) -> None:
    raise ZeroDivisionError
