"""The gateway to the exchange: unified ccxt methods by name, with the exchange's own ids.

Market data and balances come from the exchange itself; its orders and trades are read from what is stored of them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from inspect import signature
from typing import Any

from oms_ccxt_async.sandbox.endpoints import endpoint
from oms_ccxt_async.sandbox.errors import OmsError, StorageUnavailable, invalid
from oms_ccxt_async.sandbox.exchange import (
    ExchangeOrder,
    ExchangeRefusal,
    ExchangeTrade,
    Execution,
    Ticket,
    unified_order,
    unified_trade,
)
from oms_ccxt_async.sandbox.fills import settle
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import MAX_ID
from oms_ccxt_async.sandbox.storage import Window

__all__ = ["batch_result", "call", "core"]

Params = dict[str, Any] | None


def call(oms: OMS, key: str, account_id: int, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Carry out a unified ccxt method, in camelCase or snake_case, on an account.

    Raises:
        OmsError: an unknown key or account, a key that may not, or what the exchange said.
        StorageUnavailable: an order was not stored, and is undone.
    """
    api_key = oms.permissions.authenticate(key, "gateway")
    oms.permissions.check_account(api_key, account_id)
    method = ORDER_METHODS.get(func.replace("_", "").lower())
    grant = oms.permissions.grant(api_key, account_id)
    if method in CHANGES:
        grant = oms.permissions.check_trade(api_key, account_id, "gateway")
    elif not grant.can_read:
        raise oms.permissions.denied("permission_denied", "gateway")
    if method is not None and grant.strategy_ids is not None:
        raise oms.permissions.denied("strategy_permission_denied", "gateway")  # the exchange knows no strategies
    try:
        if method is None:
            positions = partial(oms.exchange.call, account_id, "fetch_positions", [], {})
            if (implicit := endpoint(oms.exchange.name, func, positions)) is not None:
                given = args[0] if args else kwargs.get("params")
                return implicit(given if isinstance(given, dict) else {})
            return oms.exchange.call(account_id, func, args, kwargs)
        try:
            arguments = signature(method).bind(Trader(oms, account_id), *args, **kwargs)
        except TypeError as error:
            raise ExchangeRefusal(f"{oms.exchange.name} {func}() {error}") from None
        return method(*arguments.args, **arguments.kwargs)
    except ExchangeRefusal as refusal:
        raise OmsError(502, "dispatcher_error", str(refusal)) from refusal


def core(oms: OMS, key: str, account_id: int, func: str, kwargs: dict[str, Any]) -> Any:
    """The same for the core endpoints, whose body is the method's arguments by name.

    Raises:
        OmsError: as `call`; a method that does not exist is a `validation_error`.
        StorageUnavailable: as `call`.
    """
    try:
        return call(oms, key, account_id, func, [], kwargs)
    except OmsError as error:
        if error.message == f"unsupported ccxt method: {func}":
            raise invalid(f"unsupported core func: {func}") from error
        raise


