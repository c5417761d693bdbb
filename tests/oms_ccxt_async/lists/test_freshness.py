"""How fresh an account is, and when its OMS may be asked."""

from __future__ import annotations

from math import inf

from oms_ccxt_async.lists.freshness import HELD, Freshness


def test_nothing_changes_while_nothing_can_fill() -> None:
    """Before the first look anything may have filled; afterwards only orders that are open."""
    fresh = Freshness()
    assert fresh.may_change
    fresh.reconciled(1_000, 1_250)
    assert not fresh.may_change
    fresh.note(7, True)
    assert fresh.may_change
    fresh.note(7, False)
    assert not fresh.may_change


def test_an_oms_that_cannot_be_asked_is_not() -> None:
    """Whatever is open, once it is switched off."""
    fresh = Freshness()
    fresh.note(7, True)
    fresh.off = "no such endpoint"
    assert not fresh.may_change


def test_the_lane_is_held_for_a_fifth_at_most() -> None:
    """After a reconcile of 250 ms that began at 1,000 the next one begins at 2,250 or later."""
    fresh = Freshness()
    fresh.reconciled(1_000, 1_250)
    assert fresh.wait(1_250) == 1_000
    assert fresh.wait(2_250) == 0


def test_the_status_counts_whole_seconds_that_are_over() -> None:
    """An age of 0 may be almost a second; what is known already does not go backwards."""
    fresh = Freshness()
    fresh.told(10_000, None)
    assert fresh.since == -inf
    fresh.told(10_000, 0)
    assert (fresh.since, fresh.ours) == (9_000, False)
    fresh.reconciled(9_500, 9_700)
    fresh.told(10_100, 0)
    assert (fresh.since, fresh.ours) == (9_500, True)
    fresh.told(11_000, 0)
    assert (fresh.since, fresh.ours) == (10_000, False)


def test_what_is_remembered_is_bounded() -> None:
    """The oldest open orders are forgotten first."""
    fresh = Freshness()
    for order_id in range(HELD + 1):
        fresh.note(order_id, True)
    fresh.reconciled(0, 1)
    for order_id in range(1, HELD + 1):
        fresh.note(order_id, False)
    assert not fresh.may_change


def test_who_is_not_the_last_lets_others_go_first() -> None:
    """For up to twice what its last reconcile took, until it has done one after those of the others."""
    fresh = Freshness()
    fresh.told(1_000, 7)
    assert fresh.courtesy(9_000) == 0, "a program that begins does not know what it takes"
    fresh.reconciled(10_000, 11_000)
    fresh.told(12_000, 0)
    assert (fresh.since, fresh.courtesy(9_000)) == (11_000, 0), "that may be its own"
    fresh.told(20_000, 7)
    assert fresh.courtesy(9_000) == 2_000
    assert fresh.courtesy(1_500) == 1_500
    fresh.reconciled(21_000, 21_250)
    assert fresh.courtesy(9_000) == 0
