"""A streaming bot that keeps its own ledger, against an OMS whose connections break every second.

    python examples/streaming_bot.py --seconds 60 --profile full

It starts a sandbox and, before it, a proxy that cuts every connection once a second. Two loops watch orders and fills
while a third trades; at the end the ledger that the loops wrote is compared with the OMS's own. A real bot needs only
`watch_fills`, `watch_orders` and the exchange: nothing in them knows of disconnects.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import ccxt

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox

SYMBOL = "BTC/USDT"


class Bot:
    """Trades a little, and writes down what the streams say."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange
        self.fills: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.live = asyncio.Event()
        exchange.options["ws"] = {"onStatus": lambda status: self.live.set() if status["state"] == "live" else None}

    async def watch_fills(self) -> None:
        while True:
            self.fills += await self.exchange.watch_my_trades()

    async def watch_orders(self) -> None:
        while True:
            for order in await self.exchange.watch_orders():
                self.orders[order["id"]] = order

    async def trade(self) -> None:
        """Market orders that fill, and limit orders that are canceled."""
        while True:
            with contextlib.suppress(ccxt.NetworkError, ccxt.InvalidOrder):
                side = random.choice(["buy", "sell"])
                await self.exchange.create_order(SYMBOL, "market", side, 0.001)
                order = await self.exchange.create_order(SYMBOL, "limit", "buy", 0.001, 1_000)
                await self.exchange.cancel_order(order["id"])
            await asyncio.sleep(0.05)

    async def run(self, seconds: float) -> None:
        """Trade for a while, then listen until the ledger is whole."""
        watching = [asyncio.create_task(self.watch_fills()), asyncio.create_task(self.watch_orders())]
        await self.live.wait()
        trading = asyncio.create_task(self.trade())
        await asyncio.wait([*watching, trading], timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        trading.cancel()
        await asyncio.wait([trading])
        for _ in range(60):
            if await self.is_exact():
                break
            await asyncio.sleep(0.5)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    async def is_exact(self) -> bool:
        """Whether the fills are the OMS's: the same, in the same sequence, once each; and the orders as they are."""
        try:
            fills = await self.exchange.fetch_my_trades(SYMBOL, 0)
            orders = await self.exchange.fetch_orders(SYMBOL, 0)
        except ccxt.NetworkError:
            return False
        told = {order["id"]: (order["status"], order["filled"]) for order in orders}
        watched = {key: (order["status"], order["filled"]) for key, order in self.orders.items()}
        return [fill["id"] for fill in self.fills] == [fill["id"] for fill in fills] and watched == told


@contextlib.asynccontextmanager
async def cutting_proxy(url: str, every: float) -> AsyncIterator[str]:
    """A TCP proxy that cuts all its connections again and again; the address to use instead."""
    parts = urlsplit(url)
    writers: set[asyncio.StreamWriter] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        writers.update((writer, back))
        await asyncio.gather(pump(reader, back), pump(there, writer))
        writers.difference_update((writer, back))

    async def cut() -> None:
        while True:
            await asyncio.sleep(every)
            for writer in writers:
                writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    cutting = asyncio.create_task(cut())
    try:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        cutting.cancel()
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


async def main(seconds: float, profile: Any) -> bool:
    """Run the bot; whether its ledger is exact."""
    async with Sandbox(profile=profile) as sandbox, cutting_proxy(sandbox.url, every=1.0) as url:
        config = sandbox.config(account_id=1)
        config["options"]["base_url"] = url
        async with oms_ccxt_pro.oms(config) as exchange:
            bot = Bot(exchange)
            await bot.run(seconds)
            status = exchange.stream_status()
        config["options"]["base_url"] = sandbox.url
        async with oms_ccxt_pro.oms(config) as bot.exchange:
            exact = await bot.is_exact()
    cuts = f"{status['reconnects']} reconnects, {status['gaps']} gaps closed, {status['resyncs']} by reading"
    print(f"{profile}: {len(bot.fills)} fills of {len(bot.orders)} orders; {cuts}")
    print("the ledger is exact" if exact else "THE LEDGER DIFFERS")
    return exact


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--profile", choices=["full", "legacy"], default="full")
    arguments = parser.parse_args()
    raise SystemExit(0 if asyncio.run(main(arguments.seconds, arguments.profile)) else 1)
