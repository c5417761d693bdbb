from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.queries import TIMEFRAMES
from tests.sandbox.exchange.support import BTC, ETH, START, SWAP, Floor

RECORDED = {
    call["name"]: call
    for call in json.loads((Path(__file__).parents[2] / "contract" / "rest.json").read_text())
    if call["request"]["path"].startswith(("/ccxt/1/", "/ccxt/core/1/")) and call["response"]["status"] == 200
}
DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def moving() -> Floor:
    """An exchange whose market moves."""
    return Floor(volatility=1.0)


def recorded_markets(markets: Any) -> Any:
    """Of all markets, those that there were when it was recorded."""
    if isinstance(markets, dict):
        return {symbol: markets[symbol] for symbol in (BTC, ETH, SWAP)}
    return [market for market in markets if market["symbol"] in (BTC, ETH, SWAP)]


def shape(value: object) -> object:
    """A JSON value with its scalars replaced by their types; equal elements of a list count once."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        return [item for i, item in enumerate(shapes) if item not in shapes[:i]]
    return type(value).__name__


@pytest.mark.parametrize(
    "name",
    [
        "ccxt gateway: fetch_ticker",
        "ccxt gateway: fetch_ticker by kwargs",
        "ccxt gateway: fetchOrderBook camelCase",
        "ccxt gateway: fetch_trades",
        "ccxt gateway: fetch_ohlcv",
        "ccxt gateway: load_markets",
        "ccxt gateway: fetch_markets",
        "ccxt core: fetch_balance",
    ],
)
def test_answers_have_the_recorded_shape(moving: Floor, name: str) -> None:
    """A recorded call gets an answer with the same keys and the same type of every value, list lengths included."""
    request, response = RECORDED[name]["request"], RECORDED[name]["response"]
    body = request["body"]
    answer = moving.call(request["path"].rsplit("/", 1)[1], *body.get("args", []), **body.get("kwargs", {}))
    recorded = response["body"]["result"]
    if name.endswith("_markets"):
        answer = recorded_markets(answer)
    assert shape(answer) == shape(recorded)
    assert len(answer) == len(recorded)
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    "func",
    [
        "fetch_time",
        "fetch_status",
        "fetch_currencies",
        "fetch_tickers",
        "fetch_bids_asks",
        "fetch_last_prices",
        "fetch_trading_fees",
        "fetch_positions",
        "fetchTradingFees",
        "loadMarkets",
    ],
)
def test_methods_without_arguments(moving: Floor, func: str) -> None:
    """These answer without arguments, what JSON can carry."""
    moving.place("buy", "market", "0.5", symbol=SWAP)
    answer = moving.call(func)
    assert json.loads(json.dumps(answer)) == answer != []


def test_describe_fails_as_recorded(moving: Floor) -> None:
    """The recorded gateway awaits a dict."""
    with pytest.raises(ExchangeRefusal, match=r"^object dict can't be used in 'await' expression$"):
        moving.call("describe")


@pytest.mark.parametrize("func", ["no_such", "create_order", "call", "_market", "", "fetch_"])
def test_unknown_methods_are_refused(moving: Floor, func: str) -> None:
    """Nothing but the read-only unified methods can be called."""
    with pytest.raises(ExchangeRefusal, match=f"^unsupported ccxt method: {func}$"):
        moving.call(func)


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "message"),
    [
        ("fetch_ticker", [], {}, "paper fetch_ticker() missing a required argument: 'symbol'"),
        ("fetch_ticker", [BTC, {}, 1], {}, "paper fetch_ticker() too many positional arguments"),
        ("fetch_ticker", [BTC], {"nope": 1}, "paper fetch_ticker() got an unexpected keyword argument 'nope'"),
        ("fetch_ticker", [BTC], {"self": 1}, "paper fetch_ticker() multiple values for argument 'self'"),
        ("fetch_ticker", ["NOPE/USDT"], {}, "paper does not have market symbol NOPE/USDT"),
        ("fetch_ticker", [[BTC]], {}, "paper does not have market symbol ['BTC/USDT']"),
        ("fetch_tickers", [BTC], {}, "paper symbols must be a list, not BTC/USDT"),
        ("fetch_tickers", [[None]], {}, "paper does not have market symbol None"),
        ("fetch_ohlcv", [BTC, "7m"], {}, "paper does not have timeframe 7m"),
        ("fetch_ohlcv", [BTC, ["1m"]], {}, "paper does not have timeframe ['1m']"),
        ("fetch_ohlcv", [BTC, "1m", "yesterday"], {}, "paper since must be a whole number, not yesterday"),
        ("fetch_trades", [BTC, None, -1], {}, "paper limit must be a whole number, not -1"),
        ("fetch_trades", [BTC, None, True], {}, "paper limit must be a whole number, not True"),
        ("fetch_order_book", [BTC, 1.5], {}, "paper limit must be a whole number, not 1.5"),
        ("fetch_leverage", [BTC], {}, "paper BTC/USDT is not a swap market"),
        ("fetch_position", [BTC], {}, "paper BTC/USDT is not a swap market"),
    ],
)
def test_wrong_arguments_are_refused(
    moving: Floor, func: str, args: list[Any], kwargs: dict[str, Any], message: str
) -> None:
    """Whatever is wrong with the arguments, the answer is a refusal that says so."""
    with pytest.raises(ExchangeRefusal) as refused:
        moving.exchange.call(1, func, args, kwargs)
    assert str(refused.value) == message


def test_ticker_agrees_with_candles_trades_and_book(moving: Floor) -> None:
    """The ticker's 24 hours are those of the candles, its last price the last trade's, its bid and ask the book's."""
    moving.clock.now = START // DAY * DAY + DAY - 250
    ticker = moving.call("fetch_ticker", BTC)
    (candle,) = moving.call("fetch_ohlcv", BTC, "1d", None, 1)
    keys = ("open", "high", "low", "close", "baseVolume")
    assert candle == [moving.clock.now - DAY + 250, *(ticker[key] for key in keys)]
    assert ticker["last"] == moving.call("fetch_trades", BTC)[-1]["price"] == float(moving.exchange.last_price(BTC))
    book = moving.call("fetch_order_book", BTC)
    assert (ticker["bid"], ticker["ask"]) == (book["bids"][0][0], book["asks"][0][0])
    assert ticker["change"] == pytest.approx(ticker["last"] - ticker["open"])


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_candles_of_every_timeframe(moving: Floor, timeframe: str) -> None:
    """500 candles unless told otherwise: aligned, without gaps, each opening at the close before, the last one live."""
    candles = moving.call("fetch_ohlcv", BTC, timeframe)
    period = TIMEFRAMES[timeframe] * 250
    assert len(candles) == 500
    assert candles[-1][0] == START // period * period
    assert candles[-1][4] == moving.call("fetch_ticker", BTC)["last"]
    for before, after in itertools.pairwise(candles):
        assert after[0] - before[0] == period
        assert after[1] == before[4]
    assert all(low <= min(opened, close) <= max(opened, close) <= high for _, opened, high, low, close, _ in candles)


