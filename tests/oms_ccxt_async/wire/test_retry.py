"""Whether a request is tried again, and when, as a table and as laws."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate
from oms_ccxt_async.wire.retry import Budget, Circuit, Kind, RetryPolicy, retry_after, verdict

REFUSED, NOT_DONE, UNKNOWN = Fate.REFUSED, Fate.NOT_DONE, Fate.UNKNOWN
POLICY = RetryPolicy(attempts=3, base=100, cap=1_000, retryAfterCap=5_000)


def failed(fate: Fate, asked: float | None = None) -> errors.OmsError:
    """An error with this fate, and with the pause that a Retry-After asked for."""
    error = errors.kind(ccxt.ExchangeError)("x")
    error.fate = fate
    if asked is not None:
        error.retry_after = asked
    return error


# kind, fate, attempt, Retry-After in ms, wait in ms with a draw of 0.5
VERDICTS: list[tuple[Kind, Fate, int, float | None, float | None]] = [
    (Kind.READ, REFUSED, 1, None, None),
    (Kind.READ, REFUSED, 1, 1_000, None),
    (Kind.READ, NOT_DONE, 1, None, 50),
    (Kind.READ, NOT_DONE, 2, None, 100),
    (Kind.READ, NOT_DONE, 3, None, None),
    (Kind.READ, NOT_DONE, 1, 2_000, 2_000),
    (Kind.READ, NOT_DONE, 1, 20, 50),
    (Kind.READ, NOT_DONE, 1, 0, 50),
    (Kind.READ, NOT_DONE, 1, 5_000, 5_000),
    (Kind.READ, NOT_DONE, 1, 5_001, None),
    (Kind.READ, UNKNOWN, 1, None, 50),
    (Kind.READ, UNKNOWN, 1, 2_000, 2_000),
    (Kind.READ, UNKNOWN, 3, None, None),
    (Kind.REPEATABLE, REFUSED, 1, None, None),
    (Kind.REPEATABLE, REFUSED, 1, 1_000, None),
    (Kind.REPEATABLE, NOT_DONE, 1, None, 50),
    (Kind.REPEATABLE, NOT_DONE, 1, 2_000, 2_000),
    (Kind.REPEATABLE, NOT_DONE, 3, None, None),
    (Kind.REPEATABLE, UNKNOWN, 1, None, 50),
    (Kind.REPEATABLE, UNKNOWN, 2, 2_000, 2_000),
    (Kind.REPEATABLE, UNKNOWN, 3, None, None),
    (Kind.ONCE, REFUSED, 1, None, None),
    (Kind.ONCE, NOT_DONE, 1, None, 50),
    (Kind.ONCE, NOT_DONE, 2, None, 100),
    (Kind.ONCE, NOT_DONE, 1, 2_000, 2_000),
    (Kind.ONCE, NOT_DONE, 3, None, None),
    (Kind.ONCE, UNKNOWN, 1, None, None),
    (Kind.ONCE, UNKNOWN, 1, 2_000, None),
]


@pytest.mark.parametrize(("kind", "fate", "attempt", "asked", "wait"), VERDICTS)
def test_verdict(kind: Kind, fate: Fate, attempt: int, asked: float | None, wait: float | None) -> None:
    """Kind, fate, attempt and Retry-After decide."""
    assert verdict(kind, failed(fate, asked), attempt, POLICY, 0.5) == wait


def test_verdict_goes_by_ccxt_class_where_an_error_does_not_say() -> None:
    """A network error without a fate is unclear, so an order is not sent again; any other error is final."""
    assert verdict(Kind.ONCE, ccxt.NetworkError("x"), 1, POLICY, 0.5) is None
    assert verdict(Kind.READ, ccxt.NetworkError("x"), 1, POLICY, 0.5) == 50
    assert verdict(Kind.READ, ccxt.BadRequest("x"), 1, POLICY, 0.5) is None


KINDS, FATES = st.sampled_from(Kind), st.sampled_from(Fate)
ATTEMPTS, DRAWS = st.integers(1, 10_000), st.floats(0, 1)
TIMES = st.floats(0, 1e9)
POLICIES = st.builds(RetryPolicy, attempts=st.integers(1, 10_000), base=TIMES, cap=TIMES, retryAfterCap=TIMES)


@given(kind=KINDS, fate=FATES, attempt=ATTEMPTS, policy=POLICIES, draw=DRAWS, asked=st.none() | TIMES)
def test_wait_is_bounded(
    kind: Kind, fate: Fate, attempt: int, policy: RetryPolicy, draw: float, asked: float | None
) -> None:
    """A wait is at least what the OMS asked for, and never above the backoff's cap and that."""
    wait = verdict(kind, failed(fate, asked), attempt, policy, draw)
    assert wait is None or (asked or 0) <= wait <= max(policy.cap, asked or 0)
    assert wait is None or asked is None or asked <= policy.retryAfterCap


@given(attempt=ATTEMPTS, policy=POLICIES, draw=DRAWS, asked=st.none() | TIMES)
def test_order_of_unknown_fate_is_never_sent_again(
    attempt: int, policy: RetryPolicy, draw: float, asked: float | None
) -> None:
    """No attempt, policy or Retry-After makes a second order out of an unclear one."""
    assert verdict(Kind.ONCE, failed(UNKNOWN, asked), attempt, policy, draw) is None


