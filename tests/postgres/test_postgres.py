"""The seam to PostgreSQL: turns, ids, the leader's lock, and what is known when the database goes away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from oms_ccxt_async.sandbox import postgres
from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.postgres import PostgreSQL, place
from oms_ccxt_async.sandbox.rows import Event, Order
from oms_ccxt_async.sandbox.seeds import open_database
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.tick import tick
from tests.postgres.cluster import Cluster
from tests.sandbox.conftest import KEY, Clock, carry_out, send, sqlite_of

Join = Callable[[], OMS]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def join(database: str, clock: Clock) -> Iterator[Join]:
    """Makes one OMS after the other on the same database, each as a process of its own would."""
    with ExitStack() as stack:

        def joined() -> OMS:
            storage = PostgreSQL(database)
            stack.callback(storage.close)
            open_database(storage, profile="full", exchange_name="paper", api_key=KEY)
            return OMS(storage, clock=clock, full=True, volatility=0)

        yield joined


def of(oms: OMS) -> PostgreSQL:
    """The storage of an OMS."""
    assert isinstance(oms.storage, PostgreSQL)
    return oms.storage


def sever(cluster: Cluster, oms: OMS) -> None:
    """Have the database end an OMS's connection."""
    (number,) = of(oms)._rows("SELECT pg_backend_pid()", ())[0]
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (number,))
        until = time.monotonic() + 5
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (number,)).fetchall():
            assert time.monotonic() < until


def test_the_tables_are_those_of_sqlite(join: Join) -> None:
    """The migrations lead to the tables of schema.sql, column by column, beside what only processes that share need."""
    oms, other = join(), SQLite(":memory:")
    there: dict[str, dict[str, bool]] = {}
    for table, column, nullable in of(oms)._rows(
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = current_schema()",
        (),
    ):
        there.setdefault(table, {})[column] = nullable == "NO"
    assert there["exchange_orders"].pop("turn")
    del there["turns"], there["alembic_version"]
    tables = [name for (name,) in other._rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())]
    assert there == {
        table: {row[1]: bool(row[3] or row[5]) for row in other._rows(f"PRAGMA table_info({table})", ())}
        for table in tables
    }
    other.close()


def test_no_password_is_shown() -> None:
    """An address is shown without its password, and no error has it."""
    url = "postgresql://me:secret@127.0.0.1:1/oms"
    assert place(url) == "postgresql://me@127.0.0.1:1/oms"
    with pytest.raises(StorageUnavailable) as refused:
        PostgreSQL(url)
    assert "secret" not in str(refused.value)
    with pytest.raises(ValueError, match="no address"):
        place("postgresql://[")


def test_processes_see_what_the_others_did(join: Join) -> None:
    """Orders, holdings and events of one are those of the other from its next turn on, event by event."""
    one, other = join(), join()
    told: list[Event] = []
    other.events.subscribe(told.extend)
    assert other.events.newest_id(2) == 0
    send(one, "buy", "1", 2)
    send(one, "buy", "0.1", 2, price="50000")
    send(one, "sell", "0.1", 1, price="70000")
    answer = send(other, "sell", "0.4", 2)
    assert answer.status == 200
    assert [event.event_id for event in told] == list(range(1, other.events.newest_id(2) + 1))
    for oms in (one, other):
        oms.refresh(oms.accounts)
        for account_id in oms.accounts:
            stored, held = oms.storage.account_state(account_id), oms.exchange.state(account_id)
            assert {order.id: order for order in held.open_orders} == {order.id: order for order in stored.open_orders}
            assert replace(held, open_orders=()) == replace(stored, open_orders=())
    resting = one.storage.select(Order, account_id=2, status="SUBMITTED")[0]
    assert carry_out(other, "cancel_order", 2, order_id=resting.id).status == 200
    assert carry_out(one, "cancel_order", 2, order_id=resting.id).status == 200  # nothing to cancel, and no refusal
    assert one.exchange.open_orders(2) == []


def test_leverage_is_taken_up_with_what_it_locks(join: Join) -> None:
    """Another leverage changes what every order locks, in every process."""
    one, other = join(), join()
    order: dict[str, Any] = {
        "symbol": "BTC/USDT:USDT",
        "order_type": "limit",
        "side": "buy",
        "qty": "1",
        "price": "50000",
    }
    carry_out(one, "send_order", 1, **order)
    other.refresh([1])
    with one.transaction([1]):
        one.exchange.set_leverage(1, "BTC/USDT:USDT", Decimal(10))
        state = one.exchange.state(1)
        one.storage.store_holdings(1, state.balances, state.positions)
        one.storage.store_leverages(1, state.leverages)
    other.refresh([1])
    assert other.exchange.state(1) == one.exchange.state(1)