def test_larger_candles_are_made_of_smaller_ones(moving: Floor) -> None:
    """An hour has the high, low and volume of its minutes."""
    ((start, opened, high, low, close, volume),) = moving.call("fetch_ohlcv", BTC, "1h", START - DAY, 1)
    minutes = moving.call("fetch_ohlcv", BTC, "1m", start, 60)
    assert (opened, close) == (minutes[0][1], minutes[-1][4])
    assert (high, low) == (max(minute[2] for minute in minutes), min(minute[3] for minute in minutes))
    assert volume == pytest.approx(sum(minute[5] for minute in minutes))


def test_candles_page_forward(moving: Floor) -> None:
    """Pages that begin where the last one ended join without gap or overlap, up to now."""
    since = START - 20 * 60_000
    pages: list[list[Any]] = []
    while page := moving.call("fetch_ohlcv", BTC, "1m", pages[-1][0] + 1 if pages else since, 7):
        pages += page
    assert pages == moving.call("fetch_ohlcv", BTC, "1m", since)
    assert len(pages) == 20


@pytest.mark.parametrize(
    ("call", "most"),
    [
        (lambda floor: floor.call("fetch_ohlcv", BTC, "1m", 0, 5000), 1500),
        (lambda floor: floor.call("fetch_trades", BTC, START - DAY, 5000), 1000),
        (lambda floor: floor.call("fetch_trades", BTC), 100),
    ],
)
def test_pages_have_a_largest_size(moving: Floor, call: Callable[[Floor], list[Any]], most: int) -> None:
    """No answer is longer than the exchange's page."""
    assert len(call(moving)) == most


