"""What is believed of a real exchange, and what of it an order gets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.evidence import Fate, rule_of
from oms_ccxt_async.sandbox.exchange import ExchangeRefusal, Execution, PaperExchange
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Markets
from oms_ccxt_async.sandbox.exchange.observed import Observed
from tests.sandbox.exchange.support import BTC, SWAP, Clock, funded, ticket
from tests.sandbox.exchange.test_engine_laws import assert_books_balance

D = Decimal
STALE = 5000
TAKER, MAKER = D("0.001"), D("0.0004")
SOME = Markets(replace(MARKETS[symbol], taker=TAKER, maker=MAKER) for symbol in (BTC, SWAP))


class Seen:
    """A paper exchange on what is seen, with a book to begin with."""

    def __init__(self, slippage: str = "0") -> None:
        self.clock = Clock()
        self.observed = Observed(SOME, self.clock, stale_ms=STALE)
        self.exchange = PaperExchange(clock=self.clock, prices=self.observed, slippage=D(slippage))
        self.exchange.open(funded())

    def book(self, bids: list[Any], asks: list[Any], symbol: str = BTC, **fields: Any) -> bool:
        anew = fields.pop("anew", False)
        told = {"bids": bids, "asks": asks, "timestamp": self.clock.now, **fields}
        return self.observed.see_book(symbol, told, anew=anew)

    def trade(self, price: float, amount: float, *, ago: int = 0, **fields: Any) -> list[Execution]:
        told = {"price": price, "amount": amount, "timestamp": self.clock.now - ago, **fields}
        self.observed.see_trades(BTC, [told])
        executions = self.exchange.advance()
        self.observed.forget_passed()
        return executions


@pytest.fixture
def seen() -> Seen:
    found = Seen()
    assert found.book([[99, 1], [98, 2]], [[100, 1], [101, 2]])
    return found


def test_without_a_book_nothing_trades() -> None:
    """A market that was never seen, or long ago, refuses orders in words that prove that nothing was done."""
    seen = Seen()
    for age in (None, STALE + 1):
        if age is not None:
            seen.book([[99, 1]], [[100, 1]])
            seen.clock.now += age
        with pytest.raises(ExchangeRefusal, match="trading is suspended") as refusal:
            seen.exchange.place(ticket("buy", "market", "1"))
        rule = rule_of(400, "internal_error", str(refusal.value), {"code": "internal_error"})
        assert (rule.error.__name__, rule.fate) == ("MarketClosed", Fate.REFUSED)


def test_a_stale_book_fills_nobody(seen: Seen) -> None:
    """Resting orders do not fill on what is old, even if a trade says so, and do once there is a book again."""
    seen.exchange.place(ticket("buy", "limit", "1", "98"))
    seen.clock.now += STALE + 1
    assert seen.trade(90, 5) == []
    assert seen.book([[96, 1]], [[97, 1]])
    assert [fill.price for step in seen.exchange.advance() for fill in step.trades] == [D(98)]


@pytest.mark.parametrize(
    ("bids", "asks", "shift"),
    [
        ([[101, 1]], [[100, 1]], 0),
        ([[100, 1]], [[100, 1]], 0),
        ([[99, 0]], [[100, 1]], 0),
        ([], [[100, 1]], 0),
        (None, None, 0),
        ([[-1, 1]], [[100, 1]], 0),
        ([["x"], "y", None], [[100, 1]], 0),
        ([[99, 1]], [[100, 1]], -1),
        ([[99, 1]], [[100, 1]], STALE + 1),
        ([[99, 0.0000001]], [[100, 1]], 0),
    ],
)
def test_lies(seen: Seen, bids: Any, asks: Any, shift: int) -> None:
    """Crossed books, books with an empty side, of no shape, of an earlier or a far later time are not believed."""
    assert not seen.book(bids, asks, timestamp=seen.clock.now + shift)
    assert seen.observed.lies(BTC) == 1
    assert seen.observed.book(SOME[BTC], 0).best("buy") == 100


def test_a_stream_that_falls_behind_is_not_believed(seen: Seen) -> None:
    """Books that take longer and longer are old when they come; asked anew, the exchange sets the time right."""
    seen.clock.now += STALE + 1000
    assert not seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now - STALE - 1)
    assert not seen.observed.fresh(BTC)
    assert seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now - 60_000, anew=True)
    assert seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now - 60_000)
    assert seen.book([[98, 1]], [[99, 1]])  # it has caught up
    assert not seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now - 60_000)


def test_clocks_may_differ() -> None:
    """An exchange whose clock is a minute ahead, or behind, of ours is believed once it was asked."""
    for ahead in (60_000, -60_000):
        seen = Seen()
        assert seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now + ahead, anew=True)
        seen.clock.now += 1000
        assert seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now + ahead)
        assert not seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now + 86_400_000)
        assert seen.book([[98, 1]], [[99, 1]], timestamp=seen.clock.now + ahead)


def test_the_price_is_the_last_trades_within_the_book(seen: Seen) -> None:
    """Before a trade it is the middle of the book; a trade that the book has left behind counts as far as its edge."""
    assert seen.exchange.last_price(BTC) == D("99.5")
    seen.trade(99.2, 1)
    assert seen.exchange.last_price(BTC) == D("99.2")
    seen.book([[105, 1]], [[106, 1]])
    assert seen.exchange.last_price(BTC) == 105


def test_trades_reach_who_rested_before(seen: Seen) -> None:
    """A trade of before an order, one that was seen, and one that is told late, fill nothing."""
    seen.trade(99.5, 1, id="a")
    seen.clock.now += 100
    seen.exchange.place(ticket("buy", "limit", "3", "98"))
    assert seen.trade(97, 9, ago=50) == []
    seen.clock.now += 100
    assert [fill.amount for step in seen.trade(97, 1, id="b") for fill in step.trades] == [1]
    assert seen.trade(97, 1, id="b") == []
    assert seen.trade(97, 1, ago=60_000, id="c") == []
    assert seen.trade(0, 1) == seen.trade(97, 0) == seen.trade(97, -1) == []


def test_one_trade_fills_the_best_price_first_and_no_more_than_it_was(seen: Seen) -> None:
    """Orders share what went by, by price and then by age."""
    for price in ("97.5", "98", "98"):
        seen.exchange.place(ticket("buy", "limit", "1", price))
    filled = [(step.order.id, fill.amount) for step in seen.trade(97, 1.5) for fill in step.trades]
    assert filled == [(900_002, D(1)), (900_003, D("0.5"))]


def test_a_trailing_stop_follows_what_was_seen(seen: Seen) -> None:
    """It triggers at its distance from the best price since it was placed, however long that is ago."""
    seen.exchange.place(ticket("sell", "stop_market", "1", trailing_amount="2"))
    for bid in (103, 102, 101.5):
        seen.clock.now += 1000
        seen.book([[bid, 1]], [[bid + 0.5, 1]])
        assert seen.exchange.advance() == []
    seen.clock.now += 1000
    seen.book([[101, 1]], [[101.2, 1]])
    assert [step.order.status for step in seen.exchange.advance()] == ["closed"]


@pytest.mark.parametrize(("side", "limit", "fills"), [("buy", None, ["101"]), ("sell", None, ["98.01"])])
def test_slippage(side: Any, limit: str | None, fills: list[str]) -> None:
    """A taker's prices are worse by the share that was asked for, on the market's grid."""
    seen = Seen(slippage="0.01")
    seen.book([[99, 1]], [[100, 1]])
    execution = seen.exchange.place(ticket(side, "market", "0.5"))
    assert [trade.price for trade in execution.trades] == [D(price) for price in fills]


def test_slippage_keeps_to_a_limit() -> None:
    """What an order would not pay it does not get: it rests."""
    seen = Seen(slippage="0.01")
    seen.book([[99, 1]], [[100, 1], [102, 1]])
    execution = seen.exchange.place(ticket("buy", "limit", "2", "102"))
    assert [(trade.price, trade.amount) for trade in execution.trades] == [(D(101), D(1))]
    assert execution.order.status == "open"


def test_real_prices_are_not_moved(seen: Seen) -> None:
    """Nobody tells a real market where to trade."""
    with pytest.raises(ValueError, match="cannot be moved"):
        seen.exchange.move(BTC, D(1))


levels = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3000)), min_size=0, max_size=4)
actions = st.one_of(
    st.tuples(st.just("book"), levels, levels),
    st.tuples(st.just("trade"), st.integers(960, 1040), st.integers(0, 3000)),
    st.tuples(st.just("place"), st.sampled_from(["buy", "sell"]), st.integers(950, 1050), st.integers(1, 5000)),
    st.tuples(st.just("market"), st.sampled_from(["buy", "sell"]), st.just(0), st.integers(1, 5000)),
    st.tuples(st.just("wait"), st.integers(1, 8000)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(actions, max_size=30), st.sampled_from([BTC, SWAP]), st.sampled_from(["0", "0.001"]))
def test_money_adds_up_whatever_is_seen(steps: list[Any], symbol: str, slippage: str) -> None:
    """Whatever books, lies, trades and silences come: locks are right, nothing is negative, balances moved by exactly
    what the trades cost, no order fills beyond what was offered, and nothing fills on a stale book."""
    seen = Seen(slippage)
    seen.book([[100, 1]], [[100.1, 1]], symbol)
    trades = []
    for action, *detail in steps:
        fresh = seen.observed.fresh(symbol)
        executions: list[Execution] = []
        try:
            match action:
                case "book":
                    bids, asks = (
                        [[100 + way * at / 10, n / 1000] for at, n in side]
                        for way, side in zip((-1, 1), detail, strict=True)
                    )
                    seen.book(bids, asks, symbol)
                    fresh = seen.observed.fresh(symbol)
                    executions = seen.exchange.advance()
                case "trade":
                    told = {"price": detail[0] / 10, "amount": detail[1] / 1000, "timestamp": seen.clock.now}
                    seen.observed.see_trades(symbol, [told])
                    executions = seen.exchange.advance()
                    seen.observed.forget_passed()
                case "wait":
                    seen.clock.now += detail[0]
                    fresh = seen.observed.fresh(symbol)
                    executions = seen.exchange.advance()
                case "cancel":
                    resting = seen.exchange.open_orders(1)
                    if resting:
                        executions = [seen.exchange.cancel(1, resting[detail[0] % len(resting)].id)]
                case _:
                    side, price, amount = detail
                    order = ticket(
                        side,
                        "limit" if price else "market",
                        str(D(amount) / 1000),
                        (price and str(D(price) / 10)) or None,
                        symbol=symbol,
                    )
                    executions = [seen.exchange.place(order)]
        except ExchangeRefusal:
            pass
        made = [trade for step in executions for trade in step.trades]
        assert fresh or not made
        trades += made
        assert_books_balance(seen.exchange.state(1))
    balances = seen.exchange.state(1).balances
    held = {code: balance.free + balance.used for code, balance in balances.items()}
    signed = sum((trade.amount if trade.side == "buy" else -trade.amount for trade in trades), D(0))
    fees = sum((trade.fee for trade in trades), D(0))
    for trade in trades:
        rate = TAKER if trade.taker_or_maker == "taker" else MAKER
        assert trade.fee == trade.price * trade.amount * rate
    if symbol == BTC:
        paid = sum((trade.price * trade.amount * (1 if trade.side == "buy" else -1) for trade in trades), D(0))
        assert (held["BTC"], held["USDT"]) == (10 + signed, 1_000_000 - paid - fees)
    else:
        assert seen.exchange.state(1).positions.get(SWAP, None) is None or (
            seen.exchange.state(1).positions[SWAP].amount == signed
        )
