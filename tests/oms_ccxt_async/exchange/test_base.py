"""The exchange's life: construction, event loops, closing, settings."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any
from unittest.mock import Mock

import aiohttp
import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async.errors import Fate
from oms_ccxt_async.exchange.rooms import monotonic
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.eventually import eventually
from tests.faults.plan import Delay, on
from tests.faults.proxy import FaultProxy


def test_constructed_without_arguments_and_loop() -> None:
    """An exchange can be made anywhere, only to have its `has` read; frameworks find a literal True there."""
    exchange = oms_ccxt_async.oms()
    required = "createOrder cancelOrder fetchOrder fetchBalance fetchOHLCV fetchL2OrderBook createMarketOrder"
    assert all(exchange.has[name] is True for name in required.split())
    assert exchange.id == "oms"
    assert exchange.timeframes["1m"]
    assert exchange.session is None


def test_config_is_merged_as_ccxt_does() -> None:
    """Config goes over the description, unknown keys become attributes, and the config is left alone."""
    config = {"apiKey": "k", "options": {"account_id": 7}, "exchange_id": "oms", "secret": None, "password": None}
    exchange = oms_ccxt_async.oms(config)
    assert exchange.options["account_id"] == 7
    assert exchange.exchange_id == "oms"
    assert config == {
        "apiKey": "k",
        "options": {"account_id": 7},
        "exchange_id": "oms",
        "secret": None,
        "password": None,
    }


def test_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OMS_API_KEY serves where the config has no key."""
    monkeypatch.setenv("OMS_API_KEY", "from-the-environment")
    assert oms_ccxt_async.oms().apiKey == "from-the-environment"
    assert oms_ccxt_async.oms({"apiKey": "given"}).apiKey == "given"


def test_key_is_not_shown() -> None:
    """Neither repr nor str of an exchange holds its key."""
    exchange = oms_ccxt_async.oms({"apiKey": "canary"})
    assert "canary" not in repr(exchange) + str(exchange)


def test_sandbox_mode_without_a_test_address() -> None:
    """`set_sandbox_mode(True)` without `urls["test"]` is refused and changes nothing; with it the address is used."""
    exchange = oms_ccxt_async.oms({"apiKey": "k", "options": {"base_url": "http://live", "account_id": 1}})
    with pytest.raises(ccxt.NotSupported, match="urls"):
        exchange.set_sandbox_mode(True)
    assert exchange._settings.base_url == "http://live"
    exchange.urls["test"] = "http://test"
    exchange.set_sandbox_mode(True)
    assert exchange._settings.base_url == "http://test"
    exchange.set_sandbox_mode(False)
    assert exchange._settings.base_url == "http://live"
    configured = oms_ccxt_async.oms({"apiKey": "k", "sandbox": True, "urls": {"test": "http://test"}})
    assert configured._settings.base_url == "http://test"


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        ({}, ccxt.AuthenticationError, "apiKey"),
        ({"apiKey": "k"}, ccxt.ArgumentsRequired, "base_url"),
        ({"apiKey": "k", "options": {"base_url": "http://127.0.0.1:9"}}, ccxt.ArgumentsRequired, "account_id"),
        ({"apiKey": "k", "options": {"base_url": "oms:8000", "account_id": 1}}, ccxt.BadRequest, "base_url"),
        (
            {"apiKey": "k", "options": {"base_url": "http://127.0.0.1:9", "account_id": 0}},
            ccxt.BadRequest,
            "account_id",
        ),
        (
            {"apiKey": "k", "options": {"base_url": "http://127.0.0.1:9", "account_id": 1, "settleTimeout": "soon"}},
            ccxt.BadRequest,
            "settleTimeout",
        ),
        (
            {"apiKey": "k", "options": {"base_url": "http://127.0.0.1:9", "account_id": 1, "retry": {"tries": 3}}},
            ccxt.BadRequest,
            "retry",
        ),
    ],
)
async def test_bad_settings_come_out_before_anything_is_sent(config: dict[str, Any], error: type, words: str) -> None:
    """A setting that is wrong is a clear ccxt error at construction, and one that is missing at the first call."""
    if error is ccxt.BadRequest:
        with pytest.raises(error, match=words):
            oms_ccxt_async.oms(config)
    exchange = oms_ccxt_async.oms({**config, "options": {}})
    exchange.options.update(config.get("options", {}))
    with pytest.raises(error, match=words):
        await exchange.fetch_open_orders()
    await exchange.close()


async def test_close_is_idempotent_and_not_final() -> None:
    """Closing twice is fine, and the instance works again afterwards."""
    async with Sandbox(volatility=0) as sandbox:
        exchange = oms_ccxt_async.oms(sandbox.config())
        await exchange.close()
        await exchange.fetch_open_orders()
        await exchange.close()
        await exchange.close()
        assert exchange.session is None
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
        await exchange.close()
        async with exchange:
            assert (await exchange.fetch_order(order["id"]))["id"] == order["id"]


async def test_close_ends_reads_under_way() -> None:
    """A read that close() overtakes ends with `ExchangeClosedByUser`, and nothing is left behind."""
    never = asyncio.Event()
    asked = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        asked.set()
        await never.wait()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    exchange = oms_ccxt_async.oms({"apiKey": "k", "options": {"account_id": 1, "base_url": f"http://{host}:{port}"}})
    reads = [asyncio.create_task(exchange.fetch_open_orders()) for _ in range(3)]
    await asked.wait()
    before = asyncio.get_running_loop().time()
    await exchange.close()
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert asyncio.get_running_loop().time() - before < 1
    assert all(isinstance(outcome, ccxt.ExchangeClosedByUser) for outcome in outcomes), outcomes
    never.set()
    server.close()
    gc.collect()


