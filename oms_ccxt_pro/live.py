"""The streams of one exchange instance in one event loop, made when they are first needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async.wire.account import Account
from oms_ccxt_pro.account_stream import AccountStream
from oms_ccxt_pro.calling import is_over
from oms_ccxt_pro.ends import closed_by_user
from oms_ccxt_pro.feed import Feed
from oms_ccxt_pro.host import Host
from oms_ccxt_pro.market_stream import MarketStream
from oms_ccxt_pro.order_entry import OrderEntry
from oms_ccxt_pro.source import Source
from oms_ccxt_pro.waiting import to_its_end

__all__ = ["Live"]


class Live:
    """The sockets of an exchange: one for the account's events, one for orders, and those for market data.

    Args:
        host: the exchange as sockets see it.
        account: what stands behind the account.
        source: makes the exchange as feeds see it; given the host, and whom to tell of a refusal that no retry will
            change.
        failed: told of the error when the account's stream is refused, or away for too long, beside its watchers.
    """

    def __init__(
        self,
        host: Host,
        account: Account,
        source: Callable[[Host, Callable[[BaseError], None]], Source],
        *,
        failed: Callable[[BaseError], None],
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.settings = host.settings
        self.backoff = host.backoff
        self._host = host
        self._account_facts = account
        self._source = source
        self._failed = failed
        self._account: AccountStream | None = None
        self._markets: dict[str | None, MarketStream] = {}
        self._entry: OrderEntry | None = None
        # What was there when everything was closed: programs read the caches after that, too.
        self._left: tuple[Mapping[int | None, Feed], Mapping[str | None, MarketStream]] = {}, {}

    @property
    def account(self) -> AccountStream:
        """The account's events."""
        if self._account is None:
            host = self._host
            # Not `self._account`: messages that arrive while it closes are still its own.
            account = self._account = AccountStream(
                self._source(host, self._refused),
                self._account_facts,
                host.account_id(),
                host.address,
                self.settings,
                taker=lambda: host.taker(account),
                backoff=host.backoff(),
                most=host.keep("ordersLimit"),
                monotonic=time.monotonic,
                over=is_over,
                changed=self._changed,
                teller=host.teller,
            )
            account.stream.listeners.append(self._failed)
        return self._account

    @property
    def entry(self) -> OrderEntry:
        """The socket for commands."""
        if self._entry is None:
            self._entry = OrderEntry(self._host)
        return self._entry

    def market(self, timeframe: str | None) -> MarketStream:
        """Market data; candles of each timeframe have a connection of their own, because events do not name it."""
        if timeframe not in self._markets:
            self._markets[timeframe] = MarketStream(timeframe, self._host)
        return self._markets[timeframe]

    @property
    def feeds(self) -> Mapping[int | None, Feed]:
        """The feeds of the account, also after `close`."""
        return self._left[0] if self._account is None else self._account.feeds

    @property
    def markets(self) -> Mapping[str | None, MarketStream]:
        """The streams of market data by timeframe, also after `close`."""
        return self._markets or self._left[1]

    def status(self) -> dict[str, Any]:
        """The account stream's state."""
        return self.account.shown() if self._account is not None else {}

    async def close_account(self) -> None:
        """End the account's stream, as nobody watches it any more."""
        account, self._account = self._account, None
        if account is not None:
            await to_its_end(account.close(closed_by_user()))

    async def close_market(self, timeframe: str | None) -> None:
        """End a market stream, as nobody watches it any more."""
        if (stream := self._markets.pop(timeframe, None)) is not None:
            await to_its_end(stream.close(closed_by_user()))

    async def close(self) -> None:
        """End everything; whoever waits gets `ExchangeClosedByUser`, and commands under way end as lost."""
        self._left = self.feeds, dict(self._markets)
        entry, self._entry = self._entry, None
        await asyncio.gather(
            self.close_account(),
            *(self.close_market(timeframe) for timeframe in list(self._markets)),
            *([entry.close()] if entry is not None else []),
        )

    def _refused(self, error: BaseError) -> None:
        if self._account is not None:
            self._account.fail(error)
            self._failed(error)

    def _changed(self) -> None:
        if self._account is None:
            return
        if self._account.status.state == "live":
            self._host.connected(self._account)
        if self.settings.onStatus is not None:
            self.settings.onStatus(self._account.shown())
