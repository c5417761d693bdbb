"""Type checkers find the mistakes in programs that use the three classes, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

USES = Path(__file__).parent / "uses"
Place = tuple[str, int]


def _mypy() -> Iterable[Place]:
    """Errors of `mypy --strict`, in our stubs and sources, too."""
    done = _run("mypy", "--config-file", "mypy.ini", "--cache-dir", "../../../.mypy_cache/uses", "--output", "json")
    found = [line for line in map(json.loads, done.splitlines()) if line["severity"] == "error"]
    return [(line["file"], line["line"]) for line in found]


def _pyright() -> Iterable[Place]:
    """Errors of pyright in its strict mode."""
    done: dict[str, Any] = json.loads(_run("basedpyright", "--pythonpath", sys.executable, "--outputjson"))
    assert done["summary"]["filesAnalyzed"] == len(list(USES.glob("*.py"))) + 1
    return [(Path(found["file"]).name, found["range"]["start"]["line"] + 1) for found in done["generalDiagnostics"]]


def _run(checker: str, *args: str) -> str:
    command = [sys.executable, "-m", checker, *args]
    return subprocess.run(command, cwd=USES, capture_output=True, text=True, check=False, timeout=300).stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [_mypy, _pyright])
def test_every_mistake_is_found_and_nothing_else(checker: Callable[[], Iterable[Place]]) -> None:
    """An error stands on each line that is marked as wrong, and on no other, nor in the README's first
    program; 30 programs are right, 12 are wrong."""
    lines = [(file.name, *line) for file in USES.glob("*.py") for line in enumerate(file.read_text().splitlines(), 1)]
    defined = [
        match[1] for *_, text in lines if (match := re.match(r"(?:async def|def|class) (right|wrong)", text, re.I))
    ]
    assert (defined.count("wrong"), len(defined) - defined.count("wrong")) == (12, 30)
    assert sorted(set(checker())) == sorted((file, number) for file, number, text in lines if text.endswith("# wrong"))
