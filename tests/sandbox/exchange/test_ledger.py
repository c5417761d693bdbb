from __future__ import annotations

from decimal import Decimal

import ccxt
import ccxt.test.exchange.base as base
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox.exchange import ExchangeTrade, Funding, ledger, unified_funding, unified_ledger_entry
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS
from tests.sandbox.exchange.support import BTC, FUNDS, START, SWAP, Floor

INVERSE = "BTC/USD:BTC"
steps = st.lists(
    st.tuples(st.sampled_from([BTC, "ETH/BTC", SWAP, INVERSE]), st.sampled_from(["buy", "sell"]), st.integers(3, 40)),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_entries_add_up_to_what_is_held(sequence: list[tuple[str, str, int]]) -> None:
    """Whatever is traded, and whatever funding comes between: each currency's entries lead from what the account began
    with to what it holds, each from where the one before ended."""
    floor = Floor(volatility=1.0)
    trades: list[ExchangeTrade] = []
    fundings: list[Funding] = []
    for symbol, side, size in sequence:
        amount = str(size * 10) if symbol == INVERSE else f"0.{size:03}"
        trades += floor.place("buy" if side == "buy" else "sell", "market", amount, symbol=symbol).trades
        floor.clock.now += FUNDING_MS // 3
        fundings += floor.exchange.fund()
    held = {currency: balance.free + balance.used for currency, balance in floor.exchange.state(1).balances.items()}
    entries = ledger(trades, fundings, held)
    assert [entry.reference for entry in entries] == sorted(entry.reference for entry in entries)
    for currency, total in held.items():
        own = [entry for entry in entries if entry.currency == currency]
        balance = Decimal(FUNDS[currency])
        for entry in own:
            balance += entry.amount
            assert abs(entry.after - balance) < Decimal("1e-12")
        assert abs(balance - total) < Decimal("1e-12")


def test_positions_pay_funding() -> None:
    """A long position pays what the rate says of its worth at that time, a short one gets it; three times a day."""
    for side, sign in (("buy", -1), ("sell", 1)):
        floor = Floor(volatility=1.0)
        floor.place("buy" if side == "buy" else "sell", "market", "2", symbol=SWAP)
        before = floor.balance("USDT").free
        floor.clock.now += 24 * 60 * 60 * 1000
        fundings = floor.exchange.fund()
        assert len(fundings) == 3
        rates = floor.call("fetch_funding_rate_history", SWAP, None, 3)
        for funding, rate in zip(fundings, rates, strict=True):
            assert (funding.timestamp_ms, float(funding.rate)) == (rate["timestamp"], rate["fundingRate"])
            ((_, price, *_),) = floor.call("fetch_ohlcv", SWAP, "1m", funding.timestamp_ms, 1)
            assert abs(float(funding.amount) - sign * 2 * price * rate["fundingRate"]) < 0.05
        assert floor.balance("USDT").free == before + sum(funding.amount for funding in fundings)
        assert floor.exchange.fund() == []


def test_inverse_positions_pay_in_their_base_currency() -> None:
    """600 contracts of 100 USD at 60000 pay the hundredth of a percent of one BTC."""
    floor = Floor()
    floor.place("buy", "market", "600", symbol=INVERSE)
    floor.clock.now += FUNDING_MS
    (funding,) = floor.exchange.fund()
    assert abs(funding.amount + Decimal("0.0001")) < Decimal("1e-7")
    assert unified_funding(funding, MARKETS[funding.symbol])["code"] == "BTC"


def test_entries_in_ccxt_s_shape() -> None:
    """An amount is positive and its direction told; what ccxt calls a fee is a fee; its validator takes them."""
    floor = Floor()
    trades = floor.place("sell", "market", "0.01", symbol="ETH/BTC").trades
    entries = [unified_ledger_entry(entry) for entry in ledger(trades, [], {"BTC": Decimal(1), "ETH": Decimal(2)})]
    assert [(row["currency"], row["direction"], row["type"]) for row in entries] == [
        ("ETH", "out", "trade"),
        ("BTC", "in", "trade"),
        ("BTC", "out", "fee"),
    ]
    assert entries[-1]["after"] == 1.0
    assert len({row["id"] for row in entries}) == len(entries)
    exchange = ccxt.Exchange({"id": "paper"})
    exchange.currencies = floor.call("fetch_currencies")
    for row in entries:
        assert row["timestamp"] == START
        skipped = {"fee": True}
        base.test_ledger_entry(exchange, skipped, "fetchLedger", row, row["currency"], START)
