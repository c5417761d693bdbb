"""The seam to the database."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeTrade, Funding, Ticket, Transfer
from oms_ccxt_async.sandbox.oms import OMS
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
)
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.storage import Storage, Window
from tests.sandbox import support
from tests.sandbox.conftest import sqlite_of

KINDS: list[type[Any]] = [
    Account,
    ApiKey,
    Command,
    Cursor,
    Deal,
    Event,
    ExchangeTrade,
    Funding,
    Order,
    Permission,
    Position,
    Strategy,
    Transfer,
]


@pytest.fixture
def storage() -> Iterator[Storage]:
    storage = support.storage_at(":memory:")
    yield storage
    storage.close()


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    if hint is Decimal:
        return st.decimals(-(10**17), 10**17, places=18)
    if hint is int:
        return st.integers(-(2**63), 2**63 - 1)
    if hint is str:
        return st.text(st.characters(codec="utf-8", exclude_characters=support.unstorable))
    if isinstance(hint, UnionType):
        return st.one_of(*map(values, hint.__args__))
    if get_origin(hint) is list:
        return st.lists(values(*hint.__args__), max_size=3)
    return st.from_type(hint)


class UndoneError(Exception):
    """Ends a transaction without keeping what it wrote."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_record_comes_back_as_it_was(kind: type[Any], storage: Storage) -> None:
    """Whatever the fields hold, what is read equals what was written, and saving again replaces it."""
    rows = st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})

    @settings(max_examples=30, deadline=None)
    @given(rows)
    def check(row: Any) -> None:
        with suppress(UndoneError), storage.transaction():
            storage.insert(row)
            storage.save(row)
            assert storage.select(kind) == [row]
            raise UndoneError

    check()


def test_an_exchange_order_comes_back_with_its_ticket(storage: Storage) -> None:
    """The ticket's decimals and parameters are kept to the last digit."""
    ticket = Ticket(1, "BTC/USDT", "buy", "limit", Decimal("1.50"), price=Decimal("1E+2"), params={"a": [1, None, "ä"]})
    order = ExchangeOrder(
        id=1,
        ticket=ticket,
        status="open",
        amount=Decimal("1.50"),
        price=None,
        filled=Decimal("0.1234567890123456789012345678"),
        cost=Decimal(0),
        triggered=False,
        trigger_above=True,
        created_ms=1,
        updated_ms=2,
    )
    storage.save(order)
    assert storage.select(ExchangeOrder, account_id=1, symbol="BTC/USDT") == [order]


@pytest.mark.parametrize("kind", [*KINDS, ExchangeOrder], ids=lambda kind: kind.__name__)
def test_the_schema_has_the_fields(kind: type[Any]) -> None:
    """A class of records and its table agree on the names of the columns and on what may be null."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(files("oms_ccxt_async.sandbox").joinpath("schema.sql").read_text())
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            table: {row[1]: bool(row[3] or row[5]) for row in database.execute(f"PRAGMA table_info({table})")}
            for table in tables
        }
    names = {field.name for field in fields(kind)}
    derived = {"account_id", "symbol"} if kind is ExchangeOrder else set()
    (table,) = [table for table in tables if set(columns[table]) == names | derived]
    for name, hint in get_type_hints(kind).items():
        assert columns[table][name] == (type(None) not in getattr(hint, "__args__", ()))
    database.close()


def test_a_transaction_is_all_or_nothing(storage: Storage) -> None:
    """An exception undoes what the transaction wrote."""
    with suppress(UndoneError), storage.transaction():
        storage.set_meta("name", "value")
        raise UndoneError
    assert storage.meta("name") is None


def test_select_matches_windows_and_pages(oms: OMS) -> None:
    """Rows are found by value, by one of several values and by window, in order of their key."""
    storage = oms.storage
    storage.insert_all([Event(1, number, "a" if number % 2 else "b", "{}", number * 10) for number in range(1, 7)])

    def ids(**wanted: Any) -> list[int]:
        return [event.event_id for event in storage.select(Event, **wanted)]

    assert ids(name="a") == [1, 3, 5]
    assert ids(event_id=[6, 2]) == [2, 6]
    assert ids(event_id=[]) == []
    assert ids(window=Window("created_ms", 20, 50)) == [2, 3, 4]
    assert ids(limit=2, offset=1) == [2, 3]
    assert ids(newest_first=True, limit=2) == [6, 5]
    assert storage.count(Event, name="b", window=Window("created_ms", 30, 100)) == 2
    assert (storage.newest(Event, account_id=1), storage.newest(Event, account_id=2)) == (6, 0)


def test_no_number_is_too_large_to_look_for(oms: OMS) -> None:
    """What no column could hold is not found, rather than an error."""
    assert oms.storage.get(Order, id=2**63) is None
    assert oms.storage.count(Order, id=-(2**70)) == 0


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM orders WHERE account_id IN (1) AND status IN ('SUBMITTED') ORDER BY id",
        "SELECT id FROM orders WHERE account_id = 1 AND client_order_id = 'x' ORDER BY id",
        "SELECT id FROM orders WHERE exchange_order_id = 1 ORDER BY id",
        "SELECT id FROM deals WHERE order_id IN (1) ORDER BY id",
        "SELECT command_id FROM commands WHERE account_id = 1 AND request_id = 'x' ORDER BY command_id",
        "SELECT id FROM positions WHERE (stop_loss IS NOT NULL OR stop_gain IS NOT NULL) AND state = ? ORDER BY id",
        "SELECT id FROM positions WHERE account_id = 1 AND state IN ('open') AND symbol = 'x' ORDER BY id",
        "SELECT id FROM exchange_trades WHERE order_id = 1 ORDER BY id",
        "SELECT max(id) FROM exchange_trades WHERE account_id = 1",
        "SELECT id FROM exchange_orders WHERE account_id = 1 AND status = 'open' ORDER BY id",
        "SELECT name FROM events WHERE account_id = 1 AND event_id >= 5 AND event_id < 9 ORDER BY account_id, event_id",
    ],
)
def test_frequent_queries_use_an_index(oms: OMS, query: str) -> None:
    """None of the queries that run with every order or tick reads a whole table."""
    plan = sqlite_of(oms).execute(f"EXPLAIN QUERY PLAN {query}", ("open",) * query.count("?")).fetchall()
    assert all("SEARCH" in step[3] or "USING INDEX" in step[3] or "TEMP B-TREE" in step[3] for step in plan), plan


@pytest.mark.parametrize("what", ["no folder", "no database", "another program's"])
def test_a_file_that_is_not_ours_is_refused_unchanged(tmp_path: Path, what: str) -> None:
    """In one sentence that names the file."""
    path = tmp_path / ("nowhere/x.db" if what == "no folder" else "x.db")
    if what == "no database":
        path.write_text("hello")
    elif what == "another program's":
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE meta (name TEXT)")
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StorageUnavailable, match=re.escape(str(path))):
        SQLite(path)
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_database_of_an_older_version_is_taken_up(tmp_path: Path) -> None:
    """Tables that it lacks are added, and what it has stays."""
    storage = SQLite(tmp_path / "oms.sqlite")
    storage.set_meta("profile", "full")
    for table in ("exchange_fundings", "exchange_transfers", "exchange_margin_modes"):
        storage._database.execute(f"DROP TABLE {table}")
    storage.close()
    again = SQLite(tmp_path / "oms.sqlite")
    assert (again.meta("profile"), again.select(Funding), again.account_state(1).margin_modes) == ("full", [], {})
    again.close()
