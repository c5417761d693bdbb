"""SECURITY.md claims nothing that no test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLAIMS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text())


def test_every_claim_has_its_test() -> None:
    """Each test that is named exists, and each line of a table of claims names one."""
    assert len(CLAIMS) > 20
    missing = []
    for file, name in CLAIMS:
        tree = ast.parse((ROOT / file).read_text())
        if name not in {
            each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }:
            missing.append(f"{file}::{name}")
    assert missing == []
    rows = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")]
    assert [row for row in rows if "::" not in row and row != "| holds | test |"] == []
