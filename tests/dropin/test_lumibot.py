"""What lumibot 4.6 asks of an exchange, in its order and with its arguments.

It cannot be installed beside the driver: what it depends on wants older websockets, urllib3 and certifi.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.pro
import pytest

from oms_ccxt_async import register, unregister
from tests.faults.desk import COMMANDS
from tests.faults.plan import Cut
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere, soon

pytestmark = pytest.mark.dropin

SYMBOL, SWAP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture(params=["full", "legacy"])
def oms(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """An OMS of each profile, with the OMS's classes in ccxt."""
    register()
    with elsewhere(request.param) as made:
        yield made
    unregister()


class Broker:
    """Its broker: one sync exchange, numbers as strings, and what it reads from the answers."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = {"exchange_id": "oms", "secret": "", "margin": False, "sandbox": False, **config}
        self.api = getattr(ccxt, self.config["exchange_id"])(self.config)
        self.api.set_sandbox_mode(self.config["sandbox"])
        self.api.enableRateLimit = True
        self.api.load_markets()

    def submit(
        self, symbol: str, kind: str, side: str, quantity: str, price: str | None, **params: Any
    ) -> dict[str, Any]:
        """Submit an order: what it makes of the answer, or of the error."""
        amount = self.api.amount_to_precision(symbol, Decimal(quantity))
        limits = self.api.markets[symbol].get("limits") or {}
        if price is not None:
            price = self.api.price_to_precision(symbol, Decimal(price))
            assert limits["price"]["min"] <= float(price) <= limits["price"]["max"]
        assert not self.api.options.get("createMarketBuyOrderRequiresPrice")
        try:
            order = self.api.create_order(symbol, kind, side, amount, price, params=params)
        except ccxt.NetworkError:
            return {"status": "unknown"}
        except ccxt.ExchangeError as error:
            return {"status": "error", "error": type(error)}
        return {"id": order["id"], **self.observed(order)}

    def observed(self, order: dict[str, Any]) -> dict[str, Any]:
        """What it takes of an order: a fill needs a cost or an average, and the cost must tell a price."""
        filled = Decimal(str(order["filled"]))
        if not filled:
            return {"status": order["status"]}
        market = self.api.markets[order["symbol"]]
        size = Decimal(str(market.get("contractSize") or 1))
        cost = order.get("cost")
        if cost is None:
            cost = filled * size * Decimal(str(order["average"]))
        fees = order.get("fees") or [order["fee"]]
        return {
            "status": order["status"],
            "filled": filled,
            "price": Decimal(str(cost)) / (filled * size),
            "fee": fees[0]["currency"],
        }

    def until(self, order_id: str, status: str) -> dict[str, Any]:
        """An order, read until it has a status."""
        return soon(
            lambda: (seen := self.observed(self.api.fetch_order(order_id, SYMBOL)))["status"] == status and seen
        )


def test_a_broker_session(oms: Elsewhere) -> None:
    """Orders with strings for numbers are filled, changed and canceled, and every answer has what it reads."""
    broker = Broker(oms.config(2))
    assert (broker.api.exchangeId, broker.api.id) == ("oms", "oms")
    bought = broker.submit(SYMBOL, "market", "buy", "0.0123456789", None, timeInForce="GTC")
    bought = broker.until(bought["id"], "closed")
    assert (bought["filled"], bought["fee"]) == (Decimal("0.012345"), "USDT")
    resting = broker.submit(SYMBOL, "limit", "buy", "0.01", "30000.123", timeInForce="GTC")
    assert resting["status"] == "open"
    edited = broker.api.edit_order(resting["id"], SYMBOL, "limit", "buy", "0.01", "31000", params={})
    assert edited["price"] == 31_000
    assert [order["id"] for order in broker.api.fetch_open_orders(params={})] == [resting["id"]]
    answer = broker.api.cancel_order(resting["id"], SYMBOL)
    assert (answer["id"], answer["status"]) == (resting["id"], "canceled")
    stop = broker.submit(SYMBOL, "market", "sell", "0.01", None, triggerPrice="30000", timeInForce="GTC")
    assert stop["status"] == "open"
    with pytest.raises(ccxt.NotSupported):
        broker.api.edit_order(stop["id"], SYMBOL, "market", "sell", "0.01", None, params={"triggerPrice": "29000"})
    assert broker.api.cancel_order(stop["id"], SYMBOL)["status"] == "canceled"
    assert bought["filled"] in [Decimal(str(order["filled"])) for order in broker.api.fetch_closed_orders(params={})]
    broker.api.close()


def test_it_counts_nothing_twice(oms: Elsewhere) -> None:
    """What it holds is the balance of spot markets, and the positions of the others, type by type."""
    broker = Broker(oms.config(2))
    before = broker.api.fetch_balance({})["total"]["BTC"]
    for symbol in (SYMBOL, SWAP):
        broker.submit(symbol, "market", "buy", "0.01", None)
    soon(lambda: len(broker.api.fetch_positions()) == 2)
    present = {market["type"] for market in broker.api.markets.values() if market.get("contract")}
    held = [position for type in present for position in broker.api.fetch_positions(params={"type": type})]
    assert [(position["symbol"], position["side"], position["contracts"]) for position in held] == [
        (SWAP, "long", 0.01)
    ]
    balance = broker.api.fetch_balance({})
    assert Decimal(str(balance["total"]["BTC"])) == Decimal(str(before)) + Decimal("0.01")
    assert {"free", "used", "total"} <= balance["BTC"].keys()
    broker.api.close()


def test_what_it_takes_an_error_for(oms: Elsewhere) -> None:
    """A refusal is definite, an order that cannot be reached for is unknown, and one whose answer is lost is there."""
    broker = Broker(oms.config(2))
    refused = broker.submit(SYMBOL, "market", "buy", "900", None)
    assert refused["status"] == "error"
    assert issubclass(refused["error"], ccxt.InsufficientFunds)
    oms.desk.proxy.plan(Cut("down", 0, "rst"), COMMANDS)
    order = broker.submit(SYMBOL, "limit", "buy", "0.01", "30000")
    assert order["status"] == "open"
    assert [each["id"] for each in broker.api.fetch_open_orders()] == [order["id"]]
    broker.api.options["base_url"] = "http://127.0.0.1:9"
    assert broker.submit(SYMBOL, "limit", "buy", "0.01", "30000") == {"status": "unknown"}
    broker.api.close()


def test_its_sandbox_is_refused(oms: Elsewhere) -> None:
    """It asks for a test network unless told otherwise: there is none, and it ends before it trades."""
    with pytest.raises(ccxt.NotSupported):
        Broker({**oms.config(2), "sandbox": True})


class Stream(threading.Thread):
    """Its stream: a pro exchange in a thread of its own, which has the markets of the sync one."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self.broker = broker
        self.orders: dict[str, dict[str, Any]] = {}
        self.values: dict[str, Any] = {}
        self.errors: list[Exception] = []
        self.loop: asyncio.AbstractEventLoop
        self.live = threading.Event()
        self.shutdown: asyncio.Event

    def run(self) -> None:
        asyncio.run(self.serve())

    async def serve(self) -> None:
        self.loop, self.shutdown = asyncio.get_running_loop(), asyncio.Event()
        api = self.broker.api
        client = getattr(ccxt.pro, api.id)({**self.broker.config, "newUpdates": True})
        client.set_sandbox_mode(self.broker.config.get("sandbox", True))
        client.set_markets(api.markets or {}, api.currencies or {})
        client.on_connected = lambda *_: self.live.set()
        asked: dict[str, dict[str, Any]] = {"watch_orders": {}, "watch_balance": {}, "watch_ticker": {"symbol": SYMBOL}}
        tasks = [asyncio.create_task(self.watch(client, name, kwargs)) for name, kwargs in asked.items()]
        await self.shutdown.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()

    async def watch(self, client: Any, name: str, kwargs: dict[str, Any]) -> None:
        while True:
            try:
                value = await getattr(client, name)(**kwargs)
            except Exception as error:
                self.errors.append(error)
                return
            self.values[name] = value
            for order in value if name == "watch_orders" else ():
                seen = self.orders.get(order["id"], {})
                if order["filled"] >= seen.get("filled", 0):  # it drops what has less filled than before
                    self.orders[order["id"]] = order

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.shutdown.set)
        self.join()


def test_its_stream(oms: Elsewhere) -> None:
    """Its pro exchange tells of the orders that the sync one makes, and of ticker and balance, until it is stopped."""
    broker = Broker(oms.config(2))
    stream = Stream(broker)
    stream.start()
    try:
        assert stream.live.wait(10)
        filled = broker.submit(SYMBOL, "market", "buy", "0.01", None)
        resting = broker.submit(SYMBOL, "limit", "buy", "0.01", "30000")
        broker.api.cancel_order(resting["id"], SYMBOL)
        ends = {filled["id"]: "closed", resting["id"]: "canceled"}
        soon(lambda: ends == {key: stream.orders[key]["status"] for key in ends.keys() & stream.orders.keys()})
        assert broker.observed(stream.orders[filled["id"]])["filled"] == Decimal("0.01")
        soon(lambda: stream.values.keys() >= {"watch_ticker", "watch_balance"})
        assert stream.values["watch_ticker"]["last"] > 0
    finally:
        stream.stop()
        broker.api.close()
    assert stream.errors == []
