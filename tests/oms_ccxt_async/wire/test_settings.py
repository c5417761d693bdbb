"""What the user has set is checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest
import yarl
from hypothesis import given
from hypothesis import strategies as st

import oms_ccxt_async
from oms_ccxt_async.wire.retry import RetryPolicy
from oms_ccxt_async.wire.settings import ENVIRONMENT, Options, Settings, address, group, whole
from tests.oms_ccxt_async.scripted import Scripted


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMS_API_KEY", *ENVIRONMENT.values()):
        monkeypatch.delenv(name, raising=False)


def host(**options: Any) -> Any:
    """What `Settings` looks at."""
    return SimpleNamespace(options=options, urls={}, isSandboxModeEnabled=False)


def settings(environ: dict[str, str] | None = None, **options: Any) -> Settings:
    return Settings(host(**options), environ or {})


@pytest.mark.parametrize("value", [1, "1", " 1 ", 2**63 - 1])
def test_account_id(value: Any) -> None:
    """A positive integer, or its digits, is an account id."""
    assert settings(account_id=value).account_id == int(value)


@pytest.mark.parametrize(
    "value", ["abc", 0, -1, "-1", True, False, 1.5, 1.0, "1.0", "1e3", 2**63, 2**70, "9" * 5_000, "\u0663", [1], {}]
)
def test_account_id_that_is_none(value: Any) -> None:
    """Anything else is named as a bad `account_id`."""
    with pytest.raises(ccxt.BadRequest, match=r'options\["account_id"\]'):
        _ = settings(account_id=value).account_id


@pytest.mark.parametrize("value", [None, ""])
def test_account_id_that_is_missing(value: Any) -> None:
    """Without an account id the error says where to set it."""
    with pytest.raises(ccxt.ArgumentsRequired, match="OMS_ACCOUNT_ID"):
        _ = settings(account_id=value).account_id


def test_options_come_before_the_environment() -> None:
    """What the options are silent about is taken from the environment."""
    environ = {"OMS_ACCOUNT_ID": "5", "OMS_STRATEGY_ID": "6", "OMS_BASE_URL": "http://env:1"}
    found = settings(environ)
    assert (found.account_id, found.strategy_id, found.base_url) == (5, 6, "http://env:1")
    found = settings(environ, account_id=1, strategy_id=2, base_url="http://option:1")
    assert (found.account_id, found.strategy_id, found.base_url) == (1, 2, "http://option:1")


def test_changed_options_count_from_the_next_read() -> None:
    """Options may be set after construction, as in ccxt."""
    exchange = host(account_id=1)
    found = Settings(exchange, {})
    exchange.options["account_id"] = 2
    assert found.account_id == 2


@pytest.mark.parametrize(
    ("params", "strategy"),
    [
        ({}, 9),
        ({"strategy_id": 3}, 3),
        ({"strategyId": "4"}, 4),
        ({"strategy_id": None}, None),
        ({"strategy_id": 0}, 0),
    ],
)
def test_strategy_of_a_call(params: dict[str, Any], strategy: int | None) -> None:
    """`strategy_id` in a call's params overrides the default, is taken out of them, and may be None."""
    params["other"] = 1
    assert settings(strategy_id=9).strategy_of(params) == strategy
    assert params == {"other": 1}


@pytest.mark.parametrize("value", [-1, "x", True, 1.5])
def test_strategy_that_is_none(value: Any) -> None:
    """A bad strategy is named by the place where it stands."""
    with pytest.raises(ccxt.BadRequest, match=r'params\["strategy_id"\]'):
        settings().strategy_of({"strategy_id": value})
    with pytest.raises(ccxt.BadRequest, match=r'options\["strategy_id"\]'):
        _ = settings(strategy_id=value).strategy_id


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://oms:8000", "http://oms:8000"),
        ("https://oms.desk.example/", "https://oms.desk.example"),
        ("http://10.0.0.1", "http://10.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://gate/oms/v1//", "http://gate/oms/v1"),
    ],
)
def test_base_url(value: str, url: str) -> None:
    """An http(s) address, with a path if need be, loses the slash at its end."""
    assert settings(base_url=value).base_url == url


