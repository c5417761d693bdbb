from __future__ import annotations

from typing import Any, cast

import pytest

from oms_ccxt_async.sandbox.exchange import ExchangeRefusal
from oms_ccxt_async.sandbox.exchange.questions import Questions
from oms_ccxt_async.sandbox.exchange.simulator import Simulator

NOW = 100_500
QUESTIONS = Questions("paper", Simulator(1, 0.0), lambda: NOW)


@pytest.mark.parametrize(
    ("since", "limit", "params", "page"),
    [
        (None, None, None, (91, 101)),
        (None, 3, None, (98, 101)),
        (None, 1000, None, (81, 101)),
        (None, 3, {"until": 50_000}, (48, 51)),
        (None, 3, {"until": 10**15}, (98, 101)),
        (50_000, 3, None, (50, 53)),
        (50_001, 3, None, (51, 54)),
        (99_000, 5, None, (99, 101)),
        (0, 5, {"until": 2_999}, (0, 3)),
        (None, 5, {"until": 2_999}, (0, 3)),
    ],
)
def test_pages(since: int | None, limit: int | None, params: dict[str, Any] | None, page: tuple[int, int]) -> None:
    """A page begins with the first period from `since` on, or ends with that of `until`, or with the present one."""
    assert QUESTIONS._page(1000, since, limit, params, usual=10, most=20) == page


@pytest.mark.parametrize("since", [200_000, 101_000])
def test_a_page_of_the_future_is_empty(since: int) -> None:
    """Its end is not behind its beginning."""
    first, end = QUESTIONS._page(1000, since, 5, None, usual=10, most=20)
    assert list(range(first, end)) == []


@pytest.mark.parametrize("until", ["now", -1, True, 1.5])
def test_what_is_no_time_is_refused(until: Any) -> None:
    """`until` is epoch milliseconds."""
    with pytest.raises(ExchangeRefusal, match="paper until must be a whole number"):
        QUESTIONS._page(1000, None, None, {"until": until}, usual=10, most=20)


def test_params_are_an_object() -> None:
    """What is none is refused."""
    with pytest.raises(ExchangeRefusal, match="paper params must be an object, not "):
        QUESTIONS._params(cast(Any, ["swap"]))


@pytest.mark.parametrize("params", [None, {}, {"type": ["swap"]}, {"type": "option"}, {"subType": None}])
def test_types_that_say_nothing(params: dict[str, Any] | None) -> None:
    """What is not the name of a type of market leaves them all."""
    assert len(QUESTIONS._markets(None, params)) == 12
