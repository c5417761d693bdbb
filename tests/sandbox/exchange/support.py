"""A clock to turn by hand, and an exchange with one funded account on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange import AccountState, Balance, Execution, PaperExchange, Side, Ticket

BTC, ETH, SWAP = "BTC/USDT", "ETH/USDT", "BTC/USDT:USDT"

START = 1_795_350_668_750
"""A Sunday in 2026, on a tick."""

FUNDS = {"USDT": "1000000", "BTC": "10", "ETH": "100"}


class Clock:
    """Epoch milliseconds that stand still until told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def funded(account_id: int = 1, funds: dict[str, str] | None = None) -> AccountState:
    """A new account that holds `funds`."""
    balances = {currency: Balance(Decimal(total), Decimal(0)) for currency, total in (funds or FUNDS).items()}
    return AccountState(account_id, balances, {}, (), {})


class Floor:
    """An exchange whose market stands still unless told otherwise, with account 1 on it."""

    def __init__(self, *, volatility: float = 0.0, seed: int = 1, funds: dict[str, str] | None = None) -> None:
        self.clock = Clock()
        self.exchange = PaperExchange(seed=seed, clock=self.clock, volatility=volatility)
        self.exchange.open(funded(1, funds))

    def place(self, side: Side, type: str, amount: str, price: str | None = None, **fields: Any) -> Execution:
        """Place an order of account 1 in BTC/USDT, or in `symbol`."""
        return self.exchange.place(ticket(side, type, amount, price, **fields))

    def next_tick(self) -> list[Execution]:
        """Let a tick pass and the exchange notice."""
        self.clock.now += 250
        return self.exchange.advance()

    def move(self, price: str, symbol: str = BTC) -> list[Execution]:
        """Let the market go to `price` at the next tick and the exchange notice."""
        self.clock.now += 250
        self.exchange.move(symbol, Decimal(price))
        return self.exchange.advance()

    def balance(self, currency: str) -> Balance:
        """What account 1 holds."""
        return self.exchange.state(1).balances[currency]

    def call(self, func: str, *args: Any, **kwargs: Any) -> Any:
        """Call a unified method for account 1."""
        return self.exchange.call(1, func, list(args), kwargs)


def ticket(side: Side, type: str, amount: str, price: str | None = None, **fields: Any) -> Ticket:
    """An order of account 1 in BTC/USDT; the decimal fields may be given as strings."""
    decimals = {"trigger_price", "stop_price", "take_profit_price", "trailing_amount", "trailing_percent"}
    converted: dict[str, Any] = {name: Decimal(value) if name in decimals else value for name, value in fields.items()}
    return Ticket(
        account_id=converted.pop("account_id", 1),
        symbol=converted.pop("symbol", BTC),
        side=side,
        type=type,
        amount=Decimal(amount),
        price=None if price is None else Decimal(price),
        **converted,
    )
