"""A sandbox in a thread of its own, for code without an event loop."""

from __future__ import annotations

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from oms_ccxt_async.sandbox import Sandbox, StorageUnavailable


def get(sandbox: Sandbox, path: str) -> Any:
    request = urllib.request.Request(sandbox.url + path, headers={"x-api-key": sandbox.keys["trader"]})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return orjson.loads(answer.read())


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "oms-sandbox"]


def test_a_sandbox_without_an_event_loop() -> None:
    """It answers while the block lasts; then nobody listens, and its thread is gone."""
    with Sandbox(volatility=0) as sandbox:
        assert [row["account_id"] for row in get(sandbox, "/oms/accounts")["items"]] == [1, 2, 3]
        assert threads() == ["oms-sandbox"]
    assert threads() == []
    with pytest.raises(OSError, match="refused"):
        get(sandbox, "/oms/accounts")


def test_it_can_be_entered_again(tmp_path: Any) -> None:
    """The records are those of the file."""
    sandbox = Sandbox(volatility=0, database=tmp_path / "oms.sqlite")
    for _ in range(2):
        with sandbox:
            assert get(sandbox, "/oms/accounts")["items"]


def test_markets_are_moved_from_any_thread() -> None:
    """The records are the loop's own: what other threads want done is done there."""
    with Sandbox(volatility=0) as sandbox, ThreadPoolExecutor(4) as pool:
        prices = [50_000 + 10 * number for number in range(40)]
        list(pool.map(lambda price: sandbox.move("BTC/USDT", price), prices))
        sandbox.prune_events()
        with pytest.raises(ValueError, match="-1"):
            sandbox.move("BTC/USDT", -1)


def test_what_cannot_begin_leaves_no_thread(tmp_path: Any) -> None:
    """The error is the caller's, and the thread is gone; what the block raises comes out, too."""
    with Sandbox(database=tmp_path / "oms.sqlite") as first:
        with pytest.raises(StorageUnavailable, match="locked"), Sandbox(database=tmp_path / "oms.sqlite"):
            pass
        assert threads() == ["oms-sandbox"]
        assert first.url
    with pytest.raises(KeyError), Sandbox():
        raise KeyError("x")
    assert threads() == []


async def test_it_serves_beside_a_loop_that_runs() -> None:
    """Also where an event loop runs already, as in a notebook."""
    with Sandbox(volatility=0) as sandbox:
        sandbox.move("BTC/USDT", 51_000)
    assert threads() == []
