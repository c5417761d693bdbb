"""What an exchange tells of itself: log records, numbers and events, of REST and of streams."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import logging
import os
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import ccxt
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.instrumentation import (
    CircuitChanged,
    Event,
    EventReceived,
    GapFound,
    OrderSettled,
    RequestDone,
    Resynced,
    RetryPlanned,
    StreamChanged,
    set_hooks,
)
from oms_ccxt_async.instrumentation.telemetry import FIELDS, Log, Telemetry
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.version import AGENT
from tests.faults.desk import COMMANDS, LIMIT, Desk, Profile, desk
from tests.faults.eventually import eventually
from tests.faults.plan import Cut, Delay, Reply, on
from tests.oms_ccxt_async.elsewhere import elsewhere


@pytest.fixture
async def full() -> AsyncIterator[Desk]:
    async with desk("full") as made:
        yield made


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """Every event while the test runs."""
    events: list[Any] = []
    set_hooks([events.append])
    yield events
    set_hooks(None)


def of(records: list[logging.LogRecord], level: int) -> list[str]:
    return [record.getMessage() for record in records if record.levelno == level]


# Log records


async def test_every_record_is_ours_and_has_the_fields(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A structured handler finds the same fields in every record, and the order's ids in those of its request."""
    with caplog.at_level(logging.DEBUG):
        exchange = await full.exchange()
        order = await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    ours = [record for record in caplog.records if record.name.startswith(("oms_ccxt", "ccxt"))]
    assert {record.name for record in ours} == {"oms_ccxt", "oms_ccxt.wire", "oms_ccxt.orders"}
    assert [record.getMessage() for record in ours if not vars(record).keys() >= set(FIELDS)] == []
    assert {vars(record)["account_id"] for record in ours} == {1}
    request, response = (r for r in ours if vars(r)["path"] == "/oms/commands")
    for record in (request, response):
        assert vars(record)["client_order_id"] == "mine"
        assert len(vars(record)["request_id"]) == 32
        assert vars(record)["attempt"] == 1
    assert vars(request)["ms"] is None
    assert 0 < vars(response)["ms"] < 5_000
    [accepted] = (r for r in ours if r.name == "oms_ccxt.orders")
    assert str(vars(accepted)["order_id"]) == order["id"]
    assert {record.funcName for record in ours if record.name == "oms_ccxt"} == {"_facts"}


