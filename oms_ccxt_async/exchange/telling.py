"""What an exchange tells of itself: which it is, and what became of its orders."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async.instrumentation.telemetry import Telemetry
from oms_ccxt_async.orders.intents import Intent, State
from oms_ccxt_async.wire.settings import Settings

__all__ = ["of_orders", "telemetry_of", "tell_unknown"]

_OUTCOMES = {State.PLACED: "accepted", State.REFUSED: "refused"}
NAMED = 20


def telemetry_of(exchange: Any, settings: Settings) -> Telemetry:
    """What this exchange tells, to its present logger and for its present account."""

    def account_id() -> int | None:
        with contextlib.suppress(BaseError):
            return settings.account_id
        return None

    return Telemetry(
        lambda: exchange.logger,
        exchange=lambda: exchange.id,
        account_id=account_id,
        server=lambda: settings.base_url,
    )


def of_orders(telemetry: Telemetry, clock: Callable[[], int]) -> Callable[[Intent], None]:
    """Tells what became of an order when that is known or given up; `clock` is in epoch milliseconds."""

    def settled(intent: Intent) -> None:
        telemetry.order_settled(
            _OUTCOMES.get(intent.state, "unknown"),
            client_order_id=intent.client_order_id,
            request_id=intent.request_id,
            order_id=intent.order_id,
            symbol=intent.symbol,
            ms=clock() - intent.began,
            error=intent.outcome if isinstance(intent.outcome, BaseError) else None,
        )

    return settled


def tell_unknown(telemetry: Telemetry, unknown: list[str]) -> None:
    """Tell which orders an exchange leaves unknown at its end: a person has to look."""
    if unknown:
        named = ", ".join(unknown[:NAMED]) + (", ..." if len(unknown) > NAMED else "")
        telemetry.orders.error("closed with %d orders of unknown outcome: %s", len(unknown), named)
