"""What an answer of the OMS proves: one table decides the ccxt class and what it means for the request's fate.

The wire facts behind the tables are facts 1 to 4 of docs/contract.md: the HTTP status says little, and the real code
often stands in `message`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    InvalidNonce,
    InvalidOrder,
    MarginModeAlreadySet,
    MarketClosed,
    NoChange,
    NotSupported,
    OperationRejected,
    OrderImmediatelyFillable,
    OrderNotFillable,
    OrderNotFound,
    PermissionDenied,
    RateLimitExceeded,
    RequestTimeout,
)

__all__ = [
    "BY_STATUS",
    "CODES",
    "LATE",
    "LOAD",
    "MOVED",
    "TEXTS",
    "TROUBLE",
    "Fate",
    "Lookup",
    "Rule",
    "lookup",
    "rule_of",
]


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
_DOUBT = Rule(
    ExchangeNotAvailable, "this is no refusal that the driver knows: look before sending it again", Fate.UNKNOWN
)
_SIZES = Rule(InvalidOrder, "the OMS cannot store this: make it shorter, or smaller")
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
    "invalid_position_id": Rule(BadRequest, "the OMS knows no such position, or it does not fit the order"),
    "strategy_ws_not_supported": Rule(NotSupported, "a key that is limited to strategies gets no events (fact 34)"),
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
"""Codes of the contract. The generic ones are missing on purpose (fact 2)."""
GENERIC = frozenset((None, "internal_error", "dispatcher_error"))
"""Over them stands free text: of the exchange, or of whatever broke down (facts 4 and 32)."""

# Patterns are compiled when an error is first looked at: an import would take a tenth longer.
_BROKEN = (
    # The OMS's own code, its database, its cache or its network, by their words; none of them speaks of an order.
    r"^\s*$|^all commands failed$|^\(|^(\w+Error: ?)?'[^']*'$|^-?\d+$|^\[|^Error -?\d+ "
    r"|not supported between instances|\(\) (argument|takes|missing|got an? )|object (has no|is not|of type|does not)"
    r"|object \w+ can't be used in 'await'|out of range$|indices must be|to unpack|unsupported operand|can only conc"
    r"|could not convert|invalid literal|by zero|<class '|changed size during|recursion depth|is not defined"
    r"|referenced before|local variable|codec can't|event loop|no module named|cannot import|serializable"
    r"|expecting (value|property|',')|unterminated string|extra data: line|isoformat|positional argument"
    r"|deadlock|gone away|lost connection|queuepool|transaction has been|sequence number|lock wait|duplicate entry"
    r"|^(misconf|loading|readonly|oom|noauth|noperm|wrongpass|wrongtype|noscript|busy|clusterdown|execabort) "
    r"|cannot connect|connect call failed|server disconnected|payload is not completed|session is closed"
    r"|closing transport"
)
_INSERT = re.compile(r"^\((?:1264|1366|1406), [\"'].*\bcolumn ['`](\w+)['`]")
COLUMNS = frozenset(
    ("symbol", "side", "order_type", "qty", "price", "stop_loss", "stop_gain", "reason", "comment", "client_order_id")
)
"""Columns that are filled from a command before the exchange is asked (fact 31)."""

_TURNED_AWAY = r"too (many|much) request|(?<!funding )(?<!interest )rate[ -]?limit|ddos|^\w+ 4(18|29) "
_LATE_WORDS = r"time-?d?[ -]?out|status[ _]unknown"
_TROUBLE_WORDS = (
    # ccxt names a request that got no answer by its address and nothing else.
    r"^\w+ (get|post|put|patch|delete) https?://|connection (reset|refused|closed|lost|aborted)|temporarily|unavailable"
    r"|max retries|bad gateway|maintenance|overloaded|system[ _](is )?(busy|error|abnormal|exception)|server (is )?busy"
    r"|(internal|server|network)[ _-](system |server_?|service )?(error|exception)"
)

_HINTS: Mapping[type[BaseError], str] = {
    OrderNotFound: _GONE.hint,
    InsufficientFunds: "fund the account or trade less",
    BadSymbol: "use a symbol of load_markets()",
    DuplicateOrderId: "the exchange has an order with this client order id",
    OrderImmediatelyFillable: "move the price away from the market, or drop postOnly",
    OrderNotFillable: "the market cannot fill the whole amount now",
    MarketClosed: "wait until the market opens",
    NotSupported: "the exchange behind the account does not offer this",
    NoChange: "it is set like this already",
    InvalidOrder: _ORDER.hint,
    PermissionDenied: "the OMS's own exchange credentials have not this right",
    AuthenticationError: "the OMS's own exchange credentials fail",
    InvalidNonce: "the clock of the OMS and the exchange's differ",
    RateLimitExceeded: "slow down: the exchange turns requests away",
    DDoSProtection: "slow down: the exchange turns requests away",
    RequestTimeout: LATE.hint,
    ExchangeError: _REASON.hint,
}
_UNDONE = (RateLimitExceeded, DDoSProtection, InvalidNonce)
"""The exchange turned the request away: nothing was done. Not to be tried again at once: an exchange bans those who
do."""

_BY = r"(?: \S+){0,4}? ?\b(is|are|was|must|may|would|should|has|have|can(no|')t|breaks?|exceeds?|too)\b.{0,60}?"
_BOUND = (
    r"(too (small|large|low|high|little|much)|(below|above|less|lower|greater|higher|smaller|larger|outside"
    r"|between|exceeds?|at least|at most|minimum|maximum|multiple|precision|divisible|positive"
    r"|not a number|not valid|invalid))"
)
_SIZE = r"(amount|quantity|\bqty|price|notional|\bcost|\bsize|volume|trailing percent|leverage)"
TEXTS: Sequence[tuple[str, type[BaseError]]] = (
    (
        r"insufficient[ _-](\w+[ _-])?(balance|fund|margin|position|collateral|equity)"
        r"|(balance|funds?|margin)( is| are)?[ _](insufficient|not[ _](enough|sufficient))"
        r"|not[ _](enough|sufficient)[ _](\w+[ _])?(balance|fund|margin)",
        InsufficientFunds,
    ),
    (
        r"does not have market symbol|(unknown|invalid|bad)[ _]symbol"
        r"|\bsymbol (is |was )?(not (found|valid|supported)|invalid|unknown)",
        BadSymbol,
    ),
    (
        r"order( id)?[ _]?((was|is)[ _])?(not[ _]?(found|exist)|does(n't| not)[ _]exist)"
        r"|(unknown|no such) order( sent)?\W*$|canceled or does not exist",
        OrderNotFound,
    ),
    (
        r"duplicate[d]? (client|order)|client ?order ?id.{0,20}(duplicat|already exist|repeat|already used)",
        DuplicateOrderId,
    ),
    (r"no need to change (margin type|position side)", MarginModeAlreadySet),
    (
        r"(unknown|unsupported|invalid|does not support|not a valid) (order[ _]?type|time[ _]?in[ _]?force)",
        InvalidOrder,
    ),
    (
        r"would immediately (match|take|trigger|execute|fill)|order would take"
        r"|post[ _-]?only( order)?( (would|will|was|has been) |[ _]reject|$)",
        OrderImmediatelyFillable,
    ),
    (r"(fill[ -]or[ -]kill|\bfok\b).*(not|cannot).*fill", OrderNotFillable),
    (r"market (is )?closed|trading (is )?(halted|suspended)", MarketClosed),
    (r"^no orders canceled$|filter failure|lot_size", InvalidOrder),
    (r"(reduce|post)[ _-]?only( order)? (is|was|must|has|would|cannot|rejected)", InvalidOrder),
    (r"\(\) (requires|needs)|requires a (trigger )?price", ArgumentsRequired),
    (rf"\b{_SIZE}{_BY}{_BOUND}|insufficient liquidity", InvalidOrder),
    (
        r"unsupported ccxt method|\(\) (is )?(not|does not|only|currently)( is)? ?supports?|not supported yet"
        r"|\(\) supports \w+|^\w+ (order )?does not (support|have|offer) |order takes one ",
        NotSupported,
    ),
    (r"(insufficient|no|not have|lacks?) (api )?permission|not allowed to trade", PermissionDenied),
    (
        r"(invalid|wrong|expired|unknown) api[ _-]?key|requires \"(apiKey|secret|password)\" credential"
        r"|signature (for this request )?(is )?(not valid|invalid|incorrect|mismatch)|(invalid|wrong) signature",
        AuthenticationError,
    ),
    (r"^(merge_positions|close_by) (requires|positions must|qty exceeds) ", ExchangeError),
)
"""Words that only a refusal uses, for an exchange whose class has no table, or whose table does not have them; the
first that is found decides."""

_BEFORE_THE_TABLE: Sequence[tuple[str, type[BaseError]]] = (
    (r'"No need to change margin type\."', MarginModeAlreadySet),
    (r"^binance\w* order (amount should be evenly|price is invalid, i\.e\.|cost = amount)", InvalidOrder),
)
"""What binance's class recognises by its words before it looks at its table."""

