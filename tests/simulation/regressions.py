"""Seeds that found something, and what: they are played again."""

from __future__ import annotations

__all__ = ["REGRESSIONS"]

REGRESSIONS: tuple[tuple[str, int, str], ...] = (
    (
        "restores",
        110,
        "a full OMS that was put back to a backup keeps its epoch: what was held by the event numbers of the old "
        "history hid the present state of an order for ever",
    ),
    (
        "restores",
        119,
        "the deals of an order that was filled were kept, so that an order that a restored legacy OMS has as open was "
        "told as filled",
    ),
    (
        "restores",
        217,
        "the deals of a legacy OMS that lagged behind one that was seen before were kept as the newest: the order "
        "stayed open for its watchers",
    ),
    (
        "quotes",
        207,
        "cancel_all_orders passed over orders that this program had just placed, where a legacy OMS's list lagged: two "
        "quotes stood at the same time",
    ),
    (
        "quotes",
        115,
        "cancel_all_orders returned as if all were canceled while orders lived at the exchange that a legacy OMS "
        "cannot cancel, having lost their acknowledgement; the next quotes stood beside them",
    ),
    (
        "restores",
        100051,
        "the exchange of the simulation gave trade ids a second time, to what filled at once after a restore: fills "
        "that were other ones passed for those that had been told",
    ),
)
"""Scenario, seed, and what was wrong. A seed plays other faults once a scenario is changed; the tests of the rooms in
which it was mended stay."""