BAD_URLS = [
    "oms:8000", "oms", "//oms:8000", "ftp://x", "file:///etc/passwd", "http://", "http://:8000", "http://oms:0",
    "http://oms:99999", "http://oms:port", "http://user:pass@oms", "http://user@oms", "http://:@oms", "http://oms?a=1",
    "http://oms?", "http://oms#x", "http://oms#", "http://o ms", "http://oms/a b", "http://oms\r\nX: y", "http://oms\n",
    "http://öms", "http://[::1", "http://oms\\x", {"rest": "http://oms"}, 5,
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_URLS)
def test_base_url_that_is_none(value: Any) -> None:
    """Anything that is not a plain http(s) address is refused, and credentials are not repeated."""
    with pytest.raises(ccxt.BadRequest, match=r'options\["base_url"\]') as raised:
        _ = settings(base_url=value).base_url
    assert "pass" not in str(raised.value)


@given(st.text() | st.from_regex(r"https?://[^/]{1,20}(/.*)?", fullmatch=True))
def test_accepted_base_url_can_be_sent_to(value: str) -> None:
    """Whatever is accepted makes a request address with the path where it belongs."""
    try:
        url = address(value)
    except ccxt.BadRequest:
        return
    target = yarl.URL(url + "/oms/deals?x=1", encoded=True)
    assert target.scheme in ("http", "https")
    assert target.raw_host
    assert target.raw_path_qs.endswith("/oms/deals?x=1")
    assert target.user is None


def test_base_url_of_sandbox_mode() -> None:
    """In sandbox mode only `urls["test"]` counts, so that a test order never meets the live OMS."""
    exchange = host(base_url="http://live")
    exchange.isSandboxModeEnabled = True
    exchange.urls["test"] = "http://test"
    assert Settings(exchange, {"OMS_BASE_URL": "http://live"}).base_url == "http://test"
    exchange.urls["test"] = None
    with pytest.raises(ccxt.ArgumentsRequired):
        _ = Settings(exchange, {"OMS_BASE_URL": "http://live"}).base_url


@given(st.integers())
def test_whole_number(value: int) -> None:
    """Integers between the least and 2**63 - 1 pass, in both forms; no other does."""
    for form in (value, str(value)):
        try:
            assert whole(form, "x", least=1) == value
        except ccxt.BadRequest:
            assert not 1 <= value < 2**63


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"apiKey": None}, ccxt.AuthenticationError),
        ({"apiKey": ""}, ccxt.AuthenticationError),
        ({"account_id": None}, ccxt.ArgumentsRequired),
        ({"account_id": "abc"}, ccxt.BadRequest),
        ({"account_id": 0}, ccxt.BadRequest),
        ({"base_url": None}, ccxt.ArgumentsRequired),
        ({"base_url": "oms:8000"}, ccxt.BadRequest),
    ],
)
@pytest.mark.parametrize("method", ["fetch_open_orders", "fetch_balance", "load_markets", "fetch_accounts"])
async def test_bad_setting_is_met_before_anything_is_sent(
    change: dict[str, Any], error: type[Exception], method: str
) -> None:
    """A server that counts connections sees none."""
    async with Scripted() as server:
        good = {"apiKey": "k", "account_id": 1, "base_url": server.url} | change
        exchange = oms_ccxt_async.oms({"apiKey": good.pop("apiKey")})
        exchange.options.update(good)  # at construction it would be refused already
        with pytest.raises(error):
            await getattr(exchange, method)()
        await exchange.close()
        assert server.connections == 0


# Groups of options


@dataclass(frozen=True)
class Shape:
    """One option of every type that groups have."""

    count: int = field(default=4, metadata={"least": 1})
    wait: float = 50
    most: float | None = 9
    switch: bool = False
    called: Callable[[int], Any] | None = None
    place: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def test_group_by_default() -> None:
    """What the user has not set has its default."""
    assert group("x", None, Shape) == group("x", {}, Shape) == Shape()


