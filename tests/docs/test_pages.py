"""The pages lead to each other, to what a newcomer asks, and are all in the site."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.docs import llms
from tests.docs.blocks import ROOT, pages

FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
QUESTIONS = {
    "which account am I on": ("docs/concepts.md", "Which account am I on"),
    "what if my create times out": ("docs/troubleshooting.md", "What if my create times out"),
    "why is my position list empty": ("docs/concepts.md", "Why is my position list empty"),
    "how do I watch it": ("docs/operations.md", "How do I watch it"),
    "how do I run it in production": ("docs/production.md", "Run it in production"),
    "what does it cost": ("README.md", "What does it cost"),
    "does it work with freqtrade futures": ("docs/use/freqtrade.md", "Does it work with freqtrade futures"),
    "what must my OMS offer": ("docs/extensions.md", "What must my OMS offer"),
}
"""What a newcomer asks, and the page and heading that answer it: in the table of contents, and by the search."""


def prose(path: Path) -> str:
    """A page without its code."""
    return FENCED.sub("", path.read_text())


def headings(path: Path) -> list[str]:
    """The headings of a page, as they are read."""
    return [
        re.sub(r"[`*]|\[(.*?)\]\(.*?\)", r"\1", title) for title in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    ]


def anchors(path: Path) -> set[str]:
    """The anchors of a page where the site and GitHub make the same of a heading."""
    words = [re.sub(r"[^\w\s-]", "", title.lower()).strip() for title in headings(path)]
    return {re.sub(r"\s", "-", title) for title in words if not re.search(r"[-\s]{2}", title)}


def links(path: Path) -> list[str]:
    """The relative links of a page."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)) if not re.match(r"\w+:", link)]


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in pages()])
def test_links(page: str) -> None:
    """Every relative link leads to a file of the repository, and to a heading that it has."""
    here = ROOT / page
    broken = []
    for link in links(here):
        name, _, anchor = link.partition("#")
        target = (here.parent / name).resolve() if name else here
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_newcomer_finds(question: str) -> None:
    """Each question has a page in the navigation, and a heading on it in the words of the question."""
    page, heading = QUESTIONS[question]
    assert heading in headings(ROOT / page)
    asked, answered = (set(re.findall(r"\w+", text.lower())) for text in (question, heading))
    assert len(asked & answered) >= len(asked) / 2
    in_nav = (ROOT / "mkdocs.yml").read_text()
    assert page == "README.md" or page.removeprefix("docs/") in in_nav


def test_every_page_is_in_the_navigation() -> None:
    """No page of docs/ is left out, and none is named that is not there."""
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = set(re.findall(r"([\w/]+\.md)", nav))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    root = {path.name.lower() for path in ROOT.glob("*.md")} | {"index.md"}
    assert there - named == set()
    assert named - there - root == set()


def test_llms_txt() -> None:
    """llms.txt has every page with what it is about: `python -m tests.docs.llms` writes it."""
    assert (ROOT / "docs/llms.txt").read_text() == llms.text()


def test_make_targets() -> None:
    """Every make target that a page names exists."""
    named = {targets for path in pages() for targets in re.findall(r"`make ([\w ]+)`", path.read_text())}
    for targets in sorted(named):
        subprocess.run(["make", "--dry-run", *targets.split()], cwd=ROOT, check=True, capture_output=True)


def test_commands_exist() -> None:
    """Every command of `oms-ccxt` that a page names in a sentence exists."""
    known = set(re.findall(r"^## `oms-ccxt ([\w-]+)", (ROOT / "docs/reference/cli.md").read_text(), re.MULTILINE))
    named = {name for path in pages() for name in re.findall(r"`oms-ccxt ([a-z]\w+)", prose(path))}
    assert named - known == set()


def test_extras_exist() -> None:
    """Every extra that a page says to install exists."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {
        each
        for path in pages()
        for found in re.findall(r"oms-ccxt\[([\w,]+)\]", path.read_text())
        for each in found.split(",")
    }
    assert named - set(extras) == set()


NEEDS_MKDOCS = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None and not os.environ.get("CI"), reason="mkdocs is not installed: make docs"
)


@NEEDS_MKDOCS
def test_links_of_the_site() -> None:
    """Links to files of the repository's root, and to examples, lead to their pages."""
    hooks = importlib.import_module("tests.docs.hooks")
    page = SimpleNamespace(file=SimpleNamespace(src_uri="use/tests.md"))
    assert hooks.on_page_markdown("A [file](../../Makefile).", page, None, None) == "A file."
    told = "[a](../../README.md) [b](../../CHANGELOG.md#x) [c](../../examples/grid_bot.py) [d](scripts.md) [e](https://pypi.org)"
    lead = "[a](../index.md) [b](../changelog.md#x) [c](../examples/grid_bot.md) [d](scripts.md) [e](https://pypi.org)"
    assert hooks.on_page_markdown(told, page, None, None) == lead


@NEEDS_MKDOCS
def test_the_site_builds(tmp_path: Path) -> None:
    """The site builds, strictly; every question's heading is in the index of its search."""
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path))
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    index = (tmp_path / "search/search_index.json").read_text()
    assert [heading for _, heading in QUESTIONS.values() if heading not in index] == []
    assert "oms_ccxt_async.exchange.oms.oms.create_order" in (tmp_path / "reference/async/index.html").read_text()
    front = (tmp_path / "index.html").read_text()
    assert "<script src=" in front
    assert not re.search(r'<(script|img|link rel="stylesheet")[^>]*https?://', front), "loaded from elsewhere"
