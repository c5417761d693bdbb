"""Market channels: the newest of what can be conflated, trades and candles once each."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import ccxt
import pytest
from ccxt.base.errors import UnsubscribeError

from tests.faults.eventually import eventually
from tests.oms_ccxt_pro.conftest import Desk, watching


def tell(desk: Desk, channel: str, data: Any, symbol: str = "BTC/USDT") -> None:
    """Send what the OMS sends of a channel."""
    payload = {"account_id": 1, "symbol": symbol, "channel": channel, "data": data, "ts_ms": 1}
    event = {"id": None, "ok": True, "type": "ws_event", "namespace": "ccxt", "action": "event"}
    desk.oms.send({**event, "event": f"{channel}_updated", "payload": payload})


async def begun(desk: Desk, call: Any, count: int = 1) -> asyncio.Task[Any]:
    """A call that waits, after its subscription was made."""
    task = asyncio.create_task(call)
    await eventually(lambda: len(desk.oms.market_requests) >= count)
    return task


async def test_a_ticker_is_the_newest(full: Desk) -> None:
    """A busy loop gets the last ticker, not those before it."""
    task = await begun(full, full.exchange.watch_ticker("BTC/USDT"))
    tell(full, "ticker", {"symbol": "BTC/USDT", "last": 1.0})
    assert (await task)["last"] == 1.0
    for last in (2.0, 3.0):
        tell(full, "ticker", {"symbol": "BTC/USDT", "last": last})
    stream = full.exchange._live.market(None)
    await eventually(lambda: stream.status.events == 3)
    assert (await full.exchange.watch_ticker("BTC/USDT"))["last"] == 3.0
    assert await full.quiet(full.exchange.watch_ticker("BTC/USDT"))


async def test_tickers_come_by_symbol(full: Desk) -> None:
    """`watchTickers` returns those that changed."""
    exchange = full.exchange
    task = await begun(full, exchange.watch_tickers(["BTC/USDT", "ETH/USDT"]), 2)
    tell(full, "ticker", {"last": 1.0}, "ETH/USDT")
    assert await task == {"ETH/USDT": {"last": 1.0}}


async def test_calls_at_the_same_time_get_the_same_tickers(full: Desk) -> None:
    """Two `watchTickers` calls of one task both end with what came, whichever of the symbols it is about."""
    exchange = full.exchange
    calls = asyncio.gather(*(exchange.watch_tickers(["BTC/USDT", "ETH/USDT"]) for _ in range(2)))
    await eventually(lambda: len(full.oms.market_requests) == 2)
    tell(full, "ticker", {"last": 1.0}, "ETH/USDT")
    async with asyncio.timeout(5):
        assert await calls == [{"ETH/USDT": {"last": 1.0}}] * 2


async def test_an_outage_is_one_error_for_a_watcher_of_several_symbols() -> None:
    """`watchTickers` raises once however many symbols it watches, and then goes on waiting."""
    async with watching(ws={"maxOutage": 50}) as desk:
        exchange = desk.exchange
        task = await begun(desk, exchange.watch_tickers(["BTC/USDT", "ETH/USDT"]), 2)
        desk.oms.close_code = 1013
        await desk.oms.disconnect()
        with pytest.raises(ccxt.NetworkError):
            await asyncio.wait_for(task, 5)
        assert await desk.quiet(exchange.watch_tickers(["BTC/USDT", "ETH/USDT"]))


@pytest.mark.parametrize("trouble", ["unanswered", "dispatcher_unavailable"])
@pytest.mark.parametrize("joining", [False, True])
async def test_a_subscription_in_trouble_is_asked_for_again(trouble: str, joining: bool) -> None:
    """No answer, or a refusal for a moment, on a connection that lives: neither the others nor the watcher suffer."""
    async with watching(ws={"openTimeout": 200}) as desk:
        exchange, oms = desk.exchange, desk.oms
        others = [await begun(desk, exchange.watch_ticker("ETH/USDT"))] if joining else []
        oms.market_trouble = [trouble, trouble]
        mine = await begun(desk, exchange.watch_ticker("BTC/USDT"), len(others) + 3)
        assert oms.accepted == 1
        tell(desk, "ticker", {"last": 1.0})
        assert (await asyncio.wait_for(mine, 5))["last"] == 1.0
        tell(desk, "ticker", {"last": 2.0}, "ETH/USDT")
        assert [ticker["last"] for ticker in await asyncio.gather(*others)] == [2.0] * len(others)


async def test_a_subscription_that_is_refused_is_its_watchers_error_alone(full: Desk) -> None:
    """The OMS's definite word ends that watcher; the others live on, and the next call asks again."""
    exchange, oms = full.exchange, full.oms
    other = await begun(full, exchange.watch_ticker("ETH/USDT"))
    oms.market_trouble = ["permission_denied"]
    with pytest.raises(ccxt.PermissionDenied):
        await asyncio.wait_for(exchange.watch_ticker("BTC/USDT"), 5)
    again = await begun(full, exchange.watch_ticker("BTC/USDT"), 3)
    for symbol in ("BTC/USDT", "ETH/USDT"):
        tell(full, "ticker", {"last": 1.0}, symbol)
    assert [ticker["last"] for ticker in await asyncio.gather(other, again)] == [1.0, 1.0]


