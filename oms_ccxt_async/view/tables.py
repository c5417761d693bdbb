"""What the tables of a view have in their cells, and how they are filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.rows import Fill, Order
from oms_ccxt_async.view.words import clock, money, number, signed

__all__ = ["TABLES", "Cell", "Row", "Table", "arranged", "fill_row", "order_row", "rows_of"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it says, what it is sorted by, and `good`, `bad` or nothing for its colour."""

    text: str
    key: Any
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row and the id of what it shows."""

    id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table.

    Attributes:
        title: above it.
        columns: headings; those of numbers are in `numeric`.
        empty: what it says without rows.
        rows: its rows, of a strategy or of all.
    """

    title: str
    columns: tuple[str, ...]
    numeric: frozenset[str]
    empty: str
    rows: Callable[[AccountView, str | None], Iterable[Row]]


def arranged(rows: Iterable[Row], filter: str = "", sort: int | None = None, backward: bool = False) -> list[Row]:
    """The rows of which a cell holds each word of a filter, by one column or as they are."""
    words = filter.lower().split()
    found = [row for row in rows if all(any(word in cell.text.lower() for cell in row.cells) for word in words)]
    if sort is not None:
        found.sort(key=lambda row: (row.cells[sort].key is None, row.cells[sort].key), reverse=backward)
    return found


def rows_of(table: str, view: AccountView, strategy: str | None = None) -> list[Row]:
    """The rows of a table by its name."""
    return list(TABLES[table].rows(view, strategy))


def _text(text: str, kind: str = "") -> Cell:
    return Cell(text, text, kind)


def _number(value: Decimal | None) -> Cell:
    return Cell(number(value), value)


def _side(side: str) -> Cell:
    return _text(side, {"buy": "good", "long": "good", "sell": "bad", "short": "bad"}.get(side, ""))


def _gain(value: Decimal | None, currency: str) -> Cell:
    if value is None:
        return Cell("-", None)
    return Cell(signed(value, currency), value, "good" if value > 0 else "bad" if value < 0 else "")


def order_row(view: AccountView, order: Order) -> Row:
    """An open order as a row of `orders`."""
    last = view.prices.get(order.symbol)
    away = None if last is None or not order.price else (order.price / last.last - 1) * 100
    return Row(
        order.id,
        (
            Cell(order.id, (len(order.id), order.id)),
            Cell(clock(order.created), order.created),
            _text(order.symbol),
            _side(order.side),
            _number(order.amount),
            _number(order.filled),
            _number(order.price),
            Cell("-" if away is None else f"{away:+.2f} %", away),
            _text(view.strategies.get(order.strategy, order.strategy)),
        ),
    )


def fill_row(view: AccountView, fill: Fill) -> Row:
    """A fill as a row of `fills`."""
    return Row(
        fill.id,
        (
            Cell(clock(fill.at), fill.at),
            _text(fill.symbol),
            _side(fill.side),
            _number(fill.amount),
            _number(fill.price),
            Cell(money(fill.fee, fill.fee_currency), fill.fee),
            Cell(fill.order, (len(fill.order), fill.order)),
            _text(view.strategies.get(fill.strategy, fill.strategy)),
        ),
    )


def _orders(view: AccountView, strategy: str | None) -> Iterable[Row]:
    return (order_row(view, each) for each in view.open_orders(strategy))


def _fills(view: AccountView, strategy: str | None) -> Iterable[Row]:
    return (fill_row(view, each) for each in view.latest_fills(strategy))


def _positions(view: AccountView, strategy: str | None) -> Iterable[Row]:
    for each, price, gain in view.held(strategy):
        contract = view.contract(each.symbol)
        yield Row(
            each.id,
            (
                _text(each.symbol),
                _side("short" if each.contracts < 0 else "long"),
                _number(abs(each.contracts)),
                _number(each.entry),
                _number(price),
                _gain(gain, contract.settle if contract else ""),
                _text(view.strategies.get(each.strategy, each.strategy)),
            ),
        )


def _balances(view: AccountView, strategy: str | None) -> Iterable[Row]:
    for each in view.balances:
        cells = (_text(each.currency), _number(each.free), _number(each.used), _number(each.total))
        yield Row(each.currency, cells)


def _feed(view: AccountView, strategy: str | None) -> Iterable[Row]:
    for each in reversed(view.feed):
        yield Row(str(each.number), (Cell(clock(each.at), each.number), _text(each.text, each.kind)))


def _numeric(*names: str) -> frozenset[str]:
    return frozenset(names)


ORDER_COLUMNS = ("Order", "Since", "Market", "Side", "Amount", "Filled", "Price", "Away", "Strategy")
FILL_COLUMNS = ("Time", "Market", "Side", "Amount", "Price", "Fee", "Order", "Strategy")
POSITION_COLUMNS = ("Market", "Side", "Amount", "Entry", "Now", "Unrealised", "Strategy")
TABLES = {
    "orders": Table(
        "Open orders", ORDER_COLUMNS, _numeric("Amount", "Filled", "Price", "Away"), "No open order", _orders
    ),
    "fills": Table("Fills", FILL_COLUMNS, _numeric("Amount", "Price", "Fee"), "No fill yet", _fills),
    "positions": Table(
        "Positions", POSITION_COLUMNS, _numeric("Amount", "Entry", "Now", "Unrealised"), "No open position", _positions
    ),
    "balances": Table(
        "Balances",
        ("Currency", "Free", "In orders", "Total"),
        _numeric("Free", "In orders", "Total"),
        "Nothing",
        _balances,
    ),
    "events": Table("Events", ("Time", "What happened"), _numeric(), "Nothing happened yet", _feed),
}
