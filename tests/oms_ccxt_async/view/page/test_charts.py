"""What the charts are given."""

from __future__ import annotations

import json
from decimal import Decimal

from oms_ccxt_async.view.page import charts
from tests.oms_ccxt_async.view.made import NOON, SPOT, order
from tests.oms_ccxt_async.view.still import NOW, traded


def test_fills_stand_on_the_candle_of_their_time() -> None:
    """Each fill of the charted market is a mark at its price, on the candle that it fell into."""
    view = traded()
    data = charts.candle_data(view, view.candles, None)
    candles, bought, sold = data["series"]
    assert len(data["xAxis"]["data"]) == len(candles["data"]) == len(view.candles.bars)
    assert len(bought["data"]) + len(sold["data"]) == 7
    first = min(bought["data"] + sold["data"], key=lambda mark: mark["value"][0])
    assert first == {"value": [str(NOON + 20_000), 60_054.0], "what": "sold 0.5 at 60,054"}
    assert all(mark["value"][0] in data["xAxis"]["data"] for mark in bought["data"] + sold["data"])


def test_a_candle_has_its_four_prices_in_echarts_sequence() -> None:
    """ECharts wants open, close, low, high."""
    view = traded()
    _, first, high, low, last = view.candles.bars[-1]
    [shown] = charts.candle_data(view, view.candles, None)["series"][0]["data"][-1:]
    assert shown == [float(each) for each in (first, last, low, high)]


def test_own_orders_are_lines() -> None:
    """Open orders of the charted market are lines at their price, those of others are not; the last price is one."""
    view = traded()
    lines = charts.candle_data(view, view.candles, None)["series"][0]["markLine"]["data"]
    assert [line["yAxis"] for line in lines[:2]] == [60_080.5, 59_950.0]
    assert [line["label"]["formatter"] for line in lines[:2]] == ["sell 0.5", "buy 0.5"]
    assert len(lines) == 3
    assert not charts.candle_data(view, view.candles, "2")["series"][1]["data"]


def test_many_marks_and_lines_are_bounded() -> None:
    """A thousand open orders draw so many lines; what is sent to a browser stays small."""
    view = traded()
    for number in range(1_000):
        view.saw_order(order(f"x{number}", price=Decimal(60_000 + number)), NOW)
    data = charts.candle_data(view, view.candles, None)
    assert len(data["series"][0]["markLine"]["data"]) == charts.LINES_MOST + 1
    assert len(json.dumps(data)) < 100_000


def test_without_a_market() -> None:
    """Nothing to chart is no error."""
    view = traded()
    candles = view.chart(SPOT, "1m")
    assert charts.candle_data(view, candles, None)["xAxis"]["data"] == []
    view.measure(NOW)
    assert charts.money_data(view)["series"][0]["data"][0][0] == NOW
    json.dumps([charts.candle_chart(), charts.money_chart()])
