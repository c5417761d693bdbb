"""The endpoints and methods that a program finds on the exchange that the OMS stands in for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

import oms_ccxt_async
from oms_ccxt_async import register, unregister
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.plan import Reply, on
from tests.faults.proxy import FaultProxy

MODULES = [ccxt, ccxt.async_support, ccxt.pro]
IDENTITIES = ("binance", "binanceusdm", "bybit", "deribit", "kraken")


@pytest.fixture(autouse=True)
def standing_in() -> Iterator[None]:
    for identity in IDENTITIES:
        register(identity)
    yield
    for identity in IDENTITIES:
        unregister(identity)


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[FaultProxy]:
    """An OMS whose accounts are on binance, or on what a test names, and the proxy before it, which records."""
    async with Sandbox(exchange=getattr(request, "param", "binance"), volatility=0) as sandbox:
        parts = urlsplit(sandbox.url)
        async with FaultProxy((str(parts.hostname), int(parts.port or 0))) as proxy:
            settings = {"BASE_URL": proxy.url, "API_KEY": sandbox.keys["trader"], "ACCOUNT_ID": "2"}
            for name, value in settings.items():
                monkeypatch.setenv(f"OMS_{name}", value)
            yield proxy


class Program:
    """Calls of an exchange of whatever module, in its own thread where that waits."""

    def __init__(self, module: Any, identity: str = "binance") -> None:
        self._waits = module is ccxt
        self.exchange = getattr(module, identity)()

    async def __aenter__(self) -> Program:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self("close")

    async def __call__(self, name: str, *args: Any) -> Any:
        if self._waits:
            return await asyncio.to_thread(getattr(self.exchange, name), *args)
        return await getattr(self.exchange, name)(*args)


def asked(proxy: FaultProxy) -> list[str]:
    """The calls of the gateway."""
    return [request.path for request in proxy.requests if request.method == "POST"]


@pytest.mark.parametrize("module", MODULES)
async def test_an_endpoint_that_reads(proxy: FaultProxy, module: Any) -> None:
    """In both spellings, and by `request()`, it is asked of the exchange, which answers in its own words."""
    async with Program(module) as program:
        await program("create_order", "BTC/USDT:USDT", "market", "sell", 0.01)
        proxy.requests.clear()
        [row] = await program("fapiPrivateV2GetPositionRisk", {"symbol": "BTCUSDT"})
        assert (row["symbol"], row["positionAmt"]) == ("BTCUSDT", "-0.01")
        [again] = await program("fapiprivatev2_get_positionrisk")
        assert again["entryPrice"] == row["entryPrice"]
        assert await program("request", "positionRisk", ["fapiPrivateV2"], "GET", {"symbol": "ETHUSDT"}) == []
        assert asked(proxy) == ["/ccxt/2/fapiPrivateV2GetPositionRisk"] * 3
        assert b'"BTCUSDT"' in proxy.requests[0].body
        assert await program("omsGetAccounts")  # the OMS's own are there as ever
        await program("close_position", "BTC/USDT:USDT")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("identity", "name", "params"),
    [
        ("binance", "fapiPrivatePostOrder", {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1}),
        ("binance", "private_post_order", {"symbol": "BTCUSDT"}),
        ("binance", "fapiPrivateDeleteOrder", {"orderId": 1}),
        ("binance", "fapiPrivatePostPositionMargin", {"amount": 1}),
        ("binance", "sapiPostCapitalWithdrawApply", {"amount": 1}),
        ("binance", "fapiPrivatePostListenKey", {}),
        ("binance", "futures_transfer", ("USDT", 1, 1)),
        ("binance", "create_gift_code", ("USDT", 1)),
        ("deribit", "privateGetBuy", {"instrument_name": "BTC-PERPETUAL", "amount": 10}),
        ("kraken", "privatePostAddOrder", {"pair": "XBTUSD"}),
    ],
)
async def test_an_endpoint_that_trades(proxy: FaultProxy, module: Any, identity: str, name: str, params: Any) -> None:
    """It is refused by name, and no order, withdrawal or key request leaves, whichever method it is called by."""
    async with Program(module, identity) as program:
        with pytest.raises(ccxt.NotSupported, match="nothing was sent"):
            await program(name, *(params if isinstance(params, tuple) else (params,)))
        assert set(asked(proxy)) <= {"/ccxt/2/fetch_markets"}
        if not isinstance(params, tuple):
            with pytest.raises(ccxt.NotSupported, match=r"nothing was sent.*orders and money"):
                await program(name, params)
            assert proxy.requests == []


async def test_a_setting_is_asked_again(proxy: FaultProxy) -> None:
    """Leverage is passed on, and after an unclear answer set again, where an order's endpoint would not be."""
    async with Program(ccxt.async_support) as program:
        await program("load_markets")
        good = Reply(200, b'{"ok":true,"result":{"leverage":3}}', forward=False)
        func = on("POST", "/ccxt/2/fapiPrivatePostLeverage")
        proxy.plan(Reply(503, b"busy", "text/plain", forward=False), func)
        proxy.plan(good, func)
        assert await program("fapiPrivatePostLeverage", {"symbol": "BTCUSDT", "leverage": 3}) == {"leverage": 3}
        assert asked(proxy)[-2:] == ["/ccxt/2/fapiPrivatePostLeverage"] * 2


