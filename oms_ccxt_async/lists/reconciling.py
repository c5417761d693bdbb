"""Fills on an OMS that does not reconcile by itself (fact 27): it is asked to, as little as serves.

Exchanges of one process that use the same account with the same key, in whatever threads and event loops, share what
they know, and one reconcile at a time; other processes, and the OMS itself, are seen through its status.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any
from weakref import WeakValueDictionary

from ccxt.base.errors import BaseError

from oms_ccxt_async.lists.freshness import Freshness
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.endpoints import is_missing_endpoint
from oms_ccxt_async.wire.gateway import encoded
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["Reconciling"]

INTERVAL = 2_000.0
"""Milliseconds: how old the last reconciliation may be under `options["reconcile"]` `auto`."""
IDLE = 30_000.0
"""Milliseconds: how old it may be while no order is known that could fill: another program may have sent one."""
PATIENT = 0.75
"""The part of the usual interval that a program may wait for others to have the account reconciled."""
PAUSE = 100.0
"""Milliseconds between two looks at the status of an OMS that somebody else has reconciled just now."""


class _Run:
    """One reconciliation under way, in some event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, began: float) -> None:
        self.loop = loop
        self.began = began
        self.done: Future[bool] = Future()
        self.done.set_running_or_notify_cancel()  # from now on nobody who waits for it can cancel it
        self.task: asyncio.Task[None] | None = None


