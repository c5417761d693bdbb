"""The life of an order as a timeline."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from oms_ccxt_async.instrumentation.events import OrderSettled, RequestDone, RetryPlanned
from oms_ccxt_async.view import lives as lives_module
from oms_ccxt_async.view.lives import Lives, told
from tests.oms_ccxt_async.view.made import NOON, fill, order

WHO: dict[str, Any] = {"exchange": "oms", "account_id": 2}
WHERE: dict[str, Any] = {"path": "/oms/commands", "template": "/oms/commands", "server": "http://oms"}


def done(
    attempt: int = 1, error: str | None = None, operation: str = "create_order", method: str = "POST"
) -> RequestDone:
    """A request about order c-1 has ended."""
    status = None if error else 200
    about = "c-1" if method == "POST" else None
    how: dict[str, Any] = {"over": "rest", "attempt": attempt, "ms": 5.0, "status": status, "error": error}
    return RequestDone(operation=operation, method=method, client_order_id=about, **how, **WHERE, **WHO)


def settled(outcome: str = "accepted", order_id: int | None = 1) -> OrderSettled:
    """It is known what became of order c-1."""
    how: dict[str, Any] = {"request_id": "r", "symbol": "BTC/USDT:USDT", "ms": 7.0, "error": None}
    return OrderSettled(outcome=outcome, client_order_id="c-1", order_id=order_id, **how, **WHO)


def test_a_lost_answer_is_told_stage_by_stage() -> None:
    """Sent, answer lost, sent again, looked for, found, taken, filled: in this sequence."""
    lives = Lives()
    lives.happened(done(error="RequestTimeout"), NOON + 10)
    path: Any = {"path": "/oms/commands", "template": "/oms/commands"}
    again = RetryPlanned(
        operation="create_order", method="POST", attempt=1, wait_ms=50, error="x", client_order_id="c-1", **path, **WHO
    )
    lives.happened(again, NOON + 20)
    lives.happened(done(operation="the orders just sent", method="GET"), NOON + 30)
    lives.happened(settled(), NOON + 40)
    lives.stands(order("1"), NOON + 50)
    lives.filled(fill("9"), "c-1", NOON + 60)
    lives.stands(order("1", "closed", filled=Decimal("0.5")), NOON + 61)
    stages = lives.of(order("1"))
    whats = ["sent", "answer lost", "sent again", "looked for", "found", "taken by the OMS", "fill", "filled"]
    assert [stage.what for stage in stages] == whats
    assert [stage.kind for stage in stages[1:5]] == ["doubt", "doubt", "doubt", "good"]
    assert stages[0].at == NOON + 5
    assert told(stages)[6] == "fill 0.5 at 60,000"


def test_the_stream_may_be_faster_than_the_answer() -> None:
    """What came by the order's id before its client order id was known is of the same life, and each fill is one."""
    lives = Lives()
    lives.filled(fill("9"), "", NOON + 1)
    lives.stands(order("1"), NOON + 2)
    lives.filled(fill("9"), "c-1", NOON + 3)
    lives.happened(done(), NOON + 4)
    lives.happened(settled(), NOON + 4)
    assert sorted(stage.what for stage in lives.of(order("1"))) == ["accepted", "fill", "sent", "taken by the OMS"]


def test_a_fill_comes_before_the_state_that_has_it() -> None:
    """The driver tells a fill after its order's state; the timeline has them the way they happened."""
    lives = Lives()
    lives.stands(order("1"), NOON)
    lives.stands(order("1", "closed", filled=Decimal("0.5")), NOON + 5)
    lives.filled(fill("9"), "c-1", NOON + 7)
    assert [stage.what for stage in lives.of(order("1"))] == ["taken by the OMS", "fill", "filled"]


def test_an_order_of_somebody_else() -> None:
    """Without a client order id its states are its life, and a move has both prices."""
    lives = Lives()
    theirs = order("5", client_id="")
    lives.stands(theirs)
    lives.stands(replace(theirs, price=Decimal(61_000)))
    lives.stands(replace(theirs, price=Decimal(61_000), status="canceled"))
    assert told(lives.of(theirs))[1:] == ["moved from 60,000 to 61,000", "canceled"]


def test_refused_and_unknown() -> None:
    """What the OMS refused, and what nobody knows, is said so."""
    lives = Lives()
    lives.happened(settled("unknown", None), NOON)
    assert [stage.kind for stage in lives.of(order("", client_id="c-1"))] == ["doubt"]
    lives.happened(settled("refused", None), NOON + 1)
    assert lives.of(order("", client_id="c-1"))[-1].what == "refused"


def test_bounded() -> None:
    """Only the latest orders have a life, each with so many stages, of which the first stays."""
    lives = Lives()
    for number in range(lives_module.ORDERS_KEPT * 3):
        lives.stands(order(str(number)), NOON)
    assert len(lives._lives) == lives_module.ORDERS_KEPT
    assert len(lives._names) <= 2 * lives_module.ORDERS_KEPT + 1
    newest = order(str(lives_module.ORDERS_KEPT * 3 - 1))
    for number in range(500):
        lives.filled(fill(str(number), order=newest.id), newest.client_id, NOON + number)
    stages = lives.of(newest)
    assert len(stages) == lives_module.STAGES_KEPT
    assert stages[0].what == "taken by the OMS"
