"""Who asks."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from typing import Any

from oms_ccxt_pro.calling import Caller, caller, is_over, on_behalf_of, returns_coroutine


async def test_the_caller_is_the_task_of_the_call() -> None:
    """What a task of its own runs still belongs to the task that called (`wait_for` on Python 3.11)."""

    def call() -> Coroutine[Any, Any, Caller]:
        asking = caller()

        async def run() -> Caller:
            return asking

        return run()

    assert await asyncio.wait_for(call(), 1) == caller()
    assert await asyncio.create_task(call()) == caller()


def test_code_without_a_loop_is_its_thread() -> None:
    """Where no loop runs the thread asks, and it is over when it has ended."""
    assert caller() == weakref.ref(threading.current_thread())
    assert not is_over(caller())
    asked: list[Caller] = []
    thread = threading.Thread(target=lambda: asked.append(caller()))
    thread.start()
    thread.join()
    assert asked == [weakref.ref(thread)]
    assert is_over(asked[0])
    del thread
    assert is_over(asked[0])


async def test_code_outside_of_any_task_is_nobody_that_ends() -> None:
    """A callback of a loop has no task, and is never over."""
    asked: list[Caller] = []
    asyncio.get_running_loop().call_soon(lambda: asked.append(caller()))
    await asyncio.sleep(0)
    assert asked == [None]
    assert not is_over(None)


async def test_a_call_on_behalf_of_a_thread_is_the_threads() -> None:
    """A task that calls for somebody says so, and speaks for itself afterwards."""
    asking = weakref.ref(threading.current_thread())
    with on_behalf_of(asking):
        assert caller() == asking
    assert caller() == weakref.ref(asyncio.current_task())


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
