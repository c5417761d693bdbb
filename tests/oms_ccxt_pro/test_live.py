"""Addresses, and what is printed of what goes over the sockets."""

from __future__ import annotations

import pytest

import oms_ccxt_pro
from oms_ccxt_async.sandbox import Sandbox


async def test_the_key_is_in_a_header_and_nowhere_else() -> None:
    """The address has the scheme of a socket and no secret in it (fault 45)."""
    for base, expected in (("http://oms:8000", "ws://oms:8000/ws"), ("https://oms/x/", "wss://oms/x/ws")):
        exchange = oms_ccxt_pro.oms({"apiKey": "secret", "options": {"account_id": 1, "base_url": base}})
        where = exchange._socket_address()
        assert where.url == expected
        assert where.headers["x-api-key"] == "secret"
        assert (where.ssl is not None) == base.startswith("https")
        assert where.proxy is None
        await exchange.close()


async def test_tls_is_not_verified_only_if_asked() -> None:
    """`verify: False` makes a context that takes any certificate."""
    config = {"apiKey": "secret", "verify": False, "options": {"account_id": 1, "base_url": "https://oms"}}
    exchange = oms_ccxt_pro.oms(config)
    assert exchange._socket_address().ssl.check_hostname is False
    await exchange.close()


async def test_verbose_tells_what_goes_over_the_sockets(capsys: pytest.CaptureFixture[str]) -> None:
    """Every message of the account, of markets and of order entry is printed, and never the key."""
    async with Sandbox() as sandbox, oms_ccxt_pro.oms(sandbox.config(1)) as exchange:
        await exchange.load_markets()
        exchange.verbose = True
        await exchange.watch_positions()
        await exchange.watch_ticker("BTC/USDT")
        await exchange.create_order_ws("BTC/USDT", "market", "buy", 0.01)
        printed = capsys.readouterr().out
        for told in ("connecting to ws://", '"action":"subscribe"', '"action":"subscribe_market"', '"send_order"'):
            assert told in printed
        assert '"ws_response"' in printed
        assert exchange.apiKey not in printed
