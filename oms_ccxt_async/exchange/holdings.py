"""Reading what an account holds: positions, balance; and which accounts there are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from ccxt.base.errors import BaseError, ExchangeClosedByUser

from oms_ccxt_async import errors
from oms_ccxt_async.exchange.asked import named_calls, of_call
from oms_ccxt_async.exchange.fallback import falls_back
from oms_ccxt_async.exchange.reading import DEFAULT_LIMIT, Reading
from oms_ccxt_async.exchange.valuing import Values, questions, said, value_of
from oms_ccxt_async.lists.history import Row
from oms_ccxt_async.lists.window import Window
from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.account import AccountFacts
from oms_ccxt_async.wire.settings import whole

__all__ = ["Holdings", "several_open"]


@named_calls
class Holdings(Reading):
    """The methods that read positions and the balance."""

    @falls_back
    async def fetch_positions(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Unified]:
        """The open positions; in hedge mode there may be several in one symbol.

        Where the driver stands in for an exchange, or as `options["fetchPositions"]["valued"]` or `params["valued"]`
        says, those in contracts have `markPrice`, `leverage`, `marginMode` and `liquidationPrice` of the exchange's own
        position in that symbol, and what follows from them: `notional`, `unrealizedPnl`, `percentage`, `initialMargin`.
        The exchange is asked once for all of them, and calls share the answer as those of `fetch_ticker` do. Where it
        has no position there, or does not answer (a warning in the log says so), these are None.
        """
        return await self._open_positions(symbols, params)

    async def fetch_positions_for_symbol(self, symbol: str, params: Mapping[str, Any] | None = {}) -> list[Unified]:
        """The open positions in one symbol."""
        return await self.fetch_positions([symbol], params)

    async def fetch_position(self, symbol: str, params: Mapping[str, Any] | None = {}) -> Unified:
        """The open position in a symbol, or with `params["position_id"]` that position, open or closed.

        An OMS position id is also accepted in place of the symbol. Positions asked for by id in one turn of the event
        loop become one request. If nothing is open in the symbol, the answer is an empty position with `contracts` 0.

        Raises:
            ccxt.ArgumentsRequired: several positions are open in the symbol; name one with `params["position_id"]`.
            ccxt.BadRequest: the account has no position of that id.
        """
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        position_id = params.pop("position_id", None)
        self._ignored("fetchPosition", params)
        facts = await self._facts()
        await self._loaded()
        if position_id is None and str(symbol).isdigit():
            position_id = symbol
        if position_id is not None:
            key = whole(position_id, "position_id", least=1)
            await self._here.reconciling.before_read()
            row = await self._here.lookup.any_position(key, strategy_id)
            if row is None:
                raise no_position([key], strategy_id)
            return self._unified_position(row, facts)
        positions = await self.fetch_positions([symbol], {"strategy_id": strategy_id})
        if len(positions) > 1:
            raise several_open("fetch_position", symbol, positions)
        if positions:
            return positions[0]
        nothing = {"id": 0, "symbol": self.symbol(symbol), "state": "closed"}
        return {**self._unified_position(nothing, facts), "id": None, "info": {}}

    @falls_back
    async def fetch_positions_history(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Unified]:
        """Closed positions, oldest first; without `since` the newest 500, or `limit`. `since` goes by the opening."""
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        window = Window(since, limit, params, DEFAULT_LIMIT)
        facts = await self._facts()
        alike = params.get("type")
        sought = await self._sought(symbols, params, strategy_id)
        self._ignored("fetchPositionsHistory", params)

        async def made(rows: list[Row]) -> list[Unified]:
            return [self._unified_position(row, facts) for row in rows if row.get("state") == "closed" and sought(row)]

        return await self._listed(
            "positions", strategy_id, "fetch_positions_history()", window, made, str(symbols), alike
        )

    async def fetch_balance(self, params: Mapping[str, Any] | None = {}) -> Unified:
        """What the account holds at the exchange, every currency of it, free + used = total."""
        given = await self._given(params)
        self._settings.strategy_of(given)  # a balance is the account's
        await self._facts()
        await self._loaded()
        meant = {} if self._meaning is None else self._meaning.wallet(self)
        balance = await self._here.gateway.balance({**meant, **given})
        if not isinstance(balance, dict):
            raise errors.BadResponse(
                f"oms fetch_balance(): the gateway answered a {type(balance).__name__}, not a balance"
            )
        balance.setdefault("timestamp", None)
        balance.setdefault("datetime", None)
        return dict(self._numbers(balance))

    async def fetch_accounts(self, params: Mapping[str, Any] | None = {}) -> list[Unified]:
        """The accounts that the key may see; `id` is what goes into `options["account_id"]`."""
        self._ignored("fetchAccounts", await self._given(params))
        return [
            {
                "id": str(row.get("account_id")),
                "type": None,
                "code": None,
                "name": row.get("label"),
                "info": row,
            }
            for row in await self._here.account.rows()
        ]

    async def fetch_status(self, params: Mapping[str, Any] | None = {}) -> Unified:
        """Whether the OMS is up, by its own word."""
        self._ignored("fetchStatus", await self._given(params))
        health = await self._here.account.health()
        status = "ok" if health.get("status") == "ok" else "error"
        return {"status": status, "updated": None, "eta": None, "url": None, "info": health}

    # What these are made of

    async def _require_own_positions(self, ids: Iterable[Any], strategy_id: int | None) -> None:
        """Raises `ccxt.BadRequest` for positions that are not the strategy's, where one is given."""
        if strategy_id is None:
            return
        keys = [int(key) for key in ids]
        try:
            own = await asyncio.gather(*(self._here.lookup.is_of("positions", key, strategy_id) for key in keys))
        except BaseError as error:
            raise of_call(error, self) from error.__cause__
        if not all(own):
            raise no_position([key for key, is_own in zip(keys, own, strict=True) if not is_own], strategy_id)

    async def _open_positions(
        self, symbols: Iterable[str] | str | None, params: Mapping[str, Any] | None
    ) -> list[Unified]:
        params = await self._given(params)
        strategy_id = self._settings.strategy_of(params)
        valued = params.pop("valued", self._settings.options.fetchPositions.valued)
        if valued is None:
            valued = self._stands_in_for is not None
        facts = await self._facts()
        sought = await self._sought(symbols, params, strategy_id)
        self._ignored("fetchPositions", params)
        await self._here.reconciling.before_read()
        held = await self._here.lists.open("positions", strategy_id, "fetch_positions()")
        rows = [row for row in held if sought(row)]
        # Of all that are held, whichever are asked for, so that calls for several symbols share the answer.
        values = await self._values(held, facts) if valued and any(map(self._in_contracts, rows)) else {}
        return [self._unified_position(row, facts, **value_of(row, values)) for row in rows]

    def _in_contracts(self, row: Row) -> bool:
        market = self._market_of(row)
        return market is not None and market.contract

    async def _values(self, rows: Iterable[Row], facts: AccountFacts) -> Values:
        """What the exchange says of its own positions in these contracts; a failure costs the values only."""
        symbols = {row["symbol"] for row in rows if self._in_contracts(row)}
        asked = questions([self.markets[symbol] for symbol in symbols], facts.exchange_id)
        answers = await asyncio.gather(
            *(self._shared("fetch_positions", args) for args in asked), return_exceptions=True
        )
        values: Values = {}
        failure: BaseError | None = None
        for answer in answers:
            try:
                if isinstance(answer, BaseException):
                    raise answer
                values |= said(answer)
            except ExchangeClosedByUser:
                raise
            except BaseError as error:
                failure = error
        if failure is None:
            self._warned.discard("values")
        elif "values" not in self._warned:
            self._warned.add("values")
            self._telemetry.log.warning("oms fetch_positions(): positions are told without their values: %s", failure)
        return values


def no_position(ids: Iterable[int], strategy_id: int | None) -> errors.BadRequest:
    """The error for ids of positions that the account does not have, or that are not the strategy's."""
    named = ", ".join(map(str, ids))
    if strategy_id is None:
        return errors.BadRequest(f"the account has no position {named}, as far as this key may see")
    return errors.BadRequest(
        f"the account has no position {named} of strategy {strategy_id}, as far as this key may see; "
        'params={"strategy_id": None} looks among those of all'
    )


def several_open(method: str, symbol: str, positions: list[Unified]) -> errors.ArgumentsRequired:
    """The error for a symbol in which several positions are open, so that it names none of them."""
    ids = ", ".join(str(position["id"]) for position in positions)
    return errors.ArgumentsRequired(
        f'oms {method}({symbol}): {len(positions)} positions are open ({ids}); name one with params["position_id"]'
    )
