"""Places in the list of all time, and the pages that an id is looked for on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.lists.places import SIZES, Places


def look(places: Places, rows: list[int], key: int, *, alone: bool = True) -> tuple[bool, int]:
    """Whether an id is in a list of ids, as it is found by pages; and how many pages that took."""
    end = None
    for turn in range(64):
        place = places.page(key, turn, end, alone=alone)
        if place is None:
            return False, turn
        number, size = place
        page = rows[(number - 1) * size : number * size]
        places.note(page, (number - 1) * size)
        end = len(rows)
        if key in page:
            return True, turn + 1
    raise AssertionError("it does not end")


def test_a_known_row_is_a_page_of_one() -> None:
    """A row that was seen once is read alone, wherever it stands."""
    rows = list(range(3, 60_000, 7))
    places = Places()
    assert look(places, rows, rows[4567])[0]
    assert places.page(rows[4567], 0, None, alone=True) == (4568, 1)


def test_a_new_row_is_one_small_page() -> None:
    """Rows that come after a known one stand within as many places as there are ids between them."""
    rows = list(range(1, 10_001))
    places = Places()
    look(places, rows, rows[-1])
    rows += [10_003, 10_004]
    for key in (10_004, 10_003):
        number, size = places.page(key, 0, None, alone=True) or (0, 0)
        assert size <= 10
        assert key in rows[(number - 1) * size : number * size]


def test_an_unknown_row_takes_few_pages() -> None:
    """Amid 100,000 rows with wide gaps, no more than a handful of pages are read."""
    rows = list(range(5, 1_000_000, 10))
    for key in (rows[0], rows[31_415], rows[-1], 6, 999_999):
        found, pages = look(Places(), rows, key)
        assert found is (key in rows)
        assert pages <= 9


@given(
    st.lists(st.sampled_from(["add", "delete", "look", "look all"]), max_size=12),
    st.lists(st.integers(1, 3_000), min_size=1, max_size=1_500, unique=True).map(sorted),
    st.data(),
)
def test_what_is_found_is_there(steps: list[str], rows: list[int], data: st.DataObject) -> None:
    """Whatever is added and deleted meanwhile, looking ends, a row that is found is there, and one that is there is
    found by pages that are all new."""
    places = Places()
    for step in [*steps, "look"]:
        if step == "add":
            rows = [*rows, rows[-1] + data.draw(st.integers(1, 50))]
        elif step == "delete" and len(rows) > 1:
            del rows[data.draw(st.integers(0, len(rows) - 2))]
        else:
            key = data.draw(st.integers(1, rows[-1] + 5))
            found, _ = look(places, rows, key, alone=step == "look")
            assert found is (key in rows) or "delete" in steps
            assert look(Places(), rows, key)[0] is (key in rows)


def test_what_is_remembered_is_bounded() -> None:
    """Of very many places some are let go of; the rest still tells where the others are."""
    rows = list(range(1, 50_001))
    places = Places()
    for first in range(0, 50_000, SIZES[-1]):
        places.note(rows[first : first + SIZES[-1]], first)
    assert len(places._ids) <= 20_000
    assert look(places, rows, 777) == (True, 1)
