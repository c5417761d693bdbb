# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict

OrderSide = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
Num = None | str | float | int | Decimal
Str = str | None
Strings = list[str] | None
Int = int | None
Bool = bool | None

class FeeInterface(TypedDict):
    currency: Str
    cost: Num
    rate: NotRequired[Num]

Fee = FeeInterface | None

class TradingFeeInterface(TypedDict):
    info: dict[str, Any]
    symbol: Str
    maker: Num
    taker: Num
    percentage: Bool
    tierBased: Bool
    tiers: dict[str, Any]

class DepositWithdrawFeeNetwork(TypedDict):
    fee: NotRequired[Num]
    percentage: NotRequired[Bool]

class DepositWithdrawFeeNetworkEntry(TypedDict):
    deposit: NotRequired[DepositWithdrawFeeNetwork]
    withdraw: NotRequired[DepositWithdrawFeeNetwork]

class DepositWithdrawFee(TypedDict):
    info: dict[str, Any]
    withdraw: NotRequired[DepositWithdrawFeeNetwork]
    deposit: NotRequired[DepositWithdrawFeeNetwork]
    networks: NotRequired[dict[str, DepositWithdrawFeeNetworkEntry]]

class Balance(TypedDict):
    free: Num
    used: Num
    total: Num
    debt: NotRequired[Num]

class BalanceAccount(TypedDict):
    free: Str
    used: Str
    total: Str
    debt: Str
    frozen: Str
    info: dict[str, Any]

class Account(TypedDict):
    id: Str
    type: Str
    code: Str
    info: dict[str, Any]
    name: Str

class Trade(TypedDict):
    info: dict[str, Any]
    amount: Num
    datetime: Str
    id: Str
    order: Str
    price: Num
    timestamp: Int
    type: Str
    side: Str
    symbol: Str
    takerOrMaker: Str
    cost: Num
    fee: Fee
    fees: list[Fee]

class Position(TypedDict):
    symbol: Str
    id: Str
    info: dict[str, Any]
    timestamp: Int
    datetime: Str
    contracts: Num
    contractSize: Num
    side: Str
    notional: Num
    leverage: Num
    unrealizedPnl: Num
    realizedPnl: Num
    positionMargin: Num
    collateral: Num
    entryPrice: Num
    markPrice: Num
    liquidationPrice: Num
    marginMode: Str
    hedged: Bool
    maintenanceMargin: Num
    maintenanceMarginPercentage: Num
    initialMargin: Num
    initialMarginPercentage: Num
    marginRatio: Num
    lastUpdateTimestamp: Int
    lastPrice: Num
    stopLossPrice: Num
    takeProfitPrice: Num
    percentage: Num
    isolated: Bool
    exitPrice: Num

class OrderRequest(TypedDict):
    symbol: str
    type: Str
    side: Str
    amount: float | None
    price: float | None
    params: Any

class CancellationRequest(TypedDict):
    id: str
    clientOrderId: Str
    symbol: str

class Order(TypedDict):
    id: Str
    clientOrderId: Str
    datetime: Str
    timestamp: Int
    lastTradeTimestamp: Int
    lastUpdateTimestamp: Int
    status: Str
    symbol: Str
    type: Str
    timeInForce: Str
    side: Str
    price: Num
    average: Num
    amount: Num
    filled: Num
    remaining: Num
    stopPrice: Num
    triggerPrice: Num
    takeProfitPrice: Num
    stopLossPrice: Num
    cost: Num
    trades: list[Trade]
    fee: Fee
    fees: list[Fee]
    reduceOnly: Bool
    postOnly: Bool
    marginMode: Str
    leverage: Num
    hedged: Bool
    info: dict[str, Any]

class Liquidation(TypedDict):
    info: dict[str, Any]
    symbol: Str
    timestamp: Int
    datetime: Str
    price: Num
    baseValue: Num
    quoteValue: Num
    contracts: Num
    contractSize: Num
    side: Str

class FundingHistory(TypedDict):
    info: dict[str, Any]
    symbol: Str
    code: Str
    timestamp: Int
    datetime: Str
    id: Str
    amount: Num
    rate: Num
    type: Str

class Balances(dict[str, Balance]):
    datetime: Str
    timestamp: Int

class OrderBook(TypedDict):
    asks: list[list[Num]]
    bids: list[list[Num]]
    datetime: Str
    timestamp: Int
    nonce: Int
    symbol: Str

