"""Whether to try a request again, and when: pure functions and counters; time and chance are arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum

from ccxt.base.errors import BaseError

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.hurry import hurried, tries

__all__ = ["Budget", "Circuit", "Kind", "RetryPolicy", "jittered", "retry_after", "verdict"]


class Kind(Enum):
    """What sending a request twice would do."""

    READ = "read"
    """Nothing: it changes nothing."""
    REPEATABLE = "repeatable"
    """Nothing more than once: its effect is absolute (a cancel), or the OMS recognises the repeat (a `request_id`)."""
    ONCE = "once"
    """The thing twice: a new order on an OMS that does not deduplicate (fact 9)."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`options["retry"]`: how hard one exchange instance tries. Times are in milliseconds.

    Attributes:
        attempts: how often a request is sent at most, the first time included.
        base, cap: before attempt n+1 the wait is drawn evenly from 0 to min(cap, base * 2**(n-1)) (full jitter).
        retryAfterCap: the longest Retry-After that is obeyed; a longer one ends the call with the error.
        budget: retries are paid from a purse of this size ...
        budgetRatio: ... into which every request puts this much, so that an outage is not amplified.
        circuitFailures: after this many failed connections in a row the circuit opens ...
        circuitCooldown: ... for this long: requests fail at once, without being sent; then one is let through to try.
    """

    attempts: int = field(default=4, metadata={"least": 1})
    base: float = 50
    cap: float = 1_000
    retryAfterCap: float = 30_000
    budget: float = 20
    budgetRatio: float = 0.1
    circuitFailures: int = 8
    circuitCooldown: float = 500


def verdict(kind: Kind, error: BaseError, attempt: int, policy: RetryPolicy, draw: float) -> float | None:
    """How many milliseconds to wait before sending the same request again; None: do not.

    Args:
        kind: what sending it twice would do.
        error: what came of attempt number `attempt` (from 1), with its fate.
        policy: how hard to try.
        draw: a random number from 0 to 1, for the jitter.
    """
    if attempt >= tries(policy.attempts):
        return None
    fate = fate_of(error)
    if fate is Fate.REFUSED or (fate is Fate.UNKNOWN and kind is Kind.ONCE):
        return None
    wait = jittered(attempt - 1, policy.base, policy.cap, draw)
    asked = errors.facts_of(error).retry_after
    if asked is None:
        return wait
    return None if asked > policy.retryAfterCap else max(wait, asked)


def jittered(failures: int, base: float, cap: float, draw: float) -> float:
    """The wait after so many failures: drawn evenly from 0 to `base * 2**failures`, at most `cap` (full jitter)."""
    return hurried(draw * min(cap, base * 2.0 ** min(failures, 30)))


def retry_after(value: str | None, now: float) -> float | None:
    """A Retry-After header, seconds or an HTTP date against `now` (epoch seconds), in milliseconds from now; None if
    it cannot be read."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) * 1000
    try:
        when = parsedate_to_datetime(text)
        # RFC 9110, 5.6.7: an HTTP date is in GMT, also where it does not say so.
        moment = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (moment.timestamp() - now) * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


class Budget:
    """The purse that retries are paid from."""

    __slots__ = ("_policy", "_purse")

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._purse = float(policy.budget)

    def earn(self) -> None:
        """A request was sent for the first time."""
        self._purse = min(self._policy.budget, self._purse + self._policy.budgetRatio)

    def spend(self) -> bool:
        """Pay for one retry; False when the purse is empty."""
        if self._purse < 1:
            return False
        self._purse -= 1
        return True


class Circuit:
    """Reports at once while the OMS is plainly down. `now` is a monotonic time in milliseconds."""

    __slots__ = ("_failures", "_policy", "_until")

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._until: float | None = None

    def refuses(self, now: float) -> bool:
        """Whether a request must fail unsent; when the cooldown is over, one caller is let through as the trial."""
        if self._until is None:
            return False
        if now < self._until:
            return True
        self._until = now + hurried(self._policy.circuitCooldown)
        return False

    def connected(self) -> None:
        """Something answered, whatever it said."""
        self._failures = 0
        self._until = None

    def failed(self, now: float) -> bool:
        """No connection could be made; whether requests fail unsent for a while now."""
        self._failures += 1
        if self._failures < self._policy.circuitFailures or self._policy.circuitFailures <= 0:
            return False
        self._until = now + hurried(self._policy.circuitCooldown)
        return True
