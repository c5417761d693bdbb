"""The version is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import oms_ccxt_async
from oms_ccxt_async.version import AGENT

ROOT = Path(__file__, "../../..").resolve()


def test_the_version_has_one_place() -> None:
    """The distribution takes its version from the package, and the changelog has a section for it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in settings["project"]["dynamic"]
    assert settings["tool"]["hatch"]["version"]["path"] == "oms_ccxt_async/version.py"
    assert f"oms-ccxt/{oms_ccxt_async.__version__}" == AGENT
    released = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == oms_ccxt_async.__version__
