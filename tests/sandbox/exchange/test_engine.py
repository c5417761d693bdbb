from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.sandbox.exchange import Balance, ExchangeRefusal, PaperExchange, Side
from tests.sandbox.exchange.support import BTC, ETH, START, SWAP, Clock, Floor, funded, ticket

D = Decimal


def levels(floor: Floor, side: str, symbol: str = BTC) -> list[tuple[Decimal, Decimal]]:
    """The bids or asks as exact numbers."""
    return [(D(str(price)), D(str(amount))) for price, amount in floor.call("fetch_order_book", symbol)[side]]


def assert_refused(floor: Floor, message: str, side: Side, type: str, amount: str, *args: Any, **fields: Any) -> None:
    """The order is refused with this message, and neither account nor ids have changed."""
    before = floor.exchange.state(1), floor.exchange.ids.peek()
    with pytest.raises(ExchangeRefusal) as refused:
        floor.place(side, type, amount, *args, **fields)
    assert str(refused.value) == message
    assert (floor.exchange.state(1), floor.exchange.ids.peek()) == before


# Taking


def test_market_order_walks_the_book() -> None:
    """A market order takes level after level, a trade each, at the prices that the book showed."""
    floor = Floor()
    asks = levels(floor, "asks")
    amount = asks[0][1] + asks[1][1] + D("0.001")
    execution = floor.place("buy", "market", str(amount))
    fills = [(trade.price, trade.amount) for trade in execution.trades]
    assert fills == [asks[0], asks[1], (asks[2][0], D("0.001"))]
    assert (execution.order.status, execution.order.filled) == ("closed", amount)
    assert execution.order.cost == sum(price * size for price, size in fills)
    assert {trade.taker_or_maker for trade in execution.trades} == {"taker"}


def test_ids_are_one_sequence() -> None:
    """Orders and trades take their ids from one sequence, as recorded: 900001, 900002."""
    floor = Floor()
    amount = str(levels(floor, "asks")[0][1] + D("0.001"))
    execution = floor.place("buy", "market", amount)
    assert (execution.order.id, [trade.id for trade in execution.trades]) == (900_001, [900_002, 900_003])
    assert floor.place("buy", "limit", "1", "50000").order.id == 900_004
    assert floor.exchange.ids.peek() == 900_005


def test_execution_reports_what_changed() -> None:
    """A fill reports both currencies of the pair, a resting order the one that it locks."""
    floor = Floor()
    resting = floor.place("buy", "limit", "1", "50000")
    assert resting.balances == {"USDT": Balance(D(949950), D(50050))}
    filled = floor.place("sell", "market", "0.001")
    assert set(filled.balances) == {"BTC", "USDT"}
    assert filled.positions == {}


def test_what_the_book_cannot_give_is_canceled() -> None:
    """A market order for more than the book holds fills as far as that goes."""
    floor = Floor(funds={"USDT": "1000000000"})
    there = sum(amount for _, amount in levels(floor, "asks"))
    order = floor.place("buy", "market", str(there + 1)).order
    assert (order.status, order.filled) == ("canceled", there)
    assert floor.place("buy", "market", "1").order.filled == 0
    assert floor.exchange.open_orders(1) == []


def test_liquidity_comes_back_with_the_next_tick() -> None:
    """What was taken is missing from the book until the tick is over."""
    floor = Floor()
    before = levels(floor, "asks")
    floor.place("buy", "market", "1")
    assert levels(floor, "asks") != before
    floor.clock.now += 250
    assert levels(floor, "asks") == before


def test_ioc_limit_takes_what_is_there_and_never_rests() -> None:
    """An IOC order fills up to its price; the rest is canceled."""
    floor = Floor()
    price, there = levels(floor, "asks")[0]
    order = floor.place("buy", "limit", str(there + 1), str(price), time_in_force="IOC").order
    assert (order.status, order.filled) == ("canceled", there)
    assert floor.balance("USDT").used == 0


def test_fok_limit_fills_whole_or_not_at_all() -> None:
    """A FOK order that the book cannot fill whole is canceled without a trade; one that it can fill is filled."""
    floor = Floor()
    price, there = levels(floor, "asks")[0]
    failed = floor.place("buy", "limit", str(there + 1), str(price), time_in_force="FOK")
    assert (failed.order.status, failed.order.filled, failed.trades) == ("canceled", D(0), ())
    assert floor.place("buy", "limit", str(there), str(price), time_in_force="FOK").order.status == "closed"


