"""Small tables as HTML: what they show, and that nothing in them is obeyed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.view.lives import Stage
from oms_ccxt_async.view.model import Line
from oms_ccxt_async.view.tables import TABLES, Cell, Row, rows_of
from tests.oms_ccxt_async.view.made import NOON
from tests.oms_ccxt_async.view.still import traded

markup = pytest.importorskip("oms_ccxt_async.view.page.markup", reason="needs the extra dashboard")
BAD = '"><img src=x onerror=alert(1)>&amp;'
SAFE = "&lt;img src=x onerror=alert(1)&gt;&amp;amp;"


def test_everything_is_escaped() -> None:
    """Ids, texts, sides and meanings with HTML in them are shown as they are, in attributes as well."""
    cells = tuple(Cell(BAD, BAD, BAD) for _ in TABLES["positions"].columns)
    pages = [
        markup.table("positions", [Row(BAD, cells)], "Close"),
        markup.figures([(BAD, BAD, BAD)]),
        markup.feed([Line(1, NOON, BAD, BAD, BAD)]),
        markup.life([Stage(NOON, BAD, BAD, BAD)]),
    ]
    for page in pages:
        assert "<img" not in page
        assert SAFE in page


def test_a_table() -> None:
    """Rows, numbers to the right, a button that says what it does, and what there is without rows."""
    page = markup.table("positions", rows_of("positions", traded()), "Close")
    assert '<button type="button" class="act" data-id="1" aria-label="Close short BTC/USDT:USDT">Close</button>' in page
    assert '<td class="num good">+13.50 USDT</td>' in page
    assert "No open position" in markup.table("positions", [])
    assert "<button" not in markup.table("positions", rows_of("positions", traded()))


def test_a_book() -> None:
    """Asks stand above bids, the best next to the spread; own prices are marked."""
    bids = [(Decimal(9), Decimal(1)), (Decimal(8), Decimal(4))]
    asks = [(Decimal(11), Decimal(2)), (Decimal(12), Decimal(3))]
    page = markup.book(bids, asks, frozenset({("buy", Decimal("8.0"))}))
    at = [page.index(f'<td class="num">{text}') for text in ("12", "11", "9", "8 <span")]
    assert at == sorted(at)
    assert "spread 2<" in page
    assert page.count("yours") == 1
    assert "No order book" in markup.book([], [], frozenset())
    assert "--size:0%" in markup.book([(Decimal(1), Decimal(0))], [], frozenset())


def test_the_feed_has_its_latest_first() -> None:
    """Of very many lines the latest are shown; those about an order can be pressed."""
    page = markup.feed([Line(n, NOON, f"line {n}.", "plain", str(n) if n % 2 else "") for n in range(500)])
    assert page.index("line 499.") < page.index("line 498.")
    assert "line 100." not in page
    assert '<button type="button" class="link" data-id="499">line 499.</button>' in page


def test_a_life_tells_how_long_each_stage_took() -> None:
    """Each stage has its time and what it took since the one before."""
    page = markup.life([Stage(NOON, "sent"), Stage(NOON + 250, "fill", "1 at 2", "good")])
    assert "12:00:00.000" in page
    assert "+0.2 s" in page
    assert markup.feed([]).startswith("<p")
