"""Where the OMS lacks an endpoint: lists are answered by the exchange through the gateway, and say so in `info`.

A missing command endpoint is `ccxt.NotSupported`, because orders placed past the OMS do not have its ids; with
`options["gatewayOrders"]` they are placed and canceled at the exchange, and from then on read there too.
"""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.wire.endpoints import COMMANDS, Endpoints, is_missing_endpoint
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Falling", "falls_back"]

ORDERING = {"create_order": Kind.ONCE, "cancel_order": Kind.REPEATABLE, "cancel_all_orders": Kind.REPEATABLE}
"""The methods that `options["gatewayOrders"]` allows at the exchange. Changing an order is not among them: there it may
be a cancel and a new order."""


class _Wired(Protocol):
    @property
    def transport(self) -> Endpoints: ...


class Falling(Protocol):
    """What a class has whose methods fall back: its settings, the transport of this event loop, and the gateway."""

    _settings: Settings

    @property
    def _here(self) -> _Wired: ...
    async def _pass_through(self, func: str, args: list[Any], kind: Kind) -> Any: ...


P = ParamSpec("P")
Result = TypeVar("Result")
Class = TypeVar("Class", bound=Falling)
Method = Callable[Concatenate[Class, P], Coroutine[Any, Any, Result]]


def falls_back(method: Method[Class, P, Result]) -> Method[Class, P, Result]:
    """A unified method that is the exchange's, through the gateway, where the OMS has no endpoint for it."""
    name = method.__name__
    signature = inspect.signature(method)

    @functools.wraps(method)
    async def answered(self: Class, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        transport = self._here.transport
        ordering = self._settings.options.gatewayOrders
        try:
            if ordering:
                transport.require(COMMANDS)  # orders are at the exchange, and so is what became of them
            return await method(self, *args, **kwargs)
        except NotSupported as error:
            if not is_missing_endpoint(error):
                raise
            if name in ORDERING and not (ordering and transport.lacks(COMMANDS)):
                raise
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        result: Result = await _at_the_exchange(self, name, given.arguments)
        return result

    return answered


async def _at_the_exchange(exchange: Falling, name: str, arguments: dict[str, Any]) -> Any:
    _, *values = arguments.values()
    params = dict(values[-1] or {})
    exchange._settings.strategy_of(params)  # the exchange knows no strategies
    if name == "create_order":
        params.setdefault("clientOrderId", f"oms-{uuid.uuid4().hex}")
    values[-1] = params
    while values and values[-1] in (None, {}):
        values.pop()
    try:
        result = await exchange._pass_through(name, values, ORDERING.get(name, Kind.READ))
    except BaseError as error:
        if name != "create_order" or fate_of(error) is not Fate.UNKNOWN:
            raise
        client_order_id = params["clientOrderId"]
        request = {key: value for key, value in arguments.items() if key != "self"}
        text = (
            f"oms create_order(): the exchange may or may not have taken it; its client order id is {client_order_id}"
        )
        raise OrderOutcomeUnknown(text, client_order_id=client_order_id, request=request) from error
    return [_marked(item) for item in result] if isinstance(result, list) else _marked(result)


def _marked(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    info = item.get("info")
    return {**item, "info": {**(info if isinstance(info, dict) else {"info": info}), "fallback": "gateway"}}
