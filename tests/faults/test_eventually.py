"""Waiting for a condition."""

import asyncio

import pytest

from tests.faults.eventually import eventually


async def test_true_answer_is_returned() -> None:
    """The first true answer comes back, however often the question had to be asked."""
    answers = iter(["", "", "yes", "no"])
    assert await eventually(lambda: next(answers)) == "yes"
    assert next(answers) == "no"


async def test_async_conditions_are_awaited() -> None:
    """An async condition counts by what it returns."""
    answers = iter([0, 0, 3])

    async def condition() -> int:
        return next(answers)

    assert await eventually(condition) == 3


async def test_time_over_tells_the_last_answer() -> None:
    """A condition that stays false fails the test and says what it was."""
    with pytest.raises(AssertionError, match=r"still \[\] after 0.02 s"):
        await eventually(list, within=0.02)


async def test_condition_that_hangs_is_ended() -> None:
    """The time includes that of an async condition."""
    with pytest.raises(AssertionError, match="still None"):
        await eventually(asyncio.Event().wait, within=0.02)


async def test_errors_of_the_condition_are_its_own() -> None:
    """What the condition raises is not taken for the end of the time, not even a TimeoutError."""

    def condition() -> bool:
        raise TimeoutError("of the condition")

    with pytest.raises(TimeoutError, match="of the condition"):
        await eventually(condition)
