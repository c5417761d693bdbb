"""Orders of a legacy OMS that are over: what is kept of them, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.lists.over import TRUSTED, Over


def row(number: int = 1, status: str = "SUBMITTED", qty: str = "3.000") -> dict[str, Any]:
    return {"id": number, "status": status, "qty": qty}


def deals(*amounts: str) -> list[dict[str, Any]]:
    return [{"id": number, "qty": amount} for number, amount in enumerate(amounts, 1)]


def test_a_filled_order_keeps_its_deals() -> None:
    """The deals that fill an order are kept; those of a part are not, nor those of an order that was made larger."""
    over = Over()
    over.trust(0)
    over.note(1, row(), deals("1", "1"))
    assert over.deals(1, row()) is None
    over.note(1, row(), deals("1", "2"))
    assert over.deals(1, row()) == deals("1", "2")
    assert over.row(1, 1) is None
    assert over.deals(1, row(qty="4")) is over.deals(2, row()) is over.deals(1, row(2)) is None


@pytest.mark.parametrize(("status", "kept"), [("CANCELED", True), ("REJECTED", True), ("PENDING_SUBMIT", False)])
def test_a_canceled_order_keeps_its_row(status: str, kept: bool) -> None:
    """The row of an order that ended without being filled is kept, and its deals are asked for."""
    over = Over()
    over.trust(0)
    over.note(1, row(status=status), deals("1"))
    assert over.row(1, 1) == (row(status=status) if kept else None)
    assert over.deals(1, row(status=status)) is None


def test_what_is_kept_is_nobodys() -> None:
    """Rows and deals are handed out as copies."""
    over = Over()
    over.trust(0)
    over.note(1, row(status="CANCELED"), deals("3"))
    (over.row(1, 1) or {}).clear()
    (over.deals(1, row()) or [{}])[0].clear()
    assert (over.row(1, 1), over.deals(1, row())) == (row(status="CANCELED"), deals("3"))


@pytest.mark.parametrize("now", [TRUSTED + 1, -1])
def test_it_is_trusted_for_ten_minutes(now: int) -> None:
    """Afterwards, or when the clock steps back, all is read again."""
    over = Over()
    over.trust(0)
    over.note(1, row(), deals("3"))
    over.trust(TRUSTED)
    assert over.deals(1, row()) is not None
    over.trust(now)
    assert over.deals(1, row()) is None


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are let go of."""
    monkeypatch.setattr("oms_ccxt_async.lists.over.HELD", 2)
    over = Over()
    over.trust(0)
    for number in range(1, 4):
        over.note(1, row(number), deals("3"))
    assert [over.deals(1, row(number)) is not None for number in range(1, 4)] == [False, True, True]


@pytest.mark.parametrize("odd", [{"id": 1, "qty": None}, {"id": 1, "qty": "x"}, {"id": 1}, {"id": 1, "qty": "0"}])
def test_an_odd_row_is_not_kept(odd: dict[str, Any]) -> None:
    """A row whose quantity cannot be read, or is none, is never over by its deals."""
    over = Over()
    over.trust(0)
    over.note(1, odd, deals("3"))
    assert over.deals(1, odd) is None


def test_what_is_forgotten_is_read_again() -> None:
    """After the OMS's data were restored nothing that was over has to be so."""
    over = Over()
    over.trust(0)
    over.note(1, row(), deals("3"))
    over.note(1, row(2, "CANCELED"), ())
    over.forget()
    assert over.deals(1, row()) is None
    assert over.row(1, 2) is None
