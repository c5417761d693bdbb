"""examples/streaming_bot.py"""

from __future__ import annotations

from typing import Literal

import pytest

from examples.streaming_bot import main


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_the_ledger_is_exact_after_every_cut(
    profile: Literal["full", "legacy"], capsys: pytest.CaptureFixture[str]
) -> None:
    """Connections that break every second cost neither a fill nor an order, and double none."""
    assert await main(3, profile)
    assert "the ledger is exact" in capsys.readouterr().out
