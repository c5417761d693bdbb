"""`oms_ccxt_async.cli.tiny_order`: one order that is never left open."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import ccxt
import pytest

from oms_ccxt_async.cli import tiny_order
from oms_ccxt_async.cli.tiny_order import Outcome, planned, tried
from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sync import oms
from tests.faults.plan import WHOLE, Cut, Delay, Fault, Reply, Request, on
from tests.faults.proxy import FaultProxy
from tests.oms_ccxt_async.cli.conftest import Start, background, behind, environ

COMMANDS = on("POST", "/oms/commands")
Both = tuple[Sandbox, FaultProxy]


def named(command: str) -> Callable[[Request], bool]:
    """Requests of one command."""
    return on("POST", "/oms/commands", f'"{command}"'.encode())


@pytest.fixture(scope="module", params=["full", "legacy"])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    """A sandbox of each profile in turn, and a proxy before it."""
    with background(lambda: behind(profile=request.param)) as both:
        yield both


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is here: what comes at all comes soon."""
    monkeypatch.setattr(tiny_order, "PATIENCE", 8.0)


def exchange_of(both: Both, account_id: int = 2) -> oms:
    """A driver behind the proxy."""
    sandbox, proxy = both
    options = {"account_id": account_id, "base_url": proxy.url, "settleTimeout": 2_000}
    exchange = oms({"apiKey": sandbox.keys["trader"], "timeout": 2_000, "options": options})
    exchange.number = Decimal
    return exchange


def outcome_of(both: Both, *faults: tuple[Fault, Callable[[Request], bool], int | None]) -> tuple[Outcome, list[str]]:
    """What came out of an order while these things go wrong, and what was said; no order is open afterwards."""
    _, proxy = both
    said: list[str] = []
    with exchange_of(both) as exchange:
        before = {each["id"] for each in exchange.fetch_orders()}
        amount, price = planned(exchange, "BTC/USDT")
        for fault, when, times in faults:
            proxy.plan(fault, when, times=times)
        try:
            outcome = tried(exchange, "BTC/USDT", amount, price, said.append)
        finally:
            proxy.schedules.clear()
        made = [each for each in exchange.fetch_orders() if each["id"] not in before]
        assert len(made) <= 1
        if not str(outcome.todo).startswith("look for the client order id"):
            assert exchange.fetch_open_orders() == []
        exchange.cancel_all_orders()
    return outcome, said


def test_every_market(both: Both) -> None:
    """In spot markets, linear and inverse swaps it is the least that the market takes, far from its price."""
    with exchange_of(both) as exchange:
        markets = exchange.load_markets()
        assert {market["type"] for market in markets.values()} == {"spot", "swap"}
        for symbol, market in markets.items():
            amount, price = planned(exchange, symbol)
            least = market["limits"]["amount"]["min"] or 0
            assert amount >= least
            assert price < exchange.fetch_ticker(symbol)["bid"] * Decimal("0.85")
            outcome = tried(exchange, symbol, amount, price, lambda text: None)
            assert (outcome.failure, outcome.done[1:]) == (None, ["edited", "canceled"]), symbol
        assert exchange.fetch_open_orders() == []


@pytest.mark.parametrize("command", ["send_order", "change_order", "cancel_order"])
@pytest.mark.parametrize("fault", [Cut("down", 0), Cut("up", 0), Cut("up", WHOLE), Delay("down", 3.0)], ids=repr)
def test_a_lost_answer(both: Both, command: str, fault: Fault) -> None:
    """Whichever answer is lost, and wherever, no order is left open; a legacy OMS never tells that an order did not
    arrive (fact 30), and whoever has to look is told what for."""
    sandbox, _ = both
    outcome, _ = outcome_of(both, (fault, named(command), 1))
    if not sandbox.oms.full and command == "send_order" and fault == Cut("up", 0):
        assert "found out whether it is there" in str(outcome.failure)
        assert "check-" in str(outcome.todo)
    else:
        assert outcome.done[-1] == "canceled"


