"""A bot with Prometheus metrics: what the driver does, and when the bot last decided something.

    python examples/metrics.py --port 9100

Needs the extra `prometheus`. Run it with OMS_BASE_URL, OMS_API_KEY and OMS_ACCOUNT_ID set (`oms-ccxt sandbox` prints
them); Ctrl-C ends it. docs/production.md has alerts for these metrics.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
from typing import Any

import ccxt
from prometheus_client import Gauge, start_http_server

from oms_ccxt_async.instrumentation import set_hooks
from oms_ccxt_async.instrumentation.prometheus import PrometheusHook
from oms_ccxt_pro import oms

SYMBOL = "BTC/USDT"
DECIDED = Gauge("bot_decided_timestamp_seconds", "When the bot last decided something")
UNKNOWN = Gauge("bot_unknown_orders", "Orders of which it is not known whether the OMS has them")


async def decide(exchange: Any, pause: float) -> None:
    """A stand-in for a strategy: buys and sells a little, again and again."""
    for side in ("buy", "sell"):
        with contextlib.suppress(ccxt.NetworkError):
            await exchange.create_order(SYMBOL, "market", side, 0.01)
        DECIDED.set_to_current_time()
        UNKNOWN.set(len(exchange.unknown_orders()))
        await asyncio.sleep(pause)


async def listen(exchange: Any) -> None:
    """Follow the fills, so that the stream has metrics, too."""
    while True:
        for fill in await exchange.watch_my_trades():
            logging.info("filled: %s %s at %s", fill["side"], fill["amount"], fill["price"])


async def main(port: int, pause: float) -> None:
    set_hooks([PrometheusHook()])
    server, _ = start_http_server(port, addr="127.0.0.1")
    logging.info("metrics at http://127.0.0.1:%s/metrics", server.server_port)
    try:
        async with oms() as exchange, asyncio.TaskGroup() as group:
            group.create_task(listen(exchange))
            while True:
                await decide(exchange, pause)
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9100, help="0 takes a free one")
    parser.add_argument("--pause", type=float, default=1, help="seconds between two decisions")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(arguments.port, arguments.pause))
