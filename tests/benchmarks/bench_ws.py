"""What 200 subscribed WebSocket clients cost the sandbox's command handling.

Run as `python -m tests.benchmarks.bench_ws [--orders 4000] [--clients 16] [--subscribers 200] [--rounds 3]`. The server
runs in this process, the clients that send orders in a second and the subscribers in a third one, over real sockets.
Rounds with and without subscribers alternate, each with a sandbox of its own; the ratio is that of their medians.
Every subscriber counts its events, and the run fails if one has missed any.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection
from typing import cast
from urllib.parse import urlsplit

import orjson
from websockets.frames import Frame, Opcode

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.background import event_loop_factory
from tests.benchmarks.bench_sandbox import client
from tests.faults.eventually import eventually

ACCOUNT = 2
TEXT = 0x81
"""The first byte of a message that is text and in one frame, as all of the sandbox's are."""
SPAWN = multiprocessing.get_context("spawn")


def send_orders(url: str, key: str, orders: int, clients: int, pipe: Connection) -> None:
    """Send orders after a warm-up; what comes through the pipe is orders a second."""

    async def send_all() -> float:
        await asyncio.gather(*(client(url, key, 25, []) for _ in range(clients)))
        started = time.perf_counter()
        await asyncio.gather(*(client(url, key, orders // clients, []) for _ in range(clients)))
        return orders // clients * clients / (time.perf_counter() - started)

    pipe.send(asyncio.run(send_all()))


class Subscriber(asyncio.Protocol):
    """A WebSocket client that only counts: 200 whole ones would need more of the machine than the server."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._unread = b""
        self._greeted = False
        self.subscribed = asyncio.get_running_loop().create_future()
        self.events = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        data = self._unread + data
        if not self._greeted and b"server-hello" in data:
            self._greeted = True
            request = {"namespaces": ["position"], "account_ids": [ACCOUNT], "with_snapshot": False}
            message = orjson.dumps({"id": 1, "action": "subscribe", "payload": request})
            self._transport.write(Frame(Opcode.TEXT, message).serialize(mask=True))
        if not self.subscribed.done():
            _, _, answer = data.partition(b'"event":"subscribed"')
            _, found, events = answer.partition(b"}}")
            if not found:
                self._unread = data
                return
            self.subscribed.set_result(None)
            data = events
        at = 0
        while (end := frame_end(data, at)) <= len(data):
            if data[at] == TEXT:
                self.events += 1
            at = end
        self._unread = data[at:]


def frame_end(data: bytes, at: int) -> int:
    """Where the frame that begins at `at` ends; further than the data goes, if that is not all of it."""
    if len(data) < at + 4:
        return len(data) + 1
    size = data[at + 1]
    return at + (size + 2 if size < 126 else int.from_bytes(data[at + 2 : at + 4]) + 4)


def subscribe(url: str, key: str, subscribers: int, pipe: Connection) -> None:
    """Subscribe, say so, read until told how many events there were, and say so when every subscriber has got them."""

    async def run() -> None:
        address = urlsplit(url)
        host, port = address.hostname or "", address.port or 0
        head = (
            f"GET /ws HTTP/1.1\r\nhost: {address.netloc}\r\nx-api-key: {key}\r\nconnection: upgrade\r\n"
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        connecting = asyncio.get_running_loop().create_connection
        made = [await connecting(lambda: Subscriber(head.encode()), host, port) for _ in range(subscribers)]
        await asyncio.gather(*(subscriber.subscribed for _, subscriber in made))
        pipe.send("subscribed")
        count = await asyncio.to_thread(pipe.recv)
        await eventually(lambda: all(subscriber.events >= count for _, subscriber in made), within=120)
        pipe.send("all there")
        for transport, _ in made:
            transport.close()

    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(run())


async def measure(orders: int, clients: int, subscribers: int) -> tuple[float, float]:
    """Orders a second, and the server's CPU time per order in microseconds, with so many subscribers."""
    async with Sandbox() as sandbox:
        arguments = sandbox.url, sandbox.keys["trader"]
        here, there = SPAWN.Pipe()
        readers = SPAWN.Process(target=subscribe, args=(*arguments, subscribers, there))
        readers.start()
        there.close()
        await asyncio.to_thread(here.recv)
        ours, theirs = SPAWN.Pipe()
        senders = SPAWN.Process(target=send_orders, args=(*arguments, orders, clients, theirs))
        senders.start()
        theirs.close()
        cpu = time.process_time()
        rate = await asyncio.to_thread(ours.recv)
        cpu = time.process_time() - cpu
        here.send(sandbox.oms.events.newest_id(ACCOUNT))
        await asyncio.to_thread(here.recv)
        await asyncio.to_thread(senders.join)
        await asyncio.to_thread(readers.join)
        return rate, cpu / (orders + 25 * clients) * 1e6


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=4000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rates: dict[int, list[float]] = {0: [], options.subscribers: []}
    for _ in range(options.rounds):
        for subscribers, found in rates.items():
            with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
                rate, cpu = runner.run(measure(options.orders, options.clients, subscribers))
            found.append(rate)
            print(f"{subscribers:4} subscribers: {rate:5.0f} orders/s, {cpu:.0f} us of the server's time each")
    without, with_them = (statistics.median(found) for found in rates.values())
    print(f"ratio {with_them / without:.2f}: {with_them:.0f} of {without:.0f} orders/s")


if __name__ == "__main__":
    main()
