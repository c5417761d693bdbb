"""Who has seen what: nothing lost, nothing twice, in order, bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_pro.delivery import FORGOTTEN_AFTER, Backlog, Consumer, Seen, Topic, copied


def topic(most: int = 100, **options: Any) -> Topic:
    """A topic of its own."""
    return Topic(Backlog(most), **options)


@dataclass(frozen=True)
class Task:
    """Who calls, and from where."""

    name: Any
    place: Any = field(default=("somewhere",), compare=False)


def consumer(
    of: Topic, owner: Any = "task", key: Any = None, now: float = 0.0, ended: tuple[Any, ...] = ()
) -> Consumer:
    """The consumer of a call; `ended` are the tasks that are over."""
    owner = owner if isinstance(owner, Task) else Task(owner)
    wanted = None if key is None else {key}
    return of.consumer(key, owner, wanted, now, lambda each: each.name in ended)[0]


def item(number: int, symbol: str = "BTC/USDT") -> dict[str, Any]:
    """An update."""
    return {"id": str(number), "symbol": symbol, "info": {"id": number}}


def ids(items: list[dict[str, Any]] | None) -> list[int]:
    """The numbers of updates."""
    return [int(each["id"]) for each in items or ()]


def fetched(by: Consumer, limit: int | None = None) -> list[int]:
    """The numbers that a call returns."""
    return ids(by.fetch(by.ticket, limit))


@given(st.lists(st.one_of(st.just("fetch"), st.integers(1, 5)), max_size=40))
def test_every_item_is_fetched_once_and_in_order(steps: list[Any]) -> None:
    """Whatever the interleaving of updates and calls, the calls together are the updates."""
    of = topic(1_000)
    by = consumer(of)
    told, got = 0, []
    for step in steps:
        if step == "fetch":
            got += fetched(by)
            continue
        for _ in range(step):
            told += 1
            of.publish(item(told))
    got += fetched(by)
    assert got == list(range(1, told + 1))


@given(st.lists(st.integers(1, 60)), st.integers(1, 10))
def test_an_id_is_new_once(keys: list[int], window: int) -> None:
    """Within the window an id is new the first time and never again; below it nothing is new."""
    seen = Seen(window)
    told: set[int] = set()
    for key in keys:
        if seen.add(key):
            assert key not in told
            told.add(key)
        assert key in seen
    assert seen.newest == max(keys, default=0)


def test_an_id_under_another_mark_is_another_thing() -> None:
    """After a restore the OMS gives ids again: what differs is new."""
    seen = Seen()
    assert seen.add(5, "a")
    assert not seen.add(5, "a")
    assert seen.add(5, "b")


def test_a_rewound_id_is_free_again() -> None:
    """Ids above the OMS's newest are new under another mark, and not under the same: that was a read that lagged."""
    seen = Seen()
    for key in (1, 2, 3, 5_000):
        seen.add(key, "first")
    seen.rewound(1)
    assert seen.newest == 1
    assert not seen.add(1, "first")
    assert not seen.add(2, "first")
    assert seen.add(3, "second")
    assert seen.add(5_000, "first")


def test_memory_of_ids_is_bounded() -> None:
    """A million ids leave a window's worth of them, and all count as seen."""
    seen = Seen(100)
    for key in range(1, 10_001):
        assert seen.add(key)
    assert len(seen._marks) <= 200
    assert all(key in seen for key in (1, 5_000, 10_000))


def test_nothing_is_given_before_there_is_something() -> None:
    """An empty backlog is None, not an empty list."""
    by = consumer(topic())
    assert by.fetch(by.ticket) is None


def test_a_consumer_begins_with_its_first_call() -> None:
    """What was published before is nobody's."""
    of = topic()
    of.publish(item(1))
    by = consumer(of)
    of.publish(item(2))
    assert fetched(by) == [2]


