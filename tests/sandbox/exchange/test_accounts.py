from __future__ import annotations

from decimal import Decimal

import pytest

from oms_ccxt_async.sandbox.exchange import Balance, ExchangeOrder, NetPosition, Side
from oms_ccxt_async.sandbox.exchange.accounts import Account, margin
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from tests.sandbox.exchange.support import BTC, SWAP, funded, ticket

D = Decimal
SPOT_MARKET, SWAP_MARKET = MARKETS[BTC], MARKETS[SWAP]


def resting(side: Side, amount: str, price: str, *, filled: str = "0", id: int = 1, **fields: object) -> ExchangeOrder:
    return ExchangeOrder(
        id=id,
        ticket=ticket(side, "limit", amount, price, **fields),
        status="open",
        amount=D(amount),
        price=D(price),
        filled=D(filled),
        cost=D(0),
        triggered=True,
        trigger_above=None,
        created_ms=0,
        updated_ms=0,
    )


@pytest.mark.parametrize(
    ("order", "currency", "locked"),
    [
        (resting("buy", "1", "50000"), "USDT", "50050"),
        (resting("buy", "1", "50000", filled="0.4"), "USDT", "30030"),
        (resting("sell", "1", "70000", filled="0.4"), "BTC", "0.6"),
        (resting("buy", "1", "50000", symbol=SWAP), "USDT", "50050"),
        (resting("sell", "1", "50000", symbol=SWAP), "USDT", "50050"),
        (resting("sell", "1", "50000", symbol=SWAP, reduce_only=True), "USDT", "0"),
    ],
)
def test_a_resting_order_locks_what_it_needs(order: ExchangeOrder, currency: str, locked: str) -> None:
    """A buy locks cost and fee, a sell the base, a swap order margin and fee, a reduce-only order nothing."""
    account = Account(funded())
    free = account.free(currency)
    account.put(order)
    assert account.balance(currency) == Balance(free=free - D(locked), used=D(locked))


def test_an_order_that_is_done_locks_nothing() -> None:
    """A canceled order gives back all it locked, and is not among the open ones."""
    account = Account(funded())
    account.put(resting("buy", "1", "50000"))
    canceled = resting("buy", "1", "50000", filled="0.4")
    object.__setattr__(canceled, "status", "canceled")
    account.put(canceled)
    assert account.balance("USDT").used == 0
    assert account.orders == {}


def test_spot_fills_move_both_currencies() -> None:
    """A buy moves base in, cost and fee out; a sell the other way, its fee out of the proceeds."""
    account = Account(funded())
    assert account.settle(SPOT_MARKET, "buy", D(60000), D("0.5")) == 30
    assert (account.free("BTC"), account.free("USDT")) == (D("10.5"), D(969970))
    assert account.settle(SPOT_MARKET, "sell", D(60000), D("0.5")) == 30
    assert (account.free("BTC"), account.free("USDT")) == (D(10), D(999940))


@pytest.mark.parametrize(
    ("fills", "amount", "entry", "profit"),
    [
        ([("buy", "60000", "1")], "1", "60000", "0"),
        ([("sell", "60000", "1")], "-1", "60000", "0"),
        ([("buy", "60000", "1"), ("buy", "61000", "3")], "4", "60750", "0"),
        ([("buy", "60000", "2"), ("sell", "61000", "1")], "1", "60000", "1000"),
        ([("sell", "60000", "2"), ("buy", "61000", "1")], "-1", "60000", "-1000"),
        ([("buy", "60000", "1"), ("sell", "61000", "3")], "-2", "61000", "1000"),
        ([("buy", "60000", "1"), ("sell", "59000", "1")], "0", "0", "-1000"),
    ],
)
def test_swap_positions(fills: list[tuple[Side, str, str]], amount: str, entry: str, profit: str) -> None:
    """Fills of one side average the entry, opposite ones realise profit, what goes beyond opens at its own price."""
    account = Account(funded(funds={"USDT": "1000000"}))
    account.leverages[SWAP] = D(10)
    fees = sum((account.settle(SWAP_MARKET, side, D(price), D(size)) for side, price, size in fills), D(0))
    assert account.position(SWAP) == NetPosition(D(amount), D(entry), D(10))
    balance = account.balance("USDT")
    assert balance.free + balance.used == 1_000_000 + D(profit) - fees
    assert balance.used == abs(D(amount)) * D(entry) / 10 == margin(SWAP_MARKET, account.position(SWAP))


