from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from tests.sandbox.exchange.support import BTC, ETH, SWAP, Floor

RECORDED = {
    call["name"]: call
    for call in json.loads((Path(__file__).parents[2] / "contract" / "rest.json").read_text())
    if call["request"]["path"].startswith(("/ccxt/1/", "/ccxt/core/1/")) and call["response"]["status"] == 200
}
DAY = 24 * 60 * 60 * 1000
TOLD_SINCE = dict.fromkeys(("bidVolume", "askVolume", "vwap", "quoteVolume", "previousClose"))
"""What the recorded exchange left open in its tickers."""


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
    if name.startswith("ccxt gateway: fetch_ticker"):
        assert None not in [answer[field] for field in TOLD_SINCE]
        answer |= TOLD_SINCE
    assert shape(answer) == shape(recorded)
    assert len(answer) == len(recorded)
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    "func",
    [
        "fetch_time",
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
        ("fetch_leverage", [BTC], {}, "paper fetch_leverage() supports linear and inverse contracts only"),
        ("fetch_position", [BTC], {}, "paper fetch_position() supports linear and inverse contracts only"),
    ],
)
def test_wrong_arguments_are_refused(
    moving: Floor, func: str, args: list[Any], kwargs: dict[str, Any], message: str
) -> None:
    """Whatever is wrong with the arguments, the answer is a refusal that says so."""
    with pytest.raises(ExchangeRefusal) as refused:
        moving.exchange.call(1, func, args, kwargs)
    assert str(refused.value) == message
