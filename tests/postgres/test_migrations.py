"""How tables come into a PostgreSQL: once, whole, in the connection's schema, whoever begins or ends meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.migrations import HEAD
from oms_ccxt_async.sandbox.postgres import PostgreSQL
from tests.postgres.cluster import Cluster

BEGIN = """
import sys
from oms_ccxt_async.sandbox.postgres import PostgreSQL
PostgreSQL(sys.argv[1]).close()
print(*(name for name in ("alembic", "sqlalchemy") if name in sys.modules))
"""
OURS = "application_name LIKE 'oms-ccxt sandbox % in ' || current_schema()::regnamespace::oid"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
VERSION = "SELECT version_num, xmin::text FROM alembic_version"
"""The revision, and the transaction that wrote it."""


def ask(database: str, statement: str) -> list[tuple[object, ...]]:
    """What a connection of its own answers."""
    with psycopg.connect(database, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def begin(database: str) -> subprocess.Popen[str]:
    """Open a database in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN, database], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def outcome(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process has printed until its end, and its errors."""
    printed, errors = process.communicate(timeout=40)
    return printed.strip(), errors


def wait_for_waiting(database: str, number: int, seconds: float = 0) -> None:
    """Return once so many sandboxes' sessions have waited for a lock in this schema for so long."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        f" AND {OURS} AND query_start < clock_timestamp() - interval '{seconds} s'"
    )
    until = time.monotonic() + 20
    while ask(database, waiting) != [(number,)]:
        assert time.monotonic() < until


def wait_for_nobody(database: str) -> None:
    """Return once no sandbox has a session in this schema."""
    until = time.monotonic() + 20
    while ask(database, f"SELECT 1 FROM pg_stat_activity WHERE {OURS}"):
        assert time.monotonic() < until


def test_the_head_is_known_without_alembic() -> None:
    """The revision that the package compares with is the newest of its scripts, and there is one line of them."""
    config = Config()
    config.set_main_option("script_location", "oms_ccxt_async.sandbox:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert all(script.revision.startswith("oms_") for script in scripts.walk_revisions())


def test_a_database_is_migrated_once(database: str) -> None:
    """The first process loads Alembic and makes the tables; the next one changes nothing and does without."""
    assert outcome(begin(database)) == ("alembic sqlalchemy", "")
    made = ask(database, VERSION)
    assert [revision for revision, _ in made] == [HEAD]
    assert outcome(begin(database)) == ("", "")
    assert ask(database, VERSION) == made


def test_processes_begin_at_once(database: str) -> None:
    """Those that come while another one makes the tables wait for it, longer than they wait for an account."""
    with psycopg.connect(database) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE TABLE turns ()")  # nobody sees it; whoever makes it too has to wait
        processes = [begin(database) for _ in range(4)]
        wait_for_waiting(database, 4, seconds=1)
    assert [outcome(process) for process in processes] == [("alembic sqlalchemy", "")] * 4
    assert [revision for revision, _ in ask(database, VERSION)] == [HEAD]


def test_threads_begin_at_once(cluster: Cluster) -> None:
    """Alembic is one for the whole process: sandboxes that begin in several threads, on two databases, wait for it."""
    databases = [cluster.fresh(), cluster.fresh()] * 3
    with ThreadPoolExecutor(len(databases)) as threads:
        for storage in threads.map(PostgreSQL, databases):
            storage.close()
    for database in databases:
        assert [revision for revision, _ in ask(database, VERSION)] == [HEAD]


def test_no_connection_waits_while_alembic_is_loaded(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database and other processes cut off idle connections, and loading takes long on a busy machine."""
    read = ScriptDirectory.from_config
    reads: list[Config] = []

    def after_all_have_gone(config: Config) -> ScriptDirectory:
        if not reads:
            wait_for_nobody(database)
        reads.append(config)
        return read(config)

    monkeypatch.setattr(ScriptDirectory, "from_config", after_all_have_gone)
    with closing(PostgreSQL(database)):
        assert reads


def test_a_process_that_is_killed_leaves_nothing(database: str) -> None:
    """Tables that were made before it was killed are gone with it, and the next process begins with none."""
    with psycopg.connect(database) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE TABLE turns ()")  # after most of the others
        process = begin(database)
        wait_for_waiting(database, 1)
        process.kill()
        process.communicate()
    wait_for_nobody(database)  # the session makes `turns`, then finds that its process is gone
    assert ask(database, TABLES) == []
    with closing(PostgreSQL(database)):
        assert [revision for revision, _ in ask(database, VERSION)] == [HEAD]


def test_a_migration_that_fails_leaves_nothing(database: str) -> None:
    """What the database refuses is said, the password is not, and the tables that were made before are gone."""
    ask(database, "CREATE SEQUENCE exchange_ids")
    url = database.replace("oms@", "oms:secret@")
    with pytest.raises(StorageUnavailable) as refused:
        PostgreSQL(url)
    assert str(refused.value).endswith('relation "exchange_ids" already exists')
    assert "secret" not in "".join(traceback.format_exception(refused.value))
    assert ask(database, TABLES) == []


def test_a_later_version_is_refused(database: str) -> None:
    """A database that has seen a revision of a later version is left as it is."""
    PostgreSQL(database).close()
    ask(database, "UPDATE alembic_version SET version_num = 'oms_9999'")
    made = ask(database, VERSION)
    with pytest.raises(StorageUnavailable, match=r"is of a later version: it has seen oms_9999$"):
        PostgreSQL(database)
    assert ask(database, VERSION) == made


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE orders (id int)",
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0001')",
        f"CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0001'), ('{HEAD}')",
        "CREATE TABLE alembic_version (version_num text); CREATE TABLE orders (id int)",
    ],
    ids=["tables", "a revision", "a revision beside ours", "no revision"],
)
def test_the_database_of_another_program_is_left_alone(database: str, made: str) -> None:
    """Tables that no migration of ours made are not mixed with ours, also where Alembic made them."""
    ask(database, made)
    tables = ask(database, TABLES)
    with pytest.raises(StorageUnavailable, match="is the database of another program"):
        PostgreSQL(database)
    assert ask(database, TABLES) == tables


def test_the_tables_are_in_the_schema_that_the_connection_begins_in(cluster: Cluster, database: str) -> None:
    """Another sandbox's tables in the search path, behind a schema without any, are not taken for those of that one."""
    PostgreSQL(database).close()
    made, theirs = ask(database, VERSION), ask(database, TABLES)
    [(other,)] = ask(database, "SELECT current_schema()")
    ask(database, 'CREATE SCHEMA "Mine, 100% :own"')
    url = f"{cluster.url()}?options=" + quote(f'-csearch_path="Mine,\\ 100%\\ :own",{other}')
    with closing(PostgreSQL(url)):
        assert ask(url, "SELECT current_schema()") == [("Mine, 100% :own",)]
        assert ask(url, TABLES) == theirs
    assert ask(database, VERSION) == made
