"""What the OMS can do with positions beyond CCXT: close two against each other, merge two, set stops; and reconcile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import commands
from oms_ccxt_async.closing import Closing
from oms_ccxt_async.gateway import _encoded
from oms_ccxt_async.reading import Unified
from oms_ccxt_async.retry import Kind
from oms_ccxt_async.transport import Request

__all__ = ["Positions"]


class Positions(Closing):
    """The OMS's own methods on positions.

    On an OMS that recognises repeats an unclear answer is asked for again until it is clear. On another one
    `close_by` and `merge_positions` are sent once: after a `ccxt.NetworkError` look at the positions.
    """

    async def close_by(
        self, position_id_a: str, position_id_b: str, amount: Any = None, params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Close two opposite positions in one symbol against each other, without an order at the exchange.

        Args:
            position_id_a, position_id_b: OMS ids of the positions.
            amount: how much of them, in base currency or contracts; None is as much as the smaller one has.
            params: `strategy_id`.

        Returns:
            The two unified positions as they are afterwards, in the same sequence.

        Raises:
            ccxt.ExchangeError: the OMS refused it; nothing has changed.
            ccxt.NetworkError: it may or may not have been done.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        self._ignored("closeBy", params)
        command = commands.close_by(
            position_id_a,
            position_id_b,
            amount,
            strategy_id=strategy_id,
            account_id=self._settings.account_id,
            request_id=self._request_id(),
        )
        await self._command(command, f"close_by({position_id_a}, {position_id_b})", await self._kind_of_repeat())
        both = (position_id_a, position_id_b)
        return list(await asyncio.gather(*(self._position_after(which, strategy_id) for which in both)))

    async def merge_positions(
        self, source_position_id: str, target_position_id: str, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """Merge a position into another one of the same symbol and side.

        Args:
            source_position_id: OMS id of the position that ends.
            target_position_id: OMS id of the position that grows.
            params: `stop_mode`, what becomes of the target's stops: `keep` (the default), `clear`, or `set` to
                `stopLossPrice` and `takeProfitPrice`.

        Returns:
            The unified target position as it is afterwards.

        Raises:
            ccxt.ExchangeError: the OMS refused it; nothing has changed.
            ccxt.NetworkError: it may or may not have been done.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        command = commands.merge_positions(
            source_position_id,
            target_position_id,
            stop_mode=params.pop("stop_mode", "keep"),
            stop_loss=params.pop("stopLossPrice", None),
            take_profit=params.pop("takeProfitPrice", None),
            account_id=self._settings.account_id,
            request_id=self._request_id(),
        )
        self._ignored("mergePositions", params)
        asked = f"merge_positions({source_position_id}, {target_position_id})"
        await self._command(command, asked, await self._kind_of_repeat())
        return await self._position_after(target_position_id, strategy_id)

    async def set_position_stops(
        self, position_id: str, stop_loss: Any, take_profit: Any, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """Set both stops of a position, which the OMS watches.

        Args:
            position_id: OMS id of the position.
            stop_loss, take_profit: prices, int, float, str or Decimal; None takes that stop away.
            params: `comment`, the position's new comment.

        Returns:
            The unified position as it is afterwards.

        Raises:
            ccxt.ExchangeError: the OMS refused it; nothing has changed.
            ccxt.NetworkError: it may or may not have been done; doing it again does no harm.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        changes = {**params, "stopLossPrice": stop_loss, "takeProfitPrice": take_profit}
        command = commands.position_change(
            position_id, changes, account_id=self._settings.account_id, request_id=self._request_id()
        )
        await self._command(command, f"set_position_stops({position_id})")
        return await self._position_after(position_id, strategy_id)

    async def reconcile(self, params: Mapping[str, Any] | None = {}) -> dict[str, Any]:
        """Have the OMS compare the account with the exchange now.

        Args:
            params: `scope` (`short`, `hourly`, `long`, `period`), `start_date`, `end_date`, `symbols_hint`.

        Returns:
            The OMS's answer: `ok`, `account_ids` and `triggered_count`.

        Raises:
            ccxt.BaseError: as the OMS or the way to it refuses; doing it again does no harm.
        """
        body = _encoded("reconcile", {"account_id": self._settings.account_id, **(params or {})})
        request = Request("POST", "/oms/reconcile", "reconcile()", "triggered_count", Kind.REPEATABLE, body)
        return await self._here.transport.send(request)

    async def _position_after(self, position_id: str, strategy_id: int | None) -> Unified:
        """The position after a command that succeeded; at least its id, if it cannot be read."""
        try:
            return await self.fetch_position("", {"position_id": position_id, "strategy_id": strategy_id})
        except BaseError as error:
            self.logger.info("position %s could not be read back: %s", position_id, error)
            return dict(self.safe_position({"id": str(position_id), "info": {}}))

    async def _kind_of_repeat(self) -> Kind:
        """What sending a command with a `request_id` twice would do, if it is not absolute."""
        return Kind.REPEATABLE if (await self._facts()).idempotent else Kind.ONCE
