"""One OMS row read: every field checked, and named in the error if it makes no sense."""

from collections.abc import Callable, Mapping, Sequence
from operator import getitem, itemgetter
from reprlib import Repr
from typing import Any, Literal

from oms_ccxt_async import errors

__all__ = ["Fields", "Memory", "Subject", "reference", "row_id"]

Subject = Literal["order", "deal", "position"]

_TEXT = frozenset({str, type(None)})
_MOST = 2_048
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


class Memory(dict[Any, Any]):
    """What a reader has made of the values that it was given.

    Prices, quantities and times come in few values, and in every update of their order again: a look-up here costs a
    third of `lru_cache`'s. When there are `_MOST`, all are forgotten at once.
    """

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, value: Any) -> Any:
        read = self._read(value)
        if len(self) >= _MOST:
            self.clear()
        self[value] = read
        return read


class Fields:
    """What is read of one kind of row: all of it at once, as every event of a stream passes through here.

    Args:
        kind: what the row is, for errors.
        words: names of text fields; None where one is missing, null, empty or no text.
        readers: by name of a field, what makes its value of what the row holds, or of None; what it raises
            (`ValueError`, or `TypeError` for what has no hash) says what is wrong with it.
    """

    __slots__ = ("_fields", "_kind", "_memories", "_names", "_words")

    def __init__(self, kind: Subject, *words: str, **readers: Callable[[Any], Any]) -> None:
        self._kind = kind
        self._words, self._fields = itemgetter(*words), itemgetter(*readers)
        self._names = words, tuple(readers)
        self._memories = tuple(map(Memory, readers.values()))

    def read(self, row: Mapping[str, Any]) -> tuple[Sequence[Any], list[Any]]:
        """The words, and the other fields, each in the order of their names.

        Raises:
            BadResponse: One of them makes no sense.
        """
        words: Sequence[Any]
        try:
            words, fields = self._words(row), self._fields(row)
        except KeyError:
            words, fields = (tuple(map(row.get, names)) for names in self._names)
        if "" in words or not _TEXT.issuperset(map(type, words)):
            words = [word if type(word) is str and word else None for word in words]
        try:
            return words, [*map(getitem, self._memories, fields)]
        except (ValueError, TypeError):
            raise self._nonsense(row) from None

    def _nonsense(self, row: Mapping[str, Any]) -> errors.BadResponse:
        for name, memory in zip(self._names[1], self._memories, strict=True):
            value = row.get(name)
            try:
                memory[value]
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
