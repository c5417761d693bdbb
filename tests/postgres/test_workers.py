"""Workers: who serves, who is replaced, and what cannot be served by several."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from oms_ccxt_async.sandbox.workers import serve_workers
from tests.faults.eventually import eventually
from tests.postgres.fleet import processes, running


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"profile": "legacy", "database": "postgresql://x"}, "a legacy OMS is one process"),
        ({"database": None}, "a SQLite file belongs to one process"),
        ({"database": "oms.sqlite"}, "a SQLite file belongs to one process"),
    ],
)
def test_what_several_cannot_serve_is_refused(options: dict[str, Any], why: str) -> None:
    """It says what is needed instead."""
    with pytest.raises(ValueError, match=why):
        serve_workers(workers=2, on_ready=lambda sandbox: None, **options)


def test_a_system_without_processes_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot start any worker says so, instead of ending as if it had been told to."""

    def refused(_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refused)
    with pytest.raises(OSError, match="no more processes"):
        serve_workers(workers=2, on_ready=lambda sandbox: None, database=database)


async def test_workers_are_replaced_and_end_together(database: str, tmp_path: Path) -> None:
    """A worker that dies has a successor; all are gone soon after the supervisor is, even if that one was killed."""
    with running(database, 2, tmp_path / "server.py") as fleet:

        def two_without(gone: int) -> bool:
            there = processes(database)
            return len(there) == 2 and gone not in there

        await eventually(lambda: two_without(0))
        first, _ = processes(database)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: two_without(first), within=15)
        async with aiohttp.ClientSession() as session, session.get(f"{fleet.url}/healthz") as answer:
            assert (await answer.json())["db_engine"] == "postgresql"
        fleet.process.kill()
        await eventually(lambda: not processes(database), within=10)
