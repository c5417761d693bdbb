"""What an account at the paper exchange has, swap by swap: leverage, margin mode, and the funding that it pays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from oms_ccxt_async.sandbox.exchange.accounts import ZERO, Account
from oms_ccxt_async.sandbox.exchange.ids import Ids
from oms_ccxt_async.sandbox.exchange.markets import MIN_LEVERAGE, Market
from oms_ccxt_async.sandbox.exchange.model import (
    AccountState,
    Contract,
    ExchangeRefusal,
    Funding,
)
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS, Prices

__all__ = ["Clearing"]

_FUNDING_PLACES = Decimal("1e-12")


class Clearing:
    """Accounts, and their positions in swaps.

    Args:
        name: what messages begin with.
        prices: where prices come from.
        clock: epoch milliseconds; must not go back.
        ids: the ids to give.

    Attributes:
        funded: up to which funding time positions have paid, counted from the epoch.
    """

    def __init__(self, name: str, prices: Prices, clock: Callable[[], int], ids: Ids) -> None:
        self.name = name
        self.ids = ids
        self.funded = clock() // FUNDING_MS
        self._clock = clock
        self._prices = prices
        self.markets = prices.markets
        self.symbols = tuple(self.markets)
        self.swaps = tuple(self.markets.swaps)
        self._accounts: dict[int, Account] = {}

    def open(self, state: AccountState) -> None:
        """Take up an account, or take it back to an earlier state. Ids that were given since are not given again.

        Raises:
            ValueError: it has orders or positions in markets that are not here.
        """
        unknown = {order.ticket.symbol for order in state.open_orders}.union(state.positions) - self.markets.keys()
        if unknown:
            raise ValueError(
                f"there are orders or positions in {', '.join(sorted(unknown))}, not traded at {self.name}"
            )
        self._accounts[state.account_id] = Account(state, self.markets)

    def update(self, changes: AccountState) -> None:
        """Take up what others have changed of an account: of its orders those that they changed, open or not."""
        self._account(changes.account_id).update(changes)

    def state(self, account_id: int) -> AccountState:
        """Everything that `open` needs to take the account up elsewhere."""
        return self._account(account_id).state()

    def market(self, symbol: str) -> Market:
        """The market of this symbol.

        Raises:
            ExchangeRefusal: there is none.
        """
        return self._market(symbol)

    def contract(self, symbol: str) -> Contract | None:
        """What a contract of a swap is; None where an amount is one of the base currency."""
        market = self._market(symbol)
        return Contract(market.contract_size, market.inverse) if market.inverse or market.contract_size != 1 else None

    def in_use(self) -> set[str]:
        """The markets in which somebody has an order or a position."""
        used = {symbol for account in self._accounts.values() for symbol in account.positions}
        return used | {order.ticket.symbol for account in self._accounts.values() for order in account.orders.values()}

    def leverages(self, account_id: int) -> dict[str, Decimal]:
        """The leverages that the account has set, by symbol."""
        return dict(self._account(account_id).leverages)

    def set_leverage(self, account_id: int, symbol: str, leverage: Decimal) -> None:
        """Set the leverage of a swap, of its position and of its orders; margin changes with it.

        Raises:
            ExchangeRefusal: not a swap, out of limits, too high for the position, or the margin is not there.
        """
        account, market = self._account(account_id), self._market(symbol)
        if market.settle is None:
            raise self._refusal(f"has no leverage in spot market {symbol}")
        if not (leverage.is_finite() and MIN_LEVERAGE <= leverage <= market.max_leverage):
            raise self._refusal(f"leverage must be between {MIN_LEVERAGE} and {market.max_leverage}, not {leverage}")
        position = account.position(symbol)
        worth = market.cost(position.entry_price, abs(position.amount)) if position.amount else ZERO
        if worth > market.largest(leverage):
            raise self._refusal(f"leverage {leverage} is too high for a position of {worth:.2f} {market.money}")
        if not account.set_leverage(market, leverage):
            raise self._refusal("insufficient balance")

    def set_margin_mode(self, account_id: int, symbol: str, mode: str) -> None:
        """Set how positions in a swap are margined, while there are none and no open orders.

        Raises:
            ExchangeRefusal: not a swap, no such mode, or something is open.
        """
        account, market = self._account(account_id), self._market(symbol)
        if market.settle is None:
            raise self._refusal("set_margin_mode() supports linear and inverse contracts only")
        if mode not in ("cross", "isolated"):
            raise self._refusal(f"set_margin_mode() supports cross and isolated only, not {mode}")
        if mode == account.margin_mode(symbol):
            return
        if symbol in account.positions or any(order.ticket.symbol == symbol for order in account.orders.values()):
            raise self._refusal("set_margin_mode() does not support a change while a position or an order is open")
        account.margin_modes[symbol] = "cross" if mode == "cross" else "isolated"

    def fund(self) -> list[Funding]:
        """Have every swap position pay, or be paid, for each funding time that has passed since the last call, at the
        price of that time. A time whose prices are not known yet is left for the next call."""
        due = range(self.funded + 1, self._clock() // FUNDING_MS + 1)
        fundings: list[Funding] = []
        for index in due:
            try:
                owed = [
                    (account, market, *self._funding(market, position.amount, index))
                    for account in self._accounts.values()
                    for symbol, position in account.positions.items()
                    if (market := self.markets[symbol])
                ]
            except ExchangeRefusal:
                break
            for account, market, rate, amount in owed:
                account.pay(market.money, amount)
                fundings.append(Funding(self.ids.take(), account.id, market.symbol, rate, amount, index * FUNDING_MS))
            self.funded = index
        return fundings

    def _funding(self, market: Market, amount: Decimal, index: int) -> tuple[Decimal, Decimal]:
        """The rate of a funding time, and what a position is paid."""
        rate = self._prices.funding_rate(market, index)
        price = self._prices.price(market, index * FUNDING_MS // TICK_MS)
        return rate, (-rate * market.cost(price, amount)).quantize(_FUNDING_PLACES)

    def _tick(self) -> int:
        return self._clock() // TICK_MS

    def _market(self, symbol: str) -> Market:
        market = self.markets.get(symbol)
        if market is None:
            raise self._refusal(f"does not have market symbol {symbol}")
        return market

    def _account(self, account_id: int) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise self._refusal(f"does not have account {account_id}")
        return account

    def _refusal(self, text: str) -> ExchangeRefusal:
        return ExchangeRefusal(f"{self.name} {text}")
