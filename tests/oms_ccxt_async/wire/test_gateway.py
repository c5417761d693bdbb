"""Unified methods that are not the OMS's reach the exchange behind the account; trading never does by this way."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ccxt
import orjson
import pytest
from aiohttp import web
from ccxt.async_support.base.exchange import Exchange

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.wire.gateway import PASSED_THROUGH, Gateway
from oms_ccxt_async.wire.retry import Kind, RetryPolicy
from oms_ccxt_async.wire.settings import Settings
from tests.faults.eventually import eventually
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.scripted import RESET, SILENCE, Act, Scripted, answer, driving
from tests.oms_ccxt_async.support import fake_oms

ATTEMPTS = RetryPolicy().attempts
ANYTHING = answer(200, {"status": "ok", "items": [{"account_id": 7, "exchange_id": "ccxt.x"}], "result": [{"info": 1}]})

MARKETS = {"BTC/USDT": {"symbol": "BTC/USDT"}}


def camel_case(name: str) -> str:
    """ccxt's other spelling of a method."""
    first, *rest = name.split("_")
    return first + "".join(part.upper() if part in ("ohlcv", "adl") else part.capitalize() for part in rest)


def sample(parameter: inspect.Parameter) -> Any:
    """A value that is not the parameter's default."""
    if parameter.name == "params":
        return {"x": parameter.name}
    return [f"one of {parameter.name}"] if parameter.name in ("symbols", "codes") else f"a {parameter.name}"


def parameters(name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(Exchange, name)).parameters.values())[1:]


@asynccontextmanager
async def gateway(*script: Act, **config: Any) -> AsyncIterator[tuple[Gateway, Scripted]]:
    """A gateway of account 7 to a scripted server."""
    async with Scripted(*script or (ANYTHING,)) as server, driving(server.url, **config) as (exchange, transport):
        exchange.options["account_id"] = 7
        yield Gateway(transport, Settings(exchange, {})), server


def body(server: Scripted, index: int = -1) -> Any:
    return orjson.loads(server.seen[index].body)


# Methods


@pytest.mark.parametrize("spelling", [str, camel_case])
async def test_every_method_reaches_the_gateway(spelling: Any) -> None:
    """In both spellings, the required arguments alone and all of them arrive under the method's own name."""
    expected, seen = [], []
    async with Scripted(ANYTHING) as server:
        config = {"apiKey": "k", "options": {"account_id": 7, "base_url": server.url}}
        async with oms_ccxt_async.oms(config) as exchange:
            exchange.markets = MARKETS
            for name in PASSED_THROUGH:
                required = [sample(each) for each in parameters(name) if each.default is inspect.Parameter.empty]
                full = [sample(each) for each in parameters(name)]
                for args in (required, full):
                    await getattr(exchange, spelling(name))(*args)
                    expected.append((f"/ccxt/7/{name}", args))
                    seen.append((server.seen[-1].path, body(server)["args"]))
        assert {request.method for request in server.seen if request.path.startswith("/ccxt")} == {"POST"}
    assert seen == expected


@pytest.mark.parametrize("name", PASSED_THROUGH)
def test_method_has_ccxts_signature(name: str) -> None:
    """The class has the method as ccxt's base has it: same parameters, same defaults, a coroutine."""
    method = getattr(oms_ccxt_async.oms, name)
    assert inspect.iscoroutinefunction(method)
    names = [(each.name, each.default) for each in list(inspect.signature(method).parameters.values())[1:]]
    assert names == [(each.name, each.default) for each in parameters(name)]


@pytest.mark.parametrize(
    ("call", "args"),
    [
        (("BTC/USDT",), ["BTC/USDT"]),
        (("BTC/USDT", "1m"), ["BTC/USDT"]),
        (("BTC/USDT", "5m", None, None, {}), ["BTC/USDT", "5m"]),
        (("BTC/USDT", "1m", None, 10), ["BTC/USDT", "1m", None, 10]),
        (("BTC/USDT", "1m", 0), ["BTC/USDT", "1m", 0]),
        (("BTC/USDT", "1m", None, None, {"until": 5}), ["BTC/USDT", "1m", None, None, {"until": 5}]),
    ],
)
async def test_defaults_at_the_end_are_left_out(call: tuple[Any, ...], args: list[Any]) -> None:
    """Only what the caller said is sent, so that the exchange's own defaults count; the place of an argument stays."""
    async with Scripted(ANYTHING) as server:
        config = {"apiKey": "k", "options": {"account_id": 7, "base_url": server.url}}
        async with oms_ccxt_async.oms(config) as exchange:
            exchange.markets = MARKETS
            await exchange.fetch_ohlcv(*call)
            assert body(server) == {"args": args}


