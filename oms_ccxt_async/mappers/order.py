"""OMS orders -> unified orders, and what an OMS status means in ccxt."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.number import add, divide, magnitude, multiply, plain, quantity, subtract
from oms_ccxt_async.mappers.row import Fields, row_id
from oms_ccxt_async.mappers.time import instant
from oms_ccxt_async.mappers.trade import unified_trade

__all__ = ["STATUSES", "is_over", "unified_order"]

STATUSES: Mapping[str | None, str] = MappingProxyType(
    {
        "PENDING_SUBMIT": "open",
        "SUBMITTED": "open",
        "PARTIALLY_FILLED": "open",
        "FILLED": "closed",
        "CANCELED": "canceled",
        "REJECTED": "rejected",
    }
)
"""OMS status -> unified status; a status that is not here is None in the unified order and stands in `info`."""
_OPEN = frozenset(status for status, unified in STATUSES.items() if unified == "open")


def is_over(row: Mapping[str, Any]) -> bool:
    """Whether an order's row is not open: a status that this driver does not know is nothing to wait for."""
    return row.get("status") not in _OPEN


_FIELDS = Fields(
    "order",
    *("symbol", "side", "order_type", "status", "client_order_id", "fee_currency"),
    qty=quantity,
    price=quantity,
    filled_qty=magnitude,
    avg_fill_price=quantity,
    stop_loss=quantity,
    stop_gain=quantity,
    fee=plain,
    created_at=instant,
    updated_at=instant,
)
_UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        *("info", "id", "clientOrderId", "timestamp", "datetime", "lastTradeTimestamp", "lastUpdateTimestamp"),
        *("symbol", "type", "timeInForce", "postOnly", "reduceOnly", "side", "price", "stopPrice", "triggerPrice"),
        *("stopLossPrice", "takeProfitPrice", "amount", "cost", "average", "filled", "remaining", "status"),
        *("fee", "fees", "trades"),
    )
)
"""An order of which nothing is known: a copy is filled in, at a third of the cost of a dict made key by key."""


