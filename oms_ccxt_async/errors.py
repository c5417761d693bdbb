"""What the OMS answers, as ccxt exceptions: one table decides the class and what it means for the order's fate.

Every exception that leaves the driver is a ccxt class or a subclass of one. Those made here carry, as attributes, what
was asked (`asked`), what came back (`status`, `code`, `detail`) and the `fate` of the request. The wire facts behind
the tables are facts 1 to 4 of docs/contract.md: the HTTP status says little, and the real code often stands in
`message`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import ccxt
from ccxt.base.errors import (
    AccountNotEnabled,
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadResponse,
    BadSymbol,
    BaseError,
    DDoSProtection,
    DuplicateOrderId,
    ExchangeClosedByUser,
    ExchangeError,
    ExchangeNotAvailable,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotSupported,
    OperationRejected,
    OrderImmediatelyFillable,
    OrderNotFillable,
    OrderNotFound,
    PermissionDenied,
    RequestTimeout,
)

__all__ = [
    "Fate",
    "OrderOutcomeUnknown",
    "Rule",
    "answered",
    "closed",
    "fate_of",
    "lost",
    "no_answer",
    "paused",
    "unreadable",
]


class Fate(Enum):
    """What is known of a request whose answer is an exception."""

    REFUSED = "refused"
    """A definite no: nothing was done, and the same request would get the same answer."""
    NOT_DONE = "not done"
    """Nothing was done, by proof (never sent, or turned away for load): the same request may be sent again."""
    UNKNOWN = "unknown"
    """It may or may not have been done."""


class OrderOutcomeUnknown(ccxt.RequestTimeout):
    """An order was sent, and whether the OMS took it could not be settled in time.

    It is a `ccxt.RequestTimeout`, as CCXT programs expect for an unclear answer. Do not send the order again under
    another client order id: ask with `await error.resolve()`, or `fetch_order` by client order id, or simply repeat
    the identical `create_order`, which settles this one first.

    Attributes:
        client_order_id: the client order id the order carries at the OMS.
        request: the unified arguments of the call (symbol, type, side, amount, price, params).
    """

    def __init__(
        self,
        message: str,
        *,
        client_order_id: str,
        request: Mapping[str, Any],
        resolver: Callable[[], Awaitable[dict[str, Any]]] | None = None,
    ) -> None:
        super().__init__(message)
        self.client_order_id = client_order_id
        self.clientOrderId = client_order_id
        self.request = dict(request)
        self.fate = Fate.UNKNOWN
        self._resolver = resolver

    async def resolve(self) -> dict[str, Any]:
        """Ask the OMS again what became of the order.

        Returns:
            The unified order, if the OMS has it.

        Raises:
            OrderOutcomeUnknown: still unsettled.
            ccxt.ExchangeError: the OMS refused the order; it does not exist.
        """
        if self._resolver is None:
            raise self
        return await self._resolver()

    def __reduce__(self) -> tuple[Any, ...]:
        # The way to ask again stays behind: it belongs to an exchange instance in this process.
        state = {name: value for name, value in vars(self).items() if name != "_resolver"}
        return _unpickle_unknown, (str(self), self.client_order_id, self.request), state


def _unpickle_unknown(message: str, client_order_id: str, request: dict[str, Any]) -> OrderOutcomeUnknown:
    return OrderOutcomeUnknown(message, client_order_id=client_order_id, request=request)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of answer is raised: its ccxt class, what the user can do, and the request's fate."""

    error: type[BaseError]
    hint: str
    fate: Fate = Fate.REFUSED


_KEY = Rule(AuthenticationError, "check apiKey: it must be a key of this OMS")
_RIGHT = Rule(PermissionDenied, "ask for this right on the account, or use another key")
_TROUBLE = Rule(ExchangeNotAvailable, "the OMS or its exchange connection is in trouble; try again later", Fate.UNKNOWN)
_LATE = Rule(RequestTimeout, "the OMS did not get an answer in time; look before sending again", Fate.UNKNOWN)
_LOAD = Rule(DDoSProtection, "slow down: the OMS or something before it turns requests away", Fate.NOT_DONE)
_ENDPOINT = Rule(NotSupported, "this OMS does not have that endpoint; check base_url and the OMS version")
_REQUEST = Rule(BadRequest, "the OMS cannot accept these arguments")
_GONE = Rule(OrderNotFound, "the OMS knows no such order for this account and key")
_ORDER = Rule(InvalidOrder, "change the order to fit the market's rules")
_REASON = Rule(ExchangeError, "the exchange or the OMS refused it")
_MOVED = "redirects are not followed, so that the key stays here; set base_url to the final address"