async def test_keyword_arguments_get_their_place() -> None:
    """Keywords are sent by position, with the defaults between."""
    async with Scripted(ANYTHING) as server:
        config = {"apiKey": "k", "options": {"account_id": 7, "base_url": server.url}}
        async with oms_ccxt_async.oms(config) as exchange:
            exchange.markets = MARKETS
            await exchange.fetch_ohlcv("BTC/USDT", limit=3)
            assert body(server) == {"args": ["BTC/USDT", "1m", None, 3]}
            with pytest.raises(TypeError, match="nonsense"):
                await exchange.fetch_ohlcv("BTC/USDT", nonsense=3)


async def test_markets_of_a_real_oms() -> None:
    """Against the sandbox, data of the exchange comes back as ccxt structures."""
    async with Sandbox(volatility=0) as oms, oms_ccxt_async.oms(oms.config()) as exchange:
        assert "BTC/USDT" in await exchange.load_markets()
        assert (await exchange.fetch_order_book("BTC/USDT", 5))["bids"]
        assert len((await exchange.fetchOHLCV("BTC/USDT", "1m", None, 3))[0]) == 6
        assert (await exchange.fetch_ticker("BTC/USDT"))["symbol"] == "BTC/USDT"
        with pytest.raises(ccxt.BadSymbol):
            await exchange.fetch_ticker("NOPE/USDT")


# Trading

TRADING = re.compile(r"create|edit|cancel|close|order|position")
ASIDE = re.compile(r"(close(_?connector|_?proxy_?sessions|_?ws_?clients)?$)|_|watch|un_?watch|load", re.IGNORECASE)
"""The exchange's own life, and the streams."""
HARMLESS = {"create_deposit_address", "set_position_mode"}
ARGUMENTS: dict[str, Any] = {
    "id": "1",
    "ids": ["1"],
    "symbol": "BTC/USDT",
    "symbols": ["BTC/USDT"],
    "type": "limit",
    "side": "buy",
    "orders": [{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.01, "price": 50_000}],
    "client_order_id": "mine-1",
    "clientOrderId": "mine-1",
    "client_order_ids": ["mine-1"],
    "clientOrderIds": ["mine-1"],
    "hedged": True,
    "code": "BTC",
    "amount": 0.01,
    "price": 50_000,
    **dict.fromkeys(("triggerPrice", "stopPrice", "stopLossPrice", "takeProfit"), 70_000),
    **dict.fromkeys(("takeProfitPrice", "stopLoss"), 40_000),
    **dict.fromkeys(("trailingAmount", "trailingPercent"), 5),
    "order": {"id": "1", "symbol": "BTC/USDT"},
}


def trading_spellings() -> list[str]:
    """Every coroutine of ccxt's base and of our class whose name speaks of trading."""
    names = {name for name, _ in inspect.getmembers(oms_ccxt_async.oms, inspect.iscoroutinefunction)}
    names |= {name for name, _ in inspect.getmembers(Exchange, inspect.iscoroutinefunction)}
    return sorted(name for name in names if TRADING.search(name.lower()) and not ASIDE.match(name))


async def test_no_trading_spelling_goes_past_the_oms() -> None:
    """Whatever way of placing, changing or canceling ccxt knows: only reads of the exchange are seen at the gateway."""
    spellings = trading_spellings()
    assert len(spellings) > 90
    async with Sandbox(volatility=0) as oms:
        host, port = oms.url.removeprefix("http://").split(":")
        async with FaultProxy((host, int(port))) as proxy:
            config = oms.config(strategy_id=1)
            config["options"] |= {"base_url": proxy.url, "settleTimeout": 0}
            async with oms_ccxt_async.oms(config) as exchange:
                await exchange.load_markets()
                refused = [name for name in spellings if not await _done(exchange, name)]
            funcs = {request.path for request in proxy.requests if request.path.startswith("/ccxt")}
            commands = [request for request in proxy.requests if request.path == "/oms/commands"]
    trading = {func for func in funcs if not re.search(r"/fetch_\w+$", func)}
    assert trading <= {f"/ccxt/1/{name}" for name in HARMLESS}
    assert not funcs & {f"/ccxt/1/{name}" for name in ("fetch_order", "fetch_orders", "fetch_open_orders")}
    assert len(commands) > 30
    assert {"create_order", "create_limit_order", "create_orders", "create_stop_limit_order"}.isdisjoint(refused)


