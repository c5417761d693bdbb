"""PostgreSQL, which several processes may share: an account is changed by whoever has its row of `turns` locked.

Synchronous like SQLite, and on one connection: what a transaction writes goes out with the next thing that it reads or
with its commit, so that it costs three round trips or four. The leader's advisory lock, the notices of what others
committed and the transactions belong to this one connection: a process that loses it leads no more, before it can
change anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from oms_ccxt_async.sandbox.errors import CommitInDoubt, StorageUnavailable
from oms_ccxt_async.sandbox.exchange import AccountState, Balance, ExchangeOrder, Ids, MarginMode, NetPosition
from oms_ccxt_async.sandbox.migrations import is_current, upgrade
from oms_ccxt_async.sandbox.rows import MAX_ID, Account, Command, Deal, Event, Order, Position
from oms_ccxt_async.sandbox.storage import Numbered, Storage, Turn
from oms_ccxt_async.sandbox.tables import TABLES, Table

__all__ = ["PostgreSQL", "place"]


RETRY_SECONDS = 0.2
"""How long after an attempt to connect the next one is made: each may keep the process from everything else."""
SETTINGS = {
    "idle_session_timeout": "3s",
    "idle_in_transaction_session_timeout": "1s",
    "lock_timeout": "500ms",
    "statement_timeout": "5s",
    "tcp_user_timeout": "2s",
    "tcp_keepalives_idle": "1s",
    "tcp_keepalives_interval": "1s",
    "tcp_keepalives_count": "1",
    "synchronous_commit": "on",
    "client_min_messages": "warning",
}
SEQUENCES: dict[type[Numbered], tuple[str, int]] = {
    Command: ("commands_ids", 16),
    Order: ("orders_ids", 16),
    Deal: ("deals_ids", 16),
    Position: ("positions_ids", 16),
    ExchangeOrder: ("exchange_ids", 64),
}
"""Where ids come from, and how many at once."""
AT_ONCE = (Command, Order, ExchangeOrder)
"""What almost every command takes."""
_GIVEN = f"SELECT {', '.join(f'(SELECT last_value FROM {name})' for name, _ in SEQUENCES.values())}"  # noqa: S608
_LOCK = "SELECT account_id, turn, event_id FROM turns WHERE account_id = ANY(%s) ORDER BY account_id FOR NO KEY UPDATE"
_STUCK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
AND application_name LIKE 'oms-ccxt sandbox % in ' || quote_ident(current_schema())::regnamespace::oid
AND wait_event = 'ClientRead' AND query_start < clock_timestamp()
- CASE WHEN xact_start IS NULL THEN interval '1500ms' ELSE interval '1s' END"""
"""Sends away the processes that stand still: in a transaction, or without having been heard of for three watches. The
database's own timeouts do not see one between two statements that were sent together. Who waits for a lock is not
waited for."""
_LEADER, _MIGRATION, _DIRECTORY = 1, 2, 3
"""Advisory locks, each in the schema that it is about."""


