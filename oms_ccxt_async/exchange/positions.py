"""Positions: closed with orders at the OMS; closed against each other, merged, given stops; and reconciled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.errors import OrderOutcomeUnknown
from oms_ccxt_async.exchange.asked import named_calls
from oms_ccxt_async.exchange.holdings import several_open
from oms_ccxt_async.exchange.trading import Trading
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders.calls import Call
from oms_ccxt_async.orders.params import client_order_id_of, positive
from oms_ccxt_async.orders.submission import Asked, verdict_of
from oms_ccxt_async.wire.gateway import encoded
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request

__all__ = ["Positions"]

CLOSE = "close_position"


@named_calls
class Positions(Trading):
    """The methods on positions.

    On an OMS that recognises repeats an unclear answer is asked for again until it is clear. On another one
    `close_by` and `merge_positions` are sent once: after a `ccxt.NetworkError` look at the positions.
    """

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
        params = await self._given(params)
        position_id = params.pop("position_id", None)
        strategy_id = self._settings.strategy_of(params)
        given = dict(params)
        if symbol and not str(symbol).isdigit():
            # What is sent makes a repeat the same close, and so does what was given.
            await self._loaded()
            grid = self._grid(symbol)
            for name, bring in (("amount", grid.amount), ("price", grid.price)):
                if params.get(name) is not None:
                    params[name] = bring(positive(params[name], name), name)
        alike = {
            "symbol": symbol,
            "side": side,
            "position_id": position_id,
            "strategy_id": strategy_id,
            "params": params,
        }
        raw = None if given == params else {**alike, "params": given}
        with self._here.submissions.call() as call:
            earlier = await self._closed_before(call, symbol, alike, raw)
            if earlier is not None:
                return earlier
            if position_id is None:
                position = await self._only_position(symbol, side, strategy_id)
            else:
                position = await self.fetch_position(symbol, {"strategy_id": strategy_id, "position_id": position_id})
            return await self._close(call, position, params, strategy_id, alike, raw)

    async def close_all_positions(self, params: Mapping[str, Any] | None = {}) -> list[Unified]:
        """Close every open position of the account (of the strategy, if there is one) with market orders.

        Returns:
            What `fetch_positions` says afterwards: the positions that are still open.

        Raises:
            ccxt.BaseError: the first refusal; the others have been sent all the same.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        scope = {"strategy_id": strategy_id}
        with self._here.submissions.call() as call:
            positions = await self._open_positions(None, {**scope, "valued": False})
            outcomes = await asyncio.gather(
                *(
                    self._close(call, position, params, strategy_id, {"position_id": position["id"], "params": params})
                    for position in positions
                ),
                return_exceptions=True,
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseError):
                    raise verdict_of(call, outcome)
                if isinstance(outcome, BaseException):
                    raise outcome
            return await self._open_positions(None, scope)

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
        params = await self._given(params)
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
        await self._require_own_positions((position_id_a, position_id_b), strategy_id)
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
        params = await self._given(params)
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
        await self._require_own_positions((source_position_id, target_position_id), strategy_id)
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
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        changes = {**params, "stopLossPrice": stop_loss, "takeProfitPrice": take_profit}
        command = commands.position_change(
            position_id, changes, account_id=self._settings.account_id, request_id=self._request_id()
        )
        await self._require_own_positions((position_id,), strategy_id)
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
        body = encoded("reconcile()", {"account_id": self._settings.account_id, **(params or {})})
        request = Request("POST", "/oms/reconcile", "reconcile()", "triggered_count", Kind.REPEATABLE, body)
        try:
            return await self._here.transport.send(request)
        finally:
            self._here.lookup.forget_deals()  # the next answer tells what was found

    async def _position_after(self, position_id: str, strategy_id: int | None) -> Unified:
        """The position after a command that succeeded; at least its id, if it cannot be read."""
        try:
            return await self.fetch_position("", {"position_id": position_id, "strategy_id": strategy_id})
        except BaseError as error:
            self._telemetry.orders.info("position %s could not be read back: %s", position_id, error)
            return dict(self.safe_position({"id": str(position_id), "info": {}}))

    async def _only_position(self, symbol: str, side: str | None, strategy_id: int | None) -> Unified:
        wanted = {"buy": "long", "sell": "short"}.get(side or "", side)
        if wanted not in (None, "long", "short"):
            raise errors.BadRequest(f"side must be long or short (or buy, sell), not {side!r}")
        positions = await self._open_positions([symbol], {"strategy_id": strategy_id, "valued": False})
        positions = [position for position in positions if wanted in (None, position["side"])]
        if not positions:
            raise errors.InvalidOrder(f"oms close_position({symbol}): no {wanted or 'such'} position is open")
        if len(positions) > 1:
            raise several_open("close_position", symbol, positions)
        return positions[0]

    async def _closed_before(
        self, call: Call, symbol: str, alike: dict[str, Any], given: dict[str, Any] | None
    ) -> Unified | None:
        """The order of an abandoned call for the same; its position may be closed by now, and not be found any more."""
        params = dict(alike["params"])
        account_id = self._settings.account_id

        def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
            return {"account_id": account_id, "request_id": request_id, "command": CLOSE, "payload": {}}, {}

        request = {"method": CLOSE, "symbol": symbol, "params": params}
        asked = Asked(build, request, client_order_id_of(params), None, alike=alike, given=lambda: given)
        try:
            earlier = await self._here.submissions.place_again(call, asked)
        except OrderOutcomeUnknown as error:
            raise self._resolvable(error) from error.__cause__
        return None if earlier is None else await self._placed(earlier, await self._facts())

    async def _close(
        self,
        call: Call,
        position: Unified,
        params: dict[str, Any],
        strategy_id: int | None,
        alike: dict[str, Any],
        given: dict[str, Any] | None = None,
    ) -> Unified:
        row = position["info"]
        if row.get("state") == "closed":
            raise errors.InvalidOrder(
                f"oms close_position({position['symbol']}): position {row['id']} is closed already"
            )
        facts = await self._facts()
        params = dict(params)
        client_order_id = client_order_id_of(params)
        if strategy_id is None:
            strategy_id = row.get("strategy_id")
        params["strategy_id"] = strategy_id
        amount = params.pop("amount", None)
        order_type, price = params.pop("type", "market"), params.pop("price", None)
        params = self._for_the_exchange(params)
        grid = self._grid(position["symbol"])
        if amount is None and not facts.full:
            amount = row.get("qty")  # fact 11
        account_id = self._settings.account_id
        side_out = "sell" if position["side"] == "long" else "buy"

        def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
            if not facts.full:
                return commands.close_by_order(
                    row["id"],
                    position["symbol"],
                    side_out,
                    amount,
                    params,
                    type=order_type,
                    price=price,
                    account_id=account_id,
                    request_id=request_id,
                    client_order_id=key,
                    grid=grid,
                )
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
                grid=grid,
            )

        words = {
            "method": CLOSE,
            "symbol": position["symbol"],
            "side": side_out,
            "type": order_type,
            "amount": amount,
            "price": price,
        }
        request = {**words, "params": {**params, "position_id": row["id"]}}
        asked = Asked(build, request, client_order_id, strategy_id, self._here.transport.route, alike, lambda: given)
        return await self._placed(await self._place(call, asked), facts)
