"""What the exchange behind the account says of its own positions, by which those of the OMS are valued. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.mappers.number import exact, nonzero

__all__ = ["Values", "questions", "said", "value_of"]

Values = dict[tuple[Any, Any], dict[str, str | None]]
"""Symbol and side -> what the exchange says of its position there."""

_NO_LISTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("bybit", "bybiteu", "bybitid"), ("subType", "settleCoin")),
    **dict.fromkeys(("cryptocom", "digifinex", "toobit"), ()),
}
"""The exchanges whose `fetch_positions` takes one symbol or none, and the params by which it is told which ones."""
_SHARED = ("mark_price", "leverage", "margin_mode")


def questions(markets: Iterable[Mapping[str, Any]], exchange_id: str) -> list[list[Any]]:
    """The arguments of the `fetch_positions` calls that together tell of these contracts.

    ccxt's classes take what they ask for (linear or inverse, by endpoint) from the first symbol of a list.
    """
    params = _NO_LISTS.get(exchange_id)
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for market in sorted(markets, key=lambda market: str(market["symbol"])):
        key = ("inverse" if market.get("inverse") else "linear", None if params is None else market.get("settle"))
        groups.setdefault(key, []).append(market)
    asked: list[list[Any]] = []
    for (sub_type, settle), group in groups.items():
        if params is None or len(group) == 1:
            asked.append([[market["symbol"] for market in group]])
        else:
            asked.append([None, {name: sub_type if name == "subType" else settle for name in params}])
    return asked


def said(positions: Any) -> Values:
    """What unified positions say.

    Raises:
        ccxt.BadResponse: they are none.
    """
    try:
        return {
            (position["symbol"], position.get("side")): {
                "mark_price": _number(position, "markPrice"),
                "leverage": _number(position, "leverage"),
                "liquidation_price": _number(position, "liquidationPrice"),
                "margin_mode": position.get("marginMode"),
            }
            for position in positions
        }
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise errors.BadResponse(f"oms fetch_positions(): the gateway answered no positions: {error!r}") from error


def value_of(row: Mapping[str, Any], values: Values) -> dict[str, str | None]:
    """What the exchange says of the OMS's position in `row`; where its own is on the other side, what both share."""
    symbol, sides = row.get("symbol"), ("long", "short")
    own, other = sides if row.get("side") == "buy" else sides[::-1]
    if (symbol, own) in values:
        return values[symbol, own]
    opposite = values.get((symbol, other)) or values.get((symbol, None)) or {}
    return {name: opposite[name] for name in _SHARED if name in opposite}


def _number(position: Mapping[str, Any], name: str) -> str | None:
    """A price or leverage; zero is how some exchanges say that they have none."""
    value = position.get(name)
    return None if value is None else nonzero(exact(value))
