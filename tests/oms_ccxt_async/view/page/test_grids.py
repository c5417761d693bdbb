"""What changes in the large tables of a browser."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.view.page import grids
from oms_ccxt_async.view.page.grids import CANCEL, Grid
from tests.oms_ccxt_async.view.made import fill, order
from tests.oms_ccxt_async.view.still import NOW, traded


def ids(change: Any, what: str) -> list[str]:
    """The ids in one part of a transaction."""
    return [row["id"] for row in change[what]]


def test_orders_come_change_and_go() -> None:
    """A new order is added, one that moved is updated, one that is over is removed; nothing is sent twice."""
    view, grid = traded(), Grid("orders")
    assert [row["id"] for row in grid.all(view, None)] == ["72", "71", "70"]
    assert grid.changes(view, None) is None
    view.saw_order(order("80"), NOW)
    view.saw_order(order("71", price=Decimal(5)), NOW)
    view.saw_order(order("70", "canceled"), NOW)
    view.saw_order(order("90"), NOW)
    view.saw_order(order("90", "canceled"), NOW)
    change = grid.changes(view, None)
    assert [ids(change, what) for what in ("add", "update", "remove")] == [["80"], ["71"], ["70"]]
    assert change["update"][0]["c6"] == "5"  # type: ignore[index]
    assert grid.changes(view, None) is None


def test_a_strategy_has_its_own_rows() -> None:
    """Orders of other strategies are neither shown nor sent."""
    view, grid = traded(), Grid("orders")
    assert [row["id"] for row in grid.all(view, "2")] == ["72"]
    view.saw_order(order("80", strategy="1"), NOW)
    assert grid.changes(view, "2") is None


def test_fills_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser has the latest fills, the latest first; the oldest are taken from it."""
    monkeypatch.setattr(grids, "FILLS_SHOWN", 10)
    view, grid = traded(), Grid("fills")
    assert len(grid.all(view, None)) == 7
    for number in range(100, 105):
        view.saw_fill(fill(str(number)), NOW)
    change = grid.changes(view, None)
    assert ids(change, "add") == ["104", "103", "102", "101", "100"]
    assert ids(change, "remove") == ["4", "13"]
    for number in range(200, 300):
        view.saw_fill(fill(str(number)), NOW)
    assert len(ids(grid.changes(view, None), "add")) == 10


def test_columns() -> None:
    """A button only where something may be done; no column that changes with every price; all of it JSON."""
    columns = Grid("orders", buttons=True).options()["columnDefs"]
    assert columns[0]["colId"] == CANCEL
    assert "Away" not in [each["headerName"] for each in columns]
    assert CANCEL not in [each.get("colId") for each in Grid("orders").options()["columnDefs"]]
    json.dumps(Grid("orders").all(traded(), None))
