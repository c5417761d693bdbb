"""The sync exchange: the async one's methods and state, for threads."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import pickle
import threading
import traceback
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ccxt
import ccxt.async_support
import pytest
import requests
from ccxt.base.types import Entry

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_async.orders.calls import Receipts
from tests.faults.desk import LIMIT
from tests.faults.plan import Delay, Late
from tests.oms_ccxt_async.elsewhere import Elsewhere, soon

# The three classes


def is_asynchronous(method: Any) -> bool:
    """Whether a method returns something to await."""
    return asyncio.iscoroutinefunction(method) or inspect.iscoroutinefunction(method)


def methods(cls: type) -> dict[str, Any]:
    """A class's public methods by their snake_case names, ccxt's own included."""
    found = inspect.getmembers(cls, inspect.isfunction)
    return {name: method for name, method in found if name[0] != "_" and name.islower()}


def parameters(method: Any) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults; of a dict only that it is one, because ccxt's own helpers write into theirs."""
    found = inspect.signature(method).parameters.values()
    return [(each.name, each.kind, {} if isinstance(each.default, dict) else each.default) for each in found]


INTERNAL = {"close_connector", "close_proxy_sessions", "close_ws_clients", "load_markets_helper", "load_order_book"}
"""What ccxt's async base class has for itself, and its sync one has not."""


def test_every_coroutine_is_there_under_the_same_words() -> None:
    """Names, parameters, defaults and docstrings of the async, pro and sync classes agree; a watch takes a timeout."""
    asynchronous, pro, blocking = methods(oms_ccxt_async.oms), methods(oms_ccxt_pro.oms), methods(sync.oms)
    coroutines = {name for name, method in pro.items() if is_asynchronous(method)} - INTERNAL
    assert len(coroutines) > 250
    assert coroutines - set(blocking) == set()
    for name in coroutines:
        expected = parameters(pro[name])
        if name in asynchronous and "oms_ccxt" in asynchronous[name].__module__:
            assert parameters(asynchronous[name]) == expected, name
        if name.startswith("watch_") and "oms_ccxt" in pro[name].__module__:
            expected.append(("timeout", inspect.Parameter.KEYWORD_ONLY, None))
        assert parameters(blocking[name]) == expected, name
        assert not is_asynchronous(blocking[name]), name
        if name != "close":  # which says what becomes of the thread
            assert inspect.getdoc(blocking[name]) == inspect.getdoc(pro[name]), name


def test_plain_methods_are_there_under_the_same_words() -> None:
    """What our classes have besides coroutines is the same method, too."""
    for home in oms_ccxt_pro.oms.__mro__:
        for name, method in vars(home).items():
            ours = home.__module__.startswith("oms_ccxt") and inspect.isfunction(method) and name.islower()
            if not ours or name[0] == "_" or name == "open" or is_asynchronous(method):
                continue
            theirs, mine = getattr(oms_ccxt_pro.oms, name), getattr(sync.oms, name)
            assert parameters(mine) == parameters(theirs), name
            if name != "recovered_orders":  # it looks them up at once, where the async one has to be awaited for that
                assert inspect.getdoc(mine) == inspect.getdoc(theirs), name


def test_every_thread_has_an_exception_of_its_own(full: Elsewhere) -> None:
    """What the loop raises twice is told as two, so that no thread writes into another's traceback."""
    shared = ccxt.NetworkError("down")

    async def down() -> None:
        raise shared

    with full.exchange() as exchange:
        told = []
        for _ in range(2):
            with pytest.raises(ccxt.NetworkError, match="down") as caught:
                exchange._call(Receipts(), down)
            told.append(caught.value)
    assert len({id(error) for error in (shared, *told)}) == 3


def test_every_endpoint_is_there() -> None:
    """The implicit methods exist in both spellings."""
    for name in dir(oms_ccxt_pro.oms):
        if isinstance(inspect.getattr_static(oms_ccxt_pro.oms, name), Entry):
            assert isinstance(inspect.getattr_static(sync.oms, name), Entry), name


