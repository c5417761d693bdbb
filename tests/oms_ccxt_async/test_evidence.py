"""A breakdown is never taken for a refusal, and what an exchange's own class calls a refusal always is one."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import ccxt
import ccxt.async_support
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms_ccxt_async.errors import Fate, answered, fate_of
from oms_ccxt_async.evidence import CODES, Lookup, lookup
from oms_ccxt_async.wire.retry import Kind, RetryPolicy, verdict
from tests.oms_ccxt_async.support import ccxt_class

LARGEST = ("binance", "okx", "bybit", "bitget", "gate", "kucoin", "kraken", "coinbase", "htx", "mexc")
CODE = {"bybit": "retCode", "gate": "label", "kraken": "error", "coinbase": "error", "htx": "err-code"}
"""Where each class looks for the code; `code` in the others."""
IN_DOUBT = {
    # Portfolio margin calls it a plain ExchangeError, other markets a failure: neither text nor symbol say which.
    "binance": {"-1001", "-1010"},
    # ccxt calls them plain ExchangeErrors, their words say that the exchange broke down.
    "bitget": {"system exception", "gateway internal error"},
    "coinbase": {"internal_server_error"},
}

BREAKDOWNS = (
    "",
    " ",
    "all commands failed",
    "'>=' not supported between instances of 'NoneType' and 'int'",
    "float() argument must be a string or a real number, not 'NoneType'",
    "int() argument must be a string, a bytes-like object or a real number, not 'dict'",
    "list index out of range",
    "string index out of range",
    "list indices must be integers or slices, not str",
    "'NoneType' object is not subscriptable",
    "'NoneType' object has no attribute 'price'",
    "'amount'",
    "KeyError: 'insufficient balance'",
    "0",
    "could not convert string to float: 'amount'",
    "invalid literal for int() with base 10: ''",
    "not enough values to unpack (expected 2, got 1)",
    "unsupported operand type(s) for *: 'NoneType' and 'float'",
    "float division by zero",
    "[<class 'decimal.ConversionSyntax'>]",
    "create_order() got an unexpected keyword argument 'reduce_only'",
    "create_order() missing 1 required positional argument: 'amount'",
    "object dict can't be used in 'await' expression",
    "Expecting value: line 1 column 1 (char 0)",
    "Object of type Decimal is not JSON serializable",
    "dictionary changed size during iteration",
    "Event loop is closed",
    "(2013, 'Lost connection to MySQL server during query')",
    "(2006, \"MySQL server has gone away (BrokenPipeError(32, 'Broken pipe'))\")",
    "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
    "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
    "(1062, \"Duplicate entry 'x' for key 'orders.client_order_id'\")",
    "(1048, \"Column 'qty' cannot be null\")",
    "(1406, \"Data too long for column 'payload_json' at row 1\")",
    "(1264, \"Out of range value for column 'avg_fill_price' at row 1\")",
    "(1045, \"Access denied for user 'oms'@'%' (using password: YES)\")",
    "(pymysql.err.OperationalError) (1040, 'Too many connections')",
    "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
    "Error 111 connecting to redis:6379. Connection refused.",
    "Connection closed by server.",
    "Timeout reading from redis:6379",
    "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "NOAUTH Authentication required.",
    "Cannot connect to host api.binance.com:443 ssl:default [Connect call failed ('1.2.3.4', 443)]",
    "Server disconnected",
    "Response payload is not completed",
    "[Errno 104] Connection reset by peer",
    "[Errno 13] Permission denied: '/data/journal'",
    "binance GET https://api.binance.com/api/v3/exchangeInfo",
    "binance POST https://api.binance.com/api/v3/order 503 Service Unavailable <html>order not found</html>",
    'binance {"code":-1007,"msg":"Timeout waiting for response from backend server."}',
    'binance {"code":-1000,"msg":"An unknown error occured while processing the request."}',
    'okx {"code":"50004","msg":"Endpoint request timeout (does not indicate success or failure of order)"}',
    'bybit {"retCode":10016,"retMsg":"System error. Please try again later."}',
    "never heard of",
)


def entries(exceptions: Mapping[str, Any]) -> Iterator[tuple[str, type[Exception]]]:
    """Every key of a class's table, in the parts for its types of market too."""
    for key, value in exceptions.items():
        if isinstance(value, Mapping):
            yield from entries(value)
        else:
            yield key, value


