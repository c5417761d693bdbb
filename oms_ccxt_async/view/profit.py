"""What trading has brought since a view began: exact, by the fills that came and what was held before. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from oms_ccxt_async.view.rows import ZERO, Balance, Contract, Fill, Position

__all__ = ["Prices", "Session", "Valued", "totals", "valued"]

Prices = Mapping[str, Decimal]
"""By symbol, what it trades at."""


@dataclass(slots=True)
class _Traded:
    """One market, of one strategy. `paid` is in the settlement currency: what was received for sales less what was paid
    for purchases (an inverse contract pays the other way round); `held` is what the fills added."""

    paid: Decimal = ZERO
    held: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Valued:
    """Amounts of several currencies in one.

    Attributes:
        amount: what could be valued, in `currency`.
        apart: by currency, what has no price.
    """

    amount: Decimal
    currency: str
    apart: Mapping[str, Decimal]


class Session:
    """Profit since the view began: fills at their prices, what is held at the present ones, fees taken off.

    What was held before counts from the first price that was seen of its market. It is known of the account only: in
    netting mode a position is of the strategy that opened it, whoever trades it then.

    Args:
        contract: of a symbol; None where the market is not known.
    """

    def __init__(self, contract: Callable[[str], Contract | None]) -> None:
        self._contract = contract
        self._traded: dict[tuple[str, str], _Traded] = {}
        self._before: dict[str, Decimal] = {}
        self._first: dict[str, Decimal] = {}

    def holds(self, positions: Iterable[Position]) -> None:
        """What the account holds after the fills that came so far, from which what it held before is known."""
        before: dict[str, Decimal] = {}
        for position in positions:
            _add(before, position.symbol, position.contracts)
        for (symbol, _), traded in self._traded.items():
            contract = self._contract(symbol)
            if contract is not None and not contract.is_spot:
                _add(before, symbol, -traded.held)
        self._before = before

    def filled(self, fill: Fill) -> None:
        """The account traded."""
        contract = self._contract(fill.symbol)
        if contract is None or not fill.price:
            return
        traded = self._traded.setdefault((fill.symbol, fill.strategy), _Traded())
        value = contract.value(fill.signed, fill.price)
        traded.paid += value if contract.inverse else -value
        traded.held += fill.signed
        if fill.fee:
            traded.fees[fill.fee_currency] = traded.fees.get(fill.fee_currency, ZERO) + fill.fee

    def priced(self, symbol: str, price: Decimal) -> None:
        """A market trades at a price."""
        self._first.setdefault(symbol, price)

    def gains(self, prices: Prices, strategy: str | None = None) -> dict[str, Decimal]:
        """Profit by currency, fees taken off: of the account, or of the fills of one strategy."""
        gains: dict[str, Decimal] = {}
        for (symbol, of), traded in self._traded.items():
            contract, price = self._contract(symbol), prices.get(symbol)
            if contract is None or price is None or strategy not in (None, of):
                continue
            value = contract.value(traded.held, price)
            _add(gains, contract.settle, traded.paid + (-value if contract.inverse else value))
        for currency, fee in self.fees(strategy).items():
            _add(gains, currency, -fee)
        for symbol, held in self._before.items() if strategy is None else ():
            contract, price = self._contract(symbol), prices.get(symbol)
            if contract is not None and price is not None:
                _add(gains, contract.settle, contract.gain(held, self._first.get(symbol, price), price))
        return {currency: amount for currency, amount in gains.items() if amount}

    def fees(self, strategy: str | None = None) -> dict[str, Decimal]:
        """Fees by currency."""
        fees: dict[str, Decimal] = {}
        for (_, of), traded in self._traded.items():
            if strategy in (None, of):
                for currency, fee in traded.fees.items():
                    _add(fees, currency, fee)
        return fees


def _add(amounts: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    amounts[currency] = amounts.get(currency, ZERO) + amount


def valued(amounts: Mapping[str, Decimal], currency: str, prices: Prices) -> Valued:
    """Amounts by currency in one currency, by the spot prices that are known."""
    total, apart = ZERO, {}
    for each, amount in amounts.items():
        rate = Decimal(1) if each == currency else prices.get(f"{each}/{currency}")
        if rate is None and (back := prices.get(f"{currency}/{each}")):
            rate = 1 / back
        if rate is None:
            rate = next((price for name, price in prices.items() if name.startswith(f"{each}/{currency}:")), None)
        if rate is None:
            apart[each] = amount
        else:
            total += amount * rate
    return Valued(total, currency, apart)


def totals(balances: Iterable[Balance]) -> dict[str, Decimal]:
    """What there is of each currency."""
    return {balance.currency: balance.total for balance in balances}
