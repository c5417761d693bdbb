"""A sandbox whose market stands still until it is moved, and the environment that points a program at it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from oms_ccxt_async.sandbox import Sandbox

ACCOUNT_ID = 2
"""The netting account."""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox in which only the test moves prices."""
    async with Sandbox(volatility=0) as sandbox:
        yield sandbox


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    """This process's environment, and in it the sandbox as the OMS."""
    oms = {"OMS_BASE_URL": sandbox.url, "OMS_API_KEY": sandbox.keys["trader"], "OMS_ACCOUNT_ID": str(ACCOUNT_ID)}
    return {**os.environ, **oms}