def test_ids_rise_from_process_to_process(join: Join) -> None:
    """An order that comes later in an account has a higher id, whoever took it; alone, a process leaves none out."""
    one = join()
    assert [send(one, "buy", "0.1", price="50000").order_id for _ in range(20)] == list(range(1, 21))
    other = join()
    ids = [send(oms, "buy", "0.1", price="50000").order_id or 0 for _ in range(5) for oms in (one, other)]
    ids += [send(other, "buy", "0.1", price="50000").order_id or 0 for _ in range(20)]
    assert ids == sorted({*ids})
    exchange_ids = [order.exchange_order_id or 0 for order in one.storage.select(Order)]
    assert exchange_ids == sorted({*exchange_ids})


def test_a_request_id_and_a_client_order_id_hold_everywhere(join: Join) -> None:
    """A repeat is known, and a client order id is taken, whichever process is asked."""
    one, other = join(), join()
    first = send(one, "buy", "0.1", price="50000", client_order_id="a")
    assert send(other, "buy", "0.1", price="50000", client_order_id="a").status == 409
    again: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.1", "price": "50000"}
    placed = carry_out(one, "send_order", request_id="r", **again)
    assert carry_out(other, "send_order", request_id="r", **again) == placed
    assert one.storage.count(Order) == 2
    assert first.status == 200


def test_one_waits_for_the_other(join: Join) -> None:
    """While a process has an account nobody else changes it; who waits too long says so, and has changed nothing."""
    one, other = join(), join()
    with one.transaction([1]):
        assert send(other, "buy", "0.1", 2).status == 200
        refused = send(other, "buy", "0.1", 1)
        assert (refused.status, refused.error and refused.error["code"]) == (503, "storage_unavailable")
    assert send(other, "buy", "0.1", 1).status == 200
    assert one.storage.count(Order, account_id=1) == 1


def test_one_leads(cluster: Cluster, join: Join) -> None:
    """The first to ask leads, the others follow when its connection is gone; it knows that it leads no more."""
    one, other = of(join()), of(join())
    oms = join()
    assert one.lead()
    assert one.lead()
    assert not other.lead()
    assert not of(oms).lead()
    (number,) = one._rows("SELECT pg_backend_pid()", ())[0]
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (number,))
    until = time.monotonic() + 5
    while not other.lead():
        assert time.monotonic() < until
    assert not one.lead()


def test_a_process_that_stands_still_loses_its_accounts(join: Join) -> None:
    """Whoever waits for a transaction that nobody goes on with ends it after a second; nothing of it is stored."""
    still, other = join(), join()

    def stand_still() -> None:
        with still.transaction([1]):
            still.storage.set_meta("half", "there")
            until = time.monotonic() + 10
            while send(other, "buy", "0.1", 1).status == 503:
                assert time.monotonic() < until

    with pytest.raises(StorageUnavailable):
        stand_still()
    assert still.storage.meta("half") is None
    assert send(still, "buy", "0.1", 1).status == 200


def test_a_long_transaction_is_not_taken_for_one_that_stands_still(join: Join) -> None:
    """As long as something is done in it, others leave it alone."""
    long, other = join(), join()
    for _ in range(5):
        stood = 0.0  # seconds for which this process itself was left standing, on a busy machine
        try:
            with long.transaction([1]):
                until = last = time.monotonic() + 1.8
                last -= 1.8
                while last < until:
                    long.storage.set_meta("going", "on")
                    of(other).lead()
                    last, before = time.monotonic(), last
                    stood = max(stood, last - before)
        except StorageUnavailable:
            assert stood > 0.4 or time.monotonic() - last > 0.4
        else:
            break
    assert other.storage.meta("going") == "on"