def test_a_symbol_is_all_that_its_consumer_gets() -> None:
    """A consumer with a symbol gets that symbol only; one without gets all."""
    of = topic()
    one, everything = consumer(of, "a", "ETH/USDT"), consumer(of, "b")
    for number, symbol in ((1, "BTC/USDT"), (2, "ETH/USDT")):
        of.publish(item(number, symbol))
    assert fetched(one) == [2]
    assert fetched(everything) == [1, 2]


def test_a_new_task_goes_on_where_the_task_of_the_last_call_stopped() -> None:
    """One loop that makes a task for every call loses nothing between two of them."""
    of = topic()
    first = consumer(of, "first")
    of.publish(item(1))
    assert consumer(of, "second", ended=("first",)) is first
    assert consumer(of, "third", ended=("first", "second")) is first
    assert not first.doubtful
    assert fetched(first) == [1]


def test_a_task_that_is_not_over_is_not_robbed() -> None:
    """Neither a running task nor one whose call still waits in a task of its own loses its consumer."""
    of = topic()
    first = consumer(of, "first")
    assert consumer(of, "second") is not first
    of = topic()
    first = consumer(of, "first")
    first.waiters.add(lambda: None)
    assert consumer(of, "second", ended=("first",)) is not first


def test_a_task_from_another_place_of_the_program_is_another_loop() -> None:
    """Two loops of different code never take each other's consumer, whenever they call."""
    of = topic()
    a, b = ("loop a",), ("loop b",)
    first = consumer(of, Task("a1", a))
    of.publish(item(1))
    second = consumer(of, Task("b1", b), ended=("a1",))
    of.publish(item(2))
    assert consumer(of, Task("a2", a), ended=("a1", "b1")) is first
    assert consumer(of, Task("b2", b), ended=("a1", "b1", "a2")) is second
    assert (fetched(first), fetched(second)) == ([1, 2], [2])


def test_where_two_loops_call_from_one_place_nobody_goes_on_for_the_other() -> None:
    """Once two have called from one place a new task is a consumer of its own, begins with now, and says so."""
    of = topic()
    consumer(of, "a1")
    consumer(of, "b1")
    of.publish(item(1))
    for number in range(2, 50):
        by = consumer(of, number, ended=("a1", "b1", *range(number)))
        assert by.doubtful
        assert by.fetch(by.ticket) is None
        of.publish(item(number))
        assert fetched(by) == [number]
        assert len(of.consumers) == 1


def test_a_name_is_one_consumer_whatever_else_calls() -> None:
    """Calls of a name, which has no place, go on where the name stopped, and no other call takes it over."""
    of = topic()
    one, two = Task("one", ()), Task("two", ())
    first, second = consumer(of, one), consumer(of, two)
    of.publish(item(1))
    assert consumer(of, "a task", ended=("one", "two")) not in (first, second)
    assert consumer(of, one) is first
    assert consumer(of, two) is second
    assert (fetched(first), fetched(second)) == ([1], [1])


def test_a_consumer_to_whom_nobody_comes_back_is_forgotten() -> None:
    """Places of the program that called once do not gather; a task that lives, or a name, is never given up."""
    of = topic(2)
    backlog = of._backlog
    gone, stays = consumer(of, Task("gone", ("a",))), consumer(of, Task("stays", ("b",)))
    for number in range(2):
        of.publish(item(number))
    assert backlog.crowded == {gone, stays}
    new = consumer(of, Task("new", ("c",)), now=FORGOTTEN_AFTER + 1, ended=("gone",))
    assert of.consumers == [stays, new]
    assert backlog.crowded == {stays}


def test_calls_at_the_same_time_share_a_batch() -> None:
    """A call that began before a batch was formed gets that batch, as its own copy."""
    of = topic()
    by = consumer(of)
    one, two = by.ticket, by.ticket
    other = lambda: None  # noqa: E731
    by.waiters.add(other)
    of.publish(item(1))
    first = by.fetch(one)
    by.waiters.discard(other)
    second = by.fetch(two)
    assert first == second
    assert first is not None
    assert second is not None
    assert first[0] is not second[0]
    assert by.fetch(by.ticket) is None


