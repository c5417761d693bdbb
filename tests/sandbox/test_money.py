"""Money adds up, on whatever prices an OMS lives: balances, positions and deals say the same of what was traded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.sandbox import gateway
from oms_ccxt_async.sandbox.bad_days import BadDays
from oms_ccxt_async.sandbox.exchange import ExchangeTrade, Funding, ledger
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Markets
from oms_ccxt_async.sandbox.exchange.observed import Observed
from oms_ccxt_async.sandbox.exchange.replayed import Candle, Recording, Replayed
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.replay import Replay
from oms_ccxt_async.sandbox.rows import HELD, Deal, Position
from oms_ccxt_async.sandbox.seeds import HOLDINGS, open_database
from oms_ccxt_async.sandbox.sqlite import SQLite
from oms_ccxt_async.sandbox.tick import tick
from tests.sandbox.conftest import KEY, Clock, at_once, carry_out

D = Decimal
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
BEGIN = 1_780_272_000_000
Disturb = Callable[[int, int], None]


def _opened(clock: Callable[[], int], **options: Any) -> OMS:
    storage = SQLite(":memory:")
    open_database(storage, profile="full", exchange_name="paper", api_key=KEY)
    return OMS(storage, clock=clock, full=True, volatility=0, **options)


def simulated() -> tuple[OMS, Disturb]:
    """Markets that are moved by hand, and orders that are refused now and then."""
    clock = Clock()
    oms = _opened(clock, bad_days=BadDays(3, reject_rate=0.1))

    def disturb(change: int, wait: int) -> None:
        clock.now += 250 + wait
        for symbol in (SPOT, SWAP):
            last = oms.exchange.last_price(symbol)
            oms.exchange.move(symbol, (last * (1 + D(change) / 1000)).quantize(D("0.1")))
        tick(oms)

    return oms, disturb


def observed() -> tuple[OMS, Disturb]:
    """Books and trades of a real exchange, with silences and lies between them; contracts of a hundredth."""
    clock = Clock()
    swap = replace(MARKETS[SWAP], contract_size=D("0.01"), step=D("0.01"), taker=D("0.0005"), maker=D("-0.0001"))
    prices = Observed(Markets((MARKETS[SPOT], swap)), clock, stale_ms=5000)
    oms = _opened(clock, prices=prices, slippage=D("0.0005"), latency=0)
    middle = 60_000.0

    def disturb(change: int, wait: int) -> None:
        nonlocal middle
        clock.now += wait
        middle = max(1000.0, middle * (1 + change / 1000))
        crossed = 20 if change == 3 else -1
        for symbol in (SPOT, SWAP):
            bids = [[middle + crossed - at, 0.2 + at] for at in range(5)]
            asks = [[middle + 1 + at, 0.2 + at] for at in range(5)]
            prices.see_book(symbol, {"bids": bids, "asks": asks, "timestamp": clock.now})
            told = {"price": middle - 30, "amount": 0.3, "timestamp": clock.now}
            prices.see_trades(symbol, [told])
        tick(oms)
        prices.forget_passed()

    disturb(0, 0)
    return oms, disturb


def replayed() -> tuple[OMS, Disturb]:
    """Five hours of minutes that rise and fall by a tenth and more."""
    rows = []
    for at in range(300):
        opened, close = 60_000 + 70 * (at % 90), 60_000 + 70 * ((at + 1) % 90)
        high, low = max(opened, close) + 100, min(opened, close) - 100
        rows.append(Candle(BEGIN + at * 60_000, D(opened), D(high), D(low), D(close), D(7)))
    markets = {symbol: replace(MARKETS[symbol], lot=MARKETS[symbol].step) for symbol in (SPOT, SWAP)}
    replay = Replay(Replayed({name: (one, Recording(one, rows)) for name, one in markets.items()}), speed=0)
    oms = _opened(replay, prices=replay.prices)
    return oms, lambda change, wait: replay.play(oms, abs(change) * 60 + wait / 1000)


actions = st.lists(
    st.one_of(
        st.tuples(st.just("disturb"), st.sampled_from([-90, -40, -4, 0, 3, 40, 90]), st.integers(0, 6000)),
        st.tuples(
            st.just("order"),
            st.sampled_from([1, 1, 2, 3]),
            st.sampled_from(["buy", "sell"]),
            st.sampled_from([SPOT, SWAP, SWAP]),
            st.integers(1, 400),
            st.sampled_from([0, 0, 0, -15, -2, 2, 15]),
            st.integers(0, 2),
        ),
        st.tuples(st.just("close"), st.integers(1, 12)),
        st.tuples(st.just("cancel"), st.integers(1, 3)),
    ),
    min_size=4,
    max_size=20,
)


@pytest.mark.parametrize("kind", [simulated, observed, replayed])
@settings(max_examples=30, deadline=None)
@given(actions)
def test_money_adds_up(kind: Callable[[], tuple[OMS, Disturb]], steps: list[Any]) -> None:
    """Whatever is traded: what is stored is what the exchange holds; each position is what its deals make it; all open
    positions of a swap are the exchange's net position; deals are the exchange's trades, fees included; every balance
    is what an account began with and its ledger; and no account without positions owes anything."""
    oms, disturb = kind()
    try:
        for account_id in oms.accounts:
            for func, value in (("set_leverage", 20), ("set_margin_mode", "isolated" if account_id == 1 else "cross")):
                at_once(gateway.call(oms, KEY, account_id, func, [value, SWAP], {}))
        for action, *detail in steps:
            if action == "disturb":
                disturb(*detail)
            elif action == "close":
                held = oms.storage.get(Position, id=detail[0], state=HELD)
                if held is not None:
                    carry_out(oms, "close_position", held.account_id, position_id=held.id, order_type="market")
            elif action == "cancel":
                carry_out(oms, "cancel_all_orders", detail[0])
            else:
                account_id, side, symbol, qty, away, strategy_id = detail
                fields: dict[str, Any] = {"order_type": "market"}
                if away:
                    price = (oms.exchange.last_price(symbol) * (1 + D(away) / 1000)).quantize(D("0.1"))
                    fields = {"order_type": "limit", "price": str(price)}
                amount = str(D(qty) / (100 if symbol == SPOT else 10))
                fields |= {"symbol": symbol, "side": side, "qty": amount, "strategy_id": strategy_id}
                carry_out(oms, "send_order", account_id, **fields)
        for account_id in oms.accounts:
            _check(oms, account_id)
    finally:
        oms.storage.close()


def _check(oms: OMS, account_id: int) -> None:
    state = oms.exchange.state(account_id)
    in_order = tuple(oms.exchange.open_orders(account_id))
    assert oms.storage.account_state(account_id) == replace(state, open_orders=in_order)
    deals = oms.storage.select(Deal, account_id=account_id)
    trades = oms.storage.select(ExchangeTrade, account_id=account_id)
    by_trade: dict[int | None, list[Deal]] = defaultdict(list)
    by_position: dict[int, Decimal] = defaultdict(Decimal)
    for deal in deals:
        by_trade[deal.exchange_trade_id].append(deal)
        by_position[deal.position_id] += deal.qty if deal.side == "buy" else -deal.qty
    for trade in trades:
        parts = by_trade.pop(trade.id)
        assert sum(deal.qty for deal in parts) == trade.amount
        assert sum(deal.fee or 0 for deal in parts) == trade.fee
    assert not by_trade
    net: dict[str, Decimal] = defaultdict(Decimal)
    for position in oms.storage.select(Position, account_id=account_id):
        signed = position.qty if position.side == "buy" else -position.qty
        assert by_position[position.id] == signed
        net[position.symbol] += signed
    held = state.positions.get(SWAP)
    assert net[SWAP] == (0 if held is None else held.amount)
    totals = {code: balance.free + balance.used for code, balance in state.balances.items()}
    entries = ledger(trades, oms.storage.select(Funding, account_id=account_id), totals, oms.exchange.markets)
    for code, began in HOLDINGS.items():
        assert began + sum(entry.amount for entry in entries if entry.currency == code) == totals[code]
    if not state.positions:
        assert all(balance.free >= 0 for balance in state.balances.values())
