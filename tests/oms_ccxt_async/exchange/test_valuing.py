"""Which questions tell of all positions, and which answer values which position."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from oms_ccxt_async.exchange.valuing import questions, said, value_of


def market(symbol: str, *, inverse: bool = False) -> dict[str, Any]:
    return {"symbol": symbol, "settle": symbol.partition(":")[2], "inverse": inverse}


BTC, ETH, USDC = (market(symbol) for symbol in ("BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USDC:USDC"))
COIN = market("BTC/USD:BTC", inverse=True)
LINEAR = {"subType": "linear", "settleCoin": "USDT"}


@pytest.mark.parametrize(
    ("exchange_id", "markets", "asked"),
    [
        ("binance", [], []),
        ("binance", [ETH, BTC, USDC], [[["BTC/USDC:USDC", "BTC/USDT:USDT", "ETH/USDT:USDT"]]]),
        ("binance", [ETH, COIN, BTC], [[["BTC/USD:BTC"]], [["BTC/USDT:USDT", "ETH/USDT:USDT"]]]),
        ("bybit", [BTC], [[["BTC/USDT:USDT"]]]),
        ("bybit", [BTC, ETH, USDC], [[["BTC/USDC:USDC"]], [None, LINEAR]]),
        ("cryptocom", [BTC, ETH], [[None, {}]]),
    ],
)
def test_one_question_for_all(exchange_id: str, markets: list[Any], asked: list[Any]) -> None:
    """Linear and inverse contracts are asked for apart, and by the words that the exchange's class takes."""
    assert questions(markets, exchange_id) == asked
    assert questions(markets[::-1], exchange_id) == asked


def position(side: str | None, **fields: Any) -> dict[str, Any]:
    known = {"symbol": "BTC/USDT:USDT", "side": side, "markPrice": 50_000.5, "leverage": 3, "marginMode": "cross"}
    return {**known, "liquidationPrice": {"long": 40_000.0, "short": 60_000.0}.get(str(side)), **fields}


def row(side: str, symbol: str = "BTC/USDT:USDT") -> dict[str, Any]:
    return {"symbol": symbol, "side": side}


def test_a_position_is_valued_by_that_on_its_side() -> None:
    """With both sides open each has its own liquidation price."""
    values = said([position("long"), position("short", leverage=5)])
    assert value_of(row("buy"), values)["liquidation_price"] == "40000"
    assert value_of(row("sell"), values) == {
        "mark_price": "50000.5",
        "leverage": "5",
        "liquidation_price": "60000",
        "margin_mode": "cross",
    }


@pytest.mark.parametrize("side", ["long", None])
def test_a_position_on_the_other_side_tells_of_the_market(side: str | None) -> None:
    """Where the exchange is net long, a short position of the OMS has no liquidation price."""
    told = {"mark_price": "50000.5", "leverage": "3", "margin_mode": "cross"}
    assert value_of(row("sell"), said([position(side)])) == told


def test_nothing_is_said_of_other_markets() -> None:
    """A symbol in which the exchange has no position has no values; what it leaves out, or calls zero, is None."""
    assert value_of(row("buy", "ETH/USDT:USDT"), said([position("long")])) == {}
    for nothing in (None, 0, 0.0, "0.00"):
        told = value_of(row("buy"), said([position("long", markPrice=nothing, leverage=nothing)]))
        assert told["mark_price"] is told["leverage"] is None


@pytest.mark.parametrize(
    "answer", [None, 0, ["x"], [{}], {"a": 1}, [position("long", markPrice="much")], [position("long", leverage=[])]]
)
def test_what_is_no_position_is_a_bad_answer(answer: Any) -> None:
    """A gateway that answers something else is told apart from one that answers no positions."""
    with pytest.raises(ccxt.BadResponse, match="no positions"):
        said(answer)
    assert said([]) == {}
