"""Which answers say that the OMS lacks an endpoint; what follows from it is in `exchange/test_fallback.py`."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.errors import answered
from oms_ccxt_async.wire.endpoints import is_missing_endpoint


@pytest.mark.parametrize(
    ("status", "detail", "missing"),
    [
        (404, "Not Found", True),
        (405, "Method Not Allowed", True),
        (404, {"code": "order_not_found"}, False),
        (404, None, False),
        (400, "Not Found", False),
    ],
)
def test_missing_endpoint(status: int, detail: Any, missing: bool) -> None:
    """Only a 404 or 405 in FastAPI's words says that there is no such path (fact 1)."""
    assert is_missing_endpoint(answered(status, detail, asked="x")) is missing
