"""How much memory something takes at most."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["MEBI", "Peak", "measured"]

MEBI = 1024 * 1024


class Peak:
    """The most bytes that were held at a time, beyond those of the beginning."""

    size = 0


@contextmanager
def measured() -> Iterator[Peak]:
    """Measure what Python allocates in here, of all threads; `size` is there at the end."""
    peak = Peak()
    tracemalloc.start()
    try:
        began = tracemalloc.get_traced_memory()[0]
        yield peak
        peak.size = tracemalloc.get_traced_memory()[1] - began
    finally:
        tracemalloc.stop()