async def test_a_logger_of_the_config_is_respected(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A program's own logger gets every record, and ours none."""
    own = logging.getLogger("desk.trading")
    with caplog.at_level(logging.DEBUG):
        config = full.sandbox.config()
        async with oms_ccxt_pro.oms({**config, "logger": own}) as exchange:
            assert exchange.logger is own
            await exchange.create_order(*LIMIT)
    names = {record.name for record in caplog.records}
    assert "desk.trading" in names
    assert not {name for name in names if name.startswith(("oms_ccxt", "ccxt"))}


async def test_an_outage_is_one_warning_and_its_end_one_line(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 3: however many requests fail meanwhile, there is one WARNING, one for the circuit, and one INFO."""
    exchange = await full.exchange(
        retry={"base": 1, "cap": 2, "circuitFailures": 6, "circuitCooldown": 1, "budget": 99}
    )
    with caplog.at_level(logging.INFO):
        with full.proxy.refusing():
            await full.proxy.close_connections()
            for _ in range(4):
                reads = [exchange.fetch_open_orders() for _ in range(3)]
                results = await asyncio.gather(*reads, return_exceptions=True)
                assert all(isinstance(result, ccxt.ExchangeNotAvailable) for result in results)
        await eventually(lambda: _reads(exchange))
    warned = of(caplog.records, logging.WARNING)
    assert [text.split(":")[0] for text in warned] == ["the OMS does not answer", "the circuit is open"]
    [ended] = [record for record in caplog.records if "answers again" in record.getMessage()]
    assert vars(ended)["ms"] > 0
    stats = exchange.stats()
    assert (stats["outages"], stats["circuitOpenings"]) == (1, 1)
    assert stats["failures"]["ExchangeNotAvailable"] > 6


async def _reads(exchange: Any) -> bool:
    try:
        await exchange.fetch_open_orders()
    except ccxt.NetworkError:
        return False
    return True


async def test_one_lost_answer_is_no_outage(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that broke once is a retry, told at INFO with its attempt and path."""
    exchange = await full.exchange()
    full.proxy.plan(Cut("down", 0), on("GET", "/oms/orders/*"))
    with caplog.at_level(logging.INFO):
        await exchange.fetch_open_orders()
    [record] = [record for record in caplog.records if record.name.startswith("oms_ccxt")]
    assert record.levelno == logging.INFO
    assert (vars(record)["attempt"], vars(record)["path"]) == (1, "/oms/orders/open")
    assert exchange.stats()["retries"] == 1


async def test_a_refusal_is_an_answer_whatever_its_status(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Facts 1 and 4: what the exchange refuses comes with a 502, and is no outage; one that nobody signed is."""
    exchange = await full.exchange()
    with pytest.raises(ccxt.NotSupported):
        await exchange.fetch_option("BTC/USDT")
    assert (exchange.stats()["outages"], of(caplog.records, logging.WARNING)) == (0, [])
    full.proxy.plan(Reply(502, b"<html>", "text/html"), on("GET", "/oms/orders/*"), times=None)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await exchange.fetch_open_orders()
    assert exchange.stats()["outages"] == 1


async def test_a_refused_key_needs_a_person_once(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 13: an ERROR, however often it is refused, and another one only after it was good again."""
    exchange = await full.exchange()
    refused = Reply(401, b'{"detail":"Invalid API key"}')
    for _ in range(2):
        full.proxy.plan(refused, on("GET", "/oms/orders/*"), times=3)
        for _ in range(3):
            with pytest.raises(ccxt.AuthenticationError):
                await exchange.fetch_open_orders()
        await exchange.fetch_open_orders()
    assert len(of(caplog.records, logging.ERROR)) == 2


async def test_an_order_that_becomes_unknown_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The WARNING has the order's id; closing tells an ERROR with all of them, and nothing of it twice."""
    async with desk("legacy") as made:
        exchange = await made.exchange(settleTimeout=60, adoptWindow=0)
        made.proxy.plan(Cut("up", 0), COMMANDS, times=None)
        made.proxy.plan(Cut("up", 0), on("GET", "/oms/*"), times=None)
        with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown):
            await exchange.create_order(*LIMIT, {"clientOrderId": "lost"})
        orders = [record for record in caplog.records if record.name == "oms_ccxt.orders"]
        assert [(record.levelname, vars(record)["client_order_id"]) for record in orders] == [("WARNING", "lost")]
        assert exchange.stats()["orders"]["unknown"] == exchange.stats()["unknownOrders"] == 1
        await exchange.close()
        orders = [record for record in caplog.records if record.name == "oms_ccxt.orders"]
        assert [record.levelname for record in orders] == ["WARNING", "ERROR"]


async def test_closing_that_is_cancelled_names_what_is_unknown(full: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """One ERROR, also where nobody waits for orders under way."""
    exchange = await full.exchange(closeTimeout=60_000)
    held = asyncio.Event()
    lost = full.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT, {"clientOrderId": "left"}))
    await eventually(lambda: lost.hits)
    closing = asyncio.create_task(exchange.close())
    await eventually(lambda: exchange._telemetry.quiet)
    closing.cancel()
    await asyncio.wait([closing])
    with pytest.raises(oms_ccxt_async.OrderOutcomeUnknown):
        await create
    held.set()
    await exchange.close()
    orders = [record for record in caplog.records if record.name == "oms_ccxt.orders"]
    assert [record.levelname for record in orders] == ["ERROR"]
    assert "left" in orders[0].getMessage()


def test_ten_thousand_unknown_orders_are_no_flood(caplog: pytest.LogCaptureFixture, told: list[Any]) -> None:
    """Ten are named, an eleventh line says that there are more; every one is counted and told to hooks."""
    telemetry = Telemetry(clock=lambda: 5.0)
    for number in range(10_000):
        about: Any = {"client_order_id": f"c{number}", "request_id": "r", "order_id": None, "symbol": None, "ms": 1.0}
        telemetry.order_settled("unknown", **about, error=ccxt.RequestTimeout("lost"))
    assert len(caplog.records) == 11
    assert "unknown_orders()" in caplog.records[-1].getMessage()
    assert telemetry.stats.orders["unknown"] == len(told) == 10_000


class Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise BrokenPipeError


async def test_a_log_handler_that_raises_hurts_nothing() -> None:
    """Fault 55: what it raises goes to the event loop, and the order is placed and retried as ever."""
    raised: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context["exception"]))
    own = logging.Logger("own", logging.INFO)
    own.addHandler(Broken())
    async with desk("full") as made:
        exchange = await made.exchange()
        exchange.logger = own
        made.lose(Cut("down", 0))
        assert (await exchange.create_order(*LIMIT))["status"] == "open"
        assert len(await made.orders()) == 1
    assert raised
    assert {type(error) for error in raised} == {BrokenPipeError}


