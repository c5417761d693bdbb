"""The database behind one seam: everything above speaks of records, only this module speaks SQL.

SQLite, synchronously on the caller's thread: a transaction of five statements takes well under a millisecond. The SQL
is portable; `Storage` is what a second database would have to replace.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from decimal import Decimal
from importlib.resources import files
from operator import attrgetter
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import orjson

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.exchange import (
    AccountState,
    Balance,
    ExchangeOrder,
    ExchangeTrade,
    Execution,
    Funding,
    MarginMode,
    NetPosition,
    Ticket,
    Transfer,
)
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

__all__ = ["Storage", "Synchronous", "Window"]

Row = TypeVar("Row")
Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""How a field becomes a column and comes back."""

Synchronous = Literal["NORMAL", "FULL"]


@dataclass(frozen=True, slots=True)
class Window:
    """The rows whose `column` lies in [start, end)."""

    column: str
    start: int
    end: int


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


class _Table:
    """How one class of records lies in one table.

    Args:
        kind: a dataclass whose fields are the columns.
        name: the table's name.
        key: the columns of its primary key.
        decimal_text: how its decimals are written.
        derived: columns that are computed from a record and only searched by.
    """

    def __init__(
        self,
        kind: type[Any],
        name: str,
        key: tuple[str, ...],
        *,
        decimal_text: Callable[[Decimal], str] = _exact_text,
        derived: dict[str, str] = {},
    ) -> None:
        self.kind = kind
        self.key = key
        columns = [field.name for field in fields(kind)]
        hints = get_type_hints(kind)
        self._read = attrgetter(*columns, *derived.values())
        self._codecs = [
            (index, codec) for index, column in enumerate(columns) if (codec := _codec(hints[column], decimal_text))
        ]
        written = [*columns, *derived]
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


_TABLES: dict[type[Any], _Table] = {
    table.kind: table
    for table in (
        _Table(Account, "accounts", ("account_id",)),
        _Table(Strategy, "strategies", ("strategy_id",)),
        _Table(ApiKey, "api_keys", ("api_key_id",)),
        _Table(Permission, "permissions", ("api_key_id", "account_id")),
        _Table(Command, "commands", ("command_id",)),
        _Table(Order, "orders", ("id",)),
        _Table(Deal, "deals", ("id",)),
        _Table(Position, "positions", ("id",)),
        _Table(Event, "events", ("account_id", "event_id")),
        _Table(Cursor, "cursors", ("account_id",)),
        # the exchange gets its own numbers back to the last digit
        _Table(
            ExchangeOrder,
            "exchange_orders",
            ("id",),
            decimal_text=str,
            derived={"account_id": "ticket.account_id", "symbol": "ticket.symbol"},
        ),
        _Table(ExchangeTrade, "exchange_trades", ("id",), decimal_text=str),
        _Table(Funding, "exchange_fundings", ("id",), decimal_text=str),
        _Table(Transfer, "exchange_transfers", ("id",), decimal_text=str),
    )
}


