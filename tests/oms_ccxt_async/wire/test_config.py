"""What an exchange is constructed with: mistakes are refused, and what is in force can be read."""

from __future__ import annotations

import logging
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_async.dropin.standin import stand_in
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.config import NAMES, near
from oms_ccxt_async.wire.settings import ENVIRONMENT

CLASSES = (oms_ccxt_async.oms, oms_ccxt_pro.oms, sync.oms)
URL = "http://127.0.0.1:9"
GOOD = {"account_id": 1, "base_url": URL}


@pytest.fixture(autouse=True)
def _another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with another account, on which a mistake would trade."""
    monkeypatch.setenv("OMS_API_KEY", "of the environment")
    for variable, value in zip(ENVIRONMENT.values(), ("9", "http://127.0.0.1:8", "4"), strict=True):
        monkeypatch.setenv(variable, value)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"options": {"accountid": 1}}, "account_id"),
        ({"options": {"accountId": 1}}, "account_id"),
        ({"options": {"acount_id": 1}}, "account_id"),
        ({"options": {"baseUrl": URL}}, "base_url"),
        ({"options": {"strategy": 1, "strategyid": 1}}, "strategy_id"),
        ({"options": {"settleTimout": 5}}, "settleTimeout"),
        ({"options": {"gateway_orders": True}}, "gatewayOrders"),
        ({"options": {"gatewayOrders": "yes"}}, "gatewayOrders"),
        ({"options": {"retry": {"attemps": 5}}}, "attempts"),
        ({"options": {"createOrder": {"awaitFill": True}}}, "awaitFills"),
        ({"options": {"account_id": "one"}}, "account_id"),
        ({"options": {"base_url": "oms:8000"}}, "base_url"),
        ({"account_id": 1}, "options"),
        ({"accountid": 1}, "account_id"),
        ({"settleTimeout": 1}, "options"),
        ({"apikey": "k"}, "apiKey"),
        ({"api_key": "k"}, "apiKey"),
        ({"timeout": "10s"}, "timeout"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_a_mistake_is_refused_at_construction(kind: type, config: dict[str, Any], words: str) -> None:
    """With the name that was meant; the account of the environment is not traded on in its stead."""
    with pytest.raises(ccxt.BadRequest, match=words):
        kind(config)


@pytest.mark.parametrize("kind", CLASSES[1:])
def test_a_streams_group_is_checked_too(kind: type) -> None:
    """An unknown name in `options["ws"]` is met at construction, with the nearest one."""
    with pytest.raises(ccxt.BadRequest, match="maxOutage"):
        kind({"options": {"ws": {"maxOutrage": 5}}})


def test_a_bad_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of the environment that makes no sense is told by the variable's name."""
    monkeypatch.setenv("OMS_ACCOUNT_ID", "one")
    with pytest.raises(ccxt.BadRequest, match="OMS_ACCOUNT_ID"):
        oms_ccxt_async.oms()
    assert oms_ccxt_async.oms({"options": {"account_id": 1}}).options["account_id"] == 1


@pytest.mark.parametrize("kind", CLASSES)
def test_what_others_know_is_kept(kind: type, caplog: pytest.LogCaptureFixture) -> None:
    """Options that are nearly none of ours stay, with a warning for those that ccxt does not know either."""
    mine = {"defaultType": "spot", "recvWindow": 5_000, "myOwn": {"a": 1}}
    exchange = kind({"options": mine, "somethingOfMine": 3})
    assert {name: exchange.options[name] for name in mine} == mine
    assert exchange.somethingOfMine == 3
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1
    assert "myOwn" in told[0]


def test_standing_in_has_the_options_of_the_other_class(caplog: pytest.LogCaptureFixture) -> None:
    """They are kept in silence; what is nearly one of ours is refused here, too."""
    binance = stand_in(oms_ccxt_async.oms, "binance", "ccxt.async_support")
    exchange = binance({"options": {"warnOnFetchOpenOrdersWithoutSymbol": False, "myOwn": 1}})
    assert exchange.options["myOwn"] == 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    with pytest.raises(ccxt.BadRequest, match="account_id"):
        binance({"options": {"accountid": 1}})


@pytest.mark.parametrize(
    ("identity", "name"),
    [("apex", "accountId"), ("binance", "watchPositions"), ("okx", "createOrders"), ("gate", "account")],
)
def test_what_the_other_class_reads_is_no_mistake(identity: str, name: str) -> None:
    """An option that ccxt's class, or its pro class, names anywhere is meant for it, though it looks like ours."""
    exchange = stand_in(oms_ccxt_async.oms, identity, "ccxt.async_support")({"options": {name: {"a": 1}}})
    assert exchange.options[name] == {"a": 1}
    assert exchange._settings.account_id == 9


def test_a_session_of_requests_is_left_alone() -> None:
    """A sync program that gives its exchange one is constructed; nothing is sent over it."""
    exchange = stand_in(sync.oms, "binance", "ccxt")({"session": object()})
    assert exchange.session is None


def test_what_is_in_force_can_be_read() -> None:
    """From wherever it came: the config, or the environment, whose numbers are numbers."""
    exchange = oms_ccxt_async.oms({"options": {"account_id": "1"}})
    told = [exchange.options[name] for name in ("account_id", "base_url", "strategy_id")]
    assert told == ["1", "http://127.0.0.1:8", 4]
    assert exchange._settings.account_id == 1


async def test_an_exchange_says_what_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Its repr, and the first line of its log, name the OMS, account, strategy and exchange; never the key."""
    caplog.set_level(logging.INFO)
    async with Sandbox(volatility=0) as sandbox:
        config = sandbox.config(account_id=2)
        config["options"]["strategy_id"] = 1
        async with oms_ccxt_async.oms(config) as exchange:
            words = f"{sandbox.url}, account 2, strategy 1"
            assert repr(exchange) == f"ccxt.async_support.oms({words})"
            await exchange.fetch_open_orders()
            assert repr(exchange) == f"ccxt.async_support.oms({words}, paper)"
            assert config["apiKey"] not in repr(exchange)
    [line] = [record.getMessage() for record in caplog.records if "trading through" in record.getMessage()]
    assert line == f"trading through {words}, paper"


def test_all_that_is_missing_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One error names the key, the account and the address."""
    for name in ("OMS_API_KEY", *ENVIRONMENT.values()):
        monkeypatch.delenv(name)
    with sync.oms() as exchange, pytest.raises(ccxt.AuthenticationError, match=r"OMS_API_KEY.*account_id.*base_url"):
        exchange.fetch_open_orders()
    with sync.oms({"apiKey": "k"}) as exchange, pytest.raises(ccxt.ArgumentsRequired, match=r"account_id.*base_url"):
        exchange.fetch_open_orders()


def test_a_name_is_near_or_it_is_not() -> None:
    """Spelling, case and separators are forgiven in the guess; other words are other words."""
    assert near("Account-ID", NAMES) == "account_id"
    assert near("tickerTTL", NAMES) == "tickerTtl"
    assert [near(name, NAMES) for name in ("defaultType", "accounts", "broker", "timeframes", 7)] == [None] * 5