def test_trades_page_forward(moving: Floor) -> None:
    """Trades from `since` on come oldest first, each once."""
    since = START - 60_000
    trades = moving.call("fetch_trades", BTC, since, 1000)
    assert [trade["timestamp"] for trade in trades] == list(range(since, START + 1, 250))
    assert moving.call("fetch_trades", BTC, since + 1, 3) == trades[1:4]
    assert moving.call("fetch_trades", BTC, START + 1) == []


def test_book_limit(moving: Floor) -> None:
    """A limit cuts both sides; without one every level is there."""
    assert [len(moving.call("fetch_l2_order_book", BTC, 5)[side]) for side in ("bids", "asks")] == [5, 5]
    assert len(moving.call("fetch_order_book", BTC)["asks"]) >= 20


def test_balance_moves_with_orders() -> None:
    """What an order locks is used, and free and used add up to the total."""
    floor = Floor()
    floor.place("buy", "limit", "1", "50000")
    balance = floor.call("fetch_balance")
    assert balance["USDT"] == {"free": 949950.0, "used": 50050.0, "total": 1000000.0}
    assert (balance["free"]["USDT"], balance["used"]["USDT"], balance["total"]["BTC"]) == (949950.0, 50050.0, 10.0)


def test_balances_are_told_to_eight_places() -> None:
    """Free and used are the total in the numbers told, too, whatever fractions the locks have."""
    floor = Floor()
    for amount in ("0.00123", "0.00077"):
        floor.place("buy", "limit", amount, "41234.57")
        told = {part: Decimal(repr(value)) for part, value in floor.call("fetch_balance")["USDT"].items()}
        assert told["free"] + told["used"] == told["total"]
        assert told["used"] == round(told["used"], 8)


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


def test_every_size_has_every_leverage() -> None:
    """A swap has one tier, up to the largest leverage that can be set, and pays no funding; a spot market has none."""
    floor = Floor()
    tiers = floor.call("fetch_market_leverage_tiers", SWAP)
    assert floor.call("fetch_leverage_tiers", [SWAP]) == {SWAP: tiers}
    assert (len(tiers), tiers[0]["minNotional"], tiers[0]["maxNotional"]) == (1, 0.0, None)
    floor.exchange.set_leverage(1, SWAP, Decimal(str(tiers[0]["maxLeverage"])))
    assert floor.call("fetch_funding_history", SWAP) == floor.call("fetch_funding_history") == []
    for func in ("fetch_market_leverage_tiers", "fetch_funding_history"):
        with pytest.raises(ExchangeRefusal, match="BTC/USDT is not a swap market"):
            floor.call(func, BTC)


def test_tickers_of_some_symbols(moving: Floor) -> None:
    """Only the symbols asked for are answered, and each as it would be alone."""
    assert moving.call("fetch_tickers", [BTC]) == {BTC: moving.call("fetch_ticker", BTC)}
    assert moving.call("fetch_last_prices", [BTC])[BTC]["price"] == float(moving.exchange.last_price(BTC))
    assert moving.call("fetch_trading_fee", BTC)["taker"] == 0.001