class Storage:
    """One database file, opened by one process at a time.

    Args:
        path: where it is, `:memory:` for nowhere; it is created with its tables if it does not exist.
        synchronous: `NORMAL` survives the death of the process, `FULL` that of the machine too.

    Raises:
        StorageUnavailable: another process has it open, or it is not a database of ours.
    """

    def __init__(self, path: Path | str, *, synchronous: Synchronous = "NORMAL") -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0.2, cached_statements=512)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"{path}: {error}; is its folder there?") from error
        try:
            if (tables := self._tables()) and not {"meta", "orders", "deals"} <= tables:
                raise StorageUnavailable("it is the database of another program")
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute(f"PRAGMA synchronous = {synchronous}")
            self._database.execute("PRAGMA wal_autocheckpoint = 4000")
            self._database.execute("PRAGMA cache_size = -65536")
            # the transaction takes the exclusive lock now, and leaves no half-made tables if it is cut short
            with self.transaction():
                for statement in files(__package__).joinpath("schema.sql").read_text().split(";"):
                    self._database.execute(statement)
        except BaseException as error:
            self._database.close()
            if isinstance(error, sqlite3.Error | StorageUnavailable):
                raise StorageUnavailable(f"{path}: {error}") from error
            raise

    def copy_to(self, copy: Storage) -> None:
        """Make another database hold what this one does; outside of a transaction."""
        self._database.backup(copy._database)

    def close(self) -> None:
        """Close the database; what was committed is in the file."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are stored together, or none is.

        Raises:
            StorageUnavailable: the database did not take them; they are undone.
        """
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield
            self._database.execute("COMMIT")
        except BaseException as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StorageUnavailable(str(error)) from error
            raise

    def insert(self, row: Any) -> None:
        """Store a record that is not there yet."""
        table = _TABLES[type(row)]
        self._database.execute(table.insert, table.encode(row))

    def insert_all(self, rows: Sequence[Any]) -> None:
        """Store records of one class that are not there yet."""
        table = _TABLES[type(rows[0])]
        self._database.executemany(table.insert, map(table.encode, rows))

    def save(self, row: Any) -> None:
        """Store a record, in place of the one with its key if there is one."""
        table = _TABLES[type(row)]
        self._database.execute(table.save, table.encode(row))

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
        table = _TABLES[kind]
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
        found = self._rows(_TABLES[kind].count + where, values)
        return int(found[0][0]) if found else 0

    def delete(self, kind: type[Any], *, window: Window | None = None, **match: Any) -> None:
        """Remove the records that `select` would find."""
        where, values = _where(window, match)
        self._database.execute(_TABLES[kind].delete + where, values)

    def newest(self, kind: type[Any], **match: Any) -> int:
        """The highest id in use, 0 if there is none."""
        where, values = _where(None, match)
        return int(self._rows(_TABLES[kind].newest + where, values)[0][0] or 0)

    def meta(self, name: str) -> str | None:
        """A fact about the database as a whole."""
        found = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def set_meta(self, name: str, value: str) -> None:
        """Store a fact about the database as a whole."""
        self._database.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def positions_with_stop(self) -> list[Position]:
        """Open positions that have a stop loss or a stop gain."""
        table = _TABLES[Position]
        where = " WHERE (stop_loss IS NOT NULL OR stop_gain IS NOT NULL) AND state = ? ORDER BY id"
        return [table.decode(row) for row in self._rows(table.select + where, ("open",))]

    def reassign(self, source_position_id: int, target_position_id: int) -> None:
        """Hand the deals and orders of one position to another."""
        for name in ("deals", "orders"):
            self._database.execute(
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
            self._database.execute(
                "INSERT INTO exchange_balances (account_id, currency, free, used) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (account_id, currency) DO UPDATE SET free = excluded.free, used = excluded.used",
                (account_id, currency, str(balance.free), str(balance.used)),
            )
        for symbol, net in positions.items():
            self._database.execute(
                "INSERT INTO exchange_positions (account_id, symbol, amount, entry_price, leverage)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, symbol) DO UPDATE"
                " SET amount = excluded.amount, entry_price = excluded.entry_price, leverage = excluded.leverage",
                (account_id, symbol, str(net.amount), str(net.entry_price), str(net.leverage)),
            )

    def store_leverages(self, account_id: int, leverages: dict[str, Decimal]) -> None:
        """Store the leverage that an account chose for its swaps."""
        for symbol, leverage in leverages.items():
            self._database.execute(
                "INSERT INTO exchange_leverages (account_id, symbol, leverage) VALUES (?, ?, ?)"
                " ON CONFLICT (account_id, symbol) DO UPDATE SET leverage = excluded.leverage",
                (account_id, symbol, str(leverage)),
            )

    def store_margin_modes(self, account_id: int, modes: dict[str, MarginMode]) -> None:
        """Store how an account's positions in its swaps are margined."""
        for symbol, mode in modes.items():
            self._database.execute(
                "INSERT INTO exchange_margin_modes (account_id, symbol, mode) VALUES (?, ?, ?)"
                " ON CONFLICT (account_id, symbol) DO UPDATE SET mode = excluded.mode",
                (account_id, symbol, mode),
            )

    def account_state(self, account_id: int) -> AccountState:
        """What the exchange must be told to take an account up as it is stored."""
        balances = self._rows("SELECT currency, free, used FROM exchange_balances WHERE account_id = ?", (account_id,))
        positions = self._rows(
            "SELECT symbol, amount, entry_price, leverage FROM exchange_positions WHERE account_id = ?", (account_id,)
        )
        leverages = self._rows("SELECT symbol, leverage FROM exchange_leverages WHERE account_id = ?", (account_id,))
        modes = self._rows("SELECT symbol, mode FROM exchange_margin_modes WHERE account_id = ?", (account_id,))
        return AccountState(
            account_id=account_id,
            balances={currency: Balance(Decimal(free), Decimal(used)) for currency, free, used in balances},
            positions={
                symbol: NetPosition(Decimal(amount), Decimal(entry), Decimal(leverage))
                for symbol, amount, entry, leverage in positions
                if Decimal(amount)
            },
            open_orders=tuple(self.select(ExchangeOrder, account_id=account_id, status="open")),
            leverages={symbol: Decimal(leverage) for symbol, leverage in leverages},
            margin_modes=dict(modes),
        )

    def _tables(self) -> set[str]:
        return {name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())}

    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]:
        try:
            return self._database.execute(statement, tuple(values)).fetchall()
        except OverflowError:
            return []  # an id or a number beyond 64 bits: nothing that is stored can match it
        except sqlite3.Error as error:
            raise StorageUnavailable(str(error)) from error


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
