"""How records lie in tables: one class a table, one field a column, in SQL that every database of ours speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade, Funding, Ticket, Transfer
from oms_ccxt_async.sandbox.rows import (
    Account,
    ApiKey,
    Command,
    Cursor,
    Deal,
    Event,
    Order,
    Permission,
    Position,
    Strategy,
    exact,
)

__all__ = ["TABLES", "Table"]

Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""How a field becomes a column and comes back."""


def _exact_text(value: Decimal) -> str:
    return str(exact(value))


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_TICKET_DECIMALS = tuple(name for name, hint in get_type_hints(Ticket).items() if Decimal in (hint, *get_args(hint)))


def _ticket(text: str) -> Ticket:
    values = orjson.loads(text)
    for name in _TICKET_DECIMALS:
        if values[name] is not None:
            values[name] = Decimal(values[name])
    return Ticket(**values)


class Table:
    """How one class of records lies in one table.

    Args:
        kind: a dataclass whose fields are the columns.
        name: the table's name.
        key: the columns of its primary key.
        decimal_text: how its decimals are written.
        derived: columns that are computed from a record and only searched by.
        stamp: a column that is written beside the record, by whoever has its value.
    """

    def __init__(
        self,
        kind: type[Any],
        name: str,
        key: tuple[str, ...],
        *,
        decimal_text: Callable[[Decimal], str] = _exact_text,
        derived: dict[str, str] = {},
        stamp: str | None = None,
    ) -> None:
        self.derived = derived
        self.kind = kind
        self.key = key
        columns = [field.name for field in fields(kind)]
        hints = get_type_hints(kind)
        self._read = attrgetter(*columns, *derived.values())
        self._codecs = [
            (index, codec) for index, column in enumerate(columns) if (codec := _codec(hints[column], decimal_text))
        ]
        written = [*columns, *derived, *([stamp] if stamp else [])]
        self.select = f"SELECT {', '.join(columns)} FROM {name}"  # noqa: S608 - names of our own
        self.count = f"SELECT count(*) FROM {name}"  # noqa: S608
        self.newest = f"SELECT max({key[-1]}) FROM {name}"  # noqa: S608
        self.delete = f"DELETE FROM {name}"  # noqa: S608
        self.insert = f"INSERT INTO {name} ({', '.join(written)}) VALUES ({', '.join('?' * len(written))})"  # noqa: S608
        changes = ", ".join(f"{column} = excluded.{column}" for column in written if column not in key)
        self.save = f"{self.insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"

    def encode(self, row: Any) -> list[Any]:
        values = list(self._read(row))
        for index, (write, _) in self._codecs:
            if values[index] is not None:
                values[index] = write(values[index])
        return values

    def decode(self, columns: Sequence[Any]) -> Any:
        values = list(columns)
        for index, (_, read) in self._codecs:
            if values[index] is not None:
                values[index] = read(values[index])
        return self.kind(*values)


def _codec(hint: Any, decimal_text: Callable[[Decimal], str]) -> Codec | None:
    for kind in (hint, *(get_args(hint) if NoneType in get_args(hint) else ())):
        if kind is Decimal:
            return decimal_text, Decimal
        if kind is bool:
            return int, bool
        if kind is Ticket:
            return _json, _ticket
        if get_origin(kind) is list:
            return _json, orjson.loads
    return None


TABLES: dict[type[Any], Table] = {
    table.kind: table
    for table in (
        Table(Account, "accounts", ("account_id",)),
        Table(Strategy, "strategies", ("strategy_id",)),
        Table(ApiKey, "api_keys", ("api_key_id",)),
        Table(Permission, "permissions", ("api_key_id", "account_id")),
        Table(Command, "commands", ("command_id",)),
        Table(Order, "orders", ("id",)),
        Table(Deal, "deals", ("id",)),
        Table(Position, "positions", ("id",)),
        Table(Event, "events", ("account_id", "event_id")),
        Table(Cursor, "cursors", ("account_id",)),
        # the exchange gets its own numbers back to the last digit
        Table(
            ExchangeOrder,
            "exchange_orders",
            ("id",),
            decimal_text=str,
            derived={"account_id": "ticket.account_id", "symbol": "ticket.symbol"},
        ),
        Table(ExchangeTrade, "exchange_trades", ("id",), decimal_text=str),
        Table(Funding, "exchange_fundings", ("id",), decimal_text=str),
        Table(Transfer, "exchange_transfers", ("id",), decimal_text=str),
    )
}
