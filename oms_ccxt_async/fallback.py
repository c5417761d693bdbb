"""Where the OMS lacks an endpoint: lists are answered by the exchange through the gateway, and say so in `info`.

A missing command endpoint is `ccxt.NotSupported`, because orders placed past the OMS do not have its ids; with
`options["gatewayOrders"]` they are placed and canceled at the exchange, and from then on read there too.
"""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async import errors
from oms_ccxt_async.account import is_missing_endpoint
from oms_ccxt_async.errors import Fate, OrderOutcomeUnknown, fate_of
from oms_ccxt_async.retry import Kind
from oms_ccxt_async.transport import Request, Transport

__all__ = ["ORDERS", "Endpoints", "falls_back"]

COMMANDS = "/oms/commands"
ORDERS = "/oms/orders/open"
ENDPOINTS = frozenset(
    (COMMANDS, ORDERS, "/oms/orders/history", "/oms/deals", "/oms/positions/open", "/oms/positions/history")
)
ORDERING = {"create_order": Kind.ONCE, "cancel_order": Kind.REPEATABLE, "cancel_all_orders": Kind.REPEATABLE}
"""The methods that `options["gatewayOrders"]` allows at the exchange. Changing an order is not among them: there it may
be a cancel and a new order."""
P = ParamSpec("P")
Result = TypeVar("Result")


class Endpoints(Transport):
    """A transport that remembers which endpoints the OMS lacks: each is found once, with one warning."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._missing: dict[str, BaseError] = {}

    def lacks(self, path: str) -> bool:
        """Whether it is known that the OMS has no such endpoint."""
        return path in self._missing

    def require(self, path: str) -> None:
        """Raises `ccxt.NotSupported` if it is known that the OMS has no such endpoint."""
        if path in self._missing:
            error = self._missing[path]
            raise errors.answered(error.status, error.detail, asked=path)

    async def send(self, request: Request) -> dict[str, Any]:
        path = request.path.partition("?")[0]
        self.require(path)
        try:
            return await super().send(request)
        except NotSupported as error:
            if path in ENDPOINTS and is_missing_endpoint(error) and not self.lacks(path):
                self._missing[path] = error
                self._exchange.logger.warning(
                    "this OMS has no %s: lists that need it are the exchange's, for all strategies and with the "
                    'exchange\'s ids, and orders that need it are refused unless options["gatewayOrders"] is true',
                    path,
                )
            raise


def falls_back(method: Callable[P, Coroutine[Any, Any, Result]]) -> Callable[P, Coroutine[Any, Any, Result]]:
    """A unified method that is the exchange's, through the gateway, where the OMS has no endpoint for it."""
    name = method.__name__
    signature = inspect.signature(method)

    @functools.wraps(method)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> Result:
        exchange: Any = args[0]
        transport: Endpoints = exchange._here.transport
        ordering = bool(exchange.options.get("gatewayOrders"))
        try:
            if ordering:
                transport.require(COMMANDS)  # orders are at the exchange, and so is what became of them
            return await method(*args, **kwargs)
        except NotSupported as error:
            if not is_missing_endpoint(error):
                raise
            if name in ORDERING and not (ordering and transport.lacks(COMMANDS)):
                raise
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        result: Result = await _at_the_exchange(exchange, name, given.arguments)
        return result

    return answered


async def _at_the_exchange(exchange: Any, name: str, arguments: dict[str, Any]) -> Any:
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
