"""Intents: what makes two orders identical, what is kept of one, and which client order ids are taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async import OrderOutcomeUnknown
from oms_ccxt_async.orders import commands
from oms_ccxt_async.orders import intents as room
from oms_ccxt_async.orders.intents import Accepted, Book, Intent, State, checked_client_order_id


def intent(key: str = "oms-1", *, amount: Any = "0.01", price: Any = 40_000, **params: Any) -> Intent:
    """An order as `create_order` would send it."""
    command, extra = commands.send_order(
        "BTC/USDT",
        "limit",
        "buy",
        amount,
        price,
        params,
        account_id=1,
        default_strategy_id=None,
        request_id=f"request of {key}",
        client_order_id=key,
    )
    request = {"method": "create_order", "symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": amount}
    return Intent(
        key, f"request of {key}", command, extra, {**request, "price": price, "params": params}, None, 1, True
    )


def replaced(made: Intent, **fields: Any) -> Intent:
    """The intent with other fields."""
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (intent("oms-2"), True),
        (intent("oms-2", amount=0.01), True),
        (intent("oms-2", amount=Decimal("0.010")), True),
        (intent("oms-2", price="40000.0"), True),
        (intent("oms-2", amount="0.02"), False),
        (intent("oms-2", price=40_001), False),
        (intent("oms-2", postOnly=True), False),
        (intent("oms-2", strategy_id=2), False),
        (intent("oms-2", tag="x"), False),
        (replaced(intent("oms-2"), where="http://other"), False),
        (replaced(intent("oms-2"), strategy_id=3), False),
        (replaced(intent("oms-2"), command=intent().command | {"account_id": 2}), False),
    ],
)
def test_identical_orders(other: Intent, same: bool) -> None:
    """Orders are identical if all but their ids is, however the numbers were spelled."""
    assert intent().is_like(other) is same


def test_given_or_sent_alike() -> None:
    """Two calls are the same if they gave the same or send the same, whatever the grid of the moment made of it."""
    fine, coarse = (
        intent(amount="0.0123"),
        replaced(intent(amount="0.01"), given=intent(amount="0.0123").command["payload"]),
    )
    other = replaced(intent(amount="0.01"), given=intent(amount="0.0124").command["payload"])
    assert fine.is_like(coarse)
    assert coarse.is_like(fine)
    assert coarse.is_like(other)
    assert not fine.is_like(other)


def test_asked_names_the_call() -> None:
    """The words of an error message are the call's, without what was not given."""
    assert intent().asked == "create_order(BTC/USDT, limit, buy, 0.01, 40000)"
    order = intent()
    order.request["price"] = None
    assert order.asked == "create_order(BTC/USDT, limit, buy, 0.01)"


def test_record_survives_json() -> None:
    """What the journal keeps brings the intent back: the same ids, the same command, in doubt."""
    before = replaced(intent(amount=Decimal("0.010"), postOnly=True, comment="x"), given={"qty": "0.0101"})
    record = orjson.loads(orjson.dumps(before.record()))
    after = Intent.from_record(before.client_order_id, record, 0)
    assert (after.command, after.request_id, after.extra) == (before.command, before.request_id, before.extra)
    assert (after.fingerprints, after.began, after.own_id) == (before.fingerprints, before.began, before.own_id)
    assert (after.state, after.doubted, after.outcome) == (State.DOUBT, True, None)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,36}", fullmatch=True))
def test_usual_client_order_ids_pass_unchanged(key: str) -> None:
    """What exchanges take is passed on as it is."""
    assert checked_client_order_id(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "tab\t", "ünicode", "null\0", 7, 1.5, True, b"bytes", ["x"]])
def test_bad_client_order_ids_are_refused(key: Any) -> None:
    """An id that is empty, too long, not printable or no string is refused before anything is sent."""
    with pytest.raises(ccxt.InvalidOrder, match="clientOrderId"):
        checked_client_order_id(key)


WINDOW = 300_000.0


def placed(book: Book, made: Intent, order_id: int, owner: Any = None) -> Intent:
    """An intent that the OMS has taken; abandoned unless it has an owner."""
    book.note(made, owner or "its call")
    book.sent(made)
    book.place(made, Accepted(order_id, made))
    if owner is None:
        book.release(made)
    return made


def test_an_abandoned_order_is_handed_out_once() -> None:
    """Of identical creates at the same time each takes over one of its own, oldest first."""
    book = Book()
    left = [placed(book, intent(f"oms-{number}"), number) for number in (1, 2)]
    claims = [book.claim(f"call {number}", intent(f"new-{number}"), 0, WINDOW) for number in range(3)]
    assert claims == [*left, None]
    assert [made.owner for made in left] == ["call 0", "call 1"]
    book.release(left[0])
    assert book.claim("call 3", intent("new-3"), 0, WINDOW) is left[0], "left a second time, found a second time"


@pytest.mark.parametrize(("later", "found"), [(0.0, True), (WINDOW, True), (WINDOW + 1, False)])
def test_an_order_is_handed_out_within_the_window(later: float, found: bool) -> None:
    """To its very end, and not after it; then it is known, but answers nothing any more."""
    book = Book()
    left = placed(book, intent(), 7)
    assert (book.claim("call", intent("oms-2"), later, WINDOW) is left) is found
    assert book.get("oms-1") is left
    assert book.claim("call", intent("oms-2"), later, 0) is None, "a window of 0 switches it off"


