"""What is measured, against whom, and what is wanted of it. Pure.

Contenders take turns in rounds, and what counts is the median of the rounds' ratios: whatever else the machine does in
a round, it does to all of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["FALLBACK", "Fact", "Figure", "Goal", "fallen_back", "report"]

FALLBACK = 1.15
"""How many times as much as it was a ratio may be."""


@dataclass(frozen=True, slots=True)
class Goal:
    """At most so many times what another contender costs."""

    rival: str
    most: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that the driver does, as it and others do it.

    Attributes:
        title: what is done.
        unit: of the costs.
        ours: the driver's name among the contenders.
        rounds: the cost of each contender, round by round.
        goals: what is wanted.
    """

    title: str
    unit: str
    ours: str
    rounds: Sequence[Mapping[str, float]]
    goals: Sequence[Goal]

    def cost(self, name: str) -> float:
        """A contender's median."""
        return statistics.median(costs[name] for costs in self.rounds)

    def ratio(self, rival: str) -> float:
        """How many times the rival's cost ours is."""
        return statistics.median(self._ratios(rival))

    def spread(self, rival: str) -> tuple[float, float]:
        """Between which ratios the middle half of the rounds lies."""
        ratios = self._ratios(rival)
        if len(ratios) < 2:
            return ratios[0], ratios[0]
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, high

    def _ratios(self, rival: str) -> list[float]:
        return [costs[self.ours] / costs[rival] for costs in self.rounds]

    def kept(self) -> dict[str, float]:
        """The ratios by which a later run is judged."""
        return {goal.rival: round(self.ratio(goal.rival), 3) for goal in self.goals}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is no ratio of costs, and whether it is as it is wanted."""

    text: str
    wanted: str
    holds: bool


def fallen_back(figure: Figure, kept: Mapping[str, float]) -> dict[str, str]:
    """The rivals against whom a figure is worse than it was, and by how much."""
    return {
        rival: f"{figure.title}: {figure.ratio(rival):.2f} times {rival}, and was {ratio:.2f}"
        for rival, ratio in kept.items()
        if figure.ratio(rival) > ratio * FALLBACK
    }


def report(figures: Sequence[Figure], facts: Sequence[Fact]) -> str:
    """The figures as a table, a line for each contender, ours first; and the facts as another."""
    lines = ["| what | who | cost | ours is | middle half of rounds | wanted |", "|---|---|---|---|---|---|"]
    for figure in figures:
        goals = {goal.rival: goal.most for goal in figure.goals}
        lines.append(f"| {figure.title} | **{figure.ours}** | {figure.cost(figure.ours):,.1f} {figure.unit} | | | |")
        for rival in figure.rounds[0]:
            if rival == figure.ours:
                continue
            low, high = figure.spread(rival)
            most = goals.get(rival)
            verdict = ""
            if most is not None:
                verdict = f"at most {most:.2f}: {'yes' if figure.ratio(rival) <= most else '**no**'}"
            ratio = f"{figure.ratio(rival):.2f} times that"
            cost = f"{figure.cost(rival):,.1f} {figure.unit}"
            lines.append(f"| | {rival} | {cost} | {ratio} | {low:.2f} to {high:.2f} | {verdict} |")
    lines += ["", "| | wanted | |", "|---|---|---|"]
    lines += [f"| {fact.text} | {fact.wanted} | {'yes' if fact.holds else '**no**'} |" for fact in facts]
    return "\n".join(lines)
