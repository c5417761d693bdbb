"""What a program cannot mean is told by the call that it made, in one traceback, and no command is sent."""

from __future__ import annotations

import asyncio
import inspect
import re
import traceback
from typing import Any

import ccxt
import ccxt.async_support
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async import sync
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.gateway import PASSED_THROUGH
from tests.oms_ccxt_async.support import paths, wired

pytestmark = pytest.mark.asyncio(loop_scope="session")

SYMBOL = "BTC/USDT"
ORDER: dict[str, Any] = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 1, "price": 1}

# Each method, with arguments that are right but for what a test puts into them.
RIGHT: dict[str, dict[str, Any]] = {
    "create_order": ORDER,
    "create_orders": {"orders": [ORDER]},
    "edit_order": {"id": "1", "symbol": SYMBOL, "amount": 1, "price": 1},
    "cancel_order": {"id": "1"},
    "cancel_orders": {"ids": ["1"]},
    "cancel_all_orders": {"symbol": SYMBOL},
    "fetch_order": {"id": "1"},
    "fetch_open_order": {"id": "1"},
    "fetch_closed_order": {"id": "1"},
    "fetch_order_with_client_order_id": {"clientOrderId": "key"},
    "fetch_order_trades": {"id": "1"},
    "fetch_my_trades": {"symbol": SYMBOL},
    **{
        f"fetch_{kind}orders": {"symbol": SYMBOL}
        for kind in ("open_", "", "closed_", "canceled_", "canceled_and_closed_")
    },
    "fetch_balance": {},
    "fetch_positions": {"symbols": [SYMBOL]},
    "fetch_positions_for_symbol": {"symbol": SYMBOL},
    "fetch_position": {"symbol": SYMBOL},
    "fetch_positions_history": {"symbols": [SYMBOL]},
    "close_position": {"symbol": SYMBOL},
    "close_all_positions": {},
    "close_by": {"position_id_a": "1", "position_id_b": "2"},
    "merge_positions": {"source_position_id": "1", "target_position_id": "2"},
    "set_position_stops": {"position_id": "1", "stop_loss": 1, "take_profit": 2},
}
RIGHT |= {
    f"{name}_ws": RIGHT[name]
    for name in (
        *("create_order", "create_orders", "edit_order", "cancel_order", "cancel_orders", "cancel_all_orders"),
        *("fetch_order", "fetch_open_orders", "fetch_orders", "fetch_closed_orders", "fetch_my_trades"),
        *("fetch_positions", "fetch_positions_for_symbol", "fetch_position"),
    )
}
WATCHED: dict[str, dict[str, Any]] = {
    **{f"watch_{what}": {"symbol": SYMBOL} for what in ("orders", "my_trades", "position", "ticker", "order_book")},
    **{f"watch_{what}_for_symbols": {"symbols": [SYMBOL]} for what in ("orders", "my_trades", "trades")},
    "watch_positions": {"symbols": [SYMBOL]},
    "watch_balance": {},
    "watch_trades": {"symbol": SYMBOL},
    "watch_ohlcv": {"symbol": SYMBOL},
    "watch_bids_asks": {"symbols": [SYMBOL]},
    "un_watch_orders": {"symbol": SYMBOL},
    "un_watch_my_trades": {"symbol": SYMBOL},
    "un_watch_positions": {"symbols": [SYMBOL]},
}
METHODS = {**RIGHT, **WATCHED}
MARKET_DATA = {
    f"watch_{what}" for what in ("ticker", "order_book", "trades", "trades_for_symbols", "ohlcv", "bids_asks")
}
NEAR = {
    "postonly": "postOnly",
    "stratgy_id": "strategyId",
    "clientorderid": "clientOrderId",
    "strategyid": "strategyId",
}

