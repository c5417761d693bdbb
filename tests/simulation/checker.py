"""A history held against the books: the invariants of docs/faults.md, as sentences about what does not hold. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from tests.simulation.history import Books, Consumer, History, Intent

__all__ = ["KINDS", "Kind", "Wrong", "check", "missing"]

Kind = Literal["lost", "doubled", "untrue", "never told", "rules"]
KINDS: tuple[Kind, ...] = ("lost", "doubled", "untrue", "never told", "rules")
OVER = frozenset({"closed", "canceled", "rejected"})
STATUSES = {"FILLED": "closed", "CANCELED": "canceled", "REJECTED": "rejected"}
RECOVERS_WITHIN = 60.0
"""Seconds after the last fault in which everything has to be told."""


class Wrong(NamedTuple):
    """Something that does not hold."""

    kind: Kind
    sentence: str


def check(history: History, books: Books) -> list[Wrong]:
    """Everything that is wrong."""
    return [
        *(Wrong("rules", each) for each in history.wrong),
        *_client_order_ids(books),
        *_outcomes(history, books),
        *_counts(history, books),
        *_quotes(history, books),
        *(each for consumer in history.consumers for each in _consumer(consumer, history, books)),
        *_recovery(history),
    ]


def missing(history: History, books: Books) -> list[Wrong]:
    """What consumers have still to be told: nothing, once all is quiet."""
    return [
        each
        for consumer in history.consumers
        for each in (_fills_missing(consumer, books) if consumer.method == "fills" else _orders_differ(consumer, books))
    ]


def _client_order_ids(books: Books) -> Iterator[Wrong]:
    """I1."""
    # a legacy OMS keeps a row for each refusal (fact 10)
    recorded = [row for row in books.orders if row["status"] != "PENDING_SUBMIT"]
    for rows, where in ((recorded, "the OMS"), (books.placed, "the exchange")):
        counts = Counter(row["client_order_id"] for row in rows if row["client_order_id"])
        for name, count in counts.items():
            if count > 1:
                yield Wrong("doubled", f"{count} orders at {where} have the client order id {name}")


def _outcomes(history: History, books: Books) -> Iterator[Wrong]:
    """I2: what was told of each order is so."""
    rows = {row["id"]: row for row in books.orders}
    answered = Counter(intent.order_id for intent in history.intents if intent.outcome == "ok")
    for intent in history.intents:
        if intent.outcome == "ok":
            row = rows.get(intent.order_id or 0)
            if row is None:
                if not history.restored:
                    yield Wrong("lost", f"{intent} was told as placed, and the OMS does not have it")
            elif (row["side"], Decimal(row["qty"])) != (intent.side, Decimal(intent.amount)):
                if not history.restored:
                    yield Wrong("untrue", f"{intent} was told as an order that is another one: {row}")
            else:
                yield from _state(intent, row, history)
            if answered[intent.order_id] > 1 and not history.restored:
                yield Wrong("lost", f"{intent} was answered with the order of another call")
        elif intent.outcome in ("open", "unknown"):
            found = [row for row in books.placed if _may_be(intent, row)]
            settles = books.profile == "full" and not history.restored
            if intent.outcome == "open" or settles or (found and not history.restored):
                yield Wrong("never told", f"{intent} was never settled; the exchange has {len(found)} such orders")


def _state(intent: Intent, row: dict[str, Any], history: History) -> Iterator[Wrong]:
    """What was told of one order besides that it exists."""
    if intent.canceled and not history.restored and row["status"] not in ("CANCELED", "FILLED", "REJECTED"):
        yield Wrong("untrue", f"{intent} was told as canceled, and is {row['status']}")
    wanted = intent.final_price
    price = Decimal(row["price"] or 0)
    if wanted is not None and not history.restored and price not in {Decimal(str(wanted)), *history.late_prices}:
        yield Wrong("untrue", f"{intent} was told to have the price {wanted}, and has {row['price']}")


def _may_be(intent: Intent, row: dict[str, Any]) -> bool:
    """Whether an order of the exchange may be the one that an intent made."""
    name = intent.client_order_id or intent.asked_as
    alike = (row["side"], Decimal(row["amount"])) == (intent.side, Decimal(intent.amount))
    return alike and (name is None or row["client_order_id"] == name)


def _counts(history: History, books: Books) -> Iterator[Wrong]:
    """An order exists as often as a program that heard everything would have intended."""
    alike: defaultdict[tuple[str, Decimal], list[Intent]] = defaultdict(list)
    for intent in history.intents:
        alike[intent.side, Decimal(intent.amount)].append(intent)
    there = Counter((row["side"], Decimal(row["amount"])) for row in books.placed)
    for key, count in there.items():
        intents = alike.pop(key, [])
        sure = len({intent.order_id for intent in intents if intent.outcome == "ok"})
        most = sure + sum(intent.outcome in ("dropped", "unknown", "open") for intent in intents)
        if count > most:
            refused = sum(intent.outcome == "refused" for intent in intents)
            yield Wrong(
                "untrue" if refused else "doubled",
                f"{count} orders of {' '.join(map(str, key))} exist, intended were {sure} to {most}, {refused} refused"
                + ": "
                + "; ".join(str(intent) for intent in intents[:4]),
            )
        elif count < sure and not history.restored:
            yield Wrong("lost", f"{count} orders of {' '.join(map(str, key))} exist, {sure} were told as placed")
    for key, intents in alike.items():
        for intent in intents:
            if intent.outcome == "ok" and not history.restored:
                yield Wrong("lost", f"{intent} was told as placed, and the exchange has none of {key}")


def _quotes(history: History, books: Books) -> Iterator[Wrong]:
    """A program that cancels all and quotes again has one order on each side in the end, or had it filled."""
    for (program, side), amount in history.quoted.items():
        standing = [
            row
            for row in books.placed
            if row["side"] == side and Decimal(row["amount"]) == Decimal(amount) and row["status"] == "open"
        ]
        last = [each for each in history.intents if (each.program, each.side, each.amount) == (program, side, amount)]
        if len(standing) > 1:
            yield Wrong("doubled", f"{len(standing)} quotes of {program}, {side} {amount}, stand at the same time")
        if last and last[-1].outcome == "ok" and not standing and not history.restored:
            row = next((row for row in books.orders if row["id"] == last[-1].order_id), None)
            filled = sum(Decimal(deal["qty"]) for deal in books.deals if deal["order_id"] == last[-1].order_id)
            if row is not None and filled < Decimal(amount):
                yield Wrong("lost", f"the last quote of {program}, {last[-1]}, does not stand: {row['status']}")


def _consumer(consumer: Consumer, history: History, books: Books) -> Iterator[Wrong]:
    if consumer.method == "fills":
        yield from _fills(consumer, history)
        if not consumer.over:
            yield from _fills_missing(consumer, books)
    else:
        yield from _backwards(consumer, history)
        if not consumer.over:
            yield from _orders_differ(consumer, books)


def _fills(consumer: Consumer, history: History) -> Iterator[Wrong]:
    """I3, what can be seen of it without the books: none twice, none out of order."""
    seen: set[tuple[Any, ...]] = set()
    last = 0
    for fill in consumer.told:
        key = fill if history.restored else fill[:1]  # a restored OMS gives ids again
        if key in seen:
            yield Wrong("doubled", f"{consumer.name} was told fill {fill[0]} twice")
        elif fill[0] < last and not (history.restored or history.unordered):
            yield Wrong("untrue", f"{consumer.name} was told fill {fill[0]} after fill {last}")
        seen.add(key)
        last = fill[0]


def _fills_missing(consumer: Consumer, books: Books) -> Iterator[Wrong]:
    """I3, the rest: none is missing, none is there that the OMS does not have."""
    if consumer.since is None or consumer.over:
        return
    told = {fill[0]: fill for fill in consumer.told}
    wanted = {deal["id"]: deal for deal in books.deals if consumer.sees(deal)}
    missing = [number for number in wanted if number > consumer.since and number not in told]
    if missing:
        yield Wrong("lost", f"{consumer.name} was never told of fills {missing}")
    for number, deal in wanted.items():
        fill = told.get(number)
        if fill is not None and (fill[1], Decimal(str(fill[2]))) != (deal["order_id"], Decimal(deal["qty"])):
            yield Wrong("untrue", f"{consumer.name} was told fill {fill}, which is {deal['order_id']} {deal['qty']}")


def _backwards(consumer: Consumer, history: History) -> Iterator[Wrong]:
    """I4: no order goes backwards on the way."""
    states: dict[int, tuple[str | None, float]] = {}
    for number, status, filled in consumer.told:
        before = states.get(number, ("open", 0.0))
        if not history.restored and (filled < before[1] or (before[0] in OVER and (status, filled) != before)):
            yield Wrong("untrue", f"{consumer.name} was told order {number} as {(status, filled)} after {before}")
        states[number] = (status, filled)


def _orders_differ(consumer: Consumer, books: Books) -> Iterator[Wrong]:
    """I4: what it was told last of an order is what the order is."""
    if consumer.since is None or consumer.over:
        return
    dealt: defaultdict[int, Decimal] = defaultdict(Decimal)
    for deal in books.deals:
        if deal["order_id"] is not None:
            dealt[deal["order_id"]] += Decimal(deal["qty"])
    told = {number: (status, filled) for number, status, filled in consumer.told}
    newest_unwatched = consumer.since
    for row in filter(consumer.sees, books.orders):
        number, filled = row["id"], dealt[row["id"]]
        status = "closed" if filled == Decimal(row["qty"]) else STATUSES.get(row["status"], "open")
        if row["status"] == "PENDING_SUBMIT":
            continue  # refused or under way: only who saw a refusal knows which (docs/orders.md)
        if number in told:
            if told[number] != (status, float(filled)):
                yield Wrong(
                    "lost", f"{consumer.name} was last told order {number} as {told[number]}, it is {status} {filled}"
                )
        elif number > newest_unwatched:
            yield Wrong("lost", f"{consumer.name} was never told of order {number}, {status} {filled}")


def _recovery(history: History) -> Iterator[Wrong]:
    if history.recovery is None:
        yield Wrong("never told", f"{RECOVERS_WITHIN:.0f} seconds after the last fault not everything was told")