def test_a_lost_connection_is_made_again(cluster: Cluster, join: Join) -> None:
    """A process whose connection was ended between two commands carries out the next one; one that lost it over a
    command has stored nothing of it, and shows what is stored."""
    oms = join()
    send(oms, "buy", "1", 2)
    sever(cluster, oms)
    assert send(oms, "buy", "1", 2).status == 200
    sever(cluster, oms)
    assert oms.storage.count(Order) == 2
    before = oms.exchange.state(2)

    def lose() -> None:
        with oms.transaction([2]):
            oms.storage.set_meta("half", "there")
            sever(cluster, oms)
            with suppress(StorageUnavailable):
                oms.storage.meta("half")
            oms.storage.set_meta("half", "there")  # not on another connection, past the transaction

    with pytest.raises(StorageUnavailable):
        lose()
    until = time.monotonic() + 5
    while send(oms, "buy", "0.1", 2).status == 503:
        assert time.monotonic() < until
    assert oms.storage.meta("half") is None
    assert oms.exchange.state(2).balances["BTC"].free == before.balances["BTC"].free + Decimal("0.1")


def test_a_commit_in_doubt_is_told_as_such(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection breaks over the commit the client hears that nobody knows, the exchange is what is stored,
    and the events are told, once."""
    oms = join()
    told: list[Event] = []
    oms.events.subscribe(told.extend)
    send(oms, "buy", "1", 2)
    connection = of(oms)._connection
    assert connection is not None
    execute = connection.execute

    def break_after_commit(statement: Any, *args: Any) -> Any:
        cursor = execute(statement, *args)
        if statement == "COMMIT":
            with suppress(psycopg.Error):
                assert connection._pipeline is not None
                connection._pipeline.sync()
            connection.close()
        return cursor

    monkeypatch.setattr(connection, "execute", break_after_commit)
    answer = send(oms, "buy", "1", 2)
    assert (answer.status, answer.error and answer.error["code"]) == (504, "outcome_unknown")
    assert oms.storage.count(Order) == 2
    oms.refresh(oms.accounts)
    assert oms.exchange.state(2) == oms.storage.account_state(2)
    assert oms.exchange.state(2).balances["BTC"].free == 12
    assert [event.event_id for event in told] == list(range(1, oms.events.newest_id(2) + 1))


def test_a_refusal_of_the_exchange_changes_nothing(join: Join) -> None:
    """The transaction is undone and the next one goes on from where the account was."""
    oms = join()
    with pytest.raises(ExchangeRefusal), oms.transaction([1]):
        raise ExchangeRefusal("no")
    assert send(oms, "buy", "1", 1).order_id == 1


@pytest.mark.parametrize("wanted", [{"id": 2**70}, {"client_order_id": "a\0b"}])
def test_what_cannot_be_stored_is_not_found(join: Join, wanted: dict[str, Any]) -> None:
    """A number or a text that no column holds is nobody's, and no error."""
    assert join().storage.select(Order, **wanted) == []


def test_fundings_are_paid_once(join: Join, clock: Clock) -> None:
    """A process that begins to lead does not pay again what the one before it has paid."""
    one, other = join(), join()
    order: dict[str, Any] = {"symbol": "BTC/USDT:USDT", "order_type": "market", "side": "buy", "qty": "1"}
    assert carry_out(one, "send_order", 1, **order).status == 200
    clock.now += 8 * 3_600_000
    tick(one)
    held = one.storage.account_state(1)
    tick(other)
    assert other.storage.account_state(1) == held
    assert other.exchange.state(1).balances == held.balances


def test_the_tests_of_sqlite_are_told_apart(join: Join) -> None:
    """A test that asks SQLite itself is skipped here instead of failing."""
    with pytest.raises(pytest.skip.Exception):
        sqlite_of(join())


@pytest.mark.parametrize(
    ("settings", "search_path", "why"),
    [
        ({"no_such_setting": "1"}, "", "unrecognized configuration parameter"),  # as of an older PostgreSQL
        ({}, "nowhere", "no schema is selected"),
    ],
)
def test_a_database_that_will_not_do_keeps_no_connection(
    cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch, settings: Any, search_path: str, why: str
) -> None:
    """However often it is tried, what is wrong is said, and no connection is left open."""
    monkeypatch.setattr(postgres, "SETTINGS", {**postgres.SETTINGS, **settings})
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 0)
    url = f"{database.partition('?')[0]}?options=-csearch_path%3D{search_path}" if search_path else database
    held = []
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match=why) as caught:
            PostgreSQL(url)
        held.append(caught.value)  # with its traceback, and all that that holds
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        until = time.monotonic() + 5
        others = "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        while connection.execute(others).fetchall():
            assert time.monotonic() < until
