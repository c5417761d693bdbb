"""Settings are checked before anything is sent, and an account's facts are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import orjson
import pytest
import yarl
from hypothesis import given
from hypothesis import strategies as st

import oms_ccxt_async
from oms_ccxt_async.errors import answered
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.endpoints import is_missing_endpoint
from oms_ccxt_async.wire.settings import Settings, address, whole
from tests.faults.plan import Reply, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.scripted import Scripted, driving

ENVIRONMENT = ("OMS_BASE_URL", "OMS_API_KEY", "OMS_ACCOUNT_ID", "OMS_STRATEGY_ID")


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


class _Exchange:
    """What `Settings` looks at."""

    isSandboxModeEnabled = False

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.urls: dict[str, Any] = {}


def settings(environ: dict[str, str] | None = None, **options: Any) -> Settings:
    return Settings(_Exchange(**options), environ or {})


# Settings


@pytest.mark.parametrize("value", [1, "1", " 1 ", 2**63 - 1])
def test_account_id(value: Any) -> None:
    """A positive integer, or its digits, is an account id."""
    assert settings(account_id=value).account_id == int(value)


@pytest.mark.parametrize(
    "value", ["abc", 0, -1, "-1", True, False, 1.5, 1.0, "1.0", "1e3", 2**63, 2**70, "9" * 5_000, "\u0663", [1], {}]
)
def test_account_id_that_is_none(value: Any) -> None:
    """Anything else is named as a bad `account_id`."""
    with pytest.raises(ccxt.BadRequest, match=r'options\["account_id"\]'):
        _ = settings(account_id=value).account_id


@pytest.mark.parametrize("value", [None, ""])
def test_account_id_that_is_missing(value: Any) -> None:
    """Without an account id the error says where to set it."""
    with pytest.raises(ccxt.ArgumentsRequired, match="OMS_ACCOUNT_ID"):
        _ = settings(account_id=value).account_id


def test_options_come_before_the_environment() -> None:
    """What the options are silent about is taken from the environment."""
    environ = {"OMS_ACCOUNT_ID": "5", "OMS_STRATEGY_ID": "6", "OMS_BASE_URL": "http://env:1"}
    found = settings(environ)
    assert (found.account_id, found.strategy_id, found.base_url) == (5, 6, "http://env:1")
    found = settings(environ, account_id=1, strategy_id=2, base_url="http://option:1")
    assert (found.account_id, found.strategy_id, found.base_url) == (1, 2, "http://option:1")


def test_changed_options_count_from_the_next_read() -> None:
    """Options may be set after construction, as in ccxt."""
    exchange = _Exchange(account_id=1)
    found = Settings(exchange, {})
    exchange.options["account_id"] = 2
    assert found.account_id == 2


@pytest.mark.parametrize(
    ("params", "strategy"),
    [
        ({}, 9),
        ({"strategy_id": 3}, 3),
        ({"strategyId": "4"}, 4),
        ({"strategy_id": None}, None),
        ({"strategy_id": 0}, 0),
    ],
)
def test_strategy_of_a_call(params: dict[str, Any], strategy: int | None) -> None:
    """`strategy_id` in a call's params overrides the default, is taken out of them, and may be None."""
    params["other"] = 1
    assert settings(strategy_id=9).strategy_of(params) == strategy
    assert params == {"other": 1}


@pytest.mark.parametrize("value", [-1, "x", True, 1.5])
def test_strategy_that_is_none(value: Any) -> None:
    """A bad strategy is named by the place where it stands."""
    with pytest.raises(ccxt.BadRequest, match=r'params\["strategy_id"\]'):
        settings().strategy_of({"strategy_id": value})
    with pytest.raises(ccxt.BadRequest, match=r'options\["strategy_id"\]'):
        _ = settings(strategy_id=value).strategy_id


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://oms:8000", "http://oms:8000"),
        ("https://oms.desk.example/", "https://oms.desk.example"),
        ("http://10.0.0.1", "http://10.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://gate/oms/v1//", "http://gate/oms/v1"),
    ],
)
def test_base_url(value: str, url: str) -> None:
    """An http(s) address, with a path if need be, loses the slash at its end."""
    assert settings(base_url=value).base_url == url


