"""The unified ccxt methods on one account's orders at the exchange, by the exchange's own ids."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

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

__all__ = ["Orders", "Params"]

Params = dict[str, Any] | None


class Orders:
    """Every public method is the unified ccxt method of its name, with ccxt's arguments."""

    def __init__(self, oms: OMS, account_id: int) -> None:
        self._oms = oms
        self._account_id = account_id

    def create_order(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Params = None
    ) -> dict[str, Any]:
        if not isinstance(params, dict | None):
            raise self._refusal("params must be an object")
        options = dict(params or {})
        if side not in ("buy", "sell"):
            raise self._refusal("side must be buy or sell")
        if not (isinstance(symbol, str) and isinstance(type, str)):
            raise self._refusal("symbol and type must be text")
        symbol = self._oms.exchange.symbol(symbol)
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
        self._oms.exchange.check_open()
        return self._step(lambda: self._oms.exchange.cancel(self._account_id, order_id))

    def cancel_all_orders(self, symbol: str | None = None, params: Params = None) -> list[dict[str, Any]]:
        resting = self._oms.exchange.open_orders(self._account_id)
        symbol = symbol and self._oms.exchange.symbol(symbol)
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
            match["symbol"] = self._oms.exchange.symbol(symbol)
        return self._window(kind, time_column, since, limit, **match)

    def _window(self, kind: type[Any], time_column: str, since: Any, limit: Any, **match: Any) -> list[Any]:
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
        trades = self._oms.storage.select(ExchangeTrade, order_id=order.id)
        return unified_order(order, trades, self._oms.exchange.market(order.ticket.symbol))

    def _unified_trade(self, trade: ExchangeTrade) -> dict[str, Any]:
        order = self._oms.storage.get(ExchangeOrder, id=trade.order_id)
        market = self._oms.exchange.market(trade.symbol)
        return unified_trade(trade, "" if order is None else order.ticket.type, market)

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