def unified_order(
    row: Mapping[str, Any],
    *,
    market: MarketFacts | None = None,
    number: Number = float,
    deals: Sequence[Mapping[str, Any]] = (),
    maintained: bool = True,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Map an order of the OMS to what ccxt's `safe_order` makes of the same facts.

    Args:
        row: The order as the OMS sent it; it becomes `info` and is not copied.
        market: The market of its symbol; without it a contract counts as one unit of the base currency.
        number: What decimals become.
        deals: The OMS deals of this order as far as they are known; they become `trades`.
        maintained: Whether the OMS keeps `filled_qty`, `avg_fill_price` and `FILLED` up to date. False: what is filled,
            at which price, and whether that is all, follow from `deals`, which must be complete (fact 19).
        extra: What the submitter knows and the row does not carry: `timeInForce`, `postOnly`, `reduceOnly`, and as
            plain decimal strings `triggerPrice`, `stopLossPrice`, `takeProfitPrice`.

    Returns:
        A complete unified order. `stopLossPrice` and `takeProfitPrice` are the order's own triggers where `extra` names
        them, otherwise the stops that the OMS attaches to the position, which is how ccxt's classes report attached
        stops (bybit, okx, bitget).

        On purpose it differs from ccxt 4.5.90 in four ways: the cost of deals is their sum, not the quantity times a
        cut average; sums are formed before rounding to floats; Decimal as `number` loses nothing; deals of one time
        stay in the order of their ids.

    Raises:
        BadResponse: The row or one of the deals makes no sense.
    """
    order = _UNKNOWN.copy()
    order["info"] = row
    order["id"] = row_id(row, "order")
    words, (amount, price, filled, average, stop_loss, take_profit, fee, created, updated) = _FIELDS.read(row)
    symbol, side, order_type, oms_status, order["clientOrderId"], currency = words
    order["symbol"] = symbol or (market.symbol if market else None)
    order["side"] = side
    order["type"] = order_type
    order["timestamp"], order["datetime"] = created
    order["lastUpdateTimestamp"] = updated[0]
    if not maintained:
        filled = average = None
    status = STATUSES.get(oms_status)
    cost = None
    fees: list[dict[str, Any]] = []
    if fee is not None:
        order["fee"] = paid = {"currency": currency, "cost": number(fee)}
        fees = [paid.copy()]
    order["trades"] = trades = _trades(deals, market, order_type) if deals else []
    if trades:
        order["lastTradeTimestamp"] = trades[-1]["timestamp"]
        dealt = _total(trades, "amount")
        filled = dealt if filled is None else filled
        if dealt == filled:  # deals that lag behind a maintained row do not tell what it cost
            cost = _total(trades, "cost")
        fees = _fees(trades, number) or fees
        if fee is None and len(fees) == 1:
            order["fee"] = fees[0].copy()
        _convert(trades, number)
    elif not maintained:
        filled = "0"
    order["fees"] = fees
    if not maintained and amount is not None and filled is not None and _is_whole(filled, amount, market):
        status = "closed"
    if status == "closed":
        amount = filled if amount is None else amount
        filled = amount if filled is None else filled
    order["status"] = status
    if filled is not None:
        if average is None and cost is not None and filled != "0":
            size = _size(filled, market)
            average = divide(size, cost) if market and market.inverse else divide(cost, size)
        if cost is None and (rate := average or price):
            size = _size(filled, market)
            cost = divide(size, rate) if market and market.inverse else multiply(size, rate)
        order["filled"] = number(filled)
        if cost is not None:
            order["cost"] = number(cost)
    if amount is not None:
        order["amount"] = number(amount)
        if filled is not None:
            order["remaining"] = number(subtract(amount, filled))
    elif status == "closed":
        order["remaining"] = number("0")
    if average is not None:
        order["average"] = number(average)
        if price is None and order_type == "market":
            price = average
    if price is not None:
        order["price"] = number(price)
    trigger = time_in_force = None
    if extra is not None:
        trigger, time_in_force = extra.get("triggerPrice"), extra.get("timeInForce")
        stop_loss = extra.get("stopLossPrice") or stop_loss
        take_profit = extra.get("takeProfitPrice") or take_profit
        order["reduceOnly"], order["postOnly"] = extra.get("reduceOnly"), extra.get("postOnly")
        if time_in_force is None and order["postOnly"]:
            time_in_force = "PO"
        elif time_in_force is not None and order["postOnly"] is None:
            order["postOnly"] = time_in_force == "PO"
    if stop_loss is not None:
        order["stopLossPrice"] = number(stop_loss)
    if take_profit is not None:
        order["takeProfitPrice"] = number(take_profit)
    if trigger is not None:
        # `stopPrice` is deprecated in ccxt, and still in every order that safe_order makes.
        order["triggerPrice"] = order["stopPrice"] = number(trigger)
    elif order_type == "market" and time_in_force is None and stop_loss is None and take_profit is None:
        time_in_force = "IOC"
    order["timeInForce"] = time_in_force
    return order


def _is_whole(filled: str, amount: str, market: MarketFacts | None) -> bool:
    """Whether nothing is left that could be filled: the exchange cuts what is finer than its step off an order."""
    rest = Decimal(subtract(amount, filled))
    return rest <= 0 or (
        filled != "0" and market is not None and market.step is not None and rest < Decimal(market.step)
    )


def _size(contracts: str, market: MarketFacts | None) -> str:
    return multiply(contracts, market.contract_size) if market and market.contract_size else contracts


def _trades(
    deals: Sequence[Mapping[str, Any]], market: MarketFacts | None, order_type: str | None
) -> list[dict[str, Any]]:
    """The deals as trades with exact strings for numbers, in order of time, then of id."""
    trades = [unified_trade(deal, market=market, number=str, order_type=order_type) for deal in deals]
    trades.sort(key=lambda trade: (trade["timestamp"] or 0, int(trade["id"])))
    return trades


def _total(trades: Sequence[Mapping[str, Any]], field: str) -> str:
    total = "0"
    for trade in trades:
        if trade[field] is not None:
            total = add(total, trade[field])
    return total


def _fees(trades: Sequence[Mapping[str, Any]], number: Number) -> list[dict[str, Any]]:
    """What was paid in each currency; fees without a currency cannot be added up and stand alone."""
    paid: dict[str | int, str] = {}
    for position, trade in enumerate(trades):
        for fee in trade["fees"]:
            key = position if fee["currency"] is None else fee["currency"]
            paid[key] = add(paid[key], fee["cost"]) if key in paid else fee["cost"]
    return [{"currency": None if isinstance(key, int) else key, "cost": number(cost)} for key, cost in paid.items()]


def _convert(trades: Sequence[dict[str, Any]], number: Number) -> None:
    """Turn the exact strings of trades into numbers, last, as nothing is added up any more."""
    for trade in trades:
        for holder in (trade, trade["fee"], *trade["fees"]):
            for field in ("price", "amount", "cost"):
                if holder.get(field) is not None:
                    holder[field] = number(holder[field])
