"""When a swap position is taken from its account, and at which price.

It is liquidated when what secures it, with its profit at the market's price, is no more than its maintenance margin:
half of the margin at the highest leverage that its size allows. An isolated position is secured by its own margin. The
cross positions of a currency are secured together, by their margins and all that is free of it; the one that has lost
most goes first.

The exchange takes a position over at the market's price, for the taker's fee, but never at one at which the account
would lose more than what secures the position, fee included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from oms_ccxt_async.sandbox.exchange.accounts import ZERO, Account, margin
from oms_ccxt_async.sandbox.exchange.markets import Market, Markets
from oms_ccxt_async.sandbox.exchange.model import NetPosition

__all__ = ["due", "liquidation_price", "maintenance", "security", "takeover_price"]

PriceOf = Callable[[Market], Decimal]


def maintenance(market: Market, position: NetPosition, price: Decimal) -> Decimal:
    """The maintenance margin of a position at a price."""
    worth = market.cost(price, abs(position.amount))
    return worth * market.maintenance_rate(worth)


def security(account: Account, market: Market, markets: Markets, price_of: PriceOf) -> Decimal:
    """What secures the account's position in a swap, beside its own profit."""
    if account.margin_mode(market.symbol) == "isolated":
        return margin(market, account.position(market.symbol))
    found = account.free(market.money)
    for other, position in _cross(account, market.money, markets):
        found += margin(other, position)
        if other.symbol != market.symbol:
            found += other.profit(position.entry_price, price_of(other), position.amount)
    return found


def due(account: Account, markets: Markets, price_of: PriceOf) -> Market | None:
    """The swap in which a position of the account has to go next; None if none has to."""
    crossed: dict[str, list[tuple[Decimal, Decimal, Market]]] = {}
    for symbol, position in account.positions.items():
        market, price = markets[symbol], price_of(markets[symbol])
        profit, needed = (
            market.profit(position.entry_price, price, position.amount),
            maintenance(market, position, price),
        )
        if account.margin_mode(symbol) == "isolated":
            if margin(market, position) + profit <= needed:
                return market
        else:
            crossed.setdefault(market.money, []).append((profit, needed, market))
    for money, positions in crossed.items():
        held = account.free(money) + sum(
            margin(market, position) for market, position in _cross(account, money, markets)
        )
        if held + sum(profit for profit, _, _ in positions) <= sum(needed for _, needed, _ in positions):
            return min(positions, key=lambda each: each[:1])[2]
    return None


def takeover_price(market: Market, position: NetPosition, price: Decimal, secured: Decimal) -> Decimal:
    """The price at which a position is taken over where the market is at `price`; on the market's grid."""
    ruined = _at(market, position, max(secured, ZERO), market.taker)
    if ruined is None:
        return price
    if position.amount > 0:
        return max(price, (ruined / market.tick).to_integral_value(ROUND_CEILING) * market.tick)
    return max(market.tick, min(price, (ruined / market.tick).to_integral_value(ROUND_FLOOR) * market.tick))


def liquidation_price(market: Market, position: NetPosition, price: Decimal, secured: Decimal) -> Decimal | None:
    """The price at which a position is liquidated, everything else staying as it is; None if at none."""
    worth = market.cost(price, abs(position.amount))
    found = _at(market, position, secured, market.maintenance_rate(worth))
    if found is None:
        return None
    rounding = ROUND_FLOOR if position.amount > 0 else ROUND_CEILING
    return (found / market.tick).to_integral_value(rounding) * market.tick


def _at(market: Market, position: NetPosition, secured: Decimal, share: Decimal) -> Decimal | None:
    """The price at which `secured` and the position's profit together are `share` of its worth; None if at none."""
    size, way = abs(position.amount) * market.contract_size, 1 if position.amount > 0 else -1
    if market.inverse:
        left = secured + way * size / position.entry_price
        found = size * (way + share) / left if left else ZERO
    else:
        found = (position.entry_price * size - way * secured) / (size * (1 - way * share))
    return found if found > 0 else None


def _cross(account: Account, money: str, markets: Markets) -> Iterator[tuple[Market, NetPosition]]:
    for symbol, position in account.positions.items():
        if markets[symbol].money == money and account.margin_mode(symbol) == "cross":
            yield markets[symbol], position
