"""The database behind one seam: everything above speaks of records, only this module and those of the databases SQL.

`Storage` is what every database does in the same words; `sqlite.py` is the one that comes with Python, `postgres.py`
the one that several processes share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeVar

from oms_ccxt_async.sandbox.exchange import (
    AccountState,
    Balance,
    ExchangeOrder,
    Execution,
    Ids,
    MarginMode,
    NetPosition,
)
from oms_ccxt_async.sandbox.rows import Command, Deal, Order, Position
from oms_ccxt_async.sandbox.tables import TABLES, Table

__all__ = ["NUMBERED", "Numbered", "Storage", "Synchronous", "Turn", "Window", "is_postgres"]

Row = TypeVar("Row")
Numbered = Command | Order | Deal | Position | ExchangeOrder
NUMBERED: tuple[type[Numbered], ...] = (Command, Order, Deal, Position, ExchangeOrder)
"""The kinds of records that are numbered one by one; trades and fundings share the numbers of the exchange's orders."""

Synchronous = Literal["NORMAL", "FULL"]


_HELD = """
SELECT 'balance', currency, free, used, '' FROM exchange_balances WHERE account_id = ? UNION ALL
SELECT 'position', symbol, amount, entry_price, leverage FROM exchange_positions WHERE account_id = ? UNION ALL
SELECT 'leverage', symbol, leverage, '', '' FROM exchange_leverages WHERE account_id = ? UNION ALL
SELECT 'mode', symbol, mode, '', '' FROM exchange_margin_modes WHERE account_id = ?"""


