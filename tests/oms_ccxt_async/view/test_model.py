"""The view model: what it holds, what it says, and that it stays bounded."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.instrumentation.events import CircuitChanged, GapFound
from oms_ccxt_async.view import model
from oms_ccxt_async.view.candles import SEEN
from oms_ccxt_async.view.model import pairs
from oms_ccxt_async.view.rows import Balance
from tests.oms_ccxt_async.view.made import NOON, SWAP, fill, order, position, price, view

NOW = NOON + 10_000
WHO: dict[str, Any] = {"exchange": "oms", "account_id": 2}


def test_changes_since_a_version() -> None:
    """Whoever drew one version gets what changed after it, in its sequence, and nothing twice."""
    account = view()
    account.saw_order(order("1"), NOW)
    account.saw_order(order("2"), NOW)
    drawn = account.version
    account.saw_order(order("2"), NOW)
    assert account.orders_since(drawn) == ([], [])
    account.saw_order(order("3"), NOW)
    account.saw_order(order("1", "canceled"), NOW)
    assert [each.id for each in account.orders_since(drawn)[0]] == ["3", "1"]
    account.saw_fill(fill("7"), NOW)
    assert [each.id for each in account.fills_since(drawn)] == ["7"]
    assert account.fills_since(account.version) == []


def test_an_order_that_is_over_stays_over() -> None:
    """A list that was asked for before the end and arrives after it does not open the order again."""
    account = view()
    account.saw_order(order("1", "canceled"), NOW)
    account.saw_order(order("1"))
    assert account.open_orders() == []


def test_open_orders_are_kept_and_over_ones_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of orders that are over the latest are kept; an open one is not dropped for them; who drew one is told."""
    monkeypatch.setattr(model, "OVER_KEPT", 10)
    account = view()
    account.saw_order(order("open"), NOW)
    for number in range(30):
        account.saw_order(order(str(number), "canceled"), NOW)
    assert len(account.orders) == 11
    assert "open" in account.orders
    assert account.orders_since(0)[1] == [str(number) for number in range(20)]
    monkeypatch.setattr(model, "OPEN_KEPT", 5)
    for number in range(100, 120):
        account.saw_order(order(str(number)), NOW)
    assert len(account.open_orders()) == 5