CODES: Mapping[str, Rule] = {
    "invalid_api_key": _KEY,
    "missing_api_key": _KEY,
    "not_authenticated": _KEY,
    "permission_denied": _RIGHT,
    "strategy_permission_denied": _RIGHT,
    "admin_read_only": Rule(PermissionDenied, "admin keys only read; trade with another key"),
    "strategy_required": Rule(ArgumentsRequired, 'set options["strategy_id"] or pass params["strategy_id"]'),
    "account_not_found": Rule(AccountNotEnabled, 'check options["account_id"]'),
    "missing_account_ids": Rule(AccountNotEnabled, 'check options["account_id"]'),
    "invalid_strategy_id": Rule(BadRequest, "use a strategy that is registered for the account"),
    "order_not_found": _GONE,
    "position_not_found": Rule(BadRequest, "the OMS knows no such position for this account and key"),
    "invalid_order_state": Rule(InvalidOrder, "the order's state does not allow this; fetch it to see why"),
    "duplicate_client_order_id": Rule(DuplicateOrderId, "an order with this client order id exists; fetch it"),
    "idempotency_mismatch": Rule(BadRequest, "this request_id was used for another command"),
    "validation_error": _REQUEST,
    "unsupported_action": _ENDPOINT,
    "dispatcher_unavailable": _TROUBLE,
    "dispatcher_empty_response": _TROUBLE,
    "engine_unavailable": _TROUBLE,
    "dispatcher_timeout": _LATE,
}
"""Codes of the contract. The generic `dispatcher_error` and `internal_error` are missing on purpose (fact 2)."""

_SIZE = r"(amount|quantity|\bqty\b|price|precision|lot[ _]size|notional|\bcost\b|\bsize\b|volume|trailing)"
_WRONG = (
    r"(too |must|below|above|less|lower|greater|higher|smaller|larger|\bmin|\bmax|invalid|illegal|bad|exceed|outside"
    r"|out of|multiple|require|missing|not a number|break|zero|negative)"
)

