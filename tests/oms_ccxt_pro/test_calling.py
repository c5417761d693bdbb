"""Which task asks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from oms_ccxt_pro.calling import Caller, caller, is_over, returns_coroutine


async def test_the_caller_is_the_task_of_the_call() -> None:
    """What a task of its own runs still belongs to the task that called (`wait_for` on Python 3.11)."""

    def call() -> Coroutine[Any, Any, Caller]:
        asking = caller()

        async def run() -> Caller:
            return asking

        return run()

    assert await asyncio.wait_for(call(), 1) == caller()
    assert await asyncio.create_task(call()) == caller()


def test_code_outside_of_any_task_is_nobody_that_ends() -> None:
    """Without a loop there is no task, and it is never over."""
    assert caller() is None
    assert not is_over(None)


async def test_a_task_is_over_when_it_is_done() -> None:
    """A running task is not over; one that ended is."""

    async def asks() -> Caller:
        assert not is_over(caller())
        return caller()

    assert is_over(await asyncio.create_task(asks()))


def test_a_marked_function_passes_for_a_coroutine_function() -> None:
    """`asyncio.iscoroutinefunction` says True."""

    @returns_coroutine
    def call() -> Coroutine[Any, Any, None]:
        return asyncio.sleep(0)

    assert asyncio.iscoroutinefunction(call)
