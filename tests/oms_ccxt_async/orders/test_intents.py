"""Intents: what makes two orders identical, what is kept of one, and which client order ids are taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders.intents import Accepted, Intent, Memory, checked_client_order_id


def intent(key: str = "oms-1", *, amount: Any = "0.01", price: Any = 40_000, **params: Any) -> Intent:
    """An order as `create_order` would send it."""
    command, extra = commands.send_order(
        "BTC/USDT",
        "limit",
        "buy",
        amount,
        price,
        params,
        account_id=1,
        default_strategy_id=None,
        request_id=f"request of {key}",
        client_order_id=key,
    )
    request = {"method": "create_order", "symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": amount}
    return Intent(
        key, f"request of {key}", command, extra, {**request, "price": price, "params": params}, None, 1, True
    )


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (intent("oms-2"), True),
        (intent("oms-2", amount=0.01), True),
        (intent("oms-2", amount=Decimal("0.010")), True),
        (intent("oms-2", price="40000.0"), True),
        (intent("oms-2", amount="0.02"), False),
        (intent("oms-2", price=40_001), False),
        (intent("oms-2", postOnly=True), False),
        (intent("oms-2", strategy_id=2), False),
        (intent("oms-2", tag="x"), False),
    ],
)
def test_identical_orders(other: Intent, same: bool) -> None:
    """Orders are identical if all but their ids is, however the numbers were spelled."""
    assert (intent().fingerprint == other.fingerprint) is same


def test_asked_names_the_call() -> None:
    """The words of an error message are the call's, without what was not given."""
    assert intent().asked == "create_order(BTC/USDT, limit, buy, 0.01, 40000)"
    order = intent()
    order.request["price"] = None
    assert order.asked == "create_order(BTC/USDT, limit, buy, 0.01)"


def test_record_survives_json() -> None:
    """What the journal keeps brings the intent back: the same ids, the same command, in doubt."""
    before = intent(amount=Decimal("0.010"), postOnly=True, comment="x")
    record = orjson.loads(orjson.dumps(before.record()))
    after = Intent.from_record(before.client_order_id, record)
    assert (after.command, after.request_id, after.extra) == (before.command, before.request_id, before.extra)
    assert (after.fingerprint, after.began, after.own_id) == (before.fingerprint, before.began, before.own_id)
    assert after.doubted
    assert after.outcome is None


@given(st.from_regex(r"[A-Za-z0-9_-]{1,36}", fullmatch=True))
def test_usual_client_order_ids_pass_unchanged(key: str) -> None:
    """What exchanges take is passed on as it is."""
    assert checked_client_order_id(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "tab\t", "ünicode", "null\0", 7, 1.5, True, b"bytes", ["x"]])
def test_bad_client_order_ids_are_refused(key: Any) -> None:
    """An id that is empty, too long, not printable or no string is refused before anything is sent."""
    with pytest.raises(ccxt.InvalidOrder, match="clientOrderId"):
        checked_client_order_id(key)


def test_memory_lists_what_is_unknown() -> None:
    """Only orders of unknown outcome are listed as unknown."""
    memory = Memory()
    outcomes = {
        "placed": Accepted(1, intent()),
        "refused": ccxt.InsufficientFunds("no"),
        "unknown": OrderOutcomeUnknown("?", client_order_id="unknown", request={}),
        "under way": None,
    }
    for key, outcome in outcomes.items():
        memory.known[key] = intent(key)
        memory.known[key].outcome = outcome
    assert memory.unknown == ["unknown"]
