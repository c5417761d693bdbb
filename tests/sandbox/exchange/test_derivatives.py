from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.test.exchange.base as base
import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.markets import SWAPS
from oms_ccxt_async.sandbox.exchange.prices import FUNDING_MS
from tests.sandbox.exchange.support import BTC, START, SWAP, Floor


def test_positions_are_the_net_ones() -> None:
    """An open swap position is reported by all three ways to ask, and by none once closed."""
    floor = Floor()
    assert floor.call("fetch_position", SWAP) is None
    floor.place("sell", "market", "0.001", symbol=SWAP)
    position = floor.call("fetch_position", SWAP)
    assert (position["side"], position["contracts"], position["symbol"]) == ("short", 0.001, SWAP)
    assert floor.call("fetch_positions") == floor.call("fetch_positions", [SWAP]) == [position]
    assert floor.call("fetch_positions", [BTC]) == []
    floor.place("buy", "market", "0.001", symbol=SWAP)
    assert floor.call("fetch_positions") == []


def test_leverage_is_the_account_s() -> None:
    """Leverage is 1 until it is set."""
    floor = Floor()
    assert floor.call("fetchLeverage", SWAP)["longLeverage"] == 1.0


def test_leverage_depends_on_the_size() -> None:
    """A swap has tiers, each of less leverage than the one below, and an account is held to them; spot has none."""
    floor = Floor(funds={"USDT": "1000000000"})
    tiers = floor.call("fetch_market_leverage_tiers", SWAP)
    assert floor.call("fetch_leverage_tiers")[SWAP] == tiers
    assert [(tier["tier"], tier["maxLeverage"]) for tier in tiers] == [(1, 20.0), (2, 10.0), (3, 5.0), (4, 1.0)]
    assert all(above["minNotional"] == below["maxNotional"] for below, above in itertools.pairwise(tiers))
    floor.exchange.set_leverage(1, SWAP, Decimal(20))
    for side in ("buy", "sell"):
        with pytest.raises(
            ExchangeRefusal, match="paper position size would exceed 50000000 USDT, the maximum at its leverage"
        ):
            floor.place(side, "limit", "900", "60012", symbol=SWAP)
    floor.place("buy", "limit", "500", "59000", symbol=SWAP)
    with pytest.raises(ExchangeRefusal, match="the maximum at its leverage"):
        floor.place("buy", "limit", "500", "59001", symbol=SWAP)
    (resting,) = floor.exchange.open_orders(1)
    assert floor.exchange.amend(1, resting.id, amount=None, price=Decimal(58_000)).order.price == 58_000
    floor.place("sell", "limit", "500", "61000", symbol=SWAP)
    for order in floor.exchange.open_orders(1):
        floor.exchange.cancel(1, order.id)
    floor.exchange.set_leverage(1, SWAP, Decimal(10))
    for _ in range(9):
        floor.place("buy", "market", "100", symbol=SWAP)
        floor.next_tick()
    with pytest.raises(ExchangeRefusal, match="paper leverage 20 is too high for a position of "):
        floor.exchange.set_leverage(1, SWAP, Decimal(20))
    assert floor.place("sell", "market", "100", symbol=SWAP).order.status == "closed"
    with pytest.raises(ExchangeRefusal, match="supports linear and inverse contracts only"):
        floor.call("fetch_market_leverage_tiers", BTC)
    exchange = ccxt.Exchange({"id": "paper"})
    for symbol, rows in floor.call("fetch_leverage_tiers").items():
        for row in rows:
            base.test_leverage_tier(exchange, {}, "fetchLeverageTiers", row)
        assert rows[0]["symbol"] == symbol


@pytest.mark.parametrize("symbol", SWAPS)
def test_funding_rates(moving: Floor, symbol: str) -> None:
    """The rate that is told before a funding time is the one of that time in the history; its price is the market's."""
    rate = moving.call("fetch_funding_rate", symbol)
    assert moving.call("fetch_funding_rates")[symbol] == rate == moving.call("fetch_funding_interval", symbol)
    assert rate["timestamp"] < rate["fundingTimestamp"] == rate["previousFundingTimestamp"] + FUNDING_MS
    assert (rate["fundingTimestamp"] % FUNDING_MS, rate["interval"]) == (0, "8h")
    ticker = moving.call("fetch_ticker", symbol)
    assert (rate["markPrice"], rate["indexPrice"]) == (ticker["markPrice"], ticker["indexPrice"])
    moving.clock.now = rate["fundingTimestamp"]
    history = moving.call("fetch_funding_rate_history", symbol, None, 2)
    assert [row["fundingRate"] for row in history] == [rate["previousFundingRate"], rate["fundingRate"]]
    assert [row["timestamp"] for row in history] == [rate["previousFundingTimestamp"], rate["fundingTimestamp"]]


