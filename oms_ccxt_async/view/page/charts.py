"""The options of the page's charts, for ECharts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from oms_ccxt_async.view.candles import Candles
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.words import number

__all__ = ["candle_chart", "candle_data", "money_chart", "money_data"]

GOOD, BAD, SOFT, LINE = "#12895a", "#d23f4a", "#80868f", "#3b82c4"
"""Colours that can be read on white and on black."""
ON_LINE = {"color": "#fff", "backgroundColor": LINE, "padding": [3, 5], "borderRadius": 3, "fontWeight": "bold"}
MARKS_MOST = 400
LINES_MOST = 40
CLOCK = "(at) => new Date(+at).toISOString().slice(11, 19)"
TOOLTIP = """(points) => {
  const rows = [new Date(+points[0].axisValue).toISOString().slice(0, 19).replace('T', ' ') + ' UTC'];
  for (const p of points) {
    if (p.seriesType === 'candlestick')
      rows.push('open ' + p.data[1], 'high ' + p.data[4], 'low ' + p.data[3], 'close ' + p.data[2]);
    else if (p.data && p.data.what) rows.push(p.data.what);
  }
  return rows.join('\\n');
}"""
POINTED = f"(p) => +p.value > 1e11 ? ({CLOCK})(p.value) : String(Math.round(p.value * 1e4) / 1e4)"
MONEY_TIP = """(points) => points.map((p) => p.seriesName + ' ' + (+p.data[1]).toFixed(2)).join('\\n')"""


def _axis(**other: Any) -> dict[str, Any]:
    label = {"color": SOFT, **other.pop("axisLabel", {})}
    lines = {"lineStyle": {"color": SOFT, "opacity": 0.2}}
    return {"axisLabel": label, "axisLine": {"lineStyle": {"color": SOFT}}, "splitLine": lines, **other}


def candle_chart() -> dict[str, Any]:
    """Candles, own orders as lines and own fills as marks, zoomable; without data."""
    tooltip = {"trigger": "axis", "renderMode": "richText", "confine": True, ":formatter": TOOLTIP}
    tooltip["axisPointer"] = {
        "type": "cross",
        "label": {":formatter": POINTED},
    }
    marks = {"type": "scatter", "symbolSize": 11, "z": 5, "data": []}
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "grid": {"left": 8, "right": 70, "top": 12, "bottom": 62},
        "tooltip": tooltip,
        "xAxis": _axis(type="category", data=[], boundaryGap=True, axisLabel={":formatter": CLOCK}),
        "yAxis": _axis(type="value", scale=True, position="right"),
        "dataZoom": [
            {"type": "inside", "start": 40, "end": 100},
            {"type": "slider", "height": 18, "bottom": 8, "start": 40, "end": 100, "labelFormatter": ""},
        ],
        "series": [
            {
                "name": "price",
                "type": "candlestick",
                "data": [],
                "itemStyle": {"color": GOOD, "color0": BAD, "borderColor": GOOD, "borderColor0": BAD},
                "markLine": {"symbol": "none", "silent": True, "animation": False, "data": []},
            },
            {**marks, "name": "bought", "symbol": "triangle", "itemStyle": _mark(GOOD)},
            {**marks, "name": "sold", "symbol": "triangle", "symbolRotate": 180, "itemStyle": _mark(BAD)},
        ],
    }


def _mark(color: str) -> dict[str, Any]:
    return {"color": color, "borderColor": "#fff", "borderWidth": 1}


def candle_data(view: AccountView, candles: Candles, strategy: str | None) -> dict[str, Any]:
    """What changes in the chart of the candles."""
    bars = candles.bars
    times = [bar[0] for bar in bars]
    marks: dict[str, list[dict[str, Any]]] = {"buy": [], "sell": []}
    for fill in view.latest_fills(strategy):
        drawn = marks.get(fill.side)
        if drawn is not None and fill.symbol == candles.symbol and times and fill.at >= times[0]:
            at = times[bisect_right(times, fill.at) - 1]
            verb = "bought" if fill.side == "buy" else "sold"
            what = f"{verb} {number(fill.amount)} at {number(fill.price)}"
            drawn.append({"value": [str(at), float(fill.price)], "what": what})
    lines = [
        {
            "yAxis": float(order.price),
            "lineStyle": {"color": GOOD if order.side == "buy" else BAD, "type": "dashed"},
            "label": {
                "formatter": f"{order.side} {number(order.amount - order.filled)}",
                "position": "insideStartTop",
                "color": GOOD if order.side == "buy" else BAD,
            },
        }
        for order in view.open_orders(strategy)
        if order.symbol == candles.symbol and order.price is not None
    ][:LINES_MOST]
    if bars:
        lines.append(
            {
                "yAxis": float(bars[-1][4]),
                "lineStyle": {"color": LINE, "type": "solid", "width": 1},
                "label": {"formatter": number(bars[-1][4]), "position": "end", **ON_LINE},
            }
        )
    return {
        "xAxis": {"data": [str(at) for at in times]},
        "series": [
            {
                "data": [[float(bar[1]), float(bar[4]), float(bar[3]), float(bar[2])] for bar in bars],
                "markLine": {"data": lines},
            },
            {"data": marks["buy"][:MARKS_MOST]},
            {"data": marks["sell"][:MARKS_MOST]},
        ],
    }


def money_chart() -> dict[str, Any]:
    """Profit and equity over the session, each with its own scale; without data."""
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "grid": {"left": 8, "right": 8, "top": 30, "bottom": 8, "containLabel": True},
        "legend": {"textStyle": {"color": SOFT}, "top": 0},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True, ":formatter": MONEY_TIP},
        "xAxis": _axis(type="time", axisLabel={":formatter": CLOCK, "hideOverlap": True}),
        "yAxis": [_axis(type="value", scale=True), _axis(type="value", scale=True, splitLine={"show": False})],
        "series": [
            {
                "name": "profit",
                "type": "line",
                "showSymbol": False,
                "data": [],
                "color": LINE,
                "areaStyle": {"opacity": 0.12},
            },
            {"name": "equity", "type": "line", "showSymbol": False, "data": [], "color": "#b7791f", "yAxisIndex": 1},
        ],
    }


def money_data(view: AccountView) -> dict[str, Any]:
    """What changes in the chart of profit and equity."""
    lines = (view.profit, view.equity)
    return {"series": [{"data": [[at, round(float(value), 2)] for at, value in line]} for line in lines]}
