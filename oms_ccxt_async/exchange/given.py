"""What a call is given beside its arguments: the params that are the driver's, and those that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import name_call
from oms_ccxt_async.exchange.base import Base
from oms_ccxt_async.exchange.fallback import GATEWAY
from oms_ccxt_async.exchange.vocabulary import is_own_word, near_miss
from oms_ccxt_async.orders.params import sought_client_order_id

__all__ = ["Given"]


class Given(Base):
    """Reading the params of a call."""

    async def _given(self, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """The params of a call, as the call's own.

        Raises:
            ccxt.BadRequest: they are no dict, or one is nearly one of the driver's, and nothing that the class of the
                exchange behind the account knows.
        """
        if not isinstance(params, Mapping | None):
            raise errors.BadRequest(f"params must be a dict, not {params!r}")
        given = dict(params or {})
        for name in given:
            meant = near_miss(str(name))
            if meant is not None and not is_own_word(str(name), (await self._facts()).exchange_id):
                raise errors.BadRequest(
                    f"there is no params[{name!r}]; did you mean {meant!r}? What stands in the params['params'] of an "
                    "order goes to the exchange as it is"
                )
        return given

    async def _given_to(self, method: str, params: Any) -> dict[str, Any]:
        """As `_given`, of a method that the exchange behind the account answers; an error begins with the call."""
        try:
            return await self._given(params)
        except errors.OmsError as error:
            name_call(error, self, method)
            raise

    def _ignored(self, method: str, params: Iterable[str]) -> None:
        """Say once for each parameter that nobody has a use for it: nothing is dropped in silence."""
        for name in params:
            if f"{method}.{name}" not in self._warned:
                self._warned.add(f"{method}.{name}")
                self._telemetry.log.warning("oms %s() has no use for params[%r]; it is ignored", method, name)

    def _is_own_at_the_exchange(self, id: Any, params: dict[str, Any], strategy_id: int) -> bool:
        """Whether an id or client order id is that of an order which this instance placed past the OMS for a
        strategy."""
        intent = self._book.get(sought_client_order_id(dict(params), id)) or self._book.placed_as(id)
        return intent is not None and intent.route == GATEWAY and intent.strategy_id == strategy_id
