"""One way to wait: what comes, to whoever waits, and nothing taken by who gives up."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from oms_ccxt_pro.calling import Caller
from oms_ccxt_pro.delivery import Backlog, Consumer, Topic
from oms_ccxt_pro.waiting import fetched
from tests.faults.eventually import eventually


def consumer(of: Topic, name: str = "a") -> Consumer:
    """A consumer of everything."""
    return of.consumer(None, Caller(name), None, 0.0, lambda owner: False)[0]


def item(number: int) -> dict[str, Any]:
    """An update."""
    return {"id": str(number), "timestamp": number}


async def until_waiting(*consumers: Consumer, calls: int = 1) -> None:
    """So many calls wait for each consumer."""
    await eventually(lambda: all(len(each.waiters) == calls for each in consumers))


async def test_what_waits_is_returned_at_once_and_what_comes_ends_the_waiting() -> None:
    """A call takes what is there, or the first that comes."""
    topic = Topic(Backlog(10))
    by = consumer(topic)
    topic.publish(item(1))
    assert await fetched([by]) == [item(1)]
    call = asyncio.create_task(fetched([by]))
    await until_waiting(by)
    topic.publish(item(2))
    assert await call == [item(2)]
    assert not by.waiters


async def test_older_items_do_not_end_the_waiting() -> None:
    """A call with `since` waits on over what is older."""
    topic = Topic(Backlog(10))
    by = consumer(topic)
    topic.publish(item(1))
    call = asyncio.create_task(fetched([by], since=5))
    await until_waiting(by)
    topic.publish(item(5))
    assert await call == [item(5)]


async def test_a_call_that_is_cancelled_takes_nothing() -> None:
    """Also if what it waited for has come in the same turn of the loop."""
    topic = Topic(Backlog(10))
    by = consumer(topic)
    call = asyncio.create_task(fetched([by]))
    await until_waiting(by)
    topic.publish(item(1))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not by.waiters
    assert await fetched([by]) == [item(1)]


async def test_calls_of_several_consumers_at_the_same_time_get_the_same() -> None:
    """Whichever consumer has something, every call that waits for it gets it, and later ones wait for news."""
    one, two = Topic(Backlog(10)), Topic(Backlog(10))
    both = [consumer(one), consumer(two)]
    calls = [asyncio.create_task(fetched(both)) for _ in range(3)]
    await until_waiting(*both, calls=3)
    two.publish(item(1))
    assert await asyncio.gather(*calls) == [[item(1)]] * 3
    later = asyncio.create_task(fetched(both))
    await until_waiting(*both)
    one.publish(item(2))
    assert await later == [item(2)]


async def test_calls_during_a_catching_up_share_what_it_brings() -> None:
    """What is read again for a consumer that was left behind goes to all calls that began meanwhile."""
    topic = Topic(Backlog(10))
    by = consumer(topic)
    by.behind = True
    reading = asyncio.get_running_loop().create_future()

    async def catch_up(consumer: Consumer) -> None:
        await asyncio.shield(reading)

    calls = [asyncio.create_task(fetched([by], catch_up=catch_up)) for _ in range(2)]
    await asyncio.sleep(0)
    by.behind = False
    topic.publish(item(1))
    reading.set_result(None)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*calls) == [[item(1)]] * 2


async def test_an_error_waits_for_the_items_and_one_cause_is_one_error() -> None:
    """Items come before errors; an error that is several consumers' is raised once, another one by the next call."""
    one, two, three = (Topic(Backlog(10)) for _ in range(3))
    all_three = [consumer(each) for each in (one, two, three)]
    for each, text in zip(all_three, ("gone", "gone", "refused"), strict=True):
        each.fail(ccxt.NetworkError(text))
    one.publish(item(1))
    assert await fetched(all_three) == [item(1)]
    for text in ("gone", "refused"):
        with pytest.raises(ccxt.NetworkError, match=text):
            await fetched(all_three)
    call = asyncio.create_task(fetched(all_three))
    await until_waiting(*all_three)
    call.cancel()


async def test_in_turn_each_has_its_turn_and_nothing_is_lost() -> None:
    """Of several consumers one gives what it has, that which gave longest ago; what the others have stays."""
    topics = [Topic(Backlog(10)) for _ in range(3)]
    consumers = [consumer(topic) for topic in topics]
    told: list[list[dict[str, Any]]] = []
    for turn in range(6):
        topics[0].publish(item(10 * turn))  # has something at every call
        if turn % 2:
            topics[1].publish(item(10 * turn + 1))
            topics[2].publish(item(10 * turn + 2))
        told.append(await fetched(consumers, in_turn=True))
    while any(len(each) for each in consumers):
        told.append(await fetched(consumers, in_turn=True))
    assert all(len({each["timestamp"] % 10 for each in batch}) == 1 for batch in told)
    for one in range(3):
        times = [each["timestamp"] for batch in told for each in batch if each["timestamp"] % 10 == one]
        assert times == sorted(times) == [10 * turn + one for turn in range(6) if one == 0 or turn % 2]
    waited = [index for index, batch in enumerate(told) if batch[0]["timestamp"] % 10 == 1]
    assert waited[0] <= 3  # two others at most came between


async def test_in_turn_an_error_comes_after_what_others_have_and_once() -> None:
    """Several consumers that were failed with the same raise it once."""
    topics = [Topic(Backlog(10)) for _ in range(3)]
    consumers = [consumer(topic) for topic in topics]
    for each in consumers[:2]:
        each.fail(ccxt.NetworkError("away"))
    topics[2].publish(item(1))
    assert await fetched(consumers, in_turn=True) == [item(1)]
    with pytest.raises(ccxt.NetworkError, match="away"):
        await fetched(consumers, in_turn=True)
    call = asyncio.create_task(fetched(consumers, in_turn=True))
    await until_waiting(*consumers)
    call.cancel()