BY_STATUS: Mapping[int, Rule] = {
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


Lookup = Callable[[str], type[BaseError] | None]
"""From what an exchange's class raised to the ccxt class that its own table has for it."""

_PAIR = re.compile(r'"([\w-]+)"\s*:\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+))')
_NUMBER = re.compile(r"-?\d+").fullmatch
_CODE = re.compile(r"code|err|status", re.IGNORECASE).search


def lookup(exchange_id: str, exceptions: Mapping[str, Any] | None, market_type: str | None = None) -> Lookup:
    """The table of errors of an exchange's ccxt class, to be asked.

    Args:
        exchange_id: the class's id, by which its texts begin.
        exceptions: the class's `exceptions`: `exact` and `broad`, in some classes once more for each type of market, in
            some with texts that name no class; a few classes have none.
        market_type: the type of market that was asked of, whose own part counts before all others.
    """
    exact: dict[str, list[type[BaseError]]] = {}
    broad: dict[str, list[type[BaseError]]] = {}

    def flatten(entries: Mapping[str, Any], into: dict[str, list[type[BaseError]]]) -> None:
        for name, value in entries.items():
            if isinstance(value, Mapping):
                flatten(value, broad if name == "broad" else exact)
            elif isinstance(value, type):
                into.setdefault(name, []).append(value)

    exceptions = exceptions or {}
    flatten(exceptions, exact)
    words = {key: _common(classes) for key, classes in exact.items()}
    parts = {key: _common(classes) for key, classes in broad.items()}
    # As the class does it: the part of that type of market, then what is common to all, then what only others have.
    for part in (exceptions, exceptions.get(market_type, {})) if market_type else ():
        words |= {key: error for key, error in part.get("exact", {}).items() if isinstance(error, type)}
        parts |= {key: error for key, error in part.get("broad", {}).items() if isinstance(error, type)}

    def find(text: str) -> type[BaseError] | None:
        _, begun, said = text.partition(f"{exchange_id} ")
        if not begun:
            return None
        values = [said]
        codes = []
        for name, word, number in _PAIR.findall(said):
            if not (number or _NUMBER(word)):
                values.append(word)
            elif _CODE(name):
                codes.append(number or word)
        found = [words[value] for value in values if value in words]
        found += [error for key, error in parts.items() if key in said]
        found += [words[code] for code in codes if code in words]
        doubtful = [error for error in found if not issubclass(error, ExchangeError)]
        named = [error for error in found if error is not ExchangeError]
        return next(iter(doubtful or named or found), None)

    return find


def _common(classes: Sequence[type[BaseError]]) -> type[BaseError]:
    """What a key means that has several meanings: the text does not say in which type of market it was raised.

    A plain ExchangeError says least and gives way to the others, so that it never turns their doubt into a refusal;
    then a refusal is believed, and the one that most types of market have.
    """
    named = [error for error in classes if error is not ExchangeError] or classes
    definite = [error for error in named if issubclass(error, ExchangeError)] or named
    return Counter(definite).most_common(1)[0][0]


def _of(error: type[BaseError]) -> Rule:
    hint = next((_HINTS[each] for each in error.__mro__ if each in _HINTS), TROUBLE.hint)
    refused = issubclass(error, (ExchangeError, *_UNDONE))
    return Rule(error, hint, Fate.REFUSED if refused else Fate.UNKNOWN)


def _said(message: str, code: str | None, table: Lookup | None) -> Rule | None:
    """What free text is evidence of; None where it is evidence of nothing."""
    text = message[:READ_AT_MOST]
    insert = _INSERT.match(text)
    if insert and insert[1] in COLUMNS:
        return _SIZES
    if code == "dispatcher_error" and "can't be used in 'await' expression" in text:
        return _of(NotSupported)  # fact 20: a method of ccxt's that cannot be awaited, not called
    if re.search(_BROKEN, text, re.IGNORECASE):
        return TROUBLE
    for pattern, error in _BEFORE_THE_TABLE:
        if re.search(pattern, text):
            return _of(error)
    known = None if table is None else table(text)
    if known is not None and known is not ExchangeError:
        return _of(known)
    if re.search(_TURNED_AWAY, text, re.IGNORECASE):
        return _of(DDoSProtection)
    if re.search(_LATE_WORDS, text, re.IGNORECASE):
        return LATE
    if re.search(_TROUBLE_WORDS, text, re.IGNORECASE):
        return TROUBLE
    for pattern, error in TEXTS:
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL):
            return _of(error)
    return None if known is None else _of(known)


