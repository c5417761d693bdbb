"""A short form of `make kills`: a program with a journal that is killed a few times."""

from __future__ import annotations

import os

import pytest

from oms_ccxt_async.sandbox.server import Profile
from tests.chaos.kills import Outcome, run


@pytest.mark.timeout(240)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forked")
@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_the_next_life_knows_every_order(profile: Profile) -> None:
    """Orders that a killed program had on their way are told to the next one, and none is doubled."""
    outcome = await run(profile, cycles=5)
    assert not outcome.failed, str(outcome)
    assert outcome.recovered > 0, "it was killed with orders on their way"
    assert outcome.orders > 5


@pytest.mark.parametrize("wrong", ["doubled", "forgotten", "untrue"])
def test_what_is_wrong_is_told(wrong: str) -> None:
    """A run with any of the three has failed, and its line names the order."""
    fine = {"profile": "full", "cycles": 1, "orders": 2, "recovered": 1, "unknown": 0}
    lists: dict[str, list[str]] = {"doubled": [], "forgotten": [], "untrue": []}
    assert not Outcome(**fine, **lists).failed  # type: ignore[arg-type]
    outcome = Outcome(**fine, **{**lists, wrong: ["bot-1"]})  # type: ignore[arg-type]
    assert outcome.failed
    assert f"{wrong} ['bot-1']" in str(outcome)
