"""What the end of a stream's session means: as a ccxt exception, and whether connecting again can help."""

from __future__ import annotations

from typing import Any

import orjson
from ccxt.base.errors import BaseError, NetworkError
from websockets.exceptions import ConnectionClosed, InvalidStatus

from oms_ccxt_async import errors
from oms_ccxt_async.errors import Fate, fate_of
from oms_ccxt_async.wire.endpoints import is_missing_endpoint
from oms_ccxt_async.wire.exposure import distrust

__all__ = ["closed_by_user", "end_of_session", "has_no_socket", "is_refusal"]


def end_of_session(error: BaseException, *, accepted: bool) -> tuple[BaseError, bool]:
    """What the end of a session means: as a ccxt exception, and whether connecting again cannot help.

    Args:
        error: how the session ended.
        accepted: whether the OMS had accepted the session; a key that was good a moment ago is tried again.
    """
    if isinstance(error, BaseError):
        return error, is_refusal(error)
    if isinstance(error, InvalidStatus):
        answer = errors.answered(error.response.status_code, _detail(error.response.body), asked="stream")
        return answer, _is_final(answer)
    if isinstance(error, ConnectionClosed):
        code = error.rcvd.code if error.rcvd is not None else None
        if not accepted and code in (1008, 4401):  # fact 6
            return errors.AuthenticationError(f"oms stream: the OMS closed the connection ({code}): check apiKey"), True
        if not accepted and code == 4403:
            return errors.PermissionDenied(
                "oms stream: the OMS closed the connection (4403): this key may not watch"
            ), True
        return errors.ExchangeNotAvailable(f"oms stream: the connection was lost ({error})"), False
    why = distrust(error) or f"{type(error).__name__}: {error}"
    return errors.ExchangeNotAvailable(f"oms stream: no connection ({why})"), False


def is_refusal(error: BaseError) -> bool:
    """Whether asking again cannot help: the OMS refused, or has no such endpoint."""
    return _is_final(error) or is_missing_endpoint(error)


def has_no_socket(error: BaseError) -> bool:
    """Whether the OMS's answer to a handshake may mean that it has no `/ws`, if it never had one.

    To a handshake the framework of the recorded OMS answers an empty 403 where it has no such path.
    """
    facts = errors.facts_of(error)
    return facts.asked == "stream" and (is_missing_endpoint(error) or (facts.status == 403 and facts.detail is None))


def _is_final(error: BaseError) -> bool:
    """Whether an error is the OMS's own refusal.

    While a server restarts, what stands before it answers 404, 400, 426 and others; the OMS's word is a `detail` with a
    code (fact 1), or 401 and 403.
    """
    if fate_of(error) is not Fate.REFUSED or isinstance(error, NetworkError):
        return False
    status = getattr(error, "status", None)
    return status in (None, 401, 403) or isinstance(getattr(error, "detail", None), dict | list)


def _detail(body: bytes | bytearray | None) -> Any:
    try:
        value = orjson.loads(body or b"null")
    except orjson.JSONDecodeError:
        return None
    return value.get("detail") if isinstance(value, dict) else None


def closed_by_user() -> errors.ExchangeClosedByUser:
    """What ends every call that waits when the exchange is closed."""
    return errors.ExchangeClosedByUser("oms stream: the exchange was closed by the user")
