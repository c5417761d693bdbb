"""The pro exchange: ccxt.pro's methods on an OMS account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms_ccxt_async.mappers import Unified
from oms_ccxt_async.wire.endpoints import Endpoints
from oms_ccxt_async.wire.secret import Config
from oms_ccxt_pro.capabilities import STREAMS, of_exchange
from oms_ccxt_pro.market_data import MarketData
from oms_ccxt_pro.order_entry import OrderEntry, Ways, over_socket
from oms_ccxt_pro.watching import Params

__all__ = ["oms"]


class oms(MarketData):
    """A ccxt.pro exchange that trades through an order management system.

    Everything that `oms_ccxt_async.oms` does, and the watch, unWatch and Ws methods.

    Args:
        config: as of `oms_ccxt_async.oms`; `options["ws"]` holds what `oms_ccxt_pro.settings.StreamSettings` describes.
    """

    _endpoints: type[Endpoints] = Ways

    def describe(self) -> dict[str, Any]:
        """The exchange's description, as ccxt's base class merges it with the user's config."""
        return dict(self.deep_extend(super().describe(), {"pro": True, "has": STREAMS}))

    def __init__(self, config: Params = {}) -> None:
        config = Config(config)
        super().__init__(config)
        self.has.update(of_exchange(self.has))

    def _adopt(self, facts: Any) -> None:
        super()._adopt(facts)
        self.has.update(STREAMS)
        self.has.update(of_exchange(self.has))

    # Order entry over the socket: the promises of the methods without Ws, another way for the command

    async def create_order_ws(
        self, symbol: str, type: str, side: str, amount: Any, price: Any = None, params: Params = {}
    ) -> Unified:
        """`create_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.create_order(symbol, type, side, amount, price, params)

    async def create_orders_ws(self, orders: list[Mapping[str, Any]], params: Params = {}) -> list[Unified]:
        """`create_orders`, a command for each over the socket."""
        with over_socket(self._order_entry):
            return await self.create_orders(orders, params)

    async def edit_order_ws(
        self,
        id: str | None,
        symbol: str | None = None,
        type: str | None = None,
        side: str | None = None,
        amount: Any = None,
        price: Any = None,
        params: Params = {},
    ) -> Unified:
        """`edit_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.edit_order(id, symbol, type, side, amount, price, params)

    async def cancel_order_ws(self, id: str | None, symbol: str | None = None, params: Params = {}) -> Unified:
        """`cancel_order`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_order(id, symbol, params)

    async def cancel_orders_ws(
        self, ids: Iterable[str], symbol: str | None = None, params: Params = {}
    ) -> list[Unified]:
        """`cancel_orders`, a command for each over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_orders(ids, symbol, params)

    async def cancel_all_orders_ws(self, symbol: str | None = None, params: Params = {}) -> list[Unified]:
        """`cancel_all_orders`, its command over the socket."""
        with over_socket(self._order_entry):
            return await self.cancel_all_orders(symbol, params)

    async def fetch_order_ws(self, id: str | None, symbol: str | None = None, params: Params = {}) -> Unified:
        """`fetch_order`: the OMS answers questions by id over REST only."""
        return await self.fetch_order(id, symbol, params)

    async def fetch_open_orders_ws(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_open_orders`: the OMS answers it over REST only."""
        return await self.fetch_open_orders(symbol, since, limit, params)

    async def fetch_orders_ws(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_orders`: the OMS answers it over REST only."""
        return await self.fetch_orders(symbol, since, limit, params)

    async def fetch_closed_orders_ws(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_closed_orders`: the OMS answers it over REST only."""
        return await self.fetch_closed_orders(symbol, since, limit, params)

    async def fetch_my_trades_ws(
        self, symbol: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_my_trades`: the OMS answers it over REST only."""
        return await self.fetch_my_trades(symbol, since, limit, params)

    async def fetch_positions_ws(self, symbols: list[str] | None = None, params: Params = {}) -> list[Unified]:
        """`fetch_positions`: the OMS answers it over REST only."""
        return await self.fetch_positions(symbols, params)

    async def fetch_positions_for_symbol_ws(self, symbol: str, params: Params = {}) -> list[Unified]:
        """`fetch_positions_for_symbol`: the OMS answers it over REST only."""
        return await self.fetch_positions_for_symbol(symbol, params)

    async def fetch_position_ws(self, symbol: str, params: Params = {}) -> Unified:
        """`fetch_position`: the OMS answers it over REST only."""
        return await self.fetch_position(symbol, params)

    async def fetch_balance_ws(self, params: Params | None = {}) -> Unified:
        """`fetch_balance`, asked over the socket."""
        with over_socket(self._order_entry):
            return await self.fetch_balance(params)

    async def fetch_ticker_ws(self, symbol: str, params: Params = {}) -> Unified:
        """`fetch_ticker`, asked over the socket."""
        with over_socket(self._order_entry):
            return dict(await self.fetch_ticker(symbol, params))

    async def fetch_tickers_ws(self, symbols: list[str] | None = None, params: Params = {}) -> dict[str, Unified]:
        """`fetch_tickers`, asked over the socket."""
        with over_socket(self._order_entry):
            return dict(await self.fetch_tickers(symbols, params))

    async def fetch_order_book_ws(self, symbol: str, limit: int | None = None, params: Params = {}) -> Unified:
        """`fetch_order_book`, asked over the socket."""
        with over_socket(self._order_entry):
            return dict(await self.fetch_order_book(symbol, limit, params))

    async def fetch_trades_ws(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_trades`, asked over the socket."""
        with over_socket(self._order_entry):
            return list(await self.fetch_trades(symbol, since, limit, params))

    async def fetch_ohlcv_ws(
        self,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = {},
    ) -> list[list[Any]]:
        """`fetch_ohlcv`, asked over the socket."""
        with over_socket(self._order_entry):
            return list(await self.fetch_ohlcv(symbol, timeframe, since, limit, params))

    async def fetch_trading_fees_ws(self, params: Params = {}) -> dict[str, Unified]:
        """`fetch_trading_fees`, asked over the socket."""
        with over_socket(self._order_entry):
            return dict(await self.fetch_trading_fees(params))

    async def fetch_deposits_ws(
        self, code: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_deposits`, asked over the socket."""
        with over_socket(self._order_entry):
            return list(await self.fetch_deposits(code, since, limit, params))

    async def fetch_withdrawals_ws(
        self, code: str | None = None, since: int | None = None, limit: int | None = None, params: Params = {}
    ) -> list[Unified]:
        """`fetch_withdrawals`, asked over the socket."""
        with over_socket(self._order_entry):
            return list(await self.fetch_withdrawals(code, since, limit, params))

    # What these are made of

    def _order_entry(self) -> OrderEntry:
        return self._live.entry
