"""Market data over the WebSocket: looked at by the server every so often, sent when it has changed (fact 26)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field

from oms_ccxt_async.sandbox.errors import OmsError, invalid

__all__ = ["MarketInput", "MarketPolls"]

MIN_POLL_MS, MAX_POLL_MS = 250, 10_000

Channel = Literal["ticker", "orderbook", "trades", "ohlcv"]


class MarketInput(BaseModel):
    """The payload of `subscribe_market` and `unsubscribe_market`."""

    account_id: int = 0
    symbol: str = ""
    channels: list[Channel] = Field(default_factory=list)
    timeframe: str = "1m"
    depth: int = Field(default=20, ge=1, le=1000)
    limit: int = Field(default=100, ge=1, le=1000)
    poll_interval_ms: int = 1000

    def check(self) -> None:
        """Hold the payload against what it has to name, in the recorded words.

        Raises:
            OmsError: `validation_error`.
        """
        if not (self.account_id and self.symbol and self.channels):
            raise invalid("account_id, symbol, channels are required")

    @property
    def poll_ms(self) -> int:
        """The interval that the server keeps to."""
        return max(MIN_POLL_MS, min(self.poll_interval_ms, MAX_POLL_MS))

    def question(self, channel: Channel) -> tuple[str, list[Any]]:
        """The ccxt method that a channel shows, and its arguments."""
        if channel == "ticker":
            return "fetch_ticker", [self.symbol]
        if channel == "orderbook":
            return "fetch_order_book", [self.symbol, self.depth]
        if channel == "trades":
            return "fetch_trades", [self.symbol, None, self.limit]
        return "fetch_ohlcv", [self.symbol, self.timeframe, None, self.limit]


class MarketPolls:
    """The market channels of one client, each polled by a task of its own.

    Args:
        fetch: the gateway, for this client: account, method, arguments.
        send: sends an event to the client, at the client's pace.
        clock: epoch milliseconds.
    """

    def __init__(
        self,
        fetch: Callable[[int, str, list[Any]], Awaitable[Any]],
        send: Callable[[str, dict[str, Any]], Awaitable[None]],
        clock: Callable[[], int],
    ) -> None:
        self._fetch = fetch
        self._send = send
        self._clock = clock
        self._tasks: dict[tuple[int, str, Channel], asyncio.Task[None]] = {}

    async def subscribe(self, wanted: MarketInput) -> None:
        """Poll these channels from now on, in place of what was polled under their names.

        Raises:
            OmsError: the gateway refuses one of them; nothing has changed.
        """
        found = {
            channel: await self._fetch(wanted.account_id, *wanted.question(channel)) for channel in wanted.channels
        }
        self.unsubscribe(wanted)
        for channel, data in found.items():
            task = asyncio.create_task(self._poll(wanted, channel, data))
            self._tasks[wanted.account_id, wanted.symbol, channel] = task

    def unsubscribe(self, wanted: MarketInput) -> int:
        """Poll these channels no more; how many were."""
        keys = [(wanted.account_id, wanted.symbol, channel) for channel in dict.fromkeys(wanted.channels)]
        ended = [self._tasks.pop(key) for key in keys if key in self._tasks]
        for task in ended:
            task.cancel()
        return len(ended)

    async def close(self) -> None:
        """Poll nothing any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _poll(self, wanted: MarketInput, channel: Channel, data: Any) -> None:
        seen = b""
        while True:
            found = orjson.dumps(data)
            if found != seen:
                seen = found
                payload = {
                    "account_id": wanted.account_id,
                    "symbol": wanted.symbol,
                    "channel": channel,
                    "data": orjson.Fragment(found),
                    "ts_ms": self._clock(),
                }
                await self._send(f"{channel}_updated", payload)
            await asyncio.sleep(wanted.poll_ms / 1000)
            with suppress(OmsError):  # what the exchange does not answer now has not changed
                data = await self._fetch(wanted.account_id, *wanted.question(channel))
