"""An error names the call that the program made, also where something that many calls need failed."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
from oms_ccxt_async import sync
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.plan import Delay, Reply, on
from tests.oms_ccxt_async.support import wired

ORDER = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
DOWN = {
    "apiKey": "k",
    "timeout": 2_000,
    "options": {"base_url": "http://127.0.0.1:9", "account_id": 1, "retry": {"attempts": 1}},
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "create_order": lambda exchange: exchange.create_order(*ORDER),
    "create_market_buy_order": lambda exchange: exchange.create_market_buy_order("BTC/USDT", 1),
    "fetch_balance": lambda exchange: exchange.fetch_balance(),
    "fetch_open_orders": lambda exchange: exchange.fetch_open_orders("BTC/USDT"),
    "cancel_all_orders": lambda exchange: exchange.cancel_all_orders(),
    "load_markets": lambda exchange: exchange.load_markets(),
}


@pytest.mark.parametrize("name", CALLS)
async def test_the_call_is_named(name: str) -> None:
    """With the OMS down, in one traceback."""
    async with oms_ccxt_async.oms(DOWN) as exchange:
        with pytest.raises(ccxt.ExchangeNotAvailable) as caught:
            await CALLS[name](exchange)
    assert str(caught.value).startswith(f"oms {name}(")
    assert "127.0.0.1:9" in str(caught.value)
    assert "".join(traceback.format_exception(caught.value)).count("Traceback") == 1


def test_the_call_of_a_script_is_named() -> None:
    """The sync exchange's errors name it, too."""
    with sync.oms(DOWN) as exchange, pytest.raises(ccxt.ExchangeNotAvailable, match=r"^oms fetch_balance\("):
        exchange.fetch_balance()


async def test_calls_at_once_are_each_named() -> None:
    """Calls that share one failing request have errors of their own."""
    async with oms_ccxt_async.oms(DOWN) as exchange:
        asked = [CALLS[name](exchange) for name in ("create_order", "fetch_balance", "cancel_all_orders")]
        found = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(error).partition("(")[0] for error in found] == [
        "oms create_order",
        "oms fetch_balance",
        "oms cancel_all_orders",
    ]


async def test_markets_that_cannot_be_had_are_the_calls_trouble() -> None:
    """Where the exchange behind the account fails, the error names the order, and says that it is not known why."""
    async with Sandbox(volatility=0) as sandbox, wired(sandbox, retry={"attempts": 1}) as (_, proxy):
        config = sandbox.config()
        config["options"] |= {"base_url": proxy.url, "retry": {"attempts": 1}}
        down = b'{"detail": {"code": "dispatcher_error", "message": "dispatcher_unavailable"}}'
        proxy.plan(Reply(502, down), on("POST", "/ccxt/*"), times=None)
        async with oms_ccxt_async.oms(config) as exchange:
            with pytest.raises(ccxt.ExchangeNotAvailable, match=r"^oms create_order\(\): the OMS answered 502"):
                await exchange.create_order(*ORDER)


async def test_a_timeout_names_its_setting() -> None:
    """A read can be asked again, an order was not sent; both say what `timeout` is."""
    async with Sandbox(volatility=0) as sandbox, wired(sandbox, retry={"attempts": 1}) as (exchange, proxy):
        proxy.plan(Delay("down", asyncio.Event()), on(), times=None)
        exchange.timeout = 50
        with pytest.raises(ccxt.RequestTimeout, match=r"fetch_open_orders.*exchange.timeout is 50 ms.*asked again"):
            await exchange.fetch_open_orders()
        config = sandbox.config()
        config["options"]["base_url"] = proxy.url
        async with oms_ccxt_async.oms({**config, "timeout": 50}) as fresh:
            with pytest.raises(
                ccxt.RequestTimeout, match=r"create_order.*exchange.timeout \(50 ms\).*nothing was sent"
            ):
                await fresh.create_order(*ORDER)


async def test_tls_where_there_is_none_is_said() -> None:
    """`https` in front of a plain port."""
    async with Sandbox(volatility=0) as sandbox:
        config = sandbox.config()
        config["options"] |= {"base_url": sandbox.url.replace("http:", "https:"), "retry": {"attempts": 1}}
        async with oms_ccxt_async.oms(config) as exchange:
            with pytest.raises(ccxt.ExchangeNotAvailable, match="no TLS is spoken there"):
                await exchange.fetch_open_orders()


async def test_what_streams_is_named_with_its_class() -> None:
    """A watch method of the async class says where it is."""
    async with oms_ccxt_async.oms(DOWN) as exchange:
        for call in (exchange.watchOrders, exchange.watch_ticker, exchange.createOrderWs, exchange.un_watch_orders):
            with pytest.raises(ccxt.NotSupported, match="oms_ccxt_pro"):
                await call()
