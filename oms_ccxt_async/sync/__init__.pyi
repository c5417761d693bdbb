# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self
from oms_ccxt_async.types import (
    ADL,
    Account,
    Balances,
    BorrowInterest,
    CancellationRequest,
    Conversion,
    CrossBorrowRate,
    CurrencyInterface,
    DepositAddress,
    DepositWithdrawFee,
    FundingHistory,
    FundingRate,
    FundingRateHistory,
    Greeks,
    IsolatedBorrowRate,
    LastPrice,
    LedgerEntry,
    Leverage,
    LeverageTier,
    Liquidation,
    LongShortRatio,
    MarginLoan,
    MarginMode,
    MarginModification,
    MarketInterface,
    Num,
    OpenInterest,
    Option,
    Order,
    OrderBook,
    OrderBookL3,
    OrderRequest,
    Position,
    PositionModeInfo,
    Status,
    Ticker,
    Trade,
    TradingFeeInterface,
    Transaction,
    TransferEntry,
)

import oms_ccxt_async
from oms_ccxt_async.typed.base import Base
from oms_ccxt_async.typed.seen import SyncExchange

__all__ = ["OrderOutcomeUnknown", "oms"]

class OrderOutcomeUnknown(oms_ccxt_async.OrderOutcomeUnknown):
    def resolve(self) -> Any: ...

