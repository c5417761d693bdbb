"""Files of candles, in the layouts of those who write them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_async.sandbox.candle_files import SAMPLE, SAMPLE_FILE, named_market, read_candles, replayed
from oms_ccxt_async.sandbox.exchange.markets import MARKETS
from oms_ccxt_async.sandbox.exchange.path import TICK_MS
from oms_ccxt_async.sandbox.exchange.replayed import Candle
from oms_ccxt_async.sandbox.exchange.simulator import Simulator

D = Decimal
DAY_MS = 86_400_000
BEGIN = 1_780_272_000_000
"""2026-06-01."""
ROWS = [[BEGIN + 60_000 * at, 100.0 + at, 101.5 + at, 99.0 + at, 101.0 + at, 2.5] for at in range(3)]
CANDLES = [Candle(row[0], *(D(str(cell)) for cell in row[1:])) for row in ROWS]  # type: ignore[arg-type]
SECONDS = [[row[0] / 1000, *row[1:]] for row in ROWS]
MINUTES = ["2026-06-01 00:00:00", "2026-06-01 00:01:00", "2026-06-01 00:02:00"]


def csv(*rows: Any) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


LAYOUTS = {
    "ccxt": csv(*ROWS),
    "ccxt in seconds": csv(*SECONDS),
    "ccxt in microseconds": csv(*([row[0] * 1000, *row[1:]] for row in ROWS)),
    "ccxt in nanoseconds": csv(*([row[0] * 1_000_000, *row[1:]] for row in ROWS)),
    "freqtrade": csv(
        ["date", "open", "high", "low", "close", "volume"],
        *([f"{at}+00:00", *row[1:]] for at, row in zip(MINUTES, ROWS, strict=True)),
    ),
    "vectorbt": csv(
        ["Open time", "Open", "High", "Low", "Close", "Volume", "Close time", "Number of trades"],
        *([at, *row[1:], "later", 7] for at, row in zip(MINUTES, ROWS, strict=True)),
    ),
    "a nameless index": csv(
        ["", "Volume", "Open", "High", "Low", "Close"],
        *([at, row[5], *row[1:5]] for at, row in zip(MINUTES, ROWS, strict=True)),
    ),
    "newest first, twice, with gaps": csv(*reversed(ROWS), ROWS[0], [BEGIN - 60_000, "", "", "", "", ""]),
    "with a byte order mark": "\ufeff" + csv(["timestamp", "open", "high", "low", "close", "volume"], *ROWS),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_csv(tmp_path: Path, layout: str) -> None:
    """Each layout reads as the same candles, in order of time, exact."""
    file = tmp_path / "BTC_USDT-1m.csv"
    file.write_text(LAYOUTS[layout])
    assert read_candles(file) == CANDLES


@pytest.mark.parametrize("suffix", ["feather", "parquet"])
@pytest.mark.parametrize("unit", ["ns", "ms", None])
def test_columns(tmp_path: Path, suffix: str, unit: str | None) -> None:
    """Feather and parquet, as freqtrade and pandas write them, with times or with numbers."""
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `replay` is not installed")
    from pyarrow import feather, parquet

    times = [row[0] for row in ROWS]
    told = pyarrow.array(times, pyarrow.int64())
    if unit is not None:
        told = told.cast(pyarrow.timestamp("ms", tz="UTC")).cast(pyarrow.timestamp(unit, tz="UTC"))
    names = ["Open", "High", "Low", "Close", "Volume", "__index_level_0__"]
    table = pyarrow.table([*([row[at] for row in ROWS] for at in range(1, 6)), told], names=names)
    file = tmp_path / f"BTC_USDT-1m.{suffix}"
    if suffix == "feather":
        feather.write_feather(table, file)
    else:
        parquet.write_table(table, file)
    assert read_candles(file) == CANDLES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there are no candles"),
        ("timestamp,open,high,low,close,volume\n", "there are no candles"),
        ("a,b\n1,2\n", "no a time|no open"),
        ("1780272000000,1,2,0.5,3,1\n", r"row 1: open 1 and close 3 are not between"),
        ("1780272000000,1,2,-1,1,1\n", "row 1: prices are numbers above 0"),
        ("1780272000000,1,x,1,1,1\n", "row 1: prices|its columns"),
        ("1780272000000,1,2,1,1,-1\n", "row 1: a volume is not negative"),
        ("1780272000000,1,2\n", "row 1: a candle has"),
        ("date,open,high,low,close\nyesterday,1,1,1,1\n", "row 1: 'yesterday' is no time"),
        ("0,1,1,1,1,1\n", "row 1: '0' is no time"),
        ("1780272000000,1,1,1,1,1\n1780272000000,2,2,2,2,1\n", "row 2: there are two candles"),
        ("1780272000000,1,1,1,1,1\n1780272000100,1,1,1,1,1\n", "candles must be in order"),
        ("1780272000000,1,1,1,1,1\n1780272060000,1,1,1,1,1\n1780272150000,1,1,1,1,1\n", "of one length"),
    ],
)
def test_what_makes_no_sense(tmp_path: Path, text: str, words: str) -> None:
    """A file that is none of candles is refused by its name, a row by its number."""
    file = tmp_path / "BTC_USDT-1m.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=rf"BTC_USDT-1m\.csv: .*({words})"):
        replayed(file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, or is something else, is one line."""
    with pytest.raises(ValueError, match="No such file"):
        replayed(tmp_path / "BTC_USDT-1m.csv")
    pytest.importorskip("pyarrow", reason="the extra `replay` is not installed")
    for name in ("BTC_USDT-1m.feather", "BTC_USDT-1m.parquet"):
        (tmp_path / name).write_text("no such thing")
        with pytest.raises(ValueError, match=name):
            replayed(tmp_path / name)