def batch_result(
    oms: OMS, key: str, index: int, account_id: int, func: str, args: list[Any], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """One entry of a batch's answer, good or bad."""
    try:
        return {"index": index, "ok": True, "result": call(oms, key, account_id, func, args, kwargs)}
    except (OmsError, StorageUnavailable) as error:
        return {"index": index, "ok": False, "error": error.body}


class Trader:
    """The unified ccxt methods on one account's orders at the exchange, under ccxt's names and arguments."""

    def __init__(self, oms: OMS, account_id: int) -> None:
        self._oms = oms
        self._account_id = account_id

    def create_order(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Params = None
    ) -> dict[str, Any]:
        options = dict(params or {})
        if side not in ("buy", "sell"):
            raise self._refusal("side must be buy or sell")
        if not (isinstance(symbol, str) and isinstance(type, str)):
            raise self._refusal("symbol and type must be text")
        ticket = Ticket(
            account_id=self._account_id,
            symbol=symbol,
            side="buy" if side == "buy" else "sell",
            type=type,
            amount=self._number("amount", amount) or Decimal(0),
            price=self._number("price", price),
            client_order_id=self._text("clientOrderId", options.pop("clientOrderId", None)),
            params=options,
        )
        return self._step(lambda: self._oms.exchange.place(ticket))

    def cancel_order(self, id: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        order_id = self._order_id(id)
        return self._step(lambda: self._oms.exchange.cancel(self._account_id, order_id))

    def cancel_all_orders(self, symbol: str | None = None, params: Params = None) -> list[dict[str, Any]]:
        resting = self._oms.exchange.open_orders(self._account_id)
        return [self.cancel_order(order.id) for order in resting if symbol in (None, order.ticket.symbol)]

    def edit_order(
        self,
        id: Any,
        symbol: str,
        type: str,
        side: str,
        amount: Any = None,
        price: Any = None,
        params: Params = None,
    ) -> dict[str, Any]:
        order_id, new_amount, new_price = (
            self._order_id(id),
            self._number("amount", amount),
            self._number("price", price),
        )
        return self._step(
            lambda: self._oms.exchange.amend(self._account_id, order_id, amount=new_amount, price=new_price)
        )

    def fetch_order(self, id: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        order = self._oms.storage.get(ExchangeOrder, id=self._order_id(id), account_id=self._account_id)
        if order is None:
            raise self._refusal("order not found")
        return self._unified(order)

    def fetch_orders(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        return self._orders(symbol, since, limit)

    def fetch_open_orders(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        return self._orders(symbol, since, limit, status="open")

    def fetch_closed_orders(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        return self._orders(symbol, since, limit, status="closed")

    def fetch_canceled_orders(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        return self._orders(symbol, since, limit, status=("canceled", "expired", "rejected"))

    def fetch_my_trades(
        self, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        return [
            self._unified_trade(trade) for trade in self._select(ExchangeTrade, "timestamp_ms", symbol, since, limit)
        ]

    def fetch_order_trades(
        self, id: Any, symbol: str | None = None, since: Any = None, limit: Any = None, params: Params = None
    ) -> list[dict[str, Any]]:
        match = {"order_id": self._order_id(id)}
        trades = self._select(ExchangeTrade, "timestamp_ms", symbol, since, limit, **match)
        return [self._unified_trade(trade) for trade in trades]

    def set_leverage(self, leverage: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        oms, account_id = self._oms, self._account_id
        chosen = self._number("leverage", leverage)
        if chosen is None or not isinstance(symbol, str):
            raise self._refusal("leverage and symbol are required")
        with oms.transaction([account_id]):
            oms.exchange.set_leverage(account_id, symbol, chosen)
            state = oms.exchange.state(account_id)
            oms.storage.store_holdings(account_id, state.balances, state.positions)
            oms.storage.store_leverages(account_id, state.leverages)
        return {"info": {}, "symbol": symbol, "leverage": float(chosen)}

    def set_margin_mode(self, marginMode: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        if marginMode != "cross":
            raise self._refusal("margin mode is cross")
        if symbol not in self._oms.exchange.symbols:
            raise self._refusal(f"does not have market symbol {symbol}")
        return {"info": {}, "symbol": symbol, "marginMode": "cross"}

    def set_position_mode(self, hedged: Any, symbol: str | None = None, params: Params = None) -> dict[str, Any]:
        if hedged is not False:
            raise self._refusal("position mode is one-way")
        return {"info": {}, "hedged": False}

    def _step(self, act: Callable[[], Execution]) -> dict[str, Any]:
        with self._oms.transaction([self._account_id]):
            execution = act()
            settle(self._oms, execution)
        return self._unified(execution.order)

    def _orders(self, symbol: str | None, since: Any, limit: Any, **match: Any) -> list[dict[str, Any]]:
        return [
            self._unified(order) for order in self._select(ExchangeOrder, "created_ms", symbol, since, limit, **match)
        ]

    def _select(
        self, kind: type[Any], time_column: str, symbol: Any, since: Any, limit: Any, **match: Any
    ) -> list[Any]:
        """Rows in ascending order: the first `limit` after `since`, without `since` the newest."""
        if symbol is not None:
            if symbol not in self._oms.exchange.symbols:
                raise self._refusal(f"does not have market symbol {symbol}")
            match["symbol"] = symbol
        most = self._whole("limit", limit)
        start = self._whole("since", since)
        rows = self._oms.storage.select(
            kind,
            account_id=self._account_id,
            window=None if start is None else Window(time_column, start, MAX_ID),
            limit=most,
            newest_first=start is None,
            **match,
        )
        return rows[::-1] if start is None else rows

    def _unified(self, order: ExchangeOrder) -> dict[str, Any]:
        return unified_order(order, self._oms.storage.select(ExchangeTrade, order_id=order.id))

    def _unified_trade(self, trade: ExchangeTrade) -> dict[str, Any]:
        order = self._oms.storage.get(ExchangeOrder, id=trade.order_id)
        return unified_trade(trade, "" if order is None else order.ticket.type)

    def _order_id(self, given: Any) -> int:
        text = str(given)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise self._refusal("order not found")
        return int(text)

    def _number(self, name: str, given: Any) -> Decimal | None:
        if given is None:
            return None
        try:
            number = Decimal(str(given))
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(given, bool) or not number.is_finite():
            raise self._refusal(f"{name} must be a number")
        return number

    def _whole(self, name: str, given: Any) -> int | None:
        if given is not None and (isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MAX_ID):
            raise self._refusal(f"{name} must be a whole number")
        return given

    def _text(self, name: str, given: Any) -> str | None:
        if given is not None and not isinstance(given, str):
            raise self._refusal(f"{name} must be text")
        return given

    def _refusal(self, text: str) -> ExchangeRefusal:
        return ExchangeRefusal(f"{self._oms.exchange.name} {text}")


CHANGES = (
    Trader.create_order,
    Trader.cancel_order,
    Trader.cancel_all_orders,
    Trader.edit_order,
    Trader.set_leverage,
    Trader.set_margin_mode,
    Trader.set_position_mode,
)
ORDER_METHODS: dict[str, Callable[..., Any]] = {
    method.__name__.replace("_", ""): method
    for method in (
        *CHANGES,
        Trader.fetch_order,
        Trader.fetch_orders,
        Trader.fetch_open_orders,
        Trader.fetch_closed_orders,
        Trader.fetch_canceled_orders,
        Trader.fetch_my_trades,
        Trader.fetch_order_trades,
    )
}