@dataclass(frozen=True, slots=True)
class Window:
    """The rows whose `column` lies in [start, end)."""

    column: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an account stands in a database that several processes share.

    Attributes:
        stale: whether others have changed it since this process took it up.
        event_id: its newest event.
    """

    stale: bool
    event_id: int


def is_postgres(place: object) -> bool:
    """Whether a database is named by the address of a PostgreSQL one, not by a file."""
    return isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))


class Storage(ABC):
    """One database of an OMS.

    Attributes:
        engine: what kind of database it is.
        shared: whether other processes may change it.
    """

    engine: ClassVar[str]
    shared: ClassVar[bool] = False
    _tables: Mapping[type[Any], Table] = TABLES

    @abstractmethod
    def close(self) -> None:
        """Close the database; what was committed stays."""

    @abstractmethod
    def transaction(self, account_ids: Iterable[int] = ()) -> AbstractContextManager[None]:
        """All writes inside are stored together, or none is; nobody else changes these accounts meanwhile.

        Raises:
            StorageUnavailable: the database did not take them; they are undone.
            CommitInDoubt: the database was lost over it, and may have taken them.
        """

    def reading(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment."""
        return nullcontext()

    def turns(self, account_ids: Iterable[int]) -> dict[int, Turn]:
        """Where these accounts stand, in a database that is shared; of another one there is nothing to tell."""
        return {}

    def lock_directory(self) -> None:  # noqa: B027 - in a database of one process there is nothing to do
        """Let nobody else add keys or strategies until the transaction ends, and let them hear of it then."""

    @abstractmethod
    def ids(self, kind: type[Numbered]) -> Ids:
        """The ids of the records of a kind, each higher than every one that is in use where it will be stored."""

    @abstractmethod
    def _write(self, statement: str, values: Sequence[Any]) -> None: ...

    @abstractmethod
    def _write_all(self, statement: str, values: Iterable[Sequence[Any]]) -> None: ...

    @abstractmethod
    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]: ...

    def insert(self, row: Any) -> None:
        """Store a record that is not there yet."""
        table = self._tables[type(row)]
        self._write(table.insert, table.encode(row))

    def insert_all(self, rows: Sequence[Any]) -> None:
        """Store records of one class that are not there yet."""
        table = self._tables[type(rows[0])]
        self._write_all(table.insert, map(table.encode, rows))

    def save(self, row: Any) -> None:
        """Store a record, in place of the one with its key if there is one."""
        table = self._tables[type(row)]
        self._write(table.save, table.encode(row))

    def get(self, kind: type[Row], **key: Any) -> Row | None:
        """The record with this key, or None."""
        found = self.select(kind, limit=1, **key)
        return found[0] if found else None

    def select(
        self,
        kind: type[Row],
        *,
        window: Window | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest_first: bool = False,
        **match: Any,
    ) -> list[Row]:
        """Records in order of their key.

        Args:
            kind: the class of the records.
            window: only rows in this window.
            limit: at most so many.
            offset: after leaving out so many.
            newest_first: in descending order.
            **match: column = value, or a collection of values of which it is one.
        """
        table = self._tables[kind]
        where, values = _where(window, match)
        direction = " DESC" if newest_first else ""
        order = ", ".join(f"{column}{direction}" for column in table.key)
        page = "" if limit is None else " LIMIT ? OFFSET ?"
        if limit is not None:
            values += (limit, offset)
        return [table.decode(row) for row in self._rows(f"{table.select}{where} ORDER BY {order}{page}", values)]

    def count(self, kind: type[Any], *, window: Window | None = None, **match: Any) -> int:
        """How many records `select` would find without a limit."""
        where, values = _where(window, match)
        found = self._rows(self._tables[kind].count + where, values)
        return int(found[0][0]) if found else 0

    def delete(self, kind: type[Any], *, window: Window | None = None, **match: Any) -> None:
        """Remove the records that `select` would find."""
        where, values = _where(window, match)
        self._write(self._tables[kind].delete + where, values)

    def newest(self, kind: type[Any], **match: Any) -> int:
        """The highest id in use, 0 if there is none."""
        where, values = _where(None, match)
        return int(self._rows(self._tables[kind].newest + where, values)[0][0] or 0)

    def meta(self, name: str) -> str | None:
        """A fact about the database as a whole."""
        found = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def set_meta(self, name: str, value: str) -> None:
        """Store a fact about the database as a whole."""
        self._write(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def positions_with_stop(self) -> list[Position]:
        """Open positions that have a stop loss or a stop gain."""
        table = self._tables[Position]
        where = " WHERE (stop_loss IS NOT NULL OR stop_gain IS NOT NULL) AND state = ? ORDER BY id"
        return [table.decode(row) for row in self._rows(table.select + where, ("open",))]

    def reassign(self, source_position_id: int, target_position_id: int) -> None:
        """Hand the deals and orders of one position to another."""
        for name in ("deals", "orders"):
            self._write(
                f"UPDATE {name} SET position_id = ?, previous_position_id = ? WHERE position_id = ?",  # noqa: S608
                (target_position_id, source_position_id, source_position_id),
            )

    def store_execution(self, execution: Execution) -> None:
        """Store the exchange's side of one step: the order, its new trades, the account's balances and positions."""
        account_id = execution.order.ticket.account_id
        self.save(execution.order)
        for trade in execution.trades:
            self.insert(trade)
        self.store_holdings(account_id, execution.balances, execution.positions)

    def store_holdings(self, account_id: int, balances: dict[str, Balance], positions: dict[str, NetPosition]) -> None:
        """Store what an account holds at the exchange; currencies and symbols that are not named stay as they are."""
        for currency, balance in balances.items():
            self._write(
                "INSERT INTO exchange_balances (account_id, currency, free, used) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (account_id, currency) DO UPDATE SET free = excluded.free, used = excluded.used",
                (account_id, currency, str(balance.free), str(balance.used)),
            )
        for symbol, net in positions.items():
            self._write(
                "INSERT INTO exchange_positions (account_id, symbol, amount, entry_price, leverage)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, symbol) DO UPDATE"
                " SET amount = excluded.amount, entry_price = excluded.entry_price, leverage = excluded.leverage",
                (account_id, symbol, str(net.amount), str(net.entry_price), str(net.leverage)),
            )

    def store_leverages(self, account_id: int, leverages: dict[str, Decimal]) -> None:
        """Store the leverage that an account chose for its swaps."""
        for symbol, leverage in leverages.items():
            self._write(
                "INSERT INTO exchange_leverages (account_id, symbol, leverage) VALUES (?, ?, ?)"
                " ON CONFLICT (account_id, symbol) DO UPDATE SET leverage = excluded.leverage",
                (account_id, symbol, str(leverage)),
            )

    def store_margin_modes(self, account_id: int, modes: dict[str, MarginMode]) -> None:
        """Store how an account's positions in its swaps are margined."""
        for symbol, mode in modes.items():
            self._write(
                "INSERT INTO exchange_margin_modes (account_id, symbol, mode) VALUES (?, ?, ?)"
                " ON CONFLICT (account_id, symbol) DO UPDATE SET mode = excluded.mode",
                (account_id, symbol, mode),
            )

    def account_state(self, account_id: int) -> AccountState:
        """What the exchange must be told to take an account up as it is stored."""
        return self._state(account_id, self.select(ExchangeOrder, account_id=account_id, status="open"))

    def account_changes(self, account_id: int) -> AccountState:
        """What the exchange must be told of an account that others changed: the orders that they changed, open or not,
        and of everything else all that there is."""
        return self.account_state(account_id)

    def _state(self, account_id: int, orders: Iterable[ExchangeOrder]) -> AccountState:
        held: dict[str, dict[str, Any]] = {name: {} for name in ("balance", "position", "leverage", "mode")}
        for what, name, *values in self._rows(_HELD, (account_id,) * 4):
            held[what][name] = values
        return AccountState(
            account_id=account_id,
            balances={
                currency: Balance(Decimal(free), Decimal(used)) for currency, (free, used, _) in held["balance"].items()
            },
            positions={
                symbol: NetPosition(Decimal(amount), Decimal(entry), Decimal(leverage))
                for symbol, (amount, entry, leverage) in held["position"].items()
                if Decimal(amount)
            },
            open_orders=tuple(orders),
            leverages={symbol: Decimal(leverage) for symbol, (leverage, *_) in held["leverage"].items()},
            margin_modes={symbol: mode for symbol, (mode, *_) in held["mode"].items()},
        )


def _where(window: Window | None, match: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    conditions: list[str] = []
    values: list[Any] = []
    for column, value in match.items():
        if isinstance(value, Collection) and not isinstance(value, str):
            conditions.append(f"{column} IN ({', '.join('?' * len(value))})" if value else "1 = 0")
            values.extend(value)
        else:
            conditions.append(f"{column} = ?")
            values.append(value)
    if window is not None:
        conditions.append(f"{window.column} >= ? AND {window.column} < ?")
        values += (window.start, window.end)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), tuple(values)
