"""OMS orders -> unified orders, and what an OMS status means in ccxt."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.number import add, divide, multiply, nonzero, subtract
from oms_ccxt_async.mappers.row import decimal, moment, row_id, word
from oms_ccxt_async.mappers.time import iso8601
from oms_ccxt_async.mappers.trade import unified_trade

__all__ = ["STATUSES", "unified_order"]

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

_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
    order_id = row_id(row, "order")
    known = _NOTHING if extra is None else extra
    order_type = word(row, "order_type")
    status = STATUSES.get(word(row, "status"))
    timestamp = moment(row, "created_at", "order")
    amount = nonzero(decimal(row, "qty", "order"))
    price = nonzero(decimal(row, "price", "order"))
    filled = decimal(row, "filled_qty", "order") if maintained else None
    average = nonzero(decimal(row, "avg_fill_price", "order")) if maintained else None
    cost = fee = None
    fees: list[dict[str, Any]] = []
    trades: list[dict[str, Any]] = []
    if (row_fee := decimal(row, "fee", "order", signed=True)) is not None:
        fee = {"currency": word(row, "fee_currency"), "cost": number(row_fee)}
        fees = [dict(fee)]
    if deals:
        trades = _trades(deals, market, order_type)
        dealt = _total(trades, "amount")
        filled = dealt if filled is None else filled
        if dealt == filled:  # deals that lag behind a maintained row do not tell what it cost
            cost = _total(trades, "cost")
        fees = _fees(trades, number) or fees
        if fee is None and len(fees) == 1:
            fee = dict(fees[0])
        _convert(trades, number)
    elif not maintained:
        filled = "0"
    if not maintained and amount is not None and filled is not None and Decimal(filled) >= Decimal(amount):
        status = "closed"
    if status == "closed":
        amount = filled if amount is None else amount
        filled = amount if filled is None else filled
    remaining = "0" if status == "closed" else None
    if amount is not None and filled is not None:
        remaining = subtract(amount, filled)
    if average is None and cost is not None and filled is not None and filled != "0":
        size = _size(filled, market)
        average = divide(size, cost) if market and market.inverse else divide(cost, size)
    if cost is None and filled is not None and (rate := average or price):
        size = _size(filled, market)
        cost = divide(size, rate) if market and market.inverse else multiply(size, rate)
    if price is None and order_type == "market":
        price = average
    trigger = known.get("triggerPrice")
    stop_loss = known.get("stopLossPrice") or nonzero(decimal(row, "stop_loss", "order"))
    take_profit = known.get("takeProfitPrice") or nonzero(decimal(row, "stop_gain", "order"))
    time_in_force = known.get("timeInForce")
    post_only = known.get("postOnly")
    if time_in_force is not None:
        post_only = time_in_force == "PO" if post_only is None else post_only
    elif post_only:
        time_in_force = "PO"
    elif order_type == "market" and trigger is None and stop_loss is None and take_profit is None:
        time_in_force = "IOC"
    trigger_price = None if trigger is None else number(trigger)
    return {
        "info": row,
        "id": order_id,
        "clientOrderId": word(row, "client_order_id"),
        "timestamp": timestamp,
        "datetime": None if timestamp is None else iso8601(timestamp),
        "lastTradeTimestamp": trades[-1]["timestamp"] if trades else None,
        "lastUpdateTimestamp": moment(row, "updated_at", "order"),
        "symbol": word(row, "symbol") or (market.symbol if market else None),
        "type": order_type,
        "timeInForce": time_in_force,
        "postOnly": post_only,
        "reduceOnly": known.get("reduceOnly"),
        "side": word(row, "side"),
        "price": None if price is None else number(price),
        "stopPrice": trigger_price,  # deprecated in ccxt, and still in every order that safe_order makes
        "triggerPrice": trigger_price,
        "stopLossPrice": None if stop_loss is None else number(stop_loss),
        "takeProfitPrice": None if take_profit is None else number(take_profit),
        "amount": None if amount is None else number(amount),
        "cost": None if cost is None else number(cost),
        "average": None if average is None else number(average),
        "filled": None if filled is None else number(filled),
        "remaining": None if remaining is None else number(remaining),
        "status": status,
        "fee": fee,
        "fees": fees,
        "trades": trades,
    }


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