def test_both_spellings_are_one_method() -> None:
    """camelCase is the same function as snake_case, on the class and on a subclass that overrides it."""

    class Mine(sync.oms):
        def fetch_ohlcv(self, *_: Any) -> str:
            return "mine"

    assert sync.oms.fetchOrder is sync.oms.fetch_order
    assert sync.oms.createLimitBuyOrder is sync.oms.create_limit_buy_order
    assert Mine().fetchOHLCV() == "mine"


# An exchange of ccxt's


def test_is_a_ccxt_exchange() -> None:
    """It can be made without arguments and says what the pro class says; nothing is begun for that."""
    exchange, twin = sync.oms(), oms_ccxt_pro.oms()
    assert isinstance(exchange, ccxt.Exchange)
    assert not isinstance(exchange, ccxt.async_support.Exchange)
    assert (exchange.id, repr(exchange), str(exchange)) == ("oms", "ccxt.oms()", "OMS")
    for name in ("has", "timeframes", "options", "features", "precisionMode", "requiredCredentials", "urls"):
        assert getattr(exchange, name) == getattr(twin, name), name
    assert exchange.describe() == twin.describe()
    assert exchange.session is None
    assert [thread for thread in threading.enumerate() if thread.name == "oms-sync"] == []


def test_config_is_merged_as_ccxt_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Config goes over the description, unknown keys become attributes, and the environment is heard."""
    monkeypatch.setenv("OMS_API_KEY", "from-the-environment")
    exchange = sync.oms({"options": {"account_id": 7}, "exchange_id": "oms", "secret": None, "timeout": 1234})
    assert exchange.apiKey == "from-the-environment"
    assert (exchange.options["account_id"], exchange.exchange_id, exchange.exchangeId) == (7, "oms", "oms")
    assert exchange.timeout == 1234
    assert exchange.options["createMarketBuyOrderRequiresPrice"] is False


def test_a_subclass_describes_itself() -> None:
    """`describe()` of a subclass is what the exchange is made of."""

    class Mine(sync.oms):
        def describe(self) -> Any:
            return self.deep_extend(super().describe(), {"id": "mine", "options": {"account_id": 5}})

    exchange = Mine({"options": {"strategy_id": 2}})
    assert (exchange.id, exchange.options["account_id"], exchange.options["strategy_id"]) == ("mine", 5, 2)


def test_sandbox_mode() -> None:
    """`set_sandbox_mode(True)` without `urls["test"]` is refused and changes nothing."""
    exchange = sync.oms()
    with pytest.raises(ccxt.NotSupported, match="urls"):
        exchange.set_sandbox_mode(True)
    assert not exchange.isSandboxModeEnabled


def test_a_session_of_the_users_is_refused() -> None:
    """A session of requests, which cannot carry anything here, is refused rather than silently left aside."""
    with requests.Session() as session:
        with pytest.raises(ccxt.NotSupported, match="session"):
            sync.oms({"session": session})
        exchange = sync.oms({"session": None})
        with pytest.raises(ccxt.NotSupported, match="session"):
            exchange.session = session
    exchange.session = None


def test_settings_count_from_the_next_call_on(full: Elsewhere) -> None:
    """What is set on the exchange, or shared with an async one, is what requests go out with."""
    with sync.oms() as exchange:
        with pytest.raises(ccxt.AuthenticationError):
            exchange.fetch_open_orders()
        config = full.config()
        exchange.apiKey = config["apiKey"]
        other = oms_ccxt_async.oms(config)
        exchange.options = other.options  # as freqtrade does
        exchange.headers["x-mark"] = "marked"
        assert exchange.fetch_open_orders() == []
        assert full.desk.proxy.requests[-1].headers["x-mark"] == "marked"
        other.options["account_id"] = 999
        with pytest.raises(ccxt.AccountNotEnabled):
            exchange.fetch_open_orders()


def test_markets_are_shared_as_ccxt_shares_them(full: Elsewhere) -> None:
    """`set_markets_from_exchange` and the pure methods of ccxt's base class work on the same markets."""
    with full.exchange() as exchange, full.exchange() as other:
        assert exchange.markets is None
        markets = other.load_markets()
        exchange.set_markets_from_exchange(other)
        assert exchange.markets is other.markets
        assert markets == exchange.load_markets()
        assert exchange.symbols == other.symbols
        assert exchange.amount_to_precision("BTC/USDT", 0.123456789) == "0.123456"
        fee = exchange.calculate_fee("BTC/USDT", "limit", "buy", 1, 100)
        assert fee["currency"] == "USDT"
        asked = len(full.desk.proxy.requests)
        exchange.create_order(*LIMIT)
        assert not [each for each in full.desk.proxy.requests[asked:] if "fetch_markets" in each.path]


