"""Methods of the async exchange for threads that wait for what comes of them."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_args, get_type_hints

from oms_ccxt_async import errors
from oms_ccxt_async.orders.calls import Receipts
from oms_ccxt_pro.calling import caller, on_behalf_of
from oms_ccxt_pro.exchange import oms as pro
from oms_ccxt_pro.views import View

__all__ = ["OrderOutcomeUnknown", "blocking", "cache", "watching"]

P = ParamSpec("P")
Result = TypeVar("Result")


class OrderOutcomeUnknown(errors.OrderOutcomeUnknown):
    """`oms_ccxt_async.OrderOutcomeUnknown` as the sync exchange raises it: `resolve()` waits for the answer."""

    _call: Callable[..., Any] | None = None

    def resolve(self) -> Any:
        """Ask the OMS again what became of the order, as the async class's does."""
        if self._call is None or self._resolver is None:
            raise self
        return self._call(Receipts(), self._resolver)

    def __reduce__(self) -> tuple[Any, ...]:
        make, args, state = super().__reduce__()
        return make, args, {name: value for name, value in state.items() if name != "_call"}


def blocking(
    method: Callable[Concatenate[pro, P], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Any, P], Result]:
    """A method of the async exchange for threads that wait for its result."""

    # Without `updated`, a mark that says "coroutine function" would be taken over.
    @functools.wraps(method, updated=())
    def waiting(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        receipts = Receipts()
        try:
            return cast("Result", self._call(receipts, method, self._twin, *args, **kwargs))
        except BaseException as error:
            # In this frame, and not below it: an interrupt may come when the method below has returned already.
            self._unless_told(receipts, error)
            raise

    return waiting


def watching(method: Callable[Concatenate[pro, P], Coroutine[Any, Any, Result]]) -> Callable[..., Result]:
    """As `blocking`, and the method has one argument more: `timeout`, in seconds, after which it has taken nothing."""

    @functools.wraps(method, updated=())
    def waiting(self: Any, *args: Any, timeout: float | None = None, **kwargs: Any) -> Result:
        asking = caller()

        async def watched() -> Result:
            try:
                async with asyncio.timeout(timeout) as deadline:
                    with on_behalf_of(asking):
                        coming = method(self._twin, *args, **kwargs)
                    return await coming
            except TimeoutError:
                if not deadline.expired():
                    raise
                raise errors.RequestTimeout(f"oms {method.__name__}(): nothing came within {timeout} s") from None

        return cast("Result", self._call(Receipts(), watched))

    signature = inspect.signature(method, eval_str=True)
    parameters = [
        *signature.parameters.values(),
        inspect.Parameter("timeout", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=float | None),
    ]
    returned = get_args(get_type_hints(method)["return"])[2]
    waiting.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=returned
    )
    return waiting


def cache(name: str) -> Any:
    """A cache of the pro exchange, as it is when it is read: nobody changes what a thread has."""
    theirs = inspect.getattr_static(pro, name)

    def get(self: Any) -> Any:
        return self._loop.look(lambda: _still(getattr(self._twin, name)))

    def put(self: Any, value: Any) -> None:
        self._loop.look(setattr, self._twin, name, value)

    return property(get, put, None, theirs.__doc__)


def _still(cache: Any) -> Any:
    """A cache without the views in it."""
    return {key: _still(value) for key, value in cache.items()} if isinstance(cache, View) else cache