def test_limit_order_takes_first_and_rests_with_the_remainder() -> None:
    """A crossing limit order takes up to its price and rests there."""
    floor = Floor()
    price, there = levels(floor, "asks")[0]
    order = floor.place("buy", "limit", str(there + 1), str(price)).order
    assert (order.status, order.filled) == ("open", there)
    assert floor.balance("USDT").used == price * D("1.001")
    assert floor.exchange.open_orders(1) == [order]


def test_post_only_rests_or_is_refused() -> None:
    """A post-only order is refused if it would take, and rests otherwise."""
    floor = Floor()
    ask = str(levels(floor, "asks")[0][0])
    message = "paper post only order would immediately match and take"
    assert_refused(floor, message, "buy", "limit", "1", ask, post_only=True)
    assert floor.place("buy", "limit", "1", "59999", post_only=True).order.status == "open"


# Refusing


@pytest.mark.parametrize(
    ("message", "side", "type", "amount", "price", "fields"),
    [
        ("paper does not have market symbol NOPE/USDT", "buy", "market", "1", None, {"symbol": "NOPE/USDT"}),
        ("paper does not have account 7", "buy", "market", "1", None, {"account_id": 7}),
        ("paper insufficient balance", "buy", "market", "2000", None, {}),
        ("paper insufficient balance", "sell", "market", "10.1", None, {}),
        ("paper insufficient balance", "buy", "limit", "20", "60000", {}),
        ("paper insufficient balance", "sell", "limit", "17", "60100", {"symbol": SWAP}),
        ("paper order amount is too large: 1001 BTC, maximum 1000", "buy", "limit", "1001", "1", {}),
        (
            "paper order amount is too large: 1001 BTC, maximum 1000",
            "buy",
            "market",
            "1001",
            None,
            {"stop_price": "90000"},
        ),
        ("paper order cost is too small: 0.6 USDT, minimum 1", "buy", "market", "0.00001", None, {}),
        ("paper order cost is too small: 0.1 USDT, minimum 1", "buy", "limit", "0.1", "1", {}),
        (
            "paper reduce only order has no position to reduce",
            "sell",
            "market",
            "1",
            None,
            {"symbol": SWAP, "reduce_only": True},
        ),
    ],
)
def test_refused_orders(
    message: str, side: Side, type: str, amount: str, price: str | None, fields: dict[str, Any]
) -> None:
    """A refused order says why and changes nothing."""
    assert_refused(Floor(), message, side, type, amount, price, **fields)


def test_no_amount_is_too_wild_to_be_refused() -> None:
    """Numbers beyond the decimal range end in a refusal like any other."""
    for amount in ("1e999999", "1e-999999", "9" * 40):
        with pytest.raises(ExchangeRefusal):
            Floor().place("buy", "market", amount)


def test_messages_begin_with_the_name() -> None:
    """An exchange of another name says so."""
    with pytest.raises(ExchangeRefusal, match="kraken does not have market symbol X"):
        PaperExchange("kraken", clock=Clock()).last_price("X")


# Resting


def test_resting_buy_fills_when_the_market_comes_through() -> None:
    """A resting order fills at its own price, as maker, once the best offer is at or below it."""
    floor = Floor()
    floor.place("buy", "limit", "0.001", "59000")
    assert floor.move("59000") == []
    (execution,) = floor.move("58990")
    (trade,) = execution.trades
    assert (trade.price, trade.amount, trade.taker_or_maker, trade.fee) == (D(59000), D("0.001"), "maker", D("0.059"))
    assert (execution.order.status, execution.order.updated_ms) == ("closed", START + 500)
    assert floor.balance("USDT") == Balance(D(1_000_000) - 59 - D("0.059"), D(0))


def test_resting_sell_fills_when_the_market_comes_through() -> None:
    """A resting sell fills once the best bid is at or above it."""
    floor = Floor()
    floor.place("sell", "limit", "0.001", "61000")
    (execution,) = floor.move("61010")
    assert (execution.trades[0].price, execution.order.status) == (D(61000), "closed")
    assert floor.balance("BTC") == Balance(D("9.999"), D(0))


