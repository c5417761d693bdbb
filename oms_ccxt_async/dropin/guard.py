"""Under `oms-ccxt run`: ccxt's own classes may do what is public, and nothing else.

Whatever is private needs a credential, and ccxt's code reads it from the exchange. So it is there that it is refused:
a credential can be set and read back by the program, but ccxt's own code does not get it. Before that, the three
places that every private request passes say why: `check_required_credentials`, and `fetch2` and `fetch` of ccxt's sync
and async classes. Nothing of the driver is imported before something is refused.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["allow", "guard"]

CREDENTIALS = (
    "apiKey",
    "secret",
    "password",
    "uid",
    "accountId",
    "login",
    "twofa",
    "privateKey",
    "walletAddress",
    "token",
)
_AS_IF_NONE = frozenset(
    (
        *("sign", "fetch_markets", "get_v2_access_token", "uses_private_key", "parse_ledger_entry", "ping"),
        *("watch_public", "unwatch_public", "watch_order_book", "watch_trades"),
    )
)
"""The functions of ccxt that ask for a credential for what is public, too: to them there is none."""
_LONG = 8
"""A credential of fewer letters may be in a request by chance."""
_OURS = ("oms_ccxt_async", "oms_ccxt_pro")
_allowed: set[str] = set()
_standing: set[str] = set()


def allow(ids: Iterable[str], *, standing: Iterable[str]) -> None:
    """Let ccxt's own classes of these ids do everything.

    Args:
        standing: the ids that the OMS stands in for, to say so.

    Raises:
        ValueError: ccxt has no exchange of that id.
    """
    _allowed.clear()
    _standing.clear()
    _standing.update(standing)
    _refused.cache_clear()
    for identity in ids:
        if identity not in sys.modules["ccxt"].exchanges:
            raise ValueError(f"ccxt has no exchange {identity!r} that could be allowed")
        _allowed.add(identity)


def guard(exchange: type) -> None:
    """Guard ccxt's sync or async base class, with everything that is made of it, before or afterwards."""
    for home in exchange.__mro__[:-1]:
        if "_guarded_by_oms" in vars(home):
            continue
        home._guarded_by_oms = True  # type: ignore[attr-defined]
        for name, check in (("fetch2", _unless_private), ("fetch", _unless_it_holds_a_key)):
            if name in vars(home):
                setattr(home, name, _after(check, vars(home)[name]))
        if (check_credentials := vars(home).get("check_required_credentials")) is not None:
            home.check_required_credentials = _check(check_credentials)  # type: ignore[attr-defined]
        for name in CREDENTIALS:
            if name in vars(home):
                setattr(home, name, _Credential(name, vars(home)[name]))


@functools.cache
def _refused(cls: type) -> str | None:
    """The id of the exchange that a class is, if it may not do what is private.

    A program's own class is the exchange that it is made of.
    """
    homes = [home.__module__ for home in cls.__mro__]
    if any(home.partition(".")[0] in _OURS for home in homes):
        return None
    named = (home.__name__ for home in cls.__mro__ if _is_exchange(home.__module__) and home.__name__ != "ImplicitAPI")
    name = next(named, cls.__name__)
    return None if name in _allowed else name


def _is_exchange(module: str) -> bool:
    """Whether it is a module of ccxt that has an exchange in it, and not what exchanges are made of."""
    return module.startswith("ccxt.") and ".base." not in module


def _refusal(identity: str) -> Exception:
    from oms_ccxt_async import errors

    if identity in _standing:
        why = f"this is ccxt's own class of {identity} and not ccxt.{identity}, which is the OMS account: use that"
    else:
        why = (
            f"nothing stands in for {identity}: say --as {identity}, or name it in an [[account]], to trade through "
            f"the OMS, or --allow {identity} to trade past it"
        )
    return errors.PermissionDenied(f"oms-ccxt run: {identity} may only do what is public, and nothing was sent; {why}")


class _Credential:
    """A credential of an exchange: the program may set it and read it back."""

    def __init__(self, name: str, default: Any) -> None:
        self._name = name
        self._default = default

    def __get__(self, exchange: Any, owner: type | None = None) -> Any:
        value = self._default if exchange is None else vars(exchange).get(self._name, self._default)
        if not value or exchange is None:
            return value
        identity = _refused(exchange.__class__)
        if identity is None:
            return value
        asking = sys._getframe(1)
        home = str(asking.f_globals.get("__name__"))
        if asking.f_code.co_name in _AS_IF_NONE:
            return self._default
        if _is_exchange(home):
            raise _refusal(identity)
        return value

    def __set__(self, exchange: Any, value: Any) -> None:
        vars(exchange)[self._name] = value


def _check(original: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(original)
    def check_required_credentials(self: Any, error: bool = True) -> bool:
        identity = _refused(self.__class__)
        if identity is None:
            return original(self, error)
        if error:
            raise _refusal(identity)
        return False

    return check_required_credentials


def _unless_private(exchange: Any, path: Any, api: Any = "public", *_: Any, **__: Any) -> None:
    """What `fetch2` is asked for: an endpoint, and the group of endpoints that it is in."""
    identity = _refused(exchange.__class__)
    if identity is not None and "private" in str(api).lower():
        raise _refusal(identity)


def _unless_it_holds_a_key(exchange: Any, url: Any, method: Any = "GET", headers: Any = None, body: Any = None) -> None:
    """What `fetch` is asked for, by ccxt or by the program itself."""
    identity = _refused(exchange.__class__)
    if identity is not None:
        held = [str(vars(exchange).get(name) or "") for name in CREDENTIALS]
        told = f"{url} {headers} {exchange.headers} {body!r}"
        if any(len(each) >= _LONG and each in told for each in held):
            raise _refusal(identity)


def _after(check: Callable[..., None], original: Callable[..., Any]) -> Callable[..., Any]:
    """A method of ccxt's sync or async class that is only called if a check does not raise."""
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:
            check(self, *args, **kwargs)
            return await original(self, *args, **kwargs)

        return awaited

    @functools.wraps(original)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        check(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    return called
