"""The OMS as a whole: its storage, its exchange, and the one way in which both change together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.events import EventLog
from oms_ccxt_async.sandbox.exchange import ExchangeOrder, ExchangeRefusal, ExchangeTrade, PaperExchange
from oms_ccxt_async.sandbox.permissions import Permissions
from oms_ccxt_async.sandbox.rows import Account, ApiKey, Command, Deal, Order, Permission, Position, Strategy
from oms_ccxt_async.sandbox.storage import Storage

__all__ = ["OMS"]


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
    ) -> None:
        self.storage = storage
        self.clock = clock
        self.full = full
        self.accounts = {account.account_id: account for account in storage.select(Account)}
        self.strategies = {strategy.strategy_id: strategy for strategy in storage.select(Strategy)}
        self.permissions = Permissions(storage.meta("salt") or "", self.accounts, full=full)
        for key in storage.select(ApiKey):
            self.permissions.add(key, storage.select(Permission, api_key_id=key.api_key_id))
        self.events = EventLog(storage, clock, keep=keep_events)
        self.exchange = PaperExchange(
            exchange_name,
            seed=seed,
            clock=clock,
            volatility=volatility,
            next_id=max(900_000, storage.newest(ExchangeOrder), storage.newest(ExchangeTrade)) + 1,
        )
        self._ahead = set(self.accounts)
        self._take_back()
        self._ids = {kind: count(storage.newest(kind) + 1) for kind in (Command, Order, Deal, Position)}

    def next_id(self, kind: type[Command | Order | Deal | Position]) -> int:
        """The next id of a kind of record."""
        return next(self._ids[kind])

    @contextmanager
    def transaction(self, account_ids: Iterable[int]) -> Iterator[None]:
        """Change the exchange and the records of these accounts together, and publish their events after the commit.

        An `ExchangeRefusal` that comes out of it has to come before any change.

        Raises:
            StorageUnavailable: it was not stored; records and exchange are as they were before.
        """
        try:
            with self.storage.transaction():
                self._take_back()
                yield
                self.events.store()
        except ExchangeRefusal:
            self.events.discard()
            raise
        except BaseException:
            self.events.discard()
            self._ahead.update(account_ids)
            with suppress(StorageUnavailable):  # then the next transaction does it, or fails too
                self._take_back()
            raise
        self.events.publish()

    def _take_back(self) -> None:
        """Take the exchange back to what is stored of the accounts whose last change was not."""
        while self._ahead:
            account_id = next(iter(self._ahead))
            self.exchange.open(self.storage.account_state(account_id))
            self._ahead.discard(account_id)
