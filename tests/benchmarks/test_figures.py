"""What is said of measurements."""

from __future__ import annotations

import pytest

from tests.benchmarks.figures import FALLBACK, Fact, Figure, Goal, fallen_back, report


def figure(*rounds: tuple[float, float]) -> Figure:
    """Rounds of ours and of a rival."""
    return Figure(
        "event", "us", "oms", [{"oms": ours, "other": theirs} for ours, theirs in rounds], [Goal("other", 0.5)]
    )


def test_a_ratio_is_that_of_a_round() -> None:
    """A round in which the machine was busy says as much as another one, and one that is far off says nothing."""
    measured = figure((1, 2), (10, 20), (1, 2), (7, 1))
    assert measured.ratio("other") == 0.5
    assert measured.cost("oms") == 4
    low, high = measured.spread("other")
    assert low == 0.5
    assert high > 0.5


@pytest.mark.parametrize(
    ("now", "worse"), [(0.9, False), (1.0, False), (FALLBACK - 0.01, False), (FALLBACK + 0.01, True)]
)
def test_a_ratio_falls_back_by_more_than_fifteen_percent(now: float, worse: bool) -> None:
    """By less it may be chance; better is always good."""
    told = fallen_back(figure((now, 2)), {"other": 0.5})
    assert (list(told) == ["other"]) is worse
    assert all("event" in text and "0.50" in text for text in told.values())


def test_the_report_says_what_is_not_as_wanted() -> None:
    """Each contender has its line, each goal its verdict."""
    told = report([figure((1, 4)), figure((3, 4))], [Fact("memory", "flat", False)])
    assert told.count("| other |") == 2
    assert "at most 0.50: yes" in told
    assert "at most 0.50: **no**" in told
    assert "| memory | flat | **no** |" in told
