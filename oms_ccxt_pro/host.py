"""What the streams need of their exchange, and nothing more of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_pro.backoff import Backoff
from oms_ccxt_pro.settings import StreamSettings
from oms_ccxt_pro.stream import Address, Message, Teller

__all__ = ["Host"]


@dataclass(frozen=True, slots=True)
class Host:
    """An exchange as its sockets see it. What is a function is asked whenever it is needed, as users change options.

    Attributes:
        settings: `options["ws"]`.
        address: where to connect, and with what.
        account_id: whose events, orders and markets.
        timeout: how long an answer to a command is waited for, in seconds.
        clock: the wall clock, in epoch milliseconds.
        draw: a random number from 0 to 1.
        taker: given a stream, what now takes messages that answer none of its requests; in the end its `take` does.
        teller: asked for what is told of what goes over a socket.
        number: a value of the OMS's JSON with its floats as the exchange's `number`.
        connected: given a stream whenever it is live.
        keep: how many of something are kept for those who read it later, by the name of ccxt's option.
    """

    settings: StreamSettings
    address: Callable[[], Address]
    account_id: Callable[[], int]
    timeout: Callable[[], float]
    clock: Callable[[], int]
    draw: Callable[[], float]
    telemetry: Telemetry
    taker: Callable[[Any], Callable[[Message], None]]
    teller: Teller
    number: Callable[[Any], Any]
    connected: Callable[[Any], None]
    keep: Callable[[str], int]

    def backoff(self) -> Backoff:
        """How long to wait between attempts, from the first one on."""
        return Backoff(self.settings.backoff / 1000, self.settings.backoffCap / 1000, self.draw)
