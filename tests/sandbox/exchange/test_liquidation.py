"""Liquidations: when a position goes, what it costs, and that nobody loses more than what secured it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, Execution, NetPosition, ledger
from oms_ccxt_async.sandbox.exchange.liquidation import liquidation_price, maintenance, takeover_price
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from tests.sandbox.exchange.support import BTC, ETH, SWAP, Floor

D = Decimal
INVERSE, ETH_SWAP = "BTC/USD:BTC", "ETH/USDT:USDT"


def opened(side: Any, amount: str, leverage: str, *, mode: str = "isolated", symbol: str = SWAP, **funds: str) -> Floor:
    """A floor with one position, entered at 60000 or thereabouts."""
    floor = Floor(funds=funds or None)
    floor.move("60000", symbol)
    floor.exchange.set_leverage(1, symbol, D(leverage))
    floor.exchange.set_margin_mode(1, symbol, mode)
    assert floor.place(side, "market", amount, symbol=symbol).order.status == "closed"
    return floor


def told(floor: Floor, symbol: str = SWAP) -> dict[str, Any]:
    found: dict[str, Any] = floor.call("fetch_position", symbol)
    return found


def total(floor: Floor, currency: str = "USDT") -> Decimal:
    held = floor.balance(currency)
    return held.free + held.used


@pytest.mark.parametrize(("side", "symbol"), [("buy", SWAP), ("sell", SWAP), ("buy", INVERSE), ("sell", INVERSE)])
@pytest.mark.parametrize("mode", ["isolated", "cross"])
def test_it_goes_at_the_price_that_is_told(side: Any, symbol: str, mode: str) -> None:
    """A tick before the liquidation price the position stays, at it it goes, at the market's price."""
    funds = {"BTC": "0.02"} if symbol == INVERSE else {"USDT": "6500"}
    floor = opened(side, "100" if symbol == INVERSE else "1", "10", mode=mode, symbol=symbol, **funds)
    price = D(str(told(floor, symbol)["liquidationPrice"]))
    step = D("0.1") if side == "buy" else D("-0.1")
    floor.move(str(price + step), symbol)
    assert floor.exchange.liquidate() == []
    floor.move(str(price), symbol)
    (taken,) = floor.exchange.liquidate()
    (trade,) = taken.trades
    assert (trade.price, taken.order.status, taken.order.ticket.reduce_only) == (price, "closed", True)
    assert floor.exchange.state(1).positions == {}
    assert floor.exchange.liquidate() == []


@pytest.mark.parametrize(("side", "jump"), [("buy", "40000"), ("sell", "90000")])
def test_a_jump_takes_no_more_than_the_margin(side: Any, jump: str) -> None:
    """Where the market leaps over the price of ruin, an isolated position costs its margin, up to a tick, no more."""
    floor = opened(side, "1", "10")
    before = total(floor)
    margin = D(str(told(floor)["collateral"]))
    floor.move(jump, SWAP)
    (taken,) = floor.exchange.liquidate()
    lost = before - total(floor)
    assert margin - D("0.1") <= lost <= margin
    assert taken.trades[0].fee == taken.trades[0].price * D("0.001")


def test_open_orders_of_the_swap_go_first() -> None:
    """What they lock may be enough; other markets' orders stay, and what they lock is not touched."""
    floor = opened("buy", "1", "10", mode="cross", USDT="12000")
    resting = floor.place("buy", "limit", "0.5", "50000", symbol=SWAP).order
    kept = floor.place("buy", "limit", "0.02", "50000", symbol=BTC).order
    price = D(str(told(floor)["liquidationPrice"]))
    floor.move(str(price), SWAP)
    steps = floor.exchange.liquidate()
    assert [(step.order.id, step.order.status) for step in steps] == [(resting.id, "canceled")]
    floor.move(str(told(floor)["liquidationPrice"]), SWAP)
    assert len(floor.exchange.liquidate()) == 1
    assert [order.id for order in floor.exchange.open_orders(1)] == [kept.id]
    assert floor.balance("USDT").free >= 0


def test_cross_positions_stand_together() -> None:
    """What one earns secures the other; when they fall short together, the one that lost most goes, and only it."""
    floor = opened("buy", "1", "20", mode="cross", USDT="4000")
    floor.move("3000", ETH_SWAP)
    floor.exchange.set_leverage(1, ETH_SWAP, D(20))
    floor.place("sell", "market", "3", symbol=ETH_SWAP)
    floor.move("57000", SWAP)
    floor.move("2000", ETH_SWAP)
    assert floor.exchange.liquidate() == []
    floor.move("3000", ETH_SWAP)
    (taken,) = floor.exchange.liquidate()
    assert taken.order.ticket.symbol == SWAP
    assert list(floor.exchange.state(1).positions) == [ETH_SWAP]