TEXTS: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), rule)
    for pattern, rule in (
        # The OMS itself broke down, at its database or in its code; the exchange may have the order by then.
        (
            r"^\(\d+, |^'\w+'$|object (has no attribute|is not)|index out of range|expecting value|deadlock|gone away",
            _TROUBLE,
        ),
        (
            r"insufficient(?![ _-](permission|privilege|right|liquidity|depth))"
            r"|not[ _](enough|sufficient)[ _](\w+[ _])?(balance|fund|margin)"
            r"|(balance|funds|margin)( is| are)?[ _]not[ _](enough|sufficient)",
            Rule(InsufficientFunds, "fund the account or trade less"),
        ),
        (
            r"does not have market symbol|(unknown|invalid|bad)[ _]symbol"
            r"|\bsymbol (is |was )?(not (found|valid|supported)|invalid|unknown)",
            Rule(BadSymbol, "use a symbol of load_markets()"),
        ),
        (
            r"order( id)?[ _]?((was|is)[ _])?(not[ _]?(found|exist)|does(n't| not)[ _]exist)"
            r"|(unknown|no such) order(?! ?(type|side|book))|canceled or does not exist",
            _GONE,
        ),
        (
            r"duplicate.{0,20}(order|client)|client ?order ?id.{0,40}(duplicat|exist|repeat|used)",
            Rule(DuplicateOrderId, "the exchange has an order with this client order id"),
        ),
        # Not to be tried again at once, whatever the status: an exchange bans those who do.
        (
            r"too (many|much) request|(?<!funding )(?<!interest )rate[ -]?limit|ddos",
            Rule(DDoSProtection, "slow down: the exchange turns requests away"),
        ),
        (r"timed?[ -]?out|status unknown", _LATE),
        (
            # ccxt names a request that got no answer by its address and nothing else.
            r"^\w+ (get|post|put|patch|delete) https?://"
            r"|connection (reset|refused|closed|lost|aborted)|lost connection|temporarily|unavailable|max retries"
            r"|cannot connect|server disconnected|bad gateway|under maintenance|overloaded",
            _TROUBLE,
        ),
        (r"order[ _]?type|time[ _]?in[ _]?force", _ORDER),
        (
            r"immediately (match|take|execute|fill)|would (take|cross)"
            r"|post[ _-]?only( order)?( (would|will|was|is|has been) |[ _]reject|$)",
            Rule(OrderImmediatelyFillable, "move the price away from the market, or drop postOnly"),
        ),
        (r"immediately trigger", Rule(OrderImmediatelyFillable, "the trigger price is already reached")),
        (r"fill[ -]or[ -]kill|\bfok\b", Rule(OrderNotFillable, "the market cannot fill the whole amount now")),
        (r"market (is )?closed|trading (is )?(halted|suspended)", Rule(MarketClosed, "wait until the market opens")),
        (r"no orders canceled", Rule(InvalidOrder, "there was nothing to cancel; fetch the order to see its state")),
        (rf"{_SIZE}.*{_WRONG}|{_WRONG}.*{_SIZE}|filter failure|(reduce|post)[ _-]?only", _ORDER),
        (
            r"unsupported|can't be used in 'await'|not supported|does not support",
            Rule(NotSupported, "the exchange behind the account does not offer this"),
        ),
        (r"api[ _-]?key|signature|authenticat", Rule(AuthenticationError, "the OMS's own exchange credentials fail")),
        (r"permission|not allowed|forbidden", _RIGHT),
    )
)
"""What exchanges say in free text (fact 4); the first pattern that is found decides. Whatever speaks of trouble or of
a breakdown is no evidence of a refusal, so it stands before the loose words of the later rows."""

STATUSES: Mapping[int, Rule] = {
    401: _KEY,
    403: _RIGHT,
    404: _ENDPOINT,
    303: Rule(ExchangeError, f"it may have been done, and the answer be elsewhere; {_MOVED}", Fate.UNKNOWN),
    405: _ENDPOINT,
    407: Rule(AuthenticationError, "the proxy wants credentials"),
    408: _LATE,
    409: Rule(OperationRejected, "it may be under way already; look before sending again", Fate.UNKNOWN),
    418: _LOAD,
    425: _LOAD,
    429: _LOAD,
    504: _LATE,
}
"""Statuses that decide where the body does not. The rest: 3xx and 4xx are refusals, 5xx is trouble of unknown
outcome."""

READ_AT_MOST = 2_000
"""Characters of free text that are searched."""


def fate_of(error: BaseException) -> Fate:
    """What an exception says of its request's fate: its own word, else `Fate.REFUSED` for ccxt's definite errors and
    `Fate.UNKNOWN` for everything else."""
    fate = getattr(error, "fate", None)
    if isinstance(fate, Fate):
        return fate
    return Fate.REFUSED if isinstance(error, ExchangeError) else Fate.UNKNOWN


def answered(status: int | None, detail: Any, *, asked: str) -> BaseError:
    """The exception for an error answer of the OMS, or of something between.

    Args:
        status: HTTP status; None where there is none (an item of a batch, a WebSocket answer).
        detail: the body's `detail`: `{code, message}`, a list (schema violation), a string, or None for a body that is
            not the OMS's.
        asked: what was asked, as it shall stand in the message, without secrets.
    """
    code, message = _code_and_message(detail)
    rule = _rule(status, code, message, detail)
    words = (str(status) if status else "", code or "", _quoted(message) if message != code else "")
    said = " ".join(word for word in words if word)
    return _make(rule, f"oms {asked}: the OMS answered {said or 'nothing'}; {rule.hint}", asked, status, code, detail)


