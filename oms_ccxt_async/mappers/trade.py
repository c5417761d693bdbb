"""OMS deals -> unified trades."""

from collections.abc import Mapping
from typing import Any

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.number import divide, multiply
from oms_ccxt_async.mappers.row import decimal, moment, reference, row_id, word
from oms_ccxt_async.mappers.time import iso8601

__all__ = ["unified_trade"]


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
    deal_id = row_id(row, "deal")
    timestamp = moment(row, "executed_at", "deal")
    amount = decimal(row, "qty", "deal")
    price = decimal(row, "price", "deal")
    cost = None if amount is None or price is None else _cost(amount, price, market)
    fee = decimal(row, "fee", "deal", signed=True)
    currency = word(row, "fee_currency") if fee is not None else None
    return {
        "info": row,
        "id": deal_id,
        "timestamp": timestamp,
        "datetime": None if timestamp is None else iso8601(timestamp),
        "symbol": word(row, "symbol") or (market.symbol if market else None),
        "order": reference(row, "order_id", "deal"),
        "type": order_type,
        "side": word(row, "side"),
        "takerOrMaker": taker_or_maker,
        "price": None if price is None else number(price),
        "amount": None if amount is None else number(amount),
        "cost": None if cost is None else number(cost),
        "fee": {"currency": currency, "cost": None if fee is None else number(fee)},
        "fees": [] if fee is None else [{"currency": currency, "cost": number(fee)}],
    }


def _cost(amount: str, price: str, market: MarketFacts | None) -> str | None:
    if market is None or market.contract_size is None:
        return multiply(price, amount)
    if not market.inverse:
        return multiply(multiply(price, market.contract_size), amount)
    # The reciprocal is cut to 18 places before it is multiplied, because safe_trade does so.
    per_contract = divide("1", price)
    return None if per_contract is None else multiply(multiply(per_contract, market.contract_size), amount)
