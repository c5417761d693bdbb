"""Trading: orders are changed and canceled at the OMS, under its ids."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from ccxt.base.errors import (
    BaseError,
    InvalidOrder,
)

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.exchange.asked import named_calls, of_call
from oms_ccxt_async.exchange.base import PATIENCE
from oms_ccxt_async.exchange.fallback import falls_back
from oms_ccxt_async.exchange.placing import Placing
from oms_ccxt_async.exchange.reading import not_found
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.mappers.number import exact
from oms_ccxt_async.mappers.symbol import spelled
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders.edits import Edit
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid
from oms_ccxt_async.orders.params import (
    NARROWING,
    client_order_ids_of,
    positive,
    sought_client_order_id,
    take_flag,
    wants_trigger,
)
from oms_ccxt_async.orders.ways import is_pending
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_async.wire.endpoints import COMMANDS
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request

__all__ = ["Trading"]

BATCH = 10
"""Orders that a legacy OMS is asked to cancel with one request: each holds the lane for an exchange call (fact 33)."""
CONFIRMATIONS = 3
"""How often an edit is sent at most, when older ones of the same order come after it."""


@named_calls
class Trading(Placing):
    """The methods that change and cancel orders; both are absolute, so that they may be repeated."""

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
            amount: the new whole amount, what is filled included, cut to the market's step; None leaves it.
            price: the new limit price, rounded to the market's step; None leaves it.
            params: `clientOrderId`, in any exchange's spelling, instead of an id.

        Raises:
            ccxt.OrderNotFound: no such order.
            ccxt.InvalidOrder: the order's state or the market's rules do not allow it; `error.order` is the order.
            ccxt.NetworkError: the change is not in force as far as the OMS says, and may still come.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        client_order_id = sought_client_order_id(params, id)
        wants_trigger(params)  # says where an exchange keeps the order
        if params:
            raise errors.NotSupported(
                f"an edit can change amount and price, not {', '.join(map(str, params))}; cancel, and create anew"
            )
        if amount is None and price is None:
            raise errors.ArgumentsRequired("an edit requires a new amount, a new price, or both")
        facts = await self._facts()
        amount, price = (
            None if given is None else positive(given, name) for given, name in ((amount, "amount"), (price, "price"))
        )
        order_id = await self._order_id(id, client_order_id, strategy_id)
        market, grid = await self._place_of_order(order_id, symbol, strategy_id)
        amount, price = amount and grid.amount(amount), price and grid.price(price)
        if not facts.full and (amount is None or price is None):
            # Fact 11: a legacy OMS fails unless both are sent.
            row = (await self._found(order_id, strategy_id)).row
            amount, price = row.get("qty") if amount is None else amount, row.get("price") if price is None else price
        await self._require_own([order_id], strategy_id)
        self._here.submissions.acted_on(order_id)
        async with self._here.edits.turn(order_id) as edit:
            return await self._edited(edit, order_id, market, strategy_id, amount, price)

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
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        client_order_id = sought_client_order_id(params, id)
        wants_trigger(params)  # says where an exchange keeps the order
        _refuse_test("cancel_order", params)
        self._ignored("cancelOrder", params)
        facts = await self._facts()
        order_id = await self._order_id(id, client_order_id, strategy_id)
        await self._require_own([order_id], strategy_id)
        command = commands.cancel_order(order_id, account_id=self._settings.account_id, request_id=self._request_id())
        self._here.submissions.acted_on(order_id)
        try:
            await self._command(command, f"cancel_order({order_id})", symbol=symbol)
        except BaseError as error:
            refused = error
        else:
            refused = None
        finally:
            self._here.lookup.forget_deals()  # what was filled is the whole of what comes of the order
        if refused is not None:
            return await self._cancel_refused(refused, order_id, strategy_id, facts)
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
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        client_order_ids = client_order_ids_of(params)
        wants_trigger(params)  # says where an exchange keeps the orders
        _refuse_test("cancel_orders", params)
        self._ignored("cancelOrders", params)
        if isinstance(ids, str) or not isinstance(ids, Iterable | None):
            raise errors.BadRequest(f"ids must be a list, not {ids!r}")
        order_ids = [await self._order_id(id, None, strategy_id) for id in ids or ()]
        order_ids += await self._order_ids(client_order_ids, strategy_id)
        await self._require_own(order_ids, strategy_id)
        return await self._cancel_each(order_ids, strategy_id)

    @falls_back
    async def cancel_all_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """Cancel every open order of the account (of the strategy, if there is one), or those in one symbol, or those
        in markets of `params["type"]`; with `params["trigger"]` or `["stop"]` only the trigger orders among them.

        Returns:
            The unified orders that were canceled; an empty list if there was nothing to cancel.

        Raises:
            ccxt.NotSupported: a parameter would spare orders that cannot be told from the others; nothing was canceled.
            ccxt.InvalidOrder: of some of this process's orders, which may live at the exchange, the OMS lost the
                acknowledgement (fact 30), so that it cannot cancel them; all others were canceled.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        trigger = wants_trigger(params)
        if symbol == "":
            raise errors.BadSymbol("a symbol of no characters is none; leave it out to cancel in all markets")
        everything = symbol is None and params.get("type", self._type_meant()) is None and trigger is None
        facts = await self._facts()
        sought = await self._sought(symbol, params, strategy_id, needed=False, patience=PATIENCE)
        for name in NARROWING & params.keys():
            if params[name] not in (None, False):
                raise errors.NotSupported(
                    f"which orders {name} {params[name]!r} means the OMS does not tell; cancel by ids, or without it"
                )
        self._ignored("cancelAllOrders", params)
        asked = f"cancel_all_orders({symbol or ''})"
        orders: Sequence[Unified | None] = []
        if trigger is None:
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
            if trigger is not None:
                still = [order["info"] for order in self._unified_orders(found, facts) if order["status"] == "open"]
                wanted = await self._of_kind(still, trigger, asked)
                found = [each for each in found if each.row["id"] in wanted]
                self._here.submissions.sweep(strategy_id, lambda row: sought(row) and self._kind_of(row) is trigger)
            for each in found:
                self._here.submissions.saw(each.row)
            ids = [int(order["id"]) for order in self._unified_orders(found, facts) if order["status"] == "open"]
            if trigger is None and not facts.full:
                ids += await self._unseen(strategy_id, sought, {each.row["id"] for each in found})
            if ids:
                orders = await self._cancel_each(ids, strategy_id)
                self._require_canceled(orders, asked)
        return [order for order in orders if order is not None and order["status"] == "canceled"]

    # What these are made of

    async def _unseen(
        self, strategy_id: int | None, sought: Callable[[dict[str, Any]], bool], seen: set[int]
    ) -> list[int]:
        """Orders that this instance placed lately and that a list does not show: those that are not over."""
        ids = [each for each in self._here.submissions.placed_lately(strategy_id, sought) if each not in seen]
        orders = await self._orders_after(ids, strategy_id)
        return [key for key, order in zip(ids, orders, strict=True) if order is None or order["status"] == "open"]

    def _require_canceled(self, orders: Iterable[Unified], asked: str) -> None:
        """Raises `ccxt.InvalidOrder` for orders of this process that may live and that the OMS could not cancel."""
        left = []
        for order in orders:
            row = order["info"]
            intent = self._book.get(row.get("client_order_id")) if order["status"] == "open" else None
            if intent is not None and is_pending(row):
                left.append(f"{order['id']} ({intent.client_order_id})")
        if left:
            raise errors.InvalidOrder(
                f"oms {asked}: orders {', '.join(left)} may live at the exchange, and the OMS has no exchange id by "
                "which to cancel them (fact 30); look at the exchange, and cancel them there; all others are canceled"
            )

    async def _require_own(self, order_ids: Sequence[int], strategy_id: int | None) -> None:
        """Raises `ccxt.OrderNotFound` for orders that are not the strategy's, where one is given.

        Commands by id take no strategy, so it has to be known before one is sent.
        """
        if strategy_id is None:
            return
        try:
            own = await asyncio.gather(*(self._here.lookup.is_of("orders", each, strategy_id) for each in order_ids))
        except BaseError as error:
            raise of_call(error, self) from error.__cause__
        if not all(own):
            raise not_found([each for each, is_own in zip(order_ids, own, strict=True) if not is_own], strategy_id)

    async def _place_of_order(
        self, order_id: int, symbol: str | None, strategy_id: int | None
    ) -> tuple[str | None, Grid]:
        """The symbol, and the grid, of an order's market, which the program names, or the order."""
        if self._settings.options.createOrder.exact:
            return symbol, AS_GIVEN
        if not symbol:
            symbol = (await self._found(order_id, strategy_id)).row.get("symbol")
        market = await self._market(symbol)
        return (None, AS_GIVEN) if market is None else (market.symbol, self._grid(market.symbol))

    async def _edited(
        self, edit: Edit, order_id: int, symbol: str | None, strategy_id: int | None, amount: Any, price: Any
    ) -> Unified:
        facts = await self._facts()
        asked = f"edit_order({order_id}, {amount}, {price})"
        for _ in range(CONFIRMATIONS):
            command = commands.change_order(
                order_id, price, amount, account_id=self._settings.account_id, request_id=self._request_id()
            )
            if not facts.full:
                commands.check_columns(command)
            try:
                await self._command(command, asked, symbol=symbol, may_repeat=edit.may_repeat)
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
        symbol: str | None = None,
        may_repeat: Callable[[], bool] | None = None,
    ) -> list[Any]:
        """Send commands; unless told otherwise absolute ones, which do no more when they are done twice.

        Args:
            symbol: what they are about, by which the exchange's errors are read; a market id tells nothing.
        """
        body = orjson.dumps(command)
        symbol = symbol if spelled(symbol) else None
        request = Request("POST", COMMANDS, asked, "results", kind, body, may_repeat=may_repeat, symbol=symbol)
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
            raise not_found([order_id], strategy_id)
        return found

    async def _state_after(self, error: BaseError, order_id: int, strategy_id: int | None) -> Found | None:
        """The order, where an error leaves its state open; None where it cannot be had."""
        if not (isinstance(error, InvalidOrder) or fate_of(error) is Fate.UNKNOWN):
            return None
        try:
            await self._here.reconciling.before_read()
            return await self._here.lookup.order(order_id, strategy_id)
        except BaseError as other:
            self._telemetry.orders.info(
                "order %d could not be read after %s: %s", order_id, type(error).__name__, other, order_id=order_id
            )
            return None

    async def _cancel_refused(
        self, error: BaseError, order_id: int, strategy_id: int | None, facts: AccountFacts
    ) -> Unified:
        """What a cancel comes to that was not simply done: the order's state decides."""
        found = await self._state_after(error, order_id, strategy_id)
        if found is None:
            raise error
        order = await self._told(found, facts)
        if order["status"] == "open" and _nothing_to_cancel(error):
            # It is over at the exchange, which the OMS will know when it has looked there after that (fact 27).
            await self._here.reconciling.after_order(float(self.timeout))
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
            raise errors.ArgumentsRequired('ids are missing; give them, or params["clientOrderIds"]')
        size = len(order_ids) if (await self._facts()).full else BATCH
        results: list[Any] = []
        try:
            for start in range(0, len(order_ids), size):
                results += await self._cancel_batch(order_ids[start : start + size])
        finally:
            self._here.lookup.forget_deals()
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
            results = detail.get("results", [detail]) if isinstance(detail, dict) else None
            if not isinstance(error, InvalidOrder) or not isinstance(results, list) or len(results) != len(batch):
                raise
            return results

    async def _orders_after(self, order_ids: list[int], strategy_id: int | None) -> list[Unified | None]:
        """What orders are after a command; None for one that the account does not have."""
        facts = await self._facts()
        found = await asyncio.gather(*(self._here.lookup.order(order_id, strategy_id) for order_id in order_ids))
        await self._loaded(needed=False, patience=PATIENCE)
        return [None if item is None else self._unified_order(item, facts) for item in found]

    async def _order_after(
        self, order_id: int, strategy_id: int | None, facts: AccountFacts, done: dict[str, Any]
    ) -> Unified:
        """The order after a command that succeeded; at least what the command did, if the order cannot be read."""
        try:
            return await self._told(await self._found(order_id, strategy_id), facts)
        except BaseError as error:
            self._telemetry.orders.info("order %d could not be read back: %s", order_id, error, order_id=order_id)
            return dict(self.safe_order({"id": str(order_id), "info": {}, **done}))

    async def _told(self, found: Found, facts: AccountFacts) -> Unified:
        await self._loaded(needed=False, patience=PATIENCE)
        return self._unified_order(found, facts)


def _is_changed(found: Found, amount: Any, price: Any) -> bool:
    """Whether the order now has the amount and price that were asked for."""
    for field, value in (("qty", amount), ("price", price)):
        if value is not None and (found.row.get(field) is None or exact(found.row[field]) != exact(value)):
            return False
    return True


def _refuse_test(method: str, params: dict[str, Any]) -> None:
    if take_flag(params, ("test",)):
        raise errors.NotSupported(
            f'oms {method}(): it cancels, or does not; there is no test of it: leave params["test"] out'
        )


def _nothing_to_cancel(error: BaseError) -> bool:
    detail = errors.facts_of(error).detail
    return isinstance(detail, dict) and detail.get("message") == "no orders canceled"
