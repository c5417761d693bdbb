"""Cells of tables, filters and sorting."""

from __future__ import annotations

import pytest

from oms_ccxt_async.view.tables import TABLES, arranged, rows_of
from tests.oms_ccxt_async.view.still import traded


def texts(table: str, strategy: str | None = None) -> list[list[str]]:
    """What is read in the cells."""
    return [[cell.text for cell in row.cells] for row in rows_of(table, traded(), strategy)]


def test_open_orders() -> None:
    """The latest change comes first, with how far the price is away; a strategy has its own only."""
    assert texts("orders")[0] == ["72", "12:04:58", "ETH/USDT", "buy", "0.5", "0", "2,900", "-3.33 %", "beta"]
    assert [row[0] for row in texts("orders")] == ["72", "71", "70"]
    assert [row[0] for row in texts("orders", "2")] == ["72"]


def test_positions_have_their_gain() -> None:
    """The gain has its currency and its colour."""
    [row] = rows_of("positions", traded())
    assert (row.cells[5].text, row.cells[5].kind) == ("+13.50 USDT", "good")


@pytest.mark.parametrize("table", list(TABLES))
def test_every_row_has_every_column(table: str) -> None:
    """Rows are as wide as their headings, and ids of rows are different."""
    rows = rows_of(table, traded())
    assert {len(row.cells) for row in rows} == {len(TABLES[table].columns)}
    assert len({row.id for row in rows}) == len(rows) > 0


def test_filter_and_sort() -> None:
    """Every word has to be in some cell; numbers sort as numbers, ids by their length first."""
    rows = rows_of("fills", traded())
    assert {row.cells[2].text for row in arranged(rows, "SELL btc")} == {"sell"}
    assert arranged(rows, "sell nothing") == []
    orders = [row.cells[6].text for row in arranged(rows, sort=6)]
    assert orders == ["4", "13", "22", "31", "40", "49", "58"]
    assert [row.cells[6].text for row in arranged(rows, sort=6, backward=True)] == orders[::-1]
