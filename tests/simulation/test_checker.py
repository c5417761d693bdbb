"""That the checker would see what it looks for: wrong histories, one by one."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.checker import check, missing
from tests.simulation.history import Books, Consumer, History, Intent

NAME = "ours-1"


def order(number: int = 1, **changed: Any) -> dict[str, Any]:
    """An order as the OMS has it."""
    return {
        "id": number,
        "side": "buy",
        "status": "FILLED",
        "qty": "0.5",
        "price": "100",
        "client_order_id": NAME,
        "strategy_id": 0,
        **changed,
    }


def at_exchange(number: int = 901, **changed: Any) -> dict[str, Any]:
    """The same at the exchange."""
    placed = {"id": number, "side": "buy", "amount": "0.50", "status": "closed", "client_order_id": NAME}
    return placed | changed


def deal(number: int, **changed: Any) -> dict[str, Any]:
    """A fill as the OMS has it."""
    return {"id": number, "order_id": 1, "qty": "0.25", "price": "100", "strategy_id": 0, **changed}


def right(profile: str = "full") -> tuple[History, Books]:
    """A history with which nothing is wrong: an order, placed once, filled in two steps, told to two loops."""
    history = History(
        intents=[Intent("bot", "limit", "buy", "0.5", 100.0, outcome="ok", order_id=1)],
        consumers=[
            Consumer("bot fills", "fills", since=0, told=[(1, 1, 0.25, 100.0), (2, 1, 0.25, 100.0)]),
            Consumer("bot orders", "orders", since=0, told=[(1, "open", 0.0), (1, "open", 0.25), (1, "closed", 0.5)]),
        ],
        recovery=0.5,
    )
    return history, Books([order()], [deal(1), deal(2)], [at_exchange()], profile)


def kinds(history: History, books: Books) -> list[str]:
    """What is wrong, in a word each."""
    return sorted({found.kind for found in check(history, books)})


def test_a_right_history_passes() -> None:
    """Nothing is made up."""
    assert check(*right()) == []
    assert missing(*right()) == []


def test_an_order_that_is_not_there_is_lost() -> None:
    """I2: what was told as placed exists, at the OMS and at the exchange."""
    history, books = right()
    books.orders, books.deals, books.placed = [], [], []
    history.consumers = []
    assert kinds(history, books) == ["lost"]
    history.restored = True
    assert kinds(history, books) == []


@pytest.mark.parametrize("name", [NAME, "ours-2"])
def test_an_order_twice_is_doubled(name: str) -> None:
    """I1, and the count of orders that are alike: a program that wanted one has one, under whatever names."""
    history, books = right()
    books.placed.append(at_exchange(902, client_order_id=name))
    assert kinds(history, books) == ["doubled"]


def test_a_client_order_id_twice_is_doubled() -> None:
    """I1: also on an order that is alike in nothing else."""
    history, books = right()
    history.intents.append(Intent("bot", "limit", "sell", "0.7", 100.0, outcome="ok", order_id=2))
    books.orders.append(order(2, side="sell", qty="0.7", status="SUBMITTED"))
    books.placed.append(at_exchange(902, side="sell", amount="0.7", status="open"))
    history.consumers = []
    assert kinds(history, books) == ["doubled"]


def test_one_order_for_two_calls_is_lost() -> None:
    """Two orders that were both told as placed are two orders."""
    history, books = right()
    history.intents.append(deepcopy(history.intents[0]))
    assert kinds(history, books) == ["lost"]


def test_a_refused_order_that_exists_is_untrue() -> None:
    """I2: what was told as refused does not exist."""
    history, books = right()
    history.intents[0].outcome, history.intents[0].order_id = "refused", None
    assert kinds(history, books) == ["untrue"]


def test_another_order_is_untrue() -> None:
    """The order that a call returned is the one that it asked for."""
    history, books = right()
    history.intents[0].order_id = 2
    books.orders.append(order(2, side="sell", client_order_id="other", status="SUBMITTED"))
    history.consumers = []
    assert "untrue" in kinds(history, books)


@pytest.mark.parametrize(
    ("profile", "exists", "wrong"), [("full", False, True), ("legacy", True, True), ("legacy", False, False)]
)
def test_an_unknown_outcome_ends(profile: str, exists: bool, wrong: bool) -> None:
    """I2: unknown is not for ever, unless a legacy OMS has nothing that would settle it."""
    history, books = right(profile)
    history.intents[0].outcome, history.intents[0].order_id, history.consumers = "unknown", None, []
    if not exists:
        books.orders, books.deals, books.placed = [], [], []
    assert (kinds(history, books) == ["never told"]) is wrong


def test_an_open_outcome_is_never_told() -> None:
    """A program that is still asking at the end was never told."""
    history, books = right()
    history.intents[0].outcome = "open"
    assert kinds(history, books) == ["never told"]


def test_an_interrupted_program_may_have_its_order_or_not() -> None:
    """A call whose program died made one order, or none, and not two."""
    history, books = right()
    history.intents[0].outcome, history.consumers = "dropped", []
    assert kinds(history, books) == []
    books.placed.append(at_exchange(902, client_order_id="ours-2"))
    assert kinds(history, books) == ["doubled"]


@pytest.mark.parametrize(
    ("fills", "found"),
    [
        ([1], ["lost"]),
        ([], ["lost"]),
        ([1, 2, 2], ["doubled"]),
        ([2, 1], ["untrue"]),
    ],
)
def test_a_wrong_fill_is_seen(fills: list[int], found: list[str]) -> None:
    """I3: a fill that is missing, doubled or out of order."""
    history, books = right()
    history.consumers[0].told = [(number, 1, 0.25, 100.0) for number in fills]
    assert kinds(history, books) == found
    assert [each.kind for each in missing(history, books)] == [each for each in found if each == "lost"]


def test_a_fill_of_another_size_is_untrue() -> None:
    """I3: a fill is told as the OMS has it."""
    history, books = right()
    history.consumers[0].told[1] = (2, 1, 0.2, 100.0)
    assert kinds(history, books) == ["untrue"]


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ([(1, "open", 0.0), (1, "open", 0.25)], ["lost"]),
        ([], ["lost"]),
        ([(1, "open", 0.5), (1, "open", 0.25), (1, "closed", 0.5)], ["untrue"]),
        ([(1, "closed", 0.5), (1, "open", 0.5), (1, "closed", 0.5)], ["untrue"]),
    ],
)
def test_a_wrong_order_state_is_seen(states: list[tuple[Any, ...]], found: list[str]) -> None:
    """I4: an order that is behind, missing, goes backwards or comes back to life."""
    history, books = right()
    history.consumers[1].told = states
    assert kinds(history, books) == found


def test_what_a_consumer_cannot_see_is_not_missed() -> None:
    """A loop is owed what came after it began, of its strategy, as long as its machine lives."""
    history, books = right()
    for consumer in history.consumers:
        consumer.told = []
    for freed in ({"since": 2}, {"over": True}, {"strategy": 7}, {"since": None}):
        spared = deepcopy(history)
        for consumer in spared.consumers:
            vars(consumer).update(freed)
        assert kinds(spared, books) == []


def test_two_quotes_at_once_are_doubled() -> None:
    """A program that cancels all and quotes again has one quote on a side."""
    history, books = right()
    first, second = history.intents[0], deepcopy(history.intents[0])
    second.order_id, history.intents = 2, [first, second]
    history.quoted["bot", "buy"] = "0.5"
    history.consumers, books.deals = [], []
    books.orders = [order(status="CANCELED"), order(2, status="SUBMITTED", client_order_id="ours-2")]
    books.placed = [at_exchange(status="canceled"), at_exchange(902, status="open", client_order_id="ours-2")]
    assert kinds(history, books) == []
    books.placed[0]["status"] = "open"
    assert kinds(history, books) == ["doubled"]
    books.placed[0]["status"] = books.placed[1]["status"] = "canceled"
    assert kinds(history, books) == ["lost"]


@pytest.mark.parametrize("change", [{"canceled": True}, {"final_price": 101.0}])
def test_a_change_that_did_not_happen_is_untrue(change: dict[str, Any]) -> None:
    """An order that was told as canceled is, and the price that was told is its price."""
    history, books = right()
    books.orders, books.deals, history.consumers = [order(status="SUBMITTED")], [], []
    vars(history.intents[0]).update(change)
    assert kinds(history, books) == ["untrue"]


def test_what_arrives_late_may_undo_an_edit() -> None:
    """An order has the price that was told, or that of an edit which a legacy OMS got once more, afterwards."""
    history, books = right()
    books.orders, books.deals, history.consumers = [order(status="SUBMITTED", price="99.000")], [], []
    history.intents[0].final_price = 101.0
    assert kinds(history, books) == ["untrue"]
    history.late_prices = {Decimal(100)}
    assert kinds(history, books) == ["untrue"]
    history.late_prices = {Decimal(99)}
    assert kinds(history, books) == []


def test_not_to_recover_is_never_told() -> None:
    """Some time after the last fault everything is told."""
    history, books = right()
    history.recovery = None
    assert kinds(history, books) == ["never told"]


def test_what_was_seen_on_the_way_counts() -> None:
    """I5 to I8: what the simulation itself saw."""
    history, books = right()
    history.wrong.append("2 requests after close()")
    assert kinds(history, books) == ["rules"]
