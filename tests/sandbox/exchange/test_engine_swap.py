"""Swap orders: positions, margin, reduce-only, leverage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, NetPosition
from tests.sandbox.exchange.support import BTC, SWAP, Floor

D = Decimal


def test_swap_orders_make_a_net_position() -> None:
    """A swap fill opens a position on margin; the opposite fill closes it and reports amount 0."""
    floor = Floor()
    opened = floor.place("sell", "market", "0.001", symbol=SWAP)
    price = opened.trades[0].price
    assert opened.positions == {SWAP: NetPosition(D("-0.001"), price, D(1))}
    assert opened.balances["USDT"].used == price / 1000
    closed = floor.place("buy", "market", "0.001", symbol=SWAP)
    assert closed.positions == {SWAP: NetPosition(D(0), D(0), D(1))}
    assert closed.balances["USDT"].used == 0
    profit = (price - closed.trades[0].price) / 1000
    fees = opened.trades[0].fee + closed.trades[0].fee
    assert closed.balances["USDT"].free == 1_000_000 + profit - fees


def test_reduce_only_is_cut_down_to_the_position() -> None:
    """A reduce-only order closes what there is and no more."""
    floor = Floor()
    floor.place("buy", "market", "0.5", symbol=SWAP)
    execution = floor.place("sell", "market", "3", symbol=SWAP, reduce_only=True)
    assert (execution.order.amount, execution.order.status) == (D("0.5"), "closed")
    assert execution.positions[SWAP].amount == 0


def test_resting_reduce_only_order_without_a_position_is_canceled() -> None:
    """Once its position is gone, a resting reduce-only order ends when the market comes to it."""
    floor = Floor()
    floor.place("buy", "market", "0.5", symbol=SWAP)
    floor.place("sell", "limit", "0.5", "61000", symbol=SWAP, reduce_only=True)
    floor.next_tick()
    floor.place("sell", "market", "0.5", symbol=SWAP)
    (execution,) = floor.move("62000", SWAP)
    assert (execution.order.status, execution.trades) == ("canceled", ())


def test_resting_reduce_only_order_fills_up_to_the_position() -> None:
    """A position that shrank in the meantime is closed and not reversed."""
    floor = Floor()
    floor.place("buy", "market", "0.005", symbol=SWAP)
    floor.place("sell", "limit", "0.005", "61000", symbol=SWAP, reduce_only=True)
    floor.place("sell", "market", "0.003", symbol=SWAP)
    (execution,) = floor.move("62000", SWAP)
    assert (execution.order.filled, execution.positions[SWAP].amount) == (D("0.002"), D(0))


def test_reduce_only_means_nothing_in_spot() -> None:
    """The exchange knows no spot positions: a reduce-only spot order is an order."""
    assert Floor().place("sell", "market", "0.001", reduce_only=True).order.status == "closed"


def test_leverage_divides_margin() -> None:
    """At leverage 20 a position takes a twentieth of its notional."""
    floor = Floor()
    floor.exchange.set_leverage(1, SWAP, D(20))
    execution = floor.place("buy", "market", "0.001", symbol=SWAP)
    assert execution.balances["USDT"].used == execution.order.cost / 20
    assert floor.exchange.leverages(1) == {SWAP: 20}


@pytest.mark.parametrize(
    ("symbol", "leverage", "message"),
    [
        (BTC, "2", "paper has no leverage in spot market BTC/USDT"),
        (SWAP, "0.5", "paper leverage must be between 1 and 20, not 0.5"),
        (SWAP, "21", "paper leverage must be between 1 and 20, not 21"),
        (SWAP, "NaN", "paper leverage must be between 1 and 20, not NaN"),
        (SWAP, "1", "paper insufficient balance"),
    ],
)
def test_refused_leverages(symbol: str, leverage: str, message: str) -> None:
    """Leverage has limits, belongs to swaps, and needs its margin."""
    floor = Floor(funds={"USDT": "10000"})
    floor.exchange.set_leverage(1, SWAP, D(20))
    floor.place("buy", "market", "1", symbol=SWAP)
    with pytest.raises(ExchangeRefusal) as refused:
        floor.exchange.set_leverage(1, symbol, D(leverage))
    assert str(refused.value) == message
    assert floor.exchange.leverages(1) == {SWAP: 20}
