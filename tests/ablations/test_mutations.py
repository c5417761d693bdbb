"""The table of mutations: each applies, and the tool tells those that are caught from those that are not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ablations.__main__ import ROOT, apply, judge
from tests.ablations.mutation import Mutation
from tests.ablations.mutations import MUTATIONS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_mutation_applies(mutation: Mutation) -> None:
    """Its text stands in its file once, what comes of it is Python, and the tests that it names are there."""
    source = (ROOT / mutation.file).read_text()
    compile(apply(mutation, source), mutation.file, "exec")
    assert mutation.breaks.endswith(".")
    for test in mutation.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        assert not name or re.search(rf"^(async )?def {re.escape(name.partition('[')[0])}\(", text, re.MULTILINE), test


def test_the_table_is_large_and_its_names_are_its_own() -> None:
    """At least forty, and each is found by its name."""
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 40


EXAMPLE = Mutation("off by one", "room.py", "a < b", "a <= b", "Equals are smaller.", ("test_room.py",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source and a test that sees some of what may go wrong in it."""
    (tmp_path / "room.py").write_text("def less(a, b):\n    return a < b  # smaller\n")
    (tmp_path / "test_room.py").write_text("import room\n\n\ndef test_less():\n    assert not room.less(1, 1)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("mutation", "caught", "problem"),
    [
        (EXAMPLE, "test_room.py::test_less", ""),
        (replace(EXAMPLE, replacement="a<b"), None, "SURVIVED"),
        (replace(EXAMPLE, replacement="a ~ b"), None, "the tests could not be run"),
        (replace(EXAMPLE, tests=("test_room.py::test_more",)), None, "the tests could not be run"),
        (replace(EXAMPLE, text="a > b"), None, "its text stands 0 times"),
        (replace(EXAMPLE, text="a"), None, "its text stands 3 times"),
    ],
    ids=["caught", "survives", "is no Python", "names no test", "is not there", "is there often"],
)
def test_a_mutation_is_judged(tree: Path, mutation: Mutation, caught: str | None, problem: str) -> None:
    """Only a test that fails catches it; the source is afterwards what it was."""
    before = (tree / "room.py").read_text()
    verdict = judge(mutation, tree)
    assert verdict.caught == caught
    assert verdict.problem.partition(":\n")[0].startswith(problem) or problem in verdict.problem
    assert bool(verdict.problem) == bool(problem)
    assert (tree / "room.py").read_text() == before
