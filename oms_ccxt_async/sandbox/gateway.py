"""The gateway to the exchange: unified ccxt methods by name, with the exchange's own ids.

Market data and balances come from the exchange itself; its orders and trades are read from what is stored of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from oms_ccxt_async.sandbox.endpoints import endpoint
from oms_ccxt_async.sandbox.errors import OmsError, StorageUnavailable, invalid
from oms_ccxt_async.sandbox.exchange import MARKET_DATA, ExchangeRefusal
from oms_ccxt_async.sandbox.gateway_funds import Funds
from oms_ccxt_async.sandbox.gateway_orders import Orders
from oms_ccxt_async.sandbox.oms import OMS

__all__ = ["METHODS", "batch_result", "call", "core"]


async def call(oms: OMS, key: str, account_id: int, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Carry out a unified ccxt method, in camelCase or snake_case, on an account; what is asked of the paper exchange
    is carried out without waiting for anything, unless it has real prices or takes time.

    Raises:
        OmsError: an unknown key or account, a key that may not, or what the exchange said.
        StorageUnavailable: an order was not stored, and is undone.
    """
    api_key = oms.permissions.authenticate(key, "gateway")
    oms.permissions.check_account(api_key, account_id)
    method = METHODS.get(func.replace("_", "").lower())
    grant = oms.permissions.grant(api_key, account_id)
    if method in CHANGES:
        grant = oms.permissions.check_trade(api_key, account_id, "gateway")
    elif not grant.can_read:
        raise oms.permissions.denied("permission_denied", "gateway")
    if method is not None and grant.strategy_ids is not None:
        raise oms.permissions.denied("strategy_permission_denied", "gateway")  # the exchange knows no strategies
    if func.replace("_", "").lower() not in MARKET_DATA:
        oms.refresh([account_id])
    try:
        if method not in WORKED:
            _check_answers(oms, func)
        if method is None:
            positions = partial(oms.exchange.call, account_id, "fetch_positions", [], {})
            if (implicit := endpoint(oms.exchange.name, func, positions)) is not None:
                given = args[0] if args else kwargs.get("params")
                return implicit(given if isinstance(given, dict) else {})
            if func.replace("_", "").lower() == "fetchstatus":
                return _status(oms)
            if oms.source is not None and oms.source.answers(func):
                return await oms.source.ask(func, args, kwargs)
            return oms.exchange.call(account_id, func, args, kwargs)
        try:
            arguments = signature(method).bind(Funds(oms, account_id), *args, **kwargs)
        except TypeError as error:
            raise ExchangeRefusal(f"{oms.exchange.name} {func}() {error}") from None
        if method in WORKED and oms.far:
            await oms.approach(_markets(oms, method, arguments.arguments.get("symbol")))
        return method(*arguments.args, **arguments.kwargs)
    except ExchangeRefusal as refusal:
        raise OmsError(502, "dispatcher_error", str(refusal)) from refusal


def _check_answers(oms: OMS, func: str) -> None:
    """Refuse a read while the exchange is under maintenance, but for what says so."""
    why = oms.bad_days.why_silent(oms.clock())
    if why is not None and func.replace("_", "").lower() not in ("fetchstatus", "fetchtime"):
        raise ExchangeRefusal(f"{oms.exchange.name} {why}")


def _status(oms: OMS) -> dict[str, Any]:
    """Whether the exchange is there, as ccxt's `fetchStatus` has it."""
    until, health = oms.bad_days.closed_until(oms.clock()), oms.health() if oms.health is not None else {}
    status = "ok" if until is None else "maintenance"
    status = STATES.get(health.get("state", ""), status)
    return {"status": status, "updated": oms.clock(), "eta": until, "url": None, "info": health}


def _markets(oms: OMS, method: Callable[..., Any], symbol: object) -> list[str]:
    """The markets in which a method may trade."""
    market = oms.exchange.markets.named(symbol)
    return [market.symbol] if market is not None and method in WORKED[:2] else []


async def core(oms: OMS, key: str, account_id: int, func: str, kwargs: dict[str, Any]) -> Any:
    """The same for the core endpoints, whose body is the method's arguments by name.

    Raises:
        OmsError: as `call`; a method that does not exist is a `validation_error`.
        StorageUnavailable: as `call`.
    """
    try:
        return await call(oms, key, account_id, func, [], kwargs)
    except OmsError as error:
        if error.message == f"unsupported ccxt method: {func}":
            raise invalid(f"unsupported core func: {func}") from error
        raise


async def batch_result(
    oms: OMS, key: str, index: int, account_id: int, func: str, args: list[Any], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """One entry of a batch's answer, good or bad."""
    try:
        return {"index": index, "ok": True, "result": await call(oms, key, account_id, func, args, kwargs)}
    except (OmsError, StorageUnavailable) as error:
        return {"index": index, "ok": False, "error": error.body}


CHANGES: tuple[Callable[..., Any], ...] = (
    Orders.create_order,
    Orders.cancel_order,
    Orders.cancel_all_orders,
    Orders.edit_order,
    Funds.set_leverage,
    Funds.set_margin_mode,
    Funds.set_position_mode,
    Funds.transfer,
)
STATES = {"stale": "error", "ended": "shutdown"}
"""What it means to ccxt that prices are stale, or that a replay has ended."""
WORKED = (Orders.create_order, Orders.edit_order, Orders.cancel_order, Orders.cancel_all_orders)
"""What is said to the exchange about orders; the first two may trade."""
METHODS: dict[str, Callable[..., Any]] = {
    name.replace("_", ""): method
    for room in (Orders, Funds)
    for name, method in vars(room).items()
    if not name.startswith("_")
}
"""What changes an account, or reads what is stored of it; everything else the exchange answers itself."""
