"""Every code block of README.md, docs/ and the other pages runs, or says why not."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.blocks import PARSED, ROOT, RUN, SHOWN, Page, blocks_of, pages


def with_programs() -> list[str]:
    """The pages that have something to run or to parse."""
    found = [path for path in pages() for block in blocks_of(path.read_text()) if block.language in RUN | PARSED]
    names = {path.relative_to(ROOT).as_posix() for path in found}
    return sorted(names - {"README.md"})  # tests/test_readme.py runs it


@pytest.mark.parametrize("page", with_programs())
@pytest.mark.timeout(120)
def test_blocks_run(page: str) -> None:
    """The blocks of a page run in their order, on a sandbox of its own, without a warning."""
    command = (sys.executable, "-W", "error", "-m", "tests.docs.blocks", page)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stdout + ended.stderr
    assert "ResourceWarning" not in ended.stderr, ended.stderr


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in pages()])
def test_knows_every_block(page: str) -> None:
    """Every block is of a kind that is run, parsed or only shown; what could run and does not says why."""
    text = Path(ROOT, page).read_text()
    blocks = list(blocks_of(text))
    assert {block.language for block in blocks} <= RUN | PARSED | SHOWN
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(blocks)
    assert all(len(block.marks.get("not run", "a reason")) > 6 for block in blocks)


def test_a_block_that_fails_is_named(tmp_path: Path) -> None:
    """The page and the line of the block that failed are told."""
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n")
    command = (sys.executable, "-m", "tests.docs.blocks", str(page))
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"{page}:7: this block failed\nassert x == 2" in ended.stderr


def test_a_watcher_that_hears_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that is to print what it watches, and is interrupted before it has, is no success."""
    with asyncio.Runner() as loop:
        page = Page(None, loop)

        def interrupt(self: Page, *_: object) -> None:
            while "begun" not in self.names:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(Page, "trade", interrupt)
        with pytest.raises(AssertionError, match="printed nothing"):
            page.endless("while True:\n    begun = True\n    if not begun:\n        print()\n")