def unreadable(status: int | None, why: str, *, asked: str) -> BaseError:
    """The exception for an answer that cannot be believed: HTML, truncated or empty JSON, another shape.

    A success status over a body like that proves nothing (fault 5): `Fate.UNKNOWN`.
    """
    rule = Rule(BadResponse, "look at what base_url points to; an order may still have been taken", Fate.UNKNOWN)
    said = why if status is None else f"{status} with {why}"
    return _make(rule, f"oms {asked}: {said}; {rule.hint}", asked, status)


def no_answer(why: str, *, asked: str, timeout: bool = False) -> BaseError:
    """The exception for a request that never left: no connection, or a deadline before the first byte."""
    rule = Rule(RequestTimeout if timeout else ExchangeNotAvailable, "nothing was sent", Fate.NOT_DONE)
    return _make(rule, f"oms {asked}: {why}; {rule.hint}, so it can be tried again", asked)


def paused(milliseconds: float, *, asked: str) -> BaseError:
    """The exception for a request that stays here because the OMS asked for a pause that outlasts its deadline."""
    why = f"the OMS turns requests away and asked for a pause, {milliseconds:.0f} ms from now; nothing was sent"
    error = _make(_LOAD, f"oms {asked}: {why}", asked)
    error.retry_after = milliseconds
    return error


def lost(why: str, *, asked: str, timeout: bool = False) -> BaseError:
    """The exception for a request that left and whose answer did not come back whole."""
    hint = "the OMS may have received the request; look before sending it again"
    rule = Rule(RequestTimeout if timeout else ExchangeNotAvailable, hint, Fate.UNKNOWN)
    return _make(rule, f"oms {asked}: {why}; {rule.hint}", asked)


def closed(*, asked: str, sent: bool) -> BaseError:
    """The exception for a request that `close()` ended.

    Args:
        sent: whether it was under way by then, so that it may have been done.
    """
    hint = "the OMS may have received the request" if sent else "nothing was sent"
    rule = Rule(ExchangeClosedByUser, hint, Fate.UNKNOWN if sent else Fate.NOT_DONE)
    return _make(rule, f"oms {asked}: the exchange was closed by the user; {rule.hint}", asked)


def _make(
    rule: Rule, text: str, asked: str, status: int | None = None, code: str | None = None, detail: Any = None
) -> BaseError:
    error = rule.error(text)
    error.asked = asked
    error.status = status
    error.code = code
    error.detail = detail
    error.fate = rule.fate
    if isinstance(detail, dict) and detail.get("order_id") is not None:
        error.order_id = str(detail["order_id"])
    return error


def _code_and_message(detail: Any) -> tuple[str | None, str | None]:
    if isinstance(detail, dict):
        code, message = detail.get("code"), detail.get("message")
        return (str(code) if code is not None else None), (str(message) if message is not None else None)
    if isinstance(detail, list):
        return "schema", "; ".join(_violation(item) for item in detail[:3])
    return None, detail if isinstance(detail, str) else None


def _violation(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)[:200]
    place = item.get("loc")
    path = ".".join(str(part) for part in place if "[" not in str(part)) if isinstance(place, list) else ""
    return f"{path}: {item.get('msg')}"[:200]


def _rule(status: int | None, code: str | None, message: str | None, detail: Any) -> Rule:
    if isinstance(detail, list):
        return _REQUEST
    by_status = None if status is None else STATUSES.get(status)
    if isinstance(detail, dict) or status is None:
        named = CODES.get(message or "") or CODES.get(code or "")
        if named is not None:
            return named
        if by_status is _LOAD:
            return _LOAD
        for pattern, rule in TEXTS:
            if pattern.search((message or "")[:READ_AT_MOST]):
                return rule
        # The endpoint that words a 404 like this exists.
        if status is None or (status < 500 and by_status in (None, _ENDPOINT)):
            return _REASON
    if by_status is not None:
        return by_status
    if status is not None and 300 <= status < 400:
        return Rule(ExchangeError, _MOVED)
    return _REQUEST if status is not None and status < 500 else _TROUBLE


def _quoted(message: str | None) -> str:
    if not message:
        return ""
    return f'"{message if len(message) <= 300 else message[:300] + "…"}"'
