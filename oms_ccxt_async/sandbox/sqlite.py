"""SQLite, synchronously on the caller's thread: a transaction of five statements takes well under a millisecond."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade, Funding, Ids
from oms_ccxt_async.sandbox.storage import Numbered, Storage, Synchronous

__all__ = ["SQLite"]

FIRST_EXCHANGE_ID = 900_001


class SQLite(Storage):
    """One database file, opened by one process at a time.

    Args:
        path: where it is, `:memory:` for nowhere; it is created with its tables if it does not exist.
        synchronous: `NORMAL` survives the death of the process, `FULL` that of the machine too.

    Raises:
        StorageUnavailable: another process has it open, or it is not a database of ours.
    """

    engine = "sqlite"

    def __init__(self, path: Path | str, *, synchronous: Synchronous = "NORMAL") -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0.2, cached_statements=512)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"{path}: {error}; is its folder there?") from error
        try:
            if (tables := self._names()) and not {"meta", "orders", "deals"} <= tables:
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

    def copy_to(self, copy: SQLite) -> None:
        """Make another database hold what this one does; outside of a transaction."""
        self._database.backup(copy._database)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self, account_ids: Iterable[int] = ()) -> Iterator[None]:
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

    def ids(self, kind: type[Numbered]) -> Ids:
        if kind is ExchangeOrder:
            return Ids(max(FIRST_EXCHANGE_ID, *(self.newest(row) + 1 for row in (kind, ExchangeTrade, Funding))))
        return Ids(self.newest(kind) + 1)

    def _names(self) -> set[str]:
        return {name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())}

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        self._database.execute(statement, values)

    def _write_all(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        self._database.executemany(statement, values)

    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]:
        try:
            return self._database.execute(statement, tuple(values)).fetchall()
        except OverflowError:
            return []  # an id or a number beyond 64 bits: nothing that is stored can match it
        except sqlite3.Error as error:
            raise StorageUnavailable(str(error)) from error
