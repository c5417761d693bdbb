"""One field of one OMS row: read, checked, and named in the error if it makes no sense."""

from collections.abc import Mapping
from reprlib import Repr
from typing import Any, Literal

from ccxt.base.errors import BadResponse

from oms_ccxt_async.mappers.number import magnitude, plain
from oms_ccxt_async.mappers.time import NEVER, Instant, instant

__all__ = ["Kind", "decimal", "moment", "reference", "row_id", "word"]

Kind = Literal["order", "deal", "position"]

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def row_id(row: Mapping[str, Any], kind: Kind) -> str:
    """The id of a row, as unified structures carry it.

    Raises:
        BadResponse: The row is not a mapping, or its id is not an integer.
    """
    if type(row) is not dict and not isinstance(row, Mapping):
        raise BadResponse(f"{kind} row is not an object: {_SHORT.repr(row)}")
    value = row.get("id")
    if type(value) is not int:
        raise BadResponse(f"{kind} row without an integer id: {_SHORT.repr(value)}")
    return str(value)


def reference(row: Mapping[str, Any], field: str, kind: Kind) -> str | None:
    """The id of another row; None where it is missing or null.

    Raises:
        BadResponse: It is not an integer.
    """
    value = row.get(field)
    if value is None or type(value) is int:
        return None if value is None else str(value)
    raise _nonsense(row, field, kind, "is not an integer")


def word(row: Mapping[str, Any], field: str) -> str | None:
    """A text field; None where it is missing, null, empty or no text."""
    value = row.get(field)
    return value if type(value) is str and value else None


def decimal(row: Mapping[str, Any], field: str, kind: Kind, *, signed: bool = False) -> str | None:
    """A decimal field (fact 14) in plain form; None where it is missing or null.

    Raises:
        BadResponse: It is anything but a finite decimal string, or below zero though not `signed`.
    """
    value = row.get(field)
    if value is None:
        return None
    try:
        return plain(value) if signed else magnitude(value)
    except ValueError as reason:
        raise _nonsense(row, field, kind, str(reason)) from None
    except TypeError:  # what has no hash
        raise _nonsense(row, field, kind, "is not a decimal") from None


def moment(row: Mapping[str, Any], field: str, kind: Kind) -> Instant:
    """A timestamp field in both of ccxt's spellings; a pair of None where it is missing or null.

    Raises:
        BadResponse: It is anything but a timestamp since 1970.
    """
    value = row.get(field)
    if value is None:
        return NEVER
    if type(value) is not str:
        raise _nonsense(row, field, kind, "is not a timestamp")
    try:
        return instant(value)
    except BadResponse as reason:
        raise BadResponse(f"{kind} {row.get('id')}: {field} {reason}") from None


def _nonsense(row: Mapping[str, Any], field: str, kind: Kind, complaint: str) -> BadResponse:
    return BadResponse(f"{kind} {row.get('id')}: {field} {complaint}: {_SHORT.repr(row.get(field))}")
