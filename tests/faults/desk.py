"""A sandbox OMS, a fault proxy before it, and exchanges that trade through the proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

import oms_ccxt_async
from oms_ccxt_async.sandbox import Sandbox
from tests.faults.ledger import Ledger
from tests.faults.plan import Fault, Plan, on
from tests.faults.proxy import FaultProxy

__all__ = ["COMMANDS", "LIMIT", "Desk", "Profile", "desk"]

Profile = Literal["full", "legacy"]

COMMANDS = on("POST", "/oms/commands")
LIMIT = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
"""A limit order that rests."""

QUICK: dict[str, Any] = {
    "retry": {"base": 1, "cap": 5, "budget": 100_000},
    "settleTimeout": 400,
    "closeTimeout": 2_000,
}
"""Options under which nothing takes longer than a test can wait."""


class Desk:
    """A sandbox with a proxy before it.

    Attributes:
        profile, sandbox, proxy: what they are.
        ledger: the OMS's own records of account 1, read past the proxy.
    """

    def __init__(self, profile: Profile, sandbox: Sandbox, proxy: FaultProxy, stack: AsyncExitStack) -> None:
        self.profile = profile
        self.sandbox = sandbox
        self.proxy = proxy
        self.ledger = Ledger(sandbox.url, sandbox.keys["trader"], 1)
        self._stack = stack

    async def exchange(self, *, timeout: int = 2_000, **options: Any) -> Any:  # noqa: ASYNC109 - ccxt's name
        """An exchange that trades through the proxy, its markets loaded; it is closed with the desk."""
        config = self.sandbox.config(account_id=1)
        config["options"] |= {**QUICK, "base_url": self.proxy.url, **options}
        exchange: Any = await self._stack.enter_async_context(oms_ccxt_async.oms(config))
        await exchange.load_markets()
        exchange.timeout = timeout
        return exchange

    def lose(self, fault: Fault, *, times: int | None = 1, skip: int = 0) -> Plan:
        """Do this to the next command."""
        return self.proxy.plan(fault, COMMANDS, times=times, skip=skip)

    @property
    def commands(self) -> int:
        """How many command requests reached the proxy."""
        return sum(map(COMMANDS, self.proxy.requests))

    async def orders(self) -> list[dict[str, Any]]:
        """The OMS's orders, all of them."""
        return await self.ledger.orders()


@asynccontextmanager
async def desk(profile: Profile, **sandbox_options: Any) -> AsyncIterator[Desk]:
    """A desk whose market stands still."""
    async with AsyncExitStack() as stack:
        options = {"volatility": 0, "reconcile": 1000, **sandbox_options}
        sandbox = await stack.enter_async_context(Sandbox(profile=profile, **options))
        parts = urlsplit(sandbox.url)
        proxy = await stack.enter_async_context(FaultProxy((str(parts.hostname), int(parts.port or 0))))
        yield Desk(profile, sandbox, proxy, stack)
