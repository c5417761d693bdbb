"""OMS positions -> unified positions."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from oms_ccxt_async.mappers import MarketFacts, Number
from oms_ccxt_async.mappers.number import divide, magnitude, multiply, nonzero, quantity, subtract
from oms_ccxt_async.mappers.row import Fields, row_id
from oms_ccxt_async.mappers.time import instant

__all__ = ["unified_position"]

_SIDES: Mapping[str | None, str] = MappingProxyType({"buy": "long", "sell": "short"})
_FIELDS = Fields(
    "position",
    *("symbol", "side"),
    qty=magnitude,
    avg_price=magnitude,
    stop_loss=quantity,
    stop_gain=quantity,
    opened_at=instant,
    updated_at=instant,
)
# safe_position leaves a profit of less than this unsaid, as it may be the division's rounding.
_LEAST_PROFIT = Decimal("0.000001")


def unified_position(
    row: Mapping[str, Any],
    *,
    market: MarketFacts | None = None,
    number: Number = float,
    hedged: bool | None = None,
    mark_price: str | None = None,
    leverage: str | None = None,
    margin_mode: str | None = None,
    liquidation_price: str | None = None,
) -> dict[str, Any]:
    """Map a position of the OMS to what ccxt's `safe_position` makes of the same facts.

    Args:
        row: The position as the OMS sent it; it becomes `info` and is not copied.
        market: The market of its symbol; without it `contractSize`, and what follows from it, is None.
        number: What decimals become.
        hedged: Whether the account may be long and short in one symbol at a time.
        mark_price: The market's price now, a plain decimal string; `notional` and `unrealizedPnl` follow from it.
        leverage: The leverage at the exchange, a plain decimal string; the initial margin follows from it.
        margin_mode: How the exchange margins its own position: `cross` or `isolated`.
        liquidation_price: Where the exchange liquidates its own position, a plain decimal string.

    Returns:
        A complete unified position. Of a spot market too: there a contract is one unit of the base currency. A closed
        position has `contracts` 0.

    Raises:
        BadResponse: The row makes no sense.
    """
    position_id = row_id(row, "position")
    (symbol, bought_or_sold), values = _FIELDS.read(row)
    contracts, entry_price, stop_loss, take_profit, opened, updated = values
    side = _SIDES.get(bought_or_sold)
    if row.get("state") == "closed":
        contracts = "0"
    size = ("1" if market.spot else market.contract_size) if market else None
    notional = profit = margin = margin_share = percentage = None
    inverse = market is not None and market.inverse
    if contracts and contracts != "0" and mark_price and mark_price != "0" and size:
        total = multiply(contracts, size)
        notional = nonzero(divide(total, mark_price) if inverse else multiply(total, mark_price))
        if side and entry_price and entry_price != "0":
            profit = _profit(side, entry_price, mark_price, total, inverse)
    if contracts != "0" and leverage is not None:
        margin_share = divide("1", leverage)
        margin = divide(notional, leverage) if notional else None
        share = divide(profit, margin, 4) if profit and margin else None
        percentage = multiply(share, "100") if share else None
    return {
        "info": row,
        "id": position_id,
        "symbol": symbol or (market.symbol if market else None),
        "timestamp": opened[0],
        "datetime": opened[1],
        "lastUpdateTimestamp": updated[0],
        "contracts": None if contracts is None else number(contracts),
        "contractSize": None if size is None else number(size),
        "side": side,
        "hedged": hedged,
        "entryPrice": None if entry_price is None else number(entry_price),
        "markPrice": None if mark_price is None else number(mark_price),
        "lastPrice": None,
        "notional": None if notional is None else number(notional),
        "leverage": None if leverage is None else number(leverage),
        "unrealizedPnl": None if profit is None else number(profit),
        "realizedPnl": None,
        "percentage": None if percentage is None else number(percentage),
        "collateral": None,
        "positionMargin": None,
        "initialMargin": None if margin is None else number(margin),
        "initialMarginPercentage": None if margin_share is None else number(margin_share),
        "maintenanceMargin": None,
        "maintenanceMarginPercentage": None,
        "marginRatio": None,
        "marginMode": margin_mode,
        "liquidationPrice": None if liquidation_price is None else number(liquidation_price),
        "stopLossPrice": None if stop_loss is None else number(stop_loss),
        "takeProfitPrice": None if take_profit is None else number(take_profit),
    }


def _profit(side: str, entry_price: str, mark_price: str, total: str, inverse: bool) -> str | None:
    """What closing at the mark price would bring, in quote currency (inverse: base currency)."""
    bought, sold = (entry_price, mark_price) if side == "long" else (mark_price, entry_price)
    if inverse:
        bought, sold = divide("1", sold) or "0", divide("1", bought) or "0"
    profit = multiply(subtract(sold, bought), total)
    return profit if profit == "0" or Decimal(profit).copy_abs() >= _LEAST_PROFIT else None
