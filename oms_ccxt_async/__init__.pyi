# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
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

from oms_ccxt_async.exchange.base import Recovered
from oms_ccxt_async.typed.base import Base
from oms_ccxt_async.typed.seen import Exchange, RequestTimeout

from oms_ccxt_async.evidence import Fate as Fate
from oms_ccxt_async.dropin.registry import register as register
from oms_ccxt_async import sync as sync
from oms_ccxt_async.dropin.registry import unregister as unregister

__all__ = ["Fate", "OrderOutcomeUnknown", "oms", "register", "sync", "unregister"]
__version__: str

class OrderOutcomeUnknown(RequestTimeout):
    def __init__(
        self,
        message: str,
        *,
        client_order_id: str,
        request: Mapping[str, Any],
        resolver: Callable[[], Awaitable[Any]] | None = None,
    ) -> None: ...
    client_order_id: str
    clientOrderId: str
    request: dict[str, Any]
    orders: list[Order]
    fate: Fate
    asked: str | None
    status: int | None
    code: str | None
    detail: Any
    attempts: int
    doubted: bool
    retry_after: float | None
    location: str | None
    order: dict[str, Any] | None
    order_id: str | None

    async def resolve(self) -> Any: ...

class oms(Base, Exchange):
    def __init__(self, config: Mapping[str, Any] = {}) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> None: ...
    async def add_margin(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginModification: ...
    addMargin = add_margin
    async def borrow_cross_margin(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> MarginLoan: ...
    borrowCrossMargin = borrow_cross_margin
    async def borrow_isolated_margin(
        self, symbol: str | None, code: str, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    borrowIsolatedMargin = borrow_isolated_margin
    async def borrow_margin(
        self, code: str, amount: Num, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    borrowMargin = borrow_margin
    async def cancel_all_contract_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelAllContractOrders = cancel_all_contract_orders
    async def cancel_all_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Order]: ...
    cancelAllOrders = cancel_all_orders
    async def cancel_all_orders_after(self, timeout: int | None, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    cancelAllOrdersAfter = cancel_all_orders_after
    async def cancel_all_orders_ws(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> list[Order]: ...
    cancelAllOrdersWs = cancel_all_orders_ws
    async def cancel_all_spot_orders(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelAllSpotOrders = cancel_all_spot_orders
    async def cancel_contract_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelContractOrder = cancel_contract_order
    async def cancel_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    cancelOrder = cancel_order
    async def cancel_order_with_client_order_id(
        self, clientOrderId: str, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelOrderWithClientOrderId = cancel_order_with_client_order_id
    async def cancel_order_ws(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelOrderWs = cancel_order_ws
    async def cancel_orders(
        self, ids: Iterable[str | None], symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Order]: ...
    cancelOrders = cancel_orders
    async def cancel_orders_for_symbols(
        self, orders: list[CancellationRequest], params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersForSymbols = cancel_orders_for_symbols
    async def cancel_orders_with_client_order_ids(
        self, clientOrderIds: list[str], symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersWithClientOrderIds = cancel_orders_with_client_order_ids
    async def cancel_orders_ws(
        self, ids: Iterable[str | None], symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    cancelOrdersWs = cancel_orders_ws
    async def cancel_spot_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    cancelSpotOrder = cancel_spot_order
    async def cancel_unified_order(self, order: Order, params: Mapping[str, Any] = {}) -> Order: ...
    cancelUnifiedOrder = cancel_unified_order
    async def ccxt_get_orders_raw(self, params: Any = {}) -> Any: ...
    ccxtGetOrdersRaw = ccxt_get_orders_raw
    async def ccxt_get_trades_raw(self, params: Any = {}) -> Any: ...
    ccxtGetTradesRaw = ccxt_get_trades_raw
    async def ccxt_post_account_id_func(self, params: Any = {}) -> Any: ...
    ccxtPostAccountIdFunc = ccxt_post_account_id_func
    async def ccxt_post_commands(self, params: Any = {}) -> Any: ...
    ccxtPostCommands = ccxt_post_commands
    async def ccxt_post_core_account_id_func(self, params: Any = {}) -> Any: ...
    ccxtPostCoreAccountIdFunc = ccxt_post_core_account_id_func
    def client(self, url: Any) -> Any: ...
    clients: dict[str, Any]
    async def close(self, clean_instance_data: bool = False) -> None: ...
    async def close_all_positions(self, params: Mapping[str, Any] | None = {}) -> list[Position]: ...
    closeAllPositions = close_all_positions
    async def close_by(
        self, position_id_a: str, position_id_b: str, amount: Num = None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    closeBy = close_by
    async def close_connector(self) -> Any: ...
    closeConnector = close_connector
    async def close_position(
        self, symbol: str | None, side: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    closePosition = close_position
    async def close_proxy_sessions(self) -> Any: ...
    closeProxySessions = close_proxy_sessions
    async def close_ws_clients(self) -> Any: ...
    closeWsClients = close_ws_clients
    closed_by_user: bool
    def counted_order_book(self, snapshot: Any = {}, depth: Any | None = None) -> Any: ...
    countedOrderBook = counted_order_book
    async def create_contract_orders(
        self, orders: list[OrderRequest], params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    createContractOrders = create_contract_orders
    async def create_convert_trade(
        self, id: str | None, fromCode: str, toCode: str, amount: Num = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    createConvertTrade = create_convert_trade
    async def create_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    createDepositAddress = create_deposit_address
    async def create_limit_buy_order(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitBuyOrder = create_limit_buy_order
    async def create_limit_buy_order_ws(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitBuyOrderWs = create_limit_buy_order_ws
    async def create_limit_order(
        self, symbol: str | None, side: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitOrder = create_limit_order
    async def create_limit_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitOrderWs = create_limit_order_ws
    async def create_limit_sell_order(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitSellOrder = create_limit_sell_order
    async def create_limit_sell_order_ws(
        self, symbol: str | None, amount: Num, price: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createLimitSellOrderWs = create_limit_sell_order_ws
    async def create_market_buy_order(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketBuyOrder = create_market_buy_order
    async def create_market_buy_order_with_cost(
        self, symbol: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketBuyOrderWithCost = create_market_buy_order_with_cost
    async def create_market_buy_order_ws(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketBuyOrderWs = create_market_buy_order_ws
    async def create_market_order(
        self, symbol: str | None, side: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrder = create_market_order
    async def create_market_order_with_cost(
        self, symbol: str | None, side: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWithCost = create_market_order_with_cost
    async def create_market_order_with_cost_ws(
        self, symbol: str | None, side: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWithCostWs = create_market_order_with_cost_ws
    async def create_market_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketOrderWs = create_market_order_ws
    async def create_market_sell_order(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketSellOrder = create_market_sell_order
    async def create_market_sell_order_with_cost(
        self, symbol: str | None, cost: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketSellOrderWithCost = create_market_sell_order_with_cost
    async def create_market_sell_order_ws(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createMarketSellOrderWs = create_market_sell_order_ws
    async def create_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] | None = {},
    ) -> Order: ...
    createOrder = create_order
    async def create_order_with_take_profit_and_stop_loss(
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
    async def create_order_with_take_profit_and_stop_loss_ws(
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
    async def create_orders(
        self, orders: Sequence[Mapping[str, Any]], params: Mapping[str, Any] | None = {}
    ) -> list[Order]: ...
    createOrders = create_orders
    async def create_orders_ws(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    createOrdersWs = create_orders_ws
    async def create_post_only_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createPostOnlyOrder = create_post_only_order
    async def create_post_only_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createPostOnlyOrderWs = create_post_only_order_ws
    async def create_reduce_only_order(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createReduceOnlyOrder = create_reduce_only_order
    async def create_reduce_only_order_ws(
        self,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createReduceOnlyOrderWs = create_reduce_only_order_ws
    async def create_spot_orders(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    createSpotOrders = create_spot_orders
    async def create_stop_limit_order(
        self,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        triggerPrice: float,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLimitOrder = create_stop_limit_order
    async def create_stop_limit_order_ws(
        self,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num,
        triggerPrice: float,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    createStopLimitOrderWs = create_stop_limit_order_ws
    async def create_stop_loss_order(
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
    async def create_stop_loss_order_ws(
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
    async def create_stop_market_order(
        self, symbol: str | None, side: str | None, amount: Num, triggerPrice: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createStopMarketOrder = create_stop_market_order
    async def create_stop_market_order_ws(
        self, symbol: str | None, side: str | None, amount: Num, triggerPrice: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createStopMarketOrderWs = create_stop_market_order_ws
    async def create_stop_order(
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
    async def create_stop_order_ws(
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
    async def create_sub_account(self, name: str, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    createSubAccount = create_sub_account
    async def create_take_profit_order(
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
    async def create_take_profit_order_ws(
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
    async def create_trailing_amount_order(
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
    async def create_trailing_amount_order_ws(
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
    async def create_trailing_percent_order(
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
    async def create_trailing_percent_order_ws(
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
    async def create_trigger_order(
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
    async def create_trigger_order_ws(
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
    async def create_twap_order(
        self, symbol: str | None, side: str | None, amount: Num, duration: float, params: Mapping[str, Any] = {}
    ) -> Order: ...
    createTwapOrder = create_twap_order
    def decode_proto_msg(self, data: Any) -> Any: ...
    decodeProtoMsg = decode_proto_msg
    def delay(self, timeout: Any, method: Any, *args: Any) -> Any: ...
    def describe(self) -> dict[str, Any]: ...
    async def edit_limit_buy_order(
        self, id: str | None, symbol: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    editLimitBuyOrder = edit_limit_buy_order
    async def edit_limit_order(
        self,
        id: str | None,
        symbol: str | None,
        side: str | None,
        amount: Num,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    editLimitOrder = edit_limit_order
    async def edit_limit_sell_order(
        self, id: str | None, symbol: str | None, amount: Num, price: Num = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    editLimitSellOrder = edit_limit_sell_order
    async def edit_order(
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
    async def edit_order_with_client_order_id(
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
    async def edit_order_ws(
        self,
        id: str | None,
        symbol: str | None,
        type: str | None,
        side: str | None,
        amount: Num = None,
        price: Num = None,
        params: Mapping[str, Any] = {},
    ) -> Order: ...
    editOrderWs = edit_order_ws
    async def edit_orders(self, orders: list[OrderRequest], params: Mapping[str, Any] = {}) -> list[Order]: ...
    editOrders = edit_orders
    def enable_demo_trading(self, enable: bool) -> None: ...
    enableDemoTrading = enable_demo_trading
    async def fetch(
        self, url: Any, method: Any = "GET", headers: Any | None = None, body: Any | None = None
    ) -> Any: ...
    async def fetch2(
        self, path: str, api: Sequence[str] = ..., method: str = "GET", params: Any = {}, config: Mapping[str, Any] = {}
    ) -> Any: ...
    async def fetch_accounts(self, params: Mapping[str, Any] | None = {}) -> list[Account]: ...
    fetchAccounts = fetch_accounts
    async def fetch_adl_rank(self, symbol: str | None, params: Mapping[str, Any] = {}) -> ADL: ...
    fetchADLRank = fetch_adl_rank
    async def fetch_all_greeks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Greeks]: ...
    fetchAllGreeks = fetch_all_greeks
    async def fetch_balance(self, params: Mapping[str, Any] | None = {}) -> Balances: ...
    fetchBalance = fetch_balance
    async def fetch_balance_ws(self, params: Mapping[str, Any] = {}) -> Balances: ...
    fetchBalanceWs = fetch_balance_ws
    async def fetch_bids_asks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchBidsAsks = fetch_bids_asks
    async def fetch_borrow_interest(
        self,
        code: str | None = None,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[BorrowInterest]: ...
    fetchBorrowInterest = fetch_borrow_interest
    async def fetch_borrow_rate(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> Any: ...
    fetchBorrowRate = fetch_borrow_rate
    async def fetch_canceled_and_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchCanceledAndClosedOrders = fetch_canceled_and_closed_orders
    async def fetch_canceled_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchCanceledOrders = fetch_canceled_orders
    async def fetch_closed_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchClosedOrder = fetch_closed_order
    async def fetch_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchClosedOrders = fetch_closed_orders
    async def fetch_closed_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchClosedOrdersWs = fetch_closed_orders_ws
    async def fetch_contract_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    fetchContractDepositAddress = fetch_contract_deposit_address
    async def fetch_contract_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchContractOHLCV = fetch_contract_ohlcv
    async def fetch_contract_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchContractTickers = fetch_contract_tickers
    async def fetch_convert_currencies(self, params: Mapping[str, Any] = {}) -> dict[str, CurrencyInterface]: ...
    fetchConvertCurrencies = fetch_convert_currencies
    async def fetch_convert_quote(
        self, fromCode: str, toCode: str, amount: Num = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    fetchConvertQuote = fetch_convert_quote
    async def fetch_convert_trade(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> Conversion: ...
    fetchConvertTrade = fetch_convert_trade
    async def fetch_convert_trade_history(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Conversion]: ...
    fetchConvertTradeHistory = fetch_convert_trade_history
    async def fetch_cross_borrow_rate(self, code: str, params: Any = {}) -> CrossBorrowRate: ...
    fetchCrossBorrowRate = fetch_cross_borrow_rate
    async def fetch_cross_borrow_rates(self, params: Mapping[str, Any] = {}) -> dict[str, CrossBorrowRate]: ...
    fetchCrossBorrowRates = fetch_cross_borrow_rates
    async def fetch_currencies(self, params: Any = {}) -> dict[str, CurrencyInterface]: ...
    fetchCurrencies = fetch_currencies
    async def fetch_deposit_address(self, code: str, params: Mapping[str, Any] = {}) -> DepositAddress: ...
    fetchDepositAddress = fetch_deposit_address
    async def fetch_deposit_addresses(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[DepositAddress]: ...
    fetchDepositAddresses = fetch_deposit_addresses
    async def fetch_deposit_addresses_by_network(
        self, code: str, params: Mapping[str, Any] = {}
    ) -> dict[str, DepositAddress]: ...
    fetchDepositAddressesByNetwork = fetch_deposit_addresses_by_network
    async def fetch_deposit_withdraw_fee(self, code: str, params: Mapping[str, Any] = {}) -> DepositWithdrawFee: ...
    fetchDepositWithdrawFee = fetch_deposit_withdraw_fee
    async def fetch_deposit_withdraw_fees(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, DepositWithdrawFee]: ...
    fetchDepositWithdrawFees = fetch_deposit_withdraw_fees
    async def fetch_deposits(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDeposits = fetch_deposits
    async def fetch_deposits_withdrawals(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDepositsWithdrawals = fetch_deposits_withdrawals
    async def fetch_deposits_ws(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchDepositsWs = fetch_deposits_ws
    async def fetch_free_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchFreeBalance = fetch_free_balance
    async def fetch_funding_history(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[FundingHistory]: ...
    fetchFundingHistory = fetch_funding_history
    async def fetch_funding_interval(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    fetchFundingInterval = fetch_funding_interval
    async def fetch_funding_intervals(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    fetchFundingIntervals = fetch_funding_intervals
    async def fetch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    fetchFundingRate = fetch_funding_rate
    async def fetch_funding_rate_history(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[FundingRateHistory]: ...
    fetchFundingRateHistory = fetch_funding_rate_history
    async def fetch_funding_rates(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    fetchFundingRates = fetch_funding_rates
    async def fetch_greeks(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Greeks: ...
    fetchGreeks = fetch_greeks
    async def fetch_index_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchIndexOHLCV = fetch_index_ohlcv
    async def fetch_isolated_borrow_rate(
        self, symbol: str | None, params: Mapping[str, Any] = {}
    ) -> IsolatedBorrowRate: ...
    fetchIsolatedBorrowRate = fetch_isolated_borrow_rate
    async def fetch_isolated_borrow_rates(self, params: Mapping[str, Any] = {}) -> dict[str, IsolatedBorrowRate]: ...
    fetchIsolatedBorrowRates = fetch_isolated_borrow_rates
    async def fetch_l2_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchL2OrderBook = fetch_l2_order_book
    async def fetch_l3_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBookL3: ...
    fetchL3OrderBook = fetch_l3_order_book
    async def fetch_last_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, LastPrice]: ...
    fetchLastPrices = fetch_last_prices
    async def fetch_ledger(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[LedgerEntry]: ...
    fetchLedger = fetch_ledger
    async def fetch_ledger_entry(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> LedgerEntry: ...
    fetchLedgerEntry = fetch_ledger_entry
    async def fetch_leverage(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Leverage: ...
    fetchLeverage = fetch_leverage
    async def fetch_leverage_tiers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, list[LeverageTier]]: ...
    fetchLeverageTiers = fetch_leverage_tiers
    async def fetch_leverages(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Leverage]: ...
    fetchLeverages = fetch_leverages
    async def fetch_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    fetchLiquidations = fetch_liquidations
    async def fetch_long_short_ratio(
        self, symbol: str | None, timeframe: str | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    fetchLongShortRatio = fetch_long_short_ratio
    async def fetch_long_short_ratio_history(
        self,
        symbol: str | None = None,
        timeframe: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[LongShortRatio]: ...
    fetchLongShortRatioHistory = fetch_long_short_ratio_history
    async def fetch_margin_adjustment_history(
        self,
        symbol: str | None = None,
        type: str | None = None,
        since: Num = None,
        limit: Num = None,
        params: Mapping[str, Any] = {},
    ) -> list[MarginModification]: ...
    fetchMarginAdjustmentHistory = fetch_margin_adjustment_history
    async def fetch_margin_mode(self, symbol: str | None, params: Mapping[str, Any] = {}) -> MarginMode: ...
    fetchMarginMode = fetch_margin_mode
    async def fetch_margin_modes(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, MarginMode]: ...
    fetchMarginModes = fetch_margin_modes
    async def fetch_mark_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchMarkOHLCV = fetch_mark_ohlcv
    async def fetch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchMarkPrice = fetch_mark_price
    async def fetch_mark_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchMarkPrices = fetch_mark_prices
    async def fetch_market_leverage_tiers(
        self, symbol: str | None, params: Mapping[str, Any] = {}
    ) -> list[LeverageTier]: ...
    fetchMarketLeverageTiers = fetch_market_leverage_tiers
    async def fetch_markets(self, params: Mapping[str, Any] = {}) -> list[MarketInterface]: ...
    fetchMarkets = fetch_markets
    async def fetch_my_liquidations(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Liquidation]: ...
    fetchMyLiquidations = fetch_my_liquidations
    async def fetch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Trade]: ...
    fetchMyTrades = fetch_my_trades
    async def fetch_my_trades_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    fetchMyTradesWs = fetch_my_trades_ws
    async def fetch_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchOHLCV = fetch_ohlcv
    async def fetch_ohlcv_ws(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchOHLCVWs = fetch_ohlcv_ws
    async def fetch_open_interest(self, symbol: str | None, params: Mapping[str, Any] = {}) -> OpenInterest: ...
    fetchOpenInterest = fetch_open_interest
    async def fetch_open_interest_history(
        self,
        symbol: str | None,
        timeframe: str = "1h",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    fetchOpenInterestHistory = fetch_open_interest_history
    async def fetch_open_interests(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, OpenInterest]: ...
    fetchOpenInterests = fetch_open_interests
    async def fetch_open_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOpenOrder = fetch_open_order
    async def fetch_open_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchOpenOrders = fetch_open_orders
    async def fetch_open_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOpenOrdersWs = fetch_open_orders_ws
    async def fetch_option(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Option: ...
    fetchOption = fetch_option
    async def fetch_option_chain(self, code: str, params: Mapping[str, Any] = {}) -> dict[str, Option]: ...
    fetchOptionChain = fetch_option_chain
    async def fetch_order(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOrder = fetch_order
    async def fetch_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchOrderBook = fetch_order_book
    async def fetch_order_book_ws(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    fetchOrderBookWs = fetch_order_book_ws
    async def fetch_order_books(
        self, symbols: list[str] | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, OrderBook]: ...
    fetchOrderBooks = fetch_order_books
    async def fetch_order_status(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> str | None: ...
    fetchOrderStatus = fetch_order_status
    async def fetch_order_trades(
        self,
        id: str | None,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Trade]: ...
    fetchOrderTrades = fetch_order_trades
    async def fetch_order_with_client_order_id(
        self, clientOrderId: str, symbol: str | None = None, params: Mapping[str, Any] | None = {}
    ) -> Order: ...
    fetchOrderWithClientOrderId = fetch_order_with_client_order_id
    async def fetch_order_ws(
        self, id: str | None, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> Order: ...
    fetchOrderWs = fetch_order_ws
    async def fetch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Order]: ...
    fetchOrders = fetch_orders
    async def fetch_orders_by_status_ws(
        self,
        status: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOrdersByStatusWs = fetch_orders_by_status_ws
    async def fetch_orders_ws(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    fetchOrdersWs = fetch_orders_ws
    async def fetch_paginated_call_cursor(
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
    async def fetch_paginated_call_deterministic(
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
    async def fetch_paginated_call_dynamic(
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
    async def fetch_paginated_call_incremental(
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
    async def fetch_partial_balance(self, part: Any, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchPartialBalance = fetch_partial_balance
    async def fetch_payment_methods(self, params: Mapping[str, Any] = {}) -> list[dict[str, Any]]: ...
    fetchPaymentMethods = fetch_payment_methods
    async def fetch_position(self, symbol: str | None, params: Mapping[str, Any] | None = {}) -> Position: ...
    fetchPosition = fetch_position
    async def fetch_position_adl_rank(self, symbol: str | None, params: Mapping[str, Any] = {}) -> ADL: ...
    fetchPositionADLRank = fetch_position_adl_rank
    async def fetch_position_history(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionHistory = fetch_position_history
    async def fetch_position_mode(
        self, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> PositionModeInfo: ...
    fetchPositionMode = fetch_position_mode
    async def fetch_position_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Position: ...
    fetchPositionWs = fetch_position_ws
    async def fetch_positions(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    fetchPositions = fetch_positions
    async def fetch_positions_adl_rank(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[ADL]: ...
    fetchPositionsADLRank = fetch_positions_adl_rank
    async def fetch_positions_for_symbol(
        self, symbol: str | None, params: Mapping[str, Any] | None = {}
    ) -> list[Position]: ...
    fetchPositionsForSymbol = fetch_positions_for_symbol
    async def fetch_positions_for_symbol_ws(
        self, symbol: str | None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsForSymbolWs = fetch_positions_for_symbol_ws
    async def fetch_positions_history(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = {},
    ) -> list[Position]: ...
    fetchPositionsHistory = fetch_positions_history
    async def fetch_positions_risk(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsRisk = fetch_positions_risk
    async def fetch_positions_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> list[Position]: ...
    fetchPositionsWs = fetch_positions_ws
    async def fetch_premium_index_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchPremiumIndexOHLCV = fetch_premium_index_ohlcv
    async def fetch_rest_order_book_safe(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> Any: ...
    fetchRestOrderBookSafe = fetch_rest_order_book_safe
    async def fetch_spot_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    fetchSpotOHLCV = fetch_spot_ohlcv
    async def fetch_spot_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    fetchSpotTickers = fetch_spot_tickers
    async def fetch_status(self, params: Mapping[str, Any] | None = {}) -> Status: ...
    fetchStatus = fetch_status
    async def fetch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchTicker = fetch_ticker
    async def fetch_ticker_ws(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    fetchTickerWs = fetch_ticker_ws
    async def fetch_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchTickers = fetch_tickers
    async def fetch_tickers_ws(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    fetchTickersWs = fetch_tickers_ws
    async def fetch_time(self, params: Mapping[str, Any] = {}) -> int | None: ...
    fetchTime = fetch_time
    async def fetch_total_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchTotalBalance = fetch_total_balance
    async def fetch_trades(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    fetchTrades = fetch_trades
    async def fetch_trades_ws(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    fetchTradesWs = fetch_trades_ws
    async def fetch_trading_fee(self, symbol: str | None, params: Mapping[str, Any] = {}) -> TradingFeeInterface: ...
    fetchTradingFee = fetch_trading_fee
    async def fetch_trading_fees(self, params: Mapping[str, Any] = {}) -> dict[str, TradingFeeInterface]: ...
    fetchTradingFees = fetch_trading_fees
    async def fetch_trading_fees_ws(self, params: Mapping[str, Any] = {}) -> dict[str, TradingFeeInterface]: ...
    fetchTradingFeesWs = fetch_trading_fees_ws
    async def fetch_trading_limits(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    fetchTradingLimits = fetch_trading_limits
    async def fetch_transaction_fee(self, code: str, params: Mapping[str, Any] = {}) -> dict[str, Any]: ...
    fetchTransactionFee = fetch_transaction_fee
    async def fetch_transaction_fees(
        self, codes: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    fetchTransactionFees = fetch_transaction_fees
    async def fetch_transactions(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchTransactions = fetch_transactions
    async def fetch_transfer(
        self, id: str | None, code: str | None = None, params: Mapping[str, Any] = {}
    ) -> TransferEntry: ...
    fetchTransfer = fetch_transfer
    async def fetch_transfers(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[TransferEntry]: ...
    fetchTransfers = fetch_transfers
    async def fetch_unified_order(self, order: Any, params: Mapping[str, Any] = {}) -> Order: ...
    fetchUnifiedOrder = fetch_unified_order
    async def fetch_used_balance(self, params: Mapping[str, Any] = {}) -> dict[str, Num]: ...
    fetchUsedBalance = fetch_used_balance
    async def fetch_web_endpoint(
        self,
        method: str,
        endpointMethod: Any,
        returnAsJson: Any,
        startRegex: str | None = None,
        endRegex: str | None = None,
    ) -> Any: ...
    fetchWebEndpoint = fetch_web_endpoint
    async def fetch_withdrawals(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchWithdrawals = fetch_withdrawals
    async def fetch_withdrawals_ws(
        self,
        code: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Transaction]: ...
    fetchWithdrawalsWs = fetch_withdrawals_ws
    def get_event_loop(self) -> Any: ...
    getEventLoop = get_event_loop
    def get_session(self) -> Any: ...
    getSession = get_session
    def get_socks_proxy_session(self, socksProxy: Any) -> Any: ...
    getSocksProxySession = get_socks_proxy_session
    @staticmethod
    def gunzip(data: Any) -> Any: ...
    def handle_message(self, client: Any, message: Any) -> Any: ...
    handleMessage = handle_message
    def indexed_order_book(self, snapshot: Any = {}, depth: Any | None = None) -> Any: ...
    indexedOrderBook = indexed_order_book
    @staticmethod
    def inflate(data: Any) -> Any: ...
    def init_throttler(self, cost: Num = None) -> Any: ...
    initThrottler = init_throttler
    async def is_uta_enabled(self, params: Mapping[str, Any] = {}) -> bool: ...
    isUtaEnabled = is_uta_enabled
    async def load_accounts(self, reload: Any = False, params: Mapping[str, Any] = {}) -> Any: ...
    loadAccounts = load_accounts
    async def load_dydx_protos(self) -> Any: ...
    loadDydxProtos = load_dydx_protos
    async def load_lighter_library(
        self, path: Any, chainId: Any, privateKey: Any, apiKeyIndex: Any, accountIndex: Any, createClient: Any
    ) -> Any: ...
    loadLighterLibrary = load_lighter_library
    async def load_markets(
        self, reload: bool = False, params: Mapping[str, Any] = {}
    ) -> dict[str, MarketInterface]: ...
    loadMarkets = load_markets
    async def load_markets_and_sign_in(self) -> Any: ...
    loadMarketsAndSignIn = load_markets_and_sign_in
    async def load_markets_helper(self, reload: Any = False, params: Any = {}) -> Any: ...
    loadMarketsHelper = load_markets_helper
    async def load_order_book(
        self, client: Any, messageHash: Any, symbol: str | None, limit: Any | None = None, params: Any = {}
    ) -> Any: ...
    loadOrderBook = load_order_book
    async def load_time_difference(self, params: Mapping[str, Any] = {}) -> Any: ...
    loadTimeDifference = load_time_difference
    async def load_trading_limits(
        self, symbols: list[str] | None = None, reload: Any = False, params: Mapping[str, Any] = {}
    ) -> Any: ...
    loadTradingLimits = load_trading_limits
    logger: Any
    def market(self, symbol: str | None) -> MarketInterface: ...
    async def merge_positions(
        self, source_position_id: str, target_position_id: str, params: Mapping[str, Any] | None = {}
    ) -> Position: ...
    mergePositions = merge_positions
    newUpdates: bool
    async def oms_get_accounts(self, params: Any = {}) -> Any: ...
    omsGetAccounts = oms_get_accounts
    async def oms_get_deals(self, params: Any = {}) -> Any: ...
    omsGetDeals = oms_get_deals
    async def oms_get_deals_ids(self, params: Any = {}) -> Any: ...
    omsGetDealsIds = oms_get_deals_ids
    async def oms_get_orders_history(self, params: Any = {}) -> Any: ...
    omsGetOrdersHistory = oms_get_orders_history
    async def oms_get_orders_ids(self, params: Any = {}) -> Any: ...
    omsGetOrdersIds = oms_get_orders_ids
    async def oms_get_orders_open(self, params: Any = {}) -> Any: ...
    omsGetOrdersOpen = oms_get_orders_open
    async def oms_get_positions_history(self, params: Any = {}) -> Any: ...
    omsGetPositionsHistory = oms_get_positions_history
    async def oms_get_positions_ids(self, params: Any = {}) -> Any: ...
    omsGetPositionsIds = oms_get_positions_ids
    async def oms_get_positions_open(self, params: Any = {}) -> Any: ...
    omsGetPositionsOpen = oms_get_positions_open
    async def oms_get_reconcile_account_id_status(self, params: Any = {}) -> Any: ...
    omsGetReconcileAccountIdStatus = oms_get_reconcile_account_id_status
    async def oms_get_reconcile_status(self, params: Any = {}) -> Any: ...
    omsGetReconcileStatus = oms_get_reconcile_status
    async def oms_post_commands(self, params: Any = {}) -> Any: ...
    omsPostCommands = oms_post_commands
    async def oms_post_reconcile(self, params: Any = {}) -> Any: ...
    omsPostReconcile = oms_post_reconcile
    def on_close(self, client: Any, error: Any) -> Any: ...
    onClose = on_close
    def on_connected(self, client: Any, message: Any | None = None) -> Any: ...
    onConnected = on_connected
    def on_error(self, client: Any, error: Any) -> Any: ...
    onError = on_error
    def open(self, lazy: bool = False) -> None: ...
    def order_book(self, snapshot: Any = {}, depth: Any | None = None) -> Any: ...
    orderBook = order_book
    def parse_order(self, order: Mapping[str, Any], market: Any | None = None) -> Order: ...
    parseOrder = parse_order
    def parse_position(self, position: Mapping[str, Any], market: Any | None = None) -> Position: ...
    parsePosition = parse_position
    def parse_trade(self, trade: Mapping[str, Any], market: Any | None = None) -> Trade: ...
    parseTrade = parse_trade
    ping: Any
    async def private_get_strategies(self, params: Any = {}) -> Any: ...
    privateGetStrategies = private_get_strategies
    async def private_post_strategies(self, params: Any = {}) -> Any: ...
    privatePostStrategies = private_post_strategies
    async def public_get_healthz(self, params: Any = {}) -> Any: ...
    publicGetHealthz = public_get_healthz
    async def reconcile(self, params: Mapping[str, Any] | None = {}) -> dict[str, Any]: ...
    def recovered_orders(self) -> Recovered: ...
    recoveredOrders = recovered_orders
    async def reduce_margin(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginModification: ...
    reduceMargin = reduce_margin
    async def repay_cross_margin(self, code: str, amount: Num, params: Mapping[str, Any] = {}) -> MarginLoan: ...
    repayCrossMargin = repay_cross_margin
    async def repay_isolated_margin(
        self, symbol: str | None, code: str, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    repayIsolatedMargin = repay_isolated_margin
    async def repay_margin(
        self, code: str, amount: Num, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> MarginLoan: ...
    repayMargin = repay_margin
    async def request(
        self,
        path: str,
        api: list[str] = ["public"],
        method: Any = "GET",
        params: Mapping[str, Any] = {},
        config: dict[str, Any] = {},
    ) -> Any: ...
    async def safe_deterministic_call(
        self,
        method: str,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        timeframe: str | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    safeDeterministicCall = safe_deterministic_call
    async def set_leverage(
        self, leverage: int, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setLeverage = set_leverage
    async def set_margin(
        self, symbol: str | None, amount: Num, params: Mapping[str, Any] = {}
    ) -> MarginModification: ...
    setMargin = set_margin
    async def set_margin_mode(
        self, marginMode: str, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setMarginMode = set_margin_mode
    async def set_position_mode(
        self, hedged: bool, symbol: str | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Any]: ...
    setPositionMode = set_position_mode
    async def set_position_stops(
        self, position_id: str, stop_loss: Num, take_profit: Num, params: Mapping[str, Any] | None = {}
    ) -> Position: ...
    setPositionStops = set_position_stops
    def set_sandbox_mode(self, enabled: bool) -> None: ...
    setSandboxMode = set_sandbox_mode
    async def sign_in(self, params: Any = {}) -> dict[str, Any]: ...
    signIn = sign_in
    async def sleep(self, milliseconds: Any) -> Any: ...
    def spawn(self, method: Any, *args: Any) -> Any: ...
    def stats(self) -> dict[str, Any]: ...
    streaming: dict[str, Any]
    synchronous: bool
    async def throttle(self, cost: Num = None) -> Any: ...
    timeout_on_exit: int
    async def transfer(
        self, code: str, amount: Num, fromAccount: str, toAccount: str, params: Mapping[str, Any] = {}
    ) -> TransferEntry: ...
    async def un_watch_bids_asks(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchBidsAsks = un_watch_bids_asks
    async def un_watch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchFundingRate = un_watch_funding_rate
    async def un_watch_funding_rates(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchFundingRates = un_watch_funding_rates
    async def un_watch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchMarkPrice = un_watch_mark_price
    async def un_watch_mark_prices(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchMarkPrices = un_watch_mark_prices
    async def un_watch_my_trades(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchMyTrades = un_watch_my_trades
    async def un_watch_ohlcv(
        self, symbol: str | None, timeframe: str = "1m", params: Mapping[str, Any] = {}
    ) -> Any: ...
    unWatchOHLCV = un_watch_ohlcv
    async def un_watch_ohlcv_for_symbols(
        self, symbolsAndTimeframes: list[list[str]], params: Mapping[str, Any] = {}
    ) -> Any: ...
    unWatchOHLCVForSymbols = un_watch_ohlcv_for_symbols
    async def un_watch_order_book(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchOrderBook = un_watch_order_book
    async def un_watch_order_book_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> Any: ...
    unWatchOrderBookForSymbols = un_watch_order_book_for_symbols
    async def un_watch_orders(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchOrders = un_watch_orders
    async def un_watch_positions(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchPositions = un_watch_positions
    async def un_watch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchTicker = un_watch_ticker
    async def un_watch_tickers(self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchTickers = un_watch_tickers
    async def un_watch_trades(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Any: ...
    unWatchTrades = un_watch_trades
    async def un_watch_trades_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> Any: ...
    unWatchTradesForSymbols = un_watch_trades_for_symbols
    def unknown_orders(self) -> list[str]: ...
    unknownOrders = unknown_orders
    def watch(
        self,
        url: Any,
        message_hash: Any,
        message: Any | None = None,
        subscribe_hash: Any | None = None,
        subscription: Any | None = None,
    ) -> Any: ...
    async def watch_balance(self, params: Mapping[str, Any] = {}) -> Balances: ...
    watchBalance = watch_balance
    async def watch_bids_asks(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    watchBidsAsks = watch_bids_asks
    async def watch_funding_rate(self, symbol: str | None, params: Mapping[str, Any] = {}) -> FundingRate: ...
    watchFundingRate = watch_funding_rate
    async def watch_funding_rates(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, FundingRate]: ...
    watchFundingRates = watch_funding_rates
    async def watch_funding_rates_for_symbols(self, symbols: list[str], params: Mapping[str, Any] = {}) -> Any: ...
    watchFundingRatesForSymbols = watch_funding_rates_for_symbols
    async def watch_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchLiquidations = watch_liquidations
    async def watch_liquidations_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchLiquidationsForSymbols = watch_liquidations_for_symbols
    async def watch_mark_price(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    watchMarkPrice = watch_mark_price
    async def watch_mark_prices(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    watchMarkPrices = watch_mark_prices
    def watch_multiple(
        self,
        url: Any,
        message_hashes: Any,
        message: Any | None = None,
        subscribe_hashes: Any | None = None,
        subscription: Any | None = None,
    ) -> Any: ...
    watchMultiple = watch_multiple
    async def watch_my_liquidations(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchMyLiquidations = watch_my_liquidations
    async def watch_my_liquidations_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Liquidation]: ...
    watchMyLiquidationsForSymbols = watch_my_liquidations_for_symbols
    async def watch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Trade]: ...
    watchMyTrades = watch_my_trades
    async def watch_my_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    watchMyTradesForSymbols = watch_my_trades_for_symbols
    async def watch_ohlcv(
        self,
        symbol: str | None,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[list[Any]]: ...
    watchOHLCV = watch_ohlcv
    async def watch_ohlcv_for_symbols(
        self,
        symbolsAndTimeframes: list[list[str]],
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> dict[str, dict[str, list[list[Any]]]]: ...
    watchOHLCVForSymbols = watch_ohlcv_for_symbols
    async def watch_order_book(
        self, symbol: str | None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    watchOrderBook = watch_order_book
    async def watch_order_book_for_symbols(
        self, symbols: list[str], limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> OrderBook: ...
    watchOrderBookForSymbols = watch_order_book_for_symbols
    async def watch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Order]: ...
    watchOrders = watch_orders
    async def watch_orders_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Order]: ...
    watchOrdersForSymbols = watch_orders_for_symbols
    async def watch_position(self, symbol: str | None = None, params: Mapping[str, Any] = {}) -> Position: ...
    watchPosition = watch_position
    async def watch_position_for_symbols(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> Any: ...
    watchPositionForSymbols = watch_position_for_symbols
    async def watch_positions(
        self,
        symbols: list[str] | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] = {},
    ) -> list[Position]: ...
    watchPositions = watch_positions
    async def watch_ticker(self, symbol: str | None, params: Mapping[str, Any] = {}) -> Ticker: ...
    watchTicker = watch_ticker
    async def watch_tickers(
        self, symbols: list[str] | None = None, params: Mapping[str, Any] = {}
    ) -> dict[str, Ticker]: ...
    watchTickers = watch_tickers
    async def watch_trades(
        self, symbol: str | None, since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    watchTrades = watch_trades
    async def watch_trades_for_symbols(
        self, symbols: list[str], since: int | None = None, limit: int | None = None, params: Mapping[str, Any] = {}
    ) -> list[Trade]: ...
    watchTradesForSymbols = watch_trades_for_symbols
    async def withdraw(self, code: str, amount: Num, address: str, params: Mapping[str, Any] = {}) -> Transaction: ...
    async def withdraw_ws(
        self, code: str, amount: Num, address: str, params: Mapping[str, Any] = {}
    ) -> Transaction: ...
    withdrawWs = withdraw_ws
    def ws_dial_delay(self, url: Any) -> Any: ...
    wsDialDelay = ws_dial_delay
