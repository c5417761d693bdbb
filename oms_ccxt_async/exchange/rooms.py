"""The rooms of one exchange instance in one event loop: made together, handed to each other, ended together."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from oms_ccxt_async.exchange import capabilities
from oms_ccxt_async.exchange.fallback import GATEWAY, GatewayWay
from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_async.lists.history import Lists
from oms_ccxt_async.lists.lookup import Lookup
from oms_ccxt_async.lists.reconciling import Reconciling
from oms_ccxt_async.orders.edits import Edits
from oms_ccxt_async.orders.intents import Accepted, Book, Timing
from oms_ccxt_async.orders.journal import Keeper
from oms_ccxt_async.orders.settlement import Settlement
from oms_ccxt_async.orders.submission import Standing, Submissions
from oms_ccxt_async.orders.ways import Call, OmsWay
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.endpoints import Endpoints
from oms_ccxt_async.wire.gateway import Gateway
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Rooms", "monotonic"]

Result = TypeVar("Result")


def monotonic() -> float:
    """A clock that only goes forward, in milliseconds."""
    return time.monotonic() * 1000


class Rooms:
    """The rooms of one exchange instance in one event loop.

    Args:
        exchange, settings: whose rooms they are.
        endpoints: the transport's class.
        telemetry: where they tell what happens.
        book, keeper: its intents, and their journal, which outlive a loop.
        call: how the exchange behind the account is asked.
        standing: how an order that is placed stands now.
    """

    def __init__(
        self,
        exchange: Host,
        settings: Settings,
        *,
        endpoints: type[Endpoints],
        telemetry: Telemetry,
        book: Book,
        keeper: Keeper,
        call: Call,
        standing: Callable[[Accepted], Awaitable[Standing | None]],
    ) -> None:
        options = settings.options
        draw = random.SystemRandom().random
        self.loop = asyncio.get_running_loop()
        self.closing = False
        self.transport = endpoints(exchange, settings, draw=draw, telemetry=telemetry)
        self.account = account = Account(self.transport, settings)
        self.transport.table = lambda symbol: (
            capabilities.error_table(account.known.exchange_id, symbol) if account.known is not None else None
        )
        self.gateway = Gateway(self.transport, settings)
        self.lists = Lists(self.transport, settings, exchange.milliseconds)
        self.reconciling = Reconciling(self.transport, account, settings, exchange, monotonic, draw)
        self.lookup = Lookup(self.transport, self.account, settings, self.lists, self.reconciling)
        self.edits = Edits()
        self._exchange = exchange
        timing = Timing(settle=options.settleTimeout, adopt=options.adoptWindow, close=options.closeTimeout)
        way = OmsWay(self.transport, self.account, self.lists, self.lookup, call)
        settlement = Settlement(
            {None: way, GATEWAY: GatewayWay(call)},
            book,
            timing,
            clock=exchange.milliseconds,
            monotonic=monotonic,
            sleep=lambda ms: asyncio.sleep(ms / 1000),
            pay=self.transport.pay,
            answered=self.transport.answered,
            logger=telemetry.orders,
        )
        self.submissions = Submissions(
            settlement,
            book,
            keeper,
            timing,
            read=standing,
            recall=way.recall,
            idempotent=way.recognises_repeats,
            newest=lambda: self.lists.newest_order,
            timeout=self._timeout,
            where=lambda: settings.base_url,
            clock=exchange.milliseconds,
            monotonic=monotonic,
            new_id=lambda: uuid.uuid4().hex,
            logger=telemetry.orders,
        )

    def _timeout(self) -> float:
        return float(self._exchange.timeout)

    def left(self, deadline: float) -> float:
        """Milliseconds until a deadline on the monotonic clock."""
        return max(0.0, deadline - monotonic())

    async def in_time(self, what: Awaitable[Result], deadline: float) -> Result:
        """Await what takes requests until a deadline on the monotonic clock; `TimeoutError` then."""
        async with asyncio.timeout(self.left(deadline) / 1000):
            return await what

    def end(self) -> None:
        """Send nothing any more; whoever waits is told."""
        self.closing = True
        self.submissions.end()
        self.transport.end()
        self.lookup.close()
