"""What events are about, held against the recorded conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oms_ccxt_pro.events import SUBJECTS, SUMMARIES, Event, ids_of, row_of

RECORDED = json.loads((Path(__file__).parent.parent / "contract" / "ws.json").read_text())


def recorded() -> list[dict[str, Any]]:
    """The live events of the recorded OMS."""
    conversations = (
        RECORDED if isinstance(RECORDED, list) else next(v for v in RECORDED.values() if isinstance(v, list))
    )
    messages = [each["message"] for talk in conversations for each in talk["messages"] if each["dir"] == "server"]
    return [each for each in messages if each.get("action") == "event" and each["namespace"] == "position"]


def test_every_recorded_event_is_known_and_thin() -> None:
    """No event of the recording is of an unknown kind, and none carries a row (fact 21)."""
    assert recorded()
    for message in recorded():
        event = Event(message["event"], message["payload"], None)
        assert event.name in SUMMARIES or event.is_thin


def test_a_thin_event_names_what_has_to_be_read() -> None:
    """Ids of orders and of positions are found under any of their names; foreign ids are left alone."""
    payload = {"order_id": 3, "position_id_a": 4, "target_position_id": 5, "exchange_order_id": 6, "deal_id": 7}
    events = [Event("reassigned", {**payload, "order_ids": [8, "x"], "position_id": 0}, None)]
    assert ids_of(events, "order") == [3, 8]
    assert ids_of(events, "position") == [4, 5]


@pytest.mark.parametrize("payload", [{"order": {"id": 1}}, {"id": 1, "symbol": "BTC/USDT"}])
def test_a_row_is_found_under_its_name_or_as_the_payload(payload: dict[str, Any]) -> None:
    """Both shapes of an event with a row are understood."""
    row = row_of(payload, "order")
    assert row is not None
    assert row["id"] == 1
    assert not Event("order_updated", payload, 1).is_thin


def test_events_that_change_nothing_have_no_subject() -> None:
    """Summaries and unknown kinds are about nothing."""
    assert not SUMMARIES & SUBJECTS.keys()
    assert Event("reconciliation_tick", {}, None).subject is None
