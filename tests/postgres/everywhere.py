"""A pytest plugin (`-p tests.postgres.everywhere`): sandboxes and OMSs of the tests that would be on a temporary SQLite
file, or in memory, are each in a schema of a PostgreSQL that runs as long as the tests do."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.postgres import PostgreSQL
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.storage import Storage
from tests.postgres.cluster import Cluster
from tests.sandbox import support

CLUSTER = pytest.StashKey[Cluster]()
OPENED = pytest.StashKey[list[PostgreSQL]]()
"""What in memory needs no end: these do."""


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster and turn everybody to it."""
    cluster = config.stash[CLUSTER] = Cluster().__enter__()
    config.stash[OPENED] = []
    on_sqlite = Sandbox.__init__

    @functools.wraps(on_sqlite)
    def on_postgres(self: Sandbox, **options: Any) -> None:
        if options.get("database") is None and options.get("lists_lag") is None:
            options["database"] = cluster.fresh()
        on_sqlite(self, **options)

    def in_memory(path: Any) -> Storage:
        if path != ":memory:":
            return SQLite(path)
        config.stash[OPENED].append(storage := PostgreSQL(cluster.fresh()))
        return storage

    Sandbox.__init__ = on_postgres  # type: ignore[method-assign]
    support.storage_at = in_memory
    support.unstorable = "\0"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster."""
    for storage in config.stash[OPENED]:
        storage.close()
    config.stash[CLUSTER].__exit__(None, None, None)
