"""What a rule is, and the words in which answers are held against it. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = [
    "KEPT_FROM_KEYS",
    "Answer",
    "Broken",
    "Collected",
    "Order",
    "Rule",
    "Skipped",
    "Unanswered",
    "at",
    "decimal",
    "hold",
    "ids_of",
    "refusal",
    "results_of",
    "rows_of",
    "words",
]

KEPT_FROM_KEYS = ("permission", "strategy_required", "strategy_ws_not_supported", "admin_read_only")
"""Words of codes with which an OMS says that it is not for this key."""


class Broken(Exception):
    """The OMS does not keep a rule; the text says what it answered instead."""


class Unanswered(Broken):
    """The OMS did not answer: whether a command was carried out is not known."""


class Skipped(Exception):
    """A rule cannot be looked at here; the text says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """A limit order that no market fills: to buy, the least that is taken, far below the price.

    Attributes:
        symbol: of the market.
        amount, price: as decimal strings, on the market's grid.
        lower: another price that is as far away.
    """

    symbol: str
    amount: str
    price: str
    lower: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the OMS has to do.

    Attributes:
        name: its name: area, full stop, what it is about.
        reason: where the contract says so, for instance `fact 16`.
        breaks: what the driver would get wrong on an OMS that does not.
        look: looks; given a `Desk`. Raises `Broken` or `Skipped`, returns what was found, in words.
        needs: the extension that makes it a rule, or `full` for any of them; empty for every OMS.
        trades: whether orders are placed for it.
    """

    name: str
    reason: str
    breaks: str
    look: Callable[[Any], Awaitable[str]]
    needs: str = ""
    trades: bool = False


class Collected(list[Rule]):
    """The rules of one room, in the order in which they are looked at."""

    def rule(
        self, name: str, reason: str, breaks: str, *, needs: str = "", trades: bool = False
    ) -> Callable[[Callable[[Any], Awaitable[str]]], Callable[[Any], Awaitable[str]]]:
        """Make a rule of what looks at it."""

        def collect(look: Callable[[Any], Awaitable[str]]) -> Callable[[Any], Awaitable[str]]:
            self.append(Rule(name, reason, breaks, look, needs, trades))
            return look

        return collect


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered; `body` is None where it is no JSON."""

    asked: str
    status: int
    body: Any
    text: str

    def __str__(self) -> str:
        return f"{self.asked}: {self.status} {self.text[:160]}"


def hold(holds: Any, found: object) -> None:
    """Raise `Broken` with what was found, unless something holds."""
    if not holds:
        raise Broken(str(found))


def refusal(answer: Answer) -> str:
    """Code and message of an answer that has to be a refusal in an error object (fact 1)."""
    hold(answer.status >= 400, f"{answer}, and not a refusal")
    detail = answer.body.get("detail") if isinstance(answer.body, Mapping) else None
    hold(isinstance(detail, Mapping | list | str), f"{answer}, and not an object with `detail`")
    if isinstance(detail, Mapping):
        hold(isinstance(detail.get("code"), str), f"{answer}, and `detail` has no `code`")
    return words(detail)


def words(detail: Any) -> str:
    """Code and message of an error object, in one text: the code may stand in either (fact 2)."""
    return f"{detail.get('code')} {detail.get('message')}" if isinstance(detail, Mapping) else str(detail)


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The rows of a list; a key that may not have it skips the rule."""
    if answer.status in (400, 401, 403) and any(word in refusal(answer) for word in KEPT_FROM_KEYS):
        raise Skipped(f"not for this key: {answer}")
    items: Any = answer.body.get("items") if isinstance(answer.body, Mapping) else None
    hold(answer.status == 200 and isinstance(items, list), f"{answer}, and no list of `items`")
    hold(all(isinstance(row, dict) and type(row.get("id")) is int for row in items), f"{answer}: a row without an id")
    return list(items)


def results_of(answer: Answer) -> list[dict[str, Any]]:
    """The results of commands, of those that failed, too; none where there are none."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    detail = body.get("detail")
    results = body.get("results", detail.get("results") if isinstance(detail, Mapping) else None)
    if isinstance(results, list) and all(isinstance(result, dict) for result in results):
        return results
    return []


def ids_of(rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The ids of rows, in their order."""
    return [row["id"] for row in rows]


def decimal(value: Any, what: str) -> Decimal:
    """The number that a text stands for (fact 14)."""
    hold(isinstance(value, str), f"{what} is {value!r}, and not a decimal string")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Broken(f"{what} is {value!r}, and not a decimal string") from None
    hold(number.is_finite(), f"{what} is {value!r}")
    return number


def at(value: Any, what: str) -> datetime:
    """The time that a text stands for (fact 15)."""
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise Broken(f"{what} is {value!r}, and not an ISO 8601 time") from None