# What no argument of the name can be; None where the method takes it.
NONSENSE: dict[str, tuple[Any, ...]] = {
    "symbol": ("NONE/SUCH", 5),
    "symbols": (["NONE/SUCH"],),
    "id": ("abc", -1, 1.5, "", None, True),
    "ids": ([], None, ["abc"], 5, "12"),
    "type": ("", 5),
    "side": ("", "hold", 5),
    "amount": ("abc", 0, -1, float("nan"), float("inf"), "1e-30", True, [1], {}),
    "price": ("abc", 0, -1, float("nan"), [1]),
    "orders": ([], None, 5, ["x"], [{}], [{**ORDER, "amount": "abc"}], [{**ORDER, "params": 5}]),
    "position_id": ("abc", 0, None, 1.5),
    "position_id_a": ("abc", 0, None),
    "position_id_b": ("abc", -1),
    "source_position_id": ("abc", None),
    "target_position_id": ("abc", ""),
    "stop_loss": ("abc", -1),
    "take_profit": ("abc", 0),
}
CASES = [
    ("cancel_all_orders", "symbol", ""),
    *(
        (name, argument, value)
        for name, right in METHODS.items()
        for argument in right
        for value in NONSENSE.get(argument, ())
    ),
    *((name, "params", {each: "x"}) for name in METHODS for each in NEAR),
    *((name, "params", 5) for name in METHODS),
    *((name, "params", {"strategy_id": "x"}) for name in METHODS if name not in MARKET_DATA),
]
MAY_BE = {("edit_order", "symbol"), ("cancel_order", "symbol")}
"""Where a symbol is not looked at."""


def said(error: BaseException, name: str) -> None:
    """The error is ccxt's, begins with the call, and has one traceback."""
    assert isinstance(error, ccxt.BaseError), repr(error)
    assert re.match(rf"oms {name}\(", str(error)), str(error)
    assert "".join(traceback.format_exception(error)).count("Traceback") == 1


async def called(exchange: Any, name: str, arguments: dict[str, Any]) -> Any:
    """A method of the async class, or one of the sync class that waits in a thread."""
    method = getattr(exchange, name)
    if isinstance(exchange, sync.oms):
        return await asyncio.to_thread(method, **arguments)
    return await method(**arguments)


async def test_nonsense_is_told_by_the_call(sandbox: Sandbox) -> None:
    """Every method with every kind of nonsense in every argument: the error begins with the call, and the OMS has got
    no command."""
    async with wired(sandbox) as (_, proxy):
        config = sandbox.config(2)
        config["options"]["base_url"] = proxy.url
        async with oms_ccxt_pro.oms({**config, "verify": False}) as exchange:
            await exchange.load_markets()
            wrong = []
            for name, argument, value in CASES:
                arguments = {**METHODS[name], argument: value}
                try:
                    async with asyncio.timeout(10):
                        await getattr(exchange, name)(**arguments)
                except ccxt.BaseError as error:
                    try:
                        said(error, name)
                    except AssertionError as reason:
                        wrong.append((name, argument, value, str(reason)))
                except Exception as error:
                    wrong.append((name, argument, value, repr(error)))
                else:
                    if (name.removesuffix("_ws"), argument) not in MAY_BE:
                        wrong.append((name, argument, value, "nothing was raised"))
            assert wrong == [], "\n".join(map(str, wrong))
            assert "POST /oms/commands" not in paths(proxy.requests)


@pytest.mark.parametrize("kind", [oms_ccxt_pro.oms, sync.oms])
async def test_near_misses_name_what_was_meant(sandbox: Sandbox, kind: Any) -> None:
    """In the async and in the sync class."""
    exchange = kind({**sandbox.config(2), "verify": False})
    for name in ("create_order", "cancel_all_orders", "fetch_open_orders", "watch_orders"):
        for given, meant in NEAR.items():
            with pytest.raises(ccxt.BadRequest, match=f"params\\['{given}'\\].*did you mean '{meant}'"):
                await called(exchange, name, {**RIGHT.get(name, {}), "params": {given: 1}})
    await called(exchange, "close", {})


