"""Every hook that a program may override raises, each time that it is called: what is told of an order stays true."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ccxt
import pytest

import oms_ccxt_pro
from oms_ccxt_async import Fate, OrderOutcomeUnknown
from oms_ccxt_async.errors import fate_of
from oms_ccxt_async.instrumentation import set_hooks
from oms_ccxt_pro.hooks import CHAINS
from tests.faults.desk import LIMIT, QUICK, Desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, on

METHODS = (
    *("sign", "fetch", "fetch2", "request", "throttle", "log", "nonce", "uuid", "milliseconds", "iso8601"),
    *("handle_errors", "handle_http_status_code", "on_rest_response", "on_json_response", "parse_json", "number"),
    *("market", "safe_market", "safe_order", "safe_trade", "parse_order", "parse_orders", "parse_trade"),
    *("safe_position", "parse_position", "safe_currency_code", "currency", "price_to_precision", "amount_to_precision"),
    *("check_proxy_settings", "check_proxy_url_settings", "check_ws_proxy_settings", "open", "load_markets"),
    *("fetch_markets", "fetch_accounts", "fetch_order", "fetch_open_orders", "fetch_status", "describe"),
    *("handle_message", "on_connected", *itertools.chain(*CHAINS)),
)
"""What a subclass or an instance may have in place of what ccxt or the driver has."""
OTHERS = ("logger", "log handler", "instrumentation hook", "onStatus", "exception handler", "httpProxyCallback")
"""What a program may hand over."""
OWN, CCXTS = RuntimeError("a hook"), ccxt.InvalidOrder("a hook")


class Hook:
    """Raises when it is called for the n-th time.

    Attributes:
        hit: whether it has raised.
    """

    def __init__(self, at: int, error: Exception) -> None:
        self._at = at
        self._error = error
        self._calls = 0
        self.hit = False

    def called(self) -> None:
        self._calls += 1
        if self._calls == self._at:
            self.hit = True
            raise self._error

    def instead_of(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method that is called through this hook."""
        if inspect.iscoroutinefunction(method):

            async def awaited(*args: Any, **kwargs: Any) -> Any:
                self.called()
                return await method(*args, **kwargs)

            return awaited

        def plain(*args: Any, **kwargs: Any) -> Any:
            self.called()
            return method(*args, **kwargs)

        return plain


class _Handler(logging.Handler):
    def __init__(self, hook: Hook) -> None:
        super().__init__(logging.DEBUG)
        self._hook = hook

    def emit(self, record: logging.LogRecord) -> None:
        self._hook.called()


@contextmanager
def installed(exchange: Any, name: str, hook: Hook) -> Iterator[None]:
    """The exchange with the hook, as a program has it."""
    with contextlib.ExitStack() as stack:
        if name in METHODS:
            had = name in vars(exchange)
            before = getattr(exchange, name)
            setattr(exchange, name, hook.instead_of(before))
            stack.callback(setattr, exchange, name, before) if had else stack.callback(delattr, exchange, name)
            if name == "log":
                exchange.verbose = True
                stack.callback(setattr, exchange, "verbose", False)
        elif name == "logger":
            own = logging.Logger("a program's own", logging.DEBUG)
            own.addHandler(_Handler(hook))
            stack.callback(setattr, exchange, "logger", exchange.logger)
            exchange.logger = own
        elif name == "log handler":
            theirs, handler = logging.getLogger("oms_ccxt"), _Handler(hook)
            stack.callback(theirs.setLevel, theirs.level)
            stack.callback(theirs.removeHandler, handler)
            theirs.setLevel(logging.DEBUG)
            theirs.addHandler(handler)
        elif name == "instrumentation hook":
            stack.callback(set_hooks, None)
            set_hooks([lambda _: hook.called()])
        elif name == "onStatus":
            pass  # the setting of a stream: it is there from the beginning
        elif name == "exception handler":
            loop = asyncio.get_running_loop()
            stack.callback(loop.set_exception_handler, loop.get_exception_handler())
            loop.set_exception_handler(lambda *_: hook.called())
            broken = logging.Logger("a program's own", logging.DEBUG)  # which is what the handler is told of
            broken.addHandler(_Handler(Hook(1, RuntimeError("a handler"))))
            stack.callback(setattr, exchange, "logger", exchange.logger)
            exchange.logger = broken
        else:
            stack.callback(setattr, exchange, name, getattr(exchange, name))

            def no_proxy(*_: Any) -> None:
                hook.called()

            setattr(exchange, name, no_proxy)
        yield


