"""Unified arguments -> the commands of `POST /oms/commands`.

Every function returns the body of one command and raises a ccxt exception before anything is sent if the arguments
cannot be right. Amounts and prices are accepted as int, float, str or Decimal and leave as exact decimal strings, on
the market's grid where one is given, ids as int or digit strings. No argument is changed.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.orders.grid import AS_GIVEN, Grid
from oms_ccxt_async.orders.params import Fields, count, identifier, order_fields, positive, text

__all__ = [
    "cancel_all_orders",
    "cancel_order",
    "change_order",
    "check_columns",
    "close_by",
    "close_position",
    "merge_positions",
    "position_change",
    "send_order",
]


def send_order(
    symbol: str,
    type: str,
    side: str,
    amount: object,
    price: object,
    params: Mapping[str, Any],
    *,
    account_id: int,
    default_strategy_id: int | None,
    request_id: str,
    client_order_id: str,
    grid: Grid = AS_GIVEN,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Translate `create_order`.

    Args:
        symbol: Unified symbol.
        type: Order type as ccxt spells it, in any case.
        side: `"buy"` or `"sell"`, in any case.
        amount: Quantity, above 0.
        price: Limit price, above 0. Not sent with a market order: bots pass the rate they saw, and to an exchange it
            would be a limit.
        params: Unified parameters and the OMS's own field names go to their fields; everything else, and what stands
            in `params["params"]`, goes to `payload.params` for the exchange (fact 7). A None says that a parameter
            is not given.
        account_id: The OMS account.
        default_strategy_id: The strategy where `params` names none; None leaves it to the OMS, which takes 0.
        request_id: What the OMS recognises a repeated command by.
        client_order_id: The order's client order id.
        grid: Where the market's amounts and prices lie.

    Returns:
        The body, and the facts that an order row does not carry, as `unified_order` takes them under `extra`.

    Raises:
        ArgumentsRequired: No symbol, type or side, or a limit order without a price.
        InvalidOrder: An amount or price that is no number above 0, or is nothing on the grid, two parameters that
            contradict each other, or a post-only order that could take.
        BadRequest: A side or parameter of the wrong kind.
        NotSupported: An attached stop that the OMS cannot express, or a cost or `closePosition`, for which an exchange
            would trade another amount than the OMS has in its books.
    """
    for name, value in (("symbol", symbol), ("type", type), ("side", side)):
        if not value:
            raise errors.ArgumentsRequired(f"an order requires a {name}")
        text(value, name)
    if side.lower() not in ("buy", "sell"):
        raise errors.BadRequest(f"side is neither buy nor sell: {side!r}")
    fields, extra = order_fields(type, price, params, client_order_id, default_strategy_id, grid)
    qty = grid.amount(positive(amount, "amount"))
    payload = {"symbol": symbol, "side": side.lower(), "qty": qty, **fields}
    return _command("send_order", payload, account_id, request_id), extra


def cancel_order(
    order_ids: int | str | Iterable[int | str] | None, *, account_id: int, request_id: str
) -> dict[str, Any]:
    """Cancel one order, or several with one command.

    Raises:
        ArgumentsRequired: There is no id.
        BadRequest: An id is not a positive integer.
    """
    payload: dict[str, Any]
    if order_ids is None or isinstance(order_ids, int | str):
        payload = {"order_id": identifier(order_ids, "order id")}
    else:
        payload = {"order_ids": [identifier(order_id, "order id") for order_id in order_ids]}
        if not payload["order_ids"]:
            raise errors.ArgumentsRequired("order ids are missing")
    return _command("cancel_order", payload, account_id, request_id)


def cancel_all_orders(strategy_ids: Iterable[int | str] = (), *, account_id: int, request_id: str) -> dict[str, Any]:
    """Cancel every open order of the account, or of some strategies of it.

    Raises:
        BadRequest: A strategy id is not a non-negative integer.
    """
    ids = [count(strategy_id, "strategy_id") for strategy_id in strategy_ids]
    return _command("cancel_all_orders", {"strategy_ids": ids} if ids else {}, account_id, request_id)


