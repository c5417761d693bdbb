"""Trading: orders are created, changed and canceled at the OMS, and every id that a program sees is the OMS's."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from ccxt.base.errors import (
    AuthenticationError,
    BaseError,
    ExchangeClosedByUser,
    InvalidOrder,
    NotSupported,
    OperationFailed,
)

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.exchange.fallback import GATEWAY, falls_back
from oms_ccxt_async.exchange.reading import Reading, client_order_id_of, not_found
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers import MarketFacts, Unified
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders.calls import Call
from oms_ccxt_async.orders.edits import Edit
from oms_ccxt_async.orders.intents import Accepted
from oms_ccxt_async.orders.submission import Asked, verdict_of
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_async.wire.endpoints import COMMANDS
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request

__all__ = ["Trading"]

BATCH = 10
"""Orders that a legacy OMS is asked to cancel with one request: each holds the lane for an exchange call (fact 33)."""
CONFIRMATIONS = 3
"""How often an edit is sent at most, when older ones of the same order come after it."""


class Trading(Reading):
    """The methods that trade.

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
            amount: in base currency or contracts; int, float, str or Decimal, sent exactly.
            price: of a limit order, in quote currency. A market order is sent without one.
            params: `clientOrderId`, `postOnly`, `timeInForce`, `reduceOnly`, `triggerPrice`, `stopPrice`,
                `stopLossPrice`, `takeProfitPrice`, `stopLoss`, `takeProfit`, `trailingAmount`, `trailingPercent`,
                `strategy_id`, `position_id`, `reason`, `comment` go to the OMS's fields; the rest to the exchange.

        Returns:
            The unified order as the OMS has it after taking it.

        Raises:
            OrderOutcomeUnknown: it is not known whether the OMS took the order.
            ccxt.NetworkError: nothing was sent.
            ccxt.ExchangeError: the order was refused (InsufficientFunds, InvalidOrder, BadSymbol, PermissionDenied...).
        """
        submissions = self._here.submissions
        with submissions.call() as call:
            facts, [market] = await self._prepared(call, "create_order()", [symbol])
            asked = self._asked("create_order", market.symbol, type, side, amount, price, params)
            accepted = await self._place(call, asked)
            return await self._placed(accepted, facts)

    async def create_orders(
        self, orders: Sequence[Mapping[str, Any]], params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Place several orders with one request; `params` go to each.

        Returns:
            The unified orders in the same sequence. One that was refused has status `rejected`, id None, and the OMS's
            error in `info`.

        Raises:
            OrderOutcomeUnknown: the fate of at least one is unknown; `error.orders` has what is known of all, the
                unknown ones with status None.
            ccxt.BaseError: the request as a whole failed and none of the orders exists.
        """
        if not orders:
            raise errors.ArgumentsRequired("oms create_orders() needs at least one order")
        submissions = self._here.submissions
        with submissions.call() as call:
            facts, markets = await self._prepared(call, "create_orders()", [order.get("symbol") for order in orders])
            asked = []
            for order, market in zip(orders, markets, strict=True):
                each = {**(params or {}), **(order.get("params") or {})}
                type, side, amount, price = (order.get(name) for name in ("type", "side", "amount", "price"))
                asked.append(self._asked("create_orders", market.symbol, type, side, amount, price, each))
            outcomes = await submissions.place_all(call, asked)
            about_us = (AuthenticationError, NotSupported, OperationFailed)
            unasked = [error for error in outcomes if isinstance(error, about_us)]
            first = next(iter(outcomes))
            if isinstance(first, BaseError) and len(outcomes) > 1 and all(outcome is first for outcome in outcomes):
                unasked = [first] * len(outcomes)
            if len(unasked) == len(outcomes) and not any(fate_of(error) is Fate.UNKNOWN for error in unasked):
                raise verdict_of(call, unasked[0])  # not one says anything of its order
            return await self._told_of_all(outcomes, asked, facts)

    async def edit_order(
        self,
        id: str | None,
        symbol: str | None = None,
        type: str | None = None,
        side: str | None = None,
        amount: Any = None,
        price: Any = None,
        params: Mapping[str, Any] | None = {},
    ) -> Unified:
        """Change the price, the amount, or both, of an open order; its id stays.

        Never cancel-plus-create. The change is absolute, so that it can be sent again after an unclear answer; the type
        and side of an order cannot be changed and are not sent.

        Args:
            amount: the new whole amount, what is filled included; None leaves it.
            price: the new limit price; None leaves it.
            params: `clientOrderId` instead of an id.

        Raises:
            ccxt.OrderNotFound: no such order.
            ccxt.InvalidOrder: the order's state or the market's rules do not allow it; `error.order` is the order.
            ccxt.NetworkError: the change is not in force as far as the OMS says, and may still come.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        client_order_id = client_order_id_of(params)
        if params:
            raise errors.NotSupported(
                f"oms edit_order() can change amount and price, not {', '.join(map(str, params))}"
            )
        if amount is None and price is None:
            raise errors.ArgumentsRequired("oms edit_order() needs a new amount, a new price, or both")
        facts = await self._facts()
        order_id = await self._order_id(id, client_order_id, strategy_id)
        if not facts.full and (amount is None or price is None):
            # Fact 11: a legacy OMS fails unless both are sent.
            row = (await self._found(order_id, strategy_id)).row
            amount, price = row.get("qty") if amount is None else amount, row.get("price") if price is None else price
        self._here.submissions.acted_on(order_id)
        async with self._here.edits.turn(order_id) as edit:
            return await self._edited(edit, order_id, strategy_id, amount, price)

    @falls_back
    async def cancel_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """Cancel one order, by id or with `params["clientOrderId"]`.

        Canceling an order that is canceled already succeeds. After an unclear answer the order's state decides.

        Returns:
            The unified order as it is after the cancel, with what was filled before.

        Raises:
            ccxt.OrderNotFound: no such order, or it was filled (`error.order` is the order then).
            ccxt.NetworkError: the order is still open as far as the OMS says.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        client_order_id = client_order_id_of(params)
        self._ignored("cancelOrder", params)
        facts = await self._facts()
        order_id = await self._order_id(id, client_order_id, strategy_id)
        command = commands.cancel_order(order_id, account_id=self._settings.account_id, request_id=self._request_id())
        self._here.submissions.acted_on(order_id)
        try:
            await self._command(command, f"cancel_order({order_id})")
        except BaseError as error:
            return await self._cancel_refused(error, order_id, strategy_id, facts)
        return await self._order_after(order_id, strategy_id, facts, {"status": "canceled"})

    async def cancel_orders(
        self, ids: Iterable[str], symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Cancel several orders with one request, by ids or with `params["clientOrderIds"]`.

        Returns:
            The unified orders as they are afterwards, in the same sequence: canceled, or what they are if they could
            not be canceled. One that the account does not have has only its id and, in `info`, the OMS's answer.

        Raises:
            ccxt.OrderNotFound: a client order id is unknown; nothing was sent.
            ccxt.BaseError: the request as a whole failed.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        client_order_ids = [str(key) for key in params.pop("clientOrderIds", None) or ()]
        self._ignored("cancelOrders", params)
        order_ids = [await self._order_id(id, None, strategy_id) for id in ids or ()]
        order_ids += await self._order_ids(client_order_ids, strategy_id)
        return await self._cancel_each(order_ids, strategy_id)

    @falls_back
    async def cancel_all_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Cancel every open order of the account (of the strategy, if there is one), or those in one symbol, or those
        in markets of `params["type"]`.

        Returns:
            The unified orders that were canceled; an empty list if there was nothing to cancel.
        """
        params = dict(params or {})
        strategy_id = self._settings.strategy_of(params)
        everything = symbol is None and params.get("type") is None
        facts = await self._facts()
        sought = await self._sought(symbol, params, needed=False)
        self._ignored("cancelAllOrders", params)
        asked = f"cancel_all_orders({symbol or ''})"
        orders: Sequence[Unified | None] = []
        self._here.submissions.sweep(strategy_id, sought)
        if everything and facts.full:
            listed = await self._here.lists.open("orders", strategy_id, asked)
            rows = [row for row in listed if sought(row)]
            for row in rows:
                self._here.submissions.saw(row)
            command = commands.cancel_all_orders(
                [] if strategy_id is None else [strategy_id],
                account_id=self._settings.account_id,
                request_id=self._request_id(),
            )
            try:
                await self._command(command, "cancel_all_orders()")
            except BaseError as error:
                if not _nothing_to_cancel(error):
                    raise
            orders = await self._orders_after([row["id"] for row in rows], strategy_id)
        else:
            # A legacy OMS would ask the exchange for each filled order whose row says that it is open (fact 33).
            await self._here.reconciling.before_read()
            found = await self._here.lookup.open_orders(sought, strategy_id, asked)
            for each in found:
                self._here.submissions.saw(each.row)
            ids = [int(order["id"]) for order in self._unified_orders(found, facts) if order["status"] == "open"]
            if ids:
                orders = await self._cancel_each(ids, strategy_id)
        return [order for order in orders if order is not None and order["status"] == "canceled"]

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

    async def _needed_market(self, symbol: str | None) -> MarketFacts:
        if not symbol:
            raise errors.ArgumentsRequired("create_order() requires a symbol")
        market = await self._market(symbol)
        assert market is not None
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
        account_id = self._settings.account_id

        def build(request_id: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
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
            )

        words = {"method": method, "symbol": symbol, "type": type, "side": side, "amount": amount, "price": price}
        request = {**words, "params": dict(params or {})}
        return Asked(build, request, client_order_id, strategy_id, self._here.transport.route)

    async def _place(self, call: Call, asked: Asked) -> Accepted:
        try:
            return await self._here.submissions.place(call, asked)
        except OrderOutcomeUnknown as error:
            raise self._resolvable(error) from error.__cause__

    async def _created_at_the_exchange(self, *arguments: Any) -> Unified:
        """`create_order` past the OMS, with the same promises (`options["gatewayOrders"]`)."""
        symbol, type, side, amount, price, params, strategy_id = arguments
        client_order_id = client_order_id_of(params)
        account_id = self._settings.account_id

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
                self.logger.info("order %d was accepted, but not read back: %s", order_id, error)
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

    async def _edited(self, edit: Edit, order_id: int, strategy_id: int | None, amount: Any, price: Any) -> Unified:
        facts = await self._facts()
        asked = f"edit_order({order_id}, {amount}, {price})"
        for _ in range(CONFIRMATIONS):
            command = commands.change_order(
                order_id, price, amount, account_id=self._settings.account_id, request_id=self._request_id()
            )
            if not facts.full:
                commands.check_columns(command)
            try:
                await self._command(command, asked, may_repeat=edit.may_repeat)
            except BaseError as error:
                if errors.facts_of(error).doubted or fate_of(error) is Fate.UNKNOWN:
                    edit.doubt()
                found = await self._state_after(error, order_id, strategy_id)
                if found is not None:
                    error.order = order = await self._told(found, facts)
                    if fate_of(error) is Fate.UNKNOWN and _is_changed(found, amount, price):
                        return order
                raise
            order = await self._order_after(order_id, strategy_id, facts, {"status": "open"})
            # An older edit, sent again or kept somewhere on its way, may have come after this one.
            if not edit.is_late or not order["info"] or _is_changed(Found(order["info"]), amount, price):
                return order
        late = errors.ExchangeNotAvailable(
            f"oms {asked}: an older edit of the order came after it {CONFIRMATIONS} times; look at error.order"
        )
        late.order = order
        raise late

    async def _command(
        self,
        command: Any,
        asked: str,
        kind: Kind = Kind.REPEATABLE,
        *,
        may_repeat: Callable[[], bool] | None = None,
    ) -> list[Any]:
        """Send commands; unless told otherwise absolute ones, which do no more when they are done twice."""
        body = orjson.dumps(command)
        request = Request("POST", COMMANDS, asked, "results", kind, body, may_repeat=may_repeat)
        answer = await self._here.transport.send(request)
        results = answer["results"]
        if isinstance(results, list) and len(results) == (len(command) if isinstance(command, list) else 1):
            return results
        raise errors.unreadable(200, "results that do not match the commands", asked=asked)

    def _request_id(self) -> str:
        return uuid.uuid4().hex

    async def _found(self, order_id: int, strategy_id: int | None) -> Found:
        found = await self._here.lookup.order(order_id, strategy_id)
        if found is None:
            raise not_found(order_id)
        return found

    async def _state_after(self, error: BaseError, order_id: int, strategy_id: int | None) -> Found | None:
        """The order, where an error leaves its state open; None where it cannot be had."""
        if not (isinstance(error, InvalidOrder) or fate_of(error) is Fate.UNKNOWN):
            return None
        try:
            await self._here.reconciling.before_read()
            return await self._here.lookup.order(order_id, strategy_id)
        except BaseError as other:
            self.logger.info("order %d could not be read after %s: %s", order_id, type(error).__name__, other)
            return None

    async def _cancel_refused(
        self, error: BaseError, order_id: int, strategy_id: int | None, facts: AccountFacts
    ) -> Unified:
        """What a cancel comes to that was not simply done: the order's state decides."""
        found = await self._state_after(error, order_id, strategy_id)
        if found is None:
            raise error
        order = await self._told(found, facts)
        if order["status"] in ("canceled", "rejected", "expired"):
            return order
        if order["status"] == "closed":
            gone = errors.OrderNotFound(f"oms cancel_order({order_id}): it is filled already; error.order is the order")
            gone.order = order
            raise gone from error
        error.order = order
        raise error

    async def _cancel_each(self, order_ids: list[int], strategy_id: int | None) -> list[Unified]:
        """Cancel orders, with one request where the OMS's lane is not held by it, and tell what each is afterwards."""
        if not order_ids:
            raise errors.ArgumentsRequired("oms cancel_orders() needs ids")
        size = len(order_ids) if (await self._facts()).full else BATCH
        results: list[Any] = []
        for start in range(0, len(order_ids), size):
            results += await self._cancel_batch(order_ids[start : start + size])
        orders = await self._orders_after(order_ids, strategy_id)
        return [
            order or dict(self.safe_order({"id": str(order_id), "info": result}))
            for order_id, order, result in zip(order_ids, orders, results, strict=True)
        ]

    async def _cancel_batch(self, order_ids: list[int]) -> list[Any]:
        batch = [
            commands.cancel_order(order_id, account_id=self._settings.account_id, request_id=self._request_id())
            for order_id in order_ids
        ]
        asked = f"cancel_orders({', '.join(map(str, order_ids))})"
        try:
            return await self._command(batch if len(batch) > 1 else batch[0], asked)
        except BaseError as error:
            detail = errors.facts_of(error).detail
            results = detail.get("results") if isinstance(detail, dict) else None
            if not isinstance(error, InvalidOrder) or not isinstance(results, list) or len(results) != len(batch):
                raise
            return results

    async def _orders_after(self, order_ids: list[int], strategy_id: int | None) -> list[Unified | None]:
        """What orders are after a command; None for one that the account does not have."""
        facts = await self._facts()
        found = await asyncio.gather(*(self._here.lookup.order(order_id, strategy_id) for order_id in order_ids))
        return [None if item is None else await self._told(item, facts) for item in found]

    async def _order_after(
        self, order_id: int, strategy_id: int | None, facts: AccountFacts, done: dict[str, Any]
    ) -> Unified:
        """The order after a command that succeeded; at least what the command did, if the order cannot be read."""
        try:
            return await self._told(await self._found(order_id, strategy_id), facts)
        except BaseError as error:
            self.logger.info("order %d could not be read back: %s", order_id, error)
            return dict(self.safe_order({"id": str(order_id), "info": {}, **done}))

    async def _told(self, found: Found, facts: AccountFacts) -> Unified:
        await self._loaded(needed=False)
        return self._unified_order(found, facts)


def _fills_at_once(command: Mapping[str, Any]) -> bool:
    return bool(command["payload"].get("order_type", "market") == "market")


def _is_changed(found: Found, amount: Any, price: Any) -> bool:
    """Whether the order now has the amount and price that were asked for."""
    for field, value in (("qty", amount), ("price", price)):
        if value is not None and (found.row.get(field) is None or exact(found.row[field]) != exact(value)):
            return False
    return True


def _nothing_to_cancel(error: BaseError) -> bool:
    detail = errors.facts_of(error).detail
    return isinstance(detail, dict) and detail.get("message") == "no orders canceled"