BAD_URLS = [
    "oms:8000", "oms", "//oms:8000", "ftp://x", "file:///etc/passwd", "http://", "http://:8000", "http://oms:0",
    "http://oms:99999", "http://oms:port", "http://user:pass@oms", "http://user@oms", "http://:@oms", "http://oms?a=1",
    "http://oms?", "http://oms#x", "http://oms#", "http://o ms", "http://oms/a b", "http://oms\r\nX: y", "http://oms\n",
    "http://öms", "http://[::1", "http://oms\\x", {"rest": "http://oms"}, 5,
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_URLS)
def test_base_url_that_is_none(value: Any) -> None:
    """Anything that is not a plain http(s) address is refused, and credentials are not repeated."""
    with pytest.raises(ccxt.BadRequest, match=r'options\["base_url"\]') as raised:
        _ = settings(base_url=value).base_url
    assert "pass" not in str(raised.value)


@given(st.text() | st.from_regex(r"https?://[^/]{1,20}(/.*)?", fullmatch=True))
def test_accepted_base_url_can_be_sent_to(value: str) -> None:
    """Whatever is accepted makes a request address with the path where it belongs."""
    try:
        url = address(value)
    except ccxt.BadRequest:
        return
    target = yarl.URL(url + "/oms/deals?x=1", encoded=True)
    assert target.scheme in ("http", "https")
    assert target.raw_host
    assert target.raw_path_qs.endswith("/oms/deals?x=1")
    assert target.user is None


def test_base_url_of_sandbox_mode() -> None:
    """In sandbox mode only `urls["test"]` counts, so that a test order never meets the live OMS."""
    exchange = _Exchange(base_url="http://live")
    exchange.isSandboxModeEnabled = True
    exchange.urls["test"] = "http://test"
    assert Settings(exchange, {"OMS_BASE_URL": "http://live"}).base_url == "http://test"
    exchange.urls["test"] = None
    with pytest.raises(ccxt.ArgumentsRequired):
        _ = Settings(exchange, {"OMS_BASE_URL": "http://live"}).base_url


@given(st.integers())
def test_whole_number(value: int) -> None:
    """Integers between the least and 2**63 - 1 pass, in both forms; no other does."""
    for form in (value, str(value)):
        try:
            assert whole(form, "x", least=1) == value
        except ccxt.BadRequest:
            assert not 1 <= value < 2**63


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"apiKey": None}, ccxt.AuthenticationError),
        ({"apiKey": ""}, ccxt.AuthenticationError),
        ({"account_id": None}, ccxt.ArgumentsRequired),
        ({"account_id": "abc"}, ccxt.BadRequest),
        ({"account_id": 0}, ccxt.BadRequest),
        ({"base_url": None}, ccxt.ArgumentsRequired),
        ({"base_url": "oms:8000"}, ccxt.BadRequest),
    ],
)
@pytest.mark.parametrize("method", ["fetch_open_orders", "fetch_balance", "load_markets", "fetch_accounts"])
async def test_bad_setting_is_met_before_anything_is_sent(
    change: dict[str, Any], error: type[Exception], method: str
) -> None:
    """A server that counts connections sees none."""
    async with Scripted() as server:
        good = {"apiKey": "k", "account_id": 1, "base_url": server.url} | change
        exchange = oms_ccxt_async.oms({"apiKey": good.pop("apiKey"), "options": good})
        with pytest.raises(error):
            await getattr(exchange, method)()
        await exchange.close()
        assert server.connections == 0


# Facts


@asynccontextmanager
async def watched(**sandbox: Any) -> AsyncIterator[tuple[FaultProxy, Account, Sandbox]]:
    """An account of a real OMS, seen through a proxy that counts requests."""
    async with Sandbox(volatility=0, **sandbox) as oms:
        host, port = oms.url.removeprefix("http://").split(":")
        async with (
            FaultProxy((host, int(port))) as proxy,
            driving(proxy.url, apiKey=oms.keys["trader"], options={"account_id": 1}) as (exchange, transport),
        ):
            exchange.options["base_url"] = proxy.url
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
    assert found[0].row["account_id"] == 1


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


async def test_accounts_strategies_and_health() -> None:
    """The plain lists are what the OMS answers."""
    async with watched() as (_, account, _):
        assert [row["account_id"] for row in await account.rows()] == [1, 2, 3]
        assert [row["name"] for row in await account.strategies()] == ["alpha", "beta"]
        assert (await account.health())["status"] == "ok"


@pytest.mark.parametrize(
    ("status", "detail", "missing"),
    [
        (404, "Not Found", True),
        (405, "Method Not Allowed", True),
        (404, {"code": "order_not_found"}, False),
        (404, None, False),
        (400, "Not Found", False),
    ],
)
def test_missing_endpoint(status: int, detail: Any, missing: bool) -> None:
    """Only a 404 or 405 in FastAPI's words says that there is no such path (fact 1)."""
    assert is_missing_endpoint(answered(status, detail, asked="x")) is missing
