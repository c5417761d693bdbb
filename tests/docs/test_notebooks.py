"""docs/use/notebooks.md in a notebook's kernel, which runs an event loop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox import Sandbox
from tests.docs.blocks import ROOT, blocks_of
from tests.dropin.frameworks import required


def write(notebook: Path) -> None:
    """The page's blocks as the cells of a notebook."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": block.code}
        for block in blocks_of((ROOT / "docs/use/notebooks.md").read_text())
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}))


def outputs(notebook: Path) -> str:
    """All that its cells show."""
    return json.dumps([cell["outputs"] for cell in json.loads(notebook.read_text())["cells"]])


@pytest.mark.dropin
@required("nbclient")
async def test_cells(tmp_path: Path) -> None:
    """The sync class and `await` both work in cells, one after the other."""
    notebook = tmp_path / "cells.ipynb"
    write(notebook)
    command = Path(sys.executable).with_name("jupyter-execute")
    async with Sandbox(volatility=0) as sandbox:
        where = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": "2"}
        process = await asyncio.create_subprocess_exec(
            command, "--inplace", notebook, env={**os.environ, **where}, stdout=PIPE, stderr=STDOUT
        )
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    shown = outputs(notebook)
    assert "execute_result" in shown  # the price
    assert "[]" in shown  # the positions
