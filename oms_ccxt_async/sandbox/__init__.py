"""A real OMS for development, paper trading and tests: FastAPI over SQLite, with a paper exchange behind it."""

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.server import Sandbox, run

__all__ = ["Sandbox", "StorageUnavailable", "run"]