def test_fills_are_bounded_and_the_session_counts_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest fills are dropped from the list, and stay in counts and profit."""
    monkeypatch.setattr(model, "FILLS_KEPT", 3)
    account = view()
    for number in range(10):
        account.saw_fill(fill(str(number), "buy", "1", "100"), NOW)
    account.saw_price(price("101"))
    assert len(account.fills) == 3
    assert account.counted == 10
    assert account.gained().amount == 10


def test_a_fill_counts_once_whichever_way_it_comes() -> None:
    """Read of the time before, told as news, and told again: it counts once, when it is told."""
    account = view()
    account.saw_fill(fill("1"))
    assert account.counted == 0
    account.saw_fill(fill("1"), NOW)
    account.saw_fill(fill("1"), NOW)
    account.saw_fill(fill("1"))
    assert account.counted == 1
    assert len(account.feed) == 1


def test_what_a_person_needs_to_know() -> None:
    """Three sentences: what was done, what is held, what it made; of one strategy, of its fills alone."""
    account = view()
    assert account.told(NOW).holds == "No open position"
    account.saw_order(order("1", "closed", filled=Decimal("0.5")), NOW)
    account.saw_fill(fill("1", fee=Decimal(3)), NOW)
    account.saw_fill(fill("2", "sell", "0.1", strategy="2"), NOW)
    account.saw_position(position("0.4"))
    account.saw_price(price("60100"))
    told = account.told(NOW)
    assert told.did == f"1 new order and 2 fills in 10 s: bought 0.5 and sold 0.1 {SWAP}"
    assert told.holds == f"long 0.4 {SWAP} from 60,000, now +40.00 USDT"
    assert told.made == "+37.00 USDT since 12:00:00 UTC, after 3.00 USDT of fees"
    assert account.told(NOW, "2").did.startswith("0 new orders and 1 fill in")
    assert account.gained("2").amount == -10


def test_a_closed_position_is_gone() -> None:
    """A position without contracts is closed."""
    account = view()
    account.saw_position(position("-2"))
    assert [row[0].contracts for row in account.held()] == [-2]
    account.saw_position(position("0"))
    assert account.held() == []


def test_equity_is_what_there_is_and_what_positions_gained() -> None:
    """Balances at their prices, and unrealised profit; what has no price is apart."""
    account = view()
    account.saw_balances([Balance(each, Decimal(0), Decimal(0), Decimal(2)) for each in ("USDT", "BTC", "X")])
    account.saw_price(price("50000", "BTC/USDT"))
    account.saw_position(position("1", entry="60000"))
    account.saw_price(price("60005"))
    assert account.worth().amount == 100_007
    assert account.worth().apart == {"X": Decimal(2)}
    account.measure(NOON)
    assert account.equity == []  # what it has may get its price yet
    account.measure(NOW + 1)
    assert list(pairs(account.equity)) == [(NOW + 1, 100_007.0)]


def test_lines_over_time_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of points keeps its first and its last, and never more than so many."""
    monkeypatch.setattr(model, "POINTS_KEPT", 100)
    account = view()
    account.saw_balances([Balance("USDT", Decimal(0), Decimal(0), Decimal(2))])
    for second in range(86_400 // 60):
        account.measure(NOON + second)
    assert len(account.equity) <= 101
    assert (account.equity[0][0], account.equity[-1][0]) == (NOON, NOON + 1439)


def test_the_feed_tells_what_happened() -> None:
    """Orders, moves, fills, outages, gaps and the circuit are lines, numbered, of which a reader gets the new ones."""
    account = view()
    account.saw_status({"state": "live"}, {}, NOW)
    account.saw_order(order("1"), NOW)
    account.saw_order(order("1", price=Decimal(60_001)), NOW)
    drawn = account.feed[-1].number
    account.saw_order(order("1", "rejected", price=Decimal(60_001)), NOW)
    account.saw_status({"state": "down", "error": "cut"}, {}, NOW)
    account.happened(GapFound(stream="account", **WHO), NOW)
    account.happened(CircuitChanged(is_open=True, **WHO), NOW)
    assert [line.text for line in account.lines_since(drawn)] == [
        "order 1 is rejected",
        "the connection is down: cut",
        "events of the account stream were missed, and are made up for",
        "the circuit is open: requests fail unsent for a while",
    ]
    assert account.feed[1].text == f"order 1 to buy 0.5 {SWAP} at 60,000"


def test_health_is_the_worst_that_is_known() -> None:
    """A part that cannot be read is said until it can be; an open circuit as well; an outage before both."""
    account = view()
    account.saw_status({"state": "live"}, {}, NOW)
    assert account.health(NOW).level == "good"
    account.failed("balance", "503", NOW)
    account.failed("balance", "503", NOW)
    assert account.health(NOW).level == "care"
    assert sum("503" in line.text for line in account.feed) == 1
    account.saw_status({"state": "down"}, {}, NOW)
    assert account.health(NOW + 5_000).detail.startswith("No connection for 5.0 s")
    account.failed("balance", None, NOW)
    account.saw_status({"state": "live"}, {}, NOW)
    account.happened(CircuitChanged(is_open=True, **WHO), NOW)
    assert account.health(NOW).title == "Requests fail"


def test_the_age_of_the_reconciliation_grows() -> None:
    """What was three seconds old two seconds ago is five seconds old."""
    account = view()
    account.saw_reconciled(NOON, 3.0)
    assert {name: figure for name, figure, _ in account.figures(NOON + 2_000)}["Reconciled"] == "5.0 s ago"


def test_markets_that_matter() -> None:
    """Those of positions, then of orders, then of fills, each once."""
    account = view()
    account.saw_fill(fill("1", symbol="C"), NOW)
    account.saw_order(order("1", symbol="B"), NOW)
    account.saw_order(replace(order("2"), symbol="A"), NOW)
    account.saw_position(position("1", symbol="B"))
    assert account.symbols() == ["B", "A", "C"]
    assert account.busiest() == "A"
    account.saw_fill(fill("2", symbol="C"), NOW)
    assert account.busiest() == "C"
    assert view().busiest() is None


def test_prices_draw_the_market_that_is_charted() -> None:
    """Prices make candles of the charted market alone; another market starts anew, without the first one's book."""
    account = view()
    account.chart(SWAP, SEEN)
    account.saw_book([(Decimal(1), Decimal(2))], [])
    account.saw_price(price("5"))
    account.saw_price(price("6", "ETH/USDT"))
    assert [bar[4] for bar in account.candles.bars] == [5]
    account.chart("ETH/USDT", SEEN)
    assert (account.candles.bars, account.book) == ([], ([], []))
