"""README.md: its code runs, and its tables are complete."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from oms_ccxt_async.retry import RetryPolicy
from oms_ccxt_async.sandbox import Sandbox

README = Path("README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
PYTHON = [code for language, code in BLOCKS if language == "python"]
SHELL = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]


def test_knows_every_block() -> None:
    """Every code block is in a language that these tests run."""
    assert len(PYTHON) + len(SHELL) == README.count("```") // 2


@pytest.mark.parametrize("code", PYTHON)
async def test_python(code: str) -> None:
    """Every Python block runs as a program of its own against a sandbox that the environment names."""
    async with Sandbox() as sandbox:
        oms = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", code, env={**os.environ, **oms}, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("line", SHELL)
def test_shell(line: str) -> None:
    """Every command starts a sandbox; the port is the test's, because others may be using the default one."""
    command, *arguments = shlex.split(line)
    assert command == ".venv/bin/oms-ccxt"
    command = str(Path(sys.executable).with_name("oms-ccxt"))
    with subprocess.Popen([command, *arguments, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("export OMS_BASE_URL=" in printed for printed in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("target", re.findall(r"`make (\w+)`", README))
def test_make_targets(target: str) -> None:
    """Every make target that is named exists."""
    subprocess.run(["make", "--dry-run", target], check=True, capture_output=True)


def test_bot_is_the_example() -> None:
    """The ten-line bot is the file that the README says it is."""
    assert Path("examples/place_and_fetch.py").read_text() in PYTHON


def test_links() -> None:
    """Every file that is linked exists."""
    links = [link for link in re.findall(r"\]\((.+?)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not Path(link).exists()] == []


def test_options() -> None:
    """Every option that the driver reads is described, and no other one."""
    source = "".join(path.read_text() for path in Path("oms_ccxt_async").glob("*.py"))
    timing = source.partition("def _timing(")[2].partition("\n\n\n")[0]
    read = set(re.findall(r'(?:options\.get|self\._value)\("(\w+)"', source)) | set(re.findall(r'"(\w+)": "', timing))
    described = set(re.findall(r'^\| `options\["(\w+)"\]` \||^\| `(\w+)` \| (?!`OMS)', README, re.MULTILINE))
    assert {first or second for first, second in described} == read


def test_environment() -> None:
    """Every environment variable that the driver reads is described, and no other one."""
    source = "".join(path.read_text() for path in Path("oms_ccxt_async").glob("*.py"))
    assert set(re.findall(r"OMS_[A-Z_]+\b", README)) == set(re.findall(r'"(OMS_[A-Z_]+)"', source))


def test_retry_policy() -> None:
    """Every field of `options["retry"]` is described with its default."""
    for field in fields(RetryPolicy):
        assert f'| `retry["{field.name}"]` | {field.default} |' in README
