"""How the driver hurries in the tests of programs, and which answers are lost."""

from __future__ import annotations

import pytest

from oms_ccxt_async.wire.hurry import LOST, MODE, Losing, hurried, loses, tries


def test_nothing_hurries_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits and attempts are as they would be, until somebody asks; then they are short and few."""
    assert (hurried(500.0), tries(4)) == (500.0, 4)
    monkeypatch.setattr(MODE, "attempts", 2)
    assert (hurried(500.0), hurried(0.5), tries(4), tries(1)) == (1.0, 0.5, 2, 1)


def test_which_answers_are_lost() -> None:
    """That of a method by its name, or of what changes something; so many, or all while it lasts."""
    try:
        LOST.append(Losing("fetch_order", 1))
        assert not loses("fetch_orders()", changes=False)
        assert not loses("create_order(BTC/USDT)", changes=True)
        assert loses("fetch_order(5)", changes=False)
        assert not loses("fetch_order(5)", changes=False)
        LOST.append(Losing(None, None))
        assert [loses("create_order()", changes=changes) for changes in (True, False, True)] == [True, False, True]
        LOST.append(Losing(None, None, reads=True))
        assert loses("fetch_order(5)", changes=False)
    finally:
        LOST.clear()
