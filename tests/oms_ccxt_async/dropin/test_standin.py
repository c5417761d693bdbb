"""Standing in for another exchange: who a program is, what it is told, and what nobody is told."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async.dropin.accounts import CONFIG
from oms_ccxt_async.exchange.capabilities import of_exchange
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.dropin.conftest import MODULES

pytestmark = pytest.mark.usefixtures("standing_in")

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


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of accounts, and the environment names it."""
    path = tmp_path / "accounts.toml"
    path.write_text(ACCOUNTS)
    monkeypatch.setenv(CONFIG, str(path))
    return path


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
        assert {name: getattr(exchange, name) for name in ("secret", "password", "uid")}.items() < CREDENTIALS.items()
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
    assert exchange.secret == config.get("secret")


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
