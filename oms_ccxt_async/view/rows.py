"""What a view shows of an account: plain rows, made of ccxt's structures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = [
    "ZERO",
    "Balance",
    "Contract",
    "Fill",
    "Order",
    "Position",
    "Price",
    "balances_of",
    "contract_of",
    "exact",
    "fill_of",
    "order_of",
    "position_of",
    "price_of",
]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a market trades.

    Attributes:
        base, quote, settle: currencies; what a spot market settles in is its quote.
        size: of one contract, in base currency, or in quote currency where `inverse`; 1 for a spot market.
        is_spot: whether the traded currency itself changes hands, so that there are no positions.
    """

    base: str
    quote: str
    settle: str
    size: Decimal = Decimal(1)
    inverse: bool = False
    is_spot: bool = True

    def value(self, amount: Decimal, price: Decimal) -> Decimal:
        """What an amount is worth at a price, in the settlement currency."""
        return amount * self.size / price if self.inverse else amount * self.size * price

    def gain(self, amount: Decimal, entry: Decimal, price: Decimal) -> Decimal:
        """What an amount, negative when short, gained since `entry`, in the settlement currency."""
        if not entry or not price:
            return ZERO
        change = self.value(amount, price) - self.value(amount, entry)
        return -change if self.inverse else change


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands; times are epoch milliseconds."""

    id: str
    client_id: str
    symbol: str
    side: str
    type: str
    amount: Decimal
    filled: Decimal
    price: Decimal | None
    average: Decimal | None
    status: str
    created: int
    updated: int
    strategy: str

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    @property
    def stage(self) -> str:
        """How it stands, in a word: an open order that has begun to fill is `partly filled`."""
        if self.is_open:
            return "partly filled" if self.filled else "open"
        return "filled" if self.status == "closed" else self.status


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade of the account."""

    id: str
    order: str
    symbol: str
    side: str
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    at: int
    strategy: str

    @property
    def signed(self) -> Decimal:
        """The amount, negative for a sale."""
        return self.amount if self.side == "buy" else -self.amount


@dataclass(frozen=True, slots=True)
class Position:
    """A position; `contracts` is negative when short."""

    id: str
    symbol: str
    side: str
    contracts: Decimal
    entry: Decimal
    strategy: str
    opened: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What there is of a currency."""

    currency: str
    free: Decimal
    used: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What a market trades at."""

    symbol: str
    last: Decimal
    bid: Decimal | None
    ask: Decimal | None
    at: int


def exact(value: Any) -> Decimal | None:
    """A number of a ccxt structure as a decimal; None where there is none, or no finite one."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def order_of(order: Mapping[str, Any]) -> Order:
    """Of a unified order."""
    created = int(order.get("timestamp") or 0)
    return Order(
        id=str(order["id"]),
        client_id=str(order.get("clientOrderId") or ""),
        symbol=str(order.get("symbol") or ""),
        side=str(order.get("side") or ""),
        type=str(order.get("type") or ""),
        amount=exact(order.get("amount")) or ZERO,
        filled=exact(order.get("filled")) or ZERO,
        price=exact(order.get("price")),
        average=exact(order.get("average")),
        status=str(order.get("status") or ""),
        created=created,
        updated=int(order.get("lastUpdateTimestamp") or order.get("lastTradeTimestamp") or created),
        strategy=_strategy(order),
    )


def fill_of(trade: Mapping[str, Any]) -> Fill:
    """Of a unified trade of the account."""
    fee = trade.get("fee") or {}
    return Fill(
        id=str(trade["id"]),
        order=str(trade.get("order") or ""),
        symbol=str(trade.get("symbol") or ""),
        side=str(trade.get("side") or ""),
        amount=exact(trade.get("amount")) or ZERO,
        price=exact(trade.get("price")) or ZERO,
        fee=exact(fee.get("cost")) or ZERO,
        fee_currency=str(fee.get("currency") or ""),
        at=int(trade.get("timestamp") or 0),
        strategy=_strategy(trade),
    )


def position_of(position: Mapping[str, Any]) -> Position:
    """Of a unified position."""
    side = str(position.get("side") or "")
    contracts = exact(position.get("contracts")) or ZERO
    symbol = str(position.get("symbol") or "")
    strategy = _strategy(position)
    return Position(
        id=str(position.get("id") or f"{symbol} {side} {strategy}"),
        symbol=symbol,
        side=side,
        contracts=-contracts if side == "short" else contracts,
        entry=exact(position.get("entryPrice")) or ZERO,
        strategy=strategy,
        opened=int(position.get("timestamp") or 0),
    )


def balances_of(balance: Mapping[str, Any]) -> list[Balance]:
    """Of a unified balance: the currencies of which there is anything."""
    rows = []
    for currency in sorted(balance.get("total") or {}):
        entry = balance.get(currency) or {}
        free, used, total = (exact(entry.get(name)) or ZERO for name in ("free", "used", "total"))
        if free or used or total:
            rows.append(Balance(str(currency), free, used, total))
    return rows


def price_of(ticker: Mapping[str, Any], now: int) -> Price | None:
    """Of a unified ticker; None where it has no price."""
    bid, ask = exact(ticker.get("bid")), exact(ticker.get("ask"))
    middle = (bid + ask) / 2 if bid and ask else bid or ask
    last = exact(ticker.get("last")) or exact(ticker.get("close")) or middle
    return Price(str(ticker.get("symbol") or ""), last, bid, ask, int(ticker.get("timestamp") or now)) if last else None


def contract_of(market: Mapping[str, Any]) -> Contract:
    """Of a unified market."""
    quote = str(market.get("quote") or "")
    return Contract(
        base=str(market.get("base") or ""),
        quote=quote,
        settle=str(market.get("settle") or quote),
        size=exact(market.get("contractSize")) or Decimal(1),
        inverse=bool(market.get("inverse")),
        is_spot=not market.get("contract"),
    )


def _strategy(row: Mapping[str, Any]) -> str:
    info = row.get("info")
    told = info.get("strategy_id") if isinstance(info, Mapping) else None
    return "" if told in (None, 0) else str(told)
