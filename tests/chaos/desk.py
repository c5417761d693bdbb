"""Who takes part in a run: the OMS with a proxy before it, the client that trades past the proxy, and the watchers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt

import oms_ccxt_pro
from tests.chaos.process import KEY, OmsProcess
from tests.chaos.schedule import Step
from tests.chaos.witness import Fills, Orders, Placed, Witness
from tests.faults.eventually import eventually
from tests.faults.ledger import Ledger
from tests.faults.plan import Chaos, Cut, Delay, Direction, How, Reply, on
from tests.faults.proxy import FaultProxy

__all__ = ["SYMBOL", "Desk", "instance"]

SYMBOL = "BTC/USDT"
STREAM = "/ws"
LOST = (
    Cut("down", 0, "rst"),
    Cut("down", 40, "fin", unit="body"),
    Cut("up", 20, "fin"),
    Delay("down", 0.7),
    Reply(502, b"<html>", "text/html"),
    Reply(200, b'{"items": [{"id"'),
)
WS = {
    "backoff": 20,
    "backoffCap": 300,
    "pingInterval": 400,
    "pingTimeout": 400,
    "openTimeout": 800,
    "probeInterval": 1_000,
    "maxPending": 25,
    "idleAfter": 400,
    "balanceInterval": 200,
    "pollInterval": 250,
}
Watch = Callable[[], Awaitable[Any]]


def instance(url: str, account_id: int) -> Any:
    """A pro exchange that finds a dead connection and connects again within a second."""
    options = {"base_url": url, "account_id": account_id, "ws": WS, "retry": {"base": 5, "cap": 50, "budget": 100_000}}
    return oms_ccxt_pro.oms({"apiKey": KEY, "timeout": 1_500, "options": options})


class Desk:
    """One run's parts.

    Attributes:
        witnesses: of the loops that last for the whole run, by name.
        passing: of the loops that came and went.
        faults: how many were carried out.
    """

    def __init__(self, oms: OmsProcess, proxy: FaultProxy, exchange: Any, account_id: int, seed: int) -> None:
        self.witnesses: dict[str, Witness] = {}
        self.passing: list[Fills | Orders] = []
        self.faults = 0
        self.ledger = Ledger(oms.url, KEY, account_id)
        self._oms = oms
        self._proxy = proxy
        self._exchange = exchange
        self._account_id = account_id
        self._rng = random.Random(seed)
        self._gate = asyncio.Lock()
        self._visiting = asyncio.Lock()
        self._visitor = self.witnesses["visitor"] = Fills()

    async def watch(self, name: str, witness: Witness, watch: Watch, slow: bool = False) -> None:
        """Loop for the whole run; a slow loop sleeps longer than it is waited for."""
        self.witnesses[name] = witness
        rng = random.Random(name)
        while True:
            witness.take(await watch())
            if slow:
                await asyncio.sleep(rng.random() * 2)

    async def visit(self) -> None:
        """Watch fills, until cancelled, as a consumer whose name keeps its place between such visits."""
        async with self._visiting:
            while True:
                self._visitor.take(await self._exchange.watch_my_trades(params={"consumer": "visitor"}))

    async def trade(self) -> None:
        """Send market and limit orders and cancels, past the proxy, for ever."""
        rng, sent = self._rng, 0
        while True:
            sent = max([sent, *await self.send(*(self._order() for _ in range(rng.randrange(1, 4))))])
            if sent and rng.random() < 0.5:
                await self.send(("cancel_order", {"order_id": rng.randrange(max(1, sent - 20), sent + 1)}))
            await asyncio.sleep(rng.random() * 0.1)

    async def trade_itself(self) -> None:
        """Send orders as the watched instance, over the way with the faults, by REST and by its socket, for ever."""
        rng, placed = random.Random(self._rng.random()), Placed()
        self.witnesses["own orders"] = placed
        while True:
            _, fields = self._order()
            order = SYMBOL, fields["order_type"], fields["side"], float(fields["qty"]), fields.get("price")
            create = rng.choice((self._exchange.create_order, self._exchange.create_order_ws))
            with suppress(ccxt.NetworkError, ccxt.ExchangeError):  # refused, or lost on the way
                placed.take(await create(*order))
            await asyncio.sleep(rng.random() * 0.5)

    def _order(self) -> tuple[str, dict[str, Any]]:
        side, qty = self._rng.choice(("buy", "sell")), str(Decimal(self._rng.randrange(1, 20)) / 1000)
        fields: dict[str, Any] = {"order_type": "market"}
        if self._rng.random() < 0.6:
            price = {"buy": (1_000, 1_000_000), "sell": (1_000_000, 1_000)}[side][self._rng.random() < 0.4]
            fields = {"order_type": "limit", "price": str(price)}
        return "send_order", {"symbol": SYMBOL, "side": side, "qty": qty, **fields}

    async def send(self, *commands: tuple[str, dict[str, Any]]) -> list[int]:
        """Send commands in one request; the ids of the orders that they are known to have made."""
        body = [{"account_id": self._account_id, "command": name, "payload": payload} for name, payload in commands]
        timeout = aiohttp.ClientTimeout(total=2)
        with suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(self._oms.url, headers={"x-api-key": KEY}, timeout=timeout) as session,
                session.post("/oms/commands", json=body) as response,
            ):
                answer = await response.json(content_type=None)
                return [result["order_id"] for result in answer.get("results", ()) if result.get("order_id")]
        return []

    async def fault(self, step: Step) -> None:
        """Carry a fault out, to its end."""
        self.faults += 1
        rng = random.Random(step.seed)
        await getattr(self, f"_{step.kind}")(rng)

    async def _kill(self, rng: random.Random) -> None:
        await self._oms.restart()

    async def _stop(self, rng: random.Random) -> None:
        await self._oms.freeze(rng.uniform(0.1, 1.5))

    async def _prune(self, rng: random.Random) -> None:
        async with self._gate:
            with self._proxy.refusing():  # so that there is somebody who needs what is forgotten
                await self._proxy.close_connections("rst")
                await asyncio.sleep(rng.uniform(0.1, 0.8))
                await self._oms.prune(rng.choice((0, 0, 3, 20)))
            await self._interrupt(rng)

    async def _clock(self, rng: random.Random) -> None:
        await self._oms.step_clock(rng.choice((-3_600_000, -3_000, -500, 500, 3_000, 3_600_000)))

    async def _interrupt(self, rng: random.Random) -> None:
        release, requests = asyncio.Event(), self._proxy.requests
        before = len(requests)
        held = self._proxy.plan(Delay("down", release), on("GET", "/oms/*"), times=None)

        def reads_up() -> bool:
            opened = [each.at for each in requests[before:] if each.path == STREAM and each.status == 101]
            return any(hit.at > opened[0] for hit in held.hits) if opened else False

        try:
            await self._proxy.close_connections(rng.choice(("fin", "rst")))
            with suppress(AssertionError):  # where events are sent again nothing is read
                await eventually(reads_up, within=2)
                await asyncio.sleep(rng.uniform(0, 0.1))
            await self._proxy.close_connections(rng.choice(("fin", "rst")))
            await asyncio.sleep(rng.uniform(0, 0.4))
        finally:
            self._proxy.schedules.remove(held)
            release.set()

    async def _end(self, rng: random.Random) -> None:
        await self._proxy.close_connections(rng.choice(("fin", "rst")))

    async def _cut(self, rng: random.Random) -> None:
        how: How = rng.choice(("fin", "rst", "silence"))
        self._proxy.plan(Cut(rng.choice(("up", "down", "down")), rng.randrange(8_000), how), on("GET", STREAM))
        await self._proxy.close_connections("rst")

    async def _refuse(self, rng: random.Random) -> None:
        async with self._gate:
            with self._proxy.refusing():
                await self._proxy.close_connections("rst")
                await asyncio.sleep(rng.uniform(0.1, 1.2))

    async def _ignore(self, rng: random.Random) -> None:
        async with self._gate:
            with self._proxy.turning_away(rng.choice(("fin", "rst", "silence"))):
                await self._proxy.close_connections("rst")
                await asyncio.sleep(rng.uniform(0.1, 1.2))

    async def _hole(self, rng: random.Random) -> None:
        direction: Direction = rng.choice(("up", "down"))
        self._proxy.freeze(direction)
        try:
            await asyncio.sleep(rng.uniform(0.1, 1.5))
        finally:
            self._proxy.thaw(direction)

    async def _lose(self, rng: random.Random) -> None:
        losing = Chaos(rng.getrandbits(32), 0.5, LOST, lambda request: request.path.startswith("/oms/"))
        self._proxy.schedules.append(losing)
        try:
            await self._proxy.close_connections("fin")
            await asyncio.sleep(rng.uniform(0.3, 2))
        finally:
            self._proxy.schedules.remove(losing)

    async def _storm(self, rng: random.Random) -> None:
        await asyncio.gather(*(self.send(*(self._order() for _ in range(rng.randrange(10, 40)))) for _ in range(4)))

    async def _consumers(self, rng: random.Random) -> None:
        visit = asyncio.create_task(self.visit())
        await asyncio.gather(*(self._pass_by(self._exchange, rng.uniform(0.05, 1)) for _ in range(3)))
        visit.cancel()
        await asyncio.wait([visit])
        if not visit.cancelled():
            visit.result()

    async def _twin(self, rng: random.Random) -> None:
        async with instance(self._proxy.url, self._account_id) as twin:
            await self._pass_by(twin, rng.uniform(0.3, 1.5))

    async def _pass_by(self, exchange: Any, seconds: float) -> None:
        """Watch for a while; a new instance may be told that its markets or account cannot be read."""
        fills, orders = Fills(), Orders()
        self.passing += fills, orders

        async def watch(witness: Fills | Orders, call: Watch) -> None:
            while True:
                witness.take(await call())

        watching = [
            asyncio.create_task(watch(fills, exchange.watch_my_trades)),
            asyncio.create_task(watch(orders, exchange.watch_orders)),
        ]
        try:
            done, _ = await asyncio.wait(watching, timeout=seconds)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        for task in done:
            error = task.exception()
            read = ccxt.NetworkError, ccxt.BadResponse  # cut, or cut and called whole
            if error and (exchange is self._exchange or not isinstance(error, read)):
                raise error
