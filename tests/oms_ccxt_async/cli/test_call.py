"""`oms_ccxt_async.cli.call`: any unified method."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from oms_ccxt_async.cli.call import argument
from oms_ccxt_async.sandbox import Sandbox
from tests.oms_ccxt_async.cli.conftest import Start, asked, environ


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-0.5", -0.5),
        ("0.1", 0.1),
        ("0.1234567890123456789", Decimal("0.1234567890123456789")),
        ("null", None),
        ("None", None),
        ("true", True),
        ('{"type": "swap"}', {"type": "swap"}),
        ('["BTC/USDT"]', ["BTC/USDT"]),
        ("BTC/USDT", "BTC/USDT"),
        ("NaN", "NaN"),
        ("{", "{"),
        ('"5"', "5"),
    ],
)
def test_arguments(text: str, value: Any) -> None:
    """JSON where it is JSON, all digits of a number, otherwise the text."""
    found = argument(text)
    assert found == value
    assert type(found) is type(value)


def test_calls(sandbox: Sandbox) -> None:
    """Methods in both spellings, implicit ones and those that compute take their arguments and print JSON."""
    assert len(json.loads(asked(sandbox, "call", "fetch_ohlcv", "BTC/USDT", "1m", "null", "3"))) == 3
    assert json.loads(asked(sandbox, "call", "fetchTicker", "BTC/USDT"))["symbol"] == "BTC/USDT"
    assert json.loads(asked(sandbox, "call", "omsGetOrdersOpen", '{"limit": 1}'))["items"] == []
    assert json.loads(asked(sandbox, "call", "amount_to_precision", "BTC/USDT", "0.1234567")) == "0.123456"
    assert json.loads(asked(sandbox, "call", "fetch_trades", "BTC/USDT", "2020-01-01T00:00:00Z", "2"))


def test_a_negative_number_is_an_argument(sandbox: Sandbox) -> None:
    """What begins with a dash and is no option goes to the method."""
    assert json.loads(asked(sandbox, "call", "number_to_string", "-5")) == "-5"


def test_a_table(sandbox: Sandbox) -> None:
    """A row for each item, wherever the option stands."""
    lines = asked(sandbox, "call", "fetch_tickers", '["BTC/USDT", "ETH/USDT"]', "--table").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["BTC/USDT", "ETH/USDT"]
    assert "info" not in lines[0].split()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["fetch_tickr", "BTC/USDT"], "fetch_ticker"),
        (["fetch_ticker"], "symbol"),
        (["fetch_ticker", "BTC/USDT", "{}", "1", "2"], "fetch_ticker(symbol"),
        (["_call"], "_call"),
        (["apiKey"], "apiKey"),
        (["cancel_all_orders", "--poll", "1"], "again and again"),
    ],
)
def test_usage(sandbox: Sandbox, args: list[str], words: str) -> None:
    """A method that is none, arguments that it does not take, and trading again and again are errors of usage."""
    assert words in asked(sandbox, "call", *args, code=2)


def test_the_key_is_not_told(sandbox: Sandbox) -> None:
    """Also a method that would say it does not: `asked` looks at all that is printed."""
    key = environ(sandbox)["OMS_API_KEY"]
    assert json.loads(asked(sandbox, "call", "extend", '{"x": 1}')) == {"x": 1}
    assert "***" in asked(sandbox, "call", "extend", json.dumps({"x": [key]}))


def test_polls_until_it_is_told_to_stop(sandbox: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is a line of JSON, and Ctrl-C ends it well."""
    for name, value in environ(sandbox).items():
        monkeypatch.setenv(name, value)
    running = start("call", "fetch_ticker", "BTC/USDT", "--poll", "0.01")
    assert running.process.stdout is not None
    for _ in range(3):
        assert json.loads(running.process.stdout.readline())["symbol"] == "BTC/USDT"
    code, printed, _ = running.end()
    assert code == 0
    assert "Traceback" not in printed
