from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import pytest
from ccxt.base.errors import BadResponse

from oms_ccxt_async.mappers.number import magnitude, plain, quantity
from oms_ccxt_async.mappers.row import Fields, reference, row_id
from oms_ccxt_async.mappers.time import instant

FIELDS = Fields("deal", "symbol", "side", qty=quantity, price=magnitude, fee=plain, executed_at=instant)
ROW = {
    "id": 3,
    "order_id": 9,
    "symbol": "BTC/USDT",
    "side": "buy",
    "qty": "0.50",
    "price": "0E-18",
    "fee": "-0.1",
    "executed_at": "1970-01-01 00:00:01",
}
READ = (["BTC/USDT", "buy"], ["0.5", "0", "-0.1", (1000, "1970-01-01T00:00:01.000Z")])
NOTHING = ([None, None], [None, None, None, (None, None)])


def read(row: Any) -> tuple[list[Any], list[Any]]:
    """The words and the other fields."""
    words, values = FIELDS.read(row)
    return list(words), values


def test_fields_are_read() -> None:
    """Each field becomes the value that mappers work with, in the order of the names."""
    assert read(ROW) == read(MappingProxyType(ROW)) == READ
    assert row_id(MappingProxyType(ROW), "deal") == "3"
    assert reference(ROW, "order_id", "deal") == "9"


@pytest.mark.parametrize("row", [{"id": 3}, {"id": 3, **dict.fromkeys([*ROW][1:])}])
def test_missing_and_null_are_none(row: dict[str, Any]) -> None:
    """A field that is not there is no error."""
    assert read(row) == NOTHING
    assert reference(row, "order_id", "deal") is None


@pytest.mark.parametrize("value", [[], {}, "", 7, True])
def test_word_that_is_no_text_is_none(value: object) -> None:
    """Text is not made of other things, and never used as a key unless it is text."""
    assert read({**ROW, "symbol": value})[0] == [None, "buy"]


@pytest.mark.parametrize("field", ["order_id", "qty", "price", "fee", "executed_at"])
@pytest.mark.parametrize("value", [True, 1.5, "x" * 900, {"deep": [[[[[[[[1]]]]]]]]}])
def test_nonsense_is_named_and_shown_in_short(field: str, value: object) -> None:
    """The error says which row, which field, and the beginning of what stood there."""
    with pytest.raises(BadResponse, match=rf"^deal 3: {field} is (not )?an? ") as caught:
        reference({**ROW, field: value}, field, "deal") if field == "order_id" else read({**ROW, field: value})
    assert len(str(caught.value)) < 120


def test_what_is_remembered_is_bounded() -> None:
    """However many values come, each is read right, and a bounded number of them is kept."""
    fields = Fields("deal", "symbol", "side", qty=plain, fee=plain)
    for number in range(5_000):
        assert fields.read({**ROW, "qty": f"{number}.50", "fee": None})[1] == [f"{number}.5", None]
    assert len(fields._memories[0]) <= 2_048
    assert fields.read({**ROW, "qty": "0.50", "fee": "1"})[1] == ["0.5", "1"]


def test_what_makes_no_sense_is_not_remembered() -> None:
    """It is an error each time, also where it equals something that makes sense."""
    for nonsense in ("1,5", "NaN", 1, 1.0, True, float("nan")):
        for _ in range(2):
            with pytest.raises(BadResponse):
                read({**ROW, "qty": nonsense})
    assert read({**ROW, "qty": "1"})[1][0] == "1"
    with pytest.raises(BadResponse):
        read({**ROW, "qty": 1})


def test_threads_may_read_at_once() -> None:
    """What one thread forgets, as there is too much, another one reads again."""
    fields = Fields("deal", "symbol", "side", qty=plain, fee=plain)

    def reading(offset: int) -> bool:
        texts = (f"{offset + number % 3_000}.50" for number in range(9_000))
        return all(fields.read({**ROW, "qty": text})[1][0] == text[:-1] for text in texts)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(reading, range(0, 4_000, 1_000)))
