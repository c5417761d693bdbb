"""The paper exchange: orders of several accounts against the simulated market.

Orders meet the simulator's liquidity only, never each other. A taker walks the book of the current tick and what it
takes is gone until the next one; a resting order fills at its own price, as far as the liquidity then present goes,
once the market has come through that price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from oms_ccxt_async.sandbox.exchange.accounts import ZERO, Account
from oms_ccxt_async.sandbox.exchange.clearing import Clearing
from oms_ccxt_async.sandbox.exchange.ids import Ids
from oms_ccxt_async.sandbox.exchange.liquidation import due, liquidation_price, security, takeover_price
from oms_ccxt_async.sandbox.exchange.markets import Market
from oms_ccxt_async.sandbox.exchange.model import (
    LIQUIDATION,
    ExchangeOrder,
    ExchangeRefusal,
    ExchangeTrade,
    Execution,
    Side,
    Status,
    Ticket,
)
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.prices import Level, Prices
from oms_ccxt_async.sandbox.exchange.queries import Queries
from oms_ccxt_async.sandbox.exchange.simulator import Simulator
from oms_ccxt_async.sandbox.exchange.tickets import (
    FOK,
    IOC,
    amount_on_grid,
    check_cost,
    prepare,
    price_on_grid,
    too_large,
    trigger_above,
    trigger_price,
)
from oms_ccxt_async.sandbox.exchange.unified import average_price

__all__ = ["PaperExchange"]


class PaperExchange(Clearing):
    """A deterministic exchange in memory: the same seed, clock and calls give the same answers.

    Amounts and prices are brought to a market's grid first, as the classes of ccxt do it.

    Swap positions start at leverage 1. Every eight hours they pay or are paid funding. When they are taken from an
    account, and at which price, `liquidation` says.

    Args:
        name: what messages begin with.
        seed: of the market.
        clock: epoch milliseconds; must not go back.
        volatility: 1 is a calm crypto market; 0 lets prices stand still.
        ids: the ids to give; orders, trades and fundings share one sequence.
        prices: where prices come from; None: they are simulated, from `seed` with `volatility`.
        slippage: by which share a taker's prices are worse than the book's, as far as its limit allows.
        closed: why nothing trades at a time, as a refusal goes on after the exchange's name; None while it does.
        refuses: why the next order or change is refused; None: it is not.

    Attributes:
        funded: up to which funding time positions have paid, counted from the epoch.
    """

    def __init__(
        self,
        name: str = "paper",
        *,
        seed: int = 1,
        clock: Callable[[], int],
        volatility: float = 1.0,
        ids: Ids | None = None,
        prices: Prices | None = None,
        slippage: Decimal = ZERO,
        closed: Callable[[int], str | None] = lambda now: None,
        refuses: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__(name, prices or Simulator(seed, volatility), clock, ids or Ids(900_001))
        self._slippage = slippage
        self._closed = closed
        self._refuses = refuses
        self._queries = Queries(name, self._prices, clock)

    def open_orders(self, account_id: int) -> list[ExchangeOrder]:
        """The account's resting and waiting orders, in order of id."""
        return sorted(self._account(account_id).orders.values(), key=lambda order: order.id)

    def amount_to_precision(self, symbol: str, amount: Decimal) -> Decimal:
        """The amount that is traded where this one is asked for."""
        return self._market(symbol).amount_to_precision(amount)

    def price_to_precision(self, symbol: str, price: Decimal) -> Decimal:
        """The price that an order has where this one is asked for."""
        return self._market(symbol).price_to_precision(price)

    def symbol(self, name: object) -> str:
        """The symbol of the market that is meant, by its symbol or its id.

        Raises:
            ExchangeRefusal: there is none.
        """
        market = self.markets.named(name)
        if market is None:
            raise self._refusal(f"does not have market symbol {name}")
        return market.symbol

    def average(self, order: ExchangeOrder) -> Decimal | None:
        """The price at which an order has filled; None before it has."""
        return average_price(order, self.markets[order.ticket.symbol])

    def touchy(self) -> dict[str, list[Decimal]]:
        """At which prices of which markets the next thing may happen to somebody, as long as the price goes one way."""
        tick, found = self._tick(), dict[str, list[Decimal]]()
        for symbol in self.in_use():
            market = self.markets[symbol]
            near: list[Decimal] = []
            for account in self._accounts.values():
                for order in account.orders.values():
                    if order.ticket.symbol != symbol:
                        continue
                    if not order.triggered:
                        near.append(trigger_price(order.ticket) or self._trailing_price(order, tick))
                    elif order.price is not None:
                        near.append(order.price + (-market.tick if order.ticket.side == "buy" else market.tick))
                if market.settle and account.position(symbol).amount:
                    price, position = self._prices.price(market, tick), account.position(symbol)
                    secured = security(account, market, self.markets, lambda other: self._prices.price(other, tick))
                    near += filter(None, [liquidation_price(market, position, price, secured)])
            found[symbol] = near
        return found

    def tradable(self, symbol: str) -> bool:
        """Whether orders in this market could fill now."""
        now = self._clock()
        return self._closed(now) is None and self._prices.why_closed(self._market(symbol), now // TICK_MS) is None

    def last_price(self, symbol: str) -> Decimal:
        """The market's price now."""
        return self._prices.price(self._market(symbol), self._tick())

    def move(self, symbol: str, price: Decimal) -> None:
        """Let the market trade at `price` from now on; orders notice at the next `advance`.

        This is forgotten with the exchange: another one with the same seed is where it would have been.

        Raises:
            ValueError: no price that the market can have.
        """
        self._prices.move(self._market(symbol), self._tick(), price)

    def call(self, account_id: int, func: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a read-only unified ccxt method, in camelCase or snake_case, with what JSON can carry.

        Raises:
            ExchangeRefusal: an unknown method, or arguments that it does not take.
        """
        return self._queries.call(self._account(account_id), func, args, kwargs)

    def place(self, ticket: Ticket) -> Execution:
        """Accept an order; it fills at once as far as it can.

        Raises:
            ExchangeRefusal: the order is not accepted, and nothing has changed.
        """
        market = self._market(ticket.symbol)
        ticket = prepare(ticket, market, self.name)
        account = self._account(ticket.account_id)
        now = self._clock()
        self._check_order(market)
        last = self._prices.book(market, now // TICK_MS).last
        if not (market.settle and ticket.reduce_only):
            check_cost(ticket.price or last, ticket.amount, market, self.name)
        above = trigger_above(ticket, last)
        order = ExchangeOrder(
            id=self.ids.peek(),
            ticket=ticket,
            status="open",
            amount=ticket.amount,
            price=ticket.price,
            filled=ZERO,
            cost=ZERO,
            triggered=above is None,
            trigger_above=above,
            created_ms=now,
            updated_ms=now,
        )
        if not order.triggered:
            if not self._triggers(order, last, now // TICK_MS):
                return self._wait(account, order)
            order = replace(order, triggered=True)
        return self._enter(account, order)

    def amend(self, account_id: int, order_id: int, *, amount: Decimal | None, price: Decimal | None) -> Execution:
        """Change an open order in place; it keeps its id and its fills, and may fill at the new price.

        Args:
            account_id: whose order it is.
            order_id: an open order.
            amount: the whole amount wanted now, what has filled included; None leaves it.
            price: None leaves it.

        Raises:
            ExchangeRefusal: no such open order, or the changed order is not accepted; nothing has changed.
        """
        account, order = self._find(account_id, order_id)
        market = self._market(order.ticket.symbol)
        self._check_order(market)
        if price is not None:
            if order.price is None:
                raise self._refusal("market order has no price to change")
            order = replace(order, price=price_on_grid(price, market, self.name, "price"))
        if amount is not None:
            amount = amount_on_grid(amount, market, self.name)
            if amount <= order.filled:
                raise self._refusal(f"order amount must be above the filled amount {order.filled}")
            order = replace(order, amount=amount)
        if order.price is not None and not (market.settle and order.ticket.reduce_only):
            check_cost(order.price, order.amount, market, self.name)
        order = replace(order, updated_ms=self._clock())
        return self._enter(account, order) if order.triggered else self._wait(account, order)

    def cancel(self, account_id: int, order_id: int) -> Execution:
        """Cancel an open order.

        Raises:
            ExchangeRefusal: the account has no such open order.
        """
        account, order = self._find(account_id, order_id)
        return self._report(account, replace(order, updated_ms=self._clock()), [], "canceled")

    def advance(self) -> list[Execution]:
        """Let the market move to the clock's time: resting orders that it came through fill, best price first, then
        orders whose trigger it reached enter the book.

        A triggered order that would be refused ends as `rejected`, a resting reduce-only order that finds no position
        to reduce as `canceled`.
        """
        now = self._clock()
        if self._closed(now) is not None:
            return []
        tick = now // TICK_MS
        view = {}
        for symbol in {order.ticket.symbol for account in self._accounts.values() for order in account.orders.values()}:
            market = self.markets[symbol]
            if self._prices.why_closed(market, tick) is None:
                view[symbol] = (self._prices.book(market, tick).last, *self._prices.reach(market, tick))
        due: list[tuple[bool, Decimal, int, Account, ExchangeOrder]] = []
        for account in self._accounts.values():
            for order in account.orders.values():
                if order.ticket.symbol not in view:
                    continue
                last, bid, ask = view[order.ticket.symbol]
                buys, price = order.ticket.side == "buy", order.price
                if not order.triggered:
                    if self._triggers(order, last, tick):
                        due.append((True, ZERO, order.id, account, order))
                elif price is not None and (price >= ask if buys else price <= bid):
                    due.append((False, -price if buys else price, order.id, account, order))
        due.sort(key=lambda entry: entry[:3])
        steps = [
            self._trigger(account, replace(order, triggered=True, updated_ms=now))
            if triggers
            else self._fill_resting(account, replace(order, updated_ms=now))
            for triggers, _, _, account, order in due
        ]
        return [step for step in steps if step is not None]

    def liquidate(self) -> list[Execution]:
        """Take over the positions that are not secured any more, after the open orders of their swaps are canceled; an
        account with a swap that does not trade now is left alone."""
        now = self._clock()
        if self._closed(now) is not None:
            return []
        tick, steps = now // TICK_MS, list[Execution]()

        def price_of(market: Market) -> Decimal:
            return self._prices.price(market, tick)

        for account in self._accounts.values():
            if any(self._prices.why_closed(self.markets[symbol], tick) is not None for symbol in account.positions):
                continue
            while (market := due(account, self.markets, price_of)) is not None:
                resting = [order for order in account.orders.values() if order.ticket.symbol == market.symbol]
                steps += [self._report(account, replace(order, updated_ms=now), [], "canceled") for order in resting]
                if not resting:  # what they locked may have been enough
                    secured = security(account, market, self.markets, price_of)
                    position = account.position(market.symbol)
                    price = takeover_price(market, position, price_of(market), secured)
                    steps.append(self._take_over(account, market, price, now))
        return steps

    def _take_over(self, account: Account, market: Market, price: Decimal, now: int) -> Execution:
        held = account.position(market.symbol).amount
        side: Side = "sell" if held > 0 else "buy"
        ticket = Ticket(
            account.id, market.symbol, side, "market", abs(held), reduce_only=True, params={LIQUIDATION: True}
        )
        order = ExchangeOrder(
            id=self.ids.peek(),
            ticket=ticket,
            status="open",
            amount=ticket.amount,
            price=None,
            filled=ZERO,
            cost=ZERO,
            triggered=True,
            trigger_above=None,
            created_ms=now,
            updated_ms=now,
        )
        return self._report(account, order, [(price, ticket.amount)], "closed")

    def _triggers(self, order: ExchangeOrder, last: Decimal, tick: int) -> bool:
        price = trigger_price(order.ticket) or self._trailing_price(order, tick)
        return last >= price if order.trigger_above else last <= price

    def _trailing_price(self, order: ExchangeOrder, tick: int) -> Decimal:
        """Where a trailing order triggers: its distance from the best price since it was placed."""
        ticket, market = order.ticket, self.markets[order.ticket.symbol]
        placed = order.created_ms // TICK_MS
        best = self._prices.price(market, placed)
        if placed < tick:
            low, high = self._prices.extremes(market, placed + 1, tick + 1)
            best = min(best, low) if ticket.side == "buy" else max(best, high)
        if ticket.trailing_amount is not None:
            distance = ticket.trailing_amount
        else:
            distance = best * (ticket.trailing_percent or ZERO) / 100
        return best + distance if ticket.side == "buy" else best - distance

    def _wait(self, account: Account, order: ExchangeOrder) -> Execution:
        market = self.markets[order.ticket.symbol]
        if order.amount > market.max_amount:
            raise too_large(order.amount, market, self.name)
        return self._report(account, order, [], "open")

    def _enter(self, account: Account, order: ExchangeOrder) -> Execution:
        """Let an order, new, changed or just triggered, take what it can; let the rest rest, or cancel it."""
        ticket, market = order.ticket, self.markets[order.ticket.symbol]
        if market.settle and ticket.reduce_only:
            order = self._reduce(account, order)
        book = self._prices.book(market, order.updated_ms // TICK_MS)
        remaining = order.amount - order.filled
        fills = book.walk(ticket.side, remaining, order.price)
        if self._slippage:
            fills = self._slipped(fills, market, order)
        taken = sum((amount for _, amount in fills), ZERO)
        if ticket.post_only and fills:
            raise self._refusal("post only order would immediately match and take")
        rest_price = order.price or (fills[-1][0] if fills else book.last)
        if account.too_large(order, fills, (rest_price, remaining - taken)):
            most = f"{market.largest(account.leverage(market.symbol)):f} {market.money}"
            raise self._refusal(f"position size would exceed {most}, the maximum at its leverage")
        if account.lacks(order, fills, (rest_price, remaining - taken)):
            raise self._refusal("insufficient balance")
        if order.amount > market.max_amount:
            raise too_large(order.amount, market, self.name)
        if ticket.time_in_force == FOK and taken < remaining:
            return self._report(account, order, [], "canceled")
        book.eat(ticket.side, taken)
        rests = order.price is not None and ticket.time_in_force not in (IOC, FOK)
        return self._report(account, order, fills, "open" if rests else "canceled")

    def _slipped(self, fills: list[Level], market: Market, order: ExchangeOrder) -> list[Level]:
        """What an order gets, each at a price that has slipped away from it; what it would not pay, it does not get."""
        buys, limit = order.ticket.side == "buy", order.price
        share = 1 + self._slippage if buys else 1 - self._slippage
        slipped = [(max(market.tick, market.price_to_precision(price * share)), amount) for price, amount in fills]
        return [fill for fill in slipped if limit is None or (fill[0] <= limit if buys else fill[0] >= limit)]

    def _reduce(self, account: Account, order: ExchangeOrder) -> ExchangeOrder:
        """A reduce-only order, cut down to the position."""
        reducible = account.reducible(order.ticket.symbol, order.ticket.side)
        if not reducible:
            raise self._refusal("reduce only order has no position to reduce")
        return replace(order, amount=min(order.amount, order.filled + reducible))

    def _trigger(self, account: Account, order: ExchangeOrder) -> Execution:
        try:
            return self._enter(account, order)
        except ExchangeRefusal:
            return self._report(account, order, [], "rejected")

    def _fill_resting(self, account: Account, order: ExchangeOrder) -> Execution | None:
        """Fill a resting order at its price with what has come to that price or better; None if that is nothing."""
        now = order.updated_ms
        market = self.markets[order.ticket.symbol]
        remaining = order.amount - order.filled
        if market.settle and order.ticket.reduce_only:
            remaining = min(remaining, account.reducible(market.symbol, order.ticket.side))
            if not remaining:
                return self._report(account, order, [], "canceled")
        price = order.price or ZERO
        amount = self._prices.take(market, now // TICK_MS, order.ticket.side, remaining, price, order.created_ms)
        if not amount:
            return None
        return self._report(account, order, [(price, amount)], "open", maker=True)

    def _report(
        self, account: Account, order: ExchangeOrder, fills: list[Level], otherwise: Status, *, maker: bool = False
    ) -> Execution:
        """Book the fills; the order then is closed, or `otherwise` if something of it remains."""
        ticket, market = order.ticket, self.markets[order.ticket.symbol]
        balances = {currency: account.balance(currency) for currency in market.currencies}
        position = account.positions.get(market.symbol)
        if order.id == self.ids.peek():
            self.ids.take()
        trades = []
        for price, amount in fills:
            trades.append(
                ExchangeTrade(
                    id=self.ids.take(),
                    order_id=order.id,
                    account_id=account.id,
                    symbol=market.symbol,
                    side=ticket.side,
                    price=price,
                    amount=amount,
                    taker_or_maker="maker" if maker else "taker",
                    fee=account.settle(market, ticket.side, price, amount, maker=maker),
                    fee_currency=market.money,
                    timestamp_ms=order.updated_ms,
                )
            )
        filled = sum((amount for _, amount in fills), order.filled)
        cost = sum((market.cost(price, amount) for price, amount in fills), order.cost)
        status = "closed" if filled == order.amount else otherwise
        if fills or status != order.status:
            order = replace(order, status=status, filled=filled, cost=cost)
        account.put(order)
        now_balances = {currency: account.balance(currency) for currency in market.currencies}
        return Execution(
            order=order,
            trades=tuple(trades),
            balances={currency: now for currency, now in now_balances.items() if now != balances[currency]},
            positions={market.symbol: account.position(market.symbol)}
            if account.positions.get(market.symbol) != position
            else {},
        )

    def check_open(self) -> None:
        """Refuse what is asked while the exchange is closed.

        Raises:
            ExchangeRefusal: it is.
        """
        why = self._closed(self._clock())
        if why is not None:
            raise self._refusal(why)

    def _check_order(self, market: Market) -> None:
        self.check_open()
        why = self._prices.why_closed(market, self._tick()) or self._refuses()
        if why is not None:
            raise self._refusal(why)

    def _find(self, account_id: int, order_id: int) -> tuple[Account, ExchangeOrder]:
        account = self._account(account_id)
        order = account.orders.get(order_id)
        if order is None:
            raise self._refusal("order not found")
        return account, order