async def _done(exchange: Any, name: str) -> bool:
    """Whether a call with plausible arguments went through."""
    method = getattr(exchange, name)
    given = {
        each.name: ARGUMENTS.get(each.name, 0.01)
        for each in inspect.signature(method).parameters.values()
        if each.name in ARGUMENTS or each.default is inspect.Parameter.empty
    }
    try:
        await asyncio.wait_for(method(**given), 10)
    except ccxt.BaseError:
        return False
    return True


def test_trading_is_not_passed_through() -> None:
    """The list itself names no method that places, changes or cancels."""
    suspicious = {name for name in PASSED_THROUGH if re.search(r"create|edit|cancel|close|order|position", name)}
    assert {name for name in suspicious if not name.startswith("fetch_")} == HARMLESS
    assert not suspicious & {"fetch_order", "fetch_orders", "fetch_open_orders", "fetch_positions", "fetch_my_trades"}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("fetch_trades", ATTEMPTS),
        ("set_leverage", ATTEMPTS),
        ("transfer", 1),
        ("withdraw", 1),
    ],
)
async def test_unclear_answer_is_asked_again_only_where_it_does_no_harm(name: str, sent: int) -> None:
    """Reads and absolute settings are repeated; money is moved at most once."""
    async with gateway(RESET) as (here, server):
        with pytest.raises(ccxt.ExchangeNotAvailable):
            await here.call(name, ["x"], PASSED_THROUGH[name])
        assert len(server.seen) == sent


# Arguments


@pytest.mark.parametrize(
    ("arg", "sent"),
    [
        (Decimal("0.10"), "0.10"),
        (Fraction(1, 4), 0.25),
        (0.1, 0.1),
        (True, True),
        (("a", "b"), ["a", "b"]),
        ({1: "one"}, {"1": "one"}),
        ("ö €", "ö €"),
    ],
)
async def test_argument_as_json(arg: Any, sent: Any) -> None:
    """Numbers of any kind arrive as numbers, a Decimal as its exact text."""
    async with gateway() as (here, server):
        await here.call("fetch_x", [arg])
        assert body(server) == {"args": [sent]}


@pytest.mark.parametrize("arg", [{"BTC/USDT"}, {}.keys(), object(), 2**80, b"x", "\ud800"])
async def test_argument_that_is_no_json(arg: Any) -> None:
    """What JSON cannot say is refused by name, and nothing is sent."""
    async with gateway() as (here, server):
        for attempt in (
            here.call("fetch_x", [arg]),
            here.shared("fetch_ticker", [arg], now=0, ttl=0),
            here.balance({"x": arg}),
        ):
            with pytest.raises(ccxt.BadRequest, match=r"fetch_\w+\(\)"):
                await attempt
        assert server.connections == 0


async def test_balance_goes_to_the_core() -> None:
    """The balance has its own address and takes params."""
    async with gateway() as (here, server):
        assert await here.balance({"type": "swap"}) == [{"info": 1}]
        assert (server.seen[0].path, body(server)) == ("/ccxt/core/7/fetch_balance", {"params": {"type": "swap"}})


@pytest.mark.parametrize("result", [None, 0, [], {}, "x", {"error": {"code": 1}}])
async def test_result_is_what_the_exchange_returned(result: Any) -> None:
    """Any JSON is a result, nothing included."""
    async with gateway(answer(200, {"result": result})) as (here, _):
        assert await here.call("fetch_x", []) == result


async def test_error_names_the_call() -> None:
    """The message repeats function and arguments, but not without end."""
    async with gateway(answer(502, {"detail": {"code": "dispatcher_error", "message": "paper broke"}})) as (here, _):
        with pytest.raises(ccxt.ExchangeNotAvailable, match=r"fetch_x\(BTC/USDT, 5\)"):
            await here.call("fetch_x", ["BTC/USDT", 5])
        with pytest.raises(ccxt.ExchangeNotAvailable) as raised:
            await here.call("fetch_x", ["x" * 10_000])
        assert len(str(raised.value)) < 500


# Shared reads


def ticker(here: Gateway, args: list[Any], *, now: float, ttl: float) -> Coroutine[Any, Any, Any]:
    return here.shared("fetch_ticker", args, now=now, ttl=ttl)


async def test_concurrent_tickers_are_one_request() -> None:
    """Who wants the same ticker while it is under way gets the same answer; another one is another request."""
    async with gateway() as (here, server):
        await asyncio.gather(*(ticker(here, ["BTC/USDT"], now=0, ttl=0) for _ in range(10)))
        assert len(server.seen) == 1
        await asyncio.gather(
            ticker(here, ["BTC/USDT"], now=0, ttl=0),
            ticker(here, ["ETH/USDT"], now=0, ttl=0),
        )
        assert len(server.seen) == 3