@given(kind=KINDS, attempt=ATTEMPTS, policy=POLICIES, draw=DRAWS, asked=st.none() | TIMES)
def test_refusal_is_final(kind: Kind, attempt: int, policy: RetryPolicy, draw: float, asked: float | None) -> None:
    """A definite no is not asked for twice."""
    assert verdict(kind, failed(REFUSED, asked), attempt, policy, draw) is None


@given(kind=KINDS, fate=FATES, policy=POLICIES, draw=DRAWS, more=st.integers(0, 100))
def test_attempts_are_counted(kind: Kind, fate: Fate, policy: RetryPolicy, draw: float, more: int) -> None:
    """After the last attempt there is none."""
    assert verdict(kind, failed(fate), policy.attempts + more, policy, draw) is None


NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("3", 3_000),
        (" 3 ", 3_000),
        ("0000000000000003", 3_000),
        ("86400", 86_400_000),
        ("9" * 400, float("inf")),
        ("-3", None),
        ("1.5", None),
        ("3s", None),
        ("\u0661", None),
        ("soon", None),
        ("Sun, 22 Nov 2026 12:00:05 GMT", 5_000),
        ("Sunday, 22-Nov-26 12:00:05 GMT", 5_000),
        ("Sun Nov 22 12:00:05 2026", 5_000),
        ("Sun, 22 Nov 2026 12:00:05", 5_000),
        ("Sun, 22 Nov 2026 12:00:05 -0000", 5_000),
        ("Sun, 22 Nov 2026 14:00:05 +0200", 5_000),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 99 Nov 2026 12:00:05 GMT", None),
        ("2026-11-22T12:00:05Z", None),
    ],
)
def test_retry_after(value: str | None, milliseconds: float | None) -> None:
    """Seconds and every form of an HTTP date are read; what makes no sense is no Retry-After."""
    assert retry_after(value, NOW.timestamp()) == milliseconds


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
def test_retry_after_without_zone_does_not_depend_on_ours() -> None:
    """A date without a zone is in GMT, in Tokyo too."""
    assert retry_after("Sun, 22 Nov 2026 12:00:05", NOW.timestamp()) == 5_000


@given(seconds=st.integers(0, 10**8), hours=st.integers(-12, 14))
def test_retry_after_date_is_the_distance_to_it(seconds: int, hours: int) -> None:
    """A date in any zone is as far away as it says."""
    when = (NOW + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=hours)))
    assert retry_after(format_datetime(when), NOW.timestamp()) == seconds * 1000


@given(st.text())
def test_retry_after_of_any_text(text: str) -> None:
    """Nothing that a server may send there raises, or leads into the past."""
    found = retry_after(text, NOW.timestamp())
    assert found is None or found >= 0


@given(requests=st.integers(1, 1_000), purse=st.floats(0, 50), ratio=st.floats(0, 1), wanted=st.integers(1, 5))
def test_outage_is_not_amplified(requests: int, purse: float, ratio: float, wanted: int) -> None:
    """However many retries each request wants, there are no more than the purse and the ratio pay for."""
    budget = Budget(RetryPolicy(budget=purse, budgetRatio=ratio))
    retries = 0
    for _ in range(requests):
        budget.earn()
        retries += sum(budget.spend() for _ in range(wanted))
    assert retries <= purse + ratio * requests + 1e-6


def test_outage_of_a_thousand_requests() -> None:
    """With the defaults, 1,000 failing requests become at most 1,000 + 10 % + 20."""
    budget = Budget(RetryPolicy())
    retries = 0
    for _ in range(1_000):
        budget.earn()
        retries += sum(budget.spend() for _ in range(RetryPolicy().attempts - 1))
    assert 100 <= retries <= 120


def test_budget_recovers_with_requests_that_succeed() -> None:
    """An empty purse is filled by later requests, but never above its size."""
    budget = Budget(RetryPolicy(budget=2, budgetRatio=0.5))
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    assert not budget.spend()
    for _ in range(100):
        budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_circuit_opens_lets_one_try_and_closes() -> None:
    """After so many failures it refuses; when the cooldown is over one request tries, and its success closes it."""
    circuit = Circuit(RetryPolicy(circuitFailures=2, circuitCooldown=100))
    circuit.failed(0)
    assert not circuit.refuses(0)
    circuit.failed(10)
    assert circuit.refuses(10)
    assert circuit.refuses(109)
    assert [circuit.refuses(110), circuit.refuses(110)] == [False, True]
    circuit.connected()
    assert [circuit.refuses(111), circuit.refuses(111)] == [False, False]


def test_circuit_stays_open_when_the_trial_fails_or_never_ends() -> None:
    """A failed trial costs another cooldown, and so does one that is never heard of again."""
    circuit = Circuit(RetryPolicy(circuitFailures=1, circuitCooldown=100))
    circuit.failed(0)
    assert not circuit.refuses(100)
    circuit.failed(150)
    assert circuit.refuses(249)
    assert not circuit.refuses(250)
    assert circuit.refuses(349)
    assert not circuit.refuses(350)


def test_circuit_counts_failures_in_a_row() -> None:
    """A connection in between starts the count anew."""
    circuit = Circuit(RetryPolicy(circuitFailures=2, circuitCooldown=100))
    for _ in range(5):
        circuit.failed(0)
        circuit.connected()
    assert not circuit.refuses(0)


def test_circuit_can_be_switched_off() -> None:
    """With 0 failures allowed for, it never opens."""
    circuit = Circuit(RetryPolicy(circuitFailures=0))
    for _ in range(100):
        circuit.failed(0)
    assert not circuit.refuses(0)
