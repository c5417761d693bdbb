"""What is too large for the OMS's columns, in both profiles."""

from __future__ import annotations

from typing import Any

import pytest

from oms_ccxt_async.sandbox.rows import Order
from tests.sandbox.conftest import Client

LIMIT: dict[str, Any] = {"symbol": "BTC/USDT", "side": "buy", "order_type": "limit", "qty": "0.01", "price": "50000"}

TOO_LONG = [("client_order_id", 128), ("reason", 32), ("comment", 255), ("symbol", 64)]
TOO_LARGE = [("qty", "qty"), ("price", "price"), ("oms_stop_loss", "stop_loss"), ("oms_stop_gain", "stop_gain")]


@pytest.mark.parametrize(("field", "width"), TOO_LONG)
async def test_texts_have_a_width(client: Client, legacy: Client, field: str, width: int) -> None:
    """A text that is as long as its column is taken; with one more character the order is refused unasked (fact 31)."""
    payload = {**LIMIT, field: "x" * (width + 1)}
    assert await legacy.error("send_order", **payload) == (
        400,
        "internal_error",
        f"(1406, \"Data too long for column '{field}' at row 1\")",
    )
    refused = (422, "validation_error", f"{field} is longer than {width} characters")
    assert await client.error("send_order", **payload) == refused
    for here in (legacy, client):
        assert here.sandbox.oms.storage.count(Order) == 0
        if field != "symbol":
            await here.done("send_order", **{**LIMIT, field: "x" * width})


@pytest.mark.parametrize(("field", "column"), TOO_LARGE)
async def test_numbers_have_eighteen_digits(client: Client, legacy: Client, field: str, column: str) -> None:
    """A number of 19 digits before the decimal point is refused before the exchange is asked (fact 31)."""
    payload = {**LIMIT, field: "1e18"}
    assert await legacy.error("send_order", **payload) == (
        400,
        "internal_error",
        f"(1264, \"Out of range value for column '{column}' at row 1\")",
    )
    refused = (422, "validation_error", f"{column} has more than 18 digits before the decimal point")
    assert await client.error("send_order", **payload) == refused
    for here in (legacy, client):
        assert here.sandbox.oms.storage.count(Order) == 0
        # of as many digits as there is room for, it is the exchange that says no, if anybody
        _, body = await here.command("send_order", **{**LIMIT, field: "9" * 18})
        assert "1264" not in str(body)
        assert here.sandbox.oms.storage.count(Order) == 1


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("change_order", {"order_id": 1, "new_qty": "1e18", "new_price": "1"}),
        ("change_order", {"order_id": 1, "new_qty": "1", "new_price": "1e999999999"}),
        ("position_change", {"position_id": 1, "oms_stop_loss": "1e18"}),
        ("position_change", {"position_id": 1, "comment": "x" * 256}),
        ("merge_positions", {"source_position_id": 1, "target_position_id": 2, "oms_stop_gain": "1e18"}),
    ],
)
async def test_changes_keep_to_the_columns(
    client: Client, legacy: Client, command: str, payload: dict[str, Any]
) -> None:
    """What cannot be stored changes nothing."""
    for here in (client, legacy):
        await here.order("buy", "0.01", price="50000")
        for _ in range(2):
            await here.order("buy", "0.01")
        await here.send("POST", "/oms/reconcile", {"account_id": 1})
        asked = {**payload, "stop_mode": "set"} if command == "merge_positions" else payload
        before = [await here.get(f"/oms/{kind}/open?account_ids=1&cache=false") for kind in ("orders", "positions")]
        status, code, _ = await here.error(command, **asked)
        assert (status, code) == ((422, "validation_error") if here is client else (400, "internal_error"))
        assert before == [
            await here.get(f"/oms/{kind}/open?account_ids=1&cache=false") for kind in ("orders", "positions")
        ]


async def test_a_request_id_has_a_width(client: Client) -> None:
    """What could not be remembered is not carried out."""
    assert (await client.error("send_order", request_id="r" * 129, **LIMIT))[:2] == (422, "validation_error")
    await client.done("send_order", request_id="r" * 128, **LIMIT)


@pytest.mark.parametrize("field", ["comment", "client_order_id", "order_type"])
async def test_no_text_has_a_zero_character(client: Client, field: str) -> None:
    """A full OMS refuses what not every database could store."""
    refused = (422, "validation_error", f"{field} has a character that not every database holds")
    assert await client.error("send_order", **{**LIMIT, field: "a\0b"}) == refused
