"""What an answer of the OMS proves: one table decides the ccxt class and what it means for the request's fate.

The wire facts behind the tables are facts 1 to 4 of docs/contract.md: the HTTP status says little, and the real code
often stands in `message`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ccxt.base.errors import (
    AccountNotEnabled,
    ArgumentsRequired,
    AuthenticationError,
    BadRequest,
    BadSymbol,
    BaseError,
    DDoSProtection,
    DuplicateOrderId,
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

__all__ = ["CODES", "LATE", "LOAD", "MOVED", "STATUSES", "TEXTS", "TROUBLE", "Fate", "Rule", "rule_of"]


class Fate(Enum):
    """What is known of a request whose answer is an exception."""

    REFUSED = "refused"
    """A definite no: nothing was done, and the same request would get the same answer."""
    NOT_DONE = "not done"
    """Nothing was done, by proof (never sent, or turned away for load): the same request may be sent again."""
    UNKNOWN = "unknown"
    """It may or may not have been done."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of answer is raised: its ccxt class, what the user can do, and the request's fate."""

    error: type[BaseError]
    hint: str
    fate: Fate = Fate.REFUSED


_KEY = Rule(AuthenticationError, "check apiKey: it must be a key of this OMS")
_RIGHT = Rule(PermissionDenied, "ask for this right on the account, or use another key")
TROUBLE = Rule(ExchangeNotAvailable, "the OMS or its exchange connection is in trouble; try again later", Fate.UNKNOWN)
LATE = Rule(RequestTimeout, "the OMS did not get an answer in time; look before sending again", Fate.UNKNOWN)
LOAD = Rule(DDoSProtection, "slow down: the OMS or something before it turns requests away", Fate.NOT_DONE)
_ENDPOINT = Rule(NotSupported, "this OMS does not have that endpoint; check base_url and the OMS version")
_REQUEST = Rule(BadRequest, "the OMS cannot accept these arguments")
_GONE = Rule(OrderNotFound, "the OMS knows no such order for this account and key")
_ORDER = Rule(InvalidOrder, "change the order to fit the market's rules")
_REASON = Rule(ExchangeError, "the exchange or the OMS refused it")
MOVED = "redirects are not followed, so that the key stays here; set base_url to the final address"

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
    "dispatcher_unavailable": TROUBLE,
    "dispatcher_empty_response": TROUBLE,
    "engine_unavailable": TROUBLE,
    "dispatcher_timeout": LATE,
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
            TROUBLE,
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
        (r"timed?[ -]?out|status unknown", LATE),
        (
            # ccxt names a request that got no answer by its address and nothing else.
            r"^\w+ (get|post|put|patch|delete) https?://"
            r"|connection (reset|refused|closed|lost|aborted)|lost connection|temporarily|unavailable|max retries"
            r"|cannot connect|server disconnected|bad gateway|under maintenance|overloaded",
            TROUBLE,
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
    303: Rule(ExchangeError, f"it may have been done, and the answer be elsewhere; {MOVED}", Fate.UNKNOWN),
    405: _ENDPOINT,
    407: Rule(AuthenticationError, "the proxy wants credentials"),
    408: LATE,
    409: Rule(OperationRejected, "it may be under way already; look before sending again", Fate.UNKNOWN),
    418: LOAD,
    425: LOAD,
    429: LOAD,
    504: LATE,
}
"""Statuses that decide where the body does not. The rest: 3xx and 4xx are refusals, 5xx is trouble of unknown
outcome."""

READ_AT_MOST = 2_000
"""Characters of free text that are searched."""


def rule_of(status: int | None, code: str | None, message: str | None, detail: Any) -> Rule:
    """How an error answer is raised.

    Args:
        status: HTTP status; None where there is none (an item of a batch, a WebSocket answer).
        code, message: what `detail` says, where it is an object or a list.
        detail: the body's `detail`: an object, a list (schema violation), a string, or None.
    """
    if isinstance(detail, list):
        return _REQUEST
    by_status = None if status is None else STATUSES.get(status)
    if isinstance(detail, dict) or status is None:
        named = CODES.get(message or "") or CODES.get(code or "")
        if named is not None:
            return named
        if by_status is LOAD:
            return LOAD
        for pattern, rule in TEXTS:
            if pattern.search((message or "")[:READ_AT_MOST]):
                return rule
        # The endpoint that words a 404 like this exists.
        if status is None or (status < 500 and by_status in (None, _ENDPOINT)):
            return _REASON
    if by_status is not None:
        return by_status
    if status is not None and 300 <= status < 400:
        return Rule(ExchangeError, MOVED)
    return _REQUEST if status is not None and status < 500 else TROUBLE
