"""What one account at the exchange holds: balances, what open orders lock of them, net positions and their margin.

Spot: a resting buy locks its cost and fee in the quote currency, a resting sell its amount of the base currency.
Swap: a resting order locks initial margin and fee in the settle currency (nothing if it is reduce-only), a position
the margin at its entry price. An order that waits for its trigger locks nothing, so that a stop-loss and a take-profit
may stand for the same holding; whether it can be afforded is asked when it triggers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal

from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Market, Markets
from oms_ccxt_async.sandbox.exchange.model import AccountState, Balance, ExchangeOrder, MarginMode, NetPosition, Side
from oms_ccxt_async.sandbox.exchange.prices import Level

__all__ = ["ZERO", "Account", "filled", "margin"]

DEFAULT_LEVERAGE = Decimal(1)

ZERO = Decimal(0)
_PLACES = Decimal("1e-8")
"""To what quotients are rounded: margin and entry prices."""


class Account:
    """One account, taken up from `state`; its locks follow from its open orders and positions.

    Args:
        state: as it was left.
        markets: those of its exchange.
    """

    def __init__(self, state: AccountState, markets: Markets = MARKETS) -> None:
        self._markets = markets
        self.id = state.account_id
        self.orders: dict[int, ExchangeOrder] = {}
        self.positions = dict(state.positions)
        self.leverages = dict(state.leverages)
        self.margin_modes = dict(state.margin_modes)
        self._total = {currency: balance.free + balance.used for currency, balance in state.balances.items()}
        self._used = dict.fromkeys(self._total, ZERO)
        for symbol, position in self.positions.items():
            self._lock(self._markets[symbol].money, margin(self._markets[symbol], position))
        for order in state.open_orders:
            self.put(order)

    def update(self, changes: AccountState) -> None:
        """Take up what others have changed: of the orders those that they changed, open or not, of the rest all."""
        if changes.leverages != self.leverages:  # what every order in these swaps locks changes with it
            orders = {**self.orders, **{order.id: order for order in changes.open_orders}}
            still_open = tuple(order for order in orders.values() if order.status == "open")
            self.__init__(replace(changes, open_orders=still_open), self._markets)  # type: ignore[misc]
            return
        for sign, positions in ((-1, self.positions), (1, changes.positions)):
            for symbol, position in positions.items():
                self._lock(self._markets[symbol].money, sign * margin(self._markets[symbol], position))
        self.positions, self.margin_modes = dict(changes.positions), dict(changes.margin_modes)
        for order in changes.open_orders:
            self.put(order)
        for currency, balance in changes.balances.items():
            self._total[currency] = balance.free + balance.used
            self._used.setdefault(currency, ZERO)

    def state(self) -> AccountState:
        """Everything, as it would have to be handed to a new exchange."""
        return AccountState(
            account_id=self.id,
            balances={currency: self.balance(currency) for currency in self._total},
            positions=dict(self.positions),
            open_orders=tuple(self.orders.values()),
            leverages=dict(self.leverages),
            margin_modes=dict(self.margin_modes),
        )

    def free(self, currency: str) -> Decimal:
        """What may still be spent or locked; negative only after losses in a swap."""
        return self._total.get(currency, ZERO) - self._used.get(currency, ZERO)

    def balance(self, currency: str) -> Balance:
        """Free and used."""
        return Balance(free=self.free(currency), used=self._used.get(currency, ZERO))

    def leverage(self, symbol: str) -> Decimal:
        """The leverage that new positions in a swap get."""
        return self.leverages.get(symbol, DEFAULT_LEVERAGE)

    def margin_mode(self, symbol: str) -> MarginMode:
        """How positions in a swap are margined: what is lost with them, if they are liquidated."""
        return self.margin_modes.get(symbol, "cross")

    def position(self, symbol: str) -> NetPosition:
        """The net position in a swap; amount 0 when there is none."""
        return self.positions.get(symbol) or NetPosition(ZERO, ZERO, self.leverage(symbol))

    def reducible(self, symbol: str, side: Side) -> Decimal:
        """How much of the net position an order of this side would close."""
        amount = self.position(symbol).amount
        return max(ZERO, -amount if side == "buy" else amount)

    def put(self, order: ExchangeOrder) -> None:
        """Take note of an order's new state; lock what it now locks."""
        old = self.orders.pop(order.id, None)
        if old is not None:
            self._lock(self.locked_currency(old), -self.locked(old))
        if order.status == "open":
            self._lock(self.locked_currency(order), self.locked(order))
            self.orders[order.id] = order

    def locked_currency(self, order: ExchangeOrder) -> str:
        """The currency that the order is paid from."""
        market = self._markets[order.ticket.symbol]
        return market.money if market.settle or order.ticket.side == "buy" else market.base

    def locked(self, order: ExchangeOrder) -> Decimal:
        """What an open order locks of its currency."""
        if not order.triggered or order.price is None:
            return ZERO
        ticket, remaining = order.ticket, order.amount - order.filled
        return self.cost(self._markets[ticket.symbol], ticket.side, order.price, remaining, ticket.reduce_only)

    def cost(self, market: Market, side: Side, price: Decimal, amount: Decimal, reduce_only: bool) -> Decimal:
        """What `amount` at `price` takes, fee included, from the currency that the order is paid from."""
        if market.settle is not None:
            if reduce_only:
                return ZERO
            rate = 1 / self.leverage(market.symbol) + max(market.taker, market.maker)
            return (market.cost(price, amount) * rate).quantize(_PLACES, ROUND_UP)
        return price * amount * (1 + max(market.taker, market.maker)) if side == "buy" else amount

    def lacks(self, order: ExchangeOrder, fills: Iterable[Level], rest: Level) -> bool:
        """Whether the account lacks the means for an order that fills as given at once and then rests.

        Args:
            order: the order before the fills; what an earlier version of it locks counts as available.
            fills: price and amount of each.
            rest: price and amount of what remains.
        """
        market, ticket = self._markets[order.ticket.symbol], order.ticket
        old = self.orders.get(order.id)
        available = self.free(self.locked_currency(order)) + (self.locked(old) if old else ZERO)
        need = self.cost(market, ticket.side, *rest, ticket.reduce_only)
        if market.settle is None:
            return need + sum(self.cost(market, ticket.side, *fill, False) for fill in fills) > available
        before = after = self.position(market.symbol)
        fees = profit = ZERO
        for price, amount in fills:
            after, gain = filled(market, after, ticket.side, price, amount)
            fees, profit = fees + market.fee(price, amount), profit + gain
        if not need and abs(after.amount) <= abs(before.amount) and after.amount * before.amount >= 0:
            return False  # closing a position is never refused, whatever it has lost
        return need + fees - profit + margin(market, after) - margin(market, before) > available

    def pay(self, currency: str, amount: Decimal) -> None:
        """Add to what the account holds, or take from it."""
        self._add(currency, amount)

    def too_large(self, order: ExchangeOrder, fills: Iterable[Level], rest: Level) -> bool:
        """Whether an order that fills as given at once and then rests, with those that are open on its side, may make a
        position that is larger than its leverage allows."""
        market, position, side = (
            self._markets[order.ticket.symbol],
            self.position(order.ticket.symbol),
            order.ticket.side,
        )
        if market.settle is None or order.ticket.reduce_only:
            return False
        price, amount = rest
        amount += sum(taken for _, taken in fills)
        for other in self.orders.values():
            ticket = other.ticket
            if (
                other.id != order.id
                and ticket.symbol == market.symbol
                and ticket.side == side
                and not ticket.reduce_only
            ):
                amount += other.amount - other.filled
        after = position.amount + (amount if side == "buy" else -amount)
        grows = abs(after) > abs(position.amount)
        return grows and market.cost(price, abs(after)) > market.largest(self.leverage(market.symbol))

    def settle(self, market: Market, side: Side, price: Decimal, amount: Decimal, *, maker: bool = False) -> Decimal:
        """Book one fill and return its fee."""
        fee = market.fee(price, amount, maker=maker)
        if market.settle is None:
            sign = 1 if side == "buy" else -1
            self._add(market.base, sign * amount)
            self._add(market.quote, -sign * price * amount - fee)
            return fee
        before = self.position(market.symbol)
        after, profit = filled(market, before, side, price, amount)
        self._add(market.settle, profit - fee)
        self._lock(market.settle, margin(market, after) - margin(market, before))
        if after.amount:
            self.positions[market.symbol] = after
        else:
            self.positions.pop(market.symbol, None)
        return fee

    def set_leverage(self, market: Market, leverage: Decimal) -> bool:
        """Apply a leverage to the position and the orders in a swap; return False, and do nothing, if that needs more
        than is free."""
        symbol = market.symbol
        orders = [order for order in self.orders.values() if order.ticket.symbol == symbol]
        position, old_leverage = self.position(symbol), self.leverage(symbol)
        old = sum(map(self.locked, orders), margin(market, position))
        self.leverages[symbol] = leverage
        position = replace(position, leverage=leverage)
        more = sum(map(self.locked, orders), margin(market, position)) - old
        if more > 0 and more > self.free(market.money):
            self.leverages[symbol] = old_leverage
            return False
        self._lock(market.money, more)
        if position.amount:
            self.positions[symbol] = position
        return True

    def _add(self, currency: str, amount: Decimal) -> None:
        self._total[currency] = self._total.get(currency, ZERO) + amount

    def _lock(self, currency: str, amount: Decimal) -> None:
        self._used[currency] = self._used.get(currency, ZERO) + amount


def margin(market: Market, position: NetPosition) -> Decimal:
    """What a position keeps locked."""
    if not position.amount:
        return ZERO
    cost = market.cost(position.entry_price, abs(position.amount))
    return (cost / position.leverage).quantize(_PLACES, ROUND_DOWN)


def filled(
    market: Market, position: NetPosition, side: Side, price: Decimal, amount: Decimal
) -> tuple[NetPosition, Decimal]:
    """A position after a fill, and the profit that the fill realised."""
    held, change = position.amount, amount if side == "buy" else -amount
    entry = position.entry_price
    if held * change >= 0:
        cost = market.cost(price, change) + (market.cost(entry, held) if held else ZERO)
        entry = market.average(held + change, cost).quantize(_PLACES, ROUND_HALF_EVEN)
        return replace(position, amount=held + change, entry_price=entry), ZERO
    profit = market.profit(entry, price, min(abs(held), amount) * (1 if held > 0 else -1))
    left = held + change
    return replace(position, amount=left, entry_price=price if left * held < 0 else entry), profit