async def test_a_retry_that_close_wakes_opens_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for another attempt when the exchange is closed ends, and makes no session that nobody would close."""
    options = {"account_id": 1, "base_url": "http://127.0.0.1:9", "retry": {"base": 30_000, "cap": 30_000}}
    exchange = oms_ccxt_async.oms({"apiKey": "k", "timeout": 60_000, "options": options})
    log, opened = Mock(), Mock()
    exchange.logger = log
    read = asyncio.create_task(exchange.fetch_open_orders())
    await eventually(lambda: log.info.call_count == 2)  # both first requests wait
    monkeypatch.setattr(exchange, "open", opened)
    await exchange.close()
    with pytest.raises(ccxt.ExchangeClosedByUser):
        await read
    opened.assert_not_called()


async def test_session_of_the_user_is_used_and_left_open() -> None:
    """A session that the user supplies carries the requests, is not closed, and serves again after close()."""
    async with Sandbox(volatility=0) as sandbox, aiohttp.ClientSession() as session:
        exchange = oms_ccxt_async.oms({**sandbox.config(), "session": session})
        await exchange.fetch_open_orders()
        await exchange.close()
        assert not session.closed
        await exchange.fetch_open_orders()
        await exchange.close()


def test_one_instance_in_two_event_loops() -> None:
    """An instance that was closed in one `asyncio.run` works in the next, and knows its orders' fates there."""
    exchange = oms_ccxt_async.oms()

    async def trade() -> list[str]:
        async with Sandbox(volatility=0) as sandbox:
            config = sandbox.config()
            exchange.apiKey = config["apiKey"]
            exchange.options.update(config["options"])
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
            orders = [order["id"] for order in await exchange.fetch_open_orders()]
            await exchange.close()
            return orders

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(trade()) == ["1"]
        assert asyncio.run(trade()) == ["1"]
        gc.collect()


async def test_capabilities_follow_the_account() -> None:
    """Capabilities are those of the exchange behind the account, with the OMS's own methods over them."""
    async with Sandbox(exchange="binance", volatility=0) as sandbox, oms_ccxt_async.oms(sandbox.config()) as exchange:
        assert exchange.has["fetchFundingRate"] is None
        await exchange.load_markets()
        local = ccxt.binance()
        assert exchange.has["fetchFundingRate"] is local.has["fetchFundingRate"] is True
        assert exchange.timeframes == local.timeframes
        assert exchange.precisionMode == local.precisionMode
        assert exchange.fees == local.fees
        assert exchange.has["editOrder"] is True
        assert exchange.features["spot"]["fetchOHLCV"] == local.features["spot"]["fetchOHLCV"]
        assert exchange.features["spot"]["createOrder"]["attachedStopLossTakeProfit"]
        assert exchange.id == "oms"


async def test_markets_are_loaded_through_hooks_on_the_instance() -> None:
    """A `fetch_markets` that a framework puts on the instance is what load_markets uses."""
    async with Sandbox(volatility=0) as sandbox, oms_ccxt_async.oms(sandbox.config()) as exchange:
        markets = await exchange.fetch_markets()

        async def only_one(params: Any = {}) -> list[dict[str, Any]]:
            return [market for market in markets if market["symbol"] == "ETH/USDT"]

        exchange.fetch_markets = only_one
        assert list(await exchange.load_markets()) == ["ETH/USDT"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_market_that_there_is_not(sandbox: Sandbox) -> None:
    """The error is ours, with its fate, and names the nearest symbol, or what has to come first."""
    async with oms_ccxt_async.oms(sandbox.config()) as exchange:
        with pytest.raises(ccxt.ExchangeError, match="load_markets") as early:
            exchange.market("BTC/USDT")
        await exchange.load_markets()
        with pytest.raises(ccxt.BadSymbol, match="did you mean BTC/USDT") as caught:
            await exchange.create_order("BTC/USDTT", "limit", "buy", 1, 1)
        for error in (early.value, caught.value):
            assert error.fate is Fate.REFUSED
            assert error.attempts == 0
        assert exchange.market("BTC/USDT")["symbol"] == "BTC/USDT"


async def test_markets_that_nobody_waits_for() -> None:
    """Who gives up loading markets, and closes, leaves no exception that was never retrieved."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with Sandbox() as sandbox, FaultProxy(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as proxy:
        config = sandbox.config()
        config["options"]["base_url"] = proxy.url
        held = proxy.plan(Delay("down", asyncio.Event()), on("POST"))
        async with oms_ccxt_async.oms(config) as exchange:
            loading = asyncio.create_task(exchange.load_markets())
            await eventually(lambda: held.hits)
            loading.cancel()
            await asyncio.wait([loading])
        del exchange, loading
        gc.collect()
        await asyncio.sleep(0)
    assert complaints == []


async def test_markets_of_an_event_loop_that_was_closed() -> None:
    """A load that its event loop did not bring to an end is not waited for in the next one."""
    async with Sandbox(volatility=0) as sandbox, oms_ccxt_async.oms(sandbox.config()) as exchange:
        closed = asyncio.new_event_loop()
        exchange.markets_loading, exchange.reloading_markets = closed.create_future(), True
        closed.close()
        assert (await exchange.fetch_ticker("BTC/USDT"))["symbol"] == "BTC/USDT"
        assert exchange.markets


async def test_what_takes_several_requests_ends_at_its_deadline() -> None:
    """Each request ends within `timeout`, all of them may not: an order is read back no longer than it is settled."""
    async with Sandbox() as sandbox, oms_ccxt_async.oms({**sandbox.config(), "timeout": 1}) as exchange:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5) as patience:
                await exchange._here.in_time(asyncio.Event().wait(), monotonic() + 50)
        assert not patience.expired()
