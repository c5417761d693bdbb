"""The exchange that the rooms work for is one of ccxt's."""

from __future__ import annotations

from typing import get_type_hints

import ccxt.async_support
import pytest

import oms_ccxt_async
import oms_ccxt_pro
from oms_ccxt_async.wire.host import Host


@pytest.mark.parametrize(
    "exchange", [ccxt.async_support.Exchange, oms_ccxt_async.oms, oms_ccxt_pro.oms, ccxt.async_support.kraken]
)
def test_ccxt_exchange_is_a_host(exchange: type) -> None:
    """Whatever the rooms need is there, under ccxt's name, as soon as an exchange is constructed."""
    made = exchange()
    needed = {*get_type_hints(Host), *(name for name in vars(Host) if not name.startswith("_"))}
    assert {"session", "apiKey", "throttle"} <= needed
    assert [name for name in sorted(needed) if not hasattr(made, name)] == []
