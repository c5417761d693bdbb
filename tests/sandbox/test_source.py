"""Real prices over real sockets: what fills on them, what does not, and what is said when they are missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from typing import Any

import aiohttp
import ccxt.async_support
import ccxt.pro
import pytest

from oms_ccxt_async.sandbox import PricesUnavailable, Sandbox
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.source import Source, public_exchange
from tests.faults.eventually import eventually
from tests.sandbox.conftest import Client, Clock, short
from tests.sandbox.local_exchange import BTC, PERP, LocalExchange, Venue, venue

D = Decimal
BIDS, ASKS = [[99.5, 2], [99, 3]], [[100, 1], [100.5, 2], [101, 4]]


@pytest.fixture
async def local(clock: Clock) -> AsyncIterator[Venue]:
    async with venue(clock) as told:
        await told.book(BIDS, ASKS)
        yield told


@pytest.fixture(params=[True, False], ids=["streams", "polled"])
def streams(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.fixture
async def paper(
    local: Venue, streams: bool, clock: Clock, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A trader's client of a sandbox on the local exchange's prices, which go stale after two seconds of its clock."""
    monkeypatch.setattr("oms_ccxt_async.sandbox.source.POLL_SECONDS", 0.02)
    monkeypatch.setattr("oms_ccxt_async.sandbox.source.RETRY_SECONDS", 0.02)
    monkeypatch.setattr("oms_ccxt_async.sandbox.server.LOOK_SECONDS", 0.02)
    exchange = LocalExchange({"options": {"url": local.url, "streams": streams}})
    async with Sandbox(prices=exchange, clock=clock, stale_seconds=2, tick_seconds=0.02) as sandbox:
        yield Client(sandbox, session)


