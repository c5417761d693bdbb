"""The streams of one exchange instance in one event loop, made when they are first needed."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_pro.account_stream import AccountStream
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.calling import is_over
from oms_ccxt_pro.desk import Desk
from oms_ccxt_pro.market_stream import MarketStream
from oms_ccxt_pro.order_entry import OrderEntry
from oms_ccxt_pro.stream import Address, StreamSettings, closed_by_user

__all__ = ["Live", "address"]

KEPT = 1_000
"""Orders and positions that are over, and fills, that are kept: ccxt's own limit."""


class Live:
    """The sockets of an exchange: one for the account's events, one for orders, and those for market data.

    Args:
        exchange: whose options, key, proxies and logger apply.
    """

    def __init__(self, exchange: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.settings = StreamSettings.from_options(exchange.options.get("ws"))
        self._exchange = exchange
        self._account: AccountStream | None = None
        self._markets: dict[str | None, MarketStream] = {}
        self._entry: OrderEntry | None = None
        self._draw = random.SystemRandom().random

    @property
    def account(self) -> AccountStream:
        """The account's events."""
        if self._account is None:
            exchange, here = self._exchange, self._exchange._here
            desk = Desk(
                lists=here.lists,
                lookup=here.lookup,
                facts=exchange._facts,
                order=exchange._unified_order,
                trade=lambda row, facts: exchange._unified_trade(row),
                position=exchange._unified_position,
                clock=exchange.milliseconds,
                backoff=self.backoff,
                refused=self._refused,
                logger=exchange.logger,
            )
            kept = exchange.options.get("ordersLimit") or KEPT
            # Not `self._account`: messages that arrive while it closes are still its own.
            account = self._account = AccountStream(
                desk,
                here.account,
                exchange._settings.account_id,
                self.address,
                self.settings,
                handle=lambda message: exchange.handle_message(account, message),
                backoff=self.backoff(),
                most=kept,
                monotonic=time.monotonic,
                over=is_over,
                changed=self._changed,
                tell=exchange._tell_of_socket,
            )
        return self._account

    @property
    def entry(self) -> OrderEntry:
        """The socket for commands."""
        if self._entry is None:
            self._entry = OrderEntry(self.address, self.settings, self.backoff(), self._exchange)
        return self._entry

    def market(self, timeframe: str | None) -> MarketStream:
        """Market data; candles of each timeframe have a connection of their own, because events do not name it."""
        if timeframe not in self._markets:
            self._markets[timeframe] = MarketStream(
                timeframe,
                self._exchange,
                self.address,
                self.settings,
                self.backoff(),
                handle=self._exchange.handle_message,
            )
        return self._markets[timeframe]

    def backoff(self) -> Backoff:
        """How long to wait between attempts, afresh."""
        return Backoff(self.settings.backoff / 1000, self.settings.backoffCap / 1000, self._draw)

    def address(self) -> Address:
        """Where to connect now."""
        return address(self._exchange)

    def status(self) -> dict[str, Any]:
        """The account stream's state."""
        return self.account.shown() if self._account is not None else {}

    async def close_account(self) -> None:
        """End the account's stream, as nobody watches it any more."""
        account, self._account = self._account, None
        if account is not None:
            await account.close(closed_by_user())

    async def close_market(self, timeframe: str | None) -> None:
        """End a market stream, as nobody watches it any more."""
        if (stream := self._markets.pop(timeframe, None)) is not None:
            await stream.close(closed_by_user())

    async def close(self) -> None:
        """End everything; whoever waits gets `ExchangeClosedByUser`."""
        error = closed_by_user()
        entry, self._entry = self._entry, None
        streams = [self._markets.pop(key) for key in list(self._markets)]
        await asyncio.gather(
            self.close_account(),
            *(stream.close(error) for stream in streams),
            *([entry.close()] if entry is not None else []),
        )

    def _refused(self, error: BaseError) -> None:
        if self._account is not None:
            self._account.fail(error)

    def _changed(self) -> None:
        if self._account is None:
            return
        if self._account.status.state == "live":
            self._exchange.on_connected(self._account)
        if self.settings.onStatus is not None:
            self.settings.onStatus(self._account.shown())


def address(exchange: Any) -> Address:
    """Where an exchange's sockets go: the OMS's address with a `ws` scheme, the key in a header (fault 45)."""
    base: str = exchange._settings.base_url
    headers = {**exchange.headers, "x-api-key": exchange.apiKey}
    exchange.open()
    ssl = None
    if base.startswith("https"):
        ssl = exchange.ssl_context or _unverified()
    ws, wss, socks = exchange.check_ws_proxy_settings()
    return Address(f"ws{base.removeprefix('http')}/ws", headers, ssl, ws or wss or socks)


def _unverified() -> Any:
    """For `verify: False`."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