class oms(Base, SyncExchange):
    def __init__(self, config: Mapping[str, Any] = {}) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def add_margin(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> MarginModification: ...
    addMargin = add_margin
    balance: Balances
    bidsasks: dict[str, Ticker]
    def borrow_cross_margin(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> MarginLoan: ...
    borrowCrossMargin = borrow_cross_margin
    def borrow_isolated_margin(
        self, symbol: str | None, code: str, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    borrowIsolatedMargin = borrow_isolated_margin
    def borrow_margin(
        self, code: str, amount: Num, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    borrowMargin = borrow_margin
    def cancel_all_contract_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]: ...
    cancelAllContractOrders = cancel_all_contract_orders
    def cancel_all_orders(self, symbol: str | None = None, params: Mapping[str, Any] | None = {}) -> list[Order]: ...
    cancelAllOrders = cancel_all_orders
    def cancel_all_orders_after(self, timeout: int | None, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    cancelAllOrdersAfter = cancel_all_orders_after
    def cancel_all_orders_ws(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]: ...
    cancelAllOrdersWs = cancel_all_orders_ws
    def cancel_all_spot_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]: ...
    cancelAllSpotOrders = cancel_all_spot_orders
    def cancel_contract_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelContractOrder = cancel_contract_order
    def cancel_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    cancelOrder = cancel_order
    def cancel_order_with_client_order_id(
        self, clientOrderId: str, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelOrderWithClientOrderId = cancel_order_with_client_order_id
    def cancel_order_ws(self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Order: ...
    cancelOrderWs = cancel_order_ws
    def cancel_orders(
        self, ids: Iterable[str | None], symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Order]: ...
    cancelOrders = cancel_orders
    def cancel_orders_for_symbols(
        self, orders: list[CancellationRequest], params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersForSymbols = cancel_orders_for_symbols
    def cancel_orders_with_client_order_ids(
        self, clientOrderIds: list[str], symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersWithClientOrderIds = cancel_orders_with_client_order_ids
    def cancel_orders_ws(
        self, ids: Iterable[str | None], symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersWs = cancel_orders_ws
    def cancel_spot_order(self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Order: ...
    cancelSpotOrder = cancel_spot_order
    def cancel_unified_order(self, order: Order, params: Mapping[str, Any] = {}) -> Order: ...
    cancelUnifiedOrder = cancel_unified_order
    def ccxt_get_orders_raw(self, params: Any = {}) -> Any: ...
    ccxtGetOrdersRaw = ccxt_get_orders_raw
    def ccxt_get_trades_raw(self, params: Any = {}) -> Any: ...
    ccxtGetTradesRaw = ccxt_get_trades_raw
    def ccxt_post_account_id_func(self, params: Any = {}) -> Any: ...
    ccxtPostAccountIdFunc = ccxt_post_account_id_func
    def ccxt_post_commands(self, params: Any = {}) -> Any: ...
    ccxtPostCommands = ccxt_post_commands
    def ccxt_post_core_account_id_func(self, params: Any = {}) -> Any: ...
    ccxtPostCoreAccountIdFunc = ccxt_post_core_account_id_func
    def close(self, clean_instance_data: bool = False) -> None: ...
    def close_all_positions(self, params: Mapping[str, Any] | None = {}) -> list[Position]: ...
    closeAllPositions = close_all_positions
    def close_by(
        self, position_id_a: str, position_id_b: str, amount: Num = None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    closeBy = close_by
    def close_position(
        self, symbol: str | None, side: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    closePosition = close_position
    def create_contract_orders(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    createContractOrders = create_contract_orders
    def create_convert_trade(
        self, id: str | None, fromCode: str, toCode: str, amount: Num = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    createConvertTrade = create_convert_trade
    def create_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    createDepositAddress = create_deposit_address
    def create_limit_buy_order(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitBuyOrder = create_limit_buy_order
    def create_limit_buy_order_ws(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitBuyOrderWs = create_limit_buy_order_ws
    def create_limit_order(
        self, symbol: str | None, side: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitOrder = create_limit_order
    def create_limit_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitOrderWs = create_limit_order_ws
    def create_limit_sell_order(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitSellOrder = create_limit_sell_order
    def create_limit_sell_order_ws(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitSellOrderWs = create_limit_sell_order_ws
    def create_market_buy_order(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> Order: ...
    createMarketBuyOrder = create_market_buy_order
    def create_market_buy_order_with_cost(
        self, symbol: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketBuyOrderWithCost = create_market_buy_order_with_cost
    def create_market_buy_order_ws(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> Order: ...
    createMarketBuyOrderWs = create_market_buy_order_ws
    def create_market_order(
        self, symbol: str | None, side: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrder = create_market_order
    def create_market_order_with_cost(
        self, symbol: str | None, side: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWithCost = create_market_order_with_cost
    def create_market_order_with_cost_ws(
        self, symbol: str | None, side: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWithCostWs = create_market_order_with_cost_ws
    def create_market_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWs = create_market_order_ws
    def create_market_sell_order(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> Order: ...
    createMarketSellOrder = create_market_sell_order
    def create_market_sell_order_with_cost(
        self, symbol: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketSellOrderWithCost = create_market_sell_order_with_cost
    def create_market_sell_order_ws(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> Order: ...
    createMarketSellOrderWs = create_market_sell_order_ws
    def create_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] | None = {},
    ) -> Order: ...
    createOrder = create_order
    def create_order_with_take_profit_and_stop_loss(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        takeProfit: Num = None,
        stopLoss: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createOrderWithTakeProfitAndStopLoss = create_order_with_take_profit_and_stop_loss
    def create_order_with_take_profit_and_stop_loss_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        takeProfit: Num = None,
        stopLoss: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createOrderWithTakeProfitAndStopLossWs = create_order_with_take_profit_and_stop_loss_ws
    def create_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createOrderWs = create_order_ws
    def create_orders(
        self, orders: Sequence[Mapping[str, Any]], params: Mapping[str, Any] | None = {}
    ) -> list[Order]: ...
    createOrders = create_orders
    def create_orders_ws(self, orders: list[Mapping[str, Any]], params: Mapping[str, Any] = {}) -> list[Order]: ...
    createOrdersWs = create_orders_ws
    def create_post_only_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createPostOnlyOrder = create_post_only_order
    def create_post_only_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createPostOnlyOrderWs = create_post_only_order_ws
    def create_reduce_only_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createReduceOnlyOrder = create_reduce_only_order
    def create_reduce_only_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createReduceOnlyOrderWs = create_reduce_only_order_ws
    def create_spot_orders(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    createSpotOrders = create_spot_orders
    def create_stop_limit_order(
        self,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        triggerPrice: float,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLimitOrder = create_stop_limit_order
    def create_stop_limit_order_ws(
        self,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        triggerPrice: float,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLimitOrderWs = create_stop_limit_order_ws
    def create_stop_loss_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        stopLossPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLossOrder = create_stop_loss_order
    def create_stop_loss_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        stopLossPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLossOrderWs = create_stop_loss_order_ws
    def create_stop_market_order(
        self, symbol: str | None, side: str | None, amount: Num, triggerPrice: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createStopMarketOrder = create_stop_market_order
    def create_stop_market_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, triggerPrice: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createStopMarketOrderWs = create_stop_market_order_ws
    def create_stop_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        triggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopOrder = create_stop_order
    def create_stop_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        triggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopOrderWs = create_stop_order_ws
    def create_sub_account(self, name: str, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    createSubAccount = create_sub_account
    def create_take_profit_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        takeProfitPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTakeProfitOrder = create_take_profit_order
    def create_take_profit_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        takeProfitPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTakeProfitOrderWs = create_take_profit_order_ws
    def create_trailing_amount_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        trailingAmount: Num = None,
        trailingTriggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTrailingAmountOrder = create_trailing_amount_order
    def create_trailing_amount_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        trailingAmount: Num = None,
        trailingTriggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTrailingAmountOrderWs = create_trailing_amount_order_ws
    def create_trailing_percent_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        trailingPercent: Num = None,
        trailingTriggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTrailingPercentOrder = create_trailing_percent_order
    def create_trailing_percent_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        trailingPercent: Num = None,
        trailingTriggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTrailingPercentOrderWs = create_trailing_percent_order_ws
    def create_trigger_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        triggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTriggerOrder = create_trigger_order
    def create_trigger_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        triggerPrice: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createTriggerOrderWs = create_trigger_order_ws
    def create_twap_order(
        self, symbol: str | None, side: str | None, amount: Num, duration: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createTwapOrder = create_twap_order
    def describe(self) -> dict[str, Any]: ...
    def edit_limit_buy_order(
        self, id: str | None, symbol: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    editLimitBuyOrder = edit_limit_buy_order
    def edit_limit_order(
        self,
        id: str | None,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    editLimitOrder = edit_limit_order
    def edit_limit_sell_order(
        self, id: str | None, symbol: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    editLimitSellOrder = edit_limit_sell_order
    def edit_order(
        self,
        id: str | None,
        symbol: str | None = None,
        type: str | None = None,
        side: str | None = None,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] | None = {},
    ) -> Order: ...
    editOrder = edit_order
    def edit_order_with_client_order_id(
        self,
        clientOrderId: str,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    editOrderWithClientOrderId = edit_order_with_client_order_id
    def edit_order_ws(
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
    def edit_orders(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    editOrders = edit_orders
    def enable_demo_trading(self, enable: bool) -> None: ...
    enableDemoTrading = enable_demo_trading
    def fetch(self, url: Any, method: Any = "GET", headers: Any | None = None, body: Any | None = None) -> Any: ...
    def fetch2(
        self, path: str, api: Sequence[str] = ..., method: str = "GET", params: Any = {}, config: Mapping[str, Any] = {}
    ) -> Any: ...
    def fetch_accounts(self, params: Mapping[str, Any] | None = {}) -> list[Account]: ...
    fetchAccounts = fetch_accounts
    def fetch_adl_rank(self, symbol: str | None, params: Mapping[str, Any] = {}) -> ADL: ...
    fetchADLRank = fetch_adl_rank
    def fetch_all_greeks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Greeks]: ...
    fetchAllGreeks = fetch_all_greeks
    def fetch_balance(self, params: Mapping[str, Any] | None = {}) -> Balances: ...
    fetchBalance = fetch_balance
    def fetch_balance_ws(self, params: Mapping[str, Any] | None = {}) -> Balances: ...
    fetchBalanceWs = fetch_balance_ws
    def fetch_bids_asks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchBidsAsks = fetch_bids_asks
    def fetch_borrow_interest(
        self,
        code: str | None = None,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[BorrowInterest]: ...
    fetchBorrowInterest = fetch_borrow_interest
    def fetch_borrow_rate(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> Any: ...
    fetchBorrowRate = fetch_borrow_rate
    def fetch_canceled_and_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchCanceledAndClosedOrders = fetch_canceled_and_closed_orders
    def fetch_canceled_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchCanceledOrders = fetch_canceled_orders
    def fetch_closed_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchClosedOrder = fetch_closed_order
    def fetch_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchClosedOrders = fetch_closed_orders
    def fetch_closed_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchClosedOrdersWs = fetch_closed_orders_ws
    def fetch_contract_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    fetchContractDepositAddress = fetch_contract_deposit_address
    def fetch_contract_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchContractOHLCV = fetch_contract_ohlcv
    def fetch_contract_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchContractTickers = fetch_contract_tickers
    def fetch_convert_currencies(self, params: Mapping[str, Any] = {}) -> dict[str, CurrencyInterface]: ...
    fetchConvertCurrencies = fetch_convert_currencies
    def fetch_convert_quote(
        self, fromCode: str, toCode: str, amount: Num = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    fetchConvertQuote = fetch_convert_quote
    def fetch_convert_trade(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    fetchConvertTrade = fetch_convert_trade
    def fetch_convert_trade_history(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Conversion]: ...
    fetchConvertTradeHistory = fetch_convert_trade_history
    def fetch_cross_borrow_rate(self, code: str, params: Any = {}) -> CrossBorrowRate: ...
    fetchCrossBorrowRate = fetch_cross_borrow_rate
    def fetch_cross_borrow_rates(self, params: Mapping[str, Any] = {}) -> dict[str, CrossBorrowRate]: ...
    fetchCrossBorrowRates = fetch_cross_borrow_rates
    def fetch_currencies(self, params: Any = {}) -> dict[str, CurrencyInterface]: ...
    fetchCurrencies = fetch_currencies
    def fetch_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    fetchDepositAddress = fetch_deposit_address
    def fetch_deposit_addresses(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[DepositAddress]: ...
    fetchDepositAddresses = fetch_deposit_addresses
    def fetch_deposit_addresses_by_network(
        self, code: str, params: Mapping[str, Any] = {}
    ) -> dict[str, DepositAddress]: ...
    fetchDepositAddressesByNetwork = fetch_deposit_addresses_by_network
    def fetch_deposit_withdraw_fee(self, code: str, params: Mapping[str, Any] = {}) -> DepositWithdrawFee: ...
    fetchDepositWithdrawFee = fetch_deposit_withdraw_fee
    def fetch_deposit_withdraw_fees(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, DepositWithdrawFee]: ...
    fetchDepositWithdrawFees = fetch_deposit_withdraw_fees
    def fetch_deposits(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDeposits = fetch_deposits
    def fetch_deposits_withdrawals(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDepositsWithdrawals = fetch_deposits_withdrawals
    def fetch_deposits_ws(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDepositsWs = fetch_deposits_ws
    def fetch_free_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchFreeBalance = fetch_free_balance
    def fetch_funding_history(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[FundingHistory]: ...
    fetchFundingHistory = fetch_funding_history
    def fetch_funding_interval(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    fetchFundingInterval = fetch_funding_interval
    def fetch_funding_intervals(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    fetchFundingIntervals = fetch_funding_intervals
    def fetch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    fetchFundingRate = fetch_funding_rate
    def fetch_funding_rate_history(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[FundingRateHistory]: ...
    fetchFundingRateHistory = fetch_funding_rate_history
    def fetch_funding_rates(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    fetchFundingRates = fetch_funding_rates
    def fetch_greeks(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Greeks: ...
    fetchGreeks = fetch_greeks
    def fetch_index_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchIndexOHLCV = fetch_index_ohlcv
    def fetch_isolated_borrow_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> IsolatedBorrowRate: ...
    fetchIsolatedBorrowRate = fetch_isolated_borrow_rate
    def fetch_isolated_borrow_rates(self, params: Mapping[str, Any] = {}) -> dict[str, IsolatedBorrowRate]: ...
    fetchIsolatedBorrowRates = fetch_isolated_borrow_rates
    def fetch_l2_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchL2OrderBook = fetch_l2_order_book
    def fetch_l3_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBookL3: ...
    fetchL3OrderBook = fetch_l3_order_book
    def fetch_last_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, LastPrice]: ...
    fetchLastPrices = fetch_last_prices
    def fetch_ledger(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[LedgerEntry]: ...
    fetchLedger = fetch_ledger
    def fetch_ledger_entry(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> LedgerEntry: ...
    fetchLedgerEntry = fetch_ledger_entry
    def fetch_leverage(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Leverage: ...
    fetchLeverage = fetch_leverage
    def fetch_leverage_tiers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, list[LeverageTier]]: ...
    fetchLeverageTiers = fetch_leverage_tiers
    def fetch_leverages(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Leverage]: ...
    fetchLeverages = fetch_leverages
    def fetch_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    fetchLiquidations = fetch_liquidations
    def fetch_long_short_ratio(
        self, symbol: str | None, timeframe: str | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    fetchLongShortRatio = fetch_long_short_ratio
    def fetch_long_short_ratio_history(
        self,
        symbol: str | None = None,
        timeframe: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[LongShortRatio]: ...
    fetchLongShortRatioHistory = fetch_long_short_ratio_history
    def fetch_margin_adjustment_history(
        self,
        symbol: str | None = None,
        type: str | None = None,
        since: Num = None,
        limit: Num = None,
        params: Mapping[str, Any] = {},
    ) -> list[MarginModification]: ...
    fetchMarginAdjustmentHistory = fetch_margin_adjustment_history
    def fetch_margin_mode(self, symbol: str | None, params: Mapping[str, Any] = {}) -> MarginMode: ...
    fetchMarginMode = fetch_margin_mode
    def fetch_margin_modes(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, MarginMode]: ...
    fetchMarginModes = fetch_margin_modes
    def fetch_mark_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchMarkOHLCV = fetch_mark_ohlcv
    def fetch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchMarkPrice = fetch_mark_price
    def fetch_mark_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchMarkPrices = fetch_mark_prices
    def fetch_market_leverage_tiers(self, symbol: str | None, params: Mapping[str, Any] = {}) -> list[LeverageTier]: ...
    fetchMarketLeverageTiers = fetch_market_leverage_tiers
    def fetch_markets(self, params: Mapping[str, Any] = {}) -> list[MarketInterface]: ...
    fetchMarkets = fetch_markets
    def fetch_my_liquidations(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Liquidation]: ...
    fetchMyLiquidations = fetch_my_liquidations
    def fetch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Trade]: ...
    fetchMyTrades = fetch_my_trades
    def fetch_my_trades_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    fetchMyTradesWs = fetch_my_trades_ws
    def fetch_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchOHLCV = fetch_ohlcv
    def fetch_ohlcv_ws(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchOHLCVWs = fetch_ohlcv_ws
    def fetch_open_interest(self, symbol: str | None, params: Mapping[str, Any] = {}) -> OpenInterest: ...
    fetchOpenInterest = fetch_open_interest
    def fetch_open_interest_history(
        self,
        symbol: str | None,
        timeframe: str = "1h",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    fetchOpenInterestHistory = fetch_open_interest_history
    def fetch_open_interests(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, OpenInterest]: ...
    fetchOpenInterests = fetch_open_interests
    def fetch_open_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOpenOrder = fetch_open_order
    def fetch_open_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchOpenOrders = fetch_open_orders
    def fetch_open_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOpenOrdersWs = fetch_open_orders_ws
    def fetch_option(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Option: ...
    fetchOption = fetch_option
    def fetch_option_chain(self, code: str, params: Mapping[str, Any] = {}) -> dict[str, Option]: ...
    fetchOptionChain = fetch_option_chain
    def fetch_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOrder = fetch_order
    def fetch_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchOrderBook = fetch_order_book
    def fetch_order_book_ws(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchOrderBookWs = fetch_order_book_ws
    def fetch_order_books(
        self, symbols: list[str] | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, OrderBook]: ...
    fetchOrderBooks = fetch_order_books
    def fetch_order_status(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> str | None: ...
    fetchOrderStatus = fetch_order_status
    def fetch_order_trades(
        self,
        id: str | None,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Trade]: ...
    fetchOrderTrades = fetch_order_trades
    def fetch_order_with_client_order_id(
        self, clientOrderId: str, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOrderWithClientOrderId = fetch_order_with_client_order_id
    def fetch_order_ws(self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Order: ...
    fetchOrderWs = fetch_order_ws
    def fetch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchOrders = fetch_orders
    def fetch_orders_by_status_ws(
        self,
        status: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOrdersByStatusWs = fetch_orders_by_status_ws
    def fetch_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOrdersWs = fetch_orders_ws
    def fetch_paginated_call_cursor(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        cursorReceived: str | None = None,
        cursorSent: str | None = None,
        cursorIncrement: int | None = None,
        maxEntriesPerRequest: int | None = None,
    ) -> Any: ...
    fetchPaginatedCallCursor = fetch_paginated_call_cursor
    def fetch_paginated_call_deterministic(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        timeframe: str | None = None,
        params: Mapping[str, Any] = {},
        maxEntriesPerRequest: int | None = None,
    ) -> Any: ...
    fetchPaginatedCallDeterministic = fetch_paginated_call_deterministic
    def fetch_paginated_call_dynamic(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        maxEntriesPerRequest: int | None = None,
        removeRepeated: Any = True,
    ) -> Any: ...
    fetchPaginatedCallDynamic = fetch_paginated_call_dynamic
    def fetch_paginated_call_incremental(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        pageKey: str | None = None,
        maxEntriesPerRequest: int | None = None,
    ) -> Any: ...
    fetchPaginatedCallIncremental = fetch_paginated_call_incremental
    def fetch_partial_balance(self, part: Any, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchPartialBalance = fetch_partial_balance
    def fetch_payment_methods(self, params: Mapping[str, Any] = {}) -> list[dict[str, Any]]: ...
    fetchPaymentMethods = fetch_payment_methods
    def fetch_position(self, symbol: str | None, params: Mapping[str, Any] | None = {}) -> Position: ...
    fetchPosition = fetch_position
    def fetch_position_adl_rank(self, symbol: str | None, params: Mapping[str, Any] = {}) -> ADL: ...
    fetchPositionADLRank = fetch_position_adl_rank
    def fetch_position_history(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionHistory = fetch_position_history
    def fetch_position_mode(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> PositionModeInfo: ...
    fetchPositionMode = fetch_position_mode
    def fetch_position_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Position: ...
    fetchPositionWs = fetch_position_ws
    def fetch_positions(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    fetchPositions = fetch_positions
    def fetch_positions_adl_rank(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[ADL]: ...
    fetchPositionsADLRank = fetch_positions_adl_rank
    def fetch_positions_for_symbol(
        self, symbol: str | None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    fetchPositionsForSymbol = fetch_positions_for_symbol
    def fetch_positions_for_symbol_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> list[Position]: ...
    fetchPositionsForSymbolWs = fetch_positions_for_symbol_ws
    def fetch_positions_history(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Position]: ...
    fetchPositionsHistory = fetch_positions_history
    def fetch_positions_risk(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsRisk = fetch_positions_risk
    def fetch_positions_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsWs = fetch_positions_ws
    def fetch_premium_index_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchPremiumIndexOHLCV = fetch_premium_index_ohlcv
    def fetch_rest_order_book_safe(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    fetchRestOrderBookSafe = fetch_rest_order_book_safe
    def fetch_spot_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchSpotOHLCV = fetch_spot_ohlcv
    def fetch_spot_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    fetchSpotTickers = fetch_spot_tickers
    def fetch_status(self, params: Mapping[str, Any] | None = {}) -> Status: ...
    fetchStatus = fetch_status
    def fetch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchTicker = fetch_ticker
    def fetch_ticker_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchTickerWs = fetch_ticker_ws
    def fetch_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> dict[str, Ticker]: ...
    fetchTickers = fetch_tickers
    def fetch_tickers_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchTickersWs = fetch_tickers_ws
    def fetch_time(self, params: Mapping[str, Any] = {}) -> int | None: ...
    fetchTime = fetch_time
    def fetch_total_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchTotalBalance = fetch_total_balance
    def fetch_trades(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    fetchTrades = fetch_trades
    def fetch_trades_ws(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    fetchTradesWs = fetch_trades_ws
    def fetch_trading_fee(self, symbol: str | None, params: Mapping[str, Any] = {}) -> TradingFeeInterface: ...
    fetchTradingFee = fetch_trading_fee
    def fetch_trading_fees(self, params: Mapping[str, Any] = {}) -> dict[str, TradingFeeInterface]: ...
    fetchTradingFees = fetch_trading_fees
    def fetch_trading_fees_ws(self, params: Mapping[str, Any] = {}) -> dict[str, TradingFeeInterface]: ...
    fetchTradingFeesWs = fetch_trading_fees_ws
    def fetch_trading_limits(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    fetchTradingLimits = fetch_trading_limits
    def fetch_transaction_fee(self, code: str, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    fetchTransactionFee = fetch_transaction_fee
    def fetch_transaction_fees(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    fetchTransactionFees = fetch_transaction_fees
    def fetch_transactions(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchTransactions = fetch_transactions
    def fetch_transfer(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> TransferEntry: ...
    fetchTransfer = fetch_transfer
    def fetch_transfers(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[TransferEntry]: ...
    fetchTransfers = fetch_transfers
    def fetch_unified_order(self, order: Any, params: Mapping[str, Any] = {}) -> Order: ...
    fetchUnifiedOrder = fetch_unified_order
    def fetch_used_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchUsedBalance = fetch_used_balance
    def fetch_web_endpoint(
        self,
        method: str,
        endpointMethod: Any,
        returnAsJson: Any,
        startRegex: str | None = None,
        endRegex: str | None = None,
    ) -> Any: ...
    fetchWebEndpoint = fetch_web_endpoint
    def fetch_withdrawals(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchWithdrawals = fetch_withdrawals
    def fetch_withdrawals_ws(
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
    def init_throttler(self, cost: Num = None) -> Any: ...
    initThrottler = init_throttler
    def is_uta_enabled(self, params: Mapping[str, Any] = {}) -> bool: ...
    isUtaEnabled = is_uta_enabled
    def load_accounts(self, reload: Any = False, params: Mapping[str, Any] = {}) -> Any: ...
    loadAccounts = load_accounts
    def load_dydx_protos(self) -> Any: ...
    loadDydxProtos = load_dydx_protos
    def load_lighter_library(
        self, path: Any, chainId: Any, privateKey: Any, apiKeyIndex: Any, accountIndex: Any, createClient: Any
    ) -> Any: ...
    loadLighterLibrary = load_lighter_library
    def load_markets(self, reload: bool = False, params: Mapping[str, Any] = {}) -> dict[str, MarketInterface]: ...
    loadMarkets = load_markets
    def load_markets_and_sign_in(self) -> Any: ...
    loadMarketsAndSignIn = load_markets_and_sign_in
    def load_time_difference(self, params: Mapping[str, Any] = {}) -> Any: ...
    loadTimeDifference = load_time_difference
    def load_trading_limits(
        self, symbols: list[str] | None = None, reload: Any = False, params: Mapping[str, Any] = {}
    ) -> Any: ...
    loadTradingLimits = load_trading_limits
    def market(self, symbol: str | None) -> MarketInterface: ...
    def merge_positions(
        self, source_position_id: str, target_position_id: str, params: Mapping[str, Any] | None = {}
    ) -> Position: ...
    mergePositions = merge_positions
    myTrades: list[Trade] | None
    ohlcvs: dict[str, dict[str, list[list[Any]]]]
    def oms_get_accounts(self, params: Any = {}) -> Any: ...
    omsGetAccounts = oms_get_accounts
    def oms_get_deals(self, params: Any = {}) -> Any: ...
    omsGetDeals = oms_get_deals
    def oms_get_deals_ids(self, params: Any = {}) -> Any: ...
    omsGetDealsIds = oms_get_deals_ids
    def oms_get_orders_history(self, params: Any = {}) -> Any: ...
    omsGetOrdersHistory = oms_get_orders_history
    def oms_get_orders_ids(self, params: Any = {}) -> Any: ...
    omsGetOrdersIds = oms_get_orders_ids
    def oms_get_orders_open(self, params: Any = {}) -> Any: ...
    omsGetOrdersOpen = oms_get_orders_open
    def oms_get_positions_history(self, params: Any = {}) -> Any: ...
    omsGetPositionsHistory = oms_get_positions_history
    def oms_get_positions_ids(self, params: Any = {}) -> Any: ...
    omsGetPositionsIds = oms_get_positions_ids
    def oms_get_positions_open(self, params: Any = {}) -> Any: ...
    omsGetPositionsOpen = oms_get_positions_open
    def oms_get_reconcile_account_id_status(self, params: Any = {}) -> Any: ...
    omsGetReconcileAccountIdStatus = oms_get_reconcile_account_id_status
    def oms_get_reconcile_status(self, params: Any = {}) -> Any: ...
    omsGetReconcileStatus = oms_get_reconcile_status
    def oms_post_commands(self, params: Any = {}) -> Any: ...
    omsPostCommands = oms_post_commands
    def oms_post_reconcile(self, params: Any = {}) -> Any: ...
    omsPostReconcile = oms_post_reconcile
    def on_connected(self, client: Any, message: Any | None = None) -> None: ...
    onConnected = on_connected
    orderbooks: dict[str, OrderBook]
    orders: list[Order] | None
    def parse_order(self, order: Mapping[str, Any], market: Any | None = None) -> Order: ...
    parseOrder = parse_order
    def parse_position(self, position: Mapping[str, Any], market: Any | None = None) -> Position: ...
    parsePosition = parse_position
    def parse_trade(self, trade: Mapping[str, Any], market: Any | None = None) -> Trade: ...
    parseTrade = parse_trade
    positions: list[Position] | None
    def private_get_strategies(self, params: Any = {}) -> Any: ...
    privateGetStrategies = private_get_strategies
    def private_post_strategies(self, params: Any = {}) -> Any: ...
    privatePostStrategies = private_post_strategies
    def public_get_healthz(self, params: Any = {}) -> Any: ...
    publicGetHealthz = public_get_healthz
    def reconcile(self, params: Mapping[str, Any] | None = {}) -> dict[str, Any]: ...
    def recovered_orders(self) -> list[dict[str, Any]]: ...
    recoveredOrders = recovered_orders
    def reduce_margin(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> MarginModification: ...
    reduceMargin = reduce_margin
    def repay_cross_margin(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> MarginLoan: ...
    repayCrossMargin = repay_cross_margin
    def repay_isolated_margin(
        self, symbol: str | None, code: str, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    repayIsolatedMargin = repay_isolated_margin
    def repay_margin(
        self, code: str, amount: Num, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    repayMargin = repay_margin
    def request(
        self,
        path: str,
        api: list[str] = ["public"],
        method: Any = "GET",
        params: Mapping[str, Any] = {},
        config: dict[str, Any] = {},
    ) -> Any: ...
    def safe_deterministic_call(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        timeframe: str | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    safeDeterministicCall = safe_deterministic_call
    session: Any
    def set_leverage(
        self, leverage: int, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setLeverage = set_leverage
    def set_margin(self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}) -> MarginModification: ...
    setMargin = set_margin
    def set_margin_mode(
        self, marginMode: str, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setMarginMode = set_margin_mode
    def set_position_mode(
        self, hedged: bool, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setPositionMode = set_position_mode
    def set_position_stops(
        self, position_id: str, stop_loss: Num, take_profit: Num, params: Mapping[str, Any] | None = {}
    ) -> Position: ...
    setPositionStops = set_position_stops
    def set_sandbox_mode(self, enabled: bool) -> None: ...
    setSandboxMode = set_sandbox_mode
    def sign_in(self, params: Any = {}) -> dict[str, Any]: ...
    signIn = sign_in
    def sleep(self, milliseconds: Any) -> Any: ...
    def stats(self) -> dict[str, Any]: ...
    def stream_status(self) -> dict[str, Any]: ...
    streamStatus = stream_status
    synchronous: bool
    def throttle(self, cost: Num = None) -> Any: ...
    tickers: dict[str, Ticker]
    trades: dict[str, list[Trade]]
    def transfer(
        self, code: str, amount: Num, fromAccount: str, toAccount: str, params: Mapping[str, Any] = {}
    ) -> TransferEntry: ...
    def un_watch_balance(self, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchBalance = un_watch_balance
    def un_watch_bids_asks(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchBidsAsks = un_watch_bids_asks
    def un_watch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchFundingRate = un_watch_funding_rate
    def un_watch_funding_rates(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchFundingRates = un_watch_funding_rates
    def un_watch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMarkPrice = un_watch_mark_price
    def un_watch_mark_prices(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMarkPrices = un_watch_mark_prices
    def un_watch_my_trades(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMyTrades = un_watch_my_trades
    def un_watch_my_trades_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchMyTradesForSymbols = un_watch_my_trades_for_symbols
    def un_watch_ohlcv(self, symbol: str | None, timeframe: str = "1m", params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOHLCV = un_watch_ohlcv
    def un_watch_ohlcv_for_symbols(
        self, symbolsAndTimeframes: list[list[str]], params: Mapping[str, Any] = {}
    ) -> bool: ...
    unWatchOHLCVForSymbols = un_watch_ohlcv_for_symbols
    def un_watch_order_book(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrderBook = un_watch_order_book
    def un_watch_order_book_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrderBookForSymbols = un_watch_order_book_for_symbols
    def un_watch_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrders = un_watch_orders
    def un_watch_orders_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchOrdersForSymbols = un_watch_orders_for_symbols
    def un_watch_positions(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchPositions = un_watch_positions
    def un_watch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTicker = un_watch_ticker
    def un_watch_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTickers = un_watch_tickers
    def un_watch_trades(self, symbol: str | None, params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTrades = un_watch_trades
    def un_watch_trades_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> bool: ...
    unWatchTradesForSymbols = un_watch_trades_for_symbols
    def unknown_orders(self) -> list[str]: ...
    unknownOrders = unknown_orders
    def watch_balance(self, params: Mapping[str, Any] = {}, *, timeout: float | None = None) -> Balances: ...
    watchBalance = watch_balance
    def watch_bids_asks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> dict[str, Ticker]: ...
    watchBidsAsks = watch_bids_asks
    def watch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    watchFundingRate = watch_funding_rate
    def watch_funding_rates(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    watchFundingRates = watch_funding_rates
    def watch_funding_rates_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> Any: ...
    watchFundingRatesForSymbols = watch_funding_rates_for_symbols
    def watch_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchLiquidations = watch_liquidations
    def watch_liquidations_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchLiquidationsForSymbols = watch_liquidations_for_symbols
    def watch_mark_price(
        self, symbol: str | None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> Ticker: ...
    watchMarkPrice = watch_mark_price
    def watch_mark_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> dict[str, Ticker]: ...
    watchMarkPrices = watch_mark_prices
    def watch_my_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchMyLiquidations = watch_my_liquidations
    def watch_my_liquidations_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchMyLiquidationsForSymbols = watch_my_liquidations_for_symbols
    def watch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Trade]: ...
    watchMyTrades = watch_my_trades
    def watch_my_trades_for_symbols(
        self,
        symbols: list[str],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Trade]: ...
    watchMyTradesForSymbols = watch_my_trades_for_symbols
    def watch_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[list[Any]]: ...
    watchOHLCV = watch_ohlcv
    def watch_ohlcv_for_symbols(
        self,
        symbolsAndTimeframes: list[list[str]],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> dict[str, dict[str, list[list[Any]]]]: ...
    watchOHLCVForSymbols = watch_ohlcv_for_symbols
    def watch_order_book(
        self,
        symbol: str | None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> OrderBook: ...
    watchOrderBook = watch_order_book
    def watch_order_book_for_symbols(
        self,
        symbols: list[str],
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> OrderBook: ...
    watchOrderBookForSymbols = watch_order_book_for_symbols
    def watch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Order]: ...
    watchOrders = watch_orders
    def watch_orders_for_symbols(
        self,
        symbols: list[str],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Order]: ...
    watchOrdersForSymbols = watch_orders_for_symbols
    def watch_position(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> Position: ...
    watchPosition = watch_position
    def watch_position_for_symbols(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    watchPositionForSymbols = watch_position_for_symbols
    def watch_positions(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Position]: ...
    watchPositions = watch_positions
    def watch_ticker(
        self, symbol: str | None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> Ticker: ...
    watchTicker = watch_ticker
    def watch_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}, *, timeout: float | None = None
    ) -> dict[str, Ticker]: ...
    watchTickers = watch_tickers
    def watch_trades(
        self,
        symbol: str | None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Trade]: ...
    watchTrades = watch_trades
    def watch_trades_for_symbols(
        self,
        symbols: list[str],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
        *,
        timeout: float | None = None,
    ) -> list[Trade]: ...
    watchTradesForSymbols = watch_trades_for_symbols
    def withdraw(self, code: str, amount: Num, address: str, params: Mapping[str, Any] = {}) -> Transaction: ...
    def withdraw_ws(self, code: str, amount: Num, address: str, params: Mapping[str, Any] = {}) -> Transaction: ...
    withdrawWs = withdraw_ws
