"""Placing orders: created at the OMS, and told to the program under the OMS's ids."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    ExchangeClosedByUser,
    NotSupported,
    OperationFailed,
)

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.exchange.asked import name_call, named_calls
from oms_ccxt_async.exchange.fallback import GATEWAY, falls_back
from oms_ccxt_async.exchange.holdings import Holdings
from oms_ccxt_async.exchange.vocabulary import vocabulary
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers import MarketFacts, Unified
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders.calls import Call
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid, check_limits
from oms_ccxt_async.orders.intents import Accepted, checked_client_order_id
from oms_ccxt_async.orders.params import (
    DECISIVE,
    client_order_id_of,
    count,
    is_known,
    positive,
    take_flag,
    waits_for_a_trigger,
)
from oms_ccxt_async.orders.submission import Asked, verdict_of
from oms_ccxt_async.wire.account import AccountFacts

__all__ = ["Placing"]


@named_calls
class Placing(Holdings):
    """The methods that place orders.

    What an exception means for the order: `OrderOutcomeUnknown` says that it could not be settled; every other
    `ccxt.NetworkError` of a create says that nothing was sent, every `ccxt.ExchangeError` that the order was refused.
    A create that ends in any other way (cancelled, timed out, an error of a hook) does not orphan its order: the
    submission runs to the end in the background, and the identical create, or `fetch_order` with the client order id,
    finds it.
    """

    @falls_back
    async def create_order(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """Place one order, once.

        Args:
            symbol, type, side: as in ccxt; `type` is passed on in lower case.
            amount: in base currency or contracts; int, float, str or Decimal, cut to the market's step.
            price: of a limit order, in quote currency, rounded to the market's step; not sent with a market order.
                With `options["createOrder"]["exact"]` both are sent as they are given.
            params: `clientOrderId`, `postOnly`, `timeInForce`, `reduceOnly`, `triggerPrice`, `stopPrice`,
                `stopLossPrice`, `takeProfitPrice`, `stopLoss`, `takeProfit`, `trailingAmount`, `trailingPercent`,
                `strategy_id`, `position_id`, `reason`, `comment` go to the OMS's fields; what the exchange's class has
                a name for goes there. With `test` the order is checked as far as it can be here, and nothing is sent.

        Returns:
            The unified order as the OMS has it after taking it; with `test` what would be sent, without id and status.

        Raises:
            OrderOutcomeUnknown: it is not known whether the OMS took the order.
            ccxt.NetworkError: nothing was sent.
            ccxt.ExchangeError: the order was refused (InsufficientFunds, InvalidOrder, BadSymbol, PermissionDenied...).
        """
        submissions = self._here.submissions
        given = await self._given(params)
        with submissions.call() as call:
            facts, [market] = await self._prepared(call, "create_order()", [symbol])
            await self._require_own_position(call, "create_order()", given)
            test = take_flag(given, ("test",))
            asked = self._asked("create_order", market.symbol, type, side, amount, price, given)
            if test:
                return self._tested(asked, facts)
            accepted = await self._place(call, asked)
            return await self._placed(accepted, facts)

    async def create_orders(
        self, orders: Sequence[Mapping[str, Any]], params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Place several orders with one request; `params` go to each.

        Returns:
            The unified orders in the same sequence. One that was refused has status `rejected`, id None, and the OMS's
            error in `info`. With `test`, which is of all or of none, what would be sent.

        Raises:
            OrderOutcomeUnknown: the fate of at least one is unknown; `error.orders` has what is known of all, the
                unknown ones with status None.
            ccxt.BaseError: the request as a whole failed, or one order cannot be right, and none of the orders exists.
        """
        if not orders:
            raise errors.ArgumentsRequired("there is no order to create; give at least one")
        if not isinstance(orders, Sequence) or not all(isinstance(order, Mapping) for order in orders):
            raise errors.BadRequest("orders must be a list of dicts with symbol, type, side, amount, price, params")
        submissions = self._here.submissions
        params = await self._given(params)
        givens = [{**params, **await self._given(order.get("params"))} for order in orders]
        with submissions.call() as call:
            facts, markets = await self._prepared(call, "create_orders()", [order.get("symbol") for order in orders])
            asked = []
            tests = set()
            for order, market, each in zip(orders, markets, givens, strict=True):
                await self._require_own_position(call, "create_orders()", each)
                tests.add(bool(take_flag(each, ("test",))))
                type, side, amount, price = (order.get(name) for name in ("type", "side", "amount", "price"))
                asked.append(self._asked("create_orders", market.symbol, type, side, amount, price, each))
            if tests == {True, False}:
                raise errors.BadRequest("some of the orders are tests, some are not; test all of them, or none")
            if True in tests:
                return [self._tested(each, facts) for each in asked]
            outcomes = await submissions.place_all(call, asked)
            about_us = (AuthenticationError, NotSupported, OperationFailed)
            unasked = [error for error in outcomes if isinstance(error, about_us)]
            first = next(iter(outcomes))
            if isinstance(first, BaseError) and len(outcomes) > 1 and all(outcome is first for outcome in outcomes):
                unasked = [first] * len(outcomes)
            if len(unasked) == len(outcomes) and not any(fate_of(error) is Fate.UNKNOWN for error in unasked):
                raise verdict_of(call, unasked[0])  # not one says anything of its order
            return await self._told_of_all(outcomes, asked, facts)

    # What these are made of

    async def _prepared(
        self, call: Call, asked: str, symbols: Sequence[str | None]
    ) -> tuple[AccountFacts, list[MarketFacts]]:
        """What has to be known before an order is sent: the account and the markets, in time."""
        if self.markets and (facts := self._here.account.known) is not None:
            return facts, [await self._needed_market(symbol) for symbol in symbols]

        async def known() -> tuple[AccountFacts, list[MarketFacts]]:
            return await self._facts(), [await self._needed_market(symbol) for symbol in symbols]

        return await self._here.submissions.in_time(call, asked, known())

    async def _require_own_position(self, call: Call, asked: str, params: Mapping[str, Any]) -> None:
        """Hold the position that an order names against the order's strategy, in time.

        Raises:
            ccxt.BadRequest: it is another strategy's.
        """
        strategy_id = self._settings.strategy_of(dict(params))
        position_id = params.get("position_id")
        if strategy_id is not None and position_id is not None and count(position_id, "position_id"):
            own = self._require_own_positions([position_id], strategy_id)
            await self._here.submissions.in_time(call, asked, own)

    async def _needed_market(self, symbol: str | None) -> MarketFacts:
        if not symbol:
            raise errors.ArgumentsRequired("an order requires a symbol")
        market = await self._market(symbol)
        assert market is not None
        if self._meaning is not None:
            self._meaning.for_orders(self, market)
        return market

    def _asked(
        self, method: str, symbol: str, type: Any, side: Any, amount: Any, price: Any, params: Mapping[str, Any] | None
    ) -> Asked:
        """An order as a submission needs it."""
        given = dict(params or {})
        client_order_id = client_order_id_of(given)
        strategy_id = self._settings.strategy_of(given)
        if strategy_id is not None:
            given["strategy_id"] = strategy_id
        given = self._for_the_exchange(given)
        account_id = self._settings.account_id
        grid = self._grid(symbol)

        def build(request_id: str, key: str, grid: Grid = grid) -> tuple[dict[str, Any], dict[str, Any]]:
            try:
                return commands.send_order(
                    symbol,
                    type,
                    side,
                    amount,
                    price,
                    given,
                    account_id=account_id,
                    default_strategy_id=None,
                    request_id=request_id,
                    client_order_id=key,
                    grid=grid,
                )
            except errors.OmsError as error:
                name_call(error, self, method, (symbol, type, side, amount, price))
                raise

        def as_given() -> Any:
            return build("", "", AS_GIVEN)[0]["payload"] if grid.moved else None

        words = {"method": method, "symbol": symbol, "type": type, "side": side, "amount": amount, "price": price}
        request = {**words, "params": dict(params or {})}
        return Asked(build, request, client_order_id, strategy_id, self._here.transport.route, given=as_given)

    def _for_the_exchange(self, params: dict[str, Any]) -> dict[str, Any]:
        """The params of an order, without those that neither the OMS nor the exchange's class has ever heard of.

        Raises:
            ccxt.NotSupported: one would change what the order does, and the exchange's class does not take it.
        """
        strange = [name for name in params if not is_known(name)]
        account = self._here.account.known
        words = vocabulary(account.exchange_id, "create_order") if strange and account is not None else None
        if account is None or words is None:
            return params
        dropped = set()
        for name in strange:
            if name in words.takes:
                continue
            if name in DECISIVE and params[name] not in (None, False):
                raise errors.NotSupported(
                    f"ccxt's class for {account.exchange_id} takes no {name} for an order; what "
                    'stands in params["params"] goes there as it is'
                )
            if name in DECISIVE or name not in words.knows:
                dropped.add(name)
        self._ignored("createOrder", sorted(dropped))
        return {name: value for name, value in params.items() if name not in dropped}

    def _tested(self, asked: Asked, facts: AccountFacts) -> Unified:
        """The order that would be sent, checked against what is known without asking (`params["test"]`).

        Raises:
            ccxt.InvalidOrder: the market's limits, the OMS's columns or its rules for ids do not allow it.
        """
        key = asked.client_order_id
        if key is not None:
            checked_client_order_id(key)
        command, extra = asked.build("test", key or "test")
        payload = command["payload"]
        check_limits(payload, self.market(payload["symbol"]))
        if not facts.idempotent:
            commands.check_columns(command)
        order = {
            "clientOrderId": key,
            "symbol": payload["symbol"],
            "type": payload["order_type"],
            "side": payload["side"],
            "amount": payload["qty"],
            "price": payload.get("price"),
            "stopLossPrice": payload.get("oms_stop_loss"),
            "takeProfitPrice": payload.get("oms_stop_gain"),
            "info": {"test": True, "command": command["command"], "payload": payload},
            **extra,
        }
        return dict(self.safe_order(order, self.market(payload["symbol"])))

    async def _place(self, call: Call, asked: Asked) -> Accepted:
        try:
            return await self._here.submissions.place(call, asked)
        except OrderOutcomeUnknown as error:
            raise self._resolvable(error) from error.__cause__

    async def _created_at_the_exchange(self, *arguments: Any) -> Unified:
        """`create_order` past the OMS, with the same promises (`options["gatewayOrders"]`)."""
        symbol, type, side, amount, price, params, strategy_id = arguments
        client_order_id = client_order_id_of(params)
        test = take_flag(params, ("test",))
        account_id = self._settings.account_id
        if not self._settings.options.createOrder.exact:
            grid = self._grid((await self._needed_market(symbol)).symbol)
            amount = _brought(grid.amount, amount, "amount")
            price = _brought(grid.price, price, "price")
        if test:
            words = {"symbol": symbol, "type": type, "side": side, "clientOrderId": client_order_id}
            numbers = {
                name: None if value is None else str(value) for name, value in (("amount", amount), ("price", price))
            }
            return dict(self.safe_order({**words, **numbers, "info": {"test": True}}))

        def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
            payload = {"args": [symbol, type, side, amount, price], "params": params, "client_order_id": key}
            return {
                "account_id": account_id,
                "request_id": request_id,
                "command": "create_order",
                "payload": payload,
            }, {}

        words = {"method": "create_order", "symbol": symbol, "type": type, "side": side}
        request = {**words, "amount": amount, "price": price, "params": params}
        with self._here.submissions.call() as call:
            accepted = await self._place(call, Asked(build, request, client_order_id, strategy_id, GATEWAY))
            return dict(accepted.row)

    async def _placed(self, accepted: Accepted, facts: AccountFacts) -> Unified:
        """The order that was just accepted, complete; what the OMS cannot be asked for is what was sent."""
        intent, row = accepted.intent, accepted.row
        if intent.route == GATEWAY:
            return dict(row)
        order_id = int(accepted.order_id)
        try:
            here = self._here
        except ExchangeClosedByUser:
            return self._as_sent(accepted)
        here.lists.saw(order_id)
        if intent.strategy_id is not None:
            here.lookup.owners.note("orders", order_id, intent.strategy_id)
        if isinstance(row, dict) and facts.full:
            return self._unified_order(Found(row), facts)
        if not facts.full:
            here.reconciling.note(order_id, True)
        fills = _fills_at_once(intent.command) and self._settings.options.createOrder.awaitFills
        awaited = fills and here.reconciling.interval is not None
        if isinstance(row, Found) and not awaited:
            return self._unified_order(row, facts)
        if awaited:
            await here.reconciling.after_order(here.left(intent.deadline))
        if (facts.by_ids or awaited) and self._settings.options.createOrder.readBack:
            try:
                found = await here.in_time(here.lookup.order(order_id, intent.strategy_id), intent.deadline)
            except (BaseError, TimeoutError) as error:
                self._telemetry.orders.info(
                    "order %d was accepted, but not read back: %s", order_id, error, order_id=order_id
                )
            else:
                if found is not None:
                    return self._unified_order(found, facts)
        return self._as_sent(accepted)

    def _as_sent(self, accepted: Accepted) -> Unified:
        intent = accepted.intent
        payload = intent.command["payload"]
        sent = {
            "id": str(accepted.order_id),
            "clientOrderId": intent.client_order_id,
            "timestamp": intent.began,
            "status": "open",
            "symbol": intent.request["symbol"],
            "type": payload.get("order_type"),
            "side": intent.request["side"].lower(),
            "amount": payload.get("qty"),
            "price": payload.get("price"),
            "filled": "0",
            "cost": "0",
            "stopLossPrice": payload.get("oms_stop_loss"),
            "takeProfitPrice": payload.get("oms_stop_gain"),
            "info": accepted.result or {"order_id": accepted.order_id},
            **intent.extra,
        }
        return dict(self.safe_order(sent, (self.markets or {}).get(sent["symbol"])))

    async def _told_of_all(
        self, outcomes: Sequence[Accepted | BaseError], asked: Sequence[Asked], facts: AccountFacts
    ) -> list[Unified]:
        """What became of each order of a batch.

        Raises:
            OrderOutcomeUnknown: with what is known of all, where one is unknown. It is no verdict: the program may send
                the batch again, and is answered for what is placed by then.
        """
        told = list(
            await asyncio.gather(
                *(self._outcome(outcome, each, facts) for outcome, each in zip(outcomes, asked, strict=True))
            )
        )
        unknown = next((outcome for outcome in outcomes if isinstance(outcome, OrderOutcomeUnknown)), None)
        if unknown is None:
            return told
        error = copy.copy(unknown)
        error.orders = told

        async def resolver() -> list[Unified]:
            again = await asyncio.gather(*(self._resolved(outcome) for outcome in outcomes))
            return await self._told_of_all(again, asked, facts)

        error._resolver = resolver
        raise error

    async def _resolved(self, outcome: Accepted | BaseError) -> Accepted | BaseError:
        """The outcome of an order after asking again, where it was unknown."""
        if not isinstance(outcome, OrderOutcomeUnknown):
            return outcome
        try:
            with self._here.submissions.call() as call:
                return await self._here.submissions.resolve(call, outcome.client_order_id)
        except BaseError as error:
            return error

    async def _outcome(self, outcome: Accepted | BaseError, asked: Asked, facts: AccountFacts) -> Unified:
        if isinstance(outcome, Accepted):
            return await self._placed(outcome, facts)
        request = asked.request
        words = {name: request[name] for name in ("symbol", "type", "side")}
        unknown = isinstance(outcome, OrderOutcomeUnknown)
        detail = errors.facts_of(outcome).detail
        info = {"error": str(outcome), "exception": type(outcome).__name__, "detail": detail}
        client_order_id = outcome.client_order_id if isinstance(outcome, OrderOutcomeUnknown) else asked.client_order_id
        amounts = {name: None if request[name] is None else str(request[name]) for name in ("amount", "price")}
        status = None if unknown else "rejected"
        return dict(
            self.safe_order({**words, **amounts, "clientOrderId": client_order_id, "status": status, "info": info})
        )

    def _resolvable(self, error: OrderOutcomeUnknown) -> OrderOutcomeUnknown:
        async def resolver() -> Unified:
            submissions = self._here.submissions
            with submissions.call() as call:
                try:
                    accepted = await submissions.resolve(call, error.client_order_id)
                except OrderOutcomeUnknown as again:
                    raise self._resolvable(again) from None
                order = await self._placed(accepted, await self._facts())
                submissions.acted_on(accepted.order_id)
                return order

        error._resolver = resolver
        return error


def _fills_at_once(command: Mapping[str, Any]) -> bool:
    payload = command["payload"]
    return bool(payload.get("order_type", "market") == "market" and not waits_for_a_trigger(payload))


def _brought(bring: Callable[[str, str], str], value: Any, name: str) -> Any:
    """A number on the market's grid, in the type that the program gave, as far as that can hold it; None stays."""
    if value is None:
        return None
    brought = bring(positive(value, name), name)
    if brought == exact(value):
        return value
    return float(brought) if isinstance(value, float) else brought
