"""What happens in a run, and when: drawn from its seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["FORMS", "Form", "Kind", "Step", "kinds", "schedule"]

Form = Literal["full", "legacy", "pruned"]
"""`pruned` is a full OMS that forgets events while they are needed."""

Kind = Literal[
    "kill",  # SIGKILL, and a start on the same database and port
    "stop",  # SIGSTOP, and SIGCONT after a while
    "end",  # every connection ends, with FIN or RST
    "interrupt",  # the stream ends, and ends again while what was missed is being read
    "cut",  # the next stream is cut at a byte of its own or of the OMS's
    "refuse",  # connections are refused for a while
    "ignore",  # connections are accepted and never answered
    "hole",  # one direction stands still on all connections: half-open
    "lose",  # answers of reads are lost, cut, late or 502 for a while
    "clock",  # the OMS's clock steps
    "storm",  # another client sends orders in batches
    "consumers",  # loops on the same instance come, are cancelled, and go
    "twin",  # another instance of the same program connects and goes
    "prune",  # the OMS forgets its oldest events
]
FORMS: tuple[Form, ...] = get_args(Form)
MEAN_WAIT = 0.5
"""Seconds from one fault to the next."""


@dataclass(frozen=True)
class Step:
    """A fault.

    Attributes:
        at: seconds after the start of the run.
        seed: of what is drawn while it is carried out.
    """

    at: float
    kind: Kind
    seed: int


def kinds(form: Form) -> list[Kind]:
    """The faults that an OMS of this form can have."""
    return [kind for kind in get_args(Kind) if kind != "prune" or form == "pruned"]


def schedule(seed: int, form: Form, seconds: float) -> Iterator[Step]:
    """The faults of a run, the first ones of each kind once, in the order of time."""
    rng = random.Random(seed)
    at = 0.0
    while True:
        for kind in rng.sample(kinds(form), len(kinds(form))):
            at += rng.expovariate(1 / MEAN_WAIT)
            if at >= seconds:
                return
            yield Step(at, kind, rng.getrandbits(32))
