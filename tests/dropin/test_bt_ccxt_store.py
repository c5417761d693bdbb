"""What bt-ccxt-store asks of an exchange, in its order and with its arguments. It is not on PyPI."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from oms_ccxt_async import register, unregister
from tests.faults.desk import COMMANDS
from tests.faults.plan import Cut, Fault, Reply
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere, soon

pytestmark = pytest.mark.dropin

SYMBOL, CURRENCY, RETRIES = "BTC/USDT", "USDT", 3


@pytest.fixture(params=["full", "legacy"])
def oms(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """An OMS of each profile, with `ccxt.oms` in ccxt."""
    register()
    with elsewhere(request.param) as made:
        yield made
    unregister()


class Store:
    """Its store: every call waits for the rate limit and is made again after an error of whichever kind."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.exchange = getattr(ccxt, "oms")(config)  # noqa: B009 - by name, as it does
        balance = self.exchange.fetch_balance()
        self.cash, self.value = balance["free"][CURRENCY], balance["total"][CURRENCY]

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        for attempt in range(RETRIES):
            time.sleep(self.exchange.rateLimit / 1000)
            try:
                return getattr(self.exchange, method)(*args, **kwargs)
            except (ccxt.NetworkError, ccxt.ExchangeError):
                if attempt == RETRIES - 1:
                    raise
        raise AssertionError

    def submit(self, type: str, side: str, amount: float, price: float | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """An order as it is answered, and as it is read right after."""
        params = {"created": 1_700_000_000_000}
        order = self("create_order", symbol=SYMBOL, type=type, side=side, amount=amount, price=price, params=params)
        return order, self("fetch_order", order["id"], SYMBOL)


def executed(store: Store, order_id: str, until: str) -> list[Any]:
    """The fills that its broker executes, once each, until the order has a status."""
    fills: dict[str, Any] = {}

    def over() -> bool:
        order = store("fetch_order", order_id, SYMBOL)
        assert json.dumps(order, indent=4)
        for fill in order["trades"]:
            fills[fill["id"]] = (fill["datetime"], fill["amount"], fill["price"])
        return bool(order["status"] == until)

    soon(over)
    return list(fills.values())


def test_a_broker_session(oms: Elsewhere) -> None:
    """Orders are filled, canceled, changed and listed, their fills are in `trades`, and the cash follows."""
    store = Store(oms.config(2, fetchOrder={"trades": True}))
    answered, order = store.submit("market", "buy", 0.01, None)
    assert (order["id"], order["side"], float(order["amount"])) == (answered["id"], "buy", 0.01)
    [(moment, amount, price)] = executed(store, order["id"], "closed")
    assert store.exchange.parse8601(moment) > 0
    assert amount == 0.01
    balance = store("fetch_balance", None)
    assert balance["free"][CURRENCY] < store.cash - amount * price
    resting, order = store.submit("limit", "buy", 0.01, 30_000)
    assert (order["status"], resting["price"], order["trades"]) == ("open", 30_000, [])
    assert [each["id"] for each in store("fetchOpenOrders", symbol=SYMBOL, since=None, limit=None, params={})] == [
        order["id"]
    ]
    assert store("edit_order", id=order["id"], symbol=SYMBOL, type="limit", side="buy", amount=0.01, price=31_000)
    assert store("cancel_order", order["id"], SYMBOL)["status"] == "canceled"
    assert executed(store, order["id"], "canceled") == []
    candles = store("fetch_ohlcv", SYMBOL, timeframe="1m", since=None, limit=20, params={})
    assert len(sorted(candles)) == 20
    assert store("fetch_trades", SYMBOL)[-1]["datetime"].endswith("Z")
    assert store("fetch_positions", symbols=None, params={})
    assert getattr(store.exchange, "oms_get_accounts")({})["items"]  # noqa: B009
    store.exchange.close()


def test_without_the_option_the_status_tells(oms: Elsewhere) -> None:
    """Without `options["fetchOrder"]` its broker still sees a filled order closed, with what its position needs."""
    store = Store(oms.config(2))
    _, order = store.submit("market", "buy", 0.01, None)
    soon(lambda: store("fetch_order", order["id"], SYMBOL)["status"] == "closed")
    closed = store("fetch_order", order["id"], SYMBOL)
    assert (closed["amount"], closed["filled"]) == (0.01, 0.01)
    assert closed["average"] > 0
    store.exchange.close()


LOST: dict[str, Fault] = {
    "reset": Cut("down", 0, "rst"),
    "in the middle": Cut("down", 20, "fin", unit="body"),
    "502": Reply(502, b"<html></html>", "text/html"),
    "204": Reply(204),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_lost_answer_is_one_order(oms: Elsewhere, fault: Fault) -> None:
    """However often it sends an order whose answer is lost, the OMS has it once, and it gets that one."""
    store = Store(oms.config())
    plan = oms.desk.proxy.plan(fault, COMMANDS, times=2)
    answered, order = store.submit("limit", "buy", 0.01, 30_000)
    assert plan.hits
    assert [row["id"] for row in oms.orders()] == [int(answered["id"])] == [int(order["id"])]
    store.exchange.close()


def test_an_outage_of_every_read_is_one_order(oms: Elsewhere) -> None:
    """An order whose fate cannot even be looked up is unknown at first; sent again, it is the one that was sent."""
    store = Store(oms.config(settleTimeout=200))
    store.exchange.load_markets()
    plan = oms.desk.proxy.plan(
        Cut("down", 0, "rst"), lambda request: COMMANDS(request) or request.path.startswith("/oms/orders"), times=5
    )
    answered, _ = store.submit("limit", "buy", 0.01, 30_000)
    assert len(plan.hits) == 5
    assert [row["id"] for row in oms.orders()] == [int(answered["id"])]
    store.exchange.close()


def test_a_refusal_is_a_refusal_each_time(oms: Elsewhere) -> None:
    """It sends what was refused again, and is refused again: nothing rests at the OMS."""
    store = Store(oms.config(2))
    with pytest.raises(ccxt.InsufficientFunds):
        store.submit("market", "buy", 900, None)
    assert sum(map(COMMANDS, oms.desk.proxy.requests)) == RETRIES
    assert store("fetchOpenOrders", since=None, limit=None, params={}) == []
    store.exchange.close()