async def prices(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/healthz"))["prices"]
    return found


async def ask(client: Client, func: str, *args: Any) -> tuple[int, Any]:
    return await client.send("POST", f"/ccxt/1/{func}", {"args": list(args), "kwargs": {}})


async def fills(client: Client, order_id: int) -> list[tuple[str, str]]:
    found = (await client.get(f"/oms/deals?order_ids={order_id}"))["items"]
    return [(short(deal["price"]), short(deal["qty"])) for deal in found]


async def follow(client: Client, local: Venue) -> None:
    """Have the market followed, so that what is told from here on is heard."""
    assert (await ask(client, "fetch_order_book", BTC))[0] == 200
    if client.sandbox.oms.source._exchange.has["watchTrades"]:  # type: ignore[union-attr]
        await eventually(lambda: ("trade", BTC) in local.subscribed)


async def test_a_taker_walks_the_book_and_pays_the_exchanges_fee(paper: Client) -> None:
    """A market order gets the levels of the real book, one deal each, at the fee of the exchange's takers."""
    order_id = await paper.order("buy", "2.5", account_id=2)
    assert await fills(paper, order_id) == [("100", "1"), ("100.5", "1.5")]
    row = await paper.row("orders", order_id)
    assert (row["status"], D(row["fee"])) == ("FILLED", (100 + D("150.75")) * D("0.0004"))


async def test_what_is_taken_stays_taken_until_the_level_changes(paper: Client, local: Venue) -> None:
    """The next order does not get what the one before took, also from a book that says the same again; it does once the
    exchange tells another amount."""
    await paper.order("buy", "1", account_id=2)
    assert await fills(paper, await paper.order("buy", "0.5", account_id=2)) == [("100.5", "0.5")]
    await local.book(BIDS, ASKS)
    assert await fills(paper, await paper.order("buy", "0.5", account_id=2)) == [("100.5", "0.5")]
    await local.book(BIDS, [[100, 0.7], *ASKS[1:]])
    await eventually(lambda: paper.sandbox.oms.exchange.call(2, "fetch_time", [], {}) and _best(paper) == 100)
    assert await fills(paper, await paper.order("buy", "0.5", account_id=2)) == [("100", "0.5")]


def _best(client: Client) -> Decimal | None:
    observed = client.sandbox.oms.source.observed  # type: ignore[union-attr]
    return observed.book(observed.markets[BTC], 0).best("buy")


async def test_a_maker_fills_when_the_price_trades_through(paper: Client, local: Venue) -> None:
    """A resting order gets what others trade beyond its price, no more than that, at its own price and the makers' fee;
    a trade at its price is not enough."""
    await follow(paper, local)
    order_id = await paper.order("buy", "1", account_id=2, price="98")
    await local.trade(98, 5)
    await local.trade(97.5, 0.4)
    await eventually(lambda: _filled(paper, order_id) == D("0.4"))
    assert await fills(paper, order_id) == [("98", "0.4")]
    await local.trade(97, 9)
    await eventually(lambda: _filled(paper, order_id) == 1)
    row = await paper.row("orders", order_id)
    assert (row["status"], D(row["fee"])) == ("FILLED", 98 * D("0.0002"))


async def test_a_maker_fills_when_the_book_comes_to_it(paper: Client, local: Venue) -> None:
    """A resting order gets what the other side of the real book offers at its price or better, at its own price."""
    order_id = await paper.order("sell", "2", account_id=2, price="102")
    await local.book([[102.5, 0.5], [102, 0.25]], [[103, 1]])
    await eventually(lambda: _filled(paper, order_id) == D("0.75"))
    assert {price for price, _ in await fills(paper, order_id)} == {"102"}


def _filled(client: Client, order_id: int) -> Decimal:
    order = client.sandbox.oms.storage.get(Order, id=order_id)
    assert order is not None
    return order.filled_qty


@pytest.mark.parametrize("state", ["down", "silent"])
async def test_an_outage_is_seen_and_gets_over(
    paper: Client, local: Venue, clock: Clock, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On a stale book orders are refused and nothing fills; health, log and gateway say so; it ends by itself."""
    caplog.set_level(logging.INFO, "oms_ccxt_async.sandbox.source")
    resting = await paper.order("buy", "1", account_id=2, price="98")
    assert (await prices(paper))["state"] == "live"
    await local.break_down(state)
    clock.now += 3000
    _, _, message = await paper.error("send_order", 2, symbol=BTC, side="buy", qty="1", order_type="market")
    assert message == f"local trading is suspended for want of prices of {BTC}: the last ones are 3 s old"
    await eventually(lambda: "no prices" in caplog.text)
    assert (await prices(paper))["state"] == "stale"
    assert (await ask(paper, "fetch_status"))[1]["result"]["status"] == "error"
    status, body = await ask(paper, "fetch_order_book", BTC)
    assert (status, body["detail"]["code"]) == (502, "dispatcher_error")
    assert _filled(paper, resting) == 0
    await paper.done("cancel_order", 2, order_id=resting)  # the paper exchange itself is there

    local.state = "up"
    await local.book(BIDS, ASKS)
    await eventually(lambda: "prices are back" in caplog.text)
    assert (await prices(paper))["state"] == "live"
    assert await fills(paper, await paper.order("buy", "1", account_id=2)) == [("100", "1")]
    assert [caplog.text.count(word) for word in ("no prices", "prices are back")] == [1, 1]


LIES: dict[str, tuple[list[Any], list[Any], int]] = {
    "crossed": ([[101, 1]], [[100, 1]], 0),
    "zero sizes": ([[99, 0]], [[100, 0]], 0),
    "no side": ([], [[90, 1]], 0),
    "of no kind": ([["x", None]], [[None, "y"]], 0),
    "back in time": ([[49, 1]], [[50, 1]], -1),
    "of another day": ([[49, 1]], [[50, 1]], 86_400_000),
}


@pytest.mark.parametrize("streams", [True], indirect=True)
@pytest.mark.parametrize("lie", LIES)
async def test_a_book_that_makes_no_sense_is_not_traded_on(paper: Client, local: Venue, clock: Clock, lie: str) -> None:
    """The streams' book is refused, and orders go by the one before, or by the one that the exchange tells when it is
    asked, as long as that is fresh."""
    await follow(paper, local)
    bids, asks, shift = LIES[lie]
    told = local._books[BTC]
    await local.book(bids, asks, stamp=clock.now + shift)
    local._books[BTC] = told
    await eventually(lambda: paper.sandbox.oms.source.health()["markets"][BTC]["refused"] > 0)  # type: ignore[union-attr]
    assert await fills(paper, await paper.order("buy", "1", account_id=2)) == [("100", "1")]


async def test_lies_alone_are_no_prices(paper: Client, local: Venue, clock: Clock) -> None:
    """Where stream and endpoint lie alike, the market goes stale and nothing trades; the truth ends it."""
    await follow(paper, local)
    resting = await paper.order("sell", "1", account_id=2, price="105")
    await local.book([[110, 5]], [[90, 5]])
    clock.now += 3000
    assert (await paper.error("send_order", 2, symbol=BTC, side="sell", qty="1", order_type="market"))[0] == 400
    assert _filled(paper, resting) == 0
    await local.book(BIDS, ASKS)
    await eventually(lambda: paper.sandbox.oms.exchange.tradable(BTC))
    await paper.order("sell", "1", account_id=2)


async def test_a_quiet_stream_is_asked_after(local: Venue, clock: Clock, session: aiohttp.ClientSession) -> None:
    """A book that does not change stays fresh: the endpoint confirms it."""
    exchange = LocalExchange({"options": {"url": local.url}})
    async with Sandbox(prices=exchange, clock=clock, stale_seconds=0.15) as sandbox:
        client = Client(sandbox, session)
        await client.order("buy", "1", account_id=2)
        for _ in range(5):
            asked = local.asked.count("/book")
            clock.now += 100
            await eventually(partial(_asked_more, local, asked))
        await eventually(lambda: sandbox.oms.exchange.tradable(BTC))


def _asked_more(local: Venue, before: int) -> bool:
    return local.asked.count("/book") > before


async def test_swaps_count_the_exchanges_contracts(paper: Client, local: Venue) -> None:
    """An order of ten contracts of 0.01 BTC costs and earns what 0.1 BTC does; funding pays the exchange's rate."""
    await local.book([[1000, 100]], [[1000.5, 100]], PERP)
    await paper.order("buy", "10", account_id=2, symbol=PERP)
    held = paper.sandbox.oms.exchange.state(2).balances["USDT"]
    fee = D("1000.5") * D("0.1") * D("0.0004")
    assert (held.used, held.free + held.used) == (D("100.05"), 1_000_000 - fee)
    await local.book([[1100, 100]], [[1100.5, 100]], PERP)
    observed = paper.sandbox.oms.source.observed  # type: ignore[union-attr]
    await eventually(lambda: observed.book(observed.markets[PERP], 0).best("sell") == 1100)
    order_id = await paper.order("sell", "10", account_id=2, symbol=PERP)
    (deal,) = (await paper.get(f"/oms/deals?order_ids={order_id}"))["items"]
    assert D(deal["pnl"]) == D("9.95")
    await eventually(lambda: observed.funding_rate(observed.markets[PERP], 0) == D("0.0003"))


async def test_what_paper_trades_is_listed(paper: Client) -> None:
    """Markets come from the exchange, without those that paper cannot settle, in the exchange's own grid and limits."""
    status, body = await ask(paper, "load_markets")
    assert (status, sorted(body["result"])) == (200, [BTC, PERP])
    assert (await paper.error("send_order", 2, symbol=BTC, side="buy", qty="0.001", order_type="market"))[2] == (
        "local order amount is too small: 0.001 BTC, minimum 0.002"
    )
    assert (await paper.get("/oms/accounts"))["items"][0]["exchange_id"] == "ccxt.local"


async def test_reads_are_shared(paper: Client, local: Venue) -> None:
    """What many ask at the same time is one request to the exchange."""
    before = local.asked.count("/trades")
    found = await asyncio.gather(*(ask(paper, "fetch_trades", PERP, None, 7) for _ in range(20)))
    assert {status for status, _ in found} == {200}
    assert local.asked.count("/trades") - before <= 1 + 3  # and those of who follows the market


async def test_the_omss_own_stops_are_watched(paper: Client, local: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spot position with a stop has its market followed, though nobody asks and nothing rests, and is closed."""
    await paper.order("buy", "1", account_id=2, oms_stop_loss="90")
    monkeypatch.setattr("oms_ccxt_async.sandbox.source.KEEP_SECONDS", 0.0)
    await local.book([[89, 5]], [[89.5, 5]])
    await eventually(lambda: not paper.sandbox.oms.storage.positions_with_stop())
    assert await paper.positions(2) == []


@pytest.mark.parametrize("streams", [True], indirect=True)
async def test_candles_come_by_the_stream(paper: Client, local: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the stream speaks, candles are asked for once more and then kept up to date by it; when it fails, and for
    more than is kept, the exchange is asked."""
    monkeypatch.setattr("oms_ccxt_async.sandbox.source.SHARED_SECONDS", 0.0)
    local.candles = [[minute * 60_000, 1, 2, 0.5, 1.5, 9] for minute in range(5)]

    async def newest(count: int = 2) -> list[list[float]]:
        status, body = await ask(paper, "fetchOHLCV", BTC, "1m", None, count)
        assert status == 200
        found: list[list[float]] = body["result"][-count:]
        return found

    def asked() -> int:
        return local.asked.count("/candles")

    assert await newest() == local.candles[-2:]
    await eventually(lambda: ("candle", BTC) in local.subscribed)
    source = paper.sandbox.oms.source
    assert source is not None
    await local.candle([300_000, 1.5, 3, 1, 2, 1])
    await eventually(lambda: source._candles[BTC, "1m"].newest(1) is not None)
    assert await newest() == local.candles[-2:]
    known = asked()
    await local.candle([300_000, 1.5, 4, 1, 3, 2])
    await eventually(lambda: source._candles[BTC, "1m"].newest(1) == [[300_000, 1.5, 4, 1, 3, 2]])
    assert await newest() == [[240_000, 1, 2, 0.5, 1.5, 9], [300_000, 1.5, 4, 1, 3, 2]]
    assert asked() == known
    await newest(100)
    assert asked() == known + 1
    await local.break_down("down")
    await eventually(lambda: source._candles[BTC, "1m"].newest(1) is None)


@pytest.mark.parametrize("streams", [True], indirect=True)
async def test_trades_come_by_the_stream(paper: Client, local: Venue) -> None:
    """As many as the stream has told are not asked for; more, or those since a time, are."""
    await follow(paper, local)
    for price in (99.5, 100, 99.5):
        await local.trade(price, 1)
    source = paper.sandbox.oms.source
    assert source is not None
    await eventually(lambda: len((source._exchange.trades or {}).get(BTC, ())) == 3 and BTC in source._streaming)
    known = local.asked.count("/trades")
    found = (await ask(paper, "fetch_trades", BTC, None, 2))[1]["result"]
    assert ([trade["price"] for trade in found], local.asked.count("/trades")) == ([100, 99.5], known)
    for arguments in ((None, 50), (1, 2)):
        known = local.asked.count("/trades")
        await ask(paper, "fetch_trades", BTC, *arguments)
        assert local.asked.count("/trades") == known + 1


async def test_only_so_many_markets_are_followed(paper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for ever more markets has those let go that were asked for longest ago; markets in use stay."""
    monkeypatch.setattr("oms_ccxt_async.sandbox.source.MOST_FOLLOWED", 1)
    source = paper.sandbox.oms.source
    assert source is not None
    await ask(paper, "fetch_order_book", BTC)
    await ask(paper, "fetch_trades", PERP)
    assert list(source.health()["markets"]) == [PERP]
    await paper.order("buy", "1", account_id=2, price="50")
    await eventually(lambda: BTC in source._used)
    await ask(paper, "fetch_trades", PERP)
    assert sorted(source.health()["markets"]) == [BTC, PERP]


async def test_no_prices_no_sandbox(local: Venue) -> None:
    """A sandbox whose exchange does not tell its markets does not begin, and says why."""
    await local.break_down("down")
    with pytest.raises(PricesUnavailable, match=r"the markets of local cannot be read: .*503"):
        async with Sandbox(prices=LocalExchange({"options": {"url": local.url}})):
            pass


def test_keys_are_refused() -> None:
    """An exchange that could trade for real is not taken."""
    with pytest.raises(ValueError, match="must not have keys"):
        Source(LocalExchange({"apiKey": "x"}), lambda: 0)


def test_named_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is that of ccxt's class with streams, else of the one without; anything else is said to be none."""
    monkeypatch.setattr(ccxt.pro, "local", LocalExchange, raising=False)
    assert isinstance(public_exchange("local"), LocalExchange)
    assert public_exchange("binance").has["watchOrderBook"]
    without = next(name for name in ccxt.async_support.exchanges if name not in ccxt.pro.exchanges)
    assert isinstance(public_exchange(without), getattr(ccxt.async_support, without))
    for name in ("nowhere", "exchanges", "Exchange"):
        with pytest.raises(ValueError, match="no exchange"):
            public_exchange(name)
