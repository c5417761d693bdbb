"""OMS timestamps -> ccxt's two spellings of a time: milliseconds since 1970 and an ISO 8601 string."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from oms_ccxt_async import errors

__all__ = ["Instant", "instant", "iso8601", "milliseconds"]

Instant = tuple[int, str] | tuple[None, None]
"""A time as ccxt's structures carry it: milliseconds since 1970, and the same as an ISO 8601 string."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_SHORTEST = len("2026-11-22T12:28:23")


def _read(text: str) -> int:
    try:
        if type(text) is not str or len(text) < _SHORTEST or text[10] not in "T ":
            raise ValueError("no time of day")
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a timestamp") from None
    since = moment - (_NAIVE_EPOCH if moment.tzinfo is None else _EPOCH)
    if since.days < 0:
        raise ValueError("lies before 1970")
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000


@lru_cache(maxsize=1024)
def milliseconds(text: str | None) -> int | None:
    """Milliseconds since 1970 of a timestamp of the OMS.

    Args:
        text: Date and time with `T` or a space between, any number of second digits, and `Z`, an offset, or nothing
            behind, which means UTC (fact 15). Fractions below a millisecond are cut.

    Returns:
        The milliseconds, or None for None.

    Raises:
        BadResponse: It is not a timestamp, or lies before 1970.
    """
    if text is None:
        return None
    try:
        return _read(text)
    except ValueError as reason:
        raise errors.BadResponse(f"{reason}: {str(text)[:60]!r}") from None


def instant(text: str | None) -> Instant:
    """A timestamp of the OMS, read as `milliseconds` does, in both of ccxt's spellings.

    Raises:
        ValueError: It is not a timestamp, or lies before 1970.
    """
    if text is None:
        return None, None
    timestamp = _read(text)
    return timestamp, iso8601(timestamp)


def iso8601(timestamp: int) -> str:
    """The milliseconds since 1970 as `exchange.iso8601` writes them: `"2026-11-22T12:28:23.000Z"`."""
    seconds, rest = divmod(timestamp, 1000)
    return f"{_second(seconds)}.{rest:03}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return (_NAIVE_EPOCH + timedelta(0, seconds)).isoformat()