class OrderBookL3(TypedDict):
    asks: list[list[Num]]
    bids: list[list[Num]]
    datetime: Str
    timestamp: Int
    nonce: Int
    symbol: Str

class Transaction(TypedDict):
    info: dict[str, Any]
    id: Str
    txid: Str
    timestamp: Int
    datetime: Str
    address: Str
    addressFrom: Str
    addressTo: Str
    tag: Str
    tagFrom: Str
    tagTo: Str
    type: Str
    amount: Num
    currency: Str
    status: Str
    updated: Int
    fee: Fee
    network: Str
    comment: Str
    internal: Bool

class TransferEntry(TypedDict):
    info: dict[str, Any]
    id: Str
    timestamp: Int
    datetime: Str
    currency: Str
    amount: Num
    fromAccount: Str
    toAccount: Str
    status: Str

class Ticker(TypedDict):
    symbol: Str
    info: dict[str, Any]
    timestamp: Int
    datetime: Str
    high: Num
    low: Num
    bid: Num
    bidVolume: Num
    ask: Num
    askVolume: Num
    vwap: Num
    open: Num
    close: Num
    last: Num
    previousClose: Num
    change: Num
    percentage: Num
    average: Num
    quoteVolume: Num
    baseVolume: Num
    indexPrice: Num
    markPrice: Num

Tickers = dict[str, Ticker]

class MarginMode(TypedDict):
    info: dict[str, Any]
    symbol: Str
    marginMode: Str

class Leverage(TypedDict):
    info: dict[str, Any]
    symbol: Str
    marginMode: Str
    longLeverage: Num
    shortLeverage: Num

class Greeks(TypedDict):
    symbol: Str
    timestamp: Int
    datetime: Str
    delta: Num
    gamma: Num
    theta: Num
    vega: Num
    rho: Num
    vanna: Num
    volga: Num
    charm: Num
    bidSize: Num
    askSize: Num
    bidImpliedVolatility: Num
    askImpliedVolatility: Num
    markImpliedVolatility: Num
    bidPrice: Num
    askPrice: Num
    markPrice: Num
    lastPrice: Num
    underlyingPrice: Num
    info: dict[str, Any]

class Conversion(TypedDict):
    info: dict[str, Any]
    timestamp: Int
    datetime: Str
    id: Str
    fromCurrency: Str
    fromAmount: Num
    toCurrency: Str
    toAmount: Num
    price: Num
    fee: Num

class Option(TypedDict):
    info: dict[str, Any]
    currency: Str
    symbol: Str
    timestamp: Int
    datetime: Str
    impliedVolatility: Num
    openInterest: Num
    bidPrice: Num
    askPrice: Num
    midPrice: Num
    markPrice: Num
    lastPrice: Num
    underlyingPrice: Num
    change: Num
    percentage: Num
    baseVolume: Num
    quoteVolume: Num

class MarketMarginModes(TypedDict):
    cross: bool
    isolated: bool

class MinMax(TypedDict):
    min: Num
    max: Num

class MarketLimits(TypedDict):
    amount: MinMax | None
    cost: MinMax | None
    leverage: MinMax | None
    price: MinMax | None
    market: MinMax | None

class Precision(TypedDict):
    amount: Num
    price: Num
    cost: Num
    base: Num
    quote: Num

class MarketInterface(TypedDict):
    id: Str
    numericId: Num
    uppercaseId: Str
    lowercaseId: Str
    symbol: str
    base: str
    quote: str
    baseId: Str
    quoteId: Str
    active: Bool
    type: Str
    subType: Str
    spot: Bool
    margin: Bool
    swap: Bool
    future: Bool
    option: Bool
    index: Bool
    stock: Bool
    prediction: Bool
    contract: Bool
    settle: Str
    settleId: Str
    contractSize: Num
    linear: Bool
    inverse: Bool
    quanto: Bool
    expiry: Int
    expiryDatetime: Str
    strike: Num
    optionType: Str
    taker: Num
    maker: Num
    percentage: Bool
    tierBased: Bool
    feeSide: Str
    precision: Precision
    marginModes: MarketMarginModes
    limits: MarketLimits
    created: Int
    baseName: Str
    id2: Str
    instIdCode: Int
    tiers: dict[str, Any]
    info: dict[str, Any]
    market: Str
    marketType: Str
    executionModel: Str
    collateral: Str
    resolved: Bool
    resolvedOutcome: Str
    outcomes: list["PredictionOutcome"]

class Limit(TypedDict):
    min: Num
    max: Num

