"""Which endpoints the OMS lacks."""

from __future__ import annotations

from typing import Any

from ccxt.base.errors import BaseError, NotSupported

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, OmsError
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["COMMANDS", "ORDERS", "Endpoints", "is_missing_endpoint"]

COMMANDS = "/oms/commands"
ORDERS = "/oms/orders/open"
ENDPOINTS = frozenset(
    (COMMANDS, ORDERS, "/oms/orders/history", "/oms/deals", "/oms/positions/open", "/oms/positions/history")
)


BELIEVED = 60.0
"""Seconds for which an absent endpoint is not asked for again."""
_WORDS = {404: "Not Found", 405: "Method Not Allowed"}


class Endpoints(Transport):
    """A transport that remembers which endpoints the OMS lacks, each with one warning, and asks again once a minute.

    An endpoint that has answered once exists: later, the same words are those of a server that is not up yet.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By path, the answer that said so, and when.
        self._missing: dict[str, tuple[BaseError, float]] = {}
        self._answered: set[str] = set()

    def lacks(self, path: str) -> bool:
        """Whether the OMS had no such endpoint when it was asked last."""
        return path in self._missing

    def is_due(self, path: str) -> bool:
        """Whether that is so long ago, or was never asked, that it is asked again when a request goes there."""
        return path not in self._missing or self._clock() - self._missing[path][1] >= BELIEVED

    def require(self, path: str) -> None:
        """Raises `ccxt.NotSupported` if the OMS had no such endpoint when it was asked last."""
        if path in self._missing:
            error = errors.facts_of(self._missing[path][0])
            raise errors.answered(error.status, error.detail, asked=path)

    async def send(self, request: Request) -> dict[str, Any]:
        path = request.path.partition("?")[0]
        if not self.is_due(path):
            self.require(path)
        try:
            answer = await super().send(request)
        except BaseError as error:
            if path in ENDPOINTS and is_missing_endpoint(error):
                self._found_missing(path, error)
            elif isinstance(errors.facts_of(error).detail, dict | list):
                self._found(path)
            raise
        self._found(path)
        return answer

    def _meant(self, request: Request, error: OmsError) -> OmsError:
        if request.path.partition("?")[0] not in self._answered or not is_missing_endpoint(error):
            return error
        gone = errors.ExchangeNotAvailable(
            f"oms {request.asked}: the OMS answered {error.status} for a path that it had before; it may be starting"
        )
        gone.asked, gone.status, gone.detail = error.asked, error.status, error.detail
        gone.fate = Fate.NOT_DONE  # the router's own words: nobody was there to do it
        return gone

    def _found(self, path: str) -> None:
        if path in ENDPOINTS:
            self._answered.add(path)
            self._missing.pop(path, None)

    def _found_missing(self, path: str, error: BaseError) -> None:
        if path not in self._missing:
            self.telemetry.wire.warning(
                "this OMS has no %s: lists that need it are the exchange's, for all strategies and with the "
                'exchange\'s ids, and orders that need it are refused unless options["gatewayOrders"] is true',
                path,
            )
        self._missing[path] = error, self._clock()


def is_missing_endpoint(error: BaseError) -> bool:
    """Whether an error says that the OMS has no such path: `NotSupported`, in the framework's own words (fact 1)."""
    facts = errors.facts_of(error)
    words = _WORDS.get(facts.status or 0)
    return isinstance(error, NotSupported) and words is not None and facts.detail == words