def test_two_consumers_get_copies_of_one_item() -> None:
    """What one does to its copy, the other does not see."""
    of = topic()
    one, two = consumer(of, "a"), consumer(of, "b")
    of.publish(item(1))
    first = one.fetch(one.ticket)
    assert first is not None
    first[0]["info"]["id"] = first[0]["id"] = "changed"
    assert two.fetch(two.ticket) == [item(1)]


def test_a_copy_shares_nothing_that_is_nested() -> None:
    """Info, fee, fees and trades, with their own fees, are new objects."""
    order = {**item(1), "fee": {"cost": 1}, "fees": [{"cost": 1}], "trades": [{**item(2), "fee": {"cost": 2}}]}
    own = copied(order)
    assert own == order
    own["fees"][0]["cost"] = own["trades"][0]["fee"]["cost"] = own["fee"]["cost"] = 9
    own["trades"][0]["info"].clear()
    assert order["fees"] == [{"cost": 1}]
    assert order["trades"] == [{**item(2), "fee": {"cost": 2}}]


def test_a_limit_leaves_the_rest() -> None:
    """A limited call takes the oldest, and at least one."""
    of = topic()
    by = consumer(of)
    for number in (1, 2, 3):
        of.publish(item(number))
    assert fetched(by, 2) == [1, 2]
    assert fetched(by, 0) == [3]


def test_an_error_comes_after_what_waits_and_once() -> None:
    """Updates of before a failure are fetched first; the failure is raised once."""
    of = topic()
    by = consumer(of)
    of.publish(item(1))
    by.fail(ValueError("no"))
    assert fetched(by) == [1]
    with pytest.raises(ValueError, match="no"):
        by.fetch(by.ticket)
    assert by.fetch(by.ticket) is None


def test_a_greeting_replaces_what_waits() -> None:
    """A snapshot is what the next call returns, even an empty one."""
    of = topic()
    by = consumer(of)
    of.publish(item(1))
    by.begin_with([])
    assert by.fetch(by.ticket) == []
    assert by.fetch(by.ticket) is None
    by.begin_with([item(7)])
    of.publish(item(8))
    assert fetched(by) == [7, 8]


def test_the_newest_is_kept_where_only_that_counts() -> None:
    """A conflating topic keeps so many of the newest."""
    of = topic(keep=2)
    by = consumer(of)
    for number in (1, 2, 3):
        of.publish(item(number))
    assert fetched(by) == [2, 3]


def test_a_full_backlog_is_told_and_relieved() -> None:
    """A consumer with as much as may wait is crowded until it fetches."""
    relieved: list[int] = []
    backlog = Backlog(2)
    backlog.relieved = lambda: relieved.append(1)
    of = Topic(backlog)
    by = consumer(of)
    of.publish(item(1))
    assert not backlog.crowded
    of.publish(item(2))
    assert backlog.crowded == {by}
    assert fetched(by) == [1, 2]
    assert not backlog.crowded
    assert relieved == [1]


def test_a_dropped_backlog_remembers_what_was_missed() -> None:
    """A consumer that is behind knows the lowest id it lacks, and what it fetched before."""
    of = topic()
    by = consumer(of)
    of.publish(item(1))
    fetched(by)
    for number in (3, 4):
        of.publish(item(number))
    by.drop()
    of.publish(item(2))
    assert by.missed == 2
    by.catching = True
    of.publish(item(5))
    by.catch_up([item(2), item(3), item(4)])
    assert not by.behind
    assert by.waiting_ids() == {"1", "2", "3", "4", "5"}
    assert fetched(by) == [2, 3, 4, 5]


def test_forgetting_a_key_ends_its_calls_only() -> None:
    """Consumers of other keys live on."""
    of = topic()
    gone, stays = consumer(of, "a", "BTC/USDT"), consumer(of, "a")
    gone.waiters.add(lambda: None)
    of.forget("BTC/USDT", ValueError("unwatched"))
    assert of.consumers == [stays]
    with pytest.raises(ValueError, match="unwatched"):
        gone.fetch(gone.ticket)
