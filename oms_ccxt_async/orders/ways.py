"""How an order reaches the OMS, and where its traces are looked for."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from ccxt.base.errors import BaseError, ExchangeClosedByUser, ExchangeError, OperationFailed

from oms_ccxt_async import errors
from oms_ccxt_async.lists.history import Lists, Row
from oms_ccxt_async.lists.lookup import Lookup
from oms_ccxt_async.mappers.time import milliseconds
from oms_ccxt_async.orders.intents import Accepted, Intent
from oms_ccxt_async.orders.params import CLIENT_ORDER_IDS
from oms_ccxt_async.wire.account import Account
from oms_ccxt_async.wire.endpoints import COMMANDS
from oms_ccxt_async.wire.retry import Kind
from oms_ccxt_async.wire.transport import Request, Transport

__all__ = ["ORDER_LISTS", "Call", "OmsWay", "Way", "at_the_exchange", "is_of", "is_pending"]

Call = Callable[[str, list[Any], Kind], Awaitable[Any]]
"""Calls a unified method of the exchange behind the account, by name and with positional arguments."""

ASKED = "the orders just sent"
DAY = 86_400_000
SIGHTINGS = (2, 8)
"""From which looks on that show an order without an acknowledgement the exchange itself is asked, once each, when the
purse pays for it: that costs a few calls. When the program asks what became of it, the first look does, unpaid."""
ORDER_LISTS = ("fetch_open_orders", "fetch_closed_orders")
SKEW = 60_000
"""Milliseconds by which the OMS's clock may be behind ours, where only its times tell an order from an older one."""


