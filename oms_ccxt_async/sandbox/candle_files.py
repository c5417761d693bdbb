"""Files of candles: CSV, feather and parquet, as ccxt, freqtrade and vectorbt write them.

Rows are `timestamp, open, high, low, close, volume`, with a header or, in CSV, without; the time is in seconds,
milliseconds, micro- or nanoseconds, or a date. Feather and parquet are read with pyarrow (extra `replay`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from oms_ccxt_async.sandbox.exchange.listing import number
from oms_ccxt_async.sandbox.exchange.markets import MARKETS, Market
from oms_ccxt_async.sandbox.exchange.replayed import Candle, Recording, Replayed

__all__ = ["SAMPLE", "SAMPLE_FILE", "named_market", "read_candles", "replayed"]

TIMES = ("timestamp", "time", "date", "datetime", "open time", "open_time", "index", "__index_level_0__", "")
"""What the column of the time is called, in lower case."""
SAMPLE = "sample"
"""Names the candles that come with the package: a day of minutes of BTC/USDT, drawn by the simulator."""
SAMPLE_FILE = Path(__file__).parent / "samples" / "BTC_USDT-1m.csv"
QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "GBP", "BTC", "ETH", "BNB")
NOTHING = ("", "nan", "none", "<na>")
"""How a row is written that stands for a gap."""
DIGITS = 9
"""Of a price: what is finer is what is left of computing with floats."""
SECOND, MILLI, MICRO = 10**11, 10**14, 10**17
"""Below which a number is seconds, milliseconds or microseconds since the epoch; above, nanoseconds."""

Row = Sequence[Any]


def replayed(files: str | Path | Iterable[str | Path] | Mapping[str, str | Path]) -> Replayed:
    """The recordings of these files, each of one market.

    Args:
        files: one or several, each named for its market (`BTC_USDT-1m.csv`) or given as `BTC/USDT=FILE`; or by symbol.
            `sample` is the file that comes with the package.

    Raises:
        ValueError: a file that is not there, has no candles, or ones that make no sense; the message names it.
    """
    if isinstance(files, Mapping):
        named = [(symbol, Path(file)) for symbol, file in files.items()]
    else:
        named = [_named(file) for file in ([files] if isinstance(files, str | Path) else files)]
    found: dict[str, tuple[Market, Recording]] = {}
    for symbol, file in named:
        if symbol in found:
            raise ValueError(f"{file}: there are two files of {symbol}")
        candles = read_candles(file)
        market = _market(symbol, candles)
        try:
            found[symbol] = market, Recording(market, candles)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None
    if not found:
        raise ValueError("there is no file of candles")
    return Replayed(found)


def named_market(stem: str) -> str | None:
    """The symbol that a file is named for, as freqtrade (`BTC_USDT_USDT-1h-futures`), ccxt's users (`BTC-USDT-1m`,
    `BTCUSDT-1m`) and others do; None if it is none."""
    parts = re.split(r"[_\-\s]+", stem.upper())
    if len(parts) > 1 and parts[0].isalnum() and parts[1].isalpha():
        settle = parts[2] if len(parts) > 2 and parts[2] in (parts[0], parts[1]) else None
        return f"{parts[0]}/{parts[1]}" + (f":{settle}" if settle else "")
    for quote in QUOTES:
        base = parts[0].removesuffix(quote)
        if base and base != parts[0]:
            return f"{base}/{quote}"
    return None


def read_candles(file: Path) -> list[Candle]:
    """The candles of a file, in order of time; rows without prices, which stand for gaps, are left out.

    Raises:
        ValueError: it cannot be read, or a row makes no sense; the message names file and row.
    """
    try:
        rows = list(_rows(file))
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    candles: dict[int, Candle] = {}
    for count, row in enumerate(rows, 1):
        try:
            candle = _candle(row)
        except ValueError as error:
            raise ValueError(f"{file}: row {count}: {error}") from None
        if candle is not None and candles.setdefault(candle.start, candle) != candle:
            raise ValueError(f"{file}: row {count}: there are two candles of this time")
    if not candles:
        raise ValueError(f"{file}: there are no candles in it")
    return [candles[start] for start in sorted(candles)]


def _named(file: str | Path) -> tuple[str, Path]:
    if file == SAMPLE:
        return "BTC/USDT", SAMPLE_FILE
    symbol, given, path = str(file).rpartition("=")
    if given:
        return symbol, Path(path)
    found = named_market(Path(file).stem)
    if found is None:
        raise ValueError(f"{file}: its name does not say which market it is of; give it as BTC/USDT={file}")
    return found, Path(file)


def _market(symbol: str, candles: Sequence[Candle]) -> Market:
    """The market, as the sandbox has it, or as the prices show it; on a grid that all of them are on."""
    top = max(candle.high for candle in candles)
    finest = Decimal(1).scaleb(top.adjusted() - DIGITS)
    prices = (price for candle in candles for price in candle[1:5])
    places = max(_exponent(price) for price in prices)
    grid = max(finest, Decimal(1).scaleb(-max(0, places)))
    known = MARKETS.get(symbol)
    if known is not None:
        return replace(known, tick=min(known.tick, grid), lot=known.step, own_id=known.id)
    pair, _, settle = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    if not (base and slash and quote) or settle not in ("", base, quote):
        raise ValueError(f"{symbol} is no symbol of a spot market or a swap, such as BTC/USDT or BTC/USDT:USDT")
    step = Decimal(1) if settle == base else Decimal("0.00001")
    return Market(
        symbol, base, quote, grid, step, lot=step, settle=settle or None, max_amount=Decimal(10**9), max_price=top * 100
    )


def _exponent(price: Decimal) -> int:
    """How many digits a price has after the point."""
    return -int(price.normalize().as_tuple().exponent)


def _rows(file: Path) -> Iterator[Row]:
    """Time, open, high, low, close and volume of each row, as they are written."""
    if file.suffix.lower() in (".feather", ".parquet", ".pq"):
        yield from _columns(_table(file))
        return
    with file.open(newline="", encoding="utf-8-sig") as lines:
        try:
            rows = [row for row in csv.reader(lines) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"this is no CSV: {error}") from None
    if rows and all(number(cell) is not None or not cell for cell in rows[0]) and rows[0][0]:
        yield from rows
    elif rows:
        yield from _columns(
            {name: [row[at] if at < len(row) else "" for row in rows[1:]] for at, name in enumerate(rows[0])}
        )


def _table(file: Path) -> dict[str, list[Any]]:
    try:
        import pyarrow
        from pyarrow import feather, parquet
    except ImportError:
        raise ValueError("this needs the extra `replay`: pip install 'oms-ccxt[replay]'") from None
    try:
        table = (parquet if file.suffix.lower() != ".feather" else feather).read_table(file)
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from error
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pyarrow.types.is_timestamp(column.type):
            column = column.cast(pyarrow.timestamp("ms"), safe=False).cast(pyarrow.int64())
        columns[name] = column.to_pylist()
    return columns


def _columns(columns: Mapping[str, list[Any]]) -> Iterator[Row]:
    """The rows of named columns."""
    by_name: dict[str, list[Any]] = {}
    for name, values in columns.items():
        by_name.setdefault(name.strip().lower(), values)
    times = next((by_name[name] for name in TIMES if name in by_name), None)
    names = ("open", "high", "low", "close")
    missing = [name for name in names if name not in by_name] + ([] if times is not None else ["a time"])
    if times is None or missing:
        raise ValueError(f"its columns are {', '.join(columns) or 'none'}: there is no {' and no '.join(missing)}")
    volumes = by_name.get("volume", [None] * len(times))
    yield from zip(times, *(by_name[name] for name in names), volumes, strict=True)


def _candle(row: Row) -> Candle | None:
    if len(row) < 5:
        raise ValueError("a candle has a time, open, high, low, close, and a volume if it is known")
    told = [cell if cell is None else str(cell).strip() for cell in row[1:6]]
    prices = [number(cell) for cell in told[:4]]
    if all(
        price is None and (cell is None or cell.lower() in ("", "nan", "none"))
        for price, cell in zip(prices, told, strict=False)
    ):
        return None
    opened, high, low, close = prices
    if opened is None or high is None or low is None or close is None or low <= 0:
        raise ValueError(f"prices are numbers above 0, not {', '.join(map(str, told[:4]))}")
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise ValueError(f"open {opened} and close {close} are not between low {low} and high {high}")
    volume = number(told[4]) if len(told) > 4 else None
    if volume is not None and volume < 0:
        raise ValueError(f"a volume is not negative: {volume}")
    return Candle(_milliseconds(row[0]), opened, high, low, close, volume)


def _milliseconds(value: object) -> int:
    count = number(value if not isinstance(value, str) else value.strip())
    if count is None:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError(f"{value!r} is no time") from None
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if count <= 0:
        raise ValueError(f"{value!r} is no time")
    for most, milliseconds in ((SECOND, Decimal(1000)), (MILLI, Decimal(1)), (MICRO, Decimal("1e-3"))):
        if count < most:
            return int(count * milliseconds)
    return int(count / 1_000_000)
