"""Standing in for another exchange: who a program is, what it is told, and what nobody is told."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async import register, unregister
from oms_ccxt_async.dropin.standin import CONFIG, read_accounts
from oms_ccxt_async.exchange.capabilities import of_exchange
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.proxy import FaultProxy

MODULES = [ccxt, ccxt.async_support, ccxt.pro]
CREDENTIALS = {"apiKey": "binance-key", "secret": "binance-secret", "password": "p4ss", "uid": "u1d"}
ACCOUNTS = """
base_url = "http://oms:8000"
api_key = "desk"

[[account]]
as = "binance"
account_id = 1

[[account]]
as = "binance"
account_id = 2
strategy_id = 7
api_key = "other desk"
when = { apiKey = "second-key" }

[[account]]
as = "binance"
account_id = 3
when = { apiKey = "second-key", subaccount = "hedge" }

[[account]]
as = "kraken"
account_id = 4
when = { apiKey = "kraken-key" }
"""


@pytest.fixture(autouse=True)
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ours stands in for binance and kraken, with no settings but a test's own."""
    for name in ("OMS_BASE_URL", "OMS_API_KEY", "OMS_ACCOUNT_ID", "OMS_STRATEGY_ID", CONFIG):
        monkeypatch.delenv(name, raising=False)
    for identity in ("binance", "kraken"):
        register(identity)
    yield
    for identity in ("binance", "kraken"):
        unregister(identity)


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of accounts, and the environment names it."""
    path = tmp_path / "accounts.toml"
    path.write_text(ACCOUNTS)
    monkeypatch.setenv(CONFIG, str(path))
    return path


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FaultProxy]:
    """An OMS whose accounts are on binance, named by the environment, and the proxy before it, which records."""
    async with Sandbox(exchange="binance", volatility=0) as sandbox:
        parts = urlsplit(sandbox.url)
        async with FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy:
            settings = {"BASE_URL": proxy.url, "API_KEY": sandbox.keys["trader"], "ACCOUNT_ID": "2"}
            for name, value in settings.items():
                monkeypatch.setenv(f"OMS_{name}", value)
            yield proxy


async def done(result: Any) -> Any:
    """What a method answers, of whatever kind its class is."""
    return await result if inspect.isawaitable(result) else result


@pytest.mark.parametrize("module", MODULES)
async def test_a_program_trades_through_the_oms(proxy: FaultProxy, module: Any) -> None:
    """A program that says `ccxt.binance({...})` gets the OMS account, and nothing that it told of binance leaves."""
    config = {
        **CREDENTIALS,
        "headers": {"X-MBX-APIKEY": "binance-key"},
        "httpProxy": "http://127.0.0.1:9",
        "urls": {"api": {"public": "https://binance-secret.invalid"}},
        "options": {"defaultType": "spot"},
    }

    def program() -> Any:
        exchange = module.binance(config)
        order = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        return exchange, order

    exchange, order = program() if module is not ccxt else await asyncio.to_thread(program)
    order = await done(order)
    try:
        assert (exchange.id, exchange.name, exchange.options["defaultType"]) == ("binance", "Binance", "spot")
        assert order["id"].isdigit()
        assert b"send_order" in proxy.requests[-1].body or b"send_order" in proxy.requests[-2].body
        for request in proxy.requests:
            told = str((request.path, request.query, request.headers, request.body))
            assert not any(secret in told for secret in CREDENTIALS.values())
    finally:
        closed = exchange.close if module is not ccxt else lambda: asyncio.to_thread(exchange.close)
        await closed()


@pytest.mark.parametrize("module", MODULES)
async def test_a_program_speaks_binance(proxy: FaultProxy, module: Any) -> None:
    """Its words for types, times in force and ids are binance's; what an OMS cannot do is refused and not sent."""
    exchange = module.binance({"options": {"defaultType": "spot"}})

    async def call(name: str, *arguments: Any) -> Any:
        method = getattr(exchange, name)
        return await (asyncio.to_thread(method, *arguments) if module is ccxt else method(*arguments))

    def commands() -> int:
        return sum(b"send_order" in request.body for request in proxy.requests)

    buy = ("BTC/USDT", "LIMIT_MAKER", "buy", 0.1 + 0.2, 40_000.001)
    try:
        order = await call("create_order", *buy, {"newClientOrderId": "bot-1", "timeInForce": "GTX"})
        assert (order["type"], order["postOnly"], order["clientOrderId"]) == ("limit", True, "bot-1")
        assert (order["amount"], order["price"]) == (0.3, 40_000)
        found = await call("fetch_order", "bot-1", "BTC/USDT", {"origClientOrderId": "bot-1"})
        assert found["id"] == order["id"]
        assert commands() == 1
        for params in ({"quoteOrderQty": 50}, {"closePosition": "true", "stopPrice": 50_000}, {"leverage": 5}):
            with pytest.raises(ccxt.NotSupported):
                await call("create_order", "BTC/USDT", "market", "buy", 0.01, None, params)
        assert (await call("create_order", *buy, {"test": True}))["id"] is None
        assert commands() == 1
    finally:
        await call("close")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("identity", "said"),
    [("binance", []), ("kraken", ["oms stands in for kraken, but account 2, and so this program, trades on binance"])],
)
async def test_an_account_on_another_exchange(
    proxy: FaultProxy, module: Any, identity: str, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A program whose account does not trade where it means to trade is told so, once."""

    def program() -> Any:
        exchange = getattr(module, identity)()
        return exchange, exchange.load_markets()

    exchange, loading = program() if module is not ccxt else await asyncio.to_thread(program)
    await done(loading)
    for method in (exchange.close, exchange.load_markets, exchange.close):
        await done(method() if module is not ccxt else await asyncio.to_thread(method))
    assert caplog.messages == said


@pytest.mark.parametrize("module", MODULES)
def test_it_is_what_it_stands_in_for(module: Any) -> None:
    """Before anything is asked, id, name, timeframes, fees, precision mode and market features are the exchange's."""
    real = of_exchange("kraken")
    exchange = module.kraken()
    assert real is not None
    assert (exchange.id, exchange.name, type(exchange).__name__) == ("kraken", real["name"], "kraken")
    for name in ("timeframes", "fees", "precisionMode", "paddingMode"):
        assert getattr(exchange, name) == real[name]
    assert exchange.features["spot"]["fetchOHLCV"] == real["features"]["spot"]["fetchOHLCV"]
    assert {name: exchange.has[name] for name in real["has"]} == real["has"]
    assert exchange.has["createOrder"] is True


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("valued", "told"), [({}, True), ({"valued": None}, True), ({"valued": False}, False)])
async def test_positions_are_valued(proxy: FaultProxy, module: Any, valued: dict[str, Any], told: bool) -> None:
    """A program gets positions as from its exchange, with mark price, profit and leverage, unless it wants less."""

    async def position(exchange: Any) -> Any:
        call = asyncio.to_thread if module is ccxt else lambda function, *args: function(*args)
        await call(exchange.create_order, "BTC/USDT:USDT", "market", "buy", 0.01)
        held = await call(exchange.fetch_positions, ["BTC/USDT:USDT"])
        await call(exchange.close_position, "BTC/USDT:USDT")
        await call(exchange.close)
        return held

    [held] = await position(module.binance({"options": {"fetchPositions": valued}}))
    assert held["contracts"] == 0.01
    for name in ("markPrice", "unrealizedPnl", "leverage", "notional", "initialMargin", "marginMode"):
        assert (held[name] is not None) is told


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("config", "account_id", "key"),
    [
        ({}, 1, "desk"),
        ({"apiKey": "first-key", "secret": "s"}, 1, "desk"),
        ({"apiKey": "second-key"}, 2, "other desk"),
        ({"apiKey": "second-key", "subaccount": "hedge"}, 3, "desk"),
        ({"apiKey": "second-key", "options": {"subaccount": "hedge"}}, 3, "desk"),
    ],
)
def test_accounts_are_told_apart(
    accounts: Path, module: Any, config: dict[str, Any], account_id: int, key: str
) -> None:
    """Of the accounts that fit what the program gives, the one that asks for most is its account."""
    exchange = module.binance(config)
    assert exchange.options["account_id"] == account_id
    assert exchange.options["base_url"] == "http://oms:8000"
    assert exchange.options["strategy_id"] == (7 if account_id == 2 else None)
    assert exchange.apiKey == key
    assert "secret" not in config or exchange.secret != "s"