@pytest.mark.parametrize(
    "given",
    [
        {"count": 1, "wait": 0, "switch": True},
        {"wait": 0.5, "most": None},
        {"called": print, "place": "a", "more": {"b": 1}},
        {"called": None, "place": None},
    ],
)
def test_group_that_is_given(given: dict[str, Any]) -> None:
    """Each option overrides its default and no other."""
    assert group("x", given, Shape) == Shape(**given)


def test_group_inside_a_group() -> None:
    """An option that is a group itself is given as a dict."""
    assert group("x", {"retry": {"attempts": 1, "cap": 0}}, Shape).retry == RetryPolicy(attempts=1, cap=0)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"count": 0}, 'x["count"] must be an integer of at least 1, not 0'),
        ({"count": True}, 'x["count"] must be an integer of at least 1, not True'),
        ({"count": 1.0}, 'x["count"] must be an integer of at least 1, not 1.0'),
        ({"count": "4"}, "x[\"count\"] must be an integer of at least 1, not '4'"),
        ({"wait": -1}, 'x["wait"] must be a number of at least 0, not -1'),
        ({"wait": float("nan")}, 'x["wait"] must be a number of at least 0, not nan'),
        ({"wait": float("inf")}, 'x["wait"] must be a number of at least 0, not inf'),
        ({"wait": None}, 'x["wait"] must be a number of at least 0, not None'),
        ({"most": "9"}, "x[\"most\"] must be a number or None of at least 0, not '9'"),
        ({"switch": 1}, 'x["switch"] must be True or False, not 1'),
        ({"switch": "yes"}, "x[\"switch\"] must be True or False, not 'yes'"),
        ({"called": 5}, 'x["called"] must be a function or None, not 5'),
        ({"place": 5}, 'x["place"] must be a text or None, not 5'),
        ({"more": [1]}, 'x["more"] must be a dict, not [1]'),
        ({"retry": "often"}, "x[\"retry\"] must be a dict, not 'often'"),
        ({"retry": {"attempts": 0}}, 'x["retry"]["attempts"] must be an integer of at least 1, not 0'),
        ({"retry": {"atempts": 3}}, "x[\"retry\"] has no 'atempts'; did you mean 'attempts'?"),
        ({"swich": True}, "x has no 'swich'; did you mean 'switch'?"),
        (
            {"zzz": 1},
            "x has no 'zzz'; it takes called, count, more, most, place, retry, switch, wait",
        ),
        ({3: 1}, "x has no 3; it takes called, count, more, most, place, retry, switch, wait"),
        ([("count", 3)], "x must be a dict, not [('count', 3)]"),
        ("often", "x must be a dict, not 'often'"),
        (0, "x must be a dict, not 0"),
    ],
)
def test_group_that_makes_no_sense(given: Any, complaint: str) -> None:
    """One wording for all: where it stands, what may stand there, and what does; a wrong name gets the nearest."""
    with pytest.raises(ccxt.BadRequest) as raised:
        group("x", given, Shape)
    assert str(raised.value) == f"oms {complaint}"


def test_options_are_read_anew() -> None:
    """Options that are set after construction count, those of None and of others are passed over."""
    exchange = host(settleTimeout=5, adoptWindow=None, defaultType="swap")
    found = Settings(exchange, {})
    assert (found.options.settleTimeout, found.options.adoptWindow) == (5, Options().adoptWindow)
    exchange.options["retry"] = {"attempts": 1}
    assert (found.options.retry.attempts, found.options.settleTimeout) == (1, 5)


def test_journal_is_a_path() -> None:
    """A path is given as a text or as a `Path`."""
    assert settings(journal=Path("a")).options.journal == Path("a")
    assert settings(journal="a").options.journal == "a"


@pytest.mark.parametrize("name", [each.name for each in fields(Options)])
def test_option_of_another_type(name: str) -> None:
    """Each option is refused where it is of another type, and named."""
    with pytest.raises(ccxt.BadRequest, match=rf'options\["{name}"\] must be'):
        _ = Settings(host(**{name: {1}}), {}).options
