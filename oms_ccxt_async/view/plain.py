"""What a view tells where there is no terminal: a line for each thing that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from oms_ccxt_async.view.follow import Follower
from oms_ccxt_async.view.words import clock

__all__ = ["tell"]

LOOK = 0.2


async def tell(
    followers: Sequence[Follower], say: Callable[[str], None], now: Callable[[], int], stopped: asyncio.Event
) -> None:
    """Say what happens, with the time (UTC), and the account where there are several, until it is stopped."""
    told = dict.fromkeys(range(len(followers)), 0)
    titles: dict[int, str] = {}
    while True:
        for number, follower in enumerate(followers):
            view = follower.view
            of = f"account {view.name}  " if len(followers) > 1 else ""
            health = view.health(now())
            if titles.get(number) != health.title:
                titles[number] = health.title
                say(f"{clock(now())}  {of}{health.title}: {health.detail}")
            for line in view.lines_since(told[number]):
                say(f"{clock(line.at)}  {of}{line.text}")
                told[number] = line.number
        if stopped.is_set():
            break
        try:
            await asyncio.wait_for(stopped.wait(), LOOK)
        except TimeoutError:
            continue
    for follower in followers:
        ended = follower.view.told(now())
        say(f"{ended.did}. {ended.holds}. {ended.made}.")