class CurrencyLimits(TypedDict):
    amount: Limit
    withdraw: Limit

class CurrencyInterface(TypedDict):
    id: str
    code: str
    numericId: Int
    precision: Num
    type: Str
    margin: Bool
    name: Str
    active: Bool
    deposit: Bool
    withdraw: Bool
    fee: Num
    limits: CurrencyLimits
    networks: dict[str, Any]
    fees: dict[str, Any]
    valueScale: Int
    info: dict[str, Any]

class LastPrice(TypedDict):
    symbol: Str
    timestamp: Int
    datetime: Str
    price: Num
    side: Str
    info: dict[str, Any]

class MarginModification(TypedDict):
    info: dict[str, Any]
    symbol: Str
    type: Literal["add", "reduce", "set"] | None
    marginMode: Literal["cross", "isolated"] | None
    amount: Num
    total: Num
    code: Str
    status: Str
    timestamp: Int
    datetime: Str

class MarginLoan(TypedDict):
    id: Str
    currency: Str
    amount: Num
    symbol: Str
    timestamp: Int
    datetime: Str
    info: dict[str, Any]

class Status(TypedDict):
    status: Str
    updated: Int
    eta: Int
    url: Str
    info: dict[str, Any]

class PositionModeInfo(TypedDict):
    info: dict[str, Any]
    hedged: Bool

class CrossBorrowRate(TypedDict):
    info: dict[str, Any]
    currency: Str
    rate: Num
    period: Num
    timestamp: Int
    datetime: Str

class IsolatedBorrowRate(TypedDict):
    info: dict[str, Any]
    symbol: Str
    base: Str
    baseRate: Num
    quote: Str
    quoteRate: Num
    period: Int
    timestamp: Int
    datetime: Str

class FundingRate(TypedDict):
    symbol: Str
    info: dict[str, Any]
    timestamp: Int
    fundingRate: Num
    datetime: Str
    markPrice: Num
    indexPrice: Num
    interestRate: Num
    estimatedSettlePrice: Num
    fundingTimestamp: Int
    fundingDatetime: Str
    nextFundingTimestamp: Int
    nextFundingDatetime: Str
    nextFundingRate: Num
    previousFundingTimestamp: Int
    previousFundingDatetime: Str
    previousFundingRate: Num
    interval: Str

class FundingRateHistory(TypedDict):
    info: dict[str, Any]
    symbol: Str
    fundingRate: Num
    timestamp: Int
    datetime: Str

class OpenInterest(TypedDict):
    symbol: Str
    openInterestAmount: Num
    openInterestValue: Num
    baseVolume: Num
    quoteVolume: Num
    timestamp: Int
    datetime: Str
    info: dict[str, Any]

class LeverageTier(TypedDict):
    tier: Num
    symbol: Str
    currency: Str
    minNotional: Num
    maxNotional: Num
    maintenanceMarginRate: Num
    maxLeverage: Num
    info: dict[str, Any]

class LedgerEntry(TypedDict):
    info: dict[str, Any]
    id: Str
    timestamp: Int
    datetime: Str
    direction: Str
    account: Str
    referenceId: Str
    referenceAccount: Str
    type: Str
    currency: Str
    amount: Num
    before: Num
    after: Num
    status: Str
    fee: Fee

class DepositAddress(TypedDict):
    info: dict[str, Any]
    currency: Str
    network: Str
    address: Str
    tag: Str
    note: Str

class LongShortRatio(TypedDict):
    info: dict[str, Any]
    symbol: Str
    timestamp: Int
    datetime: Str
    timeframe: Str
    longShortRatio: Num

class ADL(TypedDict):
    info: dict[str, Any]
    symbol: Str
    rank: Int
    rating: Str
    percentage: Num
    timestamp: Int
    datetime: Str

class BorrowInterest(TypedDict):
    info: dict[str, Any]
    symbol: Str
    currency: Str
    interest: Num
    interestRate: Num
    amountBorrowed: Num
    marginMode: Str
    timestamp: Int
    datetime: Str

class PredictionOutcome(TypedDict):
    info: dict[str, Any]
    outcome: str
    outcomeId: Str
    label: Str
    market: Str
    marketId: Str
    event: Str
    price: Num
    bid: Num
    ask: Num
    active: Bool
    winner: Bool
    settleFraction: Num
    precision: Precision
    id: Str
    negRisk: Bool

Market = MarketInterface | None
Currency = CurrencyInterface | None

class Exchange: ...
class SyncExchange: ...
class RequestTimeout(Exception): ...
