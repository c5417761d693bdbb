# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any
from oms_ccxt_async.types import (
    Balances,
    Num,
    Order,
    OrderBook,
    Position,
    Ticker,
    Trade,
    TradingFeeInterface,
    Transaction,
)

import oms_ccxt_async

from oms_ccxt_pro.delivery import EventsLost as EventsLost

__all__ = ["EventsLost", "oms"]

class oms(oms_ccxt_async.oms):
    balance: Balances
    bidsasks: dict[str, Ticker]
    async def cancel_all_orders_ws(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]: ...
    cancelAllOrdersWs = cancel_all_orders_ws
    async def cancel_order_ws(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelOrderWs = cancel_order_ws
    async def cancel_orders_ws(
        self, ids: Iterable[str | None], symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersWs = cancel_orders_ws
    async def create_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createOrderWs = create_order_ws
    async def create_orders_ws(
        self, orders: list[Mapping[str, Any]], params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    createOrdersWs = create_orders_ws
    def describe(self) -> dict[str, Any]: ...
    async def edit_order_ws(
        self,
        id: str | None,
        symbol: str | None = None,
        type: str | None = None,
        side: str | None = None,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    editOrderWs = edit_order_ws
    async def fetch_balance_ws(self, params: Mapping[str, Any] | None = {}) -> Balances: ...
    fetchBalanceWs = fetch_balance_ws
    async def fetch_closed_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchClosedOrdersWs = fetch_closed_orders_ws
    async def fetch_deposits_ws(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDepositsWs = fetch_deposits_ws
    async def fetch_my_trades_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    fetchMyTradesWs = fetch_my_trades_ws
    async def fetch_ohlcv_ws(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchOHLCVWs = fetch_ohlcv_ws
    async def fetch_open_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOpenOrdersWs = fetch_open_orders_ws
    async def fetch_order_book_ws(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchOrderBookWs = fetch_order_book_ws
    async def fetch_order_ws(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    fetchOrderWs = fetch_order_ws
    async def fetch_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOrdersWs = fetch_orders_ws
    async def fetch_position_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Position: ...
    fetchPositionWs = fetch_position_ws
    async def fetch_positions_for_symbol_ws(
        self, symbol: str | None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsForSymbolWs = fetch_positions_for_symbol_ws
    async def fetch_positions_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsWs = fetch_positions_ws
    async def fetch_ticker_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchTickerWs = fetch_ticker_ws
    async def fetch_tickers_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchTickersWs = fetch_tickers_ws
    async def fetch_trades_ws(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    fetchTradesWs = fetch_trades_ws
    async def fetch_trading_fees_ws(self, params: Mapping[str, Any] = {}) -> dict[str, TradingFeeInterface]: ...
    fetchTradingFeesWs = fetch_trading_fees_ws
    async def fetch_withdrawals_ws(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchWithdrawalsWs = fetch_withdrawals_ws
    def handle_message(self, client: Any, message: dict[str, Any]) -> None: ...
    handleMessage = handle_message
    def handle_my_trade(self, client: Any, message: dict[str, Any]) -> None: ...
    handleMyTrade = handle_my_trade
    def handle_my_trades(self, client: Any, message: dict[str, Any]) -> None: ...
    handleMyTrades = handle_my_trades
    def handle_ohlcv(self, client: Any, message: dict[str, Any]) -> None: ...
    handleOHLCV = handle_ohlcv
    def handle_order(self, client: Any, message: dict[str, Any]) -> None: ...
    handleOrder = handle_order
    def handle_order_book(self, client: Any, message: dict[str, Any]) -> None: ...
    handleOrderBook = handle_order_book
    def handle_order_update(self, client: Any, message: dict[str, Any]) -> None: ...
    handleOrderUpdate = handle_order_update
    def handle_orders(self, client: Any, message: dict[str, Any]) -> None: ...
    handleOrders = handle_orders
    def handle_position(self, client: Any, message: dict[str, Any]) -> None: ...
    handlePosition = handle_position
    def handle_positions(self, client: Any, message: dict[str, Any]) -> None: ...
    handlePositions = handle_positions
    def handle_ticker(self, client: Any, message: dict[str, Any]) -> None: ...
    handleTicker = handle_ticker
    def handle_tickers(self, client: Any, message: dict[str, Any]) -> None: ...
    handleTickers = handle_tickers
    def handle_trade(self, client: Any, message: dict[str, Any]) -> None: ...
    handleTrade = handle_trade
    def handle_trades(self, client: Any, message: dict[str, Any]) -> None: ...
    handleTrades = handle_trades
    myTrades: list[Trade] | None
    ohlcvs: dict[str, dict[str, list[list[Any]]]]
    def on_connected(self, client: Any, message: Any | None = None) -> None: ...
    onConnected = on_connected
    orderbooks: dict[str, OrderBook]
    orders: list[Order] | None
    positions: list[Position] | None
    def stream_status(self) -> dict[str, Any]: ...
    streamStatus = stream_status
    tickers: dict[str, Ticker]
    trades: dict[str, list[Trade]]
    async def un_watch_balance(self, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchBalance = un_watch_balance
    async def un_watch_bids_asks(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchBidsAsks = un_watch_bids_asks
    async def un_watch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMarkPrice = un_watch_mark_price
    async def un_watch_mark_prices(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMarkPrices = un_watch_mark_prices
    async def un_watch_my_trades(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMyTrades = un_watch_my_trades
    async def un_watch_my_trades_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMyTradesForSymbols = un_watch_my_trades_for_symbols
    async def un_watch_ohlcv(
        self, symbol: str | None, timeframe: str = "1m", params: Mapping[str, Any] = {}
    ) -> bool: ...
    unWatchOHLCV = un_watch_ohlcv
    async def un_watch_ohlcv_for_symbols(
        self, symbolsAndTimeframes: list[list[str]], params: Mapping[str, Any] = {}
    ) -> bool: ...
    unWatchOHLCVForSymbols = un_watch_ohlcv_for_symbols
    async def un_watch_order_book(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrderBook = un_watch_order_book
    async def un_watch_order_book_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrderBookForSymbols = un_watch_order_book_for_symbols
    async def un_watch_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrders = un_watch_orders
    async def un_watch_orders_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrdersForSymbols = un_watch_orders_for_symbols
    async def un_watch_positions(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchPositions = un_watch_positions
    async def un_watch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTicker = un_watch_ticker
    async def un_watch_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTickers = un_watch_tickers
    async def un_watch_trades(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTrades = un_watch_trades
    async def un_watch_trades_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTradesForSymbols = un_watch_trades_for_symbols
    def watch_balance(self, params: Mapping[str, Any] = {}) -> Coroutine[Any, Any, Balances]: ...
    watchBalance = watch_balance
    def watch_bids_asks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, dict[str, Ticker]]: ...
    watchBidsAsks = watch_bids_asks
    def watch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Coroutine[Any, Any, Ticker]: ...
    watchMarkPrice = watch_mark_price
    def watch_mark_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, dict[str, Ticker]]: ...
    watchMarkPrices = watch_mark_prices
    def watch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Coroutine[Any, Any, list[Trade]]: ...
    watchMyTrades = watch_my_trades
    def watch_my_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, list[Trade]]: ...
    watchMyTradesForSymbols = watch_my_trades_for_symbols
    def watch_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Coroutine[Any, Any, list[list[Any]]]: ...
    watchOHLCV = watch_ohlcv
    def watch_ohlcv_for_symbols(
        self,
        symbolsAndTimeframes: list[list[str]],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Coroutine[Any, Any, dict[str, dict[str, list[list[Any]]]]]: ...
    watchOHLCVForSymbols = watch_ohlcv_for_symbols
    def watch_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, OrderBook]: ...
    watchOrderBook = watch_order_book
    def watch_order_book_for_symbols(
        self, symbols: list[str], limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, OrderBook]: ...
    watchOrderBookForSymbols = watch_order_book_for_symbols
    def watch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Coroutine[Any, Any, list[Order]]: ...
    watchOrders = watch_orders
    def watch_orders_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, list[Order]]: ...
    watchOrdersForSymbols = watch_orders_for_symbols
    def watch_position(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, Position]: ...
    watchPosition = watch_position
    def watch_positions(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Coroutine[Any, Any, list[Position]]: ...
    watchPositions = watch_positions
    def watch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Coroutine[Any, Any, Ticker]: ...
    watchTicker = watch_ticker
    def watch_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, dict[str, Ticker]]: ...
    watchTickers = watch_tickers
    def watch_trades(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, list[Trade]]: ...
    watchTrades = watch_trades
    def watch_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Coroutine[Any, Any, list[Trade]]: ...
    watchTradesForSymbols = watch_trades_for_symbols