def place(url: str) -> str:
    """Where a database is, as it may be shown: without the password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise ValueError(f"no address of a PostgreSQL database: {str(error).strip()}") from None
    user = f"{parts['user']}@" if "user" in parts else ""
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgresql://{user}{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


@lru_cache(maxsize=2048)
def _translated(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


class PostgreSQL(Storage):
    """One schema of a PostgreSQL database, shared with the other processes that have it open.

    Args:
        url: `postgresql://user:password@host:port/database`, or whatever else libpq takes.

    Attributes:
        leading: whether this process has the leader's lock.
        connections: how many connections it has had.
        on_notice: called with what another process, or this one, has committed: `directory`, or an account and its
            newest event.

    Raises:
        StorageUnavailable: there is no such database, or it is that of another program.
        ValueError: that is no address.
    """

    engine = "postgresql"
    shared = True

    def __init__(self, url: str) -> None:
        self.place = place(url)
        self.leading = False
        self.connections = 0
        self.on_notice: Callable[[str], None] = lambda payload: None
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        self._again = 0.0
        self._schema = 0
        self._tables = {**TABLES, ExchangeOrder: _stamped(TABLES[ExchangeOrder])}
        self._turns: dict[int, int] = {}
        """Up to which turn this process has taken up each account."""
        self._within = False
        """Whether a transaction is open."""
        self._locked: dict[int, tuple[int, int]] = {}
        """Turn and newest event of the open transaction's accounts, as they were at its beginning."""
        self._touched: dict[int, int] = {}
        """The accounts that it has changed, with their newest event."""
        self._ids: dict[type[Numbered], Ids] = {}
        self._given = dict.fromkeys(SEQUENCES, 0)
        """The last value of each sequence that this process drew."""
        self._drawn: dict[type[Numbered], range] = {}
        """Ids that were drawn with those of another kind, and not asked for yet."""
        self._dropped: set[type[Numbered]] = set()
        """The kinds that have no ids since another process drew some."""
        self._migrate()

    @property
    def fileno(self) -> int | None:
        """The socket of the connection; None while there is none."""
        connection = self._connection
        return None if connection is None or connection.closed else connection.fileno()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self.leading = False

    def lead(self) -> bool:
        """Become the leader if there is none, or find out whether this process still is; connect again if need be.

        Processes that stand still are sent away: they keep accounts, or the lead, from everybody.

        Raises:
            StorageUnavailable: there is no connection.
        """
        self._rows(_STUCK, ())
        statement = "SELECT true" if self.leading else f"SELECT pg_try_advisory_lock({_LEADER}, {self._schema})"
        found = self._rows(statement, ())
        self.leading = bool(found[0][0])
        return self.leading

    def notices(self) -> None:
        """Take in what has arrived; `on_notice` is called with each notice."""
        connection = self._connection
        if connection is None or connection.closed:
            return
        with suppress(psycopg.Error):  # whoever uses the connection next finds it closed
            connection.pgconn.consume_input()
            while (notice := connection.pgconn.notifies()) is not None:
                self.on_notice(notice.extra.decode())

    @contextmanager
    def transaction(self, account_ids: Iterable[int] = ()) -> Iterator[None]:
        connection, stack = self._begin("BEGIN", sorted(set(account_ids)))
        sent = False
        try:
            yield
            turns = self._end_turns(connection)
            sent = True
            commit = connection.execute("COMMIT")
            stack.close()  # here failures of all that was not waited for show
            if commit.statusmessage != "COMMIT":
                raise StorageUnavailable("the transaction had failed before its end")
            self._turns.update(turns)
        except BaseException as error:
            self._roll_back(connection, stack)
            if isinstance(error, psycopg.Error):
                in_doubt = sent and connection.closed
                raise (CommitInDoubt if in_doubt else StorageUnavailable)(_text(error)) from error
            raise
        finally:
            self._within, self._locked, self._touched = False, {}, {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self._within:
            yield
            return
        connection, stack = self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
        try:
            yield
            connection.execute("COMMIT")
            stack.close()
        except BaseException as error:
            self._roll_back(connection, stack)
            if isinstance(error, psycopg.Error):
                raise StorageUnavailable(_text(error)) from error
            raise
        finally:
            self._within = False

    def turns(self, account_ids: Iterable[int]) -> dict[int, Turn]:
        found = self._locked or {
            account_id: (turn, event_id)
            for account_id, turn, event_id in self._rows(
                "SELECT account_id, turn, event_id FROM turns WHERE account_id = ANY(?)", (list(account_ids),)
            )
        }
        return {
            account_id: Turn(turn != self._turns.get(account_id), event_id)
            for account_id, (turn, event_id) in found.items()
        }

    def account_state(self, account_id: int) -> AccountState:
        turn = self._turn(account_id)  # before the rows: those of a later turn may come again, none is missed
        state = super().account_state(account_id)
        self._turns[account_id] = turn
        return state

    def account_changes(self, account_id: int) -> AccountState:
        turn, known = self._turn(account_id), self._turns.get(account_id, -1)
        table = self._tables[ExchangeOrder]
        query = f"{table.select} WHERE account_id = ? AND turn > ? ORDER BY id"
        with self.reading():  # in a pipeline, so that both queries go out together
            changed = self._connected().execute(_translated(query), (account_id, known))
            state = self._state(account_id, (table.decode(row) for row in changed.fetchall()))
        self._turns[account_id] = turn
        return state

    def lock_directory(self) -> None:
        self._write(f"SELECT pg_advisory_xact_lock({_DIRECTORY}, {self._schema})", ())
        self._write(f"SELECT pg_notify('oms_{self._schema}', 'directory')", ())

    def ids(self, kind: type[Numbered]) -> Ids:
        return self._ids.setdefault(kind, Ids(reserve=partial(self._draw, kind)))

    def insert(self, row: Any) -> None:
        super().insert(row)
        if isinstance(row, Account):
            self._write("INSERT INTO turns (account_id, turn, event_id) VALUES (?, 0, 0)", (row.account_id,))

    def insert_all(self, rows: Sequence[Any]) -> None:
        super().insert_all(rows)
        for row in rows:
            if isinstance(row, Event):
                self._touched[row.account_id] = row.event_id

    def save(self, row: Any) -> None:
        if not isinstance(row, ExchangeOrder):
            super().save(row)
            return
        account_id, table = row.ticket.account_id, self._tables[ExchangeOrder]
        self._touch(account_id)
        self._write(table.save, [*table.encode(row), self._locked.get(account_id, (0, 0))[0] + 1])

    def store_holdings(self, account_id: int, balances: dict[str, Balance], positions: dict[str, NetPosition]) -> None:
        self._touch(account_id)
        super().store_holdings(account_id, balances, positions)

    def store_leverages(self, account_id: int, leverages: dict[str, Decimal]) -> None:
        self._touch(account_id)
        super().store_leverages(account_id, leverages)

    def store_margin_modes(self, account_id: int, modes: dict[str, MarginMode]) -> None:
        self._touch(account_id)
        super().store_margin_modes(account_id, modes)

    def _touch(self, account_id: int) -> None:
        self._touched.setdefault(account_id, 0)

    def _turn(self, account_id: int) -> int:
        if account_id in self._locked:
            return self._locked[account_id][0]
        found = self._rows("SELECT turn FROM turns WHERE account_id = ?", (account_id,))
        return int(found[0][0]) if found else 0

    def _draw(self, kind: type[Numbered]) -> range:
        """The next ids of a kind, and at the same time those of the other kinds of which none are left."""
        if kind not in self._drawn:
            kinds = [kind, *(other for other in AT_ONCE if other is not kind and other in self._dropped)]
            values = ", ".join(f"nextval('{SEQUENCES[each][0]}')" for each in kinds)
            for each, first in zip(kinds, self._rows(f"SELECT {values}", ())[0], strict=True):
                self._given[each] = first
                self._drawn[each] = range(first, first + SEQUENCES[each][1])
                self._dropped.discard(each)
        return self._drawn.pop(kind)

    def _begin(self, statement: str, account_ids: list[int]) -> tuple[psycopg.Connection[Any], ExitStack]:
        """Open a transaction; with accounts, once nobody else has them. The stack ends its pipeline."""
        assert not self._within, "a transaction is open"
        for attempt in (1, 2):
            connection, stack = self._connected(), ExitStack()
            try:
                stack.enter_context(connection.pipeline())
                began = connection.execute(statement)
                if account_ids:
                    locked, given = connection.execute(_LOCK, (account_ids,)), connection.execute(_GIVEN)
                    self._locked = {account_id: (turn, event) for account_id, turn, event in locked.fetchall()}
                    self._drop_ids(given.fetchall()[0])
                elif attempt == 1:
                    connection.execute("SELECT 1").fetchall()
                assert began
                self._within = True
                return connection, stack
            except psycopg.Error as error:
                self._locked = {}
                self._roll_back(connection, stack)
                if isinstance(error, psycopg.errors.LockNotAvailable):
                    self._rows(_STUCK, ())
                if attempt == 2 or not connection.closed:
                    raise StorageUnavailable(_text(error)) from error
        raise AssertionError

    def _drop_ids(self, values: Sequence[int]) -> None:
        """Give no id any more that is not above all that others were given."""
        for kind, value in zip(SEQUENCES, values, strict=True):
            if value != self._given[kind] and kind in self._ids:
                self._ids[kind].drop()
                self._drawn.pop(kind, None)
                self._dropped.add(kind)

    def _end_turns(self, connection: psycopg.Connection[Any]) -> dict[int, int]:
        """Write down the turns that end with this transaction, and have the other processes told."""
        turns = {}
        for account_id, event_id in self._touched.items():
            turn = self._locked.get(account_id, (0, 0))[0] + 1
            turns[account_id] = turn
            if event_id:
                connection.execute(
                    "UPDATE turns SET turn = %s, event_id = %s WHERE account_id = %s", (turn, event_id, account_id)
                )
                connection.execute("SELECT pg_notify(%s, %s)", (f"oms_{self._schema}", f"{account_id} {event_id}"))
            else:
                connection.execute("UPDATE turns SET turn = %s WHERE account_id = %s", (turn, account_id))
        return turns

    def _roll_back(self, connection: psycopg.Connection[Any], stack: ExitStack) -> None:
        self._within = False
        with suppress(psycopg.Error):
            stack.close()
        with suppress(psycopg.Error):
            if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("ROLLBACK")

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, or a new one where it was lost.

        Raises:
            StorageUnavailable: there is none to be had, somebody has just tried, or it was lost over a transaction.
        """
        if self._connection is not None and not self._connection.closed:
            return self._connection
        self.leading = False
        if self._within:  # what follows must not be done past the transaction
            raise StorageUnavailable(f"the connection to {self.place} was lost")
        if time.monotonic() < self._again:
            raise StorageUnavailable(f"{self.place} is away")
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(
                    closing(psycopg.connect(self._url, autocommit=True, prepare_threshold=2, connect_timeout=2))
                )
                connection.adapters.register_dumper(int, Int8Dumper)
                connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in SETTINGS.items()))
                schema = connection.execute("SELECT quote_ident(current_schema())::regnamespace::oid::int")
                self._schema = schema.fetchall()[0][0]
                if self._schema is None:
                    raise StorageUnavailable(f"{self.place}: no schema is selected; the search_path names none there")
                name = f"oms-ccxt sandbox {os.getpid()} in {self._schema}"
                connection.execute(f"SET application_name = '{name}'")
                connection.add_notify_handler(lambda notice: self.on_notice(notice.payload))
                connection.execute(f"LISTEN oms_{self._schema}")
            except psycopg.Error as error:
                self._again = time.monotonic() + RETRY_SECONDS
                raise StorageUnavailable(f"{self.place}: {_text(error)}") from error
            stack.pop_all()
        self._connection = connection
        self.connections += 1
        return connection

    def _migrate(self) -> None:
        """Have the tables of this version.

        Raises:
            StorageUnavailable: it is the database of another program or of a later version, or it is away.
        """
        connection = self._connected()
        try:
            if not is_current(connection):
                connection.close()
                upgrade(self._connected, f"SELECT pg_advisory_xact_lock({_MIGRATION}, {self._schema})", self.place)
        except psycopg.Error as error:
            self.close()
            raise StorageUnavailable(f"{self.place}: {_text(error)}") from error
        except BaseException:
            self.close()
            raise

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        self._connected().execute(_translated(statement), values)

    def _write_all(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        for row in values:
            self._write(statement, row)

    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]:
        values = tuple(values)
        if any(_unknown(value) for value in values):
            return []
        for attempt in (1, 2):
            connection = self._connected()
            try:
                return connection.execute(_translated(statement), values).fetchall()
            except psycopg.Error as error:
                if attempt == 2 or self._within or not connection.closed:
                    raise StorageUnavailable(_text(error)) from error
        raise AssertionError


def _stamped(table: Table) -> Table:
    """The same table with the turn in which a record was last written."""
    return Table(table.kind, "exchange_orders", table.key, decimal_text=str, derived=table.derived, stamp="turn")


def _unknown(value: Any) -> bool:
    """Whether no column can hold this: nothing that is stored can match it."""
    if isinstance(value, int):
        return not -MAX_ID - 1 <= value <= MAX_ID
    return isinstance(value, str) and "\0" in value


def _text(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
