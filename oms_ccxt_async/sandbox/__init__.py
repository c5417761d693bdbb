"""A real OMS for development, paper trading and tests: FastAPI over SQLite, with a paper exchange behind it."""

from oms_ccxt_async.sandbox.errors import PricesUnavailable, StorageUnavailable

try:
    from oms_ccxt_async.sandbox.process import run
    from oms_ccxt_async.sandbox.server import Sandbox
except ModuleNotFoundError as error:
    if error.name is None or error.name.startswith("oms_ccxt"):
        raise
    library = error.name.partition(".")[0]
    raise ModuleNotFoundError(
        f"{library} is not installed: the sandbox needs the extra `sandbox`; pip install 'oms-ccxt[sandbox]', or "
        "in a clone pip install -e '.[sandbox]'",
        name=library,
    ) from None

__all__ = ["PricesUnavailable", "Sandbox", "StorageUnavailable", "run"]
