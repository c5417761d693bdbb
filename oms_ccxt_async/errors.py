"""Every exception that the driver makes: a ccxt class, and what was asked, what came back and what it means.

The rooms raise these classes, and catch ccxt's. Which answer of the OMS becomes which of them is decided in `evidence`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import ccxt

from oms_ccxt_async.evidence import LOAD, Fate, Lookup, Rule, rule_of

__all__ = [
    "AccountNotEnabled",
    "ArgumentsRequired",
    "AuthenticationError",
    "BadRequest",
    "BadResponse",
    "BadSymbol",
    "DuplicateOrderId",
    "ExchangeClosedByUser",
    "ExchangeNotAvailable",
    "Fate",
    "InvalidOrder",
    "InvalidProxySettings",
    "NetworkError",
    "NotSupported",
    "OmsError",
    "OperationRejected",
    "OrderNotFound",
    "OrderOutcomeUnknown",
    "PermissionDenied",
    "RequestTimeout",
    "UnsubscribeError",
    "answered",
    "closed",
    "facts_of",
    "fate_of",
    "kind",
    "lost",
    "no_answer",
    "paused",
    "unreadable",
]


class OmsError(ccxt.BaseError):
    """What every exception of the driver carries, beside being one of ccxt's.

    Attributes:
        fate: what is known of the request: refused, not done, or unknown.
        asked: what was asked, in words, without secrets; None for what failed before anything was asked.
        status: the HTTP status of the answer; None where there was none.
        code: the OMS's error code.
        detail: the `detail` of the OMS's answer: an object, a list or a text.
        attempts: how often the request was sent.
        doubted: whether one of the attempts may have done something.
        retry_after: for how many milliseconds the OMS asked not to be asked again.
        location: where a redirect that was not followed leads.
        order: the unified order that the error is about, where it could be read.
        order_id: the OMS id of that order, where the answer names it.
    """

    fate: Fate
    asked: str | None = None
    status: int | None = None
    code: str | None = None
    detail: Any = None
    attempts: int = 0
    doubted: bool = False
    retry_after: float | None = None
    location: str | None = None
    order: dict[str, Any] | None = None
    order_id: str | None = None

    def __init_subclass__(cls, fate: Fate | None = None) -> None:
        # ccxt's own division: an ExchangeError is a definite no, everything else may be tried again.
        cls.fate = fate or (Fate.REFUSED if issubclass(cls, ccxt.ExchangeError) else Fate.UNKNOWN)


class AccountNotEnabled(OmsError, ccxt.AccountNotEnabled):
    """The key may not see the account, or it does not exist."""


class ArgumentsRequired(OmsError, ccxt.ArgumentsRequired):
    """An argument or setting is missing."""


class AuthenticationError(OmsError, ccxt.AuthenticationError):
    """The key is missing, malformed or not one of this OMS."""


class BadRequest(OmsError, ccxt.BadRequest):
    """An argument or setting makes no sense."""


class BadResponse(OmsError, ccxt.BadResponse, fate=Fate.UNKNOWN):
    """The answer cannot be believed."""


class BadSymbol(OmsError, ccxt.BadSymbol):
    """The exchange behind the account has no such market."""


class DuplicateOrderId(OmsError, ccxt.DuplicateOrderId):
    """An earlier order has this client order id."""


class ExchangeClosedByUser(OmsError, ccxt.ExchangeClosedByUser, fate=Fate.UNKNOWN):
    """The exchange was closed meanwhile."""


class ExchangeNotAvailable(OmsError, ccxt.ExchangeNotAvailable):
    """The OMS cannot be reached, or is in trouble."""


class InvalidOrder(OmsError, ccxt.InvalidOrder):
    """The order cannot be taken as it is."""


class InvalidProxySettings(OmsError, ccxt.InvalidProxySettings):
    """Two proxy settings contradict each other."""


class NetworkError(OmsError, ccxt.NetworkError):
    """The way to the OMS is down."""


class NotSupported(OmsError, ccxt.NotSupported):
    """The OMS or the exchange behind the account does not offer this."""


class OperationRejected(OmsError, ccxt.OperationRejected):
    """It was not begun, because it could not be done safely."""


class OrderNotFound(OmsError, ccxt.OrderNotFound):
    """The account has no such order, or it is over."""


class PermissionDenied(OmsError, ccxt.PermissionDenied):
    """The key has not this right."""


class RequestTimeout(OmsError, ccxt.RequestTimeout):
    """No answer came in time."""


class UnsubscribeError(OmsError, ccxt.UnsubscribeError, fate=Fate.NOT_DONE):
    """What was waited for is not watched any more."""


def kind(of: type[ccxt.BaseError]) -> type[OmsError]:
    """The driver's class for one of ccxt's: the one above, else one that is made for it now."""
    known: dict[str, Any] = globals()
    if of.__name__ not in known:
        about = {"__module__": __name__, "__doc__": of.__doc__}
        known[of.__name__] = type(of.__name__, (OmsError, of), about)
    made: type[OmsError] = known[of.__name__]
    return made


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A class of `kind`, for a process that unpickles it and has not made it yet."""
        of = getattr(ccxt, name, None)
        if not (isinstance(of, type) and issubclass(of, ccxt.BaseError)):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return kind(of)


