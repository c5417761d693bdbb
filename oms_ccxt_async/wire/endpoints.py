"""Which endpoints the OMS lacks."""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async import errors
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["COMMANDS", "ORDERS", "Endpoints", "is_missing_endpoint"]

COMMANDS = "/oms/commands"
ORDERS = "/oms/orders/open"
ENDPOINTS = frozenset(
    (COMMANDS, ORDERS, "/oms/orders/history", "/oms/deals", "/oms/positions/open", "/oms/positions/history")
)


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


def is_missing_endpoint(error: BaseError) -> bool:
    """Whether an error says that the OMS has no such path: a 404 or 405 whose `detail` is a string (fact 1)."""
    facts = errors.facts_of(error)
    return facts.status in (404, 405) and isinstance(facts.detail, str)
