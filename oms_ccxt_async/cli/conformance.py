"""`oms-ccxt check --conformance`: the OMS behind the settings, held against `oms_ccxt_async.conformance`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.cli.tiny_order import planned
from oms_ccxt_async.conformance import Order, Verdict, examine
from oms_ccxt_async.sync import oms
from oms_ccxt_async.wire.settings import Settings

__all__ = ["held", "lines_of"]


def held(config: dict[str, Any], *, trade: str | None, agree: Callable[[str], bool]) -> list[Verdict]:
    """Hold the OMS behind a config against every rule.

    Args:
        config: of `oms_ccxt_async.oms`.
        trade: the market of the tiny orders; None: none are placed.
        agree: asked before they are; the rules that need them are skipped if it says no.

    Raises:
        ccxt.BaseError: the settings make no sense, or the order cannot be planned.
    """
    with oms(config) as exchange:
        settings = Settings(exchange, os.environ)
        settings.require()
        order = None
        if trade is not None:
            amount, price = planned(exchange, trade)
            lower = Decimal(str(exchange.price_to_precision(trade, str(price * Decimal("0.99")))))
            symbol = str(exchange.market(trade)["symbol"])
            _refuse_reader(exchange, settings)
            place = f"account {settings.account_id} at {settings.base_url}"
            if agree(f"Place, edit and cancel some twenty orders: buy {amount} {symbol} at {price} on {place}?"):
                order = Order(symbol, f"{amount:f}", f"{price:f}", f"{lower:f}")
        asked = settings.base_url, str(exchange.apiKey), settings.account_id
        more = {"strategy": settings.strategy_id, "order": order, "cafile": exchange.cafile}
    return asyncio.run(examine(*asked, **more))


def _refuse_reader(exchange: oms, settings: Settings) -> None:
    rows = {each["id"]: each["info"] for each in exchange.fetch_accounts()}
    if rows.get(str(settings.account_id), {}).get("can_trade") is False:
        raise errors.PermissionDenied("the key may not trade: use one that may, or leave out --trade")


def lines_of(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """The verdicts as lines of a report: what fails says what it breaks, and where the contract has it."""
    return [
        {
            "name": each.name,
            "state": each.state,
            "found": each.found,
            "todo": f"{each.breaks} ({each.reason} of docs/contract.md)" if each.state == "FAILED" else None,
        }
        for each in verdicts
    ]
