from types import MappingProxyType
from typing import Any

import pytest
from ccxt.base.errors import BadResponse

from oms_ccxt_async.mappers.row import decimal, moment, reference, row_id, word

ROW = {"id": 3, "order_id": 9, "qty": "0.50", "fee": "-0.1", "symbol": "BTC/USDT", "created_at": "1970-01-01 00:00:01"}


def test_fields_are_read() -> None:
    """Each reader turns its kind of field into the value that mappers work with."""
    assert row_id(MappingProxyType(ROW), "deal") == "3"
    assert reference(ROW, "order_id", "deal") == "9"
    assert decimal(ROW, "qty", "deal") == "0.5"
    assert decimal(ROW, "fee", "deal", signed=True) == "-0.1"
    assert word(ROW, "symbol") == "BTC/USDT"
    assert moment(ROW, "created_at", "deal") == (1000, "1970-01-01T00:00:01.000Z")


@pytest.mark.parametrize("row", [{"id": 3}, {"id": 3, "field": None}])
def test_missing_and_null_are_none(row: dict[str, Any]) -> None:
    """A field that is not there is no error."""
    assert word(row, "field") is None
    assert reference(row, "field", "deal") is decimal(row, "field", "deal") is None
    assert moment(row, "field", "deal") == (None, None)


@pytest.mark.parametrize("value", [[], {}, "", 7, True])
def test_word_that_is_no_text_is_none(value: object) -> None:
    """Text is not made of other things, and never used as a key unless it is text."""
    assert word({"status": value}, "status") is None


@pytest.mark.parametrize("value", [True, 1.5, "x" * 900, {"deep": [[[[[[[[1]]]]]]]]}])
def test_nonsense_is_named_and_shown_in_short(value: object) -> None:
    """The error says which row, which field, and the beginning of what stood there."""
    for read in (reference, decimal, moment):
        with pytest.raises(BadResponse, match=r"^deal 3: field is not ") as caught:
            read({"id": 3, "field": value}, "field", "deal")
        assert len(str(caught.value)) < 120
