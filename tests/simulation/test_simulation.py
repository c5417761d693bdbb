"""The short form of `make prove`: some seeds of every scenario, what seeds once found, and that a seed is a run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.regressions import REGRESSIONS

ROOT = Path(__file__).parents[2]


def _simulate(*arguments: str, hash_seed: str = "0") -> str:
    """What the command prints; it has to find nothing wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--jobs", "1", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_what_is_told_is_so_and_a_seed_is_a_run() -> None:
    """Two seeds of each scenario, one of them on a legacy OMS: nothing lost, doubled, untrue or never told; and
    another process, which hashes texts in another way, plays the same run, byte by byte."""
    first = _simulate("--seeds", "20", "--traces")
    traces = re.findall(r"^(.+): trace ([0-9a-f]{16})$", first, re.MULTILINE)
    assert len(traces) == len({trace for _, trace in traces}) == 20
    second = _simulate("--seeds", "20", "--traces", hash_seed="1")
    assert re.findall(r"^(.+): trace ([0-9a-f]{16})$", second, re.MULTILINE) == traces
    assert "20 seeds" in first


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scenario", "seed", "what"), REGRESSIONS)
def test_what_was_found_does_not_come_back(scenario: str, seed: int, what: str) -> None:
    """A seed that once found something finds nothing any more."""
    assert f"{scenario} {seed} " in _simulate("--scenario", scenario, "--seed", str(seed)), what
