"""The pure rooms do no input or output, and the driver does not know the sandbox."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import oms_ccxt_pro

ROOMS = sorted(Path(oms_ccxt_pro.__file__).parent.glob("*.py"))
PURE = {"backoff", "cache", "capabilities", "delivery", "events", "feed", "fills", "ledger", "reads", "status"}


def imported(room: Path) -> set[str]:
    """The modules that a room imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(room.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", [room for room in ROOMS if room.stem in PURE], ids=lambda room: room.stem)
def test_a_pure_room_imports_nothing_that_waits(room: Path) -> None:
    """No asyncio, no sockets, no clock, no chance."""
    assert not {name.partition(".")[0] for name in imported(room)} & {
        "asyncio",
        "websockets",
        "aiohttp",
        "time",
        "random",
    }


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.stem)
def test_only_the_stream_knows_websockets(room: Path) -> None:
    """The library can be exchanged in one place; the sandbox is not imported at all."""
    names = imported(room)
    assert room.stem == "stream" or not any(name.startswith("websockets") for name in names)
    assert not any(name.startswith("oms_ccxt_async.sandbox") for name in names)