def test_resting_order_fills_in_parts() -> None:
    """A resting order gets no more than the liquidity of a tick, and goes on with the next."""
    floor = Floor(funds={"USDT": "1000000000"})
    floor.place("buy", "limit", "900", "59000")
    parts = [step.order.filled for step in (*floor.move("58900"), *floor.next_tick(), *floor.next_tick())]
    assert len(parts) == 3
    assert parts[1] - parts[0] == parts[2] - parts[1] == parts[0] > 0
    assert floor.exchange.advance() == []


def test_best_price_then_oldest_fills_first() -> None:
    """When liquidity is short, the better price has it, and of equal prices the older order."""
    floor = Floor(funds={"USDT": "1000000000"})
    worse, older, younger = (
        floor.place("buy", "limit", "900", price).order.id for price in ("58990", "59000", "59000")
    )
    filled = [step.order.id for step in floor.move("58900")]
    assert filled == [older]
    floor.exchange.cancel(1, older)
    assert [step.order.id for step in floor.next_tick()] == [younger]
    floor.exchange.cancel(1, younger)
    assert [step.order.id for step in floor.next_tick()] == [worse]


# Changing and canceling


def test_amend_keeps_id_and_fills() -> None:
    """A changed order keeps its id and what it filled; its lock follows."""
    floor = Floor()
    price, there = levels(floor, "asks")[0]
    order = floor.place("buy", "limit", str(there + 1), str(price)).order
    changed = floor.exchange.amend(1, order.id, amount=there + 2, price=D(50000)).order
    assert (changed.id, changed.filled, changed.amount, changed.price) == (order.id, there, there + 2, D(50000))
    assert floor.balance("USDT").used == 100_100


def test_amend_of_one_field_leaves_the_other() -> None:
    """Price and amount can be changed alone."""
    floor = Floor()
    order = floor.place("buy", "limit", "1", "50000").order
    floor.exchange.amend(1, order.id, amount=D(2), price=None)
    changed = floor.exchange.amend(1, order.id, amount=None, price=D(51000)).order
    assert (changed.amount, changed.price) == (D(2), D(51000))


def test_amend_may_cross_and_fill() -> None:
    """A changed order that now crosses takes at the book's prices."""
    floor = Floor()
    order = floor.place("buy", "limit", "0.001", "50000").order
    execution = floor.exchange.amend(1, order.id, amount=None, price=D(61000))
    assert execution.order.status == "closed"
    assert execution.trades[0].price == levels(Floor(), "asks")[0][0]


def test_amend_of_a_waiting_order() -> None:
    """A waiting order goes on waiting, with the new amount."""
    floor = Floor()
    order = floor.place("sell", "stop_market", "1", stop_price="59000").order
    changed = floor.exchange.amend(1, order.id, amount=D(2), price=None).order
    assert (changed.amount, changed.triggered, changed.status) == (D(2), False, "open")


@pytest.mark.parametrize(
    ("amount", "price", "message"),
    [
        ("0.0000001", None, "paper order amount is too small: 1E-7 BTC, minimum 0.000001"),
        ("0.5", None, "paper order amount must be above the filled amount 0.5"),
        ("100", None, "paper insufficient balance"),
        (None, "0.001", "paper order price 0.001 is outside 0.01 to 10000000"),
        ("0.6", "0.01", "paper order cost is too small: 0.006 USDT, minimum 1"),
    ],
)
def test_refused_amends(amount: str | None, price: str | None, message: str) -> None:
    """A change that is not accepted says why and leaves the order as it was."""
    floor = Floor()
    order = floor.place("buy", "limit", "1", "50000").order
    half_filled = replace(order, filled=D("0.5"), cost=D(25000))
    floor.exchange.open(replace(floor.exchange.state(1), open_orders=(half_filled,)))
    before = floor.exchange.state(1)
    with pytest.raises(ExchangeRefusal) as refused:
        floor.exchange.amend(1, order.id, amount=D(amount) if amount else None, price=D(price) if price else None)
    assert str(refused.value) == message
    assert floor.exchange.state(1) == before


