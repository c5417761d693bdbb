"""Where the OMSs of tests without a server are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.storage import Storage

unstorable = ""
"""Characters that the database of the tests cannot hold."""

storage_at: Callable[[Any], Storage] = SQLite
"""The database at a path, or in memory; `tests/postgres/everywhere.py` turns this to PostgreSQL."""