# Trading


def test_trades(oms: Elsewhere) -> None:
    """Create, read, edit, cancel, in ccxt's spellings and through ccxt's helpers, are one order at the OMS."""
    with oms.exchange(account_id=2) as exchange:
        order = exchange.create_order("BTC/USDT", "limit", "buy", "0.01", "40000")
        assert exchange.fetchOrder(order["id"])["status"] == "open"
        assert exchange.fetch_order_status(order["id"]) == "open"
        assert exchange.edit_order(order["id"], "BTC/USDT", "limit", "buy", None, 41_000)["price"] == 41_000
        assert exchange.cancel_order(order["id"])["status"] == "canceled"
        helped = exchange.create_limit_buy_order("BTC/USDT", 0.01, 40_000)
        assert [each["id"] for each in exchange.omsGetOrdersOpen()["items"]] == [int(helped["id"])]
        assert [each["id"] for each in exchange.cancel_all_orders()] == [helped["id"]]
        assert exchange.fetch_balance(None)["total"]["USDT"] > 0
        assert len(exchange.fetch_order_book("BTC/USDT", limit=2)["bids"]) == 2
        assert exchange.create_order_ws(*LIMIT)["status"] == "open"
        exchange.cancel_all_orders_ws()


def test_errors_are_those_of_the_async_class(oms: Elsewhere) -> None:
    """Class, words and attributes are the same; the traceback is the user's line and two of ours."""

    async def asynchronous() -> ccxt.BaseError:
        async with oms_ccxt_async.oms(oms.config()) as exchange:
            with pytest.raises(ccxt.BaseError) as raised:
                await exchange.cancel_order("9999")
            return raised.value

    with oms.exchange() as exchange:
        with pytest.raises(ccxt.OrderNotFound) as raised:
            exchange.cancel_order("9999")
        error, theirs = raised.value, asyncio.run(asynchronous())
        assert type(error) is type(theirs)
        assert str(error) == str(theirs)
        assert vars(error) == vars(theirs)
        frames = traceback.extract_tb(error.__traceback__)
        assert [frame.filename.rpartition("/")[2] for frame in frames] == ["test_facade.py", "blocking.py", "facade.py"]


def test_a_cause_is_told_in_a_line() -> None:
    """What an error was caused by is there, without the frames of other libraries."""
    with sync.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": "http://127.0.0.1:1"}}) as exchange:
        exchange.options["retry"] = {"attempts": 1}
        with pytest.raises(ccxt.NetworkError) as raised:
            exchange.fetch_open_orders()
    shown = "".join(traceback.format_exception(raised.value))
    assert "ClientConnectorError" in shown
    assert "aiohttp/" not in shown


def test_an_unknown_outcome_is_resolved_without_await(legacy: Elsewhere) -> None:
    """`OrderOutcomeUnknown` is the async class's, and its `resolve()` returns the order once the OMS has it."""
    with legacy.exchange() as exchange:
        exchange.load_markets()
        arrive = legacy.do(asyncio.Event)
        legacy.do(legacy.desk.lose, Late(arrive))
        with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown) as raised:
            exchange.create_order(*LIMIT)
        error = raised.value
        assert exchange.unknown_orders() == [error.client_order_id]
        copied = pickle.loads(pickle.dumps(error))
        assert type(copied) is oms_ccxt_async.OrderOutcomeUnknown
        assert copied.client_order_id == error.client_order_id
        before = len(legacy.orders())
        legacy.do(arrive.set)
        soon(lambda: len(legacy.orders()) > before)
        order: Any = error.resolve()
        assert order["clientOrderId"] == error.client_order_id
        assert exchange.unknown_orders() == []


