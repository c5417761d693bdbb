"""Ask every endpoint of every class of ccxt, sync and async, and every private watch method of ccxt.pro, with
credentials, under `oms-ccxt run` and without network: what would be sent, and what is refused. Prints one JSON object.
"""

import asyncio
import collections
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro

CREDENTIALS = ("apiKey", "secret", "password", "uid", "accountId", "login", "twofa", "privateKey", "walletAddress")
GIVEN = {name: f"0x{index}e5c{'ab' * 29}" for index, name in enumerate(CREDENTIALS)}
METHODS = ("get", "post", "put", "delete", "patch", "head")
PRIVATE = (
    *("watch_balance", "watch_orders", "watch_my_trades", "watch_positions", "watch_my_liquidations"),
    *("fetch_balance_ws", "fetch_open_orders_ws", "cancel_all_orders_ws", "authenticate"),
)
ORDER = ("BTC/USDT", "limit", "buy", 1, 1)
PLACING = {"create_order_ws": ORDER, "edit_order_ws": ("1", *ORDER), "cancel_order_ws": ("1", "BTC/USDT")}

told: collections.Counter[str] = collections.Counter()
leaked: list[str] = []
unrefused: list[str] = []


def endpoints(tree: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[list[str], str, str]]:
    """Every endpoint: its groups, its method, its path."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            if name.lower() in METHODS:
                for path in below if isinstance(below, dict | list) else ():
                    yield list(above), name.upper(), path
            else:
                yield from endpoints(below, (*above, name))


def note(identity: str, what: str, sent: list[Any]) -> None:
    """Note whether what was to be sent holds a credential."""
    for request in sent:
        told["sent"] += 1
        if any(value in repr(request) or value[2:] in repr(request) for value in GIVEN.values()):
            leaked.append(f"{identity} {what}")


def judged(identity: str, what: str, error: Exception | None, private: bool) -> None:
    """Note what became of a call."""
    told[type(error).__name__ if error is not None else "done"] += 1
    refused = isinstance(error, ccxt.PermissionDenied) and "oms-ccxt run" in str(error)
    if private and not refused:
        unrefused.append(f"{identity} {what}: {error!r}"[:200])


def ask(identity: str) -> None:
    """Every endpoint of a sync class."""
    exchange, sent = getattr(ccxt, identity)({**GIVEN, "enableRateLimit": False}), list[Any]()
    exchange.fetch = lambda *args, **kwargs: sent.append((args, kwargs))
    for api, method, path in endpoints(exchange.api):
        error: Exception | None = None
        try:
            exchange.fetch2(path, api, method, {})
        except Exception as failure:
            error = failure
        judged(identity, f"{api} {method} {path}", error, "private" in " ".join(api).lower())
        note(identity, f"{api} {method} {path}", sent)
        sent.clear()


async def ask_async(identity: str) -> None:
    """Every endpoint of an async class."""
    exchange, sent = getattr(ccxt.async_support, identity)({**GIVEN, "enableRateLimit": False}), list[Any]()

    async def fetch(*args: Any, **kwargs: Any) -> Any:
        sent.append((args, kwargs))

    exchange.fetch = fetch
    for api, method, path in endpoints(exchange.api):
        error: Exception | None = None
        try:
            await exchange.fetch2(path, api, method, {})
        except Exception as failure:
            error = failure
        judged(identity, f"async {api} {method} {path}", error, "private" in " ".join(api).lower())
        note(identity, f"async {api} {method} {path}", sent)
        sent.clear()
    await exchange.close()


async def watch(identity: str) -> None:
    """What is private over a WebSocket."""
    exchange, sent = getattr(ccxt.pro, identity)({**GIVEN, "enableRateLimit": False}), list[Any]()

    async def fetch(*args: Any, **kwargs: Any) -> Any:
        sent.append((args, kwargs))
        return {}

    async def watched(*args: Any, **kwargs: Any) -> Any:
        sent.append((args, kwargs))
        raise ccxt.NetworkError("nothing there")

    async def loaded(*_: Any, **__: Any) -> Any:
        return exchange.markets

    exchange.fetch, exchange.watch, exchange.watch_multiple, exchange.load_markets = fetch, watched, watched, loaded
    exchange.set_markets([])
    spot = {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "type": "spot", "spot": True}
    exchange.set_markets([exchange.safe_market_structure({**spot, "precision": {"amount": 0.1, "price": 0.1}})])
    for name in (*PRIVATE, *PLACING):
        if not hasattr(type(exchange), name):
            continue
        error: Exception | None = None
        try:
            await asyncio.wait_for(getattr(exchange, name)(*PLACING.get(name, ())), 1)
        except Exception as failure:
            error = failure
        judged(identity, name, error, False)
        note(identity, name, sent)
        sent.clear()
    await exchange.close()


async def ask_all(asked: list[str]) -> None:
    """What is not sync; at once, as some of it waits."""
    await asyncio.gather(*map(ask_async, asked))
    await asyncio.gather(*(watch(identity) for identity in asked if identity in ccxt.pro.exchanges))


def main() -> None:
    """Ask what the arguments name, or all of it."""
    asked = sys.argv[1:] or [each for each in ccxt.exchanges if each != "oms"]
    for identity in asked:
        ask(identity)
    asyncio.run(ask_all(asked))
    print(json.dumps({"told": told, "leaked": leaked, "unrefused": unrefused}))


if __name__ == "__main__":
    logging.getLogger("asyncio").disabled = True  # ccxt leaves futures behind whose error nobody fetches
    main()
