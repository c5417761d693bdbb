"""Many seeds on all processors: each in a process of its own, forked from one that has imported everything."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from tests.simulation.world import Outcome, run, warm_up

__all__ = ["Job", "play"]

DEADLINE = 20.0
"""Seconds of processor time that a seed may take; one takes a fraction of a second."""


class Job(NamedTuple):
    """A seed of a scenario."""

    scenario: str
    seed: int


def play(jobs: Iterable[Job], processes: int, *, verbose: bool = False) -> Iterator[Outcome]:
    """Play seeds, so many at a time, in whatever order they end; with `verbose` they print what arrives."""
    warm_up()
    gc.collect()
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    waiting, running = iter(jobs), dict[Connection, tuple[Job, Any]]()
    while True:
        while len(running) < processes and (job := next(waiting, None)) is not None:
            mine, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_play, args=(job, theirs, verbose), daemon=True)
            process.start()
            theirs.close()
            running[mine] = job, process
        if not running:
            return
        for end in wait(list(running), 1.0):
            assert isinstance(end, Connection)
            job, process = running.pop(end)
            try:
                yield Outcome(**json.loads(end.recv_bytes()))
            except EOFError:
                yield Outcome(*job, wrong=[("rules", "the simulation broke, or took too long")])
            end.close()
            process.join()


def _play(job: Job, end: Connection, verbose: bool) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (int(DEADLINE), int(DEADLINE) + 5))
    gc.disable()  # what is left behind ends with the process
    end.send_bytes(json.dumps(vars(run(*job, verbose=verbose))).encode())
    os._exit(0)