async def test_methods_do_not_share() -> None:
    """The same arguments of two methods are two questions."""
    async with gateway() as (here, server):
        await asyncio.gather(*(here.shared(f"fetch_{what}", ["BTC/USDT"], now=0, ttl=9) for what in ("x", "y")))
        assert [request.path for request in server.seen] == ["/ccxt/7/fetch_x", "/ccxt/7/fetch_y"]


async def test_ticker_is_kept_for_its_ttl() -> None:
    """Within `ttl` ms of the request the answer is used again, and not afterwards."""
    async with gateway() as (here, server):
        for now, sent in ((0, 1), (99, 1), (100, 2), (150, 2), (199, 2), (200, 3)):
            await ticker(here, ["BTC/USDT"], now=now, ttl=100)
            assert len(server.seen) == sent


async def test_failed_ticker_is_not_kept() -> None:
    """A failure is told to those who wait for it, and the next caller asks anew."""
    async with gateway(answer(400, {"detail": {"code": "x", "message": "no"}}), ANYTHING) as (here, server):
        outcomes = await asyncio.gather(
            *(ticker(here, ["BTC/USDT"], now=0, ttl=1_000) for _ in range(3)), return_exceptions=True
        )
        assert [isinstance(outcome, ccxt.ExchangeError) for outcome in outcomes] == [True] * 3
        assert await ticker(here, ["BTC/USDT"], now=1, ttl=1_000) == [{"info": 1}]
        assert len(server.seen) == 2


async def test_impatient_caller_does_not_take_the_ticker_away() -> None:
    """A caller that is cancelled leaves the request to the others."""
    async with gateway(SILENCE, timeout=300, options={"retry": {"attempts": 1}}) as (here, server):
        first = asyncio.create_task(ticker(here, ["BTC/USDT"], now=0, ttl=0))
        second = asyncio.create_task(ticker(here, ["BTC/USDT"], now=0, ttl=0))
        await eventually(lambda: server.seen)
        first.cancel()
        with pytest.raises(ccxt.RequestTimeout):
            await second
        assert first.cancelled()
        assert len(server.seen) == 1


async def test_tickers_are_not_collected_for_ever() -> None:
    """What is older than its ttl is dropped when something else is asked."""
    async with gateway() as (here, _):
        for number in range(50):
            await ticker(here, [f"C{number}/USDT"], now=number * 10, ttl=100)
        assert len(here._shared) <= 11


def test_kinds() -> None:
    """Reads are those that fetch; whatever moves money or makes something is sent once."""
    reads = {name for name, kind in PASSED_THROUGH.items() if kind is Kind.READ}
    assert reads == {name for name in PASSED_THROUGH if name.startswith("fetch_")}
    once = {name for name, kind in PASSED_THROUGH.items() if kind is Kind.ONCE}
    moving = re.compile("add|borrow|create|reduce|repay|transfer|withdraw")
    assert once == {name for name in PASSED_THROUGH if moving.match(name)}


ALREADY_SET = '{"code":-4046,"msg":"No need to change margin type."}'


@pytest.mark.parametrize("status", [400, 502])
@pytest.mark.parametrize(
    ("method", "arguments", "text", "error"),
    [
        ("set_leverage", (200, "BTC/USDT:USDT"), '{"code":-4028,"msg":"Leverage 200 is not valid"}', ccxt.BadRequest),
        ("set_margin_mode", ("cross", "BTC/USDT:USDT"), ALREADY_SET, ccxt.MarginModeAlreadySet),
        ("set_position_mode", (True,), '{"code":-4059,"msg":"No need to change position side."}', ccxt.ExchangeError),
        ("fetch_ticker", ("BTC/USDT",), '{"code":-1121,"msg":"Invalid symbol."}', ccxt.BadSymbol),
        ("fetch_margin_modes", (), "fetchMarginModes() is not supported yet", ccxt.NotSupported),
    ],
)
async def test_a_definite_word_of_the_exchange_is_asked_for_once(
    method: str, arguments: tuple[Any, ...], text: str, error: type[Exception], status: int
) -> None:
    """A setting or a read that the exchange refuses is refused, whatever the OMS's status says (fact 32)."""
    detail = {"code": "dispatcher_error", "message": f"binance {text}"}
    row = {"account_id": 1, "label": "b", "exchange_id": "ccxt.binance", "position_mode": "netting"}
    path = f"POST /ccxt/1/{method}"
    answers: dict[str, Any] = {
        "GET /oms/accounts": lambda _: {"items": [row]},
        path: lambda _: web.json_response({"detail": detail}, status=status),
    }
    async with fake_oms(answers) as (exchange, asked):
        with pytest.raises(error):
            await getattr(exchange, method)(*arguments)
    assert asked.count(path) == 1