def test_without_a_loop_a_broken_log_is_silent() -> None:
    """A warning at construction, in a program whose handler raises, does not undo the construction."""
    own = logging.Logger("own", logging.INFO)
    own.addHandler(Broken())
    Log(lambda: own).warning("x")


async def test_no_key_is_in_any_record_of_any_library(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG of every logger, `websockets` and aiohttp included, no record holds the key, in any of its parts."""
    asyncio.get_running_loop().set_debug(True)
    with caplog.at_level(logging.DEBUG):
        async with Sandbox(volatility=0, api_key="k" * 7 + "-secret") as sandbox:
            async with oms_ccxt_pro.oms({**sandbox.config(), "verbose": False}) as exchange:
                watch = asyncio.create_task(exchange.watch_orders())
                await eventually(lambda: exchange.stream_status().get("state") == "live")
                await exchange.create_order(*LIMIT)
                await exchange.create_order_ws(*LIMIT)
                await watch
            async with oms_ccxt_pro.oms({**sandbox.config(), "apiKey": "wrong-secret"}) as exchange:
                with pytest.raises(ccxt.AuthenticationError):
                    await exchange.watch_orders()
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names >= {"oms_ccxt", "websockets"}
    formatter = logging.Formatter("%(message)s")
    for record in caplog.records:
        assert "-secret" not in formatter.format(record) + repr(record.args) + repr(vars(record))


# Numbers


@pytest.mark.parametrize("kind", [oms_ccxt_async.oms, oms_ccxt_pro.oms])
async def test_stats_of_the_async_classes(kind: Any, full: Desk) -> None:
    """Requests, latency and orders are counted, and what is shown is the caller's."""
    async with kind(full.sandbox.config()) as exchange:
        assert exchange.stats()["requests"] == 0
        await exchange.create_order(*LIMIT)
        stats = exchange.stats()
        assert stats["orders"] == {"accepted": 1, "refused": 0, "unknown": 0}
        assert stats["latency"]["count"] == stats["requests"] > 1
        assert 0 < stats["latency"]["max"] <= stats["latency"]["sum"]
    assert exchange.stats()["requests"] == stats["requests"]


def test_stats_of_the_sync_class() -> None:
    """They are read while the loop does nothing else, and after `close()`, too."""
    with elsewhere("full") as there:
        exchange = there.exchange()
        exchange.create_order(*LIMIT)
        assert exchange.stats()["orders"]["accepted"] == 1
        exchange.close()
        assert exchange.stats()["orders"]["accepted"] == 1


async def test_copies_begin_at_zero(full: Desk) -> None:
    """A deep copy and what comes out of a pickle have numbers of their own, and log for themselves."""
    exchange = await full.exchange()
    for other in (copy.deepcopy(exchange), pickle.loads(pickle.dumps(exchange))):
        assert other.stats()["requests"] == 0
        await other.fetch_open_orders()
        assert other.stats()["requests"] > 0
        assert other.logger is exchange.logger
        await other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_counts_for_itself() -> None:
    """No lock is inherited: a child of a thread that was counting counts on."""
    telemetry = Telemetry()
    telemetry.circuit(True)
    child = os.fork()
    if child == 0:
        telemetry.circuit(False)
        telemetry.circuit(True)
        os._exit(telemetry.stats.circuitOpenings)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert telemetry.stats.circuitOpenings == 1


# Events


async def test_hooks_are_told_of_requests_retries_and_orders(full: Desk, told: list[Any]) -> None:
    """Each attempt is an event with its path, status and duration; a retry and the order's outcome are others."""
    exchange = await full.exchange()
    told.clear()
    full.lose(Reply(503))
    order = await exchange.create_order(*LIMIT, {"clientOrderId": "mine"})
    commands = [event for event in told if getattr(event, "path", None) == "/oms/commands"]
    first, retry, second = commands
    assert isinstance(first, RequestDone)
    assert (first.operation, first.method, first.status, first.error) == (
        "create_order",
        "POST",
        503,
        "ExchangeNotAvailable",
    )
    assert isinstance(retry, RetryPlanned)
    assert (retry.attempt, retry.error) == (1, "ExchangeNotAvailable")
    assert isinstance(second, RequestDone)
    assert (second.attempt, second.status, second.error, second.server) == (2, 200, None, full.proxy.url)
    [settled] = [event for event in told if isinstance(event, OrderSettled)]
    assert (settled.outcome, settled.client_order_id, str(settled.order_id)) == ("accepted", "mine", order["id"])
    assert [event.client_order_id for event in commands] == ["mine"] * 3
    assert {(event.exchange, event.account_id) for event in told} == {("oms", 1)}
    await exchange.fetch_order(order["id"])
    read = next(event for event in told if isinstance(event, RequestDone) and event.method == "GET")
    assert (read.path, read.template) == (f"/oms/orders/{order['id']}", "/oms/orders/{id}")


async def test_hooks_are_told_of_the_circuit(full: Desk, told: list[Any]) -> None:
    """It opens once, and closes when something answers."""
    exchange = await full.exchange(retry={"base": 1, "cap": 1, "circuitFailures": 2, "circuitCooldown": 1})
    with full.proxy.refusing():
        await full.proxy.close_connections()
        for _ in range(5):
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await exchange.fetch_open_orders()
    await eventually(lambda: _reads(exchange))
    assert [event.is_open for event in told if isinstance(event, CircuitChanged)] == [True, False]


async def test_a_hook_that_raises_does_not_hurt_an_order(full: Desk) -> None:
    """A request, a retry, an outcome: whatever a hook raises, the order is placed, once."""

    def breaks(_: Event) -> None:
        raise RuntimeError("no")

    exchange = await full.exchange()
    set_hooks([breaks])
    try:
        full.lose(Cut("down", 0))
        assert (await exchange.create_order(*LIMIT))["status"] == "open"
        assert len(await full.orders()) == 1
    finally:
        set_hooks(None)


async def test_no_event_holds_the_key(full: Desk, told: list[Any]) -> None:
    """Not even where the OMS repeats it in an error, or the program has it in an argument."""
    key = full.sandbox.keys["trader"]
    exchange = await full.exchange()
    full.proxy.plan(Reply(400, f'{{"detail":"bad key {key}"}}'.encode()), on("POST", "/ccxt/*"))
    with pytest.raises(ccxt.ExchangeError):
        await exchange.fetch_trades("BTC/USDT", None, None, {"note": key})
    assert told
    assert key not in repr([dataclasses.asdict(event) for event in told])


# Streams


def attempts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for text in caplog.messages if "is connected again in" in text]


