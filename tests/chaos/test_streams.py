"""The short form of the chaos (`make chaos` is the long one), and that it would see what it looks for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.schedule import FORMS, kinds, schedule
from tests.chaos.streams import _is_expected, run
from tests.chaos.witness import Balance, Fills, Market, Orders, Placed, Positions
from tests.faults.ledger import Row


@pytest.mark.parametrize("seed", range(len(FORMS)))
async def test_what_is_told_is_the_oms_s(seed: int) -> None:
    """Fills once and in order, orders and positions as they are, nothing backwards, nothing left; on each form."""
    outcome = await run(seed, 6)
    assert not outcome.wrong, str(outcome)
    assert outcome.form == FORMS[seed]
    assert outcome.faults >= 8
    assert outcome.reconnects > 0
    assert outcome.fills > 20


def test_a_seed_is_a_schedule() -> None:
    """The same seed gives the same faults, another one others; each kind comes before any comes twice."""
    for form in FORMS:
        steps = list(schedule(7, form, 60))
        assert steps == list(schedule(7, form, 60))
        assert steps != list(schedule(8, form, 60))
        assert {step.kind for step in steps[: len(kinds(form))]} == set(kinds(form))
        assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert set(kinds("pruned")) - set(kinds("full")) == {"prune"}


class Books:
    """A ledger of two fills of one order, and a position."""

    async def orders(self) -> list[Row]:
        names = {"client_order_id": None}
        return [
            {"id": 1, "status": "SUBMITTED", "qty": "3.0", **names},
            {"id": 2, "status": "CANCELED", "qty": "1", **names},
        ]

    async def deals(self) -> list[Row]:
        return [{"id": 5, "order_id": 1, "qty": "1"}, {"id": 6, "order_id": 1, "qty": "2"}]

    async def positions(self) -> list[Row]:
        return [{"id": 9, "qty": "3.000"}]

    async def balance(self) -> dict[str, Any]:
        return {"info": {}, "timestamp": 1, "USDT": {"free": "99.5", "used": 0, "total": "99.5"}, "free": {"USDT": 1}}


def order(number: int, status: str, filled: float) -> dict[str, Any]:
    """An order as it is told."""
    return {"id": str(number), "status": status, "filled": filled}


@pytest.mark.parametrize(
    ("told", "wrong", "differs", "passing"),
    [
        ([5, 6], [], False, False),
        ([5], [], True, False),
        ([5], [], False, True),
        ([], [], False, True),
        ([5, 6, 7], [], True, False),
        ([6, 5], ["fill 5 after 6"], False, False),
        ([5, 6, 6], ["fill 6 twice"], True, True),
    ],
)
async def test_a_wrong_fill_is_seen(told: list[int], wrong: list[str], differs: bool, passing: bool) -> None:
    """A fill that is missing, unknown, doubled or out of order does not pass; a passing loop may lack the ends."""
    fills = Fills()
    for number in told:
        fills.take([{"id": str(number)}])
    assert fills.wrong == wrong
    assert bool(await fills.differences(Books(), passing)) is differs  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "wrong", "differs"),
    [
        ([(1, "open", 1), (1, "closed", 3), (2, "canceled", 0)], 0, False),
        ([(1, "closed", 3)], 0, True),
        ([(1, "open", 1), (2, "canceled", 0)], 0, True),
        ([(1, "open", 3), (1, "open", 1), (1, "closed", 3), (2, "canceled", 0)], 1, False),
        ([(1, "closed", 3), (2, "canceled", 0), (2, "open", 0), (2, "canceled", 0)], 1, False),
    ],
)
async def test_a_wrong_order_is_seen(told: list[tuple[int, str, float]], wrong: int, differs: bool) -> None:
    """An order that is missing, behind, goes backwards or comes back to life does not pass."""
    orders = Orders()
    orders.take(order(*state) for state in told)
    assert len(orders.wrong) == wrong
    assert bool(await orders.differences(Books())) is differs  # type: ignore[arg-type]


@pytest.mark.parametrize(("told", "differs"), [([(9, 3)], False), ([(9, 2)], True), ([(9, 3), (8, 1)], True)])
async def test_a_wrong_position_is_seen(told: list[tuple[int, float]], differs: bool) -> None:
    """A position that is missing, of another size, or closed at the OMS does not pass."""
    positions = Positions()
    positions.take({"id": str(number), "contracts": size} for number, size in told)
    assert bool(await positions.differences(Books())) is differs  # type: ignore[arg-type]


@pytest.mark.parametrize(("free", "differs"), [(99.5, False), (99.0, True)])
async def test_a_wrong_balance_is_seen(free: float, differs: bool) -> None:
    """What was told last has to be what the account holds."""
    balance = Balance()
    assert await balance.differences(Books())  # type: ignore[arg-type]
    balance.take({"info": {}, "USDT": {"free": free, "used": 0.0, "total": free}})
    assert bool(await balance.differences(Books())) is differs  # type: ignore[arg-type]


async def test_silence_of_the_market_is_seen() -> None:
    """Something has to be told after the faults, and no trade twice."""
    market = Market()
    market.take([{"id": "1"}, {"id": "2"}])
    assert await market.differences(Books())  # type: ignore[arg-type]
    assert await market.differences(Books())  # type: ignore[arg-type]
    market.take({"last": 5.0})
    assert not await market.differences(Books())  # type: ignore[arg-type]
    market.take([{"id": "2"}])
    assert market.wrong == ["trade 2 twice"]


@pytest.mark.parametrize(("told", "differs"), [([1, 2], False), ([2], False), ([3], True), ([1, 1], True)])
async def test_a_wrong_order_of_its_own_is_seen(told: list[int], differs: bool) -> None:
    """An order that the OMS does not have, or that answered two creates, does not pass."""
    placed = Placed()
    for number in told:
        placed.take({"id": str(number)})
    assert bool(await placed.differences(Books())) is differs  # type: ignore[arg-type]


async def test_a_doubled_order_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders under one client order id are one too many."""
    books = Books()

    async def orders() -> list[Row]:
        return [{"id": 1, "client_order_id": "same"}, {"id": 2, "client_order_id": "same"}]

    monkeypatch.setattr(books, "orders", orders)
    assert await Placed().differences(books)  # type: ignore[arg-type]


def test_a_loss_needs_a_cause() -> None:
    """Where the OMS keeps its events, nothing of them is called lost; a restore there never was."""
    lost = "oms: the OMS cannot replay what came after event 5: fills and the present state were read"
    assert [form for form in FORMS if _is_expected(lost, form)] == ["pruned"]
    assert not any(_is_expected("oms: its data were restored", form) for form in FORMS)