class Way(Protocol):
    """One way that orders go."""

    async def send(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> list[Any]:
        """Send them with one request; the results, each with the `index` of its order.

        Args:
            may_repeat: asked before the request is sent again.

        Raises:
            ccxt.BaseError: the request as a whole failed; the error says whether something may have been done.
        """

    async def look(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        """Those of which a trace proves what became of them. What is not found proves nothing."""

    async def recognises_repeats(self) -> bool:
        """Whether the very same request, sent again, does nothing more."""


class OmsWay:
    """Commands to the OMS; its lists and deals.

    Args:
        transport, account, lists, lookup: how to send, to whom, and where to look.
        call: how to ask the exchange behind the account.
    """

    def __init__(self, transport: Transport, account: Account, lists: Lists, lookup: Lookup, call: Call) -> None:
        self._transport = transport
        self._account = account
        self._lists = lists
        self._lookup = lookup
        self._call = call

    async def recognises_repeats(self) -> bool:
        return (self._account.known or await self._account.facts()).idempotent

    async def send(self, intents: Sequence[Intent], may_repeat: Callable[[], bool] | None = None) -> list[Any]:
        first = intents[0]
        asked = first.asked if len(intents) == 1 else f"create_orders() with {len(intents)} orders"
        facts = self._account.known or await self._account.facts()
        kind = Kind.REPEATABLE if facts.idempotent else Kind.ONCE
        body = first.body if len(intents) == 1 else b"[" + b",".join(intent.body for intent in intents) + b"]"
        symbols = {intent.symbol for intent in intents}
        symbol = first.symbol if len(symbols) == 1 else None
        about = {"client_order_id": first.client_order_id, "request_id": first.request_id} if len(intents) == 1 else {}
        way = {"route": first.route, "may_repeat": may_repeat, "symbol": symbol, "about": about}
        answer = await self._transport.send(Request("POST", COMMANDS, asked, "results", kind, body, **way))
        results: list[Any] = answer["results"]
        return results

    async def look(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        found = []
        for strategy_id, sought in _by_strategy(intents):
            rows = _picked(await self._lists.open("orders", strategy_id, ASKED), sought)
            if len(rows) < len(sought):
                rows = await self._older(sought, strategy_id) | rows
            found += await self._proofs(sought, rows, strategy_id)
        return found

    async def recall(self, intents: Sequence[Intent]) -> list[tuple[Intent, Accepted | BaseError]]:
        """As `look`, for intents of an earlier process: among all orders that have changed since they began."""
        found = []
        for strategy_id, sought in _by_strategy(intents):
            for intent in sought.values():
                intent.exchange_at = 0
            found += await self._proofs(sought, await self._older(sought, strategy_id), strategy_id)
        return found

    async def _older(self, sought: Mapping[str, Intent], strategy_id: int | None) -> dict[str, Row]:
        """The newest order of each client order id, open or not: of those that are newer than what was known when the
        intents began, or, where nothing was known, of those that have changed since."""
        rows: dict[str, Row] = {}
        above = min(intent.above for intent in sought.values())
        if above:
            async with aclosing(self._lists.newest("orders", strategy_id, ASKED)) as pages:
                async for page in pages:
                    rows = _picked(page, sought) | rows
                    if page and page[0]["id"] <= above:
                        break
            return rows
        since = min(intent.began for intent in sought.values()) - DAY  # whatever the OMS's clock says
        async with aclosing(self._lists.since("orders", max(since, 0), strategy_id, ASKED)) as pages:
            async for page in pages:
                rows |= _picked(page, sought)
        return rows

    async def _proofs(
        self, sought: Mapping[str, Intent], rows: Mapping[str, Row], strategy_id: int | None
    ) -> list[tuple[Intent, Accepted | BaseError]]:
        """What rows, by client order id, prove of the intents."""
        own = {key: row for key, row in rows.items() if is_of(sought[key], row)}
        # Fact 30: an order that never left PENDING_SUBMIT may have been executed; its deals are the proof.
        pending = [row for row in own.values() if is_pending(row)]
        dealt = await self._lookup.with_deals(pending, strategy_id, ASKED) if pending else []
        deals = {found.row["id"]: found.deals for found in dealt}
        proofs = {key: _proof(sought[key], row, deals.get(row["id"], ())) for key, row in own.items()}
        lost = [sought[key] for key, proof in proofs.items() if proof is None]
        for intent in lost:
            intent.sightings += 1
        due = [intent.exchange_at for intent in lost if intent.sightings >= intent.exchange_at]
        if due and (0 in due or self._transport.pay()):
            for intent in lost:
                intent.exchange_at = next((each for each in SIGHTINGS if each > intent.sightings), sys.maxsize)
            for intent, order in await at_the_exchange(self._call, lost, (*ORDER_LISTS, "fetch_my_trades")):
                proofs[intent.client_order_id] = _proof_of_exchange(intent, own[intent.client_order_id], order)
        return [(sought[key], proof) for key, proof in proofs.items() if proof is not None]


async def at_the_exchange(
    call: Call, intents: Iterable[Intent], lists: Sequence[str] = ORDER_LISTS
) -> list[tuple[Intent, dict[str, Any]]]:
    """The orders of these intents that the exchange's own lists show, under their client order ids; of the list of
    trades, one of an order's trades.

    A list that this exchange has not, or that cannot be read now, shows nothing.
    """
    found: list[tuple[Intent, dict[str, Any]]] = []
    for symbol in {intent.symbol for intent in intents}:
        sought = {intent.client_order_id: intent for intent in intents if intent.symbol == symbol}
        for func in lists:
            try:
                orders = await call(func, [symbol], Kind.READ) if sought else []
            except ExchangeClosedByUser:
                raise
            except (ExchangeError, OperationFailed):
                continue
            for order in orders if isinstance(orders, list) else ():
                intent = sought.get(_client_order_id(order)) if isinstance(order, dict) else None
                if intent is not None and _is_its(intent, order, whole=func in ORDER_LISTS):
                    found.append((sought.pop(intent.client_order_id), order))
    return found


def _client_order_id(row: Mapping[str, Any]) -> str:
    """Of a trade it stands in the exchange's own words, if at all."""
    info = row.get("info")
    words = info if isinstance(info, dict) and row.get("clientOrderId") is None else row
    return str(next((words[name] for name in CLIENT_ORDER_IDS if words.get(name)), ""))


def _is_its(intent: Intent, order: Mapping[str, Any], whole: bool) -> bool:
    """Whether an order, or a trade, of the exchange is an intent's: as `is_of`, of unified structures."""
    if not order.get("id"):
        return False
    if intent.own_id:
        return True
    if order.get("status") == "rejected":
        return False  # the user may have sent it again under the same id
    sent, at = {**intent.request, **intent.command["payload"]}, order.get("timestamp")
    amount = sent.get("qty", sent.get("amount"))  # as the grid left it
    price = None if order.get("price") is None or "market" in str(sent.get("type")).lower() else sent.get("price")
    return (
        str(order.get("side") or "").lower() == str(sent.get("side") or "").lower()
        and (not whole or amount is None or _decimal(order.get("amount")) == _decimal(amount))
        and (not whole or price is None or _decimal(order["price"]) == _decimal(price))
        and isinstance(at, int)
        and at >= intent.began - SKEW
    )


def is_of(intent: Intent, row: Mapping[str, Any]) -> bool:
    """Whether an order's row is that of an intent.

    An id of ours is on no other order. The user's may be on an older one, or on one of another program: the row has to
    say what was sent, and to be newer than everything that was known before (where nothing was known: by its time).
    """
    if intent.own_id:
        return True
    request = intent.request
    payload = intent.command["payload"]
    amount = payload.get("qty")
    if (
        row.get("symbol") not in (None, request.get("symbol"))
        or str(row.get("side") or "").lower() != str(request.get("side") or "").lower()
        or str(row.get("order_type") or "").lower() != str(payload.get("order_type") or "").lower()
        or (amount is not None and _decimal(row.get("qty")) != _decimal(amount))
    ):
        return False
    if intent.above:
        return bool(row["id"] > intent.above)
    created = milliseconds(row.get("created_at"))
    return created is None or created >= intent.began - SKEW


def _picked(rows: Sequence[Row], sought: Mapping[str, Intent]) -> dict[str, Row]:
    """The rows that carry one of the client order ids, the newest of each."""
    return {row["client_order_id"]: row for row in rows if row.get("client_order_id") in sought}


def _by_strategy(intents: Sequence[Intent]) -> list[tuple[int | None, dict[str, Intent]]]:
    """The intents by client order id, by the strategy whose lists show them."""
    by_strategy: dict[int | None, dict[str, Intent]] = {}
    for intent in intents:
        by_strategy.setdefault(intent.strategy_id, {})[intent.client_order_id] = intent
    return list(by_strategy.items())


def _proof(intent: Intent, row: Row, deals: Sequence[Row]) -> Accepted | BaseError | None:
    """What a row and its deals prove of an intent; None if they prove nothing."""
    if row.get("status") == "REJECTED":
        return errors.InvalidOrder(f"oms {intent.asked}: the OMS rejected it as order {row['id']}")
    if is_pending(row) and not deals:
        return None
    return Accepted(row["id"], intent)


def _proof_of_exchange(intent: Intent, row: Row, order: Mapping[str, Any]) -> Accepted | BaseError:
    """What an order, or a trade, of the exchange's own list proves of an intent."""
    if order.get("status") == "rejected":
        return errors.InvalidOrder(f"oms {intent.asked}: the exchange rejected it; it is order {row['id']} of the OMS")
    return Accepted(row["id"], intent)


def is_pending(row: Mapping[str, Any]) -> bool:
    """Whether the OMS has the order and does not know whether the exchange has it (facts 10 and 30)."""
    return row.get("status") == "PENDING_SUBMIT" and not row.get("exchange_order_id")


def _decimal(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