def test_funding_rates_page_back_thirty_days(moving: Floor) -> None:
    """There are three a day, of both signs, each once; ccxt's validator takes them."""
    since = START - 30 * 24 * 60 * 60 * 1000
    history: list[dict[str, Any]] = []
    while page := moving.call("fetch_funding_rate_history", SWAP, since, 40):
        history += page
        since = page[-1]["timestamp"] + 1
    assert len(history) == 90
    assert all(after["timestamp"] - before["timestamp"] == FUNDING_MS for before, after in itertools.pairwise(history))
    rates = [row["fundingRate"] for row in history]
    assert min(rates) < 0 < max(rates) < 0.001
    exchange = ccxt.Exchange({"id": "paper"})
    exchange.set_markets(list(moving.call("fetch_markets")))
    for row in history:
        base.test_funding_rate_history(exchange, {}, "fetchFundingRateHistory", row, SWAP)
    with pytest.raises(ExchangeRefusal, match="requires a symbol argument"):
        moving.call("fetch_funding_rate_history")


@pytest.mark.parametrize("symbol", SWAPS)
def test_open_interest(moving: Floor, symbol: str) -> None:
    """It changes in time and not by leaps, its value is its amount's, and its history ends with it."""
    interest = moving.call("fetch_open_interest", symbol)
    assert moving.call("fetch_open_interests")[symbol] == interest
    inverse = symbol == "BTC/USD:BTC"
    price = 100 if inverse else moving.call("fetch_ticker", symbol)["last"]
    assert interest["openInterestValue"] == pytest.approx(interest["openInterestAmount"] * price)
    history = moving.call("fetch_open_interest_history", symbol, "5m", None, 500)
    assert len(history) == 500
    amounts = [row["openInterestAmount"] for row in history]
    assert len(set(amounts)) > 400
    amounts.append(interest["openInterestAmount"])
    assert all(abs(after / before - 1) < 0.06 for before, after in itertools.pairwise(amounts))
    exchange = ccxt.Exchange({"id": "paper"})
    exchange.set_markets(list(moving.call("fetch_markets")))
    for row in (interest, *history):
        base.test_open_interest(exchange, {}, "fetchOpenInterest", row)
    with pytest.raises(ExchangeRefusal, match="paper does not have open interest by 1m"):
        moving.call("fetch_open_interest_history", symbol, "1m")


def test_inverse_positions_are_valued_in_their_base_currency() -> None:
    """Notional, margin and profit are in BTC, the amount in contracts of 100 USD."""
    floor = Floor()
    floor.place("sell", "market", "600", symbol="BTC/USD:BTC")
    floor.move("30000", "BTC/USD:BTC")
    (position,) = floor.call("fetch_positions")
    assert (position["contracts"], position["contractSize"], position["side"]) == (600.0, 100.0, "short")
    assert position["notional"] == pytest.approx(2.0)
    assert position["unrealizedPnl"] == pytest.approx(1.0, rel=0.001)
    assert position["initialMargin"] == pytest.approx(1.0, rel=0.001)
    assert floor.call("fetch_position", "BTCUSD_BTC") == position


def test_margin_modes_are_the_account_s() -> None:
    """A swap's margin mode is cross until it is set, for that swap, while nothing is open in it."""
    floor = Floor()
    assert floor.call("fetch_margin_mode", SWAP)["marginMode"] == "cross"
    floor.exchange.set_margin_mode(1, SWAP, "isolated")
    modes = floor.call("fetch_margin_modes")
    assert {symbol: row["marginMode"] for symbol, row in modes.items() if row["marginMode"] != "cross"} == {
        SWAP: "isolated"
    }
    floor.place("buy", "market", "0.1", symbol=SWAP)
    for func in ("fetch_position", "fetch_leverage"):
        assert floor.call(func, SWAP)["marginMode"] == "isolated"
    floor.exchange.set_margin_mode(1, SWAP, "isolated")
    for symbol, mode, message in (
        (SWAP, "cross", "does not support a change while a position or an order is open"),
        (SWAP, "portfolio", "supports cross and isolated only, not portfolio"),
        (BTC, "cross", "supports linear and inverse contracts only"),
    ):
        with pytest.raises(ExchangeRefusal, match=message):
            floor.exchange.set_margin_mode(1, symbol, mode)
    again = Floor()
    again.exchange.open(floor.exchange.state(1))
    assert again.call("fetch_margin_mode", SWAP)["marginMode"] == "isolated"


def test_positions_are_one_way() -> None:
    """The exchange has net positions."""
    assert Floor().call("fetch_position_mode", SWAP)["hedged"] is False


def test_leverages_are_those_of_each_swap() -> None:
    """All of them are told at once, as each is alone."""
    floor = Floor()
    floor.exchange.set_leverage(1, SWAP, Decimal(5))
    leverages = floor.call("fetch_leverages")
    assert set(leverages) == set(SWAPS)
    assert leverages[SWAP] == floor.call("fetch_leverage", SWAP)
    assert leverages[SWAP]["longLeverage"] == leverages[SWAP]["shortLeverage"] == 5.0