@pytest.mark.parametrize(("profile", "resyncs"), [("full", 0), ("legacy", 1)])
async def test_a_stream_tells_its_outage_and_its_gap(
    profile: Profile, resyncs: int, told: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One WARNING when it goes down, one INFO with the length when it is back, however many attempts that took; it is
    one reconnection."""
    async with desk(profile) as made:
        config = made.sandbox.config()
        config["options"] |= {"base_url": made.proxy.url, "ws": {"backoff": 1, "backoffCap": 2}}
        async with oms_ccxt_pro.oms(config) as exchange:
            watch = asyncio.create_task(exchange.watch_orders())
            await eventually(lambda: exchange.stream_status().get("state") == "live")
            refused = made.proxy.turning_away("fin")
            with caplog.at_level(logging.DEBUG, "oms_ccxt.stream"):
                with refused:
                    await made.proxy.close_connections()
                    await eventually(lambda: len(attempts(caplog)) > 5)
                await eventually(lambda: exchange.stream_status()["state"] == "live")
            await exchange.create_order(*LIMIT)
            await watch
            status, stats = exchange.stream_status(), exchange.stats()
    stream = [
        record for record in caplog.records if record.name == "oms_ccxt.stream" and record.levelno > logging.DEBUG
    ]
    assert [record.levelname for record in stream] == ["WARNING", "INFO"]
    assert vars(stream[1])["ms"] > 0
    assert "the account stream" in stream[0].getMessage()
    assert (status["reconnects"], stats["reconnects"], stats["gaps"], stats["resyncs"]) == (1, 1, 1, resyncs)
    counts = Counter(type(event) for event in told)
    assert (counts[GapFound], counts[Resynced]) == (1, resyncs)
    states = [event.state for event in told if isinstance(event, StreamChanged)]
    assert states == ["connecting", "live", "down", "live", "idle"]
    assert counts[EventReceived] > 0


async def test_the_lag_of_events_that_carry_a_time(full: Desk, told: list[Any]) -> None:
    """From the time of the row, or of market data, to the arrival; what is counted is what hooks are told."""
    async with oms_ccxt_pro.oms(full.sandbox.config()) as exchange:
        watch = asyncio.create_task(exchange.watch_orders())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        await exchange.create_order(*LIMIT)
        await watch
        await exchange.watch_ticker("BTC/USDT")
        stats = exchange.stats()["eventLag"]
    lags = [event.lag_ms for event in told if isinstance(event, EventReceived) and event.lag_ms is not None]
    assert {event.stream for event in told if isinstance(event, EventReceived)} == {"account", "markets"}
    assert stats["count"] == len(lags) >= 2
    assert stats["max"] == max(lags) < 5_000


async def test_attempts_before_the_first_connection_are_no_reconnections(caplog: pytest.LogCaptureFixture) -> None:
    """An OMS that comes up late was connected to once."""
    caplog.set_level(logging.DEBUG, "oms_ccxt.stream")
    async with desk("full") as made:
        config = made.sandbox.config()
        config["options"] |= {"base_url": made.proxy.url, "ws": {"backoff": 1, "backoffCap": 2}}
        async with oms_ccxt_pro.oms(config) as exchange:
            await exchange.load_markets()
            with made.proxy.turning_away("fin"):
                await made.proxy.close_connections()
                watch = asyncio.create_task(exchange.watch_orders())
                await eventually(lambda: len(attempts(caplog)) > 3)
            await eventually(lambda: exchange.stream_status().get("state") == "live")
            assert exchange.stream_status()["reconnects"] == exchange.stats()["reconnects"] == 0
            watch.cancel()
            await asyncio.wait([watch])


async def test_commands_over_the_socket_are_requests(full: Desk, told: list[Any]) -> None:
    """Order entry counts, and its events say by which way it went."""
    async with oms_ccxt_pro.oms(full.sandbox.config()) as exchange:
        await exchange.load_markets()
        await exchange.create_order_ws(*LIMIT)
        [done] = [event for event in told if isinstance(event, RequestDone) and event.path == "/oms/commands"]
        assert (done.over, done.status, done.error) == ("websocket", None, None)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, AGENT),
        ({"userAgent": "desk/1"}, "desk/1"),
        ({"headers": {"user-agent": "desk/2"}}, "desk/2"),
        ({"userAgent": {"User-Agent": "desk/3"}, "headers": {"User-Agent": "desk/2"}}, "desk/3"),
    ],
)
async def test_requests_and_sockets_say_who_asks(given: dict[str, Any], sent: str, full: Desk) -> None:
    """`oms-ccxt` and its version, unless the program says otherwise; in one header."""
    config = full.sandbox.config()
    config["options"]["base_url"] = full.proxy.url
    async with oms_ccxt_pro.oms({**config, **given}) as exchange:
        watch = asyncio.create_task(exchange.watch_orders())
        await eventually(lambda: exchange.stream_status().get("state") == "live")
        watch.cancel()
        await asyncio.wait([watch])
    agents = {
        (request.path.partition("?")[0] == "/ws", request.headers["user-agent"]) for request in full.proxy.requests
    }
    assert agents == {(False, sent), (True, sent)}
