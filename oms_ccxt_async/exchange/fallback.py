"""Where the OMS lacks an endpoint: lists are answered by the exchange through the gateway, and say so in `info`.

The exchange knows no strategies, so that under one it is asked for no more than this process's own orders.

A missing command endpoint is `ccxt.NotSupported`, because orders placed past the OMS do not have its ids; with
`options["gatewayOrders"]` they are placed and canceled at the exchange, and from then on read there too.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async import errors
from oms_ccxt_async.orders.intents import Accepted, Intent
from oms_ccxt_async.orders.ways import at_the_exchange
from oms_ccxt_async.wire.endpoints import COMMANDS, Endpoints, is_missing_endpoint
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.settings import Settings

__all__ = ["GATEWAY", "Falling", "GatewayWay", "falls_back"]

GATEWAY = "gateway"
"""The route of orders that are placed past the OMS."""

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
    def _is_own_at_the_exchange(self, id: Any, params: dict[str, Any], strategy_id: int) -> bool: ...
    async def _given(self, params: Any) -> dict[str, Any]: ...
    async def _pass_through(self, func: str, args: list[Any], kind: Kind) -> Any: ...
    async def _created_at_the_exchange(self, *arguments: Any) -> dict[str, Any]: ...


P = ParamSpec("P")
Result = TypeVar("Result")
Class = TypeVar("Class", bound=Falling)
Method = Callable[Concatenate[Class, P], Coroutine[Any, Any, Result]]


def falls_back(method: Method[Class, P, Result]) -> Method[Class, P, Result]:
    """Let the exchange behind the account answer a unified method where the OMS has no endpoint for it."""
    name = method.__name__
    signature = inspect.signature(method)

    @functools.wraps(method)
    async def answered(self: Class, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        transport = self._here.transport
        ordering = self._settings.options.gatewayOrders
        try:
            if ordering and not (name == "create_order" and transport.is_due(COMMANDS)):
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
    params = await exchange._given(values[-1])
    strategy_id = exchange._settings.strategy_of(params)
    if name == "create_order":
        return _marked(await exchange._created_at_the_exchange(*values[:-1], params, strategy_id))
    if strategy_id is not None and not exchange._is_own_at_the_exchange(values[0], params, strategy_id):
        raise errors.NotSupported(
            f"oms {name}(): this OMS lacks the endpoint, and the exchange that would be asked instead knows no "
            f'strategy {strategy_id}; params={{"strategy_id": None}} asks for what is there of all strategies'
        )
    values[-1] = params
    while values and values[-1] in (None, {}):
        values.pop()
    result = await exchange._pass_through(name, values, ORDERING.get(name, Kind.READ))
    return [_marked(item) for item in result] if isinstance(result, list) else _marked(result)


class GatewayWay:
    """Orders past the OMS, placed at the exchange behind the account (`options["gatewayOrders"]`).

    Args:
        call: calls a unified method of that exchange, by name and with positional arguments.
    """

    def __init__(self, call: Callable[[str, list[Any], Kind], Awaitable[Any]]) -> None:
        self._call = call

    async def recognises_repeats(self) -> bool:
        return False

    async def send(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> list[Any]:
        [intent] = intents  # the gateway takes one at a time
        payload = intent.command["payload"]
        params = {**payload["params"], "clientOrderId": intent.client_order_id}
        order = await self._call("create_order", [*payload["args"], params], Kind.ONCE)
        if not isinstance(order, dict) or not order.get("id"):
            raise errors.unreadable(200, "an order without an id", asked=intent.asked)
        return [{"index": 0, "ok": True, "order_id": order["id"], "order": order}]

    async def look(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        found = await at_the_exchange(self._call, intents)
        return [(intent, Accepted(order["id"], intent, row=order)) for intent, order in found]


def _marked(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    info = item.get("info")
    return {**item, "info": {**(info if isinstance(info, dict) else {"info": info}), "fallback": "gateway"}}