def test_threads_never_get_each_others_answers(oms: Elsewhere) -> None:
    """Eight threads that create, read and cancel through one instance each see their own orders."""
    with oms.exchange() as exchange:
        before = len(oms.orders())

        def trade(thread: int) -> None:
            for turn in range(5):
                key = f"thread-{thread}-{turn}-{oms.desk.profile}"
                amount = (10 + thread) / 1000
                order = exchange.create_order("BTC/USDT", "limit", "buy", amount, 40_000, {"clientOrderId": key})
                found = exchange.fetch_order(order["id"])
                assert (found["id"], found["clientOrderId"], found["amount"]) == (order["id"], key, amount)
                assert exchange.fetch_order(None, None, {"clientOrderId": key})["id"] == order["id"]
                with pytest.raises(ccxt.OrderNotFound, match=str(9_000 + thread)):
                    exchange.fetch_order(str(9_000 + thread))
                assert exchange.cancel_order(order["id"])["id"] == order["id"]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(trade, range(8)))
        assert len(oms.orders()) == before + 40


async def test_works_inside_a_running_loop(full: Elsewhere) -> None:
    """Code inside a coroutine, as in a notebook, can call it, and the coroutine's own loop is left alone."""
    with full.exchange() as exchange:
        assert exchange.fetch_balance()["total"]
        with pytest.raises(ccxt.RequestTimeout):
            exchange.watch_orders(timeout=0.05)
        assert await asyncio.to_thread(exchange.fetch_open_orders) == exchange.fetch_open_orders()
    assert asyncio.get_running_loop().is_running()


# Proxies


@pytest.mark.parametrize("scheme", ["http", "all"])
def test_proxies_are_those_of_requests(full: Elsewhere, scheme: str) -> None:
    """`proxies`, as ccxt's sync classes take them, is the way that requests go; two kinds of settings are refused."""
    dead = {"proxies": {scheme: "http://127.0.0.1:1"}}
    with sync.oms({**full.config(retry={"attempts": 1}), **dead}) as exchange:
        with pytest.raises(ccxt.NetworkError):
            exchange.fetch_balance()
        exchange.httpProxy = "http://127.0.0.1:2"
        with pytest.raises(ccxt.InvalidProxySettings):
            exchange.fetch_balance()
        exchange.httpProxy = exchange.proxies = None
        assert exchange.fetch_balance()


def test_the_environments_proxies_are_opt_in(full: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY counts with `requests_trust_env`, as in ccxt's sync classes, and only with it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with full.exchange() as exchange:
        assert exchange.fetch_balance()
    config = {**full.config(retry={"attempts": 1}), "requests_trust_env": True}
    with sync.oms(config) as exchange, pytest.raises(ccxt.NetworkError):
        exchange.fetch_balance()


# Life


def test_an_exchange_that_is_dropped_ends_its_loop(full: Elsewhere) -> None:
    """Without close(), the thread and the sockets go with the last reference, and nothing is said."""
    exchange = full.exchange()
    exchange.fetch_balance()
    session = exchange.session
    gone = weakref.ref(exchange)
    del exchange
    gc.collect()
    assert gone() is None
    soon(lambda: not [thread for thread in threading.enumerate() if thread.name == "oms-sync"])
    assert session.closed


def test_close_lets_orders_under_way_come_to_their_end(full: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    """close() from one thread while another creates: the order's outcome is known when close() returns."""
    exchange = full.exchange()
    exchange.load_markets()
    go = full.do(asyncio.Event)
    held = full.do(full.desk.lose, Delay("down", go))
    before = len(full.orders())
    with ThreadPoolExecutor(2) as pool, caplog.at_level(logging.ERROR):
        creating = pool.submit(exchange.create_order, *LIMIT)
        soon(lambda: held.hits)
        closing = pool.submit(exchange.close)
        full.do(go.set)
        closing.result(10)
        assert isinstance(creating.exception(5), ccxt.ExchangeClosedByUser | None)
    assert len(full.orders()) == before + 1
    assert exchange.unknown_orders() == []
    assert caplog.records == []
