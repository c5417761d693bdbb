"""How many limit orders a second the sandbox takes, each committed before its answer, and what subscribers cost it.

Run as `python -m tests.benchmarks.bench_sandbox [--orders 4000] [--clients 16] [--synchronous NORMAL]`. The server runs
in this process, the clients in another one, over real sockets; nothing else should run on the machine.

With `--postgres 1,2,4` it is served from a PostgreSQL of its own, by so many processes one after the other, after
SQLite in one process; orders go to one account, then to three, then to one with `--subscribers 1000` that hear of them.
What the database spent its time on is printed, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time
from urllib.parse import urlsplit

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.background import event_loop_factory
from oms_ccxt_async.sandbox.rows import Order
from oms_ccxt_async.sandbox.storage import Synchronous


async def client(url: str, key: str, orders: int, latencies: list[float], account_id: int = 2) -> None:
    """Send orders over one connection, each after the answer to the one before."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for number in range(orders):
        payload = {
            "symbol": "BTC/USDT",
            "side": "buy",
            "order_type": "limit",
            "qty": "0.0001",
            "price": str(50_000 + number % 1000),
        }
        body = json.dumps({"account_id": account_id, "command": "send_order", "payload": payload}).encode()
        head = (
            f"POST /oms/commands HTTP/1.1\r\nhost: {address.netloc}\r\nx-api-key: {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        sent = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        latencies.append(time.perf_counter() - sent)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
    writer.close()
    await writer.wait_closed()


def measure(url: str, key: str, orders: int, clients: int) -> None:
    """Run the clients and print what they saw."""

    async def send_all() -> None:
        latencies: list[float] = []
        await asyncio.gather(*(client(url, key, 25, []) for _ in range(clients)))  # warm-up
        started = time.perf_counter()
        await asyncio.gather(*(client(url, key, orders // clients, latencies) for _ in range(clients)))
        seconds = time.perf_counter() - started
        p99 = statistics.quantiles(latencies, n=100)[98]
        print(
            f"{len(latencies)} orders, {clients} clients: {len(latencies) / seconds:.0f} orders/s, "
            f"latency median {statistics.median(latencies) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
        )

    asyncio.run(send_all())


async def serve(orders: int, clients: int, synchronous: Synchronous) -> None:
    """Serve until the clients are done, and count what was stored."""
    async with Sandbox(synchronous=synchronous) as sandbox:
        arguments = (sandbox.url, sandbox.keys["trader"], orders, clients)
        process = multiprocessing.get_context("spawn").Process(target=measure, args=arguments)
        cpu = time.process_time()
        process.start()
        await asyncio.to_thread(process.join)
        stored = sandbox.oms.storage.count(Order)
        cpu = time.process_time() - cpu
        print(f"{stored} orders in the database, {cpu / stored * 1e6:.0f} us of the server's time each")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=4000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--synchronous", choices=("NORMAL", "FULL"), default="NORMAL")
    parser.add_argument("--postgres", help="By how many processes it is served, such as 1,2,4.")
    parser.add_argument("--subscribers", type=int, default=1000)
    options = parser.parse_args()
    if options.postgres:
        from tests.benchmarks.databases import compare

        compare(list(map(int, options.postgres.split(","))), options.orders, options.clients, options.subscribers)
        return
    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(serve(options.orders, options.clients, options.synchronous))


if __name__ == "__main__":
    main()
