"""The OMS's refusals as a client sees them: an HTTP status and `{"code", "message"}`."""

from __future__ import annotations

from typing import Any, Literal

__all__ = [
    "BrokenAnswer",
    "CommitInDoubt",
    "OmsError",
    "PricesUnavailable",
    "StorageUnavailable",
    "Surface",
    "denied",
    "from_exchange",
    "invalid",
    "not_found",
]

Surface = Literal["read", "command", "gateway"]


class OmsError(Exception):
    """A refusal on evidence: nothing has changed.

    Args:
        status: HTTP status of a single answer.
        code: what kind of refusal, as in docs/contract.md.
        message: free text; the recorded OMS often puts the real code here (fact 2).
        details: more keys of the error object, `order_id` of a duplicate for instance.
    """

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    @property
    def body(self) -> dict[str, Any]:
        """The error object of the answer."""
        return {"code": self.code, "message": self.message, **self.details}


class StorageUnavailable(Exception):
    """The database failed: a transaction was rolled back and nothing was acknowledged, or a read got no answer."""

    status = 503

    @property
    def body(self) -> dict[str, Any]:
        """The error object of the answer."""
        return {"code": "storage_unavailable", "message": f"storage is unavailable: {self}"}


class CommitInDoubt(StorageUnavailable):
    """The database was lost while it stored a transaction: what was asked for has been done, or has not."""

    status = 504

    @property
    def body(self) -> dict[str, Any]:
        """The error object of the answer."""
        return {"code": "outcome_unknown", "message": f"the database was lost over the commit: {self}"}


class PricesUnavailable(Exception):
    """A sandbox on real or recorded prices cannot begin: they cannot be had."""


class BrokenAnswer(Exception):
    """The recorded OMS fails to write an answer down: 500 and the framework's own text."""


def invalid(message: str) -> OmsError:
    """A request that the schema lets through and that still makes no sense."""
    return OmsError(422, "validation_error", message)


def not_found(what: str) -> OmsError:
    """An order or a position that does not exist for the account; `what` is the recorded message."""
    return OmsError(404, "dispatcher_error", what)


def from_exchange(error: Exception) -> OmsError:
    """What the exchange said, under the generic code that commands give it (fact 4)."""
    return OmsError(400, "internal_error", str(error))


def denied(code: str, message: str | None = None, *, full: bool, surface: Surface) -> OmsError:
    """A key that is unknown or not allowed, in the status and shape of the profile and endpoint (facts 2 and 3).

    Args:
        code: `missing_api_key`, `invalid_api_key`, `permission_denied`, `strategy_permission_denied` or
            `admin_read_only`.
        message: what it is about, on reads (`account_id=2`).
        full: whether the server is a full OMS, which answers 401 and 403 with the code itself.
        surface: which kind of endpoint answers.
    """
    unknown_key = code in ("missing_api_key", "invalid_api_key")
    if full:
        return OmsError(401 if unknown_key else 403, code, message or code)
    if surface == "read":
        return OmsError(400, "dispatcher_error", code) if unknown_key else OmsError(400, code, message or code)
    return OmsError(502 if unknown_key else 403, "dispatcher_error", code)
