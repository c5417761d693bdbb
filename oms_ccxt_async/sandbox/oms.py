"""The OMS as a whole: its storage, its exchange, and the one way in which both change together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from decimal import Decimal
from typing import Any, Literal

from oms_ccxt_async.sandbox.bad_days import BadDays
from oms_ccxt_async.sandbox.errors import OmsError, StorageUnavailable
from oms_ccxt_async.sandbox.events import EventLog
from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeRefusal, PaperExchange
from oms_ccxt_async.sandbox.exchange.prices import Prices
from oms_ccxt_async.sandbox.permissions import Permissions
from oms_ccxt_async.sandbox.rows import Account, ApiKey, Command, Deal, Order, Permission, Position, Strategy
from oms_ccxt_async.sandbox.source import Source
from oms_ccxt_async.sandbox.storage import NUMBERED, Storage

__all__ = ["OMS"]

Moment = Literal["before", "after"]


class OMS:
    """Accounts, strategies, keys and the exchange of one database, taken up as they were left.

    Everything runs on one thread; a transaction never awaits.

    Args:
        storage: a seeded database.
        clock: epoch milliseconds.
        full: full or legacy profile.
        exchange_name: the name that the exchange's messages begin with.
        seed: of the market simulator.
        volatility: of the market simulator; 0 makes prices stand still.
        keep_events: how many of an account's events are kept.
        exchange_latency: milliseconds that a legacy OMS waits for each of its commands' and reconciles' calls.
        latency: milliseconds that an order, a change or a cancel takes to the exchange.
        slippage: by which share a taker's prices are worse than the book's.
        prices: where the exchange's prices come from; None: they are simulated.
        source: the real exchange, where they are observed.
        bad_days: what goes wrong.
        pace: how many seconds of the clock pass in one; 0: it is moved by hand.

    Attributes:
        exchange_latency: as above; may be changed at any time.
        health: what is to be said of the prices, where they do not simply come.
        empty_responses: how many HTTP requests from now on find a dispatcher that does not answer yet (fact 35).
        heard: called with each command and its answer, once it is stored; None: nobody wants to know.
        trades_carry_client_order_id: whether a legacy OMS sees at a trade which client order id its order has; without
            it, the fill of an order whose acknowledgement was lost goes to a new order (fact 30).
    """

    def __init__(
        self,
        storage: Storage,
        *,
        clock: Callable[[], int],
        full: bool,
        exchange_name: str = "paper",
        seed: int = 1,
        volatility: float = 1.0,
        keep_events: int = 100_000,
        exchange_latency: int = 0,
        latency: int = 0,
        slippage: Decimal = Decimal(0),
        prices: Prices | None = None,
        source: Source | None = None,
        bad_days: BadDays | None = None,
        pace: float = 1.0,
    ) -> None:
        self.storage = storage
        self.clock = clock
        self.full = full
        self.accounts = {account.account_id: account for account in storage.select(Account)}
        self.strategies: dict[int, Strategy] = {}
        self.permissions: Permissions
        self.read_directory()
        self._ids = {kind: storage.ids(kind) for kind in NUMBERED}
        self.events = EventLog(storage, clock, keep=keep_events)
        self.bad_days = bad_days or BadDays()
        self.pace = pace
        self.exchange = PaperExchange(
            exchange_name,
            seed=seed,
            clock=clock,
            volatility=volatility,
            ids=self._ids[ExchangeOrder],
            prices=prices,
            slippage=slippage,
            closed=self.bad_days.why_closed,
            refuses=self.bad_days.refuses_order,
        )
        self.source = source
        self.health: Callable[[], dict[str, Any]] | None = None
        if storage.meta("funded") is None:
            with storage.transaction():
                storage.set_meta("funded", str(self.exchange.funded))
        self._ahead = set(self.accounts)
        self._take_back()
        self.empty_responses = 0
        self.heard: Callable[[Any, Any], None] | None = None
        self.trades_carry_client_order_id = True
        self.exchange_latency = exchange_latency
        self.latency = latency
        self._lanes = {account_id: asyncio.Lock() for account_id in self.accounts}
        self._breakdowns: deque[tuple[Moment, str]] = deque()

    def read_directory(self) -> None:
        """Take up strategies, keys and what they may do, as they are stored now."""
        storage = self.storage
        self.strategies.clear()
        self.strategies.update({strategy.strategy_id: strategy for strategy in storage.select(Strategy)})
        self.permissions = Permissions(storage.meta("salt") or "", self.accounts, full=self.full)
        grants = storage.select(Permission)
        for key in storage.select(ApiKey):
            self.permissions.add(key, [grant for grant in grants if grant.api_key_id == key.api_key_id])

    def lane(self, account_id: int) -> AbstractAsyncContextManager[Any]:
        """The account's turn: in a legacy OMS its commands and reconciles run one after the other (fact 27); in a full
        one none of them waits for anything, so that there is nothing to keep apart."""
        return nullcontext() if self.full else self._lanes[account_id]

    async def wait_for_exchange(self) -> None:
        """Let the time pass that a legacy OMS's exchange takes for one call; outside of a transaction."""
        if self.exchange_latency:
            await asyncio.sleep(self.exchange_latency / 1000)

    @property
    def far(self) -> bool:
        """Whether there is anything to wait for on the way to the exchange."""
        return self.source is not None or bool(self.latency)

    async def approach(self, symbols: list[str] | None) -> None:
        """Let the time pass that an order takes to the exchange, and have prices of its markets; before a transaction.

        Args:
            symbols: the markets in which it may trade; None: it does not go there.
        """
        if symbols is None:
            return
        if self.source is not None:
            await self.source.ready(symbols)
        if self.latency and self.pace:
            await asyncio.sleep(self.latency / 1000 / self.pace)

    def break_down_before_exchange(self, text: str = "list index out of range", *, times: int = 1) -> None:
        """Have the next orders, changes or cancels of a legacy OMS end in a breakdown before the exchange is asked.

        Args:
            text: the exception's, as the client gets it; may be empty (fact 32).
            times: how many calls of the exchange this is for.

        Raises:
            ValueError: a full OMS does not break down.
        """
        self._plan_breakdowns("before", text, times)

    def break_down_after_exchange(self, text: str = "list index out of range", *, times: int = 1) -> None:
        """The same after the exchange has done what it was asked for: nothing of it is recorded (fact 30)."""
        self._plan_breakdowns("after", text, times)

    def _plan_breakdowns(self, moment: Moment, text: str, times: int) -> None:
        if self.full:
            raise ValueError("only a legacy OMS breaks down")
        self._breakdowns.extend([(moment, text)] * times)

    def break_down(self, moment: Moment) -> None:
        """Where a breakdown was ordered for this moment, let it happen.

        Raises:
            OmsError: it happened.
        """
        if self._breakdowns and self._breakdowns[0][0] == moment:
            raise OmsError(400, "internal_error", self._breakdowns.popleft()[1])

    def next_id(self, kind: type[Command | Order | Deal | Position]) -> int:
        """The next id of a kind of record."""
        return self._ids[kind].take()

    @contextmanager
    def transaction(self, account_ids: Iterable[int]) -> Iterator[None]:
        """Change the exchange and the records of these accounts together, and publish their events after the commit.

        An `ExchangeRefusal` that comes out of it has to come before any change.

        Raises:
            StorageUnavailable: it was not stored; records and exchange are as they were before.
            CommitInDoubt: the database was lost over the commit; the exchange follows whatever it has stored.
        """
        account_ids = tuple(account_ids)
        try:
            with self.storage.transaction(account_ids):
                self._take_back()
                self._take_up(account_ids)
                yield
                self.events.store()
        except ExchangeRefusal:
            self.events.discard()
            raise
        except BaseException:
            self.events.discard()
            self._ahead.update(account_ids)
            with suppress(StorageUnavailable), self.storage.reading():
                self._take_back()  # or else the next transaction does it, or fails too
            raise
        self.events.publish()

    def refresh(self, account_ids: Iterable[int]) -> None:
        """Take up what other processes have committed to these accounts.

        Raises:
            StorageUnavailable: the database gives no answer.
        """
        if self.storage.shared:
            with self.storage.reading():
                self._take_back()
                self._take_up(account_ids)

    def _take_back(self) -> None:
        """Take the exchange back to what is stored of the accounts whose last change was not."""
        if self._ahead:
            self.exchange.funded = int(self.storage.meta("funded") or self.exchange.funded)
        while self._ahead:
            account_id = next(iter(self._ahead))
            self.exchange.open(self.storage.account_state(account_id))
            self._ahead.discard(account_id)

    def _take_up(self, account_ids: Iterable[int]) -> None:
        for account_id, turn in self.storage.turns(account_ids).items():
            if turn.stale:
                self.exchange.update(self.storage.account_changes(account_id))
            self.events.hear(account_id, turn.event_id)
