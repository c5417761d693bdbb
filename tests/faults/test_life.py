"""An exchange that is closed, cancelled, left open or used in another event loop: its orders' fates stay true."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import ccxt
import orjson
import pytest

import oms_ccxt_async
from oms_ccxt_async import Fate, OrderOutcomeUnknown
from oms_ccxt_async.errors import fate_of
from tests.faults.desk import LIMIT, Desk
from tests.faults.eventually import eventually
from tests.faults.plan import Delay
from tests.oms_ccxt_async.elsewhere import elsewhere


@pytest.mark.parametrize("create", ["create_order", "create_orders"])
async def test_nobody_who_was_not_cancelled_is_cancelled_by_close(either: Desk, create: str) -> None:
    """`close()` in the middle of a create is told to its caller as what it is: the order's fate is unknown."""
    exchange = await either.exchange(closeTimeout=50)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    symbol, kind, side, amount, price = LIMIT
    item = {"symbol": symbol, "type": kind, "side": side, "amount": amount, "price": price}
    call = exchange.create_order(*LIMIT) if create == "create_order" else exchange.create_orders([item, item])
    waiting = asyncio.create_task(call)
    await eventually(lambda: lost.hits)
    await exchange.close()
    with pytest.raises(OrderOutcomeUnknown):
        await waiting
    held.set()


async def test_a_cancelled_close_leaves_the_exchange_usable(either: Desk, tmp_path: Path) -> None:
    """It ends what is under way at once; no lock is kept, and the next call begins anew."""
    exchange = await either.exchange(closeTimeout=60_000, journal=str(tmp_path / "journal"))
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    closing = asyncio.create_task(exchange.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(OrderOutcomeUnknown):
        await create
    held.set()
    other = await either.exchange(journal=str(tmp_path / "journal"))
    assert [each["outcome"] for each in await other.recovered_orders()] == ["accepted"]
    await other.close()
    again = await exchange.create_order(*LIMIT)
    assert [row["id"] for row in await either.orders()] == [int(again["id"])]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the session is left open, too
def test_not_closing_between_two_event_loops(tmp_path: Path) -> None:
    """A create that the end of its event loop cut off is found by the identical one in the next loop."""
    with elsewhere("legacy") as oms:
        exchange: Any = oms_ccxt_async.oms(oms.config(journal=str(tmp_path / "journal")))
        plan = oms.do(oms.desk.lose, Delay("down", asyncio.Event()))

        async def cut_off() -> None:
            task = asyncio.create_task(exchange.create_order(*LIMIT))
            await eventually(lambda: plan.hits)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

        async def again() -> Any:
            try:
                return await exchange.create_order(*LIMIT)
            finally:
                await exchange.close()

        asyncio.run(cut_off())
        assert len(exchange.unknown_orders()) == 1
        order = asyncio.run(again())
        gc.collect()  # the session of the first loop
        assert [row["id"] for row in oms.run(oms.desk.orders())] == [int(order["id"])]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a session is left open, too
def test_a_second_process_is_refused_however_often_the_first_one_began_a_loop(tmp_path: Path) -> None:
    """The lock is the exchange's, not an event loop's."""
    path = tmp_path / "journal"
    with elsewhere("full") as oms:
        exchange: Any = oms_ccxt_async.oms(oms.config(journal=str(path)))

        async def create() -> None:
            await exchange.create_order(*LIMIT)
            await exchange.session.close()

        for _ in range(2):
            asyncio.run(create())
        script = f"from oms_ccxt_async.orders.journal import Journal; Journal({str(path)!r})"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False)
        assert "is held by another process" in other.stderr
        asyncio.run(exchange.close())
        gc.collect()  # the sessions of the first loops


async def test_the_journal_is_closed_when_the_program_has_been_told(either: Desk, tmp_path: Path) -> None:
    """Not when the OMS has answered: an order whose create was cancelled stays open in it until its repeat is told."""
    path = tmp_path / "journal"
    exchange = await either.exchange(journal=str(path))

    def open_in_it() -> set[str]:
        records = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        ended = {record["end"] for record in records if "end" in record}
        return {record["intent"] for record in records if "intent" in record} - ended

    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    create.cancel()
    held.set()
    await eventually(lambda: [made for made in exchange._book.live if made.order_id])
    assert len(open_in_it()) == 1
    await exchange.create_order(*LIMIT)
    assert open_in_it() == set()


async def test_an_old_entry_is_looked_for_once(either: Desk, tmp_path: Path) -> None:
    """An entry of yesterday that was never sent costs one look, is told as unknown, and is closed."""
    path = tmp_path / "journal"
    first = await either.exchange(journal=str(path))
    await first.create_order(*LIMIT)
    intent = next(iter(first._book._past.values()))
    await first.close()
    record = intent.record() | {"intent": "never-sent", "began": intent.began - 86_400_000}
    path.write_bytes(orjson.dumps(record) + b"\n")
    second = await either.exchange(journal=str(path), settleTimeout=10_000)
    either.proxy.requests.clear()
    [told] = await second.recovered_orders()
    assert (told["clientOrderId"], told["outcome"]) == ("never-sent", "unknown")
    assert len(either.proxy.requests) <= 4
    assert second.unknown_orders() == ["never-sent"]
    await second.close()
    third = await either.exchange(journal=str(path))
    assert await third.recovered_orders() == []