@pytest.mark.parametrize("module", MODULES)
def test_a_key_that_is_set_later(accounts: Path, module: Any) -> None:
    """Setting `apiKey` on the exchange chooses the account as the config does, and it is not the key that is used."""
    exchange = module.binance()
    exchange.apiKey = "second-key"
    assert (exchange.options["account_id"], exchange.apiKey) == (2, "other desk")
    with pytest.raises(ccxt.AuthenticationError, match="no account stands in for kraken"):
        module.kraken().apiKey = "unknown"


def test_credentials_that_fit_no_account(accounts: Path) -> None:
    """A program that is none of those in the file is refused; one that only looks at the class is not."""
    with pytest.raises(ccxt.AuthenticationError, match="no account stands in for kraken with this apiKey"):
        ccxt.kraken({"apiKey": "unknown", "secret": "s"})
    assert ccxt.kraken().has["fetchOHLCV"]


async def test_the_exchanges_sandbox_is_not_forgotten() -> None:
    """A program that wants the exchange's sandbox does not get the OMS account instead."""
    with pytest.raises(ccxt.NotSupported, match="sandbox"):
        ccxt.async_support.binance({"sandbox": True})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "Expected '='"),
        ("[[account]]\naccount_id = 1", "needs as"),
        ("[[account]]\nas = 'binance'", "needs as"),
        ("[[account]]\nas = 'binance'\naccount_id = '1'", "account_id = '1'"),
        ("[[account]]\nas = 'binance'\naccount_id = 1\naccount = 2", "account = 2"),
        ("colour = 'red'\n[[account]]\nas = 'binance'\naccount_id = 1", "colour = 'red'"),
        ("[[account]]\nas = 'x'\naccount_id = 1\n[[account]]\nas = 'x'\naccount_id = 2", "tells them apart"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, said: str) -> None:
    """What cannot be meant is refused, and the file is named."""
    path = tmp_path / "accounts.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        read_accounts(str(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ValueError, match=r"accounts\.toml"):
        read_accounts(str(tmp_path / "accounts.toml"))