@pytest.mark.parametrize(
    ("stem", "symbol"),
    [
        ("BTC_USDT-5m", "BTC/USDT"),
        ("BTC_USDT_USDT-1h-futures", "BTC/USDT:USDT"),
        ("BTC_USD_BTC-1h", "BTC/USD:BTC"),
        ("eth-btc 1d", "ETH/BTC"),
        ("BTCUSDT-1m-2026-06", "BTC/USDT"),
        ("1INCH_USDT-1m", "1INCH/USDT"),
        ("candles", None),
        ("USDT", None),
        ("", None),
    ],
)
def test_names(stem: str, symbol: str | None) -> None:
    """A file says by its name which market it is of, in the spellings of those who write them."""
    assert named_market(stem) == symbol


def test_markets(tmp_path: Path) -> None:
    """A market that the sandbox has keeps its rules; another one gets a grid that its prices are on; a file may be
    given its market."""
    known, other = tmp_path / "x.csv", tmp_path / "WIF_EUR-1m.csv"
    known.write_text(csv(*ROWS))
    other.write_text(csv([BEGIN, 0.00125, 0.0013, 0.0012, 0.0012, 9]))
    found = replayed([f"BTC/USDT={known}", other]).markets
    assert (found["BTC/USDT"].tick, found["BTC/USDT"].min_cost) == (D("0.01"), MARKETS["BTC/USDT"].min_cost)
    assert (found["WIF/EUR"].tick, found["WIF/EUR"].money) == (D("0.00001"), "EUR")
    with pytest.raises(ValueError, match="does not say which market"):
        replayed(known)
    with pytest.raises(ValueError, match="two files of WIF/EUR"):
        replayed([other, other])
    with pytest.raises(ValueError, match="no symbol of a spot market"):
        replayed({"WIF/EUR:XYZ": other})


def test_the_sample_is_the_simulators() -> None:
    """The file that ships is a day of the simulated market of seed 7, minute by minute."""
    market, simulator = MARKETS["BTC/USDT"], Simulator(7, 1.0)
    minute = 60_000 // TICK_MS
    candles = []
    for at in range(BEGIN // TICK_MS, (BEGIN + DAY_MS) // TICK_MS, minute):
        bar = simulator.span(market, at, at + minute)
        prices = [value * market.tick for value in bar[:4]]
        candles.append((at * TICK_MS, *prices, bar.volume * market.lot))
    assert [tuple(candle) for candle in read_candles(SAMPLE_FILE)] == candles
    assert list(replayed(SAMPLE).markets) == ["BTC/USDT"]