def test_an_oms_that_goes_away(both: Both) -> None:
    """Whatever is asked after the order was sent fails for a while; it is canceled when the OMS is back."""
    down = Reply(
        503, b'{"detail": {"code": "dispatcher_unavailable", "message": "dispatcher_unavailable"}}', forward=False
    )

    def after(request: Request) -> bool:
        return any(b'"send_order"' in each.body for each in both[1].requests[mark:])

    mark = len(both[1].requests)
    outcome, said = outcome_of(both, (Cut("down", 0), named("send_order"), 1), (down, after, 12))
    assert outcome.done[-1] == "canceled"
    assert len(said) <= 1


def test_one_that_cannot_be_canceled(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the OMS does not cancel it, its client order id is told to whoever has to."""
    monkeypatch.setattr(tiny_order, "PATIENCE", 1.0)
    refusal = Reply(400, b'{"detail": {"code": "invalid_order_state", "message": "not now"}}', forward=False)
    outcome, said = outcome_of(both, (refusal, named("cancel_order"), None))
    assert "could not be canceled" in str(outcome.failure)
    assert "client order id check-" in str(outcome.todo)
    assert len(said) == 1


def test_one_that_is_refused(both: Both) -> None:
    """An order that the OMS does not take is told, and nothing is canceled."""
    body = b'{"detail": {"code": "permission_denied", "message": "permission_denied"}}'
    outcome, said = outcome_of(both, (Reply(403, body, forward=False), named("send_order"), None))
    assert outcome.done == []
    assert "permission_denied" in str(outcome.failure)
    assert said == []


def test_one_that_is_filled(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticker that lies: the position is told."""
    monkeypatch.setattr(tiny_order, "FAR", Decimal("1.2"))
    outcome, _ = outcome_of(both)
    assert "was filled" in str(outcome.failure)
    assert outcome.todo == "close the position in BTC/USDT"


def test_a_defect_leaves_nothing_open(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody expected does not, either."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("mine")

    monkeypatch.setattr(tiny_order, "_edit", broken)
    outcome, _ = outcome_of(both)
    assert outcome.failure == "mine"
    assert outcome.done[-1] == "canceled"


def test_a_market_without_a_price(both: Both) -> None:
    """There is nothing to be far from."""
    body = b'{"result": {"symbol": "BTC/USDT", "bid": null, "ask": null, "last": null}}'
    with exchange_of(both) as exchange:
        exchange.load_markets()
        both[1].plan(Reply(200, body, forward=False), on("POST", "*/fetch_ticker"))
        with pytest.raises(ccxt.BadResponse, match="no price"):
            planned(exchange, "BTC/USDT")


@pytest.mark.parametrize(("number", "command"), [(signal.SIGINT, "send_order"), (signal.SIGTERM, "change_order")])
def test_interrupted(
    both: Both, start: Start, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, command: str
) -> None:
    """Ctrl-C, also twice, while an answer is awaited: the order is canceled, and then the command ends."""
    sandbox, proxy = both
    for name, value in environ(sandbox, url=proxy.url).items():
        monkeypatch.setenv(name, value)
    mark = len(proxy.requests)
    proxy.plan(Delay("down", 1.0), named(command))
    running = start("check", "--trade", "BTC/USDT", "--yes", "--json")
    deadline = time.monotonic() + 30
    while not any(f'"{command}"'.encode() in request.body for request in proxy.requests[mark:]):
        assert time.monotonic() < deadline
        assert running.process.poll() is None
    running.process.send_signal(number)
    code, printed, _ = running.end(number)
    assert code == 1
    assert "Traceback" not in printed
    assert "interrupted: the order is canceled first" in printed
    report = json.loads(printed[printed.index("{") :])
    found = next(line["found"] for line in report["lines"] if line["name"] == "order")
    assert found.endswith("canceled; interrupted")
    with exchange_of(both) as exchange:
        assert exchange.fetch_open_orders() == []
