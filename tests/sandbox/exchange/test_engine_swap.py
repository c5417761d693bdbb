"""Swap orders: positions, margin, reduce-only, leverage."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, NetPosition
from oms_ccxt_async.sandbox.exchange.accounts import Account
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from tests.sandbox.exchange.support import BTC, SWAP, Floor, funded

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


INVERSE = "BTC/USD:BTC"


def test_inverse_swap_is_settled_in_its_base_currency() -> None:
    """Contracts are paid for in BTC: margin, fees and profit; USDT is not touched."""
    floor = Floor()
    floor.exchange.set_leverage(1, INVERSE, D(10))
    opened = floor.place("buy", "market", "600", symbol=INVERSE)
    cost = sum((trade.amount * 100 / trade.price for trade in opened.trades), D(0))
    assert opened.order.cost.quantize(D("1e-12")) == cost.quantize(D("1e-12"))
    assert {trade.fee_currency for trade in opened.trades} == {"BTC"}
    assert set(opened.balances) == {"BTC"}
    position = opened.positions[INVERSE]
    assert (position.amount, position.entry_price.quantize(D("0.01"))) == (D(600), (60_000 / cost).quantize(D("0.01")))
    assert abs(opened.balances["BTC"].used - cost / 10) < D("1e-7")
    floor.move("80000", INVERSE)
    closed = floor.place("sell", "market", "600", symbol=INVERSE)
    back = sum((trade.amount * 100 / trade.price for trade in closed.trades), D(0))
    fees = sum((trade.fee for trade in (*opened.trades, *closed.trades)), D(0))
    assert abs(closed.balances["BTC"].free - (10 + cost - back - fees)) < D("1e-9")
    assert closed.balances["BTC"].used == 0
    assert cost > back > cost * 3 / 4 - D("0.001")


def test_inverse_positions_average_harmonically() -> None:
    """Two equal amounts of contracts at 50000 and 100000 are a position at 66666.67."""
    account = Account(funded())
    market = MARKETS[INVERSE]
    for price in (50_000, 100_000):
        account.settle(market, "sell", D(price), D(10))
    assert account.position(INVERSE).entry_price.quantize(D("0.01")) == D("66666.67")
    assert account.position(INVERSE).amount == -20


def test_inverse_orders_need_their_base_currency() -> None:
    """What an account lacks in BTC, it cannot trade, however many USDT it has; one contract is enough of an order."""
    floor = Floor(funds={"USDT": "1000000", "BTC": "0.01"})
    with pytest.raises(ExchangeRefusal, match="paper insufficient balance"):
        floor.place("buy", "market", "7", symbol=INVERSE)
    assert floor.place("buy", "limit", "5.7", "60000", symbol=INVERSE).order.amount == 5
    with pytest.raises(ExchangeRefusal, match=r"too small: 0\.5 contracts, minimum 1"):
        floor.place("buy", "market", "0.5", symbol=INVERSE)


def test_orders_in_bitcoin_are_paid_in_bitcoin() -> None:
    """ETH/BTC moves both coins, its fee is in BTC, and it has a smallest cost of its own."""
    floor = Floor()
    execution = floor.place("sell", "market", "2", symbol="ETH/BTC")
    assert set(execution.balances) == {"ETH", "BTC"}
    assert {trade.fee_currency for trade in execution.trades} == {"BTC"}
    with pytest.raises(ExchangeRefusal, match=r"paper order cost is too small: 0\.00005 BTC, minimum 0\.0001"):
        floor.place("buy", "limit", "0.001", "0.05", symbol="ETH/BTC")