class _Shared:
    """What the exchanges of one account and key know together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop  # in which it began
        self.freshness = Freshness()
        self.lock = threading.Lock()
        self._running: _Run | None = None

    def running(self, loop: asyncio.AbstractEventLoop) -> _Run | None:
        """The reconciliation under way, as seen from an event loop; one whose loop has stopped is none."""
        run = self._running
        return run if run is not None and (run.loop is loop or run.loop.is_running()) else None

    def begin(self, run: _Run) -> None:
        """It is under way."""
        self._running = run

    def end(self, run: _Run, done: bool) -> None:
        """It is over, whoever waits for it."""
        with self.lock:
            if self._running is run:
                self._running = None
        run.done.set_result(done)


_everyone: WeakValueDictionary[tuple[int, str, int, str | None], _Shared] = WeakValueDictionary()
_everyone_lock = threading.Lock()


class Reconciling:
    """Makes sure that fills are deals before they are read. No failure of it comes out: a read has what the OMS has.

    Args:
        transport: how to ask.
        account, settings: of whom, and how fresh.
        exchange: whose key it is, and whose log.
        monotonic: a clock in milliseconds.
        draw: a number from 0 to 1, by chance.
    """

    def __init__(
        self,
        transport: Transport,
        account: Account,
        settings: Settings,
        exchange: Host,
        monotonic: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._account = account
        self._settings = settings
        self._exchange = exchange
        self._monotonic = monotonic
        self._draw = draw
        self._loop = asyncio.get_running_loop()
        self._held: dict[tuple[int, str, int, str | None], _Shared] = {}

    @property
    def interval(self) -> float | None:
        """How old the last reconciliation may be, in milliseconds; None where the OMS is not to be asked."""
        facts = self._account.known
        if facts is None or facts.full:
            return None
        wanted = self._settings.options.reconcile
        if wanted == "never":
            return None
        return INTERVAL if isinstance(wanted, str) else float(wanted)

    @property
    def latest(self) -> int | None:
        """The number of our own last reconciliation while it is younger than the interval; None if there is none.

        Deals that were read after it need not be read again before the next one: fills may be as old as the interval.
        """
        interval = self.interval
        if interval is None:
            return None
        fresh = self._shared().freshness
        return fresh.number if fresh.ours and self._monotonic() - fresh.since < interval else None

    def note(self, order_id: int, is_open: bool) -> None:
        """An order was sent, or its row was seen."""
        if self.interval is not None:
            self._shared().freshness.note(order_id, is_open)

    async def before_read(self) -> None:
        """Have the account reconciled, unless that was done within the interval, or lately and no order is known that
        can fill.

        It waits for that no longer than the interval, and not at all while the lane bears no more, or while a
        reconciliation is under way that takes longer than the interval.
        """
        interval = self.interval
        if interval is None:
            return
        fresh = self._shared().freshness
        now, limit = self._monotonic(), interval or INTERVAL
        if not fresh.may_change and (fresh.off is not None or now - fresh.since < max(IDLE, interval)):
            return
        if (run := self._shared().running(self._loop)) is not None:
            limit -= now - run.began
        if limit > 0:
            await self._within(limit, self._fresh(now - interval))

    async def after_order(self, limit: float) -> None:
        """Have the account reconciled by a reconciliation that begins after now, within `limit` milliseconds."""
        interval = self.interval
        if interval is None or self._shared().freshness.off is not None:
            return
        now = self._monotonic()
        await self._within(limit, self._caught_up(now, interval, now + limit))

    async def keep(self, is_over: Callable[[int], bool] = lambda order_id: False) -> None:
        """Keep the account fresh for as long as this runs: for streams, which learn of fills as they become deals.

        Args:
            is_over: whether the stream knows that an order cannot fill any more.
        """
        while True:
            wait = PAUSE if self._account.known is None else INTERVAL
            if (interval := self.interval) is not None:
                fresh = self._shared().freshness
                fresh.drop(is_over)
                await self.before_read()
                if fresh.off is not None:
                    return
                now = self._monotonic()
                wait = max(fresh.since + interval - now, fresh.wait(now), PAUSE)
            await asyncio.sleep(wait / 1000)

    async def _within(self, limit: float, what: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(max(0.0, limit) / 1000):
                await what
        except TimeoutError:
            self._transport.telemetry.log.info("the OMS did not reconcile within %d ms; fills may come later", limit)

    async def _caught_up(self, since: float, interval: float, until: float) -> None:
        fresh = self._shared().freshness
        began = self._monotonic()
        if not fresh.ours or began - fresh.since > interval:
            await self._look()
        # If the OMS does it by itself, or somebody else does at our pace, the next one is on its way.
        while fresh.paced and not fresh.ours and fresh.since < since:
            now = self._monotonic()
            if now - fresh.since >= interval + 1_000 or now - began > interval:
                fresh.paced = False
                break
            await asyncio.sleep(PAUSE / 1000)
            if not await self._look():
                break
        await self._fresh(since, until)

    async def _fresh(self, since: float, until: float | None = None) -> None:
        """Have a reconciliation that began after a moment; one that fails is tried once more by another exchange.

        Args:
            until: for as long as that it may be waited until the lane bears one; None: not at all.
        """
        shared = self._shared()
        fresh = shared.freshness
        failures = 0
        while fresh.since < since and fresh.off is None and failures < 2:
            with shared.lock:
                now = self._monotonic()
                run, wait = shared.running(self._loop), fresh.wait(now)
                if run is None and not wait:
                    run = _Run(self._loop, now)
                    run.task = self._loop.create_task(self._run(shared, run, since, look=until is None))
                    shared.begin(run)
            if run is not None:
                done = await asyncio.wrap_future(run.done)
                failures += run.began >= since and not done
            elif until is None or now + wait >= until:
                return
            else:
                await asyncio.sleep(wait / 1000)

    async def _run(self, shared: _Shared, run: _Run, since: float, *, look: bool) -> None:
        done = False
        try:
            done = await self._reconciled(shared.freshness, since, look=look)
        finally:
            shared.end(run, done)

    async def _reconciled(self, fresh: Freshness, since: float, *, look: bool) -> bool:
        """Have the account reconciled, unless somebody else has done it; whether it is done."""
        if look and not await self._look():
            return False
        if look and fresh.since < since and (courtesy := fresh.courtesy(INTERVAL * PATIENT)):
            await asyncio.sleep(courtesy * self._draw() / 1000)
            if not await self._look():
                return False
        return fresh.since >= since or await self._ask(self._shared())

    async def _look(self) -> bool:
        """Ask the OMS how fresh the account is; whether it answered."""
        shared = self._shared()
        account_id = self._settings.account_id
        at = self._monotonic()
        try:
            path = f"/oms/reconcile/{account_id}/status"
            answer = await self._transport.send(Request("GET", path, "reconcile status", "items"))
        except BaseError as error:
            shared.freshness.tried(at, self._monotonic())
            self._failed(shared, error)
            return False
        rows = answer["items"] if isinstance(answer["items"], list) else []
        row = next((row for row in rows if isinstance(row, dict) and row.get("account_id") == account_id), {})
        age = row.get("age_seconds")
        known = isinstance(age, int | float) and not isinstance(age, bool) and age >= 0
        shared.freshness.told(at, age if known else None)
        return True

    async def _ask(self, shared: _Shared) -> bool:
        if shared.freshness.off is not None:
            return False
        account_id = self._settings.account_id
        body = encoded("reconcile", {"account_id": account_id, "scope": "short"})
        began = self._monotonic()
        try:
            request = Request("POST", "/oms/reconcile", "reconcile", "triggered_count", Kind.REPEATABLE, body)
            answer = await self._transport.send(request)
        except BaseError as error:
            shared.freshness.tried(began, self._monotonic())
            self._failed(shared, error)
            return False
        if answer["triggered_count"] == 0:
            shared.freshness.off = "the key may not"
            self._transport.telemetry.log.warning(
                "this key may not have account %s reconciled: its fills come when somebody else does", account_id
            )
            return False
        shared.freshness.reconciled(began, self._monotonic())
        return True

    def _failed(self, shared: _Shared, error: BaseError) -> None:
        if is_missing_endpoint(error):
            if shared.freshness.off is None:
                self._transport.telemetry.log.info("this OMS cannot be asked to reconcile: %s", error)
            shared.freshness.off = "no such endpoint"
        else:
            self._transport.telemetry.log.info("the OMS was asked to reconcile, in vain: %s", error)

    def _shared(self) -> _Shared:
        key = (os.getpid(), self._settings.base_url, self._settings.account_id, self._exchange.apiKey)
        shared = self._held.get(key)
        if shared is None:
            with _everyone_lock:
                shared = _everyone.get(key)
                if shared is None or shared.loop.is_closed():
                    shared = _everyone[key] = _Shared(self._loop)
            self._held[key] = shared
        return shared