async def test_an_entry_that_cannot_be_read_names_its_line(either: Desk, tmp_path: Path) -> None:
    """It refuses creates with what to do, and neither reads nor cancels."""
    path = tmp_path / "journal"
    path.write_bytes(b'{"intent":"good","end":1}\n{"intent":"odd","began":5}\n'.replace(b',"end":1', b',"began":5'))
    exchange = await either.exchange(journal=str(path))
    with pytest.raises(ccxt.OperationRejected, match=re.compile(r"line 1 of .*client order id good.*delete the line")):
        await exchange.create_order(*LIMIT)
    assert await exchange.fetch_open_orders() == []
    assert either.commands == 0


async def test_recovery_that_fails_is_tried_again(either: Desk, tmp_path: Path) -> None:
    """While the OMS cannot be asked nothing new is sent; the next create asks again."""
    path = tmp_path / "journal"
    first = await either.exchange(journal=str(path), closeTimeout=0)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(first.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    await first.close()
    with pytest.raises(OrderOutcomeUnknown):
        await create
    held.set()
    second = await either.exchange(journal=str(path), timeout=300)
    await either.proxy.close_connections()
    with either.proxy.refusing(), pytest.raises(ccxt.ExchangeNotAvailable) as caught:
        await second.create_order(*LIMIT[:3], 0.02, 40_000)
    assert fate_of(caught.value) is Fate.NOT_DONE
    assert len(await either.orders()) == 1
    await second.create_order(*LIMIT[:3], 0.02, 40_000)
    assert [each["outcome"] for each in second.recovered_orders()] == ["accepted"]
    assert len(await either.orders()) == 2


BAD: dict[str, tuple[Any, ...]] = {
    "a number beyond 64 bits": (*LIMIT, {"tag": 2**70}),
    "a lone surrogate": (*LIMIT, {"tag": "\udc80"}),
    "a set": (*LIMIT, {"tag": {1}}),
    "an absurd exponent": ("BTC/USDT", "limit", "buy", "1e99999999999999999999", 40_000),
    "an absurd price": ("BTC/USDT", "limit", "buy", 1, "1e99999999999999999999"),
}


@pytest.mark.parametrize("order", BAD.values(), ids=BAD)
async def test_what_cannot_be_sent_is_not_noted(either: Desk, tmp_path: Path, order: tuple[Any, ...]) -> None:
    """An order that JSON or the wire cannot carry is an error before the journal has an open entry."""
    path = tmp_path / "journal"
    exchange = await either.exchange(journal=str(path))
    with pytest.raises(ccxt.BaseError) as caught:
        await exchange.create_order(*order)
    assert fate_of(caught.value) in (Fate.REFUSED, Fate.NOT_DONE)
    assert either.commands == 0
    assert not path.exists() or path.read_bytes() == b""


async def test_a_disk_that_is_full_at_the_second_entry_refuses_the_batch(either: Desk, tmp_path: Path) -> None:
    """None of the orders is sent, and no entry is left."""
    path = tmp_path / "journal"
    exchange = await either.exchange(journal=str(path))
    exchange._keeper.open()
    write = exchange._keeper._journal._file.write

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(file, name)

        def write(self, data: bytes) -> int:
            return int(write(data[: len(data) * 2 // 3]))

    file = exchange._keeper._journal._file
    exchange._keeper._journal._file = Full()
    symbol, kind, side, amount, price = LIMIT
    item = {"symbol": symbol, "type": kind, "side": side, "amount": amount, "price": price}
    with pytest.raises(ccxt.OperationRejected, match="not sent"):
        await exchange.create_orders([item, item])
    assert either.commands == 0
    assert path.read_bytes() == b""
    exchange._keeper._journal._file = file
    assert len(await exchange.create_orders([item, item])) == 2


async def test_time_that_steps_back_does_not_open_a_closed_window(
    either: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`adoptWindow=0` stays off, and an order is found, when this machine's clock steps by hours."""
    exchange = await either.exchange(adoptWindow=0)
    held = asyncio.Event()
    lost = either.lose(Delay("down", held))
    create = asyncio.create_task(exchange.create_order(*LIMIT))
    await eventually(lambda: lost.hits)
    create.cancel()
    held.set()
    now = exchange.milliseconds()
    monkeypatch.setattr(exchange, "milliseconds", lambda: now - 7_200_000)
    await exchange.create_order(*LIMIT)
    assert len(await either.orders()) == 2


async def test_what_nobody_waits_for_is_told_in_the_log(
    either: Desk, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """A hook of verbose that breaks in the middle of a create leaves the order found, and its error told (fault 55)."""
    exchange = await either.exchange()
    log = exchange.log

    def broken(*words: Any) -> None:
        if "fetch Response" in str(words[0]) and "commands" in str(words):
            raise BrokenPipeError

    exchange.verbose = True
    exchange.log = broken
    with caplog.at_level(logging.ERROR):
        order = await exchange.create_order(*LIMIT)
    exchange.log, exchange.verbose = log, False
    assert [row["id"] for row in await either.orders()] == [int(order["id"])]
    assert "BrokenPipeError" in caplog.text
