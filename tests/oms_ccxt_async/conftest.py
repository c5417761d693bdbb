"""A sandbox of each profile for the tests of a module; they share the event loop of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["full", "legacy"])
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """An OMS of each profile in turn, its market stands still; a legacy one learns of fills when a test settles it."""
    async with Sandbox(profile=request.param, volatility=0) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def exchange(sandbox: Sandbox) -> AsyncIterator[oms_ccxt_async.oms]:
    """A driver of the netting account (2), which is left without open orders."""
    async with oms_ccxt_async.oms({**sandbox.config(account_id=2), "verify": False}) as exchange:
        yield exchange
        await exchange.cancel_all_orders()
