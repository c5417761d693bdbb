"""Applies mutations, one at a time, to a copy of the tree, and runs the tests that have to catch each.

    python -m tests.ablations                        # all of them
    python -m tests.ablations --third 7              # every third one, beginning with number 7 % 3
    python -m tests.ablations --only 'a name'

The checkout stays as it is. Exits with 1 if a mutation survives, does not apply, or its tests fail without it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ablations.mutation import Mutation
from tests.ablations.mutations import MUTATIONS

__all__ = ["Verdict", "apply", "copied", "judge", "mutated"]

ROOT = Path(__file__).parents[2]
COPIED = ("oms_ccxt_async", "oms_ccxt_pro", "tests", "examples", "docs", "pyproject.toml", "README.md")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")
FAILED = 1
"""What pytest exits with where tests failed; everything else says that they could not be run."""
PATIENCE = 300
"""Seconds after which the tests of a mutation have hung."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a mutation.

    Attributes:
        caught: the test that failed; None if none did, or they could not be run.
        problem: what is wrong; empty if the mutation was caught.
    """

    mutation: Mutation
    caught: str | None
    seconds: float
    problem: str = ""


def apply(mutation: Mutation, source: str) -> str:
    """The source with the mutation in it.

    Raises:
        ValueError: its text does not stand there once.
    """
    found = source.count(mutation.text)
    if found != 1:
        raise ValueError(f"{mutation.name}: its text stands {found} times in {mutation.file}")
    return source.replace(mutation.text, mutation.replacement)


@contextmanager
def mutated(mutation: Mutation, tree: Path) -> Iterator[None]:
    """A copy of the tree with the mutation in it, and without it afterwards."""
    file = tree / mutation.file
    source = file.read_text()
    try:
        _write(file, apply(mutation, source))
        yield
    finally:
        _write(file, source)


def _write(file: Path, source: str) -> None:
    file.write_text(source)
    # Python tells sources apart by second and size, which two of them may share.
    Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)


def judge(mutation: Mutation, tree: Path) -> Verdict:
    """Run the tests of a mutation on a copy of the tree that has it."""
    began = time.monotonic()
    try:
        with mutated(mutation, tree):
            done = _tests(mutation.tests, tree)
    except ValueError as error:
        return Verdict(mutation, None, 0.0, str(error))
    except subprocess.TimeoutExpired:
        return Verdict(mutation, "none came to an end", time.monotonic() - began)
    seconds = time.monotonic() - began
    if done.returncode == FAILED:
        return Verdict(mutation, _failed(done.stdout), seconds)
    problem = "SURVIVED" if done.returncode == 0 else f"the tests could not be run:\n{done.stdout}{done.stderr}"
    return Verdict(mutation, None, seconds, problem)


def _tests(tests: Sequence[str], tree: Path) -> subprocess.CompletedProcess[str]:
    # What the garbage collector complains of is told to a test that comes later, and has nothing to do with it.
    unraisable = "-Wignore::pytest.PytestUnraisableExceptionWarning"
    options = ("-x", "-q", "--tb=line", "-rfE", "-p", "no:cacheprovider", "--timeout=50", unraisable)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _failed(report: str) -> str:
    """The first test that failed, in pytest's words."""
    summary = report.rpartition("short test summary info")[2].splitlines()
    lines = [line.split(" - ")[0] for line in summary if line.startswith(("FAILED ", "ERROR "))]
    return lines[0].partition(" ")[2] if lines else "?"


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree, as far as tests need it."""
    with tempfile.TemporaryDirectory(prefix="oms-ablations-") as directory:
        tree = Path(directory)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tree / name, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / name, tree / name)
        yield tree


def _run(mutations: Sequence[Mutation], jobs: int) -> bool:
    """Judge mutations, a line for each as it comes; whether all were caught."""
    trees: queue.SimpleQueue[Path] = queue.SimpleQueue()

    def judged(mutation: Mutation) -> Verdict:
        tree = trees.get()
        try:
            return judge(mutation, tree)
        finally:
            trees.put(tree)

    def passes() -> str:
        """What is wrong with the tests where nothing is mutated: a test that fails anyway catches nothing."""
        tree = trees.get()
        try:
            done = _tests(sorted({test for mutation in mutations for test in mutation.tests}), tree)
            return done.stdout + done.stderr if done.returncode else ""
        finally:
            trees.put(tree)

    began, width = time.monotonic(), max(len(mutation.name) for mutation in mutations)
    with copied() as first, ThreadPoolExecutor(jobs) as pool:
        trees.put(first)
        more = [tempfile.TemporaryDirectory(prefix="oms-ablations-") for _ in range(jobs - 1)]
        try:
            for directory in more:
                shutil.copytree(first, directory.name, dirs_exist_ok=True)
                trees.put(Path(directory.name))
            unmutated = pool.submit(passes)
            print(f"{'mutation':{width}}  seconds  caught by")
            verdicts = []
            for verdict in pool.map(judged, mutations):
                verdicts.append(verdict)
                print(f"{verdict.mutation.name:{width}}  {verdict.seconds:7.1f}  {verdict.caught or verdict.problem}")
                sys.stdout.flush()
            broken = unmutated.result()
        finally:
            for directory in more:
                directory.cleanup()
    caught = sum(verdict.caught is not None for verdict in verdicts)
    print(f"{caught} of {len(verdicts)} mutations were caught, in {time.monotonic() - began:.0f} s")
    if broken:
        print(f"without any mutation the tests fail:\n{broken}")
    return caught == len(verdicts) and not broken


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--third", type=int, help="only every third one, beginning with this number modulo 3")
    parser.add_argument("--only", help="only the one of this name")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    arguments = parser.parse_args()
    mutations: Sequence[Mutation] = MUTATIONS
    if arguments.third is not None:
        mutations = mutations[arguments.third % 3 :: 3]
    if arguments.only is not None:
        mutations = [mutation for mutation in MUTATIONS if mutation.name == arguments.only]
        if not mutations:
            parser.error(f"there is no mutation {arguments.only!r}")
    sys.exit(not _run(mutations, arguments.jobs))


if __name__ == "__main__":
    main()