async def test_near_misses_in_what_the_exchange_answers(sandbox: Sandbox) -> None:
    """Every method that is passed through to the exchange refuses them before anything is sent, as all others do; what
    is no near miss is the exchange's business."""
    async with wired(sandbox) as (exchange, proxy):
        wrong = []
        for name in PASSED_THROUGH.keys() - {"fetch_markets"}:  # which load_markets() calls
            _, *needed, _ = inspect.signature(getattr(ccxt.async_support.Exchange, name)).parameters.values()
            arguments = [SYMBOL for each in needed if each.default is each.empty]
            for params in ({"stratgy_id": 1}, 5):
                try:
                    await getattr(exchange, name)(*arguments, params=params)
                except ccxt.BadRequest as error:
                    said(error, name)
                else:
                    wrong.append((name, params))
        assert wrong == []
        assert proxy.requests == []
        assert (await exchange.fetch_ticker(SYMBOL, {"endpoint": "quick"}))["symbol"] == SYMBOL
        [request] = proxy.requests
        assert request.body == b'{"args":["BTC/USDT",{"endpoint":"quick"}]}'


async def test_amounts_name_symbol_and_call(sandbox: Sandbox) -> None:
    """What was asked, what is wrong with it, and how it was given."""
    async with oms_ccxt_pro.oms({**sandbox.config(2), "verify": False}) as exchange:
        for call, name in ((exchange.create_order, "create_order"), (exchange.create_order_ws, "create_order_ws")):
            with pytest.raises(ccxt.InvalidOrder) as caught:
                await call(SYMBOL, "limit", "buy", "abc", 1)
            assert str(caught.value).startswith(f"oms {name}(BTC/USDT, limit, buy, abc, 1): amount is not a")
            assert "abc" in str(caught.value).rpartition(":")[2]
        with pytest.raises(ccxt.InvalidOrder, match=r"^oms create_orders\(BTC/USDT, limit, buy, abc, 1\): amount"):
            await exchange.create_orders([{**ORDER, "amount": "abc"}])


async def test_an_id_that_is_none_is_told_once(sandbox: Sandbox) -> None:
    """`fetch_order("abc")` shows one traceback, and what ids are."""
    async with oms_ccxt_async.oms(sandbox.config(2)) as exchange:
        with pytest.raises(ccxt.OrderNotFound) as caught:
            await exchange.fetch_order("abc")
    said(caught.value, "fetch_order")
    assert "positive integers" in str(caught.value)


async def test_a_second_loop_is_told_of_the_first(sandbox: Sandbox) -> None:
    """Whatever is called from another thread's loop while the instance is in use in this one."""
    async with oms_ccxt_pro.oms({**sandbox.config(2), "verify": False}) as exchange:
        await exchange.load_markets()
        calls = {
            **METHODS,
            "load_markets": {},
            "fetch_ticker": {"symbol": SYMBOL},
            "fetch_balance": {},
            "reconcile": {},
        }
        calls |= {"fetch_accounts": {}, "fetch_status": {}, "close": {}, "fetch_time": {}, "watch_tickers": {}}

        def there() -> list[tuple[str, BaseException | None]]:
            async def all_of_them() -> list[tuple[str, BaseException | None]]:
                found: list[tuple[str, BaseException | None]] = []
                for name, arguments in calls.items():
                    try:
                        async with asyncio.timeout(10):
                            await getattr(exchange, name)(**arguments)
                    except Exception as error:
                        found.append((name, error))
                    else:
                        found.append((name, None))
                return found

            return asyncio.run(all_of_them())

        for name, error in await asyncio.to_thread(there):
            assert isinstance(error, ccxt.NotSupported), (name, error)
            assert "in use in the event loop of another thread" in str(error), (name, error)
        assert (await exchange.fetch_status())["status"] == "ok"
