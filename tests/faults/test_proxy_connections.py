"""Connections as a whole, and several faults after one another, seen from both ends of real sockets."""

import asyncio
import socket

import aiohttp
import pytest

from tests.faults.eventually import eventually
from tests.faults.peers import ANSWER, REQUEST, Raw, post, raw_proxy
from tests.faults.plan import (
    Chaos,
    Cut,
    Delay,
    Direction,
    Fault,
    How,
    Late,
    Reply,
    Slice,
    on,
)
from tests.faults.proxy import FaultProxy

# Connections


async def test_refusing_refuses_new_connections_only(raw: Raw) -> None:
    """While refusing, connecting fails and an old connection serves; afterwards the same address accepts."""
    old = await raw.send()
    await eventually(lambda: old.received == ANSWER)
    with raw.proxy.refusing():
        with pytest.raises(ConnectionRefusedError):
            await raw.connect()
        old.transport.write(REQUEST)
        await eventually(lambda: len(raw.proxy.requests) == 2)
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_turning_away_ends_what_it_accepts(raw: Raw, how: How) -> None:
    """While turning away, a connection is accepted and ends at once; afterwards one serves."""
    with raw.proxy.turning_away(how):
        away = await raw.connect()
        await eventually(lambda: away.ended == how)
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    assert len(raw.servers) == len(raw.proxy.requests) == 1


async def test_turning_away_in_silence_never_answers(raw: Raw) -> None:
    """A connection accepted in silence stays silent for good, also after the block."""
    with raw.proxy.turning_away("silence"):
        silent = await raw.send()
        await eventually(lambda: raw.proxy.accepted == 1)
    client = await raw.send()
    await eventually(lambda: client.received == ANSWER)
    assert (silent.received, silent.ended) == (b"", None)
    assert len(raw.proxy.requests) == 1


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_close_connections_ends_all(raw: Raw, how: How) -> None:
    """Idle, waiting and silent connections end on both sides, and the next one serves."""
    assert how != "silence"
    raw.proxy.plan(Cut("down", 3, "silence"), skip=1)
    raw.proxy.plan(Delay("down", asyncio.Event()), skip=1)
    clients = [await raw.send()]
    await eventually(lambda: clients[0].received == ANSWER)
    clients.append(await raw.send())
    await eventually(lambda: clients[1].received == ANSWER[:3])
    clients.append(await raw.send())
    await eventually(lambda: len(raw.servers) == 3 and raw.servers[2].received == REQUEST)
    await raw.proxy.close_connections(how)
    await eventually(lambda: [peer.ended for peer in clients + raw.servers] == [how] * 6)
    after = await raw.send()
    await eventually(lambda: after.received == ANSWER)


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_frozen_direction_holds_everything_back(raw: Raw, direction: Direction) -> None:
    """A frozen direction passes neither bytes nor the end of a connection; thawing lets them go."""
    idle = await raw.send()
    await eventually(lambda: idle.received == ANSWER)
    raw.proxy.freeze(direction)
    client = await raw.send()
    await eventually(lambda: len(raw.proxy.requests) == 2)
    if direction == "up":
        idle.transport.close()
        far = raw.servers[0]
    else:
        await eventually(lambda: len(raw.servers) == 2 and raw.servers[1].received == REQUEST)
        raw.servers[0].transport.close()
        far = idle
    await raw.pass_time()
    assert (client.received, far.ended) == (b"", None)
    raw.proxy.thaw(direction)
    await eventually(lambda: (client.received, far.ended) == (ANSWER, "fin"))


async def test_leaving_ends_whatever_hangs() -> None:
    """Nothing survives the context: no task, no connection, however it was stuck."""
    before = asyncio.all_tasks()
    async with raw_proxy() as raw:
        raw.proxy.plan(Delay("up", asyncio.Event()))
        raw.proxy.plan(Delay("down", asyncio.Event()))
        raw.proxy.plan(Late(asyncio.Event(), "silence"))
        raw.proxy.plan(Cut("down", 3, "silence"))
        clients = [await raw.send() for _ in range(4)]
        idle = await raw.connect()
        await eventually(lambda: len(raw.proxy.requests) == 4)
        raw.proxy.freeze("down")
        clients.append(await raw.send())
        await eventually(lambda: len(raw.proxy.requests) == 5)
    await eventually(lambda: all(client.ended for client in [*clients, idle]))
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("turns", range(5))
async def test_leaving_ends_what_is_just_arriving(turns: int) -> None:
    """A connection that is accepted while the proxy leaves is not served any more, in whichever turn of the loop."""
    before = asyncio.all_tasks()
    async with FaultProxy(("127.0.0.1", 1)) as proxy:
        arriving = socket.create_connection(("127.0.0.1", proxy.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with arriving:
        await eventually(lambda: asyncio.all_tasks() == before)
        arriving.setblocking(False)
        with pytest.raises((ConnectionResetError, EOFError)):
            await receive(arriving)


async def receive(connection: socket.socket) -> bytes:
    data = await asyncio.get_running_loop().sock_recv(connection, 1)
    if not data:
        raise EOFError
    return data


async def test_what_the_proxy_cannot_read_is_its_failure() -> None:
    """Bytes that are no HTTP fail the test that sent them instead of passing for a fault."""

    async def talk_nonsense() -> None:
        async with raw_proxy() as raw:
            client = await raw.connect()
            client.transport.write(b"nonsense\r\n\r\n")
            await eventually(lambda: client.ended)

    with pytest.raises(ExceptionGroup, match="the proxy failed"):
        await talk_nonsense()


# Schedules


async def test_earlier_plans_go_first(proxy: FaultProxy, client: aiohttp.ClientSession) -> None:
    """Plans for the same requests follow one another; then everything passes."""
    first, second, other = Reply(502), Reply(503), Reply(504)
    plans = [proxy.plan(first), proxy.plan(second, times=2), proxy.plan(other, on(path="/other"))]
    for _ in range(4):
        await post(client, proxy)
    assert [request.fault for request in proxy.requests] == [first, second, second, None]
    assert [len(plan.hits) for plan in plans] == [1, 2, 0]


async def test_same_chaos_happens_again(echo: tuple[str, int]) -> None:
    """Two runs from one seed inject the same faults into the same requests, whatever the ports and times."""

    async def run() -> list[tuple[Fault | None, bool, int | None]]:
        async with FaultProxy(echo) as proxy, aiohttp.ClientSession() as client:
            proxy.schedules.append(Chaos(7, 0.5, [Cut("down", 0, "rst"), Cut("up", 9), Reply(502), Slice("down")]))
            for _ in range(40):
                try:
                    await post(client, proxy)
                except aiohttp.ClientError:
                    continue
            return [(request.fault, request.forwarded, request.status) for request in proxy.requests]

    first = await run()
    assert first == await run()
    assert len({fault for fault, *_ in first}) == 5
