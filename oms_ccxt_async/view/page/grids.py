"""The two large tables of the page as AG Grids: their columns, and what changes in them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.tables import TABLES, Row, fill_row, order_row

__all__ = ["CANCEL", "Grid"]

CANCEL = "cancel"
"""The id of the column of buttons."""
LEFT_OUT = {"Away"}
"""Columns that change with every price, for every row."""
WIDTHS = {
    "Order": 72,
    "Since": 88,
    "Time": 88,
    "Market": 135,
    "Side": 62,
    "Amount": 82,
    "Filled": 74,
    "Price": 92,
    "Fee": 100,
    "Strategy": 86,
}
FILLS_SHOWN = 1_000
BUTTON = """(params) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'act';
  button.textContent = 'Cancel';
  button.setAttribute('aria-label', 'Cancel order ' + params.data.id);
  return button;
}"""


class Grid:
    """One of the tables `orders` and `fills`, and which of its rows a browser has.

    Args:
        name: of the table.
        buttons: whether each row has a button to cancel.
    """

    def __init__(self, name: str, *, buttons: bool = False) -> None:
        self._name = name
        self._buttons = buttons
        self._version = 0
        self._shown: dict[str, None] = {}

    def options(self) -> dict[str, Any]:
        """The grid without rows."""
        table = TABLES[self._name]
        columns: list[dict[str, Any]] = []
        if self._buttons:
            fixed = {"sortable": False, "width": 92, "minWidth": 92, "pinned": "left"}
            columns.append({"colId": CANCEL, "headerName": "Cancel", ":cellRenderer": BUTTON, **fixed})
        for at, name in enumerate(table.columns):
            if name in LEFT_OUT:
                continue
            column: dict[str, Any] = {
                "field": f"c{at}",
                "headerName": name,
                "minWidth": WIDTHS[name],
                "flex": WIDTHS[name],
            }
            column[":comparator"] = (
                f"(a, b, one, two) => one.data.k{at} < two.data.k{at} ? -1 : +(one.data.k{at} > two.data.k{at})"
            )
            column[":cellClass"] = (
                f"(params) => (params.data.s{at} || '') + '{' num' if name in table.numeric else ''}'"
            )
            if name in table.numeric:
                column["headerClass"] = "ag-right-aligned-header"
            columns.append(column)
        return {
            "columnDefs": columns,
            "rowData": [],
            ":getRowId": "(params) => params.data.id",
            "defaultColDef": {"sortable": True, "resizable": True, "suppressMovable": True},
            "overlayNoRowsTemplate": table.empty,
            "rowHeight": 34,
            "headerHeight": 34,
            "suppressCellFocus": False,
            "animateRows": False,
            "suppressColumnVirtualisation": True,
        }

    def all(self, view: AccountView, strategy: str | None) -> list[dict[str, Any]]:
        """All rows anew, the latest first."""
        rows = [_data(row) for row in self._rows(view, 0, strategy)[0]][::-1]
        self._version = view.version
        self._shown = dict.fromkeys(row["id"] for row in reversed(rows))
        return rows

    def changes(self, view: AccountView, strategy: str | None) -> dict[str, Any] | None:
        """What the browser lacks, as a transaction of AG Grid; None if that is nothing."""
        if view.version == self._version:
            return None
        changed, gone = self._rows(view, self._version, strategy)
        self._version = view.version
        add: list[dict[str, Any]] = []
        update: list[dict[str, Any]] = []
        for row in changed:
            (update if row.id in self._shown else add).append(_data(row))
            self._shown[row.id] = None
        remove = [each for each in gone if each in self._shown]
        if self._name == "fills":
            remove += list(self._shown)[: max(0, len(self._shown) - FILLS_SHOWN)]
        for each in remove:
            self._shown.pop(each, None)
        update = [row for row in update if row["id"] in self._shown]
        add = [row for row in add if row["id"] in self._shown]
        if not (add or update or remove):
            return None
        return {"add": add[::-1], "addIndex": 0, "update": update, "remove": [{"id": each} for each in remove]}

    def _rows(self, view: AccountView, version: int, strategy: str | None) -> tuple[list[Row], list[str]]:
        """What changed after a version, the earliest first, and the ids of what does not belong here any more."""
        if self._name == "fills":
            fills = [each for each in view.fills_since(version) if strategy in (None, each.strategy)]
            return [fill_row(view, each) for each in fills[-FILLS_SHOWN:]], []
        changed, gone = view.orders_since(version)
        rows = [order_row(view, each) for each in changed if each.is_open and strategy in (None, each.strategy)]
        return rows, gone + [each.id for each in changed if not each.is_open]


def _data(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = {"id": row.id}
    for at, cell in enumerate(row.cells):
        data[f"c{at}"], data[f"k{at}"] = cell.text, _key(cell.key)
        if cell.kind:
            data[f"s{at}"] = cell.kind
    return data


def _key(key: Any) -> float | str:
    """What a browser can compare: a number, or a text; ids of digits in the sequence of their numbers."""
    if isinstance(key, Decimal | int):
        return float(key)
    if isinstance(key, tuple):
        return f"{key[0]:03d}{key[1]}"
    return "" if key is None else str(key)