def change_order(
    order_id: int | str, new_price: object = None, new_qty: object = None, *, account_id: int, request_id: str
) -> dict[str, Any]:
    """Change the price, the quantity, or both, of an open order. A legacy OMS needs both (fact 11).

    Raises:
        ArgumentsRequired: Neither is given.
        InvalidOrder: One of them is no number above 0.
        BadRequest: The id is not a positive integer.
    """
    payload: dict[str, Any] = {"order_id": identifier(order_id, "order id")}
    if new_price is not None:
        payload["new_price"] = positive(new_price, "price")
    if new_qty is not None:
        payload["new_qty"] = positive(new_qty, "amount")
    if len(payload) == 1:
        raise errors.ArgumentsRequired("an edit requires a new amount, a new price, or both")
    return _command("change_order", payload, account_id, request_id)


def close_position(
    position_id: int | str,
    qty: object = None,
    params: Mapping[str, Any] = MappingProxyType({}),
    *,
    type: str = "market",
    price: object = None,
    account_id: int,
    default_strategy_id: int | None,
    request_id: str,
    client_order_id: str,
    grid: Grid = AS_GIVEN,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Close a position, or a quantity of it, with an order on the other side.

    Args:
        position_id: OMS id of the position.
        qty: How much of it, above 0; None is the whole position, which a legacy OMS does not understand (fact 11).
        params: As in `send_order`, but for the fields that an order which closes has no use for.
        type: Type of the closing order.
        price: Its limit price, above 0.
        account_id: The OMS account.
        default_strategy_id: The strategy where `params` names none.
        request_id: What the OMS recognises a repeated command by.
        client_order_id: The closing order's client order id.
        grid: Where the market's amounts and prices lie.

    Returns:
        The body, and `extra` for `unified_order`, as `send_order` does.

    Raises:
        NotSupported: A parameter that the command has no field for.
        ArgumentsRequired, InvalidOrder, BadRequest: As in `send_order`.
    """
    fields, extra = _closing_fields(type, price, params, client_order_id, default_strategy_id, grid)
    payload = {"position_id": identifier(position_id, "position id"), **fields}
    if qty is not None:
        payload["qty"] = grid.amount(positive(qty, "amount"))
    return _command("close_position", payload, account_id, request_id), extra


def close_by_order(
    position_id: int | str,
    symbol: str,
    side: str,
    qty: object,
    params: Mapping[str, Any] = MappingProxyType({}),
    *,
    type: str = "market",
    price: object = None,
    account_id: int,
    request_id: str,
    client_order_id: str,
    grid: Grid = AS_GIVEN,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Close a position with an order that names it, for an OMS that refuses `close_position` (fact 29).

    Args:
        side: The other side than the position's.
        qty: How much, above 0.

    Raises: as `close_position` does.
    """
    fields, extra = _closing_fields(type, price, params, client_order_id, None, grid)
    payload = {"symbol": symbol, "side": side, "qty": grid.amount(positive(qty, "amount")), **fields}
    payload |= {"position_id": identifier(position_id, "position id"), "reduce_only": True}
    return _command("send_order", payload, account_id, request_id), extra


def check_columns(command: Mapping[str, Any]) -> None:
    """Refuse what the columns of a legacy OMS cannot hold (facts 14 and 31), before anything is sent.

    Texts of these lengths were seen to be refused; what is a little shorter, the OMS says itself. A number with more
    places than a column has would be rounded without a word.

    Raises:
        InvalidOrder: A text that is too long, or a number with more than 18 digits before or after the point.
    """
    for field, refused in REFUSED_LENGTHS.items():
        text = command["payload"].get(field)
        if isinstance(text, str) and len(text) >= refused:
            raise errors.InvalidOrder(
                f"{field} has {len(text)} characters; this OMS takes fewer than {refused} (its column is shorter)"
            )
    for field, value in command["payload"].items():
        if field in NUMBERS and value is not None:
            whole, _, places = str(value).lstrip("-").partition(".")
            if max(len(whole), len(places)) > COLUMN_DIGITS:
                held = f"this OMS holds {COLUMN_DIGITS} digits before and after the point"
                raise errors.InvalidOrder(f"{field} {value} does not fit: {held}")


def _closing_fields(
    type: str,
    price: object,
    params: Mapping[str, Any],
    client_order_id: str,
    default_strategy_id: int | None,
    grid: Grid,
) -> tuple[dict[str, Any], dict[str, Any]]:
    fields, extra = order_fields(type, price, params, client_order_id, default_strategy_id, grid)
    if fields.pop("reduce_only", True) is False:
        raise errors.InvalidOrder("an order that closes a position is reduce-only; leave reduceOnly out")
    for field in ("oms_stop_loss", "oms_stop_gain", "position_id"):
        if field in fields:
            raise errors.NotSupported(f"an order that closes a position takes no {field}")
    return fields, extra


def close_by(
    position_id_a: int | str,
    position_id_b: int | str,
    qty: object = None,
    *,
    strategy_id: int | str | None = None,
    account_id: int,
    request_id: str,
) -> dict[str, Any]:
    """Close two opposite positions against each other, as far as the smaller one or `qty` reaches.

    Raises:
        BadRequest: An id is not an integer.
        InvalidOrder: `qty` is no number above 0.
    """
    payload: dict[str, Any] = {
        "position_id_a": identifier(position_id_a, "position id"),
        "position_id_b": identifier(position_id_b, "position id"),
    }
    if qty is not None:
        payload["qty"] = positive(qty, "amount")
    if strategy_id is not None:
        payload["strategy_id"] = count(strategy_id, "strategy_id")
    return _command("close_by", payload, account_id, request_id)


def merge_positions(
    source_position_id: int | str,
    target_position_id: int | str,
    *,
    stop_mode: str = "keep",
    stop_loss: object = None,
    take_profit: object = None,
    account_id: int,
    request_id: str,
) -> dict[str, Any]:
    """Merge a position into another one of the same side.

    Args:
        source_position_id: The position that ends.
        target_position_id: The position that grows.
        stop_mode: What becomes of the target's stops: `"keep"`, `"clear"`, or `"set"` to the two below.
        stop_loss: The stop loss to set.
        take_profit: The take profit to set.
        account_id: The OMS account.
        request_id: What the OMS recognises a repeated command by.

    Raises:
        BadRequest: An id is not a positive integer, the mode is none of the three, or stops come with another one.
        InvalidOrder: A stop is no number above 0.
    """
    if stop_mode not in ("keep", "clear", "set"):
        raise errors.BadRequest(f"stop_mode is none of keep, clear, set: {stop_mode!r}")
    payload: dict[str, Any] = {
        "source_position_id": identifier(source_position_id, "position id"),
        "target_position_id": identifier(target_position_id, "position id"),
        "stop_mode": stop_mode,
    }
    for field, value in (("oms_stop_loss", stop_loss), ("oms_stop_gain", take_profit)):
        if value is not None:
            if stop_mode != "set":
                raise errors.BadRequest(f"{field} needs stop_mode 'set', not {stop_mode!r}")
            payload[field] = positive(value, field)
    return _command("merge_positions", payload, account_id, request_id)


def position_change(
    position_id: int | str, params: Mapping[str, Any], *, account_id: int, request_id: str
) -> dict[str, Any]:
    """Set the stops and the comment of a position.

    Args:
        position_id: OMS id of the position.
        params: `stopLossPrice`, `takeProfitPrice` (or `oms_stop_loss`, `oms_stop_gain`) and `comment`; a None takes
            the present one away, what is not named stays.
        account_id: The OMS account.
        request_id: What the OMS recognises a repeated command by.

    Raises:
        ArgumentsRequired: There is nothing to change.
        BadRequest: The id is not a positive integer, or a parameter is none of these.
        InvalidOrder: A stop is no number above 0, or two spellings contradict each other.
    """
    if not params:
        raise errors.ArgumentsRequired("there is nothing to change; give a stop or a comment")
    changes = Fields()
    for name, value in params.items():
        field = _POSITION_CHANGES.get(name)
        if field is None:
            raise errors.BadRequest(f"a position has no {name}; it has stopLossPrice, takeProfitPrice, comment")
        convert = text if field == "comment" else positive
        changes.put(name, field, None if value is None else convert(value, name))
    payload = {"position_id": identifier(position_id, "position id"), **changes.values}
    return _command("position_change", payload, account_id, request_id)


REFUSED_LENGTHS = {"client_order_id": 200, "reason": 60, "comment": 300}
"""Characters that the recorded OMS refused (fact 31)."""
NUMBERS = frozenset(("qty", "price", "new_qty", "new_price", "oms_stop_loss", "oms_stop_gain"))
COLUMN_DIGITS = 18
_POSITION_CHANGES = MappingProxyType(
    {
        "stopLossPrice": "oms_stop_loss",
        "oms_stop_loss": "oms_stop_loss",
        "takeProfitPrice": "oms_stop_gain",
        "oms_stop_gain": "oms_stop_gain",
        "comment": "comment",
    }
)


def _command(name: str, payload: dict[str, Any], account_id: int, request_id: str) -> dict[str, Any]:
    return {"account_id": account_id, "request_id": request_id, "command": name, "payload": payload}
