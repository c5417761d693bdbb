"""The tables in PostgreSQL, made and changed by Alembic: a file of `versions/` is one change, and runs once.

Alembic and SQLAlchemy are loaded only where there is something to change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg

from oms_ccxt_async.sandbox.errors import StorageUnavailable

__all__ = ["HEAD", "is_current", "upgrade"]

HEAD = "oms_0001"
"""The newest revision of `versions/`. All begin with `oms_`: other programs keep an `alembic_version` too."""
_ONE_AT_A_TIME = threading.Lock()
"""Alembic's context is one for the whole process."""


def is_current(connection: psycopg.Connection[Any]) -> bool:
    """Whether the schema that a connection begins in has all of this version's tables, and nothing of a later one's."""
    return _stored(connection)[1] == {HEAD}


def upgrade(connect: Callable[[], psycopg.Connection[Any]], lock: str, place: str) -> None:
    """Carry out the revisions that a database has not seen, all in one transaction and on a connection of its own.

    Args:
        connect: makes a connection, closed at the end; called once all is loaded, as idle ones are cut off.
        lock: the statement by which processes that begin at once wait for each other, until the transaction ends.
        place: where the database is, for errors.

    Raises:
        StorageUnavailable: it is the database of another program, or of a later version; it is unchanged.
        psycopg.Error: the database refused or went away; it is unchanged, unless it went away over the commit.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    def connected() -> psycopg.Connection[Any]:
        connection = connect()
        connection.autocommit = False
        return connection

    engine = create_engine("postgresql+psycopg://", creator=connected, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", "oms_ccxt_async.sandbox:migrations")
    with _ONE_AT_A_TIME:  # before the database's lock, for which another thread may have to wait
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        try:
            with engine.begin() as transaction:
                # waits as long as a statement may take, for a process that is at work or sent away before
                transaction.exec_driver_sql("SET LOCAL lock_timeout = 0")
                transaction.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '3s'")
                transaction.exec_driver_sql(lock)
                connection = transaction.connection.driver_connection
                assert connection is not None
                tables, seen = _stored(connection)
                unknown = seen - known
                if not all(revision.startswith("oms_") for revision in unknown) or (tables and not seen):
                    raise StorageUnavailable(f"{place} is the database of another program")
                if unknown:
                    raise StorageUnavailable(f"{place} is of a later version: it has seen {', '.join(sorted(unknown))}")
                config.attributes["connection"] = transaction
                command.upgrade(config, "head")
        except DBAPIError as error:
            raise (error.orig or error) from None


def _stored(connection: psycopg.Connection[Any]) -> tuple[set[str], set[str]]:
    """The tables of the schema, and the revisions that it has seen."""
    named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    tables = {name for (name,) in named.fetchall()}
    if "alembic_version" not in tables:
        return tables, set()
    return tables, {revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")}