def test_reducible_is_the_opposite_position() -> None:
    """A sell may reduce a long position and a buy a short one."""
    account = Account(funded())
    account.settle(SWAP_MARKET, "buy", D(60000), D(2))
    assert (account.reducible(SWAP, "sell"), account.reducible(SWAP, "buy")) == (D(2), D(0))


@pytest.mark.parametrize(
    ("order", "fills", "rest", "lacks"),
    [
        (resting("buy", "1", "50000"), [], ("50000", "1"), False),
        (resting("buy", "1", "999000.99"), [], ("999000.99", "1"), False),
        (resting("buy", "1", "999001"), [], ("999001", "1"), True),
        (resting("buy", "20", "60000"), [("60000", "10")], ("60000", "10"), True),
        (resting("sell", "10", "60000"), [("60000", "4")], ("60000", "6"), False),
        (resting("sell", "11", "60000"), [("60000", "4")], ("60000", "7"), True),
        (resting("sell", "16", "60000", symbol=SWAP), [("60000", "16")], ("60000", "0"), False),
        (resting("sell", "17", "60000", symbol=SWAP), [("60000", "17")], ("60000", "0"), True),
    ],
)
def test_what_an_account_can_afford(
    order: ExchangeOrder, fills: list[tuple[str, str]], rest: tuple[str, str], lacks: bool
) -> None:
    """Fills with their fees and what then rests must be paid from what is free."""
    means = [(D(price), D(amount)) for price, amount in fills]
    assert Account(funded()).lacks(order, means, (D(rest[0]), D(rest[1]))) is lacks


def test_a_changed_order_may_use_what_it_locked() -> None:
    """What the order's earlier version locks counts as free for the later one."""
    account = Account(funded(funds={"USDT": "50050"}))
    account.put(resting("buy", "1", "50000"))
    assert not account.lacks(resting("buy", "2", "25000"), [], (D(25000), D(2)))
    assert account.lacks(resting("buy", "1", "25000", id=2), [], (D(25000), D(1)))


def test_closing_is_affordable_whatever_it_lost() -> None:
    """A position whose loss exceeds the balance may still be closed; the balance then is negative."""
    account = Account(funded(funds={"USDT": "61000"}))
    account.settle(SWAP_MARKET, "sell", D(60000), D(1))
    order = resting("buy", "1", "200000", symbol=SWAP)
    assert not account.lacks(order, [(D(200000), D(1))], (D(200000), D(0)))
    account.settle(SWAP_MARKET, "buy", D(200000), D(1))
    assert account.free("USDT") == 61000 - 60 - 140000 - 200


def test_leverage_changes_margin_and_locks() -> None:
    """A higher leverage frees margin of the position and of the orders."""
    account = Account(funded())
    account.settle(SWAP_MARKET, "buy", D(60000), D(1))
    account.put(resting("buy", "1", "50000", symbol=SWAP))
    assert account.set_leverage(SWAP_MARKET, D(10))
    assert account.balance("USDT").used == 6000 + 5000 + 50
    assert account.position(SWAP).leverage == 10


def test_leverage_that_cannot_be_afforded_changes_nothing() -> None:
    """Going back to leverage 1 needs the margin to be there."""
    account = Account(funded(funds={"USDT": "10000"}))
    account.set_leverage(SWAP_MARKET, D(10))
    account.settle(SWAP_MARKET, "buy", D(60000), D(1))
    before = account.state()
    assert not account.set_leverage(SWAP_MARKET, D(1))
    assert account.state() == before


def test_state_takes_an_account_up_again() -> None:
    """An account made from a state has that state."""
    account = Account(funded())
    account.put(resting("buy", "1", "50000"))
    account.put(resting("sell", "1", "90000", id=2))
    account.settle(SWAP_MARKET, "sell", D(60000), D(1))
    account.set_leverage(SWAP_MARKET, D(3))
    assert Account(account.state()).state() == account.state()
