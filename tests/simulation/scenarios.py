"""The scenarios: who trades how, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCENARIOS", "Scenario"]

WIRE = ("part", "reset", "lose_answers", "cut_answers", "late_answers", "late_requests", "refuse", "slow")
PEOPLE = ("reflex", "gatherer", "per task", "named", "batcher")


@dataclass(frozen=True)
class Scenario:
    """What a seed draws from.

    Attributes:
        name: on the command line.
        sentence: what it is about.
        programs: the bots' programs are drawn from these.
        faults: so are the faults.
        bots: how many instances, each on a machine of its own, trade on the one account.
        journal: whether the bots have one.
        most: at most so many faults.
        watchers: how many loops watch for each bot.
    """

    name: str
    sentence: str
    programs: tuple[str, ...]
    faults: tuple[str, ...]
    bots: int = 1
    journal: bool = False
    most: int = 4
    watchers: int = 2


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("partitions", "ways are cut, in one direction or both", PEOPLE, ("part", "reset", "refuse", "slow")),
        Scenario(
            "answers",
            "answers are lost, cut, late; requests arrive late or twice",
            PEOPLE,
            ("lose_answers", "cut_answers", "late_answers", "late_requests", "repeat_requests"),
        ),
        Scenario(
            "crashes",
            "the OMS dies, or breaks off before and after a commit",
            (*PEOPLE, "changer"),
            ("crash", "abort", "break_down", "abort", "break_down", "reset"),
        ),
        Scenario(
            "successors",
            "bots with a journal die and are started again",
            ("successor",),
            ("bot_dies", "bot_dies", "lose_answers", "late_requests", "crash", "part"),
            journal=True,
        ),
        Scenario(
            "clocks",
            "clocks step on both sides, among faults of the way",
            (*PEOPLE, "changer"),
            ("clock_of_oms", "clock_of_bot", "clock_of_oms", "reset", "lose_answers", "crash"),
            most=5,
        ),
        Scenario(
            "streams",
            "events come twice, in another order, or not at all; connections break",
            ("reflex", "gatherer"),
            ("meddle_events", "meddle_events", "reset", "part", "cut_answers", "crash", "prune"),
            most=5,
            watchers=5,
        ),
        Scenario(
            "quotes",
            "cancel all and quote again, among everything",
            ("quoter",),
            (*WIRE, "crash", "abort", "break_down"),
        ),
        Scenario(
            "changes", "orders are edited and canceled, among everything", ("changer",), (*WIRE, "crash", "abort")
        ),
        Scenario(
            "two bots",
            "two bots on one account, one of them with a journal and mortal",
            (*PEOPLE, "quoter", "changer"),
            (*WIRE, "crash", "abort", "clock_of_oms", "meddle_events"),
            bots=2,
        ),
        Scenario(
            "restores",
            "the OMS's data are put back to a backup",
            ("reflex", "gatherer", "named"),
            ("restore", "restore", "reset", "part", "lose_answers"),
            most=3,
        ),
    )
}
