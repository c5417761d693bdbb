"""One OMS row read: every field checked, and named in the error if it makes no sense."""

from collections.abc import Callable, Mapping, Sequence
from operator import call, itemgetter
from reprlib import Repr
from typing import Any, Literal

from oms_ccxt_async import errors

__all__ = ["Fields", "Subject", "reference", "row_id"]

Subject = Literal["order", "deal", "position"]

_TEXT = frozenset({str, type(None)})
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


class Fields:
    """What is read of one kind of row: all of it at once, as every event of a stream passes through here.

    Args:
        kind: what the row is, for errors.
        words: names of text fields; None where one is missing, null, empty or no text.
        readers: by name of a field, what makes its value of what the row holds, or of None; what it raises
            (`ValueError`, or `TypeError` for what has no hash) says what is wrong with it.
    """

    __slots__ = ("_kind", "_names", "_readers", "_values", "_words")

    def __init__(self, kind: Subject, *words: str, **readers: Callable[[Any], Any]) -> None:
        self._kind = kind
        self._words = len(words)
        self._readers = tuple(readers.values())
        self._names = (*words, *readers)
        self._values = itemgetter(*self._names)

    def read(self, row: Mapping[str, Any]) -> tuple[Sequence[Any], list[Any]]:
        """The words, and the other fields, each in the order of their names.

        Raises:
            BadResponse: One of them makes no sense.
        """
        try:
            values = self._values(row)
        except KeyError:
            values = tuple(map(row.get, self._names))
        words: Sequence[Any] = values[: self._words]
        if "" in words or not _TEXT.issuperset(map(type, words)):
            words = [word if type(word) is str and word else None for word in words]
        try:
            return words, [*map(call, self._readers, values[self._words :])]
        except (ValueError, TypeError):
            raise self._nonsense(row) from None

    def _nonsense(self, row: Mapping[str, Any]) -> errors.BadResponse:
        for name, read in zip(self._names[self._words :], self._readers, strict=True):
            value = row.get(name)
            try:
                read(value)
            except ValueError as reason:
                return _complaint(row, name, self._kind, str(reason))
            except TypeError:
                return _complaint(row, name, self._kind, f"is a {type(value).__name__}")
        raise AssertionError("every field makes sense by itself")


def row_id(row: Mapping[str, Any], kind: Subject) -> str:
    """The id of a row, as unified structures carry it.

    Raises:
        BadResponse: The row is not a mapping, or its id is not an integer.
    """
    if type(row) is not dict and not isinstance(row, Mapping):
        raise errors.BadResponse(f"{kind} row is not an object: {_SHORT.repr(row)}")
    value = row.get("id")
    if type(value) is not int:
        raise errors.BadResponse(f"{kind} row without an integer id: {_SHORT.repr(value)}")
    return str(value)


def reference(row: Mapping[str, Any], field: str, kind: Subject) -> str | None:
    """The id of another row; None where it is missing or null.

    Raises:
        BadResponse: It is not an integer.
    """
    value = row.get(field)
    if value is None or type(value) is int:
        return None if value is None else str(value)
    raise _complaint(row, field, kind, "is not an integer")


def _complaint(row: Mapping[str, Any], field: str, kind: Subject, complaint: str) -> errors.BadResponse:
    return errors.BadResponse(f"{kind} {row.get('id')}: {field} {complaint}: {_SHORT.repr(row.get(field))}")
