"""Fixtures for pytest: `oms_sandbox`, an OMS, and `oms_exchange`, an exchange that trades on it, sync or async.

Nothing is imported, and nothing happens, before a test asks for one of them.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

__all__ = ["oms_exchange", "oms_exchange_config", "oms_sandbox", "oms_sandbox_options"]


@pytest.fixture
def oms_sandbox_options() -> dict[str, Any]:
    """The arguments of the sandbox, for test modules to override: `{"profile": "legacy"}`. Prices stand still."""
    return {"volatility": 0}


@pytest.fixture
def oms_sandbox(oms_sandbox_options: Mapping[str, Any]) -> Iterator[Any]:
    """A running `oms_ccxt_async.sandbox.Sandbox`, in a thread of its own: `move()` moves a market."""
    from oms_ccxt_async.sandbox import Sandbox

    with Sandbox(**oms_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def oms_exchange_config() -> dict[str, Any]:
    """What the config of `oms_exchange` has beside address, key and account, for test modules to override."""
    return {}


@pytest.fixture
def oms_exchange(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    oms_sandbox: Any,
    oms_exchange_config: Mapping[str, Any],
) -> Iterator[Any]:
    """An exchange on `oms_sandbox`: `oms_ccxt_pro.oms` where the test is a coroutine function, else
    `oms_ccxt_async.sync.oms`. It does not back off (`oms_ccxt_async.testing`), takes no `OMS_*` from the environment,
    and is closed after the test; an async one in the test's own event loop."""
    from oms_ccxt_async import testing

    for name in [name for name in os.environ if name.startswith("OMS_")]:
        monkeypatch.delenv(name)
    config = oms_sandbox.config()
    options = {**config["options"], **oms_exchange_config.get("options", {})}
    config = {**config, **oms_exchange_config, "options": options}
    with testing.set_testing():
        if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
            import oms_ccxt_pro

            exchange: Any = oms_ccxt_pro.oms(config)
            request.node.obj = _closing(request.node.obj, exchange)
            yield exchange
        else:
            from oms_ccxt_async import sync

            exchange = sync.oms(config)
            yield exchange
            exchange.close()


def _closing(test: Any, exchange: Any) -> Any:
    """The test, and after it the end of its exchange: a fixture's own end may come when the event loop is closed."""

    @functools.wraps(test)
    async def tested(*args: Any, **kwargs: Any) -> Any:
        try:
            return await test(*args, **kwargs)
        finally:
            await exchange.close()

    return tested
