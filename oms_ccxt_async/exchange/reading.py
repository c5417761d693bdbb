"""Reading orders and trades."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from ccxt.base.errors import BadRequest, OperationFailed

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import named_calls
from oms_ccxt_async.exchange.fallback import falls_back
from oms_ccxt_async.exchange.triggers import Triggers, refuse_trailing
from oms_ccxt_async.lists.history import Listed, Row
from oms_ccxt_async.lists.lookup import Found
from oms_ccxt_async.lists.window import Window
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.mappers.symbol import spelled
from oms_ccxt_async.mappers.time import milliseconds
from oms_ccxt_async.orders.params import sought_client_order_id, wants_trigger
from oms_ccxt_async.wire.endpoints import ORDERS
from oms_ccxt_async.wire.settings import whole

__all__ = ["DEFAULT_LIMIT", "Reading", "not_found"]

SKEW = 60_000
"""Milliseconds by which the exchange's clock may be ahead of the OMS's."""
DEFAULT_LIMIT = 500
"""How many of the newest rows a list has if neither `since` nor `limit` is given."""
_ALIKE: dict[Any, set[str]] = {
    **{name: {"spot"} for name in ("spot", "margin")},
    **{name: {"swap", "future"} for name in ("swap", "future", "delivery")},
    "option": {"option"},
}
"""`params["type"]` -> market types. To bots of some exchanges, `future` is what is `swap` to those of others."""


@named_calls
class Reading(Triggers):
    """The methods that read.

    `symbol`, `since` and `limit` are honoured everywhere, by the driver where the OMS has no such filter (fact 17):
    pages are read as far as they ask. With `since` a list begins there; without, it ends with the newest. Where the
    OMS gives whole seconds (fact 15), `since` is cut to its second, unless it is the first millisecond after one:
    programs that read on ask for `last + 1`. With `since`, rows of one timestamp stay together, beyond `limit` if
    need be. `params` may hold `strategy_id`, `until` (epoch ms) and `type` (`spot`, `swap`, ...: only what is in
    markets of that type). Reads go past the OMS's cache, so they agree with what was done before them.
    """

    @falls_back
    async def fetch_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """One order, by its OMS id, or with `params["clientOrderId"]`, in any exchange's spelling, by client order id.

        Orders asked for in one turn of the event loop become one request. With `params["trades"]`, or with
        `options["fetchOrder"]["trades"]`, an order that was filled has its fills in `trades`, which a full OMS is asked
        for after the order: of a closed one they are all there. For open orders of other programs the exchange is asked
        for the trigger price that the OMS does not keep: at most once in 10 s for a symbol, and without it where no
        answer comes within 2 s; with `params["trigger"]` or `["stop"]` it is asked every time.

        Raises:
            ccxt.OrderNotFound: the account has no such order.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        client_order_id = trigger = None
        trades = self._settings.options.fetchOrder.trades
        if params:
            client_order_id = sought_client_order_id(params, id)
            trigger = wants_trigger(params)
            trades = params.pop("trades", trades)
            self._ignored("fetchOrder", params)
        if symbol is not None:
            await self._market(symbol, needed=False)
        order_id = await self._order_id(id, client_order_id, strategy_id)
        order = await self._order(order_id, strategy_id, trades=bool(trades))
        learned = self._learned if trigger else self._learned_in_passing
        if order["status"] == "open" and await learned([order["info"]]):
            order = await self._order(order_id, strategy_id, trades=bool(trades))
        self._here.submissions.saw(order["info"])
        return order

    @falls_back
    async def fetch_open_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """The open orders, oldest first; with `params["trigger"]` or `["stop"]` the trigger orders among them.

        Raises:
            ccxt.NotSupported: neither this process nor the exchange can tell which of the orders are trigger orders.
        """
        return await self._open_orders(symbol, since, limit, params)

    @falls_back
    async def fetch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """Orders in every state, oldest first; without `since` the newest 500, or `limit`."""
        return await self._orders("fetchOrders", symbol, since, limit, params, None)

    @falls_back
    async def fetch_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """Filled orders, oldest first; without `since` the newest 500, or `limit`."""
        return await self._orders("fetchClosedOrders", symbol, since, limit, params, {"closed"})

    @falls_back
    async def fetch_canceled_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """Canceled orders, oldest first; without `since` the newest 500, or `limit`."""
        return await self._orders("fetchCanceledOrders", symbol, since, limit, params, {"canceled"})

    @falls_back
    async def fetch_canceled_and_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """Orders that are over: filled, canceled or rejected, oldest first; without `since` the newest 500, or
        `limit`."""
        return await self._orders(
            "fetchCanceledAndClosedOrders", symbol, since, limit, params, {"closed", "canceled", "rejected", "expired"}
        )

    async def fetch_open_order(
        self, id: str, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """`fetch_order`, under the name that some exchanges have for open ones."""
        return await self.fetch_order(id, symbol, params)

    async def fetch_closed_order(
        self, id: str, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """`fetch_order`, under the name that some exchanges have for closed ones."""
        return await self.fetch_order(id, symbol, params)

    async def fetch_order_with_client_order_id(
        self, clientOrderId: str, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Unified:
        """One order, by client order id."""
        return await self.fetch_order("", symbol, {**await self._given(params), "clientOrderId": clientOrderId})

    @falls_back
    async def fetch_order_trades(
        self,
        id: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """The fills of one order, oldest first.

        Raises:
            ccxt.OrderNotFound: the account has no such order.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        client_order_id = sought_client_order_id(params, id)
        window = Window(since, limit, params)
        self._ignored("fetchOrderTrades", params)
        await self._market(symbol)
        order_id = await self._order_id(id, client_order_id, strategy_id)
        await self._loaded()
        window.precise = (await self._facts()).full
        await self._here.reconciling.before_read()
        rows = await self._here.lookup.deals(order_id, strategy_id)
        if rows is None:
            raise not_found([order_id], strategy_id)
        trades = window.cut(self._unified_trade(row) for row in rows)
        self._here.submissions.acted_on(order_id)
        return trades

    @falls_back
    async def fetch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """The account's fills, oldest first; without `since` the newest 500, or `limit`."""
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        window = Window(since, limit, params, DEFAULT_LIMIT)
        window.precise = (await self._facts()).full
        alike = params.get("type")
        sought = await self._sought(symbol, params, strategy_id)
        self._ignored("fetchMyTrades", params)

        async def made(rows: list[Row]) -> list[Unified]:
            return [self._unified_trade(row) for row in rows if sought(row)]

        return await self._listed("deals", strategy_id, f"fetch_my_trades({symbol or ''})", window, made, symbol, alike)

    # What these are made of

    async def _open_orders(
        self, symbol: str | None, since: Any, limit: Any, params: Mapping[str, Any] | None
    ) -> list[Unified]:
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        window = Window(since, limit, params)
        facts = await self._facts()
        trigger = wants_trigger(params)
        await self._loaded(needed=False)
        sought = await self._sought(symbol, params, strategy_id, needed=False)
        refuse_trailing("fetch_open_orders", params)
        self._ignored("fetchOpenOrders", params)
        asked = f"fetch_open_orders({symbol or ''})"
        await self._here.reconciling.before_read()
        found = await self._here.lookup.open_orders(sought, strategy_id, asked)
        orders = [order for order in self._unified_orders(found, facts) if order["status"] == "open"]
        if trigger is not None:
            wanted = await self._of_kind([order["info"] for order in orders], trigger, asked)
            orders = self._unified_orders([each for each in found if each.row["id"] in wanted], facts)
        elif await self._learned_in_passing([order["info"] for order in orders]):
            orders = [order for order in self._unified_orders(found, facts) if order["status"] == "open"]
        return window.cut(orders)

    async def _orders(
        self,
        method: str,
        symbol: str | None,
        since: Any,
        limit: Any,
        params: Mapping[str, Any] | None,
        statuses: set[str] | None,
    ) -> list[Unified]:
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        window = Window(since, limit, params, DEFAULT_LIMIT)
        facts = await self._facts()
        alike = params.get("type")
        trigger = wants_trigger(params)
        sought = await self._sought(symbol, params, strategy_id)
        refuse_trailing(method, params)
        self._ignored(method, params)
        asked = f"{method}({symbol or ''})"

        async def made(rows: list[Row]) -> list[Unified]:
            rows = [row for row in rows if sought(row)]
            if trigger is not None:
                wanted = await self._of_kind(rows, trigger, asked)
                rows = [row for row in rows if row["id"] in wanted]
            found = await self._here.lookup.with_deals(rows, strategy_id, asked)
            orders = self._unified_orders(found, facts)
            return [order for order in orders if statuses is None or order["status"] in statuses]

        return await self._listed("orders", strategy_id, asked, window, made, method, symbol, alike, trigger)

    async def _listed(
        self,
        what: Listed,
        strategy_id: int | None,
        asked: str,
        window: Window,
        made: Callable[[list[Row]], Awaitable[list[Unified]]],
        *scope: Any,
    ) -> list[Unified]:
        """The rows of a list made unified, page by page: from `since` on until `limit` are there, or the newest.

        Args:
            scope: what else the program asks for, by which its loops are told apart.
        """
        lists = self._here.lists
        await self._here.reconciling.before_read()
        scope = (self._settings.account_id, what, strategy_id, *scope)
        second = window.second_before
        window.told = None if second is None else self._read_on.within(scope, second)
        # Only deals lie in the days of their own timestamp; an order lies in those of its last change (fact 16).
        deals = what == "deals"
        if window.since is None:
            pages = lists.newest(what, strategy_id, asked)
        elif deals and window.limit is not None:
            pages = self._here.lookup.deals_since(window.since, window.until, strategy_id, asked)
        else:
            pages = lists.since(what, window.since, strategy_id, asked, until=window.until if deals else None)
        if what == "positions":
            warn = self._telemetry.log.warning
            pages = self._here.lookup.pieces.pages(pages, window.since, strategy_id, asked, warn)
        items: dict[str, Unified] = {}
        async with aclosing(pages):
            async for rows in pages:
                items.update((item["id"], item) for item in await made(rows))
                # A deal is booked after it was executed, and ids ascend: those of older pages were booked before these.
                booked = milliseconds(rows[0].get("created_at")) if deals and rows else None
                if window.is_full(items.values(), None if booked is None else booked + SKEW):
                    break
        listed = window.cut(items.values())
        if window.since is not None:
            self._read_on.note(scope, listed)
        return listed

    async def _order(self, order_id: int, strategy_id: int | None, *, trades: bool = False) -> Unified:
        facts = await self._facts()
        await self._loaded(needed=False)
        await self._here.reconciling.before_read()
        found = await self._here.lookup.order(order_id, strategy_id)
        if found is None:
            raise not_found([order_id], strategy_id)
        order = self._unified_order(found, facts)
        if trades and facts.full and order["filled"]:
            deals = await self._here.lookup.deals(order_id, strategy_id)
            order = self._unified_order(Found(found.row, deals or ()), facts)
        return order

    async def _order_id(self, id: Any, client_order_id: Any, strategy_id: int | None) -> int:
        """The OMS id that an id or a client order id stands for; of both, the client order id, as in ccxt's classes.

        Raises:
            ccxt.ArgumentsRequired: neither is given.
            ccxt.OrderNotFound: the account has no such order.
        """
        if client_order_id in (None, "") and id not in (None, ""):
            try:
                return whole(id, "id", least=1)
            except BadRequest:
                self._here.transport.require(ORDERS)  # without them, ids are the exchange's
                raise errors.OrderNotFound(f"there is no order {id!r}: ids of the OMS are positive integers") from None
        if client_order_id in (None, ""):
            raise errors.ArgumentsRequired('an order id is missing; give it, or params["clientOrderId"]')
        return (await self._order_ids([str(client_order_id)], strategy_id))[0]

    async def _order_ids(self, client_order_ids: list[str], strategy_id: int | None) -> list[int]:
        """The OMS ids of client order ids: from memory, and by one search for all that are not of this process.

        Raises:
            OrderOutcomeUnknown: it is not known whether the OMS took an order of this instance.
            ccxt.OrderNotFound: the account has no such order.
        """
        submissions = self._here.submissions
        ids: dict[str, Any] = {key: submissions.order_id_of(key, strategy_id) for key in client_order_ids}
        sought = {key for key, order_id in ids.items() if order_id is None}
        if sought:
            asked = f"order {', '.join(sorted(sought))}"
            rows = await self._here.lists.by_client_order_id(sought, strategy_id, None, asked)
            submissions.found(rows)
            for row in rows.values():
                self._here.lookup.owners.saw("orders", row)
            ids |= {key: row["id"] for key, row in rows.items()}
        if None in ids.values():
            unknown = [key for key, order_id in ids.items() if order_id is None]
            submissions.require_known(unknown, strategy_id)
            raise not_found((f"with client order id {key}" for key in unknown), strategy_id)
        return [order_id for key in client_order_ids if (order_id := ids[key]) is not None]

    async def _symbols(
        self, symbols: Iterable[str] | str | None, needed: bool = True, patience: float | None = None
    ) -> set[str] | None:
        if not symbols:
            return None
        names = list(symbols) if isinstance(symbols, Iterable) and not isinstance(symbols, str) else [symbols]
        markets = [await self._market(name, needed=needed, patience=patience) for name in names]
        return {market.symbol for market in markets if market is not None}

    async def _sought(
        self,
        symbols: Iterable[str] | str | None,
        params: dict[str, Any],
        strategy_id: int | None,
        *,
        needed: bool = True,
        patience: float | None = None,
    ) -> Callable[[Row], bool]:
        """Which rows are asked for: by symbols, by strategy, and by `type`, which is taken out of the params.

        Args:
            needed, patience: as of `_market`.
        """
        wanted = await self._symbols(symbols, needed, patience)
        if not symbols:
            params.setdefault("type", self._type_meant())
        alike = _ALIKE.get(params.get("type"))
        if alike is not None or params.get("type") is None:
            params.pop("type", None)
        if needed or alike is not None:
            await self._loaded(needed=needed, patience=patience)

        def sought(row: Row) -> bool:
            symbol = row.get("symbol")
            market = (self.markets or {}).get(symbol) or spelled(symbol) or {}  # a market may be new, or gone
            of_type = alike is None or market.get("type") in alike
            own = strategy_id is None or row.get("strategy_id", strategy_id) == strategy_id
            return own and of_type and (wanted is None or symbol in wanted)

        return sought

    def _type_meant(self) -> str | None:
        """The market type that a program means that names neither symbol nor type; None: any."""
        return None if self._meaning is None else self._meaning.default_type(self)

    async def _loaded(self, *, needed: bool = True, patience: float | None = None) -> None:
        """Contract sizes decide what a cost is, so markets are known before rows are mapped.

        Args:
            needed: whether to fail without them; orders are told all the same, their cost as far as it is known.
            patience: as of `_loading`.
        """
        try:
            await self._loading(patience)
        except OperationFailed as error:
            if needed:
                raise
            self._telemetry.log.warning("costs of contracts are unknown, markets could not be loaded: %s", error)


def not_found(orders: Iterable[int | str], strategy_id: int | None) -> errors.OrderNotFound:
    """The error for orders that the account does not have, or that are not the strategy's."""
    named = ", ".join(map(str, orders))
    if strategy_id is None:
        return errors.OrderNotFound(f"there is no order {named} on this account, as far as this key may see")
    return errors.OrderNotFound(
        f"there is no order {named} of strategy {strategy_id} on this account, as far as this key may see; "
        'params={"strategy_id": None} looks among those of all'
    )