class OrderOutcomeUnknown(OmsError, ccxt.RequestTimeout):
    """An order was sent, and whether the OMS took it could not be settled in time.

    It is a `ccxt.RequestTimeout`, as CCXT programs expect for an unclear answer. Do not send the order again under
    another client order id: ask with `await error.resolve()`, or `fetch_order` by client order id, or simply repeat
    the identical `create_order`, which settles this one first.

    Attributes:
        client_order_id: the client order id the order carries at the OMS.
        request: the unified arguments of the call (symbol, type, side, amount, price, params).
        orders: from `create_orders`, what is known of each order of the batch; the unknown ones have status None.
    """

    def __init__(
        self,
        message: str,
        *,
        client_order_id: str,
        request: Mapping[str, Any],
        resolver: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.client_order_id = client_order_id
        self.clientOrderId = client_order_id
        self.request = dict(request)
        self.orders: list[dict[str, Any]] = []
        self._resolver: Callable[[], Awaitable[Any]] | None = resolver

    async def resolve(self) -> Any:
        """Ask the OMS, for up to `options["settleTimeout"]` ms, what became of the order. Nothing is sent again.

        Calls at the same time share one search. One that is cancelled changes nothing.

        Returns:
            The unified order, if the OMS has it; of an error of `create_orders`, the orders of the whole batch.

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


def facts_of(error: BaseException) -> OmsError:
    """What is known of an exception's request; of one that is not the driver's, nothing."""
    return error if isinstance(error, OmsError) else kind(ccxt.BaseError)()


def fate_of(error: BaseException) -> Fate:
    """What an exception says of its request's fate: its own word, else `Fate.REFUSED` for ccxt's definite errors and
    `Fate.UNKNOWN` for everything else."""
    fate = getattr(error, "fate", None)
    if isinstance(fate, Fate):
        return fate
    return Fate.REFUSED if isinstance(error, ccxt.ExchangeError) else Fate.UNKNOWN


def answered(status: int | None, detail: Any, *, asked: str, table: Lookup | None = None) -> OmsError:
    """The exception for an error answer of the OMS, or of something between.

    Args:
        status: HTTP status; None where there is none (an item of a batch, a WebSocket answer).
        detail: the body's `detail`: `{code, message}`, a list (schema violation), a string, or None for a body that is
            not the OMS's.
        asked: what was asked, as it shall stand in the message, without secrets.
        table: the error table of the exchange behind the account, where that is known.
    """
    code, message = _code_and_message(detail)
    rule = rule_of(status, code, message, detail, table)
    words = (str(status) if status else "", code or "", _quoted(message) if message != code else "")
    said = " ".join(word for word in words if word)
    return _make(rule, f"oms {asked}: the OMS answered {said or 'nothing'}; {rule.hint}", asked, status, code, detail)


def unreadable(status: int | None, why: str, *, asked: str) -> OmsError:
    """The exception for an answer that cannot be believed: HTML, truncated or empty JSON, another shape.

    A success status over a body like that proves nothing (fault 5): `Fate.UNKNOWN`.
    """
    rule = Rule(ccxt.BadResponse, "look at what base_url points to; an order may still have been taken", Fate.UNKNOWN)
    said = why if status is None else f"{status} with {why}"
    return _make(rule, f"oms {asked}: {said}; {rule.hint}", asked, status)


def no_answer(why: str, *, asked: str, timeout: bool = False) -> OmsError:
    """The exception for a request that never left: no connection, or a deadline before the first byte."""
    rule = Rule(ccxt.RequestTimeout if timeout else ccxt.ExchangeNotAvailable, "nothing was sent", Fate.NOT_DONE)
    return _make(rule, f"oms {asked}: {why}; {rule.hint}, so it can be tried again", asked)


def paused(milliseconds: float, *, asked: str) -> OmsError:
    """The exception for a request that stays here because the OMS asked for a pause that outlasts its deadline."""
    why = f"the OMS turns requests away and asked for a pause, {milliseconds:.0f} ms from now; nothing was sent"
    error = _make(LOAD, f"oms {asked}: {why}", asked)
    error.retry_after = milliseconds
    return error


def lost(why: str, *, asked: str, timeout: bool = False, reads: bool = False) -> OmsError:
    """The exception for a request that left and whose answer did not come back whole.

    Args:
        reads: whether it changes nothing, so that it may be asked again.
    """
    hint = "it can be asked again" if reads else "the OMS may have received the request; look before sending it again"
    rule = Rule(ccxt.RequestTimeout if timeout else ccxt.ExchangeNotAvailable, hint, Fate.UNKNOWN)
    return _make(rule, f"oms {asked}: {why}; {rule.hint}", asked)


def closed(*, asked: str, sent: bool) -> OmsError:
    """The exception for a request that `close()` ended.

    Args:
        sent: whether it was under way by then, so that it may have been done.
    """
    hint = "the OMS may have received the request" if sent else "nothing was sent"
    rule = Rule(ccxt.ExchangeClosedByUser, hint, Fate.UNKNOWN if sent else Fate.NOT_DONE)
    return _make(rule, f"oms {asked}: the exchange was closed by the user; {rule.hint}", asked)


def _make(
    rule: Rule, text: str, asked: str, status: int | None = None, code: str | None = None, detail: Any = None
) -> OmsError:
    error = kind(rule.error)(text)
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


def _quoted(message: str | None) -> str:
    if not message:
        return ""
    return f'"{message if len(message) <= 300 else message[:300] + "…"}"'
