"""The version is one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import oms_ccxt_async


def test_the_package_has_the_version_of_the_project() -> None:
    """What the package says of itself is what the distribution is called."""
    project = tomllib.loads(Path(__file__, "../../../pyproject.toml").resolve().read_text())["project"]
    assert oms_ccxt_async.__version__ == project["version"]