def test_a_step_back_of_time_does_not_open_a_closed_window() -> None:
    """With a window of 0 nothing is handed out, whatever the clock says."""
    book = Book()
    placed(book, replaced(intent(), begun=1_000.0), 7)
    assert book.claim("call", intent("oms-2"), 0.0, 0.0) is None


@pytest.mark.parametrize("act", ["by order id", "by client order id", "swept"])
def test_an_order_that_the_program_acted_on_answers_nothing(act: str) -> None:
    """The program knows of it: an identical create means another order."""
    book = Book()
    closed: list[str] = []
    book.ended = lambda _, why: closed.append(why)
    left = placed(book, intent(), 7)
    if act == "by order id":
        book.acted_on(7)
    elif act == "by client order id":
        book.acted_on(None, "oms-1")
    else:
        book.sweep(lambda made: True)
    assert book.claim("call", intent("oms-2"), 0, WINDOW) is None
    assert left.state is State.ANSWERED
    assert closed == ["accepted 7"]


def test_an_order_of_open_fate_is_not_acted_on_by_canceling_all() -> None:
    """Nobody knows whether it was there to be canceled: it is marked, and still found."""
    book = Book()
    made = intent()
    book.note(made, "call")
    book.sent(made)
    book.release(made)
    book.sweep(lambda each: True)
    assert made.swept
    assert book.claim("call 2", intent("oms-2"), 0, WINDOW) is made


def test_a_refusal_that_nobody_heard_is_not_kept() -> None:
    """The identical create is simply sent."""
    book = Book()
    made = intent()
    book.note(made, "call")
    book.sent(made)
    book.release(made)
    book.refuse(made, ccxt.InsufficientFunds("no"))
    assert book.claim("call", intent("oms-2"), 0, WINDOW) is None
    assert made.state is State.ANSWERED


def test_an_answer_can_be_taken_back() -> None:
    """A thread that was interrupted before it had the result leaves the order to the identical create."""
    book = Book()
    reopened: list[Intent] = []
    book.reopened = reopened.append
    made = placed(book, intent(), 7, owner="call")
    book.answer(made)
    assert book.claim("other", intent("oms-2"), 0, WINDOW) is None
    book.release(made)
    assert reopened == [made]
    assert book.claim("other", intent("oms-2"), 0, WINDOW) is made


def test_what_is_unknown_stays_listed_until_it_is_settled() -> None:
    """Telling the program does not settle it; proof does."""
    book = Book()
    made = intent()
    book.note(made, "call")
    book.sent(made)
    book.give_up(made, OrderOutcomeUnknown("?", client_order_id="oms-1", request={}))
    book.answer(made)
    assert book.unknown == ["oms-1"]
    book.place(made, Accepted(7, made))
    assert book.unknown == []


def test_abandoned_orders_cost_a_create_nothing_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, one look finds the one that is identical, or that there is none."""
    book = Book()
    for number in range(5_000):
        placed(book, intent(f"oms-{number}", amount=number + 1), number + 1)
    new = intent("new", amount="0.5")
    looked: list[Intent] = []

    def fingerprints(made: Intent) -> tuple[bytes, ...]:
        looked.append(made)
        return made._fingerprints

    monkeypatch.setattr(Intent, "fingerprints", property(fingerprints))
    new._fingerprints = (b"another",)
    assert book.claim("call", new, 0, WINDOW) is None
    assert len(looked) <= 2


def test_what_is_answered_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are remembered; what is unsettled is never forgotten."""
    monkeypatch.setattr(room, "REMEMBERED", 10)
    book = Book()
    unsettled = intent("first")
    book.note(unsettled, "call")
    book.sent(unsettled)
    for number in range(50):
        book.answer(placed(book, intent(f"oms-{number}"), number, owner="call"))
    assert book.get("first") is unsettled
    assert [book.get(f"oms-{number}") is not None for number in (0, 39, 40, 49)] == [False, False, True, True]


def test_an_id_that_is_used_again_after_a_refusal_is_the_new_orders() -> None:
    """The call that is about to tell the refusal does not take the new order out of the book."""
    book = Book()
    old, new = intent("mine"), intent("mine")
    for made, owner in ((old, "one"), (new, "two")):
        book.note(made, owner)
        book.sent(made)
        if made is old:
            book.refuse(old, ccxt.InsufficientFunds("no"))
    book.answer(old)
    assert book.get("mine") is new
    book.release(old)
    assert book.get("mine") is new


def test_settled_does_not_become_unsettled() -> None:
    """What comes later, an echo or a contradiction, changes nothing."""
    book = Book()
    made = placed(book, intent(), 7, owner="call")
    book.refuse(made, ccxt.InsufficientFunds("no"))
    book.place(made, Accepted(8, made))
    book.give_up(made, ccxt.RequestTimeout("late"))
    assert (made.state, made.order_id) == (State.PLACED, 7)
