from datetime import UTC, datetime

import ccxt
import pytest
from ccxt.base.errors import BadResponse
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers.time import iso8601, milliseconds

NOON = 1795350503000  # 2026-11-22T12:28:23Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T12:28:23", NOON),
        ("2026-11-22 12:28:23", NOON),
        ("2026-11-22T12:28:23Z", NOON),
        ("2026-11-22T12:28:23+00:00", NOON),
        ("2026-11-22T14:28:23+02:00", NOON),
        ("2026-11-22T12:28:23.123", NOON + 123),
        ("2026-11-22T12:28:23.123456", NOON + 123),
        ("2026-11-22T12:28:23.123999999Z", NOON + 123),
        ("2026-11-22 12:28:23.9", NOON + 900),
        ("1970-01-01T00:00:00", 0),
        (None, None),
    ],
)
def test_timestamp_is_read(text: str | None, expected: int | None) -> None:
    """Every spelling of a time is the same number of milliseconds, and naive means UTC (fact 15)."""
    assert milliseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-11-22", "2026-11-22T12:28", "2026-11-22x12:28:23", "2026-13-22T12:28:23"),
        *("2026-11-22T25:28:23", "0000-00-00 00:00:00", "1795350503000", "1969-12-31T23:59:59"),
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    """What is no time of day since 1970 is a bad response."""
    with pytest.raises(BadResponse, match=r"is not a timestamp|lies before 1970"):
        milliseconds(text)


@given(st.datetimes(min_value=datetime(1970, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_both_spellings_are_those_of_ccxt(moment: datetime) -> None:
    """Milliseconds and ISO string agree with ccxt's parse8601 and iso8601."""
    timestamp = milliseconds(moment.isoformat(sep=" "))
    assert timestamp is not None
    assert timestamp == ccxt.Exchange.parse8601(moment.isoformat(timespec="milliseconds"))
    assert iso8601(timestamp) == ccxt.Exchange.iso8601(timestamp)
