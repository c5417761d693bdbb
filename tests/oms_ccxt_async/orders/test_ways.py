"""Which row is an intent's, and what it proves."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.orders.intents import Intent
from oms_ccxt_async.orders.ways import is_of, is_pending
from tests.oms_ccxt_async.orders.support import ROW
from tests.oms_ccxt_async.orders.test_intents import intent, replaced

BEGAN = 1_800_000_000_000


def mine(**fields: Any) -> Intent:
    """An intent under an id of the user's."""
    return replaced(intent("mine"), own_id=False, began=BEGAN, **fields)


@pytest.mark.parametrize(
    ("made", "row", "its"),
    [
        (mine(), ROW, True),
        (mine(), {**ROW, "symbol": "ETH/USDT"}, False),
        (mine(), {**ROW, "side": "SELL"}, False),
        (mine(), {**ROW, "side": "BUY"}, True),
        (mine(), {**ROW, "qty": "0.010000000000000001"}, False),
        (mine(), {**ROW, "qty": "nonsense"}, False),
        (mine(), {**ROW, "order_type": "stop_limit"}, False),
        # Where orders were known before, the id tells; where none was, the time does.
        (mine(above=4), ROW, True),
        (mine(above=5), ROW, False),
        (mine(above=4), {**ROW, "created_at": "2020-01-01T00:00:00"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:59:01"}, True),
        (mine(), {**ROW, "created_at": "2027-01-15T07:58:59"}, False),
        (mine(), {**ROW, "created_at": None}, True),
        # An id of ours is on no other order.
        (replaced(intent(), above=9), {**ROW, "symbol": "ETH/USDT"}, True),
    ],
)
def test_whose_row_it_is(made: Intent, row: dict[str, Any], its: bool) -> None:
    """Under an id of the user's the row has to say what was sent, and to be newer than what was known."""
    assert is_of(made, row) is its


def test_pending_is_no_proof() -> None:
    """The OMS has the row; whether the exchange has the order, it does not know (facts 10 and 30)."""
    assert is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": None})
    assert not is_pending({**ROW, "status": "PENDING_SUBMIT", "exchange_order_id": "9"})
    assert not is_pending(ROW)
