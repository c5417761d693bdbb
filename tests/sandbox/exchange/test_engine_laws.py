"""Laws that hold whatever is done to the exchange."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import (
    AccountState,
    ExchangeOrder,
    ExchangeRefusal,
    ExchangeTrade,
    Execution,
    Ids,
    PaperExchange,
    Ticket,
)
from tests.sandbox.exchange.support import BTC, ETH, FUNDS, SWAP, Clock, Floor, funded

D = Decimal
PLACES = D("1e-8")
INVERSE = "BTC/USD:BTC"

tickets = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["buy", "sell"]),
        "type": st.sampled_from(["market", "limit", "limit", "stop_market", "take_profit", "stop_limit"]),
        "amount": st.sampled_from([30, 3000, 100_000])
        .flatmap(lambda most: st.integers(1, most))
        .map(lambda n: D(n) / 1000),
        "offset": st.integers(-30, 30),
        "trigger": st.integers(-30, 30),
        "time_in_force": st.sampled_from([None, None, "IOC", "FOK", "PO"]),
        "reduce_only": st.booleans(),
        "trailing_amount": st.sampled_from([None, None, None, D(10)]),
    }
)
steps = st.one_of(
    st.tuples(st.just("place"), tickets),
    st.tuples(st.just("place"), tickets),
    st.tuples(st.just("amend"), st.tuples(st.integers(0, 9), st.integers(1, 100_000), st.integers(-30, 30))),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(-40, 40)),
    st.tuples(st.just("pass"), st.integers(1, 5)),
    st.tuples(st.just("leverage"), st.integers(1, 20)),
)


def do(floor: Floor, symbol: str, action: str, detail: Any) -> list[Execution]:
    """Do one step; a refusal must leave the account and the ids as they were."""
    exchange, last = floor.exchange, floor.exchange.last_price(symbol)
    units = 1 if symbol == INVERSE else 1000
    before, next_id = exchange.state(1), exchange.ids.peek()

    def near(offset: int) -> Decimal:
        return (last * (1 + D(offset) / 10000)).quantize(D("0.1"))

    try:
        match action:
            case "place":
                trailing = detail["trailing_amount"]
                triggered = trailing is None and detail["type"] not in ("market", "limit")
                ticket = Ticket(
                    1,
                    symbol,
                    detail["side"],
                    detail["type"],
                    detail["amount"] * 1000 / units,
                    price=near(detail["offset"]),
                    time_in_force=detail["time_in_force"],
                    reduce_only=detail["reduce_only"],
                    trigger_price=near(detail["trigger"]) if triggered else None,
                    trailing_amount=trailing,
                )
                return [exchange.place(ticket)]
            case "amend" | "cancel" if not before.open_orders:
                return []
            case "amend":
                which, thousandths, offset = detail
                order = before.open_orders[which % len(before.open_orders)]
                price = None if order.price is None else near(offset)
                return [exchange.amend(1, order.id, amount=D(thousandths) / units, price=price)]
            case "cancel":
                return [exchange.cancel(1, before.open_orders[detail % len(before.open_orders)].id)]
            case "move":
                return floor.move(str(near(detail)), symbol)
            case "pass":
                floor.clock.now += 250 * detail
                return exchange.advance()
            case "leverage":
                exchange.set_leverage(1, symbol if symbol in exchange.swaps else SWAP, D(detail))
    except ExchangeRefusal:
        assert (exchange.state(1), exchange.ids.peek()) == (before, next_id)
    return []


def money(symbol: str) -> str:
    """What a market is paid for in."""
    return "BTC" if symbol == INVERSE else "USDT"


def cost(symbol: str, price: Decimal, amount: Decimal) -> Decimal:
    """What an amount is worth, worked out from the rules: contracts of the inverse swap are of 100 USD."""
    return (amount * 100 / price).quantize(D("1e-18")) if symbol == INVERSE else price * amount


def locked(state: AccountState, order: ExchangeOrder) -> tuple[str, Decimal]:
    """What an open order has to lock, worked out from the rules and not from the code."""
    ticket, left = order.ticket, order.amount - order.filled
    if not order.triggered:
        return "USDT", D(0)
    assert order.price is not None
    if ticket.symbol in (SWAP, INVERSE):
        share = 1 / state.leverages.get(ticket.symbol, D(1)) + D("0.001")
        need = (cost(ticket.symbol, order.price, left) * share).quantize(PLACES, ROUND_UP)
        return money(ticket.symbol), D(0) if ticket.reduce_only else need
    if ticket.side == "buy":
        return "USDT", order.price * left * D("1.001")
    return ticket.symbol[:3], left


def assert_books_balance(state: AccountState) -> None:
    """Used is what open orders and margin lock, neither part is negative, no order is filled beyond its amount."""
    used: dict[str, Decimal] = defaultdict(lambda: D(0))
    for order in state.open_orders:
        assert 0 <= order.filled < order.amount
        currency, amount = locked(state, order)
        used[currency] += amount
    for symbol, position in state.positions.items():
        margin = cost(symbol, position.entry_price, abs(position.amount)) / position.leverage
        used[money(symbol)] += margin.quantize(PLACES, ROUND_DOWN)
    for currency, balance in state.balances.items():
        assert balance.used == used[currency] >= 0
        assert balance.free >= (D("-0.000001") if state.positions else 0)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([BTC, ETH, SWAP, INVERSE]), st.lists(steps, max_size=25))
def test_books_balance(symbol: str, todo: list[tuple[str, Any]]) -> None:
    """Whatever happens: locks are exact, fills make the orders, value moves only by trades and their fees."""
    floor = Floor(volatility=1.0)
    trades: dict[int, list[ExchangeTrade]] = defaultdict(list)
    moved: dict[str, Decimal] = defaultdict(lambda: D(0))
    for step in todo:
        for execution in do(floor, symbol, *step):
            order = execution.order
            for trade in execution.trades:
                trades[order.id].append(trade)
                sign = 1 if trade.side == "buy" else -1
                moved["base"] += sign * trade.amount
                paid = cost(symbol, trade.price, trade.amount)
                moved["quote"] -= (-sign if symbol == INVERSE else sign) * paid + trade.fee
                assert trade.fee == (paid / 1000).quantize(D("1e-18"))
                if order.price is not None:
                    assert sign * (trade.price - order.price) <= 0
            assert sum(trade.amount for trade in trades[order.id]) == order.filled <= order.amount
            assert sum(cost(symbol, trade.price, trade.amount) for trade in trades[order.id]) == order.cost
            state = floor.exchange.state(1)
            assert (order in state.open_orders) == (order.status == "open")
        state = floor.exchange.state(1)
        assert_books_balance(state)
        total = {currency: balance.free + balance.used for currency, balance in state.balances.items()}
        if symbol in (SWAP, INVERSE):
            # Cash and position together are worth what they were, less what was paid for the position.
            position = state.positions.get(symbol)
            amount, entry = (position.amount, position.entry_price) if position else (D(0), D(1))
            assert amount == moved["base"]
            code, held = money(symbol), cost(symbol, entry, amount) * (-1 if symbol == INVERSE else 1)
            assert abs(total[code] - D(FUNDS[code]) - held - moved["quote"]) < D("0.00001")
        else:
            assert total[symbol[:3]] == D(FUNDS[symbol[:3]]) + moved["base"]
            assert total["USDT"] == D(FUNDS["USDT"]) + moved["quote"]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([BTC, SWAP, INVERSE]), st.lists(steps, max_size=20))
def test_same_seed_and_clock_same_answers(symbol: str, todo: list[tuple[str, Any]]) -> None:
    """Two exchanges to which the same happens answer the same."""
    one, other = Floor(volatility=1.0), Floor(volatility=1.0)
    for step in todo:
        assert do(one, symbol, *step) == do(other, symbol, *step)
    assert one.exchange.state(1) == other.exchange.state(1)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([BTC, SWAP, INVERSE]),
    st.lists(steps.filter(lambda step: step[0] != "move"), max_size=20),
    st.lists(steps, max_size=15),
)
def test_an_exchange_rebuilt_from_state_behaves_the_same(
    symbol: str, before: list[tuple[str, Any]], after: list[tuple[str, Any]]
) -> None:
    """Once the tick is over, an exchange that took up the state cannot be told from the one that went on."""
    one = Floor(volatility=1.0)
    for step in before:
        do(one, symbol, *step)
    other = Floor(volatility=1.0)
    other.exchange = PaperExchange(clock=other.clock, ids=Ids(one.exchange.ids.peek()))
    other.exchange.open(one.exchange.state(1))
    one.clock.now = other.clock.now = one.clock.now + 250
    for step in after:
        assert do(one, symbol, *step) == do(other, symbol, *step)
    assert one.exchange.state(1) == other.exchange.state(1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([BTC, SWAP, INVERSE]), st.lists(st.lists(steps, max_size=6), max_size=5))
def test_an_exchange_that_takes_up_changes_holds_the_same(symbol: str, rounds: list[list[tuple[str, Any]]]) -> None:
    """An exchange that is told from time to time which orders changed, and what is held, cannot be told from the one
    where it happened."""
    one, other = Floor(volatility=1.0), Floor(volatility=1.0)
    for round_ in rounds:
        changed = {execution.order.id: execution.order for step in round_ for execution in do(one, symbol, *step)}
        now = one.exchange.state(1)
        other.exchange.update(replace(now, open_orders=tuple(changed.values())))
        there = other.exchange.state(1)
        assert {order.id: order for order in there.open_orders} == {order.id: order for order in now.open_orders}
        assert replace(there, open_orders=()) == replace(now, open_orders=())


def test_another_seed_is_another_market() -> None:
    """Seeds tell markets apart."""
    prices = {PaperExchange(seed=seed, clock=Clock()).last_price(BTC) for seed in range(10)}
    assert len(prices) > 5


def test_time_runs_on_without_orders() -> None:
    """An exchange without orders has nothing to report, however far the clock jumps."""
    floor = Floor(volatility=1.0)
    floor.exchange.open(funded(2))
    floor.clock.now += 10**10
    assert floor.exchange.advance() == []
