"""OMS deals -> unified trades."""

from collections.abc import Mapping
from typing import Any

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.number import divide, magnitude, multiply, plain
from oms_ccxt_async.mappers.row import Fields, reference, row_id
from oms_ccxt_async.mappers.time import instant

__all__ = ["unified_trade"]

_FIELDS = Fields(
    "deal", "symbol", "side", "fee_currency", qty=magnitude, price=magnitude, fee=plain, executed_at=instant
)
_UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        *("info", "id", "timestamp", "datetime", "symbol", "order", "type", "side", "takerOrMaker"),
        *("price", "amount", "cost", "fee", "fees"),
    )
)
"""A trade of which nothing is known, to be copied and filled in."""


def unified_trade(
    row: Mapping[str, Any],
    *,
    market: MarketFacts | None = None,
    number: Number = float,
    order_type: str | None = None,
    taker_or_maker: str | None = None,
) -> dict[str, Any]:
    """Map a deal of the OMS to what ccxt's `safe_trade` makes of the same facts.

    Args:
        row: The deal as the OMS sent it; it becomes `info` and is not copied.
        market: The market of its symbol; without it a contract counts as one unit of the base currency.
        number: What decimals become.
        order_type: The type of the deal's order, which the deal does not carry.
        taker_or_maker: `"taker"` or `"maker"`, which the deal does not carry either.

    Returns:
        A complete unified trade; `order` is the id of the OMS order, None for a deal without one.

    Raises:
        BadResponse: The row makes no sense.
    """
    trade = _UNKNOWN.copy()
    trade["info"] = row
    trade["id"] = row_id(row, "deal")
    (symbol, side, currency), (amount, price, fee, executed) = _FIELDS.read(row)
    trade["timestamp"], trade["datetime"] = executed
    trade["symbol"] = symbol or (market.symbol if market else None)
    trade["order"] = reference(row, "order_id", "deal")
    trade["type"] = order_type
    trade["side"] = side
    trade["takerOrMaker"] = taker_or_maker
    if price is not None:
        trade["price"] = number(price)
    if amount is not None:
        trade["amount"] = number(amount)
        if price is not None and (cost := _cost(amount, price, market)) is not None:
            trade["cost"] = number(cost)
    if fee is None:
        trade["fee"], trade["fees"] = {"currency": None, "cost": None}, []
    else:
        trade["fee"] = paid = {"currency": currency, "cost": number(fee)}
        trade["fees"] = [paid.copy()]
    return trade


def _cost(amount: str, price: str, market: MarketFacts | None) -> str | None:
    if market is None or market.contract_size is None:
        return multiply(price, amount)
    if not market.inverse:
        return multiply(multiply(price, market.contract_size), amount)
    # The reciprocal is cut to 18 places before it is multiplied, because safe_trade does so.
    per_contract = divide("1", price)
    return None if per_contract is None else multiply(multiply(per_contract, market.contract_size), amount)
