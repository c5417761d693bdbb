"""Who asks."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest
from ccxt.base.errors import BadRequest

from oms_ccxt_pro.calling import Caller, caller, is_over, named, on_behalf_of, returns_coroutine


def asking() -> Caller:
    """As a watch method: notes who calls it."""
    return caller()


async def test_the_caller_is_the_task_of_the_call() -> None:
    """What a task of its own runs still belongs to the task that called (`wait_for` on Python 3.11)."""

    def call() -> Coroutine[Any, Any, Caller]:
        asking = caller()

        async def run() -> Caller:
            return asking

        return run()

    assert await asyncio.wait_for(call(), 1) == asking()
    assert await asyncio.create_task(call()) == asking()
    assert (await asyncio.gather(call(), call()))[1] == asking()


def test_code_without_a_loop_is_its_thread() -> None:
    """Where no loop runs the thread asks, and it is over when it has ended."""
    assert asking().who == weakref.ref(threading.current_thread())
    assert not is_over(asking())
    asked: list[Caller] = []
    thread = threading.Thread(target=lambda: asked.append(asking()))
    thread.start()
    thread.join()
    assert asked[0].who == weakref.ref(thread)
    assert is_over(asked[0])
    del thread
    assert is_over(asked[0])


async def test_code_outside_of_any_task_is_nobody_that_ends() -> None:
    """A callback of a loop has no task, and is never over."""
    asked: list[Caller] = []
    asyncio.get_running_loop().call_soon(lambda: asked.append(asking()))
    await asyncio.sleep(0)
    assert asked[0].who is None
    assert not is_over(asked[0])


async def test_a_call_on_behalf_of_a_thread_is_the_threads() -> None:
    """A task that calls for somebody says so, and speaks for itself afterwards."""
    principal = Caller(weakref.ref(threading.current_thread()))
    with on_behalf_of(principal):
        assert asking() == principal
    task = asyncio.current_task()
    assert task is not None
    assert asking().who == weakref.ref(task)


async def test_tasks_that_run_the_same_functions_call_from_the_same_place() -> None:
    """A place is the functions of the task, whichever task begins it, and not the loop below them."""

    async def one() -> Caller:
        return asking()

    async def other() -> Caller:
        return asking()

    async def begun_elsewhere() -> Caller:
        return await asyncio.create_task(one())

    first, second = await asyncio.create_task(one()), await asyncio.create_task(begun_elsewhere())
    assert first != second
    assert first.place == second.place == (one.__code__,)
    assert (await asyncio.create_task(other())).place == (other.__code__,)


async def test_a_name_is_the_same_caller_from_anywhere() -> None:
    """`consumer` is taken out of the params, equals itself, and is never over."""
    params = {"consumer": "a", "strategy_id": 1}
    caller_a = named(asking(), params)
    assert params == {"strategy_id": 1}
    assert caller_a == named(asking(), {"consumer": "a"})
    assert caller_a != named(asking(), {"consumer": "b"})
    assert not is_over(caller_a)
    assert named(asking(), params) == asking()
    for bad in (5, ""):
        with pytest.raises(BadRequest, match="consumer"):
            named(asking(), {"consumer": bad})


async def test_a_task_is_over_when_it_is_done() -> None:
    """A running task is not over; one that ended is."""

    async def asks() -> Caller:
        assert not is_over(asking())
        return asking()

    assert is_over(await asyncio.create_task(asks()))


def test_a_marked_function_passes_for_a_coroutine_function() -> None:
    """`asyncio.iscoroutinefunction` says True."""

    @returns_coroutine
    def call() -> Coroutine[Any, Any, None]:
        return asyncio.sleep(0)

    assert asyncio.iscoroutinefunction(call)