@contextlib.asynccontextmanager
async def trading(made: Desk, **options: Any) -> AsyncIterator[Any]:
    """A pro exchange that trades through the proxy."""
    config = made.sandbox.config(account_id=1)
    config["options"] |= {**QUICK, "settleTimeout": 2_000, "reconcile": 20, "base_url": made.proxy.url, **options}
    async with oms_ccxt_pro.oms(config) as exchange:
        await exchange.load_markets()
        yield exchange


Create = Callable[[Any], Any]
CREATES: dict[str, Create] = {
    "create_order": lambda exchange: exchange.create_order(*LIMIT),
    "create_order_ws": lambda exchange: exchange.create_order_ws(*LIMIT),
    "market": lambda exchange: exchange.create_order("BTC/USDT", "market", "buy", 0.01),
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("error", "lost"), [(OWN, False), (OWN, True), (CCXTS, True)], ids=["answered", "answer lost", "one of ccxt's"]
)
async def test_creates(either: Desk, error: Exception, lost: bool) -> None:
    """Whatever raises, whenever: an order that was told is there, one that was refused is not, and the identical create
    afterwards makes no second one."""
    raised = 0
    async with trading(either) as exchange:
        for name, (how, create) in itertools.product((*METHODS, *OTHERS), CREATES.items()):
            if lost and how == "create_order_ws":
                continue  # the proxy cuts answers of REST
            for at in itertools.count(1):
                where = f"{name} raises when it is called for the {at}. time by {how}"
                hook = Hook(at, error)
                known = {row["id"] for row in await either.orders()}
                plan = either.lose(Cut("down", 0, "rst")) if lost else None
                told: Any
                with installed(exchange, name, hook):
                    try:
                        told = await create(exchange)
                    except Exception as failure:
                        told = failure
                if plan is not None and plan in either.proxy.schedules:
                    either.proxy.schedules.remove(plan)
                there = [row["id"] for row in await either.orders() if row["id"] not in known]
                if isinstance(told, dict):
                    assert there == [int(told["id"])], where
                else:
                    if not (told is error or isinstance(told, OrderOutcomeUnknown)) and isinstance(
                        told, ccxt.BaseError
                    ):
                        assert there == [] or fate_of(told) is Fate.UNKNOWN, (where, told)
                    again = await create(exchange)
                    rows = [row["id"] for row in await either.orders() if row["id"] not in known]
                    assert rows == [int(again["id"])], (where, told)
                raised += hook.hit
                if not hook.hit:
                    break
    assert raised > 30


@pytest.mark.timeout(180)
async def test_cancels(either: Desk) -> None:
    """Whatever raises, whenever: the order is canceled by the cancel that is repeated at the latest."""
    async with trading(either) as exchange:
        for name in (*METHODS, *OTHERS):
            for at in itertools.count(1):
                where = f"{name} raises when it is called for the {at}. time"
                order = await exchange.create_order(*LIMIT)
                hook = Hook(at, OWN)
                with installed(exchange, name, hook):
                    try:
                        canceled = await exchange.cancel_order(order["id"])
                    except Exception:
                        canceled = None
                if canceled is None:
                    canceled = await exchange.cancel_order(order["id"])
                assert canceled["status"] == "canceled", where
                [row] = [row for row in await either.orders() if row["id"] == int(order["id"])]
                assert row["status"] == "CANCELED", where
                if not hook.hit:
                    break


@pytest.mark.parametrize("name", ["onStatus", "on_connected", "handle_message", *itertools.chain(*CHAINS)])
async def test_streams(full: Desk, name: str) -> None:
    """A hook of a stream that raises once keeps neither orders nor the next messages from the program."""
    hook = Hook(1, RuntimeError("a hook"))
    options = {"ws": {"onStatus": lambda _: hook.called()}} if name == "onStatus" else {}
    async with trading(full, **options) as exchange:
        with installed(exchange, name, hook):
            watching = asyncio.ensure_future(exchange.watch_orders())
            await eventually(lambda: exchange.stream_status().get("state") == "live")
            first = await exchange.create_order(*LIMIT)
            second = await exchange.create_order_ws(*LIMIT)
            async with asyncio.timeout(5):
                told = await watching
                while told[-1]["id"] != second["id"]:
                    told += await exchange.watch_orders()
        ids = [row["id"] for row in await full.orders()]
        assert ids == [int(first["id"]), int(second["id"])]
        assert {int(order["id"]) for order in told} <= set(ids)
        assert sum(map(on("POST", "/oms/commands"), full.proxy.requests)) == 1