async def test_an_oms_that_does_not_let_it_through(proxy: FaultProxy) -> None:
    """Where the OMS knows no such call, that is NotSupported, in its words."""
    async with Program(ccxt.async_support) as program:
        with pytest.raises(ccxt.NotSupported, match="fapiPrivateGetIncome"):
            await program("fapiPrivateGetIncome")


@pytest.mark.parametrize("identity", ["kraken", "bybit"])
async def test_an_account_on_another_exchange(proxy: FaultProxy, identity: str) -> None:
    """An endpoint that the exchange behind the account does not have is not asked of it; of a relative it is."""
    names = {"kraken": "privatePostBalance", "bybit": "privateGetV5AccountInfo"}
    async with Program(ccxt.async_support, identity) as program:
        with pytest.raises(ccxt.NotSupported, match="trades on binance, which has no such endpoint"):
            await program(names[identity])
        assert asked(proxy) == []
    async with Program(ccxt.async_support, "binanceusdm") as program:
        assert await program("fapiPrivateGetPositionSideDual") == {"dualSidePosition": False}


@pytest.mark.parametrize("proxy", ["bybit"], indirect=True)
@pytest.mark.parametrize("module", MODULES)
async def test_a_method_of_its_class_alone(proxy: FaultProxy, module: Any) -> None:
    """It runs as ccxt wrote it, on what its endpoints answer, and keeps in `options` what it keeps there."""
    async with Program(module, "bybit") as program:
        assert await program("isUnifiedEnabled") == await program("is_unified_enabled") == [False, True]
        assert program.exchange.options["enableUnifiedAccount"] is True
        assert asked(proxy) == ["/ccxt/2/privateGetV5UserQueryApi", "/ccxt/2/privateGetV5AccountInfo"]


@pytest.mark.parametrize("module", MODULES)
def test_what_neither_has(module: Any) -> None:
    """A name of nobody's is an AttributeError, as are the private ones; `oms` itself has nothing of an exchange."""
    exchange = module.binance()
    assert not hasattr(exchange, "fapiPrivateGetNoSuch")
    assert not hasattr(exchange, "__deepcopy__")
    assert not hasattr(exchange, "is_unified_enabled")
    with pytest.raises(AttributeError, match="stands in for binance and has no 'no_such'"):
        exchange.no_such()
    assert callable(exchange.fapiPrivateGetPositionRisk)
    assert not hasattr(oms_ccxt_async.oms(), "fapiPrivateGetPositionRisk")
