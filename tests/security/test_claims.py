"""SECURITY.md claims nothing that no test holds."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
CLAIMS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def test_every_claim_has_its_test() -> None:
    """Each test that is named exists, and each line of a table of claims names one."""
    assert len(CLAIMS) > 20
    defined = {file: re.findall(r"^(?:async )?def (\w+)\(", (ROOT / file).read_text(), re.M) for file, _ in CLAIMS}
    assert [f"{file}::{name}" for file, name in CLAIMS if name not in defined[file]] == []
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and line != "| holds | test |"]
    assert [row for row in rows if "::" not in row] == []