@functools.cache
def table_of(exchange_id: str, market_type: str | None = None) -> Lookup:
    """The table of a class of ccxt."""
    return lookup(exchange_id, getattr(ccxt.async_support, exchange_id)().exceptions, market_type)


def raised(exchange_id: str, key: str) -> str:
    """What the class raises for an answer of its exchange that says `key`."""
    number = key.lstrip("-").isdigit()
    if exchange_id == "kraken":
        body: Any = {"error": [key]}
    elif exchange_id == "okx" and number:
        body = {"code": "1", "data": [{"clOrdId": "", "sCode": key, "sMsg": "said"}], "msg": ""}
    elif number or exchange_id in ("gate", "coinbase", "htx"):
        body = {CODE.get(exchange_id, "code"): int(key) if exchange_id in ("binance", "bybit") else key, "msg": "said"}
    else:
        body = {"code": "1" if exchange_id == "okx" else "999999", "msg": key}
    return f"{exchange_id} {orjson.dumps(body).decode()}"


@pytest.mark.parametrize("status", [400, 502, None])
@pytest.mark.parametrize("exchange_id", [None, *LARGEST])
def test_breakdown_is_no_refusal(exchange_id: str | None, status: int | None) -> None:
    """Whatever Python, the database, the cache or the network say, and no text at all, proves nothing (fact 32)."""
    table = None if exchange_id is None else table_of(exchange_id)
    refused = [
        text
        for text in BREAKDOWNS
        if fate_of(answered(status, {"code": "internal_error", "message": text}, asked="x", table=table))
        is not Fate.UNKNOWN
    ]
    assert len(BREAKDOWNS) >= 40
    assert not refused


@pytest.mark.parametrize("exchange_id", LARGEST)
def test_definite_error_of_an_exchange_is_definite(exchange_id: str) -> None:
    """What a class raises as an ExchangeError is one, and at most one in twenty is no longer of its class."""
    exceptions = getattr(ccxt.async_support, exchange_id)().exceptions
    types = [name for name in ("spot", "linear", "inverse", "option") if name in exceptions]
    definite = [
        (key, error, market_type)
        for market_type, part in [
            (None, {name: part for name, part in exceptions.items() if name not in types}),
            *((name, exceptions[name]) for name in types),
        ]
        for key, error in entries(part)
        if issubclass(error, ccxt.ExchangeError) and key not in IN_DOUBT.get(exchange_id, ())
    ]
    assert len(definite) >= 20
    lost = []
    for key, error, market_type in definite:
        table = table_of(exchange_id, market_type)
        found = answered(400, {"code": "internal_error", "message": raised(exchange_id, key)}, asked="x", table=table)
        assert isinstance(found, ccxt.ExchangeError), (key, error, found)
        assert fate_of(found) is Fate.REFUSED
        if not issubclass(ccxt_class(found), error):
            lost.append((key, error.__name__, ccxt_class(found).__name__))
    print(f"{exchange_id}: {len(lost)} of {len(definite)} lose their class")
    assert len(lost) <= len(definite) / 20, lost


HOSTS = {"spot": "api", "linear": "fapi", "inverse": "dapi", "option": "eapi"}


