"""What a project has beside its code: CI, issue forms, and the Pythons that it says it is for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT

GITHUB = ROOT / ".github"
PYTHONS = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())


def yaml_of(path: Path) -> Any:
    """A YAML file, read; the test skips where nothing is installed that reads it."""
    return pytest.importorskip("yaml").safe_load(path.read_text())


@pytest.mark.parametrize("path", sorted(GITHUB.rglob("*.yml")), ids=lambda path: path.name)
def test_files_are_well_formed(path: Path) -> None:
    """Every workflow and form is YAML, and has a name or switches blank issues off."""
    read = yaml_of(path)
    assert read.get("name") or read == {"blank_issues_enabled": False}


def test_ci_runs_what_a_change_has_to_pass() -> None:
    """The workflow runs `.ci/run`, and the tests on every Python of the classifiers, as `make test-all` does."""
    jobs = yaml_of(GITHUB / "workflows/ci.yml")["jobs"]
    assert any(".ci/run" in step.get("run", "") for step in jobs["run"]["steps"])
    assert jobs["test"]["strategy"]["matrix"]["python"] == PYTHONS
    assert any("make test-all" in step.get("run", "") for step in jobs["test"]["steps"])
    assert f"PYTHONS ?= {' '.join(PYTHONS)}\n" in (ROOT / "Makefile").read_text()


def test_a_release_needs_no_token() -> None:
    """What publishes has the right to identify itself and nothing else, and publishes what another job has checked."""
    jobs = yaml_of(GITHUB / "workflows/release.yml")["jobs"]
    assert any(step.get("run") == "make wheel" for step in jobs["build"]["steps"])
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["needs"] == "build"
    assert "secrets." not in (GITHUB / "workflows/release.yml").read_text()


def test_issue_forms_ask() -> None:
    """Each form has fields that have to be filled in, and ids that are one each."""
    for path in GITHUB.glob("ISSUE_TEMPLATE/[!c]*.yml"):
        fields = [field for field in yaml_of(path)["body"] if field["type"] != "markdown"]
        ids = [field["id"] for field in fields]
        assert len(ids) == len(set(ids))
        assert any(field["validations"]["required"] for field in fields if "validations" in field)


def test_urls_are_of_the_index() -> None:
    """Nothing is named as an address of the project but its page at the index."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert all(url.startswith("https://pypi.org/project/oms-ccxt/") for url in urls.values())


def test_the_contract_has_every_fact() -> None:
    """Facts 1 to 36, in their order, each at the beginning of a line, where comments and messages send the reader."""
    facts = re.findall(r"^(\d+)\. ", (ROOT / "docs/contract.md").read_text().partition("## The extensions")[0], re.M)
    assert [int(each) for each in facts] == list(range(1, 37))