def test_a_market_order_has_no_price_to_change() -> None:
    """A waiting market order takes no price."""
    floor = Floor()
    order = floor.place("sell", "stop_market", "1", stop_price="59000").order
    with pytest.raises(ExchangeRefusal, match="paper market order has no price to change"):
        floor.exchange.amend(1, order.id, amount=None, price=D(1))


def test_amended_post_only_order_must_not_take() -> None:
    """Post-only holds for every price that the order is given."""
    floor = Floor()
    order = floor.place("buy", "limit", "1", "50000", post_only=True).order
    with pytest.raises(ExchangeRefusal, match="would immediately match"):
        floor.exchange.amend(1, order.id, amount=None, price=D(61000))


def test_cancel_gives_back_what_was_locked() -> None:
    """A canceled order locks nothing and is not open."""
    floor = Floor()
    order = floor.place("buy", "limit", "1", "50000").order
    floor.clock.now += 1
    execution = floor.exchange.cancel(1, order.id)
    assert (execution.order.status, execution.order.updated_ms) == ("canceled", START + 1)
    assert execution.balances == {"USDT": Balance(D(1_000_000), D(0))}
    assert floor.exchange.open_orders(1) == []


@pytest.mark.parametrize("account_id", [1, 2])
def test_only_an_open_order_of_the_account_is_found(account_id: int) -> None:
    """Neither a finished order nor another account's order can be changed or canceled."""
    floor = Floor()
    floor.exchange.open(funded(2))
    order = floor.place("buy", "limit", "1", "50000").order
    if account_id == 1:
        floor.exchange.cancel(1, order.id)
    with pytest.raises(ExchangeRefusal, match="paper order not found"):
        floor.exchange.cancel(account_id, order.id)
    with pytest.raises(ExchangeRefusal, match="paper order not found"):
        floor.exchange.amend(account_id, order.id, amount=D(2), price=None)


# The exchange as a whole


def test_open_takes_an_account_back() -> None:
    """After `open` with an earlier state what happened since is undone, and its ids are not given again."""
    floor = Floor()
    before = floor.exchange.state(1)
    order = floor.place("buy", "limit", "1", "50000").order
    floor.exchange.open(before)
    assert floor.exchange.state(1) == before
    assert floor.place("buy", "limit", "1", "50000").order.id == order.id + 1


def test_accounts_are_apart() -> None:
    """One account's orders neither change nor meet another's."""
    floor = Floor()
    floor.exchange.open(funded(2))
    before = floor.exchange.state(2)
    floor.place("buy", "limit", "1", "59999.99")
    floor.exchange.place(ticket("sell", "limit", "1", "59999.99", account_id=2, post_only=False))
    assert floor.exchange.open_orders(1)[0].filled == 0
    assert floor.exchange.state(2) != before


def test_symbols_and_prices() -> None:
    """The markets stand where they belong when nothing moves."""
    exchange = Floor().exchange
    assert {symbol: str(exchange.last_price(symbol)) for symbol in exchange.symbols} == {
        BTC: "60000.00",
        ETH: "3000.00",
        "SOL/USDT": "150.00",
        "XRP/USDT": "2.4000",
        "LTC/USDT": "84.00",
        "DOGE/USDT": "0.24000",
        "ETH/BTC": "0.050000",
        "LTC/BTC": "0.0014000",
        SWAP: "60012.0",
        "ETH/USDT:USDT": "3000.60",
        "SOL/USDT:USDT": "150.05",
        "BTC/USD:BTC": "60006.0",
    }


def test_symbols_and_ids() -> None:
    """A market is found by its symbol and by its id; nothing else is a market."""
    exchange = Floor().exchange
    assert [exchange.symbol(name) for name in (BTC, "BTCUSDT", "BTCUSD_BTC")] == [BTC, BTC, "BTC/USD:BTC"]
    for name in ("btcusdt", "", None, ["BTCUSDT"]):
        with pytest.raises(ExchangeRefusal, match="paper does not have market symbol"):
            exchange.symbol(name)


def test_move_that_cannot_be_is_an_error() -> None:
    """A price off the grid is the caller's mistake, not the exchange's refusal."""
    with pytest.raises(ValueError, match="BTC/USDT cannot trade at 0"):
        Floor().exchange.move(BTC, D(0))