async def test_what_is_left_while_it_is_asked_for_leaves_no_exception_behind(
    full: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Unwatching, or closing, during a subscription that fails is silent: nobody is left to be told."""
    exchange, oms = full.exchange, full.oms
    other = await begun(full, exchange.watch_ticker("ETH/USDT"))
    oms.market_trouble = ["unanswered", "unanswered"]
    left = await begun(full, exchange.watch_ticker("BTC/USDT"), 2)
    closed = await begun(full, exchange.watch_trades("BTC/USDT"), 3)
    assert await exchange.un_watch_ticker("BTC/USDT")
    with pytest.raises(UnsubscribeError):
        await left
    await exchange.close()
    for call in (other, closed):
        with pytest.raises(ccxt.ExchangeClosedByUser):
            await call
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_what_is_left_is_not_asked_for_again(full: Desk) -> None:
    """A subscription that is being asked for again ends when nobody watches any more."""
    exchange, oms = full.exchange, full.oms
    trades = await begun(full, exchange.watch_trades("BTC/USDT"))
    oms.market_trouble = ["dispatcher_unavailable"] * 100
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"), 3)
    assert await exchange.un_watch_ticker("BTC/USDT")
    with pytest.raises(UnsubscribeError):
        await ticker
    asked = len(oms.market_requests)
    assert await full.quiet(exchange.watch_trades("BTC/USDT"))
    assert len(oms.market_requests) == asked
    trades.cancel()


async def test_an_unsubscription_that_is_not_answered_is_none_of_the_users_business(full: Desk) -> None:
    """`unWatchTicker` has done its work when nobody watches any more, whatever the OMS says."""
    exchange = full.exchange
    trades = await begun(full, exchange.watch_trades("BTC/USDT"))
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"), 2)
    full.oms.market_trouble = ["dispatcher_unavailable"]
    assert await exchange.un_watch_ticker("BTC/USDT")
    with pytest.raises(UnsubscribeError):
        await ticker
    tell(full, "trades", [{"id": "1", "timestamp": 1, "symbol": "BTC/USDT"}])
    assert len(await trades) == 1


async def test_an_order_book_is_cut_and_copied(full: Desk) -> None:
    """`limit` levels of the newest book, which the caller may change."""
    task = await begun(full, full.exchange.watch_order_book("BTC/USDT", 1))
    tell(full, "orderbook", {"bids": [[9.0, 1.0], [8.0, 1.0]], "asks": [[11.0, 1.0], [12.0, 1.0]]})
    book = await task
    assert (book["bids"], book["asks"]) == ([[9.0, 1.0]], [[11.0, 1.0]])
    book["bids"].clear()
    assert full.exchange._live.market(None).latest["orderbook", "BTC/USDT"]["data"]["bids"]


async def test_a_deeper_book_is_asked_for(full: Desk) -> None:
    """A limit beyond the configured depth subscribes with more levels."""
    task = await begun(full, full.exchange.watch_order_book("BTC/USDT", 500))
    assert full.oms.market_requests[0][1]["depth"] == 500
    tell(full, "orderbook", {"bids": [], "asks": []})
    await task


async def test_public_trades_come_once(full: Desk) -> None:
    """Polls that overlap do not repeat a trade."""
    trades = [{"id": str(number), "timestamp": number, "symbol": "BTC/USDT"} for number in range(5)]
    task = await begun(full, full.exchange.watch_trades("BTC/USDT"))
    tell(full, "trades", trades[:3][::-1])
    assert [trade["id"] for trade in await task] == ["0", "1", "2"]
    tell(full, "trades", trades[1:])
    assert [trade["id"] for trade in await full.exchange.watch_trades("BTC/USDT")] == ["3", "4"]


async def test_candles_of_each_timeframe_have_their_own_connection(full: Desk) -> None:
    """Candles that changed come in order, and two timeframes of one symbol are not mixed up."""
    minute = await begun(full, full.exchange.watch_ohlcv("BTC/USDT", "1m"))
    hour = await begun(full, full.exchange.watch_ohlcv("BTC/USDT", "1h"), 2)
    assert [request["timeframe"] for _, request in full.oms.market_requests] == ["1m", "1h"]
    assert full.oms.accepted == 2
    tell(full, "ohlcv", [[1, 1.0], [2, 2.0]])
    assert await minute == await hour == [[1, 1.0], [2, 2.0]]
    tell(full, "ohlcv", [[1, 1.0], [2, 2.5], [3, 3.0]])
    assert await full.exchange.watch_ohlcv("BTC/USDT", "1m", None, 1) == [[3, 3.0]]
    assert full.exchange.ohlcvs["BTC/USDT"]["1m"] == [[1, 1.0], [2, 2.5], [3, 3.0]]


async def test_market_data_is_subscribed_again_after_a_disconnect(full: Desk) -> None:
    """The stream comes back by itself, with its subscriptions."""
    task = await begun(full, full.exchange.watch_ticker("BTC/USDT"))
    await full.oms.disconnect()
    await eventually(lambda: len(full.oms.market_requests) == 2)
    tell(full, "ticker", {"last": 1.0})
    assert (await task)["last"] == 1.0


async def test_unwatching_unsubscribes_a_channel_and_leaves_the_others(full: Desk) -> None:
    """`unWatchTicker` ends that ticker's calls only; the last one ends the connection."""
    exchange = full.exchange
    ticker = await begun(full, exchange.watch_ticker("BTC/USDT"))
    trades = await begun(full, exchange.watch_trades("BTC/USDT"), 2)
    assert await exchange.un_watch_ticker("BTC/USDT")
    with pytest.raises(UnsubscribeError):
        await ticker
    assert full.oms.market_requests[-1][0] == "unsubscribe_market"
    tell(full, "trades", [{"id": "1", "timestamp": 1, "symbol": "BTC/USDT"}])
    assert len(await trades) == 1
    assert await exchange.un_watch_trades("BTC/USDT")
    await eventually(lambda: not full.oms.sockets)
    assert not await exchange.un_watch_trades("BTC/USDT")
    again = await begun(full, exchange.watch_ticker("BTC/USDT"), 5)
    tell(full, "ticker", {"last": 2.0})
    assert (await again)["last"] == 2.0


async def test_market_data_needs_no_account_stream(full: Desk) -> None:
    """Watching a ticker subscribes to no account."""
    task = await begun(full, full.exchange.watch_ticker("BTC/USDT"))
    assert full.oms.subscribes == []
    task.cancel()