def test_an_isolated_position_leaves_the_rest_alone() -> None:
    """It goes when its own margin is used up, however much else the account has."""
    floor = opened("buy", "1", "20")
    floor.place("buy", "market", "1", symbol=ETH_SWAP)
    floor.move("57000", SWAP)
    (taken,) = floor.exchange.liquidate()
    assert taken.order.ticket.symbol == SWAP
    assert ETH_SWAP in floor.exchange.state(1).positions


def test_a_short_of_one_and_a_half_its_worth_in_inverse_contracts_never_goes() -> None:
    """What an inverse short can lose is less than its worth: secured by more, it has no liquidation price."""
    market, short = MARKETS[INVERSE], NetPosition(D(-100), D(60_000), D(1))
    assert liquidation_price(market, short, D(60_000), D("0.25")) is None
    assert takeover_price(market, short, D(10_000_000), D("0.25")) == 10_000_000


def test_larger_positions_need_more() -> None:
    """The maintenance margin is half of the margin at the highest leverage that the size allows."""
    market = MARKETS[SWAP]
    rates = [market.maintenance_rate(D(worth)) for worth in (1, 50_000_000, 50_000_001, 10**9, 10**12)]
    assert rates == [D("0.025"), D("0.025"), D("0.05"), D("0.5"), D("0.5")]
    assert maintenance(market, NetPosition(D(-2), D(1), D(1)), D(50)) == D("2.5")


moves = st.lists(
    st.tuples(
        st.sampled_from([SWAP, SWAP, ETH_SWAP, BTC, ETH]),
        st.sampled_from(["buy", "sell", "move", "rest"]),
        st.integers(-2000, 2000),
        st.integers(1, 400),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(moves, st.sampled_from(["isolated", "cross"]), st.sampled_from(["cross", "isolated"]), st.integers(2, 20))
def test_nobody_ends_up_owing(steps: Any, mode: str, other: str, leverage: int) -> None:
    """However the market jumps, positions of either mode are gone before more is lost than what was there: with none
    left the balance is not negative, orders keep what they locked, and the ledger adds up to the last digit."""
    floor = Floor(funds={"USDT": "5000", "BTC": "0.05", "ETH": "1"})
    exchange, trades = floor.exchange, []
    for symbol, chosen in ((SWAP, mode), (ETH_SWAP, other)):
        exchange.set_leverage(1, symbol, D(leverage))
        exchange.set_margin_mode(1, symbol, chosen)
    for symbol, action, change, size in steps:
        last, executions = exchange.last_price(symbol), list[Execution]()
        amount = str(D(size) / (1000 if "BTC/" in symbol else 50))
        try:
            if action == "move":
                executions = floor.move(str((last * (1 + D(change) / 4000)).quantize(D("0.1"))), symbol)
            elif action == "rest":
                away = (last * D("0.8")).quantize(D("0.1"))
                executions = [floor.place("buy", "limit", amount, str(away), symbol=symbol)]
            else:
                executions = [floor.place(action, "market", amount, symbol=symbol)]
        except ExchangeRefusal:
            pass
        executions += exchange.liquidate()
        trades += [trade for step in executions for trade in step.trades]
        state = exchange.state(1)
        worth = sum(D(str(told(floor, held)["unrealizedPnl"])) for held in state.positions)
        held = {code: balance.free + balance.used for code, balance in state.balances.items()}
        assert held["USDT"] + worth >= D("-0.000001")
        if not state.positions:
            assert state.balances["USDT"].free >= 0
        entries = ledger(trades, [], held)
        start = {"USDT": D(5000), "BTC": D("0.05"), "ETH": D(1)}
        for code, amount_held in held.items():
            assert start[code] + sum(entry.amount for entry in entries if entry.currency == code) == amount_held


def test_what_is_not_due() -> None:
    """A position without a loss is never due, whatever its leverage, and neither is an account without one."""
    floor = opened("buy", "1", "20")
    assert floor.exchange.liquidate() == []
    floor.place("sell", "market", "1", symbol=SWAP)
    assert floor.exchange.liquidate() == []
    flat = replace(NetPosition(D(1), D(100), D(1)), leverage=D(1))
    assert liquidation_price(MARKETS[SWAP], flat, D(100), D(100)) is None