@pytest.mark.parametrize(
    ("exchange_id", "market_type"), [*(("binance", each) for each in HOSTS), ("binanceusdm", "linear")]
)
def test_binance_is_read_as_its_class_reads_it(exchange_id: str, market_type: str) -> None:
    """For every code of a type of market, and those common to all, the driver raises what ccxt's class raises there,
    and so it does for what that class tells by words."""
    binance = getattr(ccxt.async_support, exchange_id)()
    known = {**binance.exceptions["exact"], **binance.exceptions[market_type]["exact"]}
    bodies = [{"code": int(key), "msg": "said"} for key in known if key.lstrip("-").isdigit()]
    bodies += [{"code": -9999, "msg": key} for key in known if not key.lstrip("-").isdigit()]
    words = ("No need to change margin type.", "Filter failure: LOT_SIZE", "Filter failure: PRICE_FILTER")
    bodies += [{"code": code, "msg": each} for each in words for code in (-1013, -4046)]
    assert len(bodies) > 150
    for body in bodies:
        text = orjson.dumps(body).decode()
        url = f"https://{HOSTS[market_type]}.binance.com/x"
        with pytest.raises(ccxt.BaseError) as caught:
            binance.handle_errors(400, "Bad Request", url, "POST", {}, text, body, None, None)
        detail = {"code": "internal_error", "message": str(caught.value)}
        found = answered(400, detail, asked="x", table=table_of(exchange_id, market_type))
        assert ccxt_class(found) is caught.type or caught.type is ccxt.ExchangeError, body
        assert isinstance(found, ccxt.ExchangeError) or not isinstance(caught.value, ccxt.ExchangeError), body


STATUSES = (None, 200, 303, 400, 401, 403, 404, 405, 408, 409, 418, 422, 429, 500, 502, 503, 504)
WORDS = (None, "", "list index out of range", "insufficient balance", "nobody knows these words", *CODES)


@given(
    status=st.sampled_from(STATUSES),
    code=st.sampled_from([None, "internal_error", "dispatcher_error", "a_new_code", *CODES]),
    message=st.sampled_from(WORDS),
    shape=st.sampled_from(["object", "list", "text", "nothing"]),
    kind=st.sampled_from(Kind),
    attempt=st.integers(1, 5),
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_the_law_of_fates(
    status: int | None, code: str | None, message: str | None, shape: str, kind: Kind, attempt: int
) -> None:
    """Whatever the answer, to whatever request: what may have been done is not sent twice where that would do it twice,
    what is refused is not sent again, and a refusal has evidence."""
    details = {"object": {"code": code, "message": message}, "list": [{"msg": "x"}], "text": message, "nothing": None}
    detail = details[shape]
    error = answered(status, detail, asked="x")
    fate, policy = fate_of(error), RetryPolicy()
    assert isinstance(error, ccxt.BaseError)
    wait = verdict(kind, error, attempt, policy, 0.5)
    again = fate is Fate.NOT_DONE or (fate is Fate.UNKNOWN and kind is not Kind.ONCE)
    assert (wait is not None) == (again and attempt < policy.attempts)
    # A definite error of ccxt's is one of fate REFUSED, but where the status itself says that it may be under way.
    assert fate is Fate.UNKNOWN or (fate is Fate.REFUSED) == isinstance(error, ccxt.ExchangeError)
    said = message if shape == "object" or (shape == "text" and status is None) else None
    named = CODES.get(said or "") or (CODES.get(code or "") if shape == "object" else None)
    if named is not None:
        assert (ccxt_class(error), fate) == (named.error, named.fate), (
            "a code of the contract decides, whatever the status"
        )
    elif fate is Fate.REFUSED:
        told = shape == "list" or said == "insufficient balance"
        own = shape == "object" and code == "a_new_code"
        assert told or own or (status is not None and status < 500), "free text and a 5xx prove nothing"
        generic = shape == "object" and code in (None, "internal_error", "dispatcher_error")
        assert told or not generic or status in (401, 403), "words that nobody knows are no refusal"


@pytest.mark.parametrize("exchange_id", ccxt.exchanges)
def test_every_class_of_ccxt_can_be_asked(exchange_id: str) -> None:
    """Tables with texts among their classes, and classes without a table, have nothing to say of words of ours."""
    assert lookup(exchange_id, getattr(ccxt, exchange_id)().exceptions)(f"{exchange_id} words of nobody") is None