def rule_of(
    status: int | None, code: str | None, message: str | None, detail: Any, table: Lookup | None = None
) -> Rule:
    """How an error answer is raised.

    Free text is a refusal only by positive evidence (fact 32): a code of the contract, the OMS's own insert that names
    a column of the command (fact 31), the exchange's own table, or words that only a refusal uses. Everything else is
    in doubt.

    Args:
        status: HTTP status; None where there is none (an item of a batch, a WebSocket answer).
        code, message: what `detail` says, where it is an object or a list.
        detail: the body's `detail`: an object, a list (schema violation), a string, or None.
        table: the table of the exchange behind the account, where it is known.
    """
    if isinstance(detail, list):
        return _REQUEST
    by_status = None if status is None else BY_STATUS.get(status)
    if isinstance(detail, dict) or status is None:
        named = CODES.get(message or "") or CODES.get(code or "")
        if named is not None:
            return named
        if by_status is LOAD:
            return LOAD
        said = _said(message or "", code, table)
        if said is not None and (said is not TROUBLE or code in GENERIC):
            return said
        if code in GENERIC:
            return by_status if by_status in (_KEY, _RIGHT, LATE) else _DOUBT
        # The endpoint that words a 404 like this exists.
        if status is None or (status < 500 and by_status in (None, _ENDPOINT)):
            return _REASON
    if by_status is not None:
        return by_status
    if status is not None and 300 <= status < 400:
        return Rule(ExchangeError, MOVED)
    return _REQUEST if status is not None and status < 500 else TROUBLE
