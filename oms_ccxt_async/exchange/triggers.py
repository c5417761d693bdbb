"""Which orders are trigger orders: what neither a row of the OMS nor a list of its orders tells.

Known are those of this process, those whose type says it, and the open ones that the exchange tells of when it is
asked: by who asks for trigger orders at once, by everybody else in passing. Of all others it is not known, and whoever
asks for trigger orders alone is told that.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ccxt.base.errors import ExchangeClosedByUser, ExchangeError, OperationFailed

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.given import Given
from oms_ccxt_async.exchange.rooms import monotonic
from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.mappers.order import is_over
from oms_ccxt_async.orders.params import take_flag, waits_for_a_trigger
from oms_ccxt_async.orders.ways import is_pending

__all__ = ["Triggers", "refuse_trailing"]

TOLD = 10_000
"""Orders of other programs of which it is remembered what the exchange told."""
SELDOM = 10_000
"""Milliseconds between two questions about a symbol that the exchange is asked in passing."""
AT_ONCE = 4
"""Symbols that one such question is about."""
PATIENCE = 2_000
"""Milliseconds that such a question may take."""


class Triggers(Given):
    """Telling trigger orders from others."""

    def _kind_of(self, row: Mapping[str, Any]) -> bool | None:
        """Whether the order of a row is a trigger order, as far as this process knows; None if it does not."""
        intent = self._book.get(row.get("client_order_id"))
        if intent is not None and ("id" not in row or intent.own_id or intent.order_id == row["id"]):
            sent = waits_for_a_trigger(intent.command["payload"])
            if sent is not None:
                return sent
        told = self._told_of(row)
        if told is not None:
            return any(told.get(name) is not None for name in _PRICES) or bool(told.get("trigger"))
        return waits_for_a_trigger(row)

    async def _of_kind(self, rows: Sequence[Row], trigger: bool, asked: str) -> set[int]:
        """The ids of those rows that are trigger orders, or of those that are not.

        A row of another program that never got to the exchange, as far as the OMS knows (fact 10), is no trigger order
        and does not keep others from being told.

        Raises:
            ccxt.NotSupported: of some it is not known.
            ccxt.BadResponse: what the exchange tells makes no sense.
            ccxt.NetworkError: the exchange could not be asked.
        """
        await self._learned(rows)
        unknown = [row["id"] for row in rows if self._kind_of(row) is None and not (trigger and is_pending(row))]
        if unknown:
            named = ", ".join(map(str, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
            raise errors.NotSupported(
                f"oms {asked}: which orders are trigger orders the OMS does not keep, and nobody knows of {named}; "
                'name orders by their ids, or ask without params["trigger"]'
            )
        return {row["id"] for row in rows if self._kind_of(row) is trigger}

    async def _learned_in_passing(self, rows: Sequence[Row]) -> bool:
        """As `_learned`, for who did not ask for trigger orders: seldom, not for long, and what fails is let be.

        The question is the exchange instance's: who reads an order of the same symbol meanwhile waits for its answer,
        too, and who gives up leaves it to the others.
        """
        now, loop, place = monotonic(), asyncio.get_running_loop(), self._settings.place
        due, asked = set(), {}
        for symbol in {row["symbol"] for row in rows}:
            question = self._asking.get((*place, symbol))
            if question is not None and not question[1].done() and question[1].get_loop() is loop:
                asked[symbol] = question
            elif now >= self._ask_again.get((*place, symbol), now):
                due.add(symbol)
        left = [row for row in rows if row["symbol"] in asked.keys() | due and self._is_to_be_asked(row)]
        if some := sorted({row["symbol"] for row in left} & due)[:AT_ONCE]:
            about: list[Row] = []
            task = loop.create_task(self._ask_in_passing(about))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
            asked |= dict.fromkeys(some, (about, task))
            self._asking |= {(*place, symbol): asked[symbol] for symbol in some}
            self._ask_again |= {(*place, symbol): now + SELDOM for symbol in some}
        left = [row for row in left if row["symbol"] in asked]
        for row in left:
            asked[row["symbol"]][0].append(row)
        if left:
            for done in (await asyncio.wait({asked[row["symbol"]][1] for row in left}))[0]:
                done.result()
        return any(self._told_of(row) is not None for row in left)

    async def _ask_in_passing(self, about: Sequence[Row]) -> None:
        try:
            async with asyncio.timeout(PATIENCE / 1000):
                await self._learned(about)
        except (TimeoutError, OperationFailed, ExchangeError) as error:
            self._telemetry.orders.info("the exchange was not asked for trigger prices of others' orders: %s", error)

    def _is_to_be_asked(self, row: Row) -> bool:
        return self._kind_of(row) is None and bool(row.get("exchange_order_id")) and not is_over(row)

    async def _learned(self, rows: Sequence[Row]) -> bool:
        """Ask the exchange for those open orders of which it is not known here; whether it told of any.

        Args:
            rows: to which others may be added while it is asked.

        Raises:
            ccxt.BadResponse: what it tells makes no sense.
            ccxt.NetworkError: it could not be asked.
        """
        told = False
        # An exchange may keep them in a list of their own, and one that does not ignores the word.
        for params in ({}, {"trigger": True}):
            symbols = sorted({row["symbol"] for row in rows if self._is_to_be_asked(row)})
            answers = await asyncio.gather(*(self._open_at_the_exchange(symbol, params) for symbol in symbols))
            # An exchange may give one id to orders of two symbols.
            sought = {(row["symbol"], str(row["exchange_order_id"])): row for row in rows if self._is_to_be_asked(row)}
            for symbol, listed in zip(symbols, answers, strict=True):
                for order in listed:
                    row = sought.get((symbol, str(order.get("id"))))
                    if row is not None:
                        self._note(row["id"], order, bool(params))
                        told = True
        return told

    async def _open_at_the_exchange(self, symbol: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        arguments = [symbol, None, None, params] if params else [symbol]
        try:
            listed = await self._here.gateway.call("fetch_open_orders", arguments)
        except ExchangeClosedByUser:
            raise
        except ExchangeError as error:  # a key that is limited to strategies, or an exchange without that list
            if not params:
                self._ask_again[*self._settings.place, symbol] = math.inf
            self._telemetry.orders.info("the exchange was not told of trigger orders in %s: %s", symbol, error)
            return []
        return [order for order in listed if isinstance(order, dict)] if isinstance(listed, list) else []

    def _note(self, order_id: int, order: Mapping[str, Any], own_list: bool) -> None:
        try:
            found: dict[str, Any] = {name: exact(order[name]) for name in _PRICES if order.get(name)}
            if "triggerPrice" not in found and order.get("stopPrice"):
                found["triggerPrice"] = exact(order["stopPrice"])
        except ValueError as reason:
            raise errors.BadResponse(f"oms: a price of order {order_id} at the exchange {reason}") from None
        found |= {name: order[name] for name in _FLAGS if order.get(name) is not None}
        kind = waits_for_a_trigger({"id": order_id, "order_type": order.get("type")})
        self._extra_told[self._settings.place[0], order_id] = {**found, "trigger": own_list or bool(kind)}
        while len(self._extra_told) > TOLD:
            del self._extra_told[next(iter(self._extra_told))]


def refuse_trailing(method: str, params: dict[str, Any]) -> None:
    """Refuse to tell trailing orders alone, which nobody keeps apart: `ccxt.NotSupported`."""
    if take_flag(params, ("trailing",)):
        raise errors.NotSupported(f"oms {method}(): nobody knows which orders are trailing orders; ask for all of them")


_PRICES = ("triggerPrice", "stopLossPrice", "takeProfitPrice")
_FLAGS = ("timeInForce", "postOnly", "reduceOnly")
