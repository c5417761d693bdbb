"""The clocks and the chance of a simulated process: `install` them before anything else is imported.

Code keeps `time.monotonic`, `uuid.uuid4` and the like by name and as default arguments, so they are replaced once, by
functions that ask the running simulation, and where none runs the system.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

__all__ = ["EPOCH", "HOST", "REAL_MONOTONIC", "Machine", "begin", "end", "install", "now_ms"]

EPOCH = 1_760_000_000.0
"""The wall clock of every machine at second 0, in seconds."""


class Machine(Protocol):
    """A machine as its clock sees it: `skew` is by how many seconds the wall clock is off."""

    skew: float


HOST: ContextVar[Machine | None] = ContextVar("HOST", default=None)
"""Whose code runs: tasks and callbacks inherit it."""

REAL_MONOTONIC = time.monotonic
_REAL = REAL_MONOTONIC, time.time, os.urandom
_now: Callable[[], float] | None = None
_chance = random.Random()


def begin(now: Callable[[], float], seed: int) -> None:
    """From now on time is `now` (seconds since the simulation began), and all chance comes from `seed`."""
    global _now
    _now = now
    _chance.seed(seed)
    random.seed(seed)


def end() -> None:
    """From now on time and chance are the system's again."""
    global _now
    _now = None


def _monotonic() -> float:
    return _REAL[0]() if _now is None else 1_000.0 + _now()


def _wall() -> float:
    if _now is None:
        return _REAL[1]()
    host = HOST.get()
    return EPOCH + _now() + (host.skew if host else 0)


def now_ms() -> int:
    """The wall clock of the machine whose code runs, in epoch milliseconds."""
    return int(_wall() * 1000)


def _urandom(size: int) -> bytes:
    return _REAL[2](size) if _now is None else _chance.randbytes(size)


def install() -> None:
    """Replace what the standard library says of time and chance, for the whole process and for good."""
    time.monotonic = time.perf_counter = _monotonic
    time.time = _wall
    time.monotonic_ns = time.perf_counter_ns = lambda: int(_monotonic() * 1_000_000_000)
    time.time_ns = lambda: int(_wall() * 1_000_000_000)
    os.urandom = _urandom
    random._urandom = _urandom  # type: ignore[attr-defined]  # what SystemRandom and secrets draw from
    uuid.uuid4 = lambda: uuid.UUID(bytes=_urandom(16), version=4)
