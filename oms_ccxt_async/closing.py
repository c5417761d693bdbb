"""Closing positions with orders at the OMS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ccxt.base.errors import BadRequest, InvalidOrder

from oms_ccxt_async import commands
from oms_ccxt_async.errors import OrderOutcomeUnknown
from oms_ccxt_async.reading import Unified, _client_order_id, _several
from oms_ccxt_async.trading import Trading

__all__ = ["Closing"]


class Closing(Trading):
    """The methods that close positions."""

    async def close_position(
        self, symbol: str, side: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """Close the open position in a symbol, or `params["position_id"]`, with a market order at the OMS.

        Args:
            side: `long` or `short` (or `buy`, `sell`), where both may be open.
            params: `position_id`, `amount` for a part of it, `type` and `price` for a limit order, and what
                `create_order` takes.

        Returns:
            The unified order that closes it.

        Raises:
            ccxt.ArgumentsRequired: several positions match; name one with `params["position_id"]`.
            ccxt.InvalidOrder: nothing is open there.
            ccxt.BaseError: as `create_order`.
        """
        params = dict(params or {})
        position_id = params.pop("position_id", None)
        strategy_id = self._settings.strategy_of(params)
        if position_id is None:
            position = await self._only_position(symbol, side, strategy_id)
        else:
            position = await self.fetch_position(symbol, {"strategy_id": strategy_id, "position_id": position_id})
        return await self._close(position, params, strategy_id)

    async def close_all_positions(self, params: Mapping[str, Any] | None = {}) -> list[Unified]:
        """Close every open position of the account (of the strategy, if there is one) with market orders.

        Returns:
            What `fetch_positions` says afterwards: the positions that are still open.

        Raises:
            ccxt.BaseError: the first refusal; the others have been sent all the same.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        scope = {"strategy_id": strategy_id}
        positions = await self._open_positions(None, scope)
        outcomes = await asyncio.gather(
            *(self._close(position, params, strategy_id) for position in positions), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return await self._open_positions(None, scope)

    async def _only_position(self, symbol: str, side: str | None, strategy_id: int | None) -> Unified:
        wanted = {"buy": "long", "sell": "short"}.get(side or "", side)
        if wanted not in (None, "long", "short"):
            raise BadRequest(f"oms close_position() takes side long or short, not {side!r}")
        positions = await self._open_positions([symbol], {"strategy_id": strategy_id})
        positions = [position for position in positions if wanted in (None, position["side"])]
        if not positions:
            raise InvalidOrder(f"oms close_position({symbol}): no {wanted or 'such'} position is open")
        if len(positions) > 1:
            raise _several("close_position", symbol, positions)
        return positions[0]

    async def _close(self, position: Unified, params: dict[str, Any], strategy_id: int | None) -> Unified:
        row = position["info"]
        if row.get("state") == "closed":
            raise InvalidOrder(f"oms close_position({position['symbol']}): position {row['id']} is closed already")
        facts = await self._facts()
        params = dict(params)
        client_order_id = _client_order_id(params)
        if strategy_id is None:
            strategy_id = row.get("strategy_id")
        params["strategy_id"] = strategy_id
        amount = params.pop("amount", None)
        order_type, price = params.pop("type", "market"), params.pop("price", None)
        if amount is None and not facts.full:
            amount = row.get("qty")  # fact 11
        account_id = self._settings.account_id

        def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
            return commands.close_position(
                row["id"],
                amount,
                params,
                type=order_type,
                price=price,
                account_id=account_id,
                default_strategy_id=None,
                request_id=request_id,
                client_order_id=key,
            )

        words = {
            "method": "close_position",
            "symbol": position["symbol"],
            "side": "sell" if position["side"] == "long" else "buy",
            "type": order_type,
            "amount": amount,
            "price": price,
        }
        request = {**words, "params": {**params, "position_id": row["id"]}}
        try:
            accepted = await self._here.submissions.place(build, request, client_order_id, strategy_id)
        except OrderOutcomeUnknown as error:
            raise self._resolvable(error) from error.__cause__
        return await self._placed(accepted, facts)
