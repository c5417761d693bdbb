"""What a program finds on the exchange that it has constructed, and what a copy of it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest
from ccxt.base.types import Entry

from oms_ccxt_async import register, unregister
from oms_ccxt_async.dropin.meaning import real
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.dropin.conftest import IDS, MODULES, Bot

pytestmark = pytest.mark.usefixtures("standing_in")

COPIES: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda exchange: pickle.loads(pickle.dumps(exchange)),
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("identity", IDS)
def test_the_defaults_are_there_to_read(module: Any, identity: str) -> None:
    """Options, addresses, hostname, version, countries and exceptions are those of ccxt's class, and every program has
    its own copy of them."""
    theirs = real(module.__name__, identity)
    exchange = getattr(module, identity)()
    laid_over = {"createMarketBuyOrderRequiresPrice", "createMarketSellOrderRequiresPrice"}
    assert exchange.options.keys() >= theirs.options.keys()
    for name in theirs.options.keys() - laid_over:
        assert exchange.options[name] == theirs.options[name], name
    for name in ("urls", "hostname", "version", "countries", "exceptions"):
        assert getattr(exchange, name) == getattr(theirs, name), name
    exchange.urls["api"] = None
    exchange.options["networks"] = None
    assert getattr(module, identity)().urls == theirs.urls


@pytest.mark.parametrize("module", MODULES)
async def test_what_ccxt_keeps_under_the_names_of_our_options(proxy: FaultProxy, module: Any) -> None:
    """What ccxt's classes have in their options beside ours, or under the same name, is not in the way."""
    options = {"fetchPositions": "positionRisk", "createOrder": {"method": "x", "readBack": False}, "ws": {"gunzip": 1}}
    async with Bot(module.binance({"options": options})) as bot:
        assert await bot.call("fetch_positions") == []
        assert bot.exchange._settings.options.createOrder.readBack is False
        assert bot.exchange._settings.options.createOrder.awaitFills is True


@pytest.mark.parametrize("module", MODULES)
def test_what_the_class_computes(module: Any) -> None:
    """Methods that only compute are those of ccxt's class, in both spellings."""
    exchange = module.binance({"options": {"defaultSubType": "inverse"}})
    assert exchange.parse_order_status("PARTIALLY_FILLED") == exchange.parseOrderStatus("NEW") == "open"
    assert exchange.is_inverse("swap", "inverse")
    assert not exchange.isLinear("swap", "inverse")


@pytest.mark.parametrize("module", MODULES)
def test_names_that_are_not_there(module: Any) -> None:
    """Of the public names that ccxt's class has, all are there but for what belongs to its own sockets, as `hasattr`
    says; an error says where to look."""
    theirs, exchange = real(module.__name__, "binance"), module.binance()
    endpoints = {
        name.lower() for home in type(theirs).__mro__ for name, value in vars(home).items() if isinstance(value, Entry)
    }
    names = [name for name in dir(theirs) if not name.startswith("_") and name.lower() not in endpoints]
    missing = [name for name in names if not hasattr(exchange, name)]
    assert len(missing) <= (104 if module is ccxt.pro else 0)
    assert not [name for name in missing if not callable(getattr(theirs, name))]
    assert not [name for name in missing if name.startswith(("parse", "is_", "create_order_w", "fetch_order_t"))]
    assert not hasattr(exchange, "_nothing")
    with pytest.raises(AttributeError, match=r"stands in for binance and has no 'keep_alive_listen_keys' .*drop_in"):
        exchange.keep_alive_listen_keys()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("identity", ["oms", "binance"])
async def test_copies(proxy: FaultProxy, module: Any, how: str, identity: str) -> None:
    """A copy of an exchange that is in use has its settings, key and markets, but no session, no stream and none of its
    orders under way; both work, each for itself."""
    if identity == "oms":
        register()
    try:
        async with Bot(getattr(module, identity)({"options": {"strategy_id": 1}, "timeout": 9_000})) as bot:
            await bot.call("create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000, {"clientOrderId": "first"})
            async with Bot(COPIES[how](bot.exchange)) as other:
                assert type(other.exchange) is type(bot.exchange)
                assert (other.exchange.options["strategy_id"], other.exchange.timeout) == (1, 9_000)
                assert other.exchange.apiKey == bot.exchange.apiKey
                assert other.exchange.markets == bot.exchange.markets
                assert other.exchange.markets
                assert vars(other.exchange).get("session") is None
                assert (other.exchange._rooms, other.exchange._book.unknown) == (None, [])
                assert other.exchange._book is not bot.exchange._book
                other.exchange.options["strategy_id"] = None
                assert bot.exchange.options["strategy_id"] == 1
                assert len(await other.call("fetch_open_orders")) == 1
            assert len(await bot.call("fetch_open_orders")) == 1
    finally:
        if identity == "oms":
            unregister()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("how", COPIES)
async def test_a_copy_points_where_its_original_does(proxy: FaultProxy, module: Any, how: str) -> None:
    """A copy of an exchange on a test network is on it, too, and what is changed on the copy is not on the original."""
    original = module.binance({"sandbox": True})
    async with Bot(COPIES[how](original)) as bot:
        before = proxy.accepted
        with pytest.raises(ccxt.NotSupported, match="points elsewhere"):
            await bot.call("fetch_balance")
        assert proxy.accepted == before
        await bot.call("set_sandbox_mode", False)
        await bot.call("fetch_balance")
    assert original.isSandboxModeEnabled
