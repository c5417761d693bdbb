"""Events on their way to subscribers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import orjson
import pytest

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Event
from oms_ccxt_async.sandbox.ws_events import Broadcast, Strategies, event_frame, visible
from oms_ccxt_async.sandbox.ws_socket import ClientSocket, frame
from tests.sandbox.conftest import carry_out, send


class Ear:
    """A socket that keeps what it is sent, write by write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.dropped: int | None = None

    def write(self, frames: bytes) -> None:
        if frames:
            self.writes.append(frames)

    def drop(self, code: int, reason: str) -> None:
        self.dropped = code


def join(broadcast: Broadcast, ear: Ear, account_id: int = 1, strategies: Strategies = None) -> None:
    broadcast.join(cast(ClientSocket, ear), account_id, strategies)


def tell(oms: OMS, **payload: Any) -> Event:
    """Commit an event of account 1."""
    with oms.transaction([1]):
        oms.events.append(1, "something", **payload)
    found = oms.storage.get(Event, account_id=1, event_id=oms.events.newest_id(1))
    assert found is not None
    return found


async def rounds() -> None:
    """Let what is due be sent."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_event_frame(oms: OMS) -> None:
    """An event is the recorded message, with its number in a full OMS only."""
    event = tell(oms, note="é")
    message = b'{"id":null,"ok":true,"type":"ws_event","namespace":"position","action":"event","event":"something",%s'
    payload = '"payload":{"note":"é","account_id":1}}'.encode()
    assert event_frame(oms, event) == frame(message % b'"event_id":1,' + payload)
    oms.full = False
    assert event_frame(oms, event) == frame(message % payload)


def test_restriction(oms: OMS) -> None:
    """What tells of one's own strategies is visible, told by a row, by the payload, or found by the ids in it."""
    own = send(oms, "buy", "0.01", strategy_id=1, price="50000").order_id
    foreign = send(oms, "buy", "0.01", strategy_id=2, price="50000").order_id
    for strategy_id in (1, 2):
        send(oms, "buy", "0.01", strategy_id=strategy_id)
    shown: list[tuple[dict[str, Any], bool]] = [
        ({"order": {"strategy_id": 1}}, True),
        ({"strategy_id": 2}, False),
        ({"order_id": own}, True),
        ({"order_id": foreign}, False),
        ({"canceled_order_ids": [own], "skipped_order_ids": []}, True),
        ({"canceled_order_ids": [own], "skipped_order_ids": [foreign]}, False),
        ({"position_id_a": 1, "position_id_b": 1}, True),
        ({"source_position_id": 1, "target_position_id": 2}, False),
        ({"order_id": 99_999}, False),
        ({"scope": "long"}, False),
    ]
    for payload, expected in shown:
        event = tell(oms, **payload)
        assert (visible(oms, event, frozenset({1})), visible(oms, event, None)) == (expected, True), payload


async def test_all_get_the_same_bytes(oms: OMS) -> None:
    """Events of one round are one write, encoded once, in the order of their commits."""
    broadcast, ears = Broadcast(oms), [Ear(), Ear(), Ear()]
    join(broadcast, ears[0])
    join(broadcast, ears[1])
    join(broadcast, ears[2], 2)
    events = [tell(oms), tell(oms)]
    send(oms, "buy", "0.01", 2, price="50000")
    await rounds()
    assert ears[0].writes == [b"".join(event_frame(oms, event) for event in events)]
    assert ears[1].writes[0] is ears[0].writes[0]
    assert len(ears[2].writes) == 1
    assert orjson.loads(ears[2].writes[0][4:])["payload"]["account_id"] == 2


async def test_quiet_stream_is_not_delayed(oms: OMS) -> None:
    """After a pause an event goes out in the loop's next round; under load, rounds are kept apart."""
    broadcast, ear = Broadcast(oms), Ear()
    for _ in range(20_000):
        join(broadcast, Ear())
    join(broadcast, ear)
    tell(oms)
    await rounds()
    assert len(ear.writes) == 1
    tell(oms)
    await rounds()
    assert len(ear.writes) == 1


async def test_joining_and_leaving_have_no_seam(oms: OMS) -> None:
    """A client gets what is committed from its joining to its leaving, even if that is not sent yet."""
    broadcast, first, second = Broadcast(oms), Ear(), Ear()
    join(broadcast, first)
    one = tell(oms)
    join(broadcast, second)
    two = tell(oms)
    broadcast.leave(cast(ClientSocket, first))
    tell(oms)
    await rounds()
    assert b"".join(first.writes) == event_frame(oms, one) + event_frame(oms, two)
    assert b"".join(second.writes)[: len(event_frame(oms, two))] == event_frame(oms, two)


async def test_leaving_one_account_keeps_the_other(oms: OMS) -> None:
    """A client may leave an account and go on with another; who has left all is forgotten."""
    broadcast, ear = Broadcast(oms), Ear()
    join(broadcast, ear, 1)
    join(broadcast, ear, 2)
    broadcast.leave(cast(ClientSocket, ear), 1)
    tell(oms)
    send(oms, "buy", "0.01", 2, price="50000")
    await rounds()
    assert [orjson.loads(write[4:])["payload"]["account_id"] for write in ear.writes] == [2]


async def test_what_cannot_be_looked_up_drops_who_may_not_see_it(
    oms: OMS, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the database fails while a restricted client's events are sorted, that client goes and the others hear all."""
    broadcast, restricted, other = Broadcast(oms), Ear(), Ear()
    join(broadcast, restricted, 1, frozenset({1}))
    join(broadcast, other)
    carry_out(oms, "cancel_all_orders")
    event = tell(oms, order_id=1)

    def fail(*args: Any, **match: Any) -> Any:
        raise StorageUnavailable("disk I/O error")

    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(oms.storage, "select", fail)
        await rounds()
    assert restricted.dropped == 1011
    assert other.writes == [event_frame(oms, event)]
