"""`oms-ccxt sandbox` on PostgreSQL, as a user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.postgres.fleet import ROOT


def start(*words: str, **variables: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "oms_ccxt_async", "sandbox", "--port", "0", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_two_processes_serve_and_end(database: str) -> None:
    """What is printed works, holds no password, and all processes are gone when the command is ended."""
    place = database.replace("oms@", "oms:secret@")
    process = start("--workers", "2", OMS_SANDBOX_DATABASE=place)
    assert process.stdout is not None
    printed = ""
    while "Ctrl-C stops it." not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    assert "served by 2 processes" in printed
    assert "secret" not in printed
    exported = dict(re.findall(r"export (\w+)=(\S+)", printed))
    request = urllib.request.Request(
        f"{exported['OMS_BASE_URL']}/oms/accounts", headers={"x-api-key": exported["OMS_API_KEY"]}
    )
    for _ in range(8):  # each connection may be to another process
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert len(json.load(answer)["items"]) == 3
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest.endswith("Stopped.\n")
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--workers", "2"], "--workers needs --database postgresql://"),
        (["--workers", "2", "--profile", "legacy", "--database", "postgresql://x@127.0.0.1:1/x"], "one process"),
        (["--database", "postgresql://me:secret@127.0.0.1:1/x"], "postgresql://me@127.0.0.1:1/x"),
        (["--database", "."], "directory"),
    ],
)
def test_what_cannot_be_served_is_said(words: list[str], why: str) -> None:
    """A line says why, and no password is in it."""
    process = start(*words)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert why in printed
    assert "secret" not in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("missing", ["psycopg", "alembic", "sqlalchemy"])
def test_a_part_of_the_extra_is_missing(database: str, missing: str) -> None:
    """On a database without tables each library is needed; the command names the extra that brings it."""
    started = f"import sys; sys.modules[{missing!r}] = None; from oms_ccxt_async.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", started, "sandbox", "--port", "0", "--database", database],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"oms-ccxt: {missing} is not installed: it needs the extras `cli` and `sandbox`")
    assert "postgres]'" in ended.stderr
